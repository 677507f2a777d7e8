#include "json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "field.h"
#include "judge.h"
#include "text.h"
#include "verdict.h"

struct reader {
	struct arena *arena;
	struct verdict *verdict;
};

static bool read_message(const struct reader *reader, const struct contract_message *about, const json_t *object,
                         ProtobufCMessage *message, const struct place *up);

static bool malformed(const struct reader *reader, const struct place *place, const char *why)
{
	verdict_add(reader->verdict, RULE_MALFORMED, place,
	            &(struct violation_words){.field = place == NULL ? NULL : place->field, .value = why});
	return true; // the rest is still read
}

static void set_present(ProtobufCMessage *message, const struct contract_field *field)
{
	*(protobuf_c_boolean *)field_quantifier_slot(message, field) = 1;
}

static ProtobufCMessage *new_message(const struct reader *reader, const struct contract_message *about)
{
	ProtobufCMessage *message = arena_alloc(reader->arena, about->wire->sizeof_message);
	if (message != NULL)
		protobuf_c_message_init(about->wire, message);
	return message;
}

static bool read_number(const struct reader *reader, const json_t *value, ProtobufCMessage *message,
                        const struct place *place)
{
	const struct contract_field *field = place->field;
	bool narrow = field->wire->type == PROTOBUF_C_TYPE_UINT32;

	if (field->wire->type == PROTOBUF_C_TYPE_BOOL) {
		if (!json_is_boolean(value))
			return malformed(reader, place, "not true or false");
		*(protobuf_c_boolean *)field_slot(message, field) = json_is_true(value);
	} else if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	           (narrow && json_integer_value(value) > UINT32_MAX)) {
		return malformed(reader, place, "not a whole number from 0");
	} else if (narrow) {
		*(uint32_t *)field_slot(message, field) = (uint32_t)json_integer_value(value);
	} else {
		*(uint64_t *)field_slot(message, field) = (uint64_t)json_integer_value(value);
	}
	set_present(message, field);
	return true;
}

static bool read_text(const struct reader *reader, const json_t *value, ProtobufCMessage *message,
                      const struct place *place)
{
	if (!json_is_string(value))
		return malformed(reader, place, "not a text");
	if (!text_is_valid(json_string_value(value), json_string_length(value)))
		return malformed(reader, place, "contains a NUL, or heaps over 30 marks on a letter");
	char *copy = arena_strndup(reader->arena, json_string_value(value), json_string_length(value));
	*(char **)field_slot(message, place->field) = copy;
	return copy != NULL;
}

static bool read_enum(const struct reader *reader, const json_t *value, ProtobufCMessage *message,
                      const struct place *place)
{
	const struct contract_field *field = place->field;
	if (!json_is_string(value))
		return malformed(reader, place, "not a label in quotes");
	const struct contract_value *found = contract_value_by_label(field->enumeration, json_string_value(value));
	if (found == NULL) {
		verdict_add(reader->verdict, RULE_UNKNOWN_VALUE, place,
		            &(struct violation_words){.field = field, .value = json_string_value(value)});
		return true;
	}
	*(int32_t *)field_slot(message, field) = found->number;
	set_present(message, field);
	return true;
}

static bool read_lines(const struct reader *reader, const json_t *array, ProtobufCMessage *message, struct place *place)
{
	const struct contract_field *field = place->field;
	size_t count = json_array_size(array);

	if (!json_is_array(array))
		return malformed(reader, place, "not a list");
	ProtobufCMessage **lines = arena_alloc(reader->arena, (count + 1) * sizeof *lines);
	if (lines == NULL)
		return false;
	for (place->line = 0; place->line < count; place->line++) {
		lines[place->line] = new_message(reader, field->message);
		if (lines[place->line] == NULL || !read_message(reader, field->message, json_array_get(array, place->line),
		                                                lines[place->line], place))
			return false;
	}
	*(ProtobufCMessage ***)field_slot(message, field) = lines;
	*(size_t *)field_quantifier_slot(message, field) = count;
	return true;
}

static bool read_body(const struct reader *reader, const json_t *object, ProtobufCMessage *message,
                      const struct place *place)
{
	const struct contract_field *field = place->field;
	uint32_t *body_case = field_quantifier_slot(message, field);

	if (*body_case != 0)
		return malformed(reader, place, "a report has one body only");
	ProtobufCMessage *body = new_message(reader, field->message);
	if (body == NULL)
		return false;
	*(ProtobufCMessage **)field_slot(message, field) = body;
	*body_case = field->wire->id;
	return read_message(reader, field->message, object, body, place);
}

static bool read_field(const struct reader *reader, const json_t *value, ProtobufCMessage *message, struct place *place)
{
	const struct contract_field *field = place->field;

	if (json_is_null(value))
		return true; // the same as not given
	if (field->wire->label == PROTOBUF_C_LABEL_REPEATED)
		return read_lines(reader, value, message, place);
	switch (field->wire->type) {
	case PROTOBUF_C_TYPE_MESSAGE:
		return read_body(reader, value, message, place);
	case PROTOBUF_C_TYPE_STRING:
		return read_text(reader, value, message, place);
	case PROTOBUF_C_TYPE_ENUM:
		return read_enum(reader, value, message, place);
	default:
		return read_number(reader, value, message, place);
	}
}

// False only when memory is out.
static bool read_message(const struct reader *reader, const struct contract_message *about, const json_t *object,
                         ProtobufCMessage *message, const struct place *up)
{
	const char *name;
	json_t *value;

	if (!json_is_object(object))
		return malformed(reader, up, "not an object");
	json_object_foreach((json_t *)object, name, value) {
		struct place place = {.up = up, .field = contract_field_by_name(about, name), .line = PLACE_NO_LINE};
		if (place.field != NULL) {
			if (!read_field(reader, value, message, &place))
				return false;
			continue;
		}
		verdict_add(reader->verdict, RULE_UNKNOWN_FIELD, up,
		            &(struct violation_words){.field = up == NULL ? NULL : up->field, .value = name});
	}
	return true;
}

ProtobufCMessage *json_read_report(const struct contract *contract, const json_t *object, struct arena *arena,
                                   struct verdict *verdict)
{
	struct reader reader = {.arena = arena, .verdict = verdict};
	ProtobufCMessage *report = new_message(&reader, contract->report);

	if (report == NULL || !read_message(&reader, contract->report, object, report, NULL))
		return NULL;
	return report;
}

/* writing */

static json_t *write_message(const struct contract_message *about, const ProtobufCMessage *message);

static json_t *write_lines(const struct contract_field *field, const ProtobufCMessage *message)
{
	json_t *array = json_array();
	for (size_t i = 0; array != NULL && i < field_line_count(message, field); i++)
		if (json_array_append_new(array, write_message(field->message, field_line(message, field, i))) != 0) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static json_t *write_field(const struct contract_field *field, const ProtobufCMessage *message)
{
	const struct contract_value *value;

	if (field->wire->label == PROTOBUF_C_LABEL_REPEATED)
		return write_lines(field, message);
	switch (field->wire->type) {
	case PROTOBUF_C_TYPE_MESSAGE:
		return write_message(field->message, field_message(message, field));
	case PROTOBUF_C_TYPE_STRING:
		return json_string(field_text(message, field));
	case PROTOBUF_C_TYPE_ENUM:
		value = contract_value_by_number(field->enumeration, field_enum(message, field));
		return value == NULL ? json_integer(field_enum(message, field)) : json_string(value->label);
	case PROTOBUF_C_TYPE_BOOL:
		return json_boolean(field_number(message, field));
	default:
		return json_integer((json_int_t)field_number(message, field));
	}
}

static json_t *write_message(const struct contract_message *about, const ProtobufCMessage *message)
{
	json_t *object = json_object();
	for (size_t i = 0; object != NULL && i < about->field_count; i++) {
		const struct contract_field *field = &about->fields[i];
		bool lines = field->wire->label == PROTOBUF_C_LABEL_REPEATED;
		if (lines ? field_line_count(message, field) == 0 : !field_is_present(message, field))
			continue;
		if (json_object_set_new(object, field->name, write_field(field, message)) != 0) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

json_t *json_write_report(const struct contract *contract, const ProtobufCMessage *report)
{
	return write_message(contract->report, report);
}
