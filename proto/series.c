#include "series.h"

#include <stdio.h>

#include "field.h"
#include "judge.h"
#include "report.pb-c.h"

const struct contract_value *series_kind(const struct contract *contract, const ProtobufCMessage *report,
                                         const struct contract_kind *body)
{
	int32_t number = body->number;
	if (body->names_kind != NULL)
		number = field_enum(field_message(report, body->member), body->names_kind);
	return contract_value_by_number(contract->kind_enum, number);
}

static const char *or_empty(const char *text)
{
	return text == NULL ? "" : text;
}

void series_text(const struct contract *contract, const ProtobufCMessage *message, char text[static SERIES_TEXT_SIZE])
{
	const Baocao__Report *report = (const Baocao__Report *)message;
	const struct contract_kind *body = judge_body_kind(contract, message);
	const struct contract_value *kind = body == NULL ? NULL : series_kind(contract, message, body);

	(void)snprintf(text, SERIES_TEXT_SIZE, "%.32s %.40s %d %.32s %.32s", or_empty(report->unit_code),
	               kind == NULL ? "" : kind->label, report->has_period_type ? (int)report->period_type : 0,
	               or_empty(report->period_first), or_empty(report->period_last));
}
