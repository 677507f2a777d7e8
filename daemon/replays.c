#include "replays.h"

#include <endian.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "refusals.h"

static const char take_statement[] = "SELECT top_unit_id, replay_no, collector_id, raw FROM baocao.take_replays($1::int, $2::bigint)";
static const char finish_statement[] = "SELECT baocao.finish_replay($1::int, $2::bigint, $3::text, $4::bigint, $5::jsonb)";

enum {
	TAKE_PARAMETERS = 2,
	FINISH_PARAMETERS = 5,
	NUMBER_SIZE = 24
};

static const struct {
	Baocao__Outcome outcome;
	const char *text;
} outcomes[] = {
	{BAOCAO__OUTCOME__OUTCOME_STORED, "stored"},         {BAOCAO__OUTCOME__OUTCOME_DUPLICATE, "duplicate"},
	{BAOCAO__OUTCOME__OUTCOME_CONFLICT, "conflict"},     {BAOCAO__OUTCOME__OUTCOME_SUPERSEDED, "superseded"},
	{BAOCAO__OUTCOME__OUTCOME_REFUSED, "refused"},
};

PGresult *replays_prepare(PGconn *connection)
{
	PGresult *result = PQprepare(connection, "take_replays", take_statement, TAKE_PARAMETERS, NULL);

	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		return result;
	PQclear(result);
	return PQprepare(connection, "finish_replay", finish_statement, FINISH_PARAMETERS, NULL);
}

/* taking */

static uint64_t number_value(const PGresult *result, int row, int column)
{
	uint64_t big = 0; // int4 and int8 alike: the last bytes of it
	size_t size = (size_t)PQgetlength(result, row, column);
	memcpy((uint8_t *)&big + sizeof big - size, PQgetvalue(result, row, column), size);
	return be64toh(big);
}

// NULL when memory is out.
static struct submission *submission_of(const PGresult *result, int row, date_instant now)
{
	struct submission *submission =
		submission_of_report(PQgetvalue(result, row, 3), (size_t)PQgetlength(result, row, 3), now);

	if (submission == NULL)
		return NULL;
	submission->replay_top_unit_id = (int32_t)number_value(result, row, 0);
	submission->replay_no = (int64_t)number_value(result, row, 1);
	submission->collector_id = (int32_t)number_value(result, row, 2);
	return submission;
}

enum answer replays_take(PGconn *connection, int at_most, date_instant now, struct submission **ret_list,
                         PGresult **ret_result)
{
	char most[NUMBER_SIZE], bytes[NUMBER_SIZE];
	const char *values[TAKE_PARAMETERS] = {most, bytes};
	struct submission **last = ret_list;

	(void)snprintf(most, sizeof most, "%d", at_most);
	(void)snprintf(bytes, sizeof bytes, "%d", REPLAYS_BYTES);
	*ret_list = NULL;
	PGresult *result = PQexecPrepared(connection, "take_replays", TAKE_PARAMETERS, values, NULL, NULL, 1);
	enum answer answer = PQresultStatus(result) == PGRES_TUPLES_OK ? ANSWER_OK : database_answer(connection, result);
	for (int row = 0; answer == ANSWER_OK && row < PQntuples(result); row++) {
		*last = submission_of(result, row, now);
		if (*last == NULL)
			answer = ANSWER_WAIT; // out of memory: a resource
		else
			last = &(*last)->next;
	}
	if (answer == ANSWER_OK)
		PQclear(result);
	*ret_result = answer == ANSWER_OK ? NULL : result;
	return answer;
}

/* finishing */

static const char *outcome_text(const struct submission *submission)
{
	for (size_t i = 0; submission->whole == 0 && submission->items != NULL && i < sizeof outcomes / sizeof outcomes[0]; i++)
		if (outcomes[i].outcome == submission->items[0].outcome)
			return outcomes[i].text;
	return "protocol";
}

enum answer replays_finish(PGconn *connection, const struct submission *submission, PGresult **ret_result)
{
	const struct item *item = submission->whole == 0 ? &submission->items[0] : NULL;
	bool is_there = item != NULL && item->report_no > 0 && item->outcome != BAOCAO__OUTCOME__OUTCOME_CONFLICT;
	char top_unit[NUMBER_SIZE], replay[NUMBER_SIZE], report[NUMBER_SIZE];
	char *violations = refusals_json(item == NULL ? &submission->problem : &item->verdict);

	*ret_result = NULL;
	if (violations == NULL)
		return ANSWER_WAIT; // out of memory: a resource
	(void)snprintf(top_unit, sizeof top_unit, "%" PRId32, submission->replay_top_unit_id);
	(void)snprintf(replay, sizeof replay, "%" PRId64, submission->replay_no);
	(void)snprintf(report, sizeof report, "%" PRId64, is_there ? item->report_no : 0);
	const char *values[FINISH_PARAMETERS] = {top_unit, replay, outcome_text(submission), is_there ? report : NULL, violations};
	PGresult *result = PQexecPrepared(connection, "finish_replay", FINISH_PARAMETERS, values, NULL, NULL, 0);
	enum answer answer = PQresultStatus(result) == PGRES_TUPLES_OK ? ANSWER_OK : database_answer(connection, result);
	if (answer == ANSWER_OK)
		PQclear(result);
	else
		*ret_result = result;
	free(violations);
	return answer;
}
