// The store path:
//
//     lane_take ─▶ sort by natural key ─▶ BEGIN ─▶ look ─▶ number ─▶ COPY each table ─▶ refusals ─▶ COMMIT ─▶ lane_done
//                        ▲                                                                           │
//                        └────────── reconnect, or wait, or at once: the answer says which ◀─────────┤
//                        └────────── halve, until what the database refuses stands alone ◀───────────┘
//
// An attempt changes nothing but outcomes, which the next attempt makes anew; so running a batch again is always safe,
// also when a COMMIT was sent and its answer never came: the look finds what was stored and calls it DUPLICATE, which to
// the collector is as good.
//
// A connection is never made anew inside an attempt. The unique index is the only truth about what is stored.
#include "store.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "database.h"
#include "log.h"
#include "look.h"
#include "refusals.h"
#include "rows.h"
#include "submission.h"

enum {
	NUMBERS_IN_BLOCK = 1000,     // INCREMENT of the sequence baocao.report_block
	PAUSE_FIRST_MS = 100,        // doubled up to the longest
	PAUSE_LONGEST_MS = 5000,
	PAUSE_CONTENTION_MS = 50,
	UNKNOWN_TRIES = 3,           // of an answer that no row of the table knows, before it counts as data
	COPY_SQL_SIZE = 4096,
	COPY_PIECE = 1 << 20         // bytes handed to libpq at once
};

// What one transaction writes: a part of what was taken. Accepted items first, in key order.
struct batch {
	struct item **items;
	size_t count, accepted;
	struct submission **wholes; // refused as a whole
	size_t whole_count;
};

struct store {
	const struct config *config;
	const struct contract *contract;
	const struct layout *layout;
	struct lane *lane;
	pthread_t thread;
	PGconn *connection; // NULL when there is none
	struct rows rows;
	int64_t next_number, numbers_left;
	bool troubled; // logged on entry, and on recovery
};

/* the connection */

// The writer's own settings. Foreign keys are declared but not checked row by row (docs/decisions.md), and the look must
// be answered from the unique index whatever the planner believes of the table's size.
static const char writer_settings[] = "SET session_replication_role = replica; SET enable_hashjoin = off; "
									  "SET enable_mergejoin = off; SET enable_seqscan = off; SET enable_material = off; "
									  "SET plan_cache_mode = force_generic_plan";

static void enter_trouble(struct store *store, const char *what)
{
	if (!store->troubled)
		log_error("store: %s; trying again until it works", what);
	store->troubled = true;
}

static void disconnect(struct store *store)
{
	PQfinish(store->connection);
	store->connection = NULL;
}

static bool prepare(struct store *store)
{
	PGresult *results[] = {PQexec(store->connection, writer_settings), look_prepare(store->connection),
	                       refusals_prepare(store->connection)};
	bool good = true;
	for (size_t i = 0; i < sizeof results / sizeof results[0]; i++) {
		if (PQresultStatus(results[i]) != PGRES_COMMAND_OK && good) {
			good = false;
			enter_trouble(store, database_message(store->connection, results[i]));
		}
		PQclear(results[i]);
	}
	return good;
}

static bool connect_once(struct store *store)
{
	char *error;
	bool final;

	store->connection = database_connect(store->config, &error, &final);
	if (store->connection == NULL)
		enter_trouble(store, error == NULL ? "database: out of memory" : error);
	free(error);
	if (store->connection != NULL && !prepare(store))
		disconnect(store);
	return store->connection != NULL;
}

/* one attempt */

// Runs a command; on failure reports it to *ret_result.
static enum answer command(struct store *store, const char *sql, ExecStatusType wanted, PGresult **ret_result)
{
	PGresult *result = PQexec(store->connection, sql);
	*ret_result = result;
	return PQresultStatus(result) == wanted ? ANSWER_OK : database_answer(store->connection, result);
}

static enum answer simple(struct store *store, const char *sql, PGresult **ret_result)
{
	enum answer answer = command(store, sql, PGRES_COMMAND_OK, ret_result);
	if (answer == ANSWER_OK) {
		PQclear(*ret_result);
		*ret_result = NULL;
	}
	return answer;
}

static enum answer take_number(struct store *store, int64_t *ret, PGresult **ret_result)
{
	if (store->numbers_left == 0) {
		enum answer answer =
			command(store, "SELECT nextval('baocao.report_block')", PGRES_TUPLES_OK, ret_result);
		if (answer != ANSWER_OK)
			return answer;
		store->next_number = strtoll(PQgetvalue(*ret_result, 0, 0), NULL, 10);
		store->numbers_left = NUMBERS_IN_BLOCK;
		PQclear(*ret_result);
		*ret_result = NULL;
	}
	store->numbers_left--;
	*ret = store->next_number++;
	return ANSWER_OK;
}

static bool is_to_be_written(const struct item *item)
{
	return item->outcome == BAOCAO__OUTCOME__OUTCOME_STORED || item->outcome == BAOCAO__OUTCOME__OUTCOME_SUPERSEDED;
}

static enum answer number_items(struct store *store, const struct batch *batch, PGresult **ret_result)
{
	for (size_t i = 0; i < batch->accepted; i++) {
		if (!is_to_be_written(batch->items[i]))
			continue;
		enum answer answer = take_number(store, &batch->items[i]->report_no, ret_result);
		if (answer != ANSWER_OK)
			return answer;
		batch->items[i]->stored_received_at = batch->items[i]->submission->received_at;
	}
	return ANSWER_OK;
}

static enum answer look(struct store *store, const struct batch *batch, PGresult **ret_result)
{
	for (size_t i = 0; i < batch->accepted; i++) { // forget an earlier attempt
		batch->items[i]->report_no = 0;
		batch->items[i]->verdict.count = 0;
	}
	enum answer answer =
		batch->accepted == 0
			? ANSWER_OK
			: look_at_stored(store->connection, store->contract, batch->items, batch->accepted, ret_result);
	if (answer == ANSWER_OK)
		answer = number_items(store, batch, ret_result);
	if (answer == ANSWER_OK)
		look_at_each_other(batch->items, batch->accepted);
	return answer;
}

// COPY schema.table (columns) FROM STDIN; names come from the contract and need no quotes, but get them.
static void copy_statement(const struct layout_table *table, char sql[static COPY_SQL_SIZE])
{
	int used = snprintf(sql, COPY_SQL_SIZE, "COPY baocao.\"%s\" (", table->name);
	for (size_t i = 0; i < table->column_count && used < COPY_SQL_SIZE; i++)
		used += snprintf(sql + used, (size_t)(COPY_SQL_SIZE - used), "%s\"%s\"", i > 0 ? ", " : "", table->columns[i].name);
	if (used < COPY_SQL_SIZE)
		(void)snprintf(sql + used, (size_t)(COPY_SQL_SIZE - used), ") FROM STDIN (FORMAT binary)");
}

static bool put_all(struct store *store, const struct copy *copy)
{
	for (size_t at = 0; at < copy->used; at += COPY_PIECE) {
		size_t piece = copy->used - at < COPY_PIECE ? copy->used - at : COPY_PIECE;
		if (PQputCopyData(store->connection, (const char *)copy->bytes + at, (int)piece) != 1)
			return false;
	}
	return PQputCopyEnd(store->connection, NULL) == 1;
}

static enum answer copy_table(struct store *store, size_t table, PGresult **ret_result)
{
	char sql[COPY_SQL_SIZE];
	struct copy *copy = &store->rows.tables[table];

	if (copy->rows == 0)
		return ANSWER_OK;
	if (!copy_end(copy))
		return ANSWER_WAIT; // out of memory: a resource
	copy_statement(&store->layout->tables[table], sql);
	enum answer answer = command(store, sql, PGRES_COPY_IN, ret_result);
	if (answer != ANSWER_OK)
		return answer;
	PQclear(*ret_result);
	*ret_result = NULL;
	(void)put_all(store, copy); // a failure shows in the result
	PGresult *result = PQgetResult(store->connection);
	if (PQresultStatus(result) != PGRES_COMMAND_OK) {
		*ret_result = result;
		answer = database_answer(store->connection, result);
		result = NULL;
	}
	PQclear(result);
	while ((result = PQgetResult(store->connection)) != NULL)
		PQclear(result);
	return answer;
}

static enum answer copy_rows(struct store *store, const struct batch *batch, PGresult **ret_result)
{
	enum answer answer = ANSWER_OK;

	rows_begin(&store->rows);
	for (size_t i = 0; i < batch->accepted; i++)
		if (is_to_be_written(batch->items[i]))
			rows_add(&store->rows, batch->items[i]);
	for (size_t table = 0; answer == ANSWER_OK && table < store->layout->table_count; table++)
		answer = copy_table(store, table, ret_result);
	return answer;
}

static void explain_conflict(const struct contract *contract, struct item *item)
{
	struct place place = {.field = contract_field_by_name(contract->report, "revision"), .line = PLACE_NO_LINE};
	char revision[12];
	(void)snprintf(revision, sizeof revision, "%d", item->key.revision);
	verdict_add(&item->verdict, RULE_CONFLICT, &place,
	            &(struct violation_words){.field = place.field, .value = revision});
}

static enum answer keep_refusals(struct store *store, const struct batch *batch, PGresult **ret_result)
{
	enum answer answer = ANSWER_OK;

	for (size_t i = 0; answer == ANSWER_OK && i < batch->count; i++) {
		struct item *item = batch->items[i];
		if (item->outcome == BAOCAO__OUTCOME__OUTCOME_CONFLICT)
			explain_conflict(store->contract, item);
		if (item->outcome == BAOCAO__OUTCOME__OUTCOME_CONFLICT || item->outcome == BAOCAO__OUTCOME__OUTCOME_REFUSED)
			answer = refusals_keep_item(store->connection, store->contract, item, ret_result);
	}
	for (size_t i = 0; answer == ANSWER_OK && i < batch->whole_count; i++)
		answer = refusals_keep_whole(store->connection, batch->wholes[i], ret_result);
	return answer;
}

// COMMIT of a transaction that failed answers ROLLBACK without an error: that is no commit. A wait for a synchronous
// standby that was cancelled comes as a mere warning, which is not told apart yet.
static enum answer commit(struct store *store, PGresult **ret_result)
{
	enum answer answer = command(store, "COMMIT", PGRES_COMMAND_OK, ret_result);
	if (answer != ANSWER_OK)
		return answer;
	bool committed = strcmp(PQcmdStatus(*ret_result), "COMMIT") == 0; // ROLLBACK after a failed statement
	PQclear(*ret_result);
	*ret_result = NULL;
	return committed ? ANSWER_OK : ANSWER_RETRY;
}

static enum answer attempt(struct store *store, const struct batch *batch, PGresult **ret_result)
{
	enum answer answer = simple(store, "BEGIN", ret_result);
	if (answer == ANSWER_OK)
		answer = look(store, batch, ret_result);
	if (answer == ANSWER_OK)
		answer = copy_rows(store, batch, ret_result);
	if (answer == ANSWER_OK)
		answer = keep_refusals(store, batch, ret_result);
	if (answer == ANSWER_OK)
		answer = commit(store, ret_result);
	return answer;
}

/* until it is done */

static unsigned jittered(unsigned milliseconds)
{
	return milliseconds / 2 + randombytes_uniform(milliseconds / 2 + 1);
}

// After a failed attempt: back to a clean connection, or none.
static void clean_up(struct store *store, enum answer answer)
{
	if (answer == ANSWER_RECONNECT || PQstatus(store->connection) != CONNECTION_OK) {
		disconnect(store);
		return;
	}
	PGresult *result = PQexec(store->connection, "ROLLBACK");
	if (PQresultStatus(result) != PGRES_COMMAND_OK || PQtransactionStatus(store->connection) != PQTRANS_IDLE)
		disconnect(store);
	PQclear(result);
}

struct failure {
	char sqlstate[8];
	char text[160];
};

// Tries until the batch is committed, or the database refuses its data, or the lane is abandoned (ANSWER_WAIT).
static enum answer write_batch(struct store *store, const struct batch *batch, struct failure *failure)
{
	unsigned pause = PAUSE_FIRST_MS;
	int unknown = 0;

	for (;;) {
		enum answer answer = ANSWER_RECONNECT;
		if (store->connection != NULL || connect_once(store)) {
			PGresult *result = NULL;
			answer = attempt(store, batch, &result);
			if (answer == ANSWER_OK) {
				if (store->troubled)
					log_info("store: works again");
				store->troubled = false;
				return ANSWER_OK;
			}
			(void)snprintf(failure->sqlstate, sizeof failure->sqlstate, "%s", database_sqlstate(result));
			(void)snprintf(failure->text, sizeof failure->text, "%s", database_message(store->connection, result));
			PQclear(result);
			clean_up(store, answer);
			if (answer == ANSWER_DATA || (answer == ANSWER_UNKNOWN && ++unknown == UNKNOWN_TRIES))
				return ANSWER_DATA;
			if (answer != ANSWER_RETRY)
				enter_trouble(store, failure->text);
		}
		if (!lane_pause(store->lane, jittered(answer == ANSWER_RETRY ? PAUSE_CONTENTION_MS : pause)))
			return ANSWER_WAIT;
		if (answer != ANSWER_RETRY && pause < PAUSE_LONGEST_MS)
			pause *= 2;
	}
}

// The culprit alone: an accepted report becomes a refusal that says what the database said, and is kept as one.
static bool refuse_culprit(struct store *store, struct batch *batch, const struct failure *failure)
{
	struct item *item = batch->items[0];
	char value[sizeof failure->text + sizeof failure->sqlstate + 2];
	struct failure again;

	(void)snprintf(value, sizeof value, "%s %s", failure->sqlstate, failure->text);
	item->verdict.count = 0;
	verdict_add(&item->verdict, RULE_STORE, NULL, &(struct violation_words){.value = value});
	item->outcome = BAOCAO__OUTCOME__OUTCOME_REFUSED;
	batch->accepted = 0;
	log_error("store: a report of collector %d is refused by the database: %s", item->submission->collector_id, value);
	enum answer answer = write_batch(store, batch, &again);
	if (answer == ANSWER_DATA)
		log_error("store: its refusal cannot be kept either: %s %s", again.sqlstate, again.text);
	return answer != ANSWER_WAIT;
}

// Writes the batch, halving it as long as its data is refused. False when the lane was abandoned on the way.
static bool write_or_halve(struct store *store, struct batch batch)
{
	struct failure failure;
	enum answer answer = write_batch(store, &batch, &failure);

	if (answer != ANSWER_DATA)
		return answer == ANSWER_OK;
	if (batch.count + batch.whole_count <= 1) {
		if (batch.accepted == 1)
			return refuse_culprit(store, &batch, &failure);
		log_error("store: a refusal cannot be kept: %s %s", failure.sqlstate, failure.text);
		return true;
	}
	size_t half = (batch.count + 1) / 2;
	size_t whole_half = batch.count > 0 ? 0 : (batch.whole_count + 1) / 2;
	struct batch first = {.items = batch.items,
	                      .count = half,
	                      .accepted = batch.accepted < half ? batch.accepted : half,
	                      .wholes = batch.wholes,
	                      .whole_count = whole_half};
	struct batch second = {.items = batch.items + half,
	                       .count = batch.count - half,
	                       .accepted = batch.accepted - first.accepted,
	                       .wholes = batch.wholes + whole_half,
	                       .whole_count = batch.whole_count - whole_half};
	return write_or_halve(store, first) && write_or_halve(store, second);
}

/* the thread */

static int compare_items(const void *a, const void *b)
{
	const struct item *left = *(struct item *const *)a, *right = *(struct item *const *)b;
	bool left_accepted = left->outcome == 0, right_accepted = right->outcome == 0;

	if (left_accepted != right_accepted)
		return left_accepted ? -1 : 1;
	return look_compare(left, right);
}

// Gathers the items of a list of submissions. False when memory is out. The arrays are the caller's to free.
static bool batch_of(struct submission *list, struct batch *batch)
{
	size_t items = 0, submissions = 0;

	for (struct submission *s = list; s != NULL; s = s->next) {
		s->order = submissions++;
		items += s->item_count;
	}
	*batch = (struct batch){.items = calloc(items + 1, sizeof *batch->items),
	                        .wholes = calloc(submissions + 1, sizeof *batch->wholes)};
	if (batch->items == NULL || batch->wholes == NULL)
		return false;
	for (struct submission *s = list; s != NULL; s = s->next) {
		if (s->whole != 0)
			batch->wholes[batch->whole_count++] = s;
		for (size_t i = 0; s->whole == 0 && i < s->item_count; i++) {
			batch->items[batch->count++] = &s->items[i];
			batch->accepted += s->items[i].outcome == 0;
		}
	}
	qsort(batch->items, batch->count, sizeof *batch->items, compare_items);
	return true;
}

// Only what was committed goes back to be answered; the rest is dropped, and its collectors send it again.
static void drop(struct submission *list)
{
	while (list != NULL) {
		struct submission *next = list->next;
		submission_destroy(&list);
		list = next;
	}
}

static void *store_run(void *data)
{
	struct store *store = data;
	struct submission *list;

	while ((list = lane_take(store->lane, (size_t)store->config->batch_max_reports)) != NULL) {
		struct batch batch;
		bool made = batch_of(list, &batch);
		while (!made && lane_pause(store->lane, PAUSE_LONGEST_MS)) {
			free(batch.items);
			free(batch.wholes);
			enter_trouble(store, "out of memory");
			made = batch_of(list, &batch);
		}
		if (made && write_or_halve(store, batch))
			lane_done(store->lane, list);
		else
			drop(list);
		free(batch.items);
		free(batch.wholes);
	}
	return NULL;
}

struct store *store_create(const struct config *config, const struct contract *contract, const struct layout *layout,
                           struct lane *lane)
{
	struct store *store = calloc(1, sizeof *store);
	if (store == NULL)
		return NULL;
	store->config = config;
	store->contract = contract;
	store->layout = layout;
	store->lane = lane;
	if (rows_init(&store->rows, contract, layout) && pthread_create(&store->thread, NULL, store_run, store) == 0)
		return store;
	rows_clear(&store->rows);
	free(store);
	return NULL;
}

void store_destroy(struct store **store)
{
	if (*store == NULL)
		return;
	(void)pthread_join((*store)->thread, NULL);
	PQfinish((*store)->connection);
	rows_clear(&(*store)->rows);
	free(*store);
	*store = NULL;
}
