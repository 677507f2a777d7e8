#include "mend.h"

#include <stdlib.h>
#include <string.h>

#include "date.h"
#include "festival_day.pb-c.h"
#include "field.h"
#include "judge.h"
#include "report.pb-c.h"
#include "text.h"

enum { CAMPAIGN_DAYS = 20 };

static const char DAY[] = "2022-08-01";

static void mend(const struct contract_message *about, ProtobufCMessage *message, size_t line);

static void *there(void *memory)
{
	if (memory == NULL)
		abort();
	return memory;
}

static void set_text(ProtobufCMessage *message, const struct contract_field *field, const char *text)
{
	char **slot = field_slot(message, field);
	free(*slot);
	*slot = there(strdup(text));
}

static bool text_is_right(const struct contract_field *field, const char *text)
{
	size_t length = text_is_valid(text, strlen(text)) ? text_length(text) : SIZE_MAX;
	date_day day;
	date_instant instant;

	return length >= field->min_len && length <= field->max_len &&
		   (field->pattern == NULL || regexec(&field->regex, text, 0, NULL, 0) == 0) &&
		   (field->format != CONTRACT_DATE || date_parse(text, &day)) &&
		   (field->format != CONTRACT_TIMESTAMP || date_parse_instant(text, &instant));
}

static void mend_text(const struct contract_field *field, ProtobufCMessage *message)
{
	const char *text = field_text(message, field);

	if (text == NULL ? !field->required : text_is_right(field, text))
		return;
	set_text(message, field,
			 field->format == CONTRACT_DATE        ? DAY
			 : field->format == CONTRACT_TIMESTAMP ? "2022-08-21T08:00:00+07:00"
												   : "01");
}

// Lines that may not agree in an enum get one after the other of its values.
static void mend_enum(const struct contract_field *field, ProtobufCMessage *message, size_t line)
{
	const struct contract_enum *enumeration = field->enumeration;
	const struct contract_value *value = contract_value_by_number(enumeration, field_enum(message, field));
	size_t index = value == NULL ? 0 : (size_t)(value - enumeration->values);

	if (!field_is_present(message, field) && !field->required)
		return;
	if (line != SIZE_MAX)
		index = line % enumeration->value_count;
	while ((field->none_of >> index & 1) != 0)
		index = (index + 1) % enumeration->value_count;
	*(int32_t *)field_slot(message, field) = enumeration->values[index].number;
	*(protobuf_c_boolean *)field_quantifier_slot(message, field) = 1;
}

static void mend_number(const struct contract_field *field, ProtobufCMessage *message)
{
	uint64_t number = field_number(message, field);
	const struct contract_field *other = field->not_above;

	if ((!field_is_present(message, field) && !field->required) || field->wire->type == PROTOBUF_C_TYPE_BOOL)
		return;
	if (field->has_max && number > field->max)
		number %= field->max + 1;
	if (other != NULL && field_is_present(message, other) && number > field_number(message, other))
		number = field_number(message, other);
	if (field->has_min && number < field->min)
		number = field->min;
	if (field->wire->type == PROTOBUF_C_TYPE_UINT32)
		*(uint32_t *)field_slot(message, field) = (uint32_t)number;
	else
		*(uint64_t *)field_slot(message, field) = number;
	*(protobuf_c_boolean *)field_quantifier_slot(message, field) = 1;
}

static void mend_lines(const struct contract_field *field, ProtobufCMessage *message)
{
	ProtobufCMessage ***lines = field_slot(message, field);
	size_t *count = field_quantifier_slot(message, field);
	size_t most = field->max_items;

	for (size_t i = 0; i < field->unique_by_count; i++)
		if (field->unique_by[i]->enumeration != NULL && field->unique_by[i]->enumeration->value_count < most)
			most = field->unique_by[i]->enumeration->value_count;
	for (; *count > most; --*count)
		protobuf_c_message_free_unpacked((*lines)[*count - 1], NULL);
	for (; *count < field->min_items; ++*count) {
		*lines = there(realloc(*lines, (*count + 1) * sizeof **lines));
		(*lines)[*count] = there(malloc(field->message->wire->sizeof_message));
		protobuf_c_message_init(field->message->wire, (*lines)[*count]);
	}
	for (size_t i = 0; i < *count; i++)
		mend(field->message, (*lines)[i], i);
}

// Twice, for a number may be put under one that is mended after it.
static void mend(const struct contract_message *about, ProtobufCMessage *message, size_t line)
{
	for (size_t i = 0; i < 2 * about->field_count; i++) {
		const struct contract_field *field = &about->fields[i % about->field_count];
		if (field->wire->label == PROTOBUF_C_LABEL_REPEATED)
			mend_lines(field, message);
		else if (field->wire->type == PROTOBUF_C_TYPE_STRING)
			mend_text(field, message);
		else if (field->wire->type == PROTOBUF_C_TYPE_ENUM)
			mend_enum(field, message, line);
		else if (field->wire->type != PROTOBUF_C_TYPE_MESSAGE)
			mend_number(field, message);
	}
}

/* what named checks and the small catalogue ask for */

static void mend_period(const struct contract *contract, Baocao__Report *report)
{
	const struct contract_field *field = contract_field_by_name(contract->report, "period_type");
	const struct contract_value *type = contract_value_by_number(field->enumeration, (int32_t)report->period_type);
	char text[DATE_TEXT_SIZE];
	date_day first = 0, last = 0;

	if (!date_parse(report->period_first, &first) || !date_parse(report->period_last, &last))
		return;
	if (first > 9000) // else it has not begun
		first = first % 9000;
	date_format(first, text);
	set_text(&report->base, contract_field_by_name(contract->report, "period_first"), text);
	date_format(type->days > 0     ? first + (date_day)type->days - 1
				: type->months > 0 ? date_add_months(first, type->months) - 1
								   : first + (last - first) % CAMPAIGN_DAYS * (last > first),
				text);
	set_text(&report->base, contract_field_by_name(contract->report, "period_last"), text);
}

static void mend_sum(Baocao__FestivalDay *day)
{
	day->points_held = 0;
	for (size_t i = 0; i < day->n_venue; i++)
		if (day->venue[i]->venue_kind <= BAOCAO__VENUE_KIND__VENUE_KIND_SPECIAL_ZONE) {
			day->venue[i]->held %= 100;
			day->points_held += day->venue[i]->held;
		}
}

void mend_report(const struct contract *contract, ProtobufCMessage *message)
{
	Baocao__Report *report = (Baocao__Report *)message;
	const struct contract_kind *kind = judge_body_kind(contract, message);
	ProtobufCMessage *body = kind == NULL ? NULL : *(ProtobufCMessage **)field_slot(message, kind->member);

	mend(contract->report, message, SIZE_MAX);
	mend_period(contract, report);
	if (body == NULL)
		return;
	mend(kind->body, body, SIZE_MAX);
	if (kind->names_kind != NULL && report->revision < 2)
		report->revision = 2;
	if (body->descriptor == &baocao__festival_day__descriptor)
		mend_sum((Baocao__FestivalDay *)body);
}
