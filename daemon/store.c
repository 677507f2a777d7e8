// The store path:
//
//     lane_take ─▶ batch ─▶ attempt ─▶ sign ─▶ lane_done
//                    ▲         │
//                    ├─────────┤ reconnect, or wait, or at once: the answer of the database says which
//                    ├─────────┤ the report that the database refuses is known: refuse it, the others again
//                    └─────────┘ it is not known: halve, until it stands alone
//
// Running a batch again is always safe, also when a COMMIT was sent and its answer never came: the look finds what was
// stored and calls it DUPLICATE, which to the collector is as good. A connection is never made anew inside an attempt. The
// unique index is the only truth about what is stored.
#define _GNU_SOURCE // pthread_setname_np
#include "store.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "attempt.h"
#include "batch.h"
#include "clock.h"
#include "database.h"
#include "history.h"
#include "log.h"
#include "log_limit.h"
#include "submission.h"

enum {
	PAUSE_FIRST_MS = 100,    // doubled up to the longest
	PAUSE_LONGEST_MS = 1000, // so that service is back soon after a standby is promoted
	PAUSE_CONTENTION_MS = 50,
	UNKNOWN_TRIES = 3,       // of an answer that no row of the table knows, before it counts as data
	GIVE_WAY_LONGEST_MS = 1000
};

struct store {
	struct store_parts parts;
	pthread_t thread;
	PGconn *connection; // NULL when there is none
	struct attempt *attempt;
	char history[HISTORY_TEXT_SIZE]; // of the database behind the connection
	bool troubled; // logged on entry, and on recovery
	char trouble[200];
	struct log_limit unforeseen; // by SQLSTATE
};

/* the connection */

// Says it on entry, and when it is another trouble than before.
static void enter_trouble(struct store *store, const char *what, const char *sqlstate)
{
	const struct log_facts facts = {.error_class = "database", .sqlstate = sqlstate};

	if (!store->troubled) {
		lane_trouble(store->parts.lane, true);
		log_error_of(&facts, "store: %s; trying again until it works", what);
	} else if (strncmp(store->trouble, what, sizeof store->trouble - 1) != 0) {
		log_error_of(&facts, "store: now %s", what);
	}
	store->troubled = true;
	(void)snprintf(store->trouble, sizeof store->trouble, "%s", what);
}

static void leave_trouble(struct store *store)
{
	if (!store->troubled)
		return;
	store->troubled = false;
	lane_trouble(store->parts.lane, false);
	log_info("store: works again");
}

static void disconnect(struct store *store)
{
	pulse_socket(store->parts.pulse, -1); // before its number may be somebody else's
	PQfinish(store->connection);
	store->connection = NULL;
}

// Without it receipts name none, and their collectors would not notice a restored backup.
static void read_history(struct store *store)
{
	if (!history_read(store->connection, store->history))
		log_warning("history: cannot be read: %.*s; receipts name none", (int)strcspn(PQerrorMessage(store->connection), "\n"),
		            PQerrorMessage(store->connection));
}

static bool connect_once(struct store *store)
{
	char *error;
	bool final;
	PGresult *result = NULL;

	pulse_enter(store->parts.pulse, PULSE_CONNECTING);
	store->connection = database_connect(store->parts.config, &error, &final);
	if (store->connection == NULL)
		enter_trouble(store, error == NULL ? "database: out of memory" : error, NULL);
	else
		pulse_socket(store->parts.pulse, PQsocket(store->connection));
	pulse_enter(store->parts.pulse, PULSE_ASKING);
	free(error);
	if (store->connection != NULL && attempt_prepare(store->attempt, store->connection, &result) != ANSWER_OK) {
		enter_trouble(store, database_message(store->connection, result), database_sqlstate(result));
		PQclear(result);
		disconnect(store);
	}
	if (store->connection != NULL)
		read_history(store);
	return store->connection != NULL;
}

/* until it is done */

static unsigned jittered(unsigned milliseconds)
{
	return milliseconds / 2 + randombytes_uniform(milliseconds / 2 + 1);
}

// After a failed attempt: back to a clean connection, or none. A server that cannot work now may be one that was demoted:
// a new connection finds the one that took its place.
static void clean_up(struct store *store, enum answer answer)
{
	if (answer == ANSWER_RECONNECT || answer == ANSWER_WAIT || PQstatus(store->connection) != CONNECTION_OK) {
		disconnect(store);
		return;
	}
	PGresult *result = PQexec(store->connection, "ROLLBACK");
	if (PQresultStatus(result) != PGRES_COMMAND_OK || PQtransactionStatus(store->connection) != PQTRANS_IDLE)
		disconnect(store);
	PQclear(result);
}

// One attempt, and what follows from it. ANSWER_DATA leaves what the database refused in *failure.
static enum answer try_once(struct store *store, struct batch *batch, struct failure *failure)
{
	if (store->connection == NULL && !connect_once(store))
		return ANSWER_RECONNECT;
	pulse_enter(store->parts.pulse, PULSE_ASKING);
	int64_t began_us = clock_now_us();
	enum answer answer = attempt_run(store->attempt, batch, failure);
	if (answer == ANSWER_OK) {
		metrics_observe(store->parts.metrics, METRIC_TRANSACTION, (uint64_t)(clock_now_us() - began_us));
		metrics_observe(store->parts.metrics, METRIC_BATCH, batch->count + batch->whole_count);
		leave_trouble(store);
	} else {
		metrics_add(store->parts.metrics, METRIC_FAILED_TRANSACTIONS, (size_t)answer - ANSWER_RECONNECT, 1);
		clean_up(store, answer);
	}
	pulse_enter(store->parts.pulse, PULSE_WORKING);
	if (answer == ANSWER_RECONNECT || answer == ANSWER_WAIT)
		enter_trouble(store, failure->text, failure->sqlstate);
	return answer;
}

static void say_unforeseen(struct store *store, const struct failure *failure)
{
	const struct log_facts facts = {.error_class = "database", .sqlstate = failure->sqlstate};
	char left_out[LOG_LIMIT_TEXT_SIZE];

	if (log_limit_allows(&store->unforeseen, log_limit_number(failure->sqlstate), clock_now_ms(), left_out))
		log_error_of(&facts, "store: an answer that is not foreseen: %s %s%s", failure->sqlstate, failure->text, left_out);
}

// A pause that ends by itself. False when the lane is abandoned.
static bool rest(const struct store *store, unsigned milliseconds)
{
	pulse_enter(store->parts.pulse, PULSE_RESTING);
	bool go_on = lane_pause(store->parts.lane, milliseconds);
	pulse_enter(store->parts.pulse, PULSE_WORKING);
	return go_on;
}

// Tries until the batch is committed, or the database refuses its data, or the lane is abandoned (ANSWER_WAIT).
static enum answer write_batch(struct store *store, struct batch *batch, struct failure *failure)
{
	unsigned pause = PAUSE_FIRST_MS;
	int unknown = 0;

	for (;;) {
		enum answer answer = try_once(store, batch, failure);
		if (answer == ANSWER_OK || answer == ANSWER_DATA)
			return answer;
		if (answer == ANSWER_UNKNOWN) {
			say_unforeseen(store, failure);
			if (++unknown == UNKNOWN_TRIES)
				return ANSWER_DATA;
		}
		if (!rest(store, jittered(answer == ANSWER_RETRY ? PAUSE_CONTENTION_MS : pause)))
			return ANSWER_WAIT;
		if (answer != ANSWER_RETRY && pause < PAUSE_LONGEST_MS)
			pause *= 2;
	}
}

// Writes the batch; what the database refuses is refused alone. False when the lane was abandoned on the way.
static bool write_or_halve(struct store *store, struct batch *batch)
{
	struct failure failure;
	struct batch first, second;
	enum answer answer;

	while ((answer = write_batch(store, batch, &failure)) == ANSWER_DATA) {
		if (failure.culprit == NULL && batch_can_be_halved(batch)) {
			batch_halve(batch, &first, &second);
			return write_or_halve(store, &first) && write_or_halve(store, &second);
		}
		if (failure.culprit == NULL && batch->accepted == 0) {
			log_error_of(&(struct log_facts){.error_class = "data", .sqlstate = failure.sqlstate},
			             "store: a refusal cannot be kept: %s %s", failure.sqlstate, failure.text);
			return true;
		}
		attempt_refuse(store->attempt, batch, failure.culprit == NULL ? batch->items[0] : failure.culprit, &failure);
	}
	return answer == ANSWER_OK;
}

/* the thread */

// What the list's receipts say of the database that has it now.
static void name_history(const struct store *store, struct submission *list)
{
	for (; list != NULL; list = list->next)
		memcpy(list->history, store->history, sizeof list->history);
}

static bool write_list(struct store *store, struct submission *list)
{
	struct batch batch;
	bool made = batch_init(&batch, list);

	while (!made) {
		batch_clear(&batch);
		enter_trouble(store, "out of memory", NULL);
		if (!rest(store, PAUSE_LONGEST_MS))
			return false;
		made = batch_init(&batch, list);
	}
	bool written = write_or_halve(store, &batch);
	batch_clear(&batch);
	return written;
}

// A replay is endless work for processors and disk. As long as others file beside it, it has half of the time: after a
// batch it rests for as long as the batch took.
static void give_way(const struct store *store, int64_t began_ms)
{
	int64_t took = clock_now_ms() - began_ms;

	if (store->parts.lane == store->parts.express || !lane_was_used_since(store->parts.express, began_ms))
		return;
	(void)rest(store, (unsigned)(took < GIVE_WAY_LONGEST_MS ? took : GIVE_WAY_LONGEST_MS));
}

// As top(1) and debuggers show it.
static void name_thread(const struct store *store)
{
	char name[16]; // the kernel's limit

	(void)snprintf(name, sizeof name, "writer-%zu", store->parts.number);
	(void)pthread_setname_np(pthread_self(), name);
}

static struct submission *next_list(const struct store *store)
{
	pulse_enter(store->parts.pulse, PULSE_IDLE);
	struct submission *list = lane_take(store->parts.lane);
	pulse_enter(store->parts.pulse, PULSE_WORKING);
	return list;
}

static void *store_run(void *data)
{
	struct store *store = data;
	struct lane *lane = store->parts.lane;
	struct submission *list;

	name_thread(store);
	pulse_begin(store->parts.pulse);
	while ((list = next_list(store)) != NULL) {
		int64_t began_ms = clock_now_ms();
		if (!write_list(store, list)) {
			submission_destroy_list(&list); // not committed, so not answered: its collectors send it again
			continue;
		}
		name_history(store, list);
		signing_sign(store->parts.signing, list);
		lane_done(lane, list);
		metrics_set(store->parts.metrics, METRIC_SUPPRESSED_LINES, 0,
		            (int64_t)(attempt_left_out(store->attempt) + store->unforeseen.left_out));
		give_way(store, began_ms);
	}
	return NULL;
}

struct store *store_create(const struct store_parts *parts)
{
	struct store *store = calloc(1, sizeof *store);
	if (store == NULL)
		return NULL;
	store->parts = *parts;
	store->attempt = attempt_create(parts->contract, parts->layout, parts->pulse);
	if (store->attempt != NULL && pthread_create(&store->thread, NULL, store_run, store) == 0)
		return store;
	attempt_destroy(&store->attempt);
	free(store);
	return NULL;
}

void store_destroy(struct store **store)
{
	if (*store == NULL)
		return;
	(void)pthread_join((*store)->thread, NULL);
	PQfinish((*store)->connection);
	attempt_destroy(&(*store)->attempt);
	free(*store);
	*store = NULL;
}
