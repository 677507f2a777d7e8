#include "authority.h"

#include <stdio.h>
#include <string.h>

#include "digest.h"
#include "lane.h"
#include "log.h"
#include "report.pb-c.h"
#include "series.h"

static void add(struct item *item, const struct contract *contract, enum rule rule, const char *field_name,
                const char *value, const char *limit)
{
	struct place place = {.field = contract_field_by_name(contract->report, field_name), .line = PLACE_NO_LINE};
	verdict_add(&item->verdict, rule, &place,
	            &(struct violation_words){.field = place.field, .value = value, .limit = limit});
}

static void judge_lock(const struct contract *contract, const struct catalogue *catalogue, struct item *item,
                       const struct catalogue_unit *unit, const struct catalogue_period *period)
{
	const Baocao__Report *report = (const Baocao__Report *)item->report;
	bool was_clean = verdict_is_clean(&item->verdict);
	char since_text[DATE_TEXT_SIZE];
	date_day since;

	if (!catalogue_is_locked(catalogue, unit, period, date_today_in_viet_nam(item->submission->received_at), &since))
		return;
	date_format(since, since_text);
	add(item, contract, RULE_PERIOD_LOCKED, "period_last", report->period_last, since_text);
	item->is_locked = was_clean && item->verdict.count == 1 && !item->verdict.incomplete;
}

static void judge_form(const struct contract *contract, const struct catalogue *catalogue, struct item *item,
                       const struct catalogue_unit *unit, date_day last)
{
	const Baocao__Report *report = (const Baocao__Report *)item->report;
	const struct contract_value *kind = item->body == NULL ? NULL : series_kind(contract, item->report, item->body);
	const struct contract_value *type = contract_value_by_number(contract->period_type_enum, (int32_t)report->period_type);

	if (kind == NULL || !report->has_period_type || type == NULL)
		return; // violations already
	if (!catalogue_has_form(catalogue, kind->label, unit->level, type->label, last))
		add(item, contract, RULE_NO_FORM, "period_type", unit->level, kind->label);
	item->key.kind = kind->number;
	item->key.period_type = type->number;
	judge_lock(contract, catalogue, item, unit,
	           &(struct catalogue_period){.kind = kind->label, .type = type->label, .first = item->key.first, .last = last});
}

static void judge_unit(const struct contract *contract, const struct catalogue *catalogue, int32_t scope_unit_id,
                       struct item *item, date_day last)
{
	const Baocao__Report *report = (const Baocao__Report *)item->report;
	const struct catalogue_unit *unit = catalogue_unit_on(catalogue, report->unit_code, last);

	if (unit == NULL) {
		add(item, contract, RULE_UNIT_UNKNOWN, "unit_code", report->unit_code, report->period_last);
		return;
	}
	if (!catalogue_in_scope(catalogue, unit, scope_unit_id))
		add(item, contract, RULE_OUT_OF_SCOPE, "unit_code", report->unit_code, NULL);
	judge_form(contract, catalogue, item, unit, last);
	item->key.unit_id = unit->unit_id;
	item->key.top_unit_id = unit->top_unit_id;
}

static void judge_calendar(const struct contract *contract, struct item *item, date_day first)
{
	date_day today = date_today_in_viet_nam(item->submission->received_at);
	char today_text[DATE_TEXT_SIZE];

	if (first <= today)
		return;
	date_format(today, today_text);
	add(item, contract, RULE_PERIOD_NOT_BEGUN, "period_first", ((const Baocao__Report *)item->report)->period_first,
	    today_text);
}

void authority_judge(const struct contract *contract, const struct catalogue *catalogue, int32_t scope_unit_id,
                     struct item *item)
{
	const Baocao__Report *report = (const Baocao__Report *)item->report;
	date_day first, last;

	if (report != NULL && report->period_first != NULL && date_parse(report->period_first, &first)) {
		item->key.first = first;
		judge_calendar(contract, item, first);
	}
	if (report != NULL && report->unit_code != NULL && report->period_last != NULL &&
	    date_parse(report->period_last, &last)) {
		item->key.last = last;
		judge_unit(contract, catalogue, scope_unit_id, item, last);
	}
	if (report == NULL || (!verdict_is_clean(&item->verdict) && !item->is_locked)) {
		item->outcome = BAOCAO__OUTCOME__OUTCOME_REFUSED;
		return;
	}
	item->key.revision = (int32_t)report->revision;
	digest_report(contract, item->report, item->digest);
}

static bool has_violation(const struct verdict *verdict, enum rule rule)
{
	for (size_t i = 0; i < verdict->count; i++)
		if (strcmp(verdict->list[i].rule, rule_text(rule)->id) == 0)
			return true;
	return false;
}

static void log_item(struct log_limit *limit, const struct catalogue *catalogue, const struct item *item)
{
	const Baocao__Report *report = (const Baocao__Report *)item->report;
	int32_t collector_id = item->submission->collector_id;
	const struct catalogue_key *sender = catalogue_collector_by_id(catalogue, collector_id);
	const struct catalogue_unit *scope = catalogue_unit_by_id(catalogue, item->submission->scope_unit_id);
	char first[DATE_TEXT_SIZE], left_out[LOG_LIMIT_TEXT_SIZE];

	if (sender == NULL || scope == NULL || !log_limit_allows(limit, (uint64_t)collector_id, lane_now_ms(), left_out))
		return;
	date_format(scope->first, first);
	log_warning("refused a report of %s (collector %d) for unit %s on %s: its scope is unit %s as from %s%s", sender->name,
	            collector_id, report->unit_code, report->period_last, scope->code, first, left_out);
}

void authority_log(struct log_limit *limit, const struct catalogue *catalogue, const struct submission *submission)
{
	for (size_t i = 0; submission->items != NULL && i < submission->item_count; i++) {
		const struct item *item = &submission->items[i];
		if (item->outcome == BAOCAO__OUTCOME__OUTCOME_REFUSED && has_violation(&item->verdict, RULE_OUT_OF_SCOPE))
			log_item(limit, catalogue, item);
	}
}
