#include "watcher.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "database.h"
#include "log.h"

// How long to wait before connecting again; and how often to look although no notification came, so that a lost one
// cannot leave a revoked key in use for long.
enum { RECONNECT_MS = 1000, REFRESH_MS = 60000 };

struct watcher {
	const struct config *config;
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

static void put_one(int fd)
{
	uint64_t one = 1;
	ssize_t written = write(fd, &one, sizeof one);
	(void)written; // fails only when the counter is full, and then its reader is awake anyway
}

static void publish(struct watcher *watcher, struct catalogue *catalogue)
{
	(void)pthread_mutex_lock(&watcher->mutex);
	catalogue_destroy(&watcher->fresh);
	watcher->fresh = catalogue;
	(void)pthread_mutex_unlock(&watcher->mutex);
	put_one(watcher->wake_fd);
}

static bool reload(struct watcher *watcher, PGconn *connection)
{
	char *error = NULL;
	struct catalogue *catalogue = catalogue_load(connection, &error);
	if (catalogue != NULL)
		publish(watcher, catalogue);
	else
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
	bool good = listen(connection) && reload(watcher, connection);

	bool replay = good; // one may have been asked for before it listened

	*ret_watched = good;
	while (good) {
		if (replay)
			put_one(watcher->replay_fd);
		replay = false;
		// A notification that came with the last answer is in libpq's hands already: the socket would not tell of it.
		if (!take_notifications(connection, &replay) && !wait_for(watcher, connection, REFRESH_MS))
			return false;
		(void)take_notifications(connection, &replay);
		good = PQstatus(connection) == CONNECTION_OK && reload(watcher, connection);
	}
	return true;
}

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
		away = !watched;
		free(error);
		PQfinish(connection);
		go_on = go_on && wait_for(watcher, NULL, RECONNECT_MS);
	}
	return NULL;
}

struct watcher *watcher_create(const struct config *config, int wake_fd, int replay_fd)
{
	struct watcher *watcher = calloc(1, sizeof *watcher);
	if (watcher == NULL)
		return NULL;
	watcher->config = config;
	watcher->wake_fd = wake_fd;
	watcher->replay_fd = replay_fd;
	watcher->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
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
	put_one((*watcher)->stop_fd);
	(void)pthread_join((*watcher)->thread, NULL);
	catalogue_destroy(&(*watcher)->fresh);
	(void)pthread_mutex_destroy(&(*watcher)->mutex);
	(void)close((*watcher)->stop_fd);
	free(*watcher);
	*watcher = NULL;
}
