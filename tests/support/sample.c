// Numbers of one report are all equal, so that none is above another; lines differ in their enums; what is left to named
// checks is mended at the end.
#include "sample.h"

#include <stdlib.h>
#include <string.h>

#include "date.h"
#include "festival_day.pb-c.h"
#include "field.h"
#include "protocol.pb-c.h"
#include "report.pb-c.h"

enum { CAMPAIGN_DAYS = 20, LINES_USUAL = 3, SUBMISSION_ARENA = 64 << 20 };

static const char FIRST_DAY[] = "2022-08-01";

// Tried where a field has a pattern; the first that matches is taken.
static const char *const patterned[] = {"01", "12/QĐ-BCA", "A05", "x", "2022"};

struct making {
	struct arena *arena;
	unsigned number;
	size_t line; // of the message that is made
	bool failed; // out of memory
};

static void make(struct making *making, const struct contract_message *about, ProtobufCMessage *message);

static ProtobufCMessage *new_message(struct making *making, const struct contract_message *about)
{
	ProtobufCMessage *message = arena_alloc(making->arena, about->wire->sizeof_message);
	making->failed |= message == NULL;
	if (message != NULL)
		protobuf_c_message_init(about->wire, message);
	return message;
}

static const char *text_for(struct making *making, const struct contract_field *field)
{
	static const char *const texts[] = {"Hoà Bình", "Camera an ninh", "Zalo", "Tổ tự quản số 7 — phường Bến Nghé"};

	if (field->format == CONTRACT_DATE)
		return FIRST_DAY;
	if (field->format == CONTRACT_TIMESTAMP)
		return making->number % 2 == 0 ? "2022-08-21T08:00:00+07:00" : "2022-08-21T01:00:00.25Z";
	for (size_t i = 0; field->pattern != NULL && i < sizeof patterned / sizeof patterned[0]; i++)
		if (regexec(&field->regex, patterned[i], 0, NULL, 0) == 0)
			return patterned[i];
	return texts[(making->number + making->line) % (sizeof texts / sizeof texts[0])];
}

static void make_enum(struct making *making, const struct contract_field *field, ProtobufCMessage *message)
{
	size_t count = field->enumeration->value_count, index = (making->number + making->line) % count;

	while ((field->none_of >> index & 1) != 0)
		index = (index + 1) % count;
	*(int32_t *)field_slot(message, field) = field->enumeration->values[index].number;
	*(protobuf_c_boolean *)field_quantifier_slot(message, field) = 1;
}

static void make_number(struct making *making, const struct contract_field *field, ProtobufCMessage *message)
{
	uint64_t value = 2 + making->number % 7; // a withdrawal is no first revision

	if (field->has_max && value > field->max)
		value = field->max;
	if (field->wire->type == PROTOBUF_C_TYPE_BOOL)
		*(protobuf_c_boolean *)field_slot(message, field) = making->number % 2 == 0;
	else if (field->wire->type == PROTOBUF_C_TYPE_UINT32)
		*(uint32_t *)field_slot(message, field) = (uint32_t)value;
	else
		*(uint64_t *)field_slot(message, field) = value;
	*(protobuf_c_boolean *)field_quantifier_slot(message, field) = 1;
}

static void make_lines(struct making *making, const struct contract_field *field, ProtobufCMessage *message)
{
	size_t count = making->number % (LINES_USUAL + 1);
	count = count < field->min_items ? field->min_items : count > field->max_items ? field->max_items : count;
	ProtobufCMessage **lines = arena_alloc(making->arena, (count + 1) * sizeof *lines);

	making->failed |= lines == NULL;
	for (size_t i = 0; !making->failed && i < count; i++) {
		making->line = i;
		lines[i] = new_message(making, field->message);
		if (lines[i] != NULL)
			make(making, field->message, lines[i]);
	}
	making->line = 0;
	*(ProtobufCMessage ***)field_slot(message, field) = lines;
	*(size_t *)field_quantifier_slot(message, field) = making->failed ? 0 : count;
}

static void make(struct making *making, const struct contract_message *about, ProtobufCMessage *message)
{
	for (size_t i = 0; !making->failed && i < about->field_count; i++) {
		const struct contract_field *field = &about->fields[i];
		bool wanted = field->required || field->min_items > 0 || field->pattern != NULL || making->number % 3 != 0;
		if (field->in_body_oneof || !wanted)
			continue;
		if (field->wire->label == PROTOBUF_C_LABEL_REPEATED)
			make_lines(making, field, message);
		else if (field->wire->type == PROTOBUF_C_TYPE_STRING)
			*(const char **)field_slot(message, field) = text_for(making, field);
		else if (field->wire->type == PROTOBUF_C_TYPE_ENUM)
			make_enum(making, field, message);
		else
			make_number(making, field, message);
	}
}

/* what named checks ask for */

static void mend_period(struct making *making, const struct contract *contract, Baocao__Report *report)
{
	const struct contract_enum *types = contract_field_by_name(contract->report, "period_type")->enumeration;
	const struct contract_value *type = contract_value_by_number(types, (int32_t)report->period_type);
	date_day first = 0;

	report->period_last = arena_alloc(making->arena, DATE_TEXT_SIZE);
	making->failed |= report->period_last == NULL;
	if (making->failed)
		return;
	(void)date_parse(FIRST_DAY, &first);
	date_format(type->months > 0 ? date_add_months(first, type->months) - 1
								 : first + (date_day)(type->days > 0 ? type->days : CAMPAIGN_DAYS) - 1,
				report->period_last);
}

static void mend_sum(Baocao__FestivalDay *day)
{
	day->points_held = 0;
	for (size_t i = 0; i < day->n_venue; i++)
		if (day->venue[i]->venue_kind <= BAOCAO__VENUE_KIND__VENUE_KIND_SPECIAL_ZONE)
			day->points_held += day->venue[i]->held;
}

ProtobufCMessage *sample_report(const struct contract *contract, const struct contract_kind *kind, unsigned number,
								struct arena *arena)
{
	struct making making = {.arena = arena, .number = number};
	ProtobufCMessage *report = new_message(&making, contract->report);
	ProtobufCMessage *body = new_message(&making, kind->body);

	if (making.failed)
		return NULL;
	make(&making, contract->report, report);
	make(&making, kind->body, body);
	*(ProtobufCMessage **)field_slot(report, kind->member) = body;
	*(uint32_t *)field_quantifier_slot(report, kind->member) = kind->member->wire->id;
	mend_period(&making, contract, (Baocao__Report *)report);
	if (body->descriptor == &baocao__festival_day__descriptor)
		mend_sum((Baocao__FestivalDay *)body);
	return making.failed ? NULL : report;
}

uint8_t *sample_submission(const struct contract *contract, unsigned for_each, size_t *ret_size)
{
	struct arena *arena = arena_create(SUBMISSION_ARENA);
	Baocao__Submission submission = BAOCAO__SUBMISSION__INIT;
	size_t count = contract->kind_count * for_each;
	uint8_t *bytes = NULL;
	bool good = arena != NULL && (submission.report = arena_alloc(arena, (count + 1) * sizeof *submission.report)) != NULL;

	for (size_t i = 0; good && i < count; i++) {
		submission.report[i] = (Baocao__Report *)sample_report(contract, &contract->kinds[i % contract->kind_count],
															   (unsigned)(i / contract->kind_count), arena);
		good = submission.report[i] != NULL;
	}
	submission.n_report = count;
	submission.has_submission_id = 1;
	submission.submission_id = count;
	if (good)
		bytes = malloc(*ret_size = baocao__submission__get_packed_size(&submission));
	if (bytes != NULL)
		(void)baocao__submission__pack(&submission, bytes);
	arena_destroy(&arena);
	return bytes;
}
