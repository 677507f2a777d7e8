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

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inserts.h"
#include "look.h"
#include "marks.h"
#include "pipeline.h"
#include "refusals.h"
#include "replays.h"
#include "rows.h"

enum {
	COPY_SQL_SIZE = 4096,
	COPY_PIECE = 64 << 10,   // bytes handed to libpq at once
	PIECE_STEP = 1000,       // reports under one savepoint after a culprit, and by how many they grow
	PIECE_LONGEST = 100000   // more than any batch has
};

struct attempt {
	const struct contract *contract;
	const struct layout *layout;
	struct rows rows;
	size_t piece;                      // reports under one savepoint
	size_t first_table;                // the one that refused a row last
	PGconn *connection;                // the store's
	int64_t next_number, numbers_left; // of this connection: a crash of the server may hand out again what was never used
	bool warned;                       // since it was last cleared
	char warning[128];                 // the last one
};

// The statement that failed: its result, and the table that was being copied, if any.
struct step {
	PGresult *result;
	const struct layout_table *table;
};

struct attempt *attempt_create(const struct contract *contract, const struct layout *layout)
{
	struct attempt *attempt = calloc(1, sizeof *attempt);
	if (attempt == NULL)
		return NULL;
	attempt->contract = contract;
	attempt->layout = layout;
	attempt->piece = PIECE_LONGEST;
	rows_init(&attempt->rows, contract, layout);
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

	attempt->connection = connection;
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

// Runs a statement; its result stays in *step when it is wanted by the caller or when it failed.
static enum answer ask(struct attempt *attempt, const char *sql, ExecStatusType wanted, struct step *step)
{
	PQclear(step->result);
	step->result = PQexec(attempt->connection, sql);
	return PQresultStatus(step->result) == wanted ? ANSWER_OK : database_answer(attempt->connection, step->result);
}

static enum answer command(struct attempt *attempt, const char *sql, struct step *step)
{
	return ask(attempt, sql, PGRES_COMMAND_OK, step);
}

/* look and number */

static enum answer take_number(struct attempt *attempt, int64_t *ret, struct step *step)
{
	if (attempt->numbers_left == 0) {
		enum answer answer = ask(attempt, "SELECT nextval('baocao.report_block')", PGRES_TUPLES_OK, step);
		if (answer != ANSWER_OK)
			return answer;
		attempt->next_number = strtoll(PQgetvalue(step->result, 0, 0), NULL, 10);
		attempt->numbers_left = BATCH_NUMBERS_IN_BLOCK;
	}
	attempt->numbers_left--;
	*ret = attempt->next_number++;
	return ANSWER_OK;
}

static enum answer number_items(struct attempt *attempt, const struct batch *batch, struct step *step)
{
	for (size_t i = 0; i < batch->accepted; i++) {
		if (!batch_is_to_be_written(batch->items[i]))
			continue;
		enum answer answer = take_number(attempt, &batch->items[i]->report_no, step);
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

static enum answer look(struct attempt *attempt, const struct batch *batch, bool begins, struct step *step)
{
	for (size_t i = 0; i < batch->accepted; i++) { // forget an earlier attempt
		batch->items[i]->report_no = 0;
		batch->items[i]->verdict.count = batch->items[i]->is_locked ? 1 : 0;
	}
	if (batch->accepted == 0)
		return ANSWER_OK;
	PQclear(step->result);
	enum answer answer =
		look_at_stored(attempt->connection, attempt->contract, batch->items, batch->accepted, begins, &step->result);
	lock_out(batch);
	if (answer == ANSWER_OK)
		answer = number_items(attempt, batch, step);
	if (answer == ANSWER_OK)
		look_at_each_other(batch->items, batch->accepted);
	return answer;
}

/* copy */

// COPY schema.table (columns) FROM STDIN; names come from the contract and need no quotes, but get them.
static void copy_statement(const struct layout_table *table, char sql[static COPY_SQL_SIZE])
{
	int used = snprintf(sql, COPY_SQL_SIZE, "COPY baocao.\"%s\" (", table->name);
	for (size_t i = 0; i < table->column_count && used < COPY_SQL_SIZE; i++)
		used += snprintf(sql + used, (size_t)(COPY_SQL_SIZE - used), "%s\"%s\"", i > 0 ? ", " : "", table->columns[i].name);
	if (used < COPY_SQL_SIZE)
		(void)snprintf(sql + used, (size_t)(COPY_SQL_SIZE - used), ") FROM STDIN (FORMAT binary)");
}

// Hands on what is in the buffer; the first time the statement begins.
static enum answer put_piece(struct attempt *attempt, size_t table, struct step *step)
{
	char sql[COPY_SQL_SIZE];
	struct copy *copy = &attempt->rows.copy;
	enum answer answer = ANSWER_OK;

	if (step->table == NULL) {
		step->table = &attempt->layout->tables[table];
		copy_statement(step->table, sql);
		answer = ask(attempt, sql, PGRES_COPY_IN, step);
	}
	if (answer == ANSWER_OK)
		(void)PQputCopyData(attempt->connection, (const char *)copy->bytes, (int)copy->used); // a failure shows in the result
	copy_handed_on(copy);
	return answer;
}

// Makes the rows that the items give to a table and hands them on piece by piece: the server reads one while the next is made.
static enum answer put_rows(struct attempt *attempt, size_t table, struct item **items, size_t count, struct step *step)
{
	struct copy *copy = &attempt->rows.copy;
	enum answer answer = ANSWER_OK;

	rows_begin(&attempt->rows, table);
	for (size_t i = 0; answer == ANSWER_OK && i < count; i++) {
		if (batch_is_to_be_written(items[i]))
			rows_add(&attempt->rows, items[i]);
		if (copy->used >= COPY_PIECE)
			answer = put_piece(attempt, table, step);
	}
	if (answer == ANSWER_OK && copy->rows > 0)
		answer = copy_end(copy) ? put_piece(attempt, table, step) : ANSWER_WAIT; // out of memory: a resource
	return answer;
}

static enum answer end_copy(struct attempt *attempt, struct step *step)
{
	enum answer answer = ANSWER_OK;
	PGresult *more;

	(void)PQputCopyEnd(attempt->connection, NULL); // a failure shows in the result
	PQclear(step->result);
	step->result = PQgetResult(attempt->connection);
	if (PQresultStatus(step->result) != PGRES_COMMAND_OK)
		answer = database_answer(attempt->connection, step->result);
	while ((more = PQgetResult(attempt->connection)) != NULL)
		PQclear(more);
	return answer;
}

static enum answer copy_table(struct attempt *attempt, size_t table, struct item **items, size_t count, struct step *step)
{
	step->table = NULL;
	enum answer answer = put_rows(attempt, table, items, count, step);
	if (answer == ANSWER_OK && step->table != NULL)
		answer = end_copy(attempt, step);
	if (answer == ANSWER_OK)
		step->table = NULL;
	return answer;
}

static enum answer copy_items(struct attempt *attempt, struct item **items, size_t count, struct step *step)
{
	enum answer answer = copy_table(attempt, attempt->first_table, items, count, step);
	for (size_t table = 0; answer == ANSWER_OK && table < attempt->layout->table_count; table++)
		if (table != attempt->first_table)
			answer = copy_table(attempt, table, items, count, step);
	return answer;
}

/* the culprit */

// The row that a failed COPY names: its context is "COPY table, line N" in the server's language. 0 when there is none.
static size_t refused_row(const struct step *step)
{
	const char *context = step->result == NULL ? NULL : PQresultErrorField(step->result, PG_DIAG_CONTEXT);
	const char *at = context == NULL || step->table == NULL ? NULL : strstr(context, step->table->name);

	if (at == NULL || strncmp(context, "COPY ", 5) != 0)
		return 0;
	at += strlen(step->table->name);
	while (*at != '\0' && !isdigit((unsigned char)*at))
		at++;
	return (size_t)strtoull(at, NULL, 10);
}

// The index of the item that gave that row, or count: the rows are made once more and counted.
static size_t culprit_among(struct attempt *attempt, struct item **items, size_t count, const struct step *step)
{
	size_t row = refused_row(step);
	size_t table = step->table == NULL ? 0 : (size_t)(step->table - attempt->layout->tables);

	if (row == 0)
		return count;
	attempt->first_table = table;
	rows_begin(&attempt->rows, table);
	for (size_t i = 0; i < count; i++) {
		if (!batch_is_to_be_written(items[i]))
			continue;
		rows_add(&attempt->rows, items[i]);
		if (attempt->rows.copy.rows >= row)
			return i;
	}
	return count;
}

static void tell(const struct attempt *attempt, const struct step *step, struct item *culprit, struct failure *failure)
{
	*failure = (struct failure){.culprit = culprit};
	(void)snprintf(failure->sqlstate, sizeof failure->sqlstate, "%s", database_sqlstate(step->result));
	if (PQresultStatus(step->result) == PGRES_COMMAND_OK && attempt->warned)
		(void)snprintf(failure->text, sizeof failure->text, "database: COMMIT with a warning: %s", attempt->warning);
	else
		(void)snprintf(failure->text, sizeof failure->text, "%s", database_message(attempt->connection, step->result));
	failure->text[strcspn(failure->text, "\n")] = '\0';
}

/* pieces */

// Back to the savepoint, the culprit aside. False when that is not enough: it is not known, or what became of other items
// depends on it.
static bool set_aside(struct attempt *attempt, struct batch *batch, struct failure *failure, struct step *step)
{
	if (failure->culprit == NULL || batch_has_relatives(batch, failure->culprit) ||
	    command(attempt, "ROLLBACK TO SAVEPOINT piece", step) != ANSWER_OK)
		return false;
	batch_refuse(batch, failure->culprit, failure->sqlstate, failure->text);
	failure->culprit = NULL;
	return true;
}

// Writes the items that it can: up to *count, all of them, or those before the first that the database refuses. Then
// *count says how many.
static enum answer copy_piece(struct attempt *attempt, struct batch *batch, size_t first, size_t *count, struct failure *failure,
                              struct step *step)
{
	struct item **items = batch->items + first;
	enum answer answer;

	while (*count > 0 && (answer = copy_items(attempt, items, *count, step)) != ANSWER_OK) {
		if (answer != ANSWER_DATA)
			return answer;
		size_t culprit = culprit_among(attempt, items, *count, step);
		tell(attempt, step, culprit < *count ? items[culprit] : NULL, failure);
		if (!set_aside(attempt, batch, failure, step))
			return ANSWER_DATA;
		*count = culprit;
	}
	return ANSWER_OK;
}

static enum answer copy_pieces(struct attempt *attempt, struct batch *batch, struct failure *failure, struct step *step)
{
	enum answer answer = ANSWER_OK;

	for (size_t first = 0; answer == ANSWER_OK && first < batch->accepted;) {
		size_t left = batch->accepted - first, wanted = attempt->piece < left ? attempt->piece : left, count = wanted;
		if (first > 0)
			answer = command(attempt, "RELEASE SAVEPOINT piece; SAVEPOINT piece", step);
		if (answer == ANSWER_OK)
			answer = copy_piece(attempt, batch, first, &count, failure, step);
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

static enum answer keep_refusals(struct attempt *attempt, const struct batch *batch, struct step *step)
{
	enum answer answer = ANSWER_OK;

	PQclear(step->result);
	step->result = NULL;
	for (size_t i = 0; answer == ANSWER_OK && i < batch->count; i++) {
		struct item *item = batch->items[i];
		if (item->outcome == BAOCAO__OUTCOME__OUTCOME_CONFLICT)
			explain_conflict(attempt->contract, item);
		if (item->submission->replay_no > 0)
			answer = replays_finish(attempt->connection, item->submission, &step->result); // its refusal is kept already
		else if (item->outcome == BAOCAO__OUTCOME__OUTCOME_CONFLICT || item->outcome == BAOCAO__OUTCOME__OUTCOME_REFUSED)
			answer = refusals_keep_item(attempt->connection, attempt->contract, item, &step->result);
	}
	for (size_t i = 0; answer == ANSWER_OK && i < batch->whole_count; i++)
		answer = batch->wholes[i]->replay_no > 0
		             ? replays_finish(attempt->connection, batch->wholes[i], &step->result)
		             : refusals_keep_whole(attempt->connection, batch->wholes[i], &step->result);
	return answer;
}

// A transaction that wrote nothing would commit without waiting for anything. But what its look saw may be committed on
// this server only, after a cancelled wait for the synchronous standby; to answer DUPLICATE on that would be a promise that
// a failover breaks. So such a transaction writes a word into the log, and its COMMIT waits for all that was before it.
static enum answer log_empty(struct attempt *attempt, struct step *step)
{
	return ask(attempt, "SELECT pg_catalog.pg_logical_emit_message(true, 'baocao', '')", PGRES_TUPLES_OK, step);
}

// COMMIT of a transaction that failed answers ROLLBACK without an error: that is no commit. Nor is one with a warning.
static enum answer answer_of_commit(const struct attempt *attempt, const struct step *step)
{
	if (PQresultStatus(step->result) != PGRES_COMMAND_OK)
		return database_answer(attempt->connection, step->result);
	if (strcmp(PQcmdStatus(step->result), "COMMIT") != 0)
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

static enum answer commit(struct attempt *attempt, const struct batch *batch, struct step *step)
{
	bool writes = writes_reports(batch);

	if (!writes) {
		enum answer answer = log_empty(attempt, step);
		if (answer != ANSWER_OK)
			return answer;
	}
	attempt->warned = false;
	PQclear(step->result);
	step->result = writes ? mark_and_commit(attempt, batch) : PQexec(attempt->connection, "COMMIT");
	return answer_of_commit(attempt, step);
}

/* the two ways */

static enum answer run_long(struct attempt *attempt, struct batch *batch, bool begun, struct failure *failure,
                            struct step *step)
{
	enum answer answer = command(attempt, begun ? "SAVEPOINT piece" : "BEGIN; SAVEPOINT piece", step);
	if (answer == ANSWER_OK)
		answer = look(attempt, batch, false, step);
	if (answer == ANSWER_OK)
		answer = copy_pieces(attempt, batch, failure, step);
	if (answer == ANSWER_OK)
		answer = keep_refusals(attempt, batch, step);
	return answer == ANSWER_OK ? commit(attempt, batch, step) : answer;
}

static bool is_short(const struct batch *batch)
{
	return batch->accepted > 0 && batch->accepted == batch->count && batch->whole_count == 0 &&
	       batch->count <= INSERTS_REPORTS_MAX;
}

// ANSWER_DATA, with the transaction rolled back: the batch has to take the long way.
static enum answer run_short(struct attempt *attempt, struct batch *batch, struct step *step)
{
	bool all = true;
	enum answer answer = look(attempt, batch, true, step);

	for (size_t i = 0; i < batch->count; i++)
		all = all && batch_is_to_be_written(batch->items[i]);
	if (answer == ANSWER_OK && all) {
		attempt->warned = false;
		PQclear(step->result);
		step->result = inserts_run(attempt->connection, &attempt->rows, batch->items, batch->count);
		answer = answer_of_commit(attempt, step);
	} else if (answer == ANSWER_OK) {
		answer = ANSWER_DATA;
	}
	if (answer == ANSWER_DATA && command(attempt, "ROLLBACK", step) != ANSWER_OK)
		return ANSWER_RECONNECT;
	return answer;
}

static enum answer run(struct attempt *attempt, struct batch *batch, bool begun, struct failure *failure)
{
	struct step step = {0};
	enum answer answer = ANSWER_DATA;

	*failure = (struct failure){0};
	if (!begun && is_short(batch))
		answer = run_short(attempt, batch, &step);
	if (answer == ANSWER_DATA)
		answer = run_long(attempt, batch, begun, failure, &step);
	if (answer != ANSWER_OK && failure->culprit == NULL)
		tell(attempt, &step, NULL, failure);
	PQclear(step.result);
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
