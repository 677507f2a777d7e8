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
#include "store.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attempt.h"
#include "batch.h"
#include "database.h"
#include "log.h"
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
	bool troubled; // logged on entry, and on recovery
	char trouble[200];
};

/* the connection */

// Says it on entry, and when it is another trouble than before.
static void enter_trouble(struct store *store, const char *what)
{
	if (!store->troubled) {
		lane_trouble(store->parts.lane, true);
		log_error("store: %s; trying again until it works", what);
	} else if (strncmp(store->trouble, what, sizeof store->trouble - 1) != 0) {
		log_error("store: now %s", what);
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
	PQfinish(store->connection);
	store->connection = NULL;
}

static bool connect_once(struct store *store)
{
	char *error;
	bool final;
	PGresult *result = NULL;

	store->connection = database_connect(store->parts.config, &error, &final);
	if (store->connection == NULL)
		enter_trouble(store, error == NULL ? "database: out of memory" : error);
	free(error);
	if (store->connection != NULL && attempt_prepare(store->attempt, store->connection, &result) != ANSWER_OK) {
		enter_trouble(store, database_message(store->connection, result));
		PQclear(result);
		disconnect(store);
	}
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
	enum answer answer = attempt_run(store->attempt, batch, failure);
	if (answer == ANSWER_OK) {
		leave_trouble(store);
		return answer;
	}
	clean_up(store, answer);
	if (answer == ANSWER_RECONNECT || answer == ANSWER_WAIT)
		enter_trouble(store, failure->text);
	return answer;
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
			log_error("store: an answer that is not foreseen: %s %s", failure->sqlstate, failure->text);
			if (++unknown == UNKNOWN_TRIES)
				return ANSWER_DATA;
		}
		if (!lane_pause(store->parts.lane, jittered(answer == ANSWER_RETRY ? PAUSE_CONTENTION_MS : pause)))
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
			log_error("store: a refusal cannot be kept: %s %s", failure.sqlstate, failure.text);
			return true;
		}
		batch_refuse(batch, failure.culprit == NULL ? batch->items[0] : failure.culprit, failure.sqlstate, failure.text);
	}
	return answer == ANSWER_OK;
}

/* the thread */

// Only what was committed goes back to be answered; the rest is dropped, and its collectors send it again.
static void drop(struct submission *list)
{
	while (list != NULL) {
		struct submission *next = list->next;
		submission_destroy(&list);
		list = next;
	}
}

static bool write_list(struct store *store, struct submission *list)
{
	struct batch batch;
	bool made = batch_init(&batch, list);

	while (!made) {
		batch_clear(&batch);
		enter_trouble(store, "out of memory");
		if (!lane_pause(store->parts.lane, PAUSE_LONGEST_MS))
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
	int64_t took = lane_now_ms() - began_ms;

	if (store->parts.lane == store->parts.express || !lane_was_used_since(store->parts.express, began_ms))
		return;
	(void)lane_pause(store->parts.lane, (unsigned)(took < GIVE_WAY_LONGEST_MS ? took : GIVE_WAY_LONGEST_MS));
}

static void *store_run(void *data)
{
	struct store *store = data;
	struct lane *lane = store->parts.lane;
	struct submission *list;

	while ((list = lane_take(lane, (size_t)store->parts.config->batch_max_reports)) != NULL) {
		int64_t began_ms = lane_now_ms();
		if (!write_list(store, list)) {
			drop(list);
			continue;
		}
		signing_sign(store->parts.signing, list);
		lane_done(lane, list);
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
	store->attempt = attempt_create(parts->contract, parts->layout);
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
