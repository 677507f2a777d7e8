#include "watcher.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "database.h"
#include "log.h"
#include "wake.h"

enum {
	RECONNECT_MS = 1000,
	REFRESH_MS = 60000, // between two snapshots without a notification, so that a lost one cannot leave a revoked key in use for long
	ASK_MS = 5000,      // between two questions how the database is
	ANSWER_MS = 10000   // after which there is no answer: a server that stands still
};

enum { ANSWER_WRITABLE, ANSWER_TIME };
static const char question[] = "SELECT current_setting('transaction_read_only') = 'off' AND NOT pg_catalog.pg_is_in_recovery(), "
							   "(extract(epoch FROM clock_timestamp() - timestamptz '2000-01-01 00:00:00+00') * 1000000)::bigint";

struct watcher {
	const struct config *config;
	struct health *health;
	pthread_t thread;
	pthread_mutex_t mutex;
	struct catalogue *fresh; // under the mutex
	int wake_fd, replay_fd, stop_fd;
};

// Waits for the connection to be readable, for a stop, or for the time. False on stop.
static bool wait_for(const struct watcher *watcher, const PGconn *connection, int milliseconds)
{
	struct pollfd fds[] = {{.fd = watcher->stop_fd, .events = POLLIN},
	                       {.fd = connection == NULL ? -1 : PQsocket(connection), .events = POLLIN}};
	(void)poll(fds, 2, milliseconds);
	return fds[0].revents == 0;
}

static struct metrics_thread *thread_of(const struct watcher *watcher)
{
	return metrics_of_watcher(health_metrics(watcher->health));
}

/* how the database is */

static void tell(const struct watcher *watcher, bool answers, bool writable)
{
	metrics_set(thread_of(watcher), METRIC_DATABASE_UP, 0, answers);
	metrics_set(thread_of(watcher), METRIC_DATABASE_WRITABLE, 0, answers && writable);
	health_database(watcher->health, answers, writable);
}

// Waits no longer than it may: libpq alone would for ever. False when there is no answer, or on stop.
static bool wait_for_answer(const struct watcher *watcher, PGconn *connection)
{
	int64_t deadline = clock_now_ms() + ANSWER_MS;

	while (PQisBusy(connection) != 0) {
		int64_t left = deadline - clock_now_ms();
		if (left <= 0 || !wait_for(watcher, connection, (int)left) || PQconsumeInput(connection) == 0)
			return false;
	}
	return true;
}

// False when the connection is of no use any more.
static bool ask(const struct watcher *watcher, PGconn *connection)
{
	date_instant asked = date_now();
	bool answers = PQsendQuery(connection, question) == 1 && wait_for_answer(watcher, connection), writable = false;
	PGresult *result = answers ? PQgetResult(connection) : NULL;

	answers = PQresultStatus(result) == PGRES_TUPLES_OK;
	if (answers) {
		date_instant now = date_now(), theirs = strtoll(PQgetvalue(result, 0, ANSWER_TIME), NULL, 10);
		writable = PQgetvalue(result, 0, ANSWER_WRITABLE)[0] == 't';
		metrics_set(thread_of(watcher), METRIC_DATABASE_CLOCK, 0, theirs - (asked + (now - asked) / 2));
	}
	while (result != NULL) {
		PQclear(result);
		result = PQgetResult(connection); // NULL: the end
	}
	tell(watcher, answers, writable);
	return answers;
}

/* the catalogue */

static void publish(struct watcher *watcher, struct catalogue *catalogue)
{
	(void)pthread_mutex_lock(&watcher->mutex);
	catalogue_destroy(&watcher->fresh);
	watcher->fresh = catalogue;
	(void)pthread_mutex_unlock(&watcher->mutex);
	wake_put(watcher->wake_fd);
}

static bool reload(struct watcher *watcher, PGconn *connection)
{
	char *error = NULL;
	struct catalogue *catalogue = catalogue_load(connection, &error);
	if (catalogue != NULL) {
		publish(watcher, catalogue);
		metrics_set(thread_of(watcher), METRIC_CATALOGUE_AGE, 0, clock_now_us());
	} else
		log_warning("%s; the last catalogue stays in use", error == NULL ? "catalogue: out of memory" : error);
	free(error);
	return catalogue != NULL;
}

// Reads all notifications that wait; any number of them asks for one reload, and for one look for replays.
static bool take_notifications(PGconn *connection, bool *ret_replay)
{
	bool any = false;
	PGnotify *notify;
	if (PQconsumeInput(connection) == 0)
		return false;
	while ((notify = PQnotifies(connection)) != NULL) {
		*ret_replay = *ret_replay || strcmp(notify->relname, "baocao_replay") == 0;
		PQfreemem(notify);
		any = true;
	}
	return any;
}

// Nothing is listened for on a server that is read-only, a standby say. Its catalogue is not taken either: it may lag.
static bool listen(PGconn *connection)
{
	PGresult *result = PQexec(connection, "LISTEN baocao_catalogue; LISTEN baocao_replay");
	bool good = PQresultStatus(result) == PGRES_COMMAND_OK;
	PQclear(result);
	return good;
}

// False on stop. *ret_watched tells whether it ever worked on this connection.
static bool watch(struct watcher *watcher, PGconn *connection, bool *ret_watched)
{
	bool good = ask(watcher, connection) && listen(connection) && reload(watcher, connection);
	bool replay = good; // one may have been asked for before it listened
	int64_t read_ms = clock_now_ms();

	*ret_watched = good;
	while (good) {
		if (replay)
			wake_put(watcher->replay_fd);
		replay = false;
		// A notification that came with the last answer is in libpq's hands already: the socket would not tell of it.
		bool notified = take_notifications(connection, &replay);
		if (!notified && !wait_for(watcher, connection, ASK_MS))
			return false;
		notified = take_notifications(connection, &replay) || notified;
		good = PQstatus(connection) == CONNECTION_OK && ask(watcher, connection);
		if (good && (notified || clock_now_ms() - read_ms >= REFRESH_MS)) {
			good = reload(watcher, connection);
			read_ms = clock_now_ms();
		}
	}
	return true;
}

/* the thread */

static void *watcher_run(void *data)
{
	struct watcher *watcher = data;
	bool go_on = true, away = false;

	while (go_on) {
		char *error;
		bool final;
		PGconn *connection = database_connect(watcher->config, &error, &final);
		bool watched = false;
		if (connection != NULL)
			go_on = watch(watcher, connection, &watched);
		if (!watched && !away && go_on)
			log_warning("catalogue: %s; the last one stays in use",
			            error != NULL ? error : connection == NULL ? "out of memory" : PQerrorMessage(connection));
		if (connection == NULL)
			tell(watcher, false, false);
		away = !watched;
		free(error);
		PQfinish(connection);
		go_on = go_on && wait_for(watcher, NULL, RECONNECT_MS);
	}
	return NULL;
}

struct watcher *watcher_create(const struct config *config, int wake_fd, int replay_fd, struct health *health)
{
	struct watcher *watcher = calloc(1, sizeof *watcher);
	if (watcher == NULL)
		return NULL;
	watcher->config = config;
	watcher->wake_fd = wake_fd;
	watcher->health = health;
	watcher->replay_fd = replay_fd;
	watcher->stop_fd = wake_create();
	(void)pthread_mutex_init(&watcher->mutex, NULL);
	if (watcher->stop_fd >= 0 && pthread_create(&watcher->thread, NULL, watcher_run, watcher) == 0)
		return watcher;
	if (watcher->stop_fd >= 0)
		(void)close(watcher->stop_fd);
	free(watcher);
	return NULL;
}

struct catalogue *watcher_take(struct watcher *watcher)
{
	(void)pthread_mutex_lock(&watcher->mutex);
	struct catalogue *fresh = watcher->fresh;
	watcher->fresh = NULL;
	(void)pthread_mutex_unlock(&watcher->mutex);
	return fresh;
}

void watcher_destroy(struct watcher **watcher)
{
	if (*watcher == NULL)
		return;
	wake_put((*watcher)->stop_fd);
	(void)pthread_join((*watcher)->thread, NULL);
	catalogue_destroy(&(*watcher)->fresh);
	(void)pthread_mutex_destroy(&(*watcher)->mutex);
	(void)close((*watcher)->stop_fd);
	free(*watcher);
	*watcher = NULL;
}
