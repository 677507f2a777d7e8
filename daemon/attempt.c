// One attempt:
//
//     BEGIN ─▶ look ─▶ number ─▶ [SAVEPOINT ─▶ COPY each table] for each piece ─▶ refusals ─▶ marks, COMMIT
//                                      ▲            │ the database names the row it refuses
//                                      └── ROLLBACK TO, set the report aside as refused, and what was before it is a piece
//
// What a culprit costs its neighbours: the rows before it, in its piece and in one table, are written twice, for the table
// that refused a row last is copied first. A piece is the whole batch as long as the database refuses nothing. After a culprit
// it is a thousand reports, and a thousand more each time that it goes well: where culprits are frequent little is written twice,
// where they are rare few savepoints and COPYs are paid for.
//
// A batch of a few reports, all of them new, goes a shorter way, in two round trips instead of eleven:
//
//     BEGIN, look ─▶ number ─▶ INSERTs, marks, COMMIT
//
// When something about it is not as it should be, it goes back and takes the long one.
//
// What a COMMIT must have said to count: "COMMIT", and no warning. PostgreSQL answers a COMMIT whose wait for the
// synchronous standby was cancelled with a warning only: committed here, perhaps nowhere else.
#include "attempt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "copies.h"
#include "inserts.h"
#include "log.h"
#include "log_limit.h"
#include "look.h"
#include "marks.h"
#include "pipeline.h"
#include "refusals.h"
#include "replays.h"
#include "report.pb-c.h"
#include "rows.h"

enum {
	PIECE_STEP = 1000,       // reports under one savepoint after a culprit, and by how many they grow
	PIECE_LONGEST = 100000   // more than any batch has
};

struct attempt {
	const struct contract *contract;
	const struct layout *layout;
	struct rows rows;
	struct copies copies;
	size_t piece;                      // reports under one savepoint
	PGconn *connection;                // the store's
	int64_t next_number, numbers_left; // of this connection: a crash of the server may hand out again what was never used
	bool warned;                       // since it was last cleared
	char warning[128];                 // the last one
	struct pulse *pulse;
	struct log_limit refused; // by collector
};

struct attempt *attempt_create(const struct contract *contract, const struct layout *layout, struct pulse *pulse)
{
	struct attempt *attempt = calloc(1, sizeof *attempt);
	if (attempt == NULL)
		return NULL;
	attempt->contract = contract;
	attempt->layout = layout;
	attempt->pulse = pulse;
	attempt->piece = PIECE_LONGEST;
	rows_init(&attempt->rows, contract, layout);
	attempt->copies = (struct copies){.rows = &attempt->rows, .pulse = pulse};
	return attempt;
}

void attempt_destroy(struct attempt **attempt)
{
	if (*attempt == NULL)
		return;
	rows_clear(&(*attempt)->rows);
	free(*attempt);
	*attempt = NULL;
}

/* a fresh connection */

// The writer's own settings. Foreign keys are declared but not checked row by row (docs/decisions.md), and the look must
// be answered from the unique index whatever the planner believes of the table's size.
static const char settings[] = "SET session_replication_role = replica; SET enable_hashjoin = off; "
							   "SET enable_mergejoin = off; SET enable_seqscan = off; SET enable_material = off; "
							   "SET plan_cache_mode = force_generic_plan";

static void on_notice(void *data, const PGresult *result)
{
	struct attempt *attempt = data;
	const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
	if (severity != NULL && strcmp(severity, "WARNING") != 0)
		return;
	attempt->warned = true;
	(void)snprintf(attempt->warning, sizeof attempt->warning, "%s", database_message(attempt->connection, result));
}

enum answer attempt_prepare(struct attempt *attempt, PGconn *connection, PGresult **ret_result)
{
	enum answer answer = ANSWER_OK;

	attempt->connection = attempt->copies.connection = connection;
	attempt->numbers_left = 0;
	(void)PQsetNoticeReceiver(connection, on_notice, attempt);
	for (int i = 0; answer == ANSWER_OK && i < 5; i++) {
		PGresult *result = i == 0   ? PQexec(connection, settings)
		                   : i == 1 ? look_prepare(connection, attempt->contract)
		                   : i == 2 ? inserts_prepare(connection, attempt->layout)
		                   : i == 3 ? marks_prepare(connection)
		                            : refusals_prepare(connection);
		if (PQresultStatus(result) != PGRES_COMMAND_OK) {
			answer = database_answer(connection, result);
			*ret_result = result;
		} else {
			PQclear(result);
		}
	}
	return answer;
}

/* statements */

// Runs a statement; its result stays in *result when it is wanted by the caller or when it failed.
static enum answer ask(struct attempt *attempt, const char *sql, ExecStatusType wanted, PGresult **result)
{
	PQclear(*result);
	pulse_step(attempt->pulse);
	*result = PQexec(attempt->connection, sql);
	return PQresultStatus(*result) == wanted ? ANSWER_OK : database_answer(attempt->connection, *result);
}

static enum answer command(struct attempt *attempt, const char *sql, PGresult **result)
{
	return ask(attempt, sql, PGRES_COMMAND_OK, result);
}

/* look and number */

static enum answer take_number(struct attempt *attempt, int64_t *ret, PGresult **result)
{
	if (attempt->numbers_left == 0) {
		enum answer answer = ask(attempt, "SELECT nextval('baocao.report_block')", PGRES_TUPLES_OK, result);
		if (answer != ANSWER_OK)
			return answer;
		attempt->next_number = strtoll(PQgetvalue(*result, 0, 0), NULL, 10);
		attempt->numbers_left = BATCH_NUMBERS_IN_BLOCK;
	}
	attempt->numbers_left--;
	*ret = attempt->next_number++;
	return ANSWER_OK;
}

static enum answer number_items(struct attempt *attempt, const struct batch *batch, PGresult **result)
{
	for (size_t i = 0; i < batch->accepted; i++) {
		if (!batch_is_to_be_written(batch->items[i]))
			continue;
		enum answer answer = take_number(attempt, &batch->items[i]->report_no, result);
		if (answer != ANSWER_OK)
			return answer;
		batch->items[i]->stored_received_at = batch->items[i]->submission->received_at;
	}
	return ANSWER_OK;
}

// A report for a locked period is a repeat of what is stored, or it is refused.
static void lock_out(const struct batch *batch)
{
	for (size_t i = 0; i < batch->accepted; i++) {
		struct item *item = batch->items[i];
		if (!item->is_locked)
			continue;
		if (item->outcome == BAOCAO__OUTCOME__OUTCOME_DUPLICATE) {
			item->verdict.count = 0;
			continue;
		}
		item->outcome = BAOCAO__OUTCOME__OUTCOME_REFUSED;
		item->report_no = 0;
	}
}

static enum answer look(struct attempt *attempt, const struct batch *batch, bool begins, PGresult **result)
{
	for (size_t i = 0; i < batch->accepted; i++) { // forget an earlier attempt
		batch->items[i]->report_no = 0;
		batch->items[i]->verdict.count = batch->items[i]->is_locked ? 1 : 0;
	}
	if (batch->accepted == 0)
		return ANSWER_OK;
	pulse_step(attempt->pulse);
	PQclear(*result);
	enum answer answer =
		look_at_stored(attempt->connection, attempt->contract, batch->items, batch->accepted, begins, result);
	lock_out(batch);
	if (answer == ANSWER_OK)
		answer = number_items(attempt, batch, result);
	if (answer == ANSWER_OK)
		look_at_each_other(batch->items, batch->accepted);
	return answer;
}

/* the culprit */

static void tell(const struct attempt *attempt, const PGresult *result, struct item *culprit, struct failure *failure)
{
	*failure = (struct failure){.culprit = culprit};
	(void)snprintf(failure->sqlstate, sizeof failure->sqlstate, "%s", database_sqlstate(result));
	if (PQresultStatus(result) == PGRES_COMMAND_OK && attempt->warned)
		(void)snprintf(failure->text, sizeof failure->text, "database: COMMIT with a warning: %s", attempt->warning);
	else
		(void)snprintf(failure->text, sizeof failure->text, "%s", database_message(attempt->connection, result));
	failure->text[strcspn(failure->text, "\n")] = '\0';
}

void attempt_refuse(struct attempt *attempt, struct batch *batch, struct item *item, const struct failure *failure)
{
	const Baocao__Report *report = (const Baocao__Report *)item->report;
	int32_t collector_id = item->submission->collector_id;
	char period[2 * DATE_TEXT_SIZE], last[DATE_TEXT_SIZE], left_out[LOG_LIMIT_TEXT_SIZE];

	if (log_limit_allows(&attempt->refused, (uint64_t)collector_id, clock_now_ms(), left_out)) {
		date_format(item->key.first, period);
		date_format(item->key.last, last);
		(void)snprintf(period + strlen(period), sizeof period - strlen(period), "/%s", last);
		const struct log_facts facts = {.unit = report->unit_code,
		                                .collector_id = collector_id,
		                                .period = period,
		                                .kind = item->body == NULL ? NULL : item->body->name,
		                                .error_class = "data",
		                                .sqlstate = failure->sqlstate};
		log_error_of(&facts, "store: a report of collector %d is refused by the database: %s %s%s", collector_id, failure->sqlstate,
		             failure->text, left_out);
	}
	batch_refuse(batch, item, failure->sqlstate, failure->text);
}

uint64_t attempt_left_out(const struct attempt *attempt)
{
	return attempt->refused.left_out;
}

/* pieces */

// Back to the savepoint, the culprit aside. False when that is not enough: it is not known, or what became of other items
// depends on it.
static bool set_aside(struct attempt *attempt, struct batch *batch, struct failure *failure, PGresult **result)
{
	if (failure->culprit == NULL || batch_has_relatives(batch, failure->culprit) ||
	    command(attempt, "ROLLBACK TO SAVEPOINT piece", result) != ANSWER_OK)
		return false;
	attempt_refuse(attempt, batch, failure->culprit, failure);
	failure->culprit = NULL;
	return true;
}

// Writes the items that it can: up to *count, all of them, or those before the first that the database refuses. Then
// *count says how many.
static enum answer copy_piece(struct attempt *attempt, struct batch *batch, size_t first, size_t *count, struct failure *failure,
                              PGresult **result)
{
	struct item **items = batch->items + first;
	enum answer answer;

	while (*count > 0 && (answer = copies_run(&attempt->copies, items, *count, result)) != ANSWER_OK) {
		if (answer != ANSWER_DATA)
			return answer;
		size_t culprit = copies_culprit(&attempt->copies, items, *count, *result);
		tell(attempt, *result, culprit < *count ? items[culprit] : NULL, failure);
		if (!set_aside(attempt, batch, failure, result))
			return ANSWER_DATA;
		*count = culprit;
	}
	return ANSWER_OK;
}

static enum answer copy_pieces(struct attempt *attempt, struct batch *batch, struct failure *failure, PGresult **result)
{
	enum answer answer = ANSWER_OK;

	for (size_t first = 0; answer == ANSWER_OK && first < batch->accepted;) {
		size_t left = batch->accepted - first, wanted = attempt->piece < left ? attempt->piece : left, count = wanted;
		if (first > 0)
			answer = command(attempt, "RELEASE SAVEPOINT piece; SAVEPOINT piece", result);
		if (answer == ANSWER_OK)
			answer = copy_piece(attempt, batch, first, &count, failure, result);
		first += count;
		if (count < wanted)
			attempt->piece = PIECE_STEP;
		else if (attempt->piece < PIECE_LONGEST && count == attempt->piece)
			attempt->piece += PIECE_STEP;
	}
	return answer;
}

/* refusals and commit */

static void explain_conflict(const struct contract *contract, struct item *item)
{
	struct place place = {.field = contract_field_by_name(contract->report, "revision"), .line = PLACE_NO_LINE};
	char revision[12];
	(void)snprintf(revision, sizeof revision, "%d", item->key.revision);
	verdict_add(&item->verdict, RULE_CONFLICT, &place,
	            &(struct violation_words){.field = place.field, .value = revision});
}

static enum answer keep_refusals(struct attempt *attempt, const struct batch *batch, PGresult **result)
{
	enum answer answer = ANSWER_OK;

	PQclear(*result);
	*result = NULL;
	for (size_t i = 0; answer == ANSWER_OK && i < batch->count; i++) {
		struct item *item = batch->items[i];
		pulse_step(attempt->pulse);
		if (item->outcome == BAOCAO__OUTCOME__OUTCOME_CONFLICT)
			explain_conflict(attempt->contract, item);
		if (item->submission->replay_no > 0)
			answer = replays_finish(attempt->connection, item->submission, result); // its refusal is kept already
		else if (item->outcome == BAOCAO__OUTCOME__OUTCOME_CONFLICT || item->outcome == BAOCAO__OUTCOME__OUTCOME_REFUSED)
			answer = refusals_keep_item(attempt->connection, attempt->contract, item, result);
	}
	for (size_t i = 0; answer == ANSWER_OK && i < batch->whole_count; i++)
		answer = batch->wholes[i]->replay_no > 0
		             ? replays_finish(attempt->connection, batch->wholes[i], result)
		             : refusals_keep_whole(attempt->connection, batch->wholes[i], result);
	return answer;
}

// A transaction that wrote nothing would commit without waiting for anything. But what its look saw may be committed on
// this server only, after a cancelled wait for the synchronous standby; to answer DUPLICATE on that would be a promise that
// a failover breaks. So such a transaction writes a word into the log, and its COMMIT waits for all that was before it.
static enum answer log_empty(struct attempt *attempt, PGresult **result)
{
	return ask(attempt, "SELECT pg_catalog.pg_logical_emit_message(true, 'baocao', '')", PGRES_TUPLES_OK, result);
}

// COMMIT of a transaction that failed answers ROLLBACK without an error: that is no commit. Nor is one with a warning.
static enum answer answer_of_commit(const struct attempt *attempt, PGresult *result)
{
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		return database_answer(attempt->connection, result);
	if (strcmp(PQcmdStatus(result), "COMMIT") != 0)
		return ANSWER_RETRY;
	return attempt->warned ? ANSWER_WAIT : ANSWER_OK;
}

static bool writes_reports(const struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		if (batch_is_to_be_written(batch->items[i]))
			return true;
	return false;
}

// Marks what was written and commits, in one round trip. NULL when memory is out.
static PGresult *mark_and_commit(struct attempt *attempt, const struct batch *batch)
{
	if (!pipeline_open(attempt->connection) ||
	    !marks_send(attempt->connection, attempt->contract, batch->items, batch->count) ||
	    PQsendQueryParams(attempt->connection, "COMMIT", 0, NULL, NULL, NULL, NULL, 0) != 1)
		return NULL;
	return pipeline_close(attempt->connection, 1);
}

static enum answer commit(struct attempt *attempt, const struct batch *batch, PGresult **result)
{
	bool writes = writes_reports(batch);

	if (!writes) {
		enum answer answer = log_empty(attempt, result);
		if (answer != ANSWER_OK)
			return answer;
	}
	attempt->warned = false;
	PQclear(*result);
	*result = writes ? mark_and_commit(attempt, batch) : PQexec(attempt->connection, "COMMIT");
	return answer_of_commit(attempt, *result);
}

/* the two ways */

static enum answer run_long(struct attempt *attempt, struct batch *batch, bool begun, struct failure *failure,
                            PGresult **result)
{
	enum answer answer = command(attempt, begun ? "SAVEPOINT piece" : "BEGIN; SAVEPOINT piece", result);
	if (answer == ANSWER_OK)
		answer = look(attempt, batch, false, result);
	if (answer == ANSWER_OK)
		answer = copy_pieces(attempt, batch, failure, result);
	if (answer == ANSWER_OK)
		answer = keep_refusals(attempt, batch, result);
	return answer == ANSWER_OK ? commit(attempt, batch, result) : answer;
}

static bool is_short(const struct batch *batch)
{
	return batch->accepted > 0 && batch->accepted == batch->count && batch->whole_count == 0 &&
	       batch->count <= INSERTS_REPORTS_MAX;
}

// ANSWER_DATA, with the transaction rolled back: the batch has to take the long way.
static enum answer run_short(struct attempt *attempt, struct batch *batch, PGresult **result)
{
	bool all = true;
	enum answer answer = look(attempt, batch, true, result);

	for (size_t i = 0; i < batch->count; i++)
		all = all && batch_is_to_be_written(batch->items[i]);
	if (answer == ANSWER_OK && all) {
		attempt->warned = false;
		pulse_step(attempt->pulse);
		PQclear(*result);
		*result = inserts_run(attempt->connection, &attempt->rows, batch->items, batch->count);
		answer = answer_of_commit(attempt, *result);
	} else if (answer == ANSWER_OK) {
		answer = ANSWER_DATA;
	}
	if (answer == ANSWER_DATA && command(attempt, "ROLLBACK", result) != ANSWER_OK)
		return ANSWER_RECONNECT;
	return answer;
}

static enum answer run(struct attempt *attempt, struct batch *batch, bool begun, struct failure *failure)
{
	PGresult *result = NULL;
	enum answer answer = ANSWER_DATA;

	*failure = (struct failure){0};
	if (!begun && is_short(batch))
		answer = run_short(attempt, batch, &result);
	if (answer == ANSWER_DATA)
		answer = run_long(attempt, batch, begun, failure, &result);
	if (answer != ANSWER_OK && failure->culprit == NULL)
		tell(attempt, result, NULL, failure);
	PQclear(result);
	return answer;
}

enum answer attempt_run(struct attempt *attempt, struct batch *batch, struct failure *failure)
{
	return run(attempt, batch, false, failure);
}

enum answer attempt_run_within(struct attempt *attempt, struct batch *batch, struct failure *failure)
{
	return run(attempt, batch, true, failure);
}
