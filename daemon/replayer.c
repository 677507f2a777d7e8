// One round is one transaction:
//
//     BEGIN ─▶ take a few ─▶ read the catalogue ─▶ decode, judge ─▶ look, COPY, what came of each ─▶ COMMIT
//
// The catalogue is read after the replays were taken, and not shared with intake: whoever corrects it and then asks for a replay
// can rely on being judged by what was corrected.
#define _GNU_SOURCE // pthread_clockjoin_np
#include "replayer.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attempt.h"
#include "authority.h"
#include "catalogue.h"
#include "clock.h"
#include "log.h"
#include "replays.h"
#include "wake.h"

enum {
	PAUSE_CONTENTION_MS = 50,
	PAUSE_AWAY_MS = 1000,
	REST_SHARE = 3,        // while others file it rests so many times as long as a round took: a quarter of the time is its
	REST_LONGEST_MS = 3000
};

struct replayer {
	struct replayer_parts parts;
	pthread_t thread;
	bool joined;
	int stop_fd;
	PGconn *connection; // NULL when there is none
	struct attempt *attempt;
	int at_most;        // replays in the next round: one after a failure whose culprit is not known
	bool troubled;      // logged on entry
	size_t judged, stored, refused; // since it was last said
};

/* waiting */

// Waits so long (-1: for ever) or until a descriptor is readable. False when the end is asked for.
static bool wait_for(const struct replayer *replayer, bool wake_too, int milliseconds)
{
	struct pollfd fds[] = {{.fd = replayer->stop_fd, .events = POLLIN},
	                       {.fd = wake_too ? replayer->parts.wake_fd : -1, .events = POLLIN}};
	(void)poll(fds, 2, milliseconds);
	return fds[0].revents == 0;
}

static bool others_file_since(const struct replayer *replayer, int64_t since_ms)
{
	for (size_t i = 0; i < replayer->parts.lane_count; i++)
		if (lane_was_used_since(replayer->parts.lanes[i], since_ms))
			return true;
	return false;
}

static bool rest(const struct replayer *replayer, int64_t began_ms)
{
	int64_t took = REST_SHARE * (clock_now_ms() - began_ms);

	if (!others_file_since(replayer, began_ms))
		took = 0;
	return wait_for(replayer, false, (int)(took < REST_LONGEST_MS ? took : REST_LONGEST_MS));
}

/* the connection */

static void disconnect(struct replayer *replayer)
{
	PQfinish(replayer->connection);
	replayer->connection = NULL;
}

// Says it once, until a round goes well.
static void enter_trouble(struct replayer *replayer, const char *what)
{
	if (!replayer->troubled)
		log_warning("replay: %.*s; replays wait", (int)strcspn(what, "\n"), what);
	replayer->troubled = true;
}

static bool is_prepared(struct replayer *replayer)
{
	PGresult *result = NULL;
	bool good = attempt_prepare(replayer->attempt, replayer->connection, &result) == ANSWER_OK;

	if (good) {
		result = replays_prepare(replayer->connection);
		good = PQresultStatus(result) == PGRES_COMMAND_OK;
	}
	if (!good)
		enter_trouble(replayer, database_message(replayer->connection, result));
	PQclear(result);
	return good;
}

static bool is_connected(struct replayer *replayer)
{
	char *error;
	bool final;

	if (replayer->connection != NULL)
		return true;
	replayer->connection = database_connect(replayer->parts.config, &error, &final);
	if (replayer->connection == NULL)
		enter_trouble(replayer, error == NULL ? "database: out of memory" : error);
	else if (!is_prepared(replayer))
		disconnect(replayer);
	free(error);
	return replayer->connection != NULL;
}

static bool command(const struct replayer *replayer, const char *sql)
{
	PGresult *result = PQexec(replayer->connection, sql);
	bool good = PQresultStatus(result) == PGRES_COMMAND_OK;
	PQclear(result);
	return good;
}

/* judging */

// The authority of the sender as it is now. Which key brought a report is not kept: as long as one of the sender's keys is not
// revoked, the sender stands for all that it sent; when none is left, for nothing.
static void judge_item(const struct replayer *replayer, const struct catalogue *catalogue, struct submission *submission)
{
	const struct catalogue_key *sender = catalogue_collector_by_id(catalogue, submission->collector_id);
	struct item *item = &submission->items[0];

	if (sender == NULL || sender->revoked)
		verdict_add(&item->verdict, RULE_SENDER_REVOKED, NULL,
		            &(struct violation_words){.value = sender == NULL ? "" : sender->name});
	authority_judge(replayer->parts.contract, catalogue, submission->scope_unit_id, item);
}

static bool judge(const struct replayer *replayer, const struct catalogue *catalogue, struct submission *list)
{
	for (struct submission *submission = list; submission != NULL; submission = submission->next) {
		const struct catalogue_key *sender = catalogue_collector_by_id(catalogue, submission->collector_id);
		submission->scope_unit_id = sender == NULL ? 0 : sender->scope_unit_id;
		submission->scope_top_unit_id = sender == NULL ? 0 : sender->scope_top_unit_id;
		if (!submission_decode(submission, replayer->parts.contract, 1))
			return false;
		if (submission->whole == 0)
			judge_item(replayer, catalogue, submission);
	}
	return true;
}

/* a round */

static void count_outcomes(struct replayer *replayer, const struct submission *list)
{
	for (; list != NULL; list = list->next) {
		const struct item *item = list->whole == 0 ? &list->items[0] : NULL;
		replayer->judged++;
		replayer->stored += item != NULL && (item->outcome == BAOCAO__OUTCOME__OUTCOME_STORED ||
		                                     item->outcome == BAOCAO__OUTCOME__OUTCOME_SUPERSEDED);
		replayer->refused += item == NULL || item->outcome == BAOCAO__OUTCOME__OUTCOME_REFUSED ||
		                     item->outcome == BAOCAO__OUTCOME__OUTCOME_CONFLICT;
	}
}

// The database refuses the one report of the batch: that becomes its outcome.
static enum answer refuse_one(struct replayer *replayer, struct batch *batch, struct failure *failure)
{
	attempt_refuse(replayer->attempt, batch, batch->items[0], failure);
	if (!command(replayer, "ROLLBACK") || !command(replayer, "BEGIN"))
		return ANSWER_RECONNECT;
	return attempt_run_within(replayer->attempt, batch, failure);
}

// Writes what was judged. What the database refuses without naming it is looked for one by one.
static enum answer write_list(struct replayer *replayer, struct submission *list)
{
	struct failure failure = {.text = "out of memory"};
	struct batch batch;
	enum answer answer = ANSWER_WAIT;

	if (batch_init(&batch, list))
		answer = attempt_run_within(replayer->attempt, &batch, &failure);
	if (answer == ANSWER_DATA && batch.count == 1 && batch.accepted == 1)
		answer = refuse_one(replayer, &batch, &failure);
	replayer->at_most = answer == ANSWER_DATA || answer == ANSWER_UNKNOWN ? 1 : REPLAYS_AT_ONCE;
	batch_clear(&batch);
	if (answer != ANSWER_OK && answer != ANSWER_RETRY)
		enter_trouble(replayer, failure.text);
	return answer;
}

static enum answer judge_and_write(struct replayer *replayer, struct submission *list)
{
	char *error = NULL;
	struct catalogue *catalogue = catalogue_load_within(replayer->connection, &error);
	enum answer answer = PQstatus(replayer->connection) == CONNECTION_OK ? ANSWER_WAIT : ANSWER_RECONNECT;

	if (catalogue != NULL && judge(replayer, catalogue, list))
		answer = write_list(replayer, list);
	else
		enter_trouble(replayer, error == NULL ? "out of memory" : error);
	free(error);
	catalogue_destroy(&catalogue);
	return answer;
}

// *ret_any tells whether anything waited.
static enum answer round_once(struct replayer *replayer, bool *ret_any)
{
	struct submission *list = NULL;
	PGresult *result = NULL;
	enum answer answer = ANSWER_RECONNECT;

	*ret_any = true;
	if (command(replayer, "BEGIN"))
		answer = replays_take(replayer->connection, replayer->at_most, date_now(), &list, &result);
	if (answer != ANSWER_OK && answer != ANSWER_RETRY)
		enter_trouble(replayer, database_message(replayer->connection, result));
	*ret_any = answer != ANSWER_OK || list != NULL;
	if (list != NULL && answer == ANSWER_OK)
		answer = judge_and_write(replayer, list);
	if (answer == ANSWER_OK)
		count_outcomes(replayer, list);
	PQclear(result);
	submission_destroy_list(&list);
	if (answer == ANSWER_RECONNECT || ((answer != ANSWER_OK || !*ret_any) && !command(replayer, "ROLLBACK")))
		disconnect(replayer);
	return answer;
}

/* the thread */

// Says what was done since, if anything was.
static void say(struct replayer *replayer)
{
	if (replayer->judged > 0)
		log_info("replay: %zu refusals were judged anew: %zu are stored now, %zu refused again", replayer->judged,
		         replayer->stored, replayer->refused);
	replayer->judged = replayer->stored = replayer->refused = 0;
}

// Rounds until nothing waits. False when the end is asked for.
static bool work(struct replayer *replayer)
{
	bool any = true;

	while (any) {
		int64_t began_ms = clock_now_ms();
		enum answer answer = is_connected(replayer) ? round_once(replayer, &any) : ANSWER_RECONNECT;
		if (answer == ANSWER_OK)
			replayer->troubled = false;
		bool go_on = answer == ANSWER_OK      ? rest(replayer, began_ms)
		             : answer == ANSWER_RETRY ? wait_for(replayer, false, PAUSE_CONTENTION_MS)
		                                      : wait_for(replayer, false, PAUSE_AWAY_MS);
		if (!go_on)
			return false;
	}
	return true;
}

static void *replayer_run(void *data)
{
	struct replayer *replayer = data;
	bool go_on = true;

	while (go_on) {
		wake_take(replayer->parts.wake_fd);
		go_on = work(replayer);
		say(replayer);
		disconnect(replayer);
		go_on = go_on && wait_for(replayer, true, -1);
	}
	return NULL;
}

static void release(struct replayer *replayer)
{
	if (replayer->stop_fd >= 0)
		(void)close(replayer->stop_fd);
	attempt_destroy(&replayer->attempt);
	free(replayer);
}

struct replayer *replayer_create(const struct replayer_parts *parts)
{
	struct replayer *replayer = calloc(1, sizeof *replayer);
	if (replayer == NULL)
		return NULL;
	replayer->parts = *parts;
	replayer->at_most = REPLAYS_AT_ONCE;
	replayer->stop_fd = wake_create();
	replayer->attempt = attempt_create(parts->contract, parts->layout, NULL);
	if (replayer->stop_fd >= 0 && replayer->attempt != NULL &&
	    pthread_create(&replayer->thread, NULL, replayer_run, replayer) == 0)
		return replayer;
	release(replayer);
	return NULL;
}

bool replayer_stop(struct replayer *replayer, unsigned milliseconds)
{
	struct timespec until = clock_after_ms(milliseconds);

	wake_put(replayer->stop_fd);
#ifdef __SANITIZE_THREAD__ // it does not know pthread_clockjoin_np, and took what the thread had done for a race
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += milliseconds / 1000 + 1;
	replayer->joined = replayer->joined || pthread_timedjoin_np(replayer->thread, NULL, &until) == 0;
#else
	replayer->joined = replayer->joined || pthread_clockjoin_np(replayer->thread, NULL, CLOCK_MONOTONIC, &until) == 0;
#endif
	return replayer->joined;
}

void replayer_destroy(struct replayer **replayer)
{
	if (*replayer == NULL)
		return;
	wake_put((*replayer)->stop_fd);
	if (!(*replayer)->joined)
		(void)pthread_join((*replayer)->thread, NULL);
	release(*replayer);
	*replayer = NULL;
}
