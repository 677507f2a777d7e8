// One walk over the message tree, guided by the contract: each field is judged where it stands, and every violation is
// added with its place. The named checks of a message run after its fields.
#include "judge.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "date.h"
#include "field.h"
#include "text.h"

enum { NUMBER_TEXT_SIZE = 24 };

struct walk {
	const struct contract *contract;
	const ProtobufCMessage *report;
	struct verdict *verdict;
};

static void judge_message(const struct walk *walk, const struct contract_message *about, const ProtobufCMessage *message,
                          const struct place *up);

static const char *number_text(uint64_t number, char text[static NUMBER_TEXT_SIZE])
{
	(void)snprintf(text, NUMBER_TEXT_SIZE, "%" PRIu64, number);
	return text;
}

static void add(const struct walk *walk, enum rule rule, const struct place *place, const char *value, const char *limit)
{
	verdict_add(walk->verdict, rule, place,
	            &(struct violation_words){.field = place->field, .value = value, .limit = limit});
}

static void add_numbers(const struct walk *walk, enum rule rule, const struct place *place, uint64_t value, uint64_t limit)
{
	char value_text[NUMBER_TEXT_SIZE], limit_text[NUMBER_TEXT_SIZE];
	add(walk, rule, place, number_text(value, value_text), number_text(limit, limit_text));
}

static void judge_number(const struct walk *walk, const ProtobufCMessage *message, const struct place *place)
{
	const struct contract_field *field = place->field;
	const struct contract_field *other = field->not_above;
	uint64_t number = field_number(message, field);

	if (field->has_min && number < field->min)
		add_numbers(walk, RULE_MIN, place, number, field->min);
	if (field->has_max && number > field->max)
		add_numbers(walk, RULE_MAX, place, number, field->max);
	if (other != NULL && field_is_present(message, other) && number > field_number(message, other)) {
		char value_text[NUMBER_TEXT_SIZE], limit_text[NUMBER_TEXT_SIZE];
		verdict_add(walk->verdict, RULE_NOT_ABOVE, place,
		            &(struct violation_words){.field = field,
		                                      .other = other,
		                                      .value = number_text(number, value_text),
		                                      .limit = number_text(field_number(message, other), limit_text)});
	}
}

// The GNU C library says "no match" when it got no memory, too; malloc() says it.
static void judge_pattern(const struct walk *walk, const char *text, const struct place *place)
{
	errno = 0;
	if (regexec(&place->field->regex, text, 0, NULL, 0) == 0)
		return;
	if (errno == ENOMEM)
		walk->verdict->out_of_memory = true;
	else
		add(walk, RULE_PATTERN, place, text, place->field->pattern);
}

static void judge_text(const struct walk *walk, const ProtobufCMessage *message, const struct place *place)
{
	const struct contract_field *field = place->field;
	const char *text = field_text(message, field);
	size_t length = text_length(text);
	date_day day;
	date_instant instant;

	if (length < field->min_len)
		add_numbers(walk, RULE_MIN_LEN, place, length, field->min_len);
	if (length > field->max_len) {
		add_numbers(walk, RULE_MAX_LEN, place, length, field->max_len);
		return; // an over-long text is not worth a pattern's time
	}
	if (field->pattern != NULL)
		judge_pattern(walk, text, place);
	if (field->format == CONTRACT_DATE && !date_parse(text, &day))
		add(walk, RULE_DATE, place, text, NULL);
	if (field->format == CONTRACT_TIMESTAMP && !date_parse_instant(text, &instant))
		add(walk, RULE_TIMESTAMP, place, text, NULL);
}

static void judge_enum(const struct walk *walk, const ProtobufCMessage *message, const struct place *place)
{
	const struct contract_field *field = place->field;
	const struct contract_value *value = contract_value_by_number(field->enumeration, field_enum(message, field));

	if (value == NULL) {
		char text[NUMBER_TEXT_SIZE];
		(void)snprintf(text, sizeof text, "%" PRId32, field_enum(message, field));
		add(walk, RULE_UNKNOWN_VALUE, place, text, NULL);
	} else if (field->none_of != 0 && (size_t)(value - field->enumeration->values) < 64 &&
	           (field->none_of >> (value - field->enumeration->values) & 1) != 0) {
		add(walk, RULE_NONE_OF, place, value->label, NULL);
	}
}

static bool same_value(const struct contract_field *field, const ProtobufCMessage *a, const ProtobufCMessage *b)
{
	if (!field_is_present(a, field) || !field_is_present(b, field))
		return false; // what is missing is a violation of its own
	switch (field->wire->type) {
	case PROTOBUF_C_TYPE_STRING:
		return strcmp(field_text(a, field), field_text(b, field)) == 0;
	case PROTOBUF_C_TYPE_ENUM:
		return field_enum(a, field) == field_enum(b, field);
	default:
		return field_number(a, field) == field_number(b, field);
	}
}

static bool same_line(const struct contract_field *lines, const ProtobufCMessage *a, const ProtobufCMessage *b)
{
	for (size_t i = 0; i < lines->unique_by_count; i++)
		if (!same_value(lines->unique_by[i], a, b))
			return false;
	return lines->unique_by_count > 0;
}

// Compares each line with those before it: lines are few (max_items), and most reports have under ten.
static void judge_uniqueness(const struct walk *walk, const ProtobufCMessage *message, const struct place *place)
{
	const struct contract_field *lines = place->field;
	size_t at = place->line;

	for (size_t before = 0; before < at; before++) {
		if (!same_line(lines, field_line(message, lines, before), field_line(message, lines, at)))
			continue;
		char number[NUMBER_TEXT_SIZE];
		char names[CONTRACT_UNIQUE_BY_MAX * 64] = "";
		for (size_t i = 0, used = 0; i < lines->unique_by_count && used < sizeof names; i++)
			used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i > 0 ? ", " : "",
			                         lines->unique_by[i]->name);
		add(walk, RULE_UNIQUE_BY, place, number_text(before, number), names);
		return;
	}
}

static void judge_lines(const struct walk *walk, const ProtobufCMessage *message, struct place *place)
{
	const struct contract_field *field = place->field;
	size_t count = field_line_count(message, field);

	if (count < field->min_items)
		add_numbers(walk, RULE_MIN_ITEMS, place, count, field->min_items);
	if (count > field->max_items) {
		add_numbers(walk, RULE_MAX_ITEMS, place, count, field->max_items);
		return; // comparing them all would take the square of the count
	}
	for (place->line = 0; place->line < count; place->line++) {
		judge_message(walk, field->message, field_line(message, field, place->line), place);
		judge_uniqueness(walk, message, place);
	}
}

static void judge_field(const struct walk *walk, const struct contract_field *field, const ProtobufCMessage *message,
                        const struct place *up)
{
	struct place place = {.up = up, .field = field, .line = PLACE_NO_LINE};

	if (field->wire->label == PROTOBUF_C_LABEL_REPEATED) {
		judge_lines(walk, message, &place);
		return;
	}
	if (!field_is_present(message, field)) {
		if (field->required)
			add(walk, RULE_REQUIRED, &place, NULL, NULL);
		return;
	}
	switch (field->wire->type) {
	case PROTOBUF_C_TYPE_MESSAGE:
		judge_message(walk, field->message, field_message(message, field), &place);
		break;
	case PROTOBUF_C_TYPE_STRING:
		judge_text(walk, message, &place);
		break;
	case PROTOBUF_C_TYPE_ENUM:
		judge_enum(walk, message, &place);
		break;
	default:
		judge_number(walk, message, &place);
	}
}

static void judge_message(const struct walk *walk, const struct contract_message *about, const ProtobufCMessage *message,
                          const struct place *up)
{
	for (size_t i = 0; i < about->field_count; i++)
		judge_field(walk, &about->fields[i], message, up);

	struct check_context context = {.contract = walk->contract,
	                                .report = walk->report,
	                                .about = about,
	                                .message = message,
	                                .place = up,
	                                .verdict = walk->verdict};
	for (size_t i = 0; i < about->check_count; i++)
		check_by_name(about->checks[i])(&context);
}

void judge_report(const struct contract *contract, const ProtobufCMessage *report, struct verdict *verdict)
{
	struct walk walk = {.contract = contract, .report = report, .verdict = verdict};

	judge_message(&walk, contract->report, report, NULL);
	if (judge_body_kind(contract, report) == NULL)
		verdict_add(verdict, RULE_BODY, NULL, NULL);
}

const struct contract_kind *judge_body_kind(const struct contract *contract, const ProtobufCMessage *report)
{
	const ProtobufCFieldDescriptor *any = contract->kinds[0].member->wire; // all members share one case
	uint32_t body_case = *(const uint32_t *)((const uint8_t *)report + any->quantifier_offset);

	return body_case == 0 ? NULL : contract_kind_by_number(contract, (int32_t)body_case);
}
