#include "example.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "language.h"

enum { FIGURE = 10 }; // of all counts: none is above another, sums of one line agree

static const struct contract_value *allowed_value(const struct contract_field *field)
{
	const struct contract_enum *enumeration = field->enumeration;

	if (field->example != NULL && contract_value_by_label(enumeration, field->example) != NULL)
		return contract_value_by_label(enumeration, field->example);
	for (size_t i = 0; i < enumeration->value_count; i++)
		if ((field->none_of >> i & 1) == 0)
			return &enumeration->values[i];
	return &enumeration->values[0];
}

const char *example_text(const struct contract_field *field, char text[static CELL_FOLDED_SIZE])
{
	uint64_t figure = field->has_max && field->max < FIGURE ? field->max : FIGURE;
	const struct contract_value *value;

	text[0] = '\0';
	if (field->transient)
		return text;
	if (field->enumeration != NULL) {
		value = allowed_value(field);
		(void)snprintf(text, CELL_FOLDED_SIZE, "%s", language_label(value->vi, value->en));
	} else if (field->example != NULL) {
		(void)snprintf(text, CELL_FOLDED_SIZE, "%s", field->example);
	} else if (field->wire->type == PROTOBUF_C_TYPE_BOOL) {
		(void)snprintf(text, CELL_FOLDED_SIZE, "%s", _("yes"));
	} else if (field->format == CONTRACT_DATE) {
		(void)snprintf(text, CELL_FOLDED_SIZE, "2022-08-19");
	} else if (field->wire->type != PROTOBUF_C_TYPE_STRING) {
		(void)snprintf(text, CELL_FOLDED_SIZE, "%" PRIu64, field->has_min && figure < field->min ? field->min : figure);
	}
	return text;
}

static bool add_scalars(json_t *object, const struct contract_message *about)
{
	char text[CELL_FOLDED_SIZE], reason[CELL_REASON_SIZE];

	for (size_t i = 0; i < about->field_count; i++) {
		const struct contract_field *field = &about->fields[i];
		if (field->message != NULL || example_text(field, text)[0] == '\0')
			continue;
		struct cell cell = {.type = CELL_TEXT, .text = text};
		if (json_object_set_new(object, field->name, cell_value(field, &cell, false, reason)) != 0)
			return false;
	}
	return true;
}

static bool add_lines(json_t *body, const struct contract_message *about)
{
	bool good = true;

	for (size_t i = 0; i < about->field_count && good; i++) {
		if (about->fields[i].message == NULL)
			continue;
		json_t *line = json_object(), *lines = json_array();
		good = add_scalars(line, about->fields[i].message) && json_array_append(lines, line) == 0 &&
		       json_object_set(body, about->fields[i].name, lines) == 0;
		json_decref(line);
		json_decref(lines);
	}
	return good;
}

json_t *example_object(const struct contract *contract, const struct contract_kind *kind)
{
	json_t *object = json_object(), *body = json_object();
	bool good = add_scalars(object, contract->report) && add_scalars(body, kind->body) && add_lines(body, kind->body) &&
	            json_object_set(object, kind->name, body) == 0;

	json_decref(body);
	if (good)
		return object;
	json_decref(object);
	return NULL;
}

bool example_is(const struct contract *contract, const json_t *object)
{
	for (size_t i = 0; i < contract->kind_count; i++) {
		if (json_object_get(object, contract->kinds[i].name) == NULL)
			continue;
		json_t *example = example_object(contract, &contract->kinds[i]);
		bool same = example != NULL && json_equal(example, object) != 0;
		json_decref(example);
		if (same)
			return true;
	}
	return false;
}
