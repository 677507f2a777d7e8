#include "check.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "date.h"
#include "field.h"
#include "model_ward.pb-c.h"
#include "festival_day.pb-c.h"
#include "report.pb-c.h"

static struct place at(const struct check_context *context, const char *field_name)
{
	return (struct place){.up = context->place,
	                      .field = contract_field_by_name(context->about, field_name),
	                      .line = PLACE_NO_LINE};
}

// Whether first and last fit the type; *ret_expected is the last day that the type asks for.
static bool period_fits(const struct contract_value *type, date_day first, date_day last, date_day *ret_expected)
{
	if (type->days > 0)
		*ret_expected = first + (date_day)type->days - 1;
	else if (type->months > 0)
		*ret_expected = date_add_months(first, type->months) - 1;
	else { // free: any length up to a year
		date_day latest = date_add_months(first, 12) - 1;
		*ret_expected = last < first ? first : latest;
		return last >= first && last <= latest;
	}
	return last == *ret_expected;
}

static void period_is_as_long_as_its_type(const struct check_context *context)
{
	const Baocao__Report *report = (const Baocao__Report *)context->message;
	const struct contract_field *type_field = contract_field_by_name(context->about, "period_type");
	const struct contract_value *type = contract_value_by_number(type_field->enumeration, (int32_t)report->period_type);
	date_day first, last, expected;

	if (!report->has_period_type || type == NULL || report->period_first == NULL || report->period_last == NULL ||
	    !date_parse(report->period_first, &first) || !date_parse(report->period_last, &last))
		return; // each of these is a violation already
	if (period_fits(type, first, last, &expected))
		return;
	char expected_text[DATE_TEXT_SIZE];
	struct place place = at(context, "period_last");
	date_format(expected, expected_text);
	verdict_add(context->verdict, RULE_PERIOD_LENGTH, &place,
	            &(struct violation_words){.field = place.field, .value = report->period_last, .limit = expected_text});
}

static void points_held_is_sum_of_commune_level_venues(const struct check_context *context)
{
	const Baocao__FestivalDay *day = (const Baocao__FestivalDay *)context->message;
	const struct contract_field *venues = contract_field_by_name(context->about, "venue");
	const struct contract_enum *kinds = contract_field_by_name(venues->message, "venue_kind")->enumeration;
	uint64_t sum = 0;

	if (!day->has_points_held)
		return;
	for (size_t i = 0; i < day->n_venue; i++) {
		const struct contract_value *kind = contract_value_by_number(kinds, (int32_t)day->venue[i]->venue_kind);
		if (day->venue[i]->has_venue_kind && kind != NULL && kind->commune_level)
			sum += day->venue[i]->held; // may wrap around with absurd values; those are violations of max
	}
	if (sum == day->points_held)
		return;
	char value[24], limit[24];
	struct place place = at(context, "points_held");
	(void)snprintf(value, sizeof value, "%" PRIu64, day->points_held);
	(void)snprintf(limit, sizeof limit, "%" PRIu64, sum);
	verdict_add(context->verdict, RULE_POINTS_HELD_SUM, &place,
	            &(struct violation_words){.field = place.field, .value = value, .limit = limit});
}

static void recognised_ward_has_decision(const struct check_context *context)
{
	const Baocao__ModelWard *ward = (const Baocao__ModelWard *)context->message;
	bool decided = ward->stage == BAOCAO__MODEL_WARD_STAGE__MODEL_WARD_STAGE_RECOGNISED ||
	               ward->stage == BAOCAO__MODEL_WARD_STAGE__MODEL_WARD_STAGE_REVOKED;

	if (!ward->has_stage || !decided || ward->decision_no != NULL)
		return;
	const struct contract_enum *stages = contract_field_by_name(context->about, "stage")->enumeration;
	struct place place = at(context, "decision_no");
	verdict_add(context->verdict, RULE_DECISION_REQUIRED, &place,
	            &(struct violation_words){.field = place.field,
	                                      .value = contract_value_by_number(stages, (int32_t)ward->stage)->label});
}

static void withdrawal_follows_a_revision(const struct check_context *context)
{
	const Baocao__Report *report = (const Baocao__Report *)context->report;
	struct place place = {.field = contract_field_by_name(context->contract->report, "revision"), .line = PLACE_NO_LINE};

	if (report->has_revision && report->revision == 1)
		verdict_add(context->verdict, RULE_WITHDRAWAL_FIRST, &place,
		            &(struct violation_words){.field = place.field});
}

static const struct {
	const char *name;
	check_function function;
} checks[] = {
	{"period_is_as_long_as_its_type", period_is_as_long_as_its_type},
	{"points_held_is_sum_of_commune_level_venues", points_held_is_sum_of_commune_level_venues},
	{"recognised_ward_has_decision", recognised_ward_has_decision},
	{"withdrawal_follows_a_revision", withdrawal_follows_a_revision},
};

check_function check_by_name(const char *name)
{
	for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++)
		if (strcmp(checks[i].name, name) == 0)
			return checks[i].function;
	return NULL;
}
