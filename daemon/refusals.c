#include "refusals.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "report.pb-c.h"

static const char statement[] =
	"SELECT baocao.keep_refusal($1::int, $2::int, $3::bytea, $4::text, $5::text, $6::text, $7::bytea, $8::timestamptz, "
	"$9::jsonb)";

enum { PARAMETERS = 9 };

struct refusal {
	const struct submission *submission;
	const char *outcome, *kind, *unit_code; // the last two may be NULL
	const void *raw;
	size_t raw_size;
	const struct verdict *verdict;
};

PGresult *refusals_prepare(PGconn *connection)
{
	return PQprepare(connection, "keep_refusal", statement, PARAMETERS, NULL);
}

char *refusals_json(const struct verdict *verdict)
{
	json_t *list = json_array();
	for (size_t i = 0; list != NULL && i < verdict->count; i++) {
		const struct violation *v = &verdict->list[i];
		json_t *one = json_pack("{ss ss ss ss}", "path", v->path, "rule", v->rule, "vi", v->vi, "en", v->en);
		if (one == NULL || json_array_append_new(list, one) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	char *text = json_dumps(list, JSON_COMPACT);
	json_decref(list);
	return text;
}

static enum answer keep(PGconn *connection, const struct refusal *refusal, PGresult **ret_result)
{
	unsigned char digest[DIGEST_SIZE];
	char top_unit[12], collector[12], received[DATE_INSTANT_TEXT_SIZE];
	char *violations = refusals_json(refusal->verdict);
	enum answer answer = ANSWER_WAIT; // out of memory: a resource

	*ret_result = NULL;
	if (violations == NULL)
		return answer;
	(void)crypto_generichash(digest, sizeof digest, refusal->raw, refusal->raw_size, NULL, 0);
	(void)snprintf(top_unit, sizeof top_unit, "%d", refusal->submission->scope_top_unit_id);
	(void)snprintf(collector, sizeof collector, "%d", refusal->submission->collector_id);
	date_format_instant(refusal->submission->received_at, received);
	const char *values[PARAMETERS] = {top_unit,           collector,    (const char *)digest, refusal->outcome, refusal->kind,
	                                  refusal->unit_code, refusal->raw, received,             violations};
	const int lengths[PARAMETERS] = {[2] = (int)sizeof digest, [6] = (int)refusal->raw_size};
	const int formats[PARAMETERS] = {[2] = 1, [6] = 1};
	PGresult *result = PQexecPrepared(connection, "keep_refusal", PARAMETERS, values, lengths, formats, 0);
	answer = PQresultStatus(result) == PGRES_TUPLES_OK ? ANSWER_OK : database_answer(connection, result);
	if (answer == ANSWER_OK)
		PQclear(result);
	else
		*ret_result = result;
	free(violations);
	return answer;
}

enum answer refusals_keep_item(PGconn *connection, const struct contract *contract, const struct item *item,
                               PGresult **ret_result)
{
	struct refusal refusal = {.submission = item->submission,
	                          .outcome = item->outcome == BAOCAO__OUTCOME__OUTCOME_CONFLICT ? "conflict" : "refused",
	                          .kind = item->body == NULL ? NULL : item->body->name,
	                          .raw = item->raw.bytes,
	                          .raw_size = item->raw.size,
	                          .verdict = &item->verdict};
	const struct contract_value *natural =
		item->key.kind == 0 ? NULL : contract_value_by_number(contract->kind_enum, item->key.kind);

	if (natural != NULL)
		refusal.kind = natural->label;
	if (item->report != NULL)
		refusal.unit_code = ((const Baocao__Report *)item->report)->unit_code;
	return keep(connection, &refusal, ret_result);
}

enum answer refusals_keep_whole(PGconn *connection, struct submission *submission, PGresult **ret_result)
{
	struct refusal refusal = {.submission = submission,
	                          .outcome = "protocol",
	                          .raw = zmq_msg_data(&submission->body),
	                          .raw_size = zmq_msg_size(&submission->body),
	                          .verdict = &submission->problem};
	return keep(connection, &refusal, ret_result);
}
