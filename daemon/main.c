// baocaod: the parts, in the order of their lives. The end is the mirror of the beginning.
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>
#include <zmq.h>

#include "arguments.h"
#include "catalogue.h"
#include "check.h"
#include "config.h"
#include "contract.h"
#include "database.h"
#include "endpoint.h"
#include "health.h"
#include "http.h"
#include "intake.h"
#include "lane.h"
#include "layout.h"
#include "log.h"
#include "metrics.h"
#include "process.h"
#include "reload.h"
#include "replayer.h"
#include "schema_check.h"
#include "signing.h"
#include "store.h"
#include "wake.h"
#include "watcher.h"

enum {
	LANES_MAX = 64 + 1,   // the configuration's bound of writers, and the one for collectors with little in flight
	START_PAUSE_MS = 1000, // between two tries to reach the database
	START_GRACE_US = 15000000, // that systemd is asked to wait on, at each of them: a try may take 5 s for each server
	STOP_REPLAYS_MS = 5000, // for a replay under way to end, before the process does
	HEAP_KEPT_SIZE = 16 << 20, // free memory at the top of a heap that is not given back
	HEAPS_MAX = 1,             // of glibc, for all threads: each keeps what it had at its highest
	HEAP_LARGE_SIZE = 4 << 20  // what is larger is a mapping of its own, given back at once
};

struct daemon {
	struct config config;
	int argc;
	char **argv;
	struct metrics *metrics;
	struct health *health;
	struct http *http; // NULL: nobody listens
	struct reload reload;
	struct contract *contract;
	struct layout *layout;
	struct catalogue *catalogue; // the first one, until intake takes it over
	int wake_fd, signal_fd, replay_fd;
	struct lane *lanes[LANES_MAX];
	struct store *stores[LANES_MAX];
	struct signing *signing; // NULL: receipts are not signed
	struct watcher *watcher;
	struct intake *intake;
	struct replayer *replayer;
};

/* the parts */

static bool load_contract(struct daemon *daemon)
{
	char *error = NULL;

	daemon->contract = contract_load(&error);
	if (daemon->contract == NULL)
		log_error("%s", error == NULL ? "contract: out of memory" : error);
	else if ((daemon->layout = layout_create(daemon->contract)) == NULL)
		log_error("layout: out of memory");
	free(error);
	return daemon->layout != NULL;
}

// Every difference between contract and database as a log line of its own.
static bool compare_schema(const struct daemon *daemon, PGconn *connection)
{
	char *text = NULL, *rest = NULL;
	size_t size;
	FILE *differences = open_memstream(&text, &size);
	if (differences == NULL) {
		log_error("schema: out of memory");
		return false;
	}
	bool good = schema_check(connection, daemon->contract, daemon->layout, differences);
	(void)fclose(differences);
	for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
		log_error("schema: %s", line);
	free(text);
	return good;
}

// Waits so long, or until a signal asks to stop; true when one did. The signal stays to be read.
static bool pause_start(const struct daemon *daemon, int milliseconds)
{
	struct pollfd signals = {.fd = daemon->signal_fd, .events = POLLIN};
	return poll(&signals, 1, milliseconds) > 0;
}

// A database that is away is waited for; one that would not keep what it acknowledges is not. NULL without a connection.
static PGconn *connect_at_start(struct daemon *daemon, char **ret_error)
{
	bool final, said = false;
	PGconn *connection;

	while ((connection = database_connect(&daemon->config, ret_error, &final)) == NULL && !final) {
		if (!said)
			log_error("%s; waiting for it", *ret_error == NULL ? "database: out of memory" : *ret_error);
		(void)sd_notifyf(0, "STATUS=waiting for the database\nEXTEND_TIMEOUT_USEC=%d", START_GRACE_US);
		said = true;
		free(*ret_error);
		*ret_error = NULL;
		if (pause_start(daemon, START_PAUSE_MS))
			return NULL;
	}
	return connection;
}

// Asks the database before anything is opened to the network: durability, schema, catalogue.
static bool ask_database(struct daemon *daemon)
{
	char *error = NULL;
	PGconn *connection = connect_at_start(daemon, &error);
	bool good = connection != NULL && compare_schema(daemon, connection);

	if (good) {
		health_schema_is_right(daemon->health);
		daemon->catalogue = catalogue_load(connection, &error);
		good = daemon->catalogue != NULL;
	}
	if (error != NULL)
		log_error("%s", error);
	free(error);
	PQfinish(connection);
	return good;
}

// SIGTERM and SIGINT become readable, SIGHUP too once there is somebody to reload; threads made later inherit the mask.
static bool open_descriptors(struct daemon *daemon)
{
	sigset_t signals, blocked;

	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	blocked = signals;
	(void)sigaddset(&blocked, SIGHUP);
	(void)pthread_sigmask(SIG_BLOCK, &blocked, NULL);
	daemon->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	daemon->wake_fd = wake_create();
	daemon->replay_fd = wake_create();
	return daemon->signal_fd >= 0 && daemon->wake_fd >= 0 && daemon->replay_fd >= 0;
}

// True also when there is no key: then receipts are not signed.
static bool load_signing(struct daemon *daemon)
{
	char *error = NULL;

	daemon->signing = signing_create(&daemon->config, daemon->contract, &error);
	bool good = daemon->signing != NULL || daemon->config.signing_key_file[0] == '\0';
	if (!good)
		log_error("%s", error == NULL ? "signing key: out of memory" : error);
	free(error);
	return good;
}

// One that came meanwhile is read now.
static void read_hangups(const struct daemon *daemon)
{
	sigset_t signals;

	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	(void)sigaddset(&signals, SIGHUP);
	(void)signalfd(daemon->signal_fd, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

// Those who observe may ask from the beginning. That they cannot is said, and is no reason to receive no reports.
static bool start_observation(struct daemon *daemon)
{
	size_t writers = (size_t)daemon->config.writers + 1;
	char *error = NULL;

	daemon->metrics = metrics_create(writers);
	daemon->health = daemon->metrics == NULL ? NULL : health_create(daemon->metrics);
	if (daemon->health == NULL)
		return false;
	process_started(metrics_of_exposition(daemon->metrics));
	health_set_limit(daemon->health, daemon->config.hang_seconds * 1000);
	if (daemon->config.listen_http[0] != '\0')
		daemon->http = http_create(daemon->config.listen_http, daemon->health, &error);
	if (error != NULL)
		log_error("%s; nobody can ask for /metrics, /livez and /readyz", error);
	free(error);
	daemon->reload = (struct reload){.config = &daemon->config,
	                                 .argc = daemon->argc,
	                                 .argv = daemon->argv,
	                                 .health = daemon->health,
	                                 .http = &daemon->http,
	                                 .lanes = daemon->lanes,
	                                 .lane_count = writers};
	return true;
}

static bool start_writers(struct daemon *daemon)
{
	for (int64_t i = 0; i < daemon->config.writers + 1; i++) {
		daemon->lanes[i] = lane_create(daemon->wake_fd, (size_t)daemon->config.batch_max_reports);
		if (daemon->lanes[i] == NULL)
			return false;
		daemon->stores[i] = store_create(&(struct store_parts){.config = &daemon->config,
		                                                       .contract = daemon->contract,
		                                                       .layout = daemon->layout,
		                                                       .lane = daemon->lanes[i],
		                                                       .signing = daemon->signing,
		                                                       .express = daemon->lanes[0],
		                                                       .metrics = metrics_of_writer(daemon->metrics, (size_t)i),
		                                                       .pulse = health_pulse(daemon->health, (size_t)i),
		                                                       .number = (size_t)i});
		if (daemon->stores[i] == NULL)
			return false;
	}
	return true;
}

static bool start_intake(struct daemon *daemon)
{
	char *error = NULL;
	struct intake_parts parts = {.config = &daemon->config,
	                             .contract = daemon->contract,
	                             .watcher = daemon->watcher,
	                             .lanes = daemon->lanes,
	                             .lane_count = (size_t)daemon->config.writers + 1,
	                             .wake_fd = daemon->wake_fd,
	                             .signal_fd = daemon->signal_fd,
	                             .health = daemon->health,
	                             .http = &daemon->http,
	                             .reload = &daemon->reload};

	daemon->intake = intake_create(&parts, daemon->catalogue, &error);
	if (daemon->intake != NULL)
		daemon->catalogue = NULL;
	else
		log_error("%s", error == NULL ? "intake: out of memory" : error);
	free(error);
	return daemon->intake != NULL;
}

static bool start_replayer(struct daemon *daemon)
{
	daemon->replayer = replayer_create(&(struct replayer_parts){.config = &daemon->config,
	                                                            .contract = daemon->contract,
	                                                            .layout = daemon->layout,
	                                                            .lanes = daemon->lanes,
	                                                            .lane_count = (size_t)daemon->config.writers + 1,
	                                                            .wake_fd = daemon->replay_fd});
	return daemon->replayer != NULL;
}

static bool daemon_start(struct daemon *daemon)
{
	if (!load_contract(daemon) || !load_signing(daemon) || !open_descriptors(daemon) || !start_observation(daemon) ||
	    !ask_database(daemon))
		return false;
	daemon->watcher = watcher_create(&daemon->config, daemon->wake_fd, daemon->replay_fd, daemon->health);
	return daemon->watcher != NULL && start_writers(daemon) && start_intake(daemon) && start_replayer(daemon);
}

static void daemon_end(struct daemon *daemon)
{
	replayer_destroy(&daemon->replayer);
	for (int i = 0; i < LANES_MAX; i++)
		if (daemon->lanes[i] != NULL)
			lane_abandon(daemon->lanes[i]); // intake has drained them; after a failed start nothing is in them
	for (int i = 0; i < LANES_MAX; i++)
		store_destroy(&daemon->stores[i]);
	intake_destroy(&daemon->intake);
	for (int i = 0; i < LANES_MAX; i++)
		lane_destroy(&daemon->lanes[i]);
	watcher_destroy(&daemon->watcher);
	http_destroy(&daemon->http);
	health_destroy(&daemon->health);
	metrics_destroy(&daemon->metrics);
	signing_destroy(&daemon->signing);
	if (daemon->wake_fd >= 0)
		(void)close(daemon->wake_fd);
	if (daemon->signal_fd >= 0)
		(void)close(daemon->signal_fd);
	if (daemon->replay_fd >= 0)
		(void)close(daemon->replay_fd);
	catalogue_destroy(&daemon->catalogue);
	layout_destroy(&daemon->layout);
	contract_destroy(&daemon->contract);
}

// Where it listens, and the keys that collectors must have for it.
static void say_endpoints(const struct config *config)
{
	static const int types[] = {ZMQ_ROUTER, ZMQ_PULL};
	struct endpoint list[ENDPOINTS_MAX];
	char key[ENDPOINT_KEY_SIZE], *error = NULL;

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		size_t count = endpoint_list(config, types[i], list);
		for (size_t at = 0; at < count; at++) {
			bool has_key = list[at].secret_key_file[0] != '\0' && endpoint_public_key(list[at].secret_key_file, key, &error);
			log_info("listening on %s%s%s", list[at].address, has_key ? " with the server key " : "", has_key ? key : "");
			free(error);
			error = NULL;
		}
	}
}

static int serve(struct daemon *daemon)
{
	if (!config_check(&daemon->config, stderr) || !daemon_start(daemon))
		return EXIT_FAILURE;
	say_endpoints(&daemon->config);
	if (daemon->signing != NULL)
		log_info("receipts are signed with the key %s", signing_public_key(daemon->signing));
	log_info("ready");
	(void)malloc_trim(0); // the self-test took some frames of over 2 MiB, and what is free would be kept (keep_heaps)
	read_hangups(daemon);
	(void)sd_notify(0, "READY=1\nSTATUS=receiving reports");
	if (!intake_run(daemon->intake) || !replayer_stop(daemon->replayer, STOP_REPLAYS_MS))
		_exit(EXIT_SUCCESS); // now, whatever a writer waits for: what is not acknowledged is sent again
	return EXIT_SUCCESS;
}

// glibc gives the top of a thread's heap back to the kernel whenever 128 KiB of it are free, and takes it page by page
// again for the next batch: half of a writer's time went into that. The price is at most so much for each thread.
static void keep_heaps(void)
{
	(void)mallopt(M_TRIM_THRESHOLD, HEAP_KEPT_SIZE);
	(void)mallopt(M_MMAP_THRESHOLD, HEAP_LARGE_SIZE);
	(void)mallopt(M_ARENA_MAX, HEAPS_MAX);
}

static int run(struct daemon *daemon, struct arguments arguments)
{
	enum { EXIT_USAGE = 2 };

	switch (arguments.command) {
	case COMMAND_SERVE:
		return arguments.is_good ? serve(daemon) : EXIT_FAILURE;
	case COMMAND_CHECK:
		return check(&daemon->config, arguments.is_good, stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
	case COMMAND_PRINT_CONFIG:
		config_print(&daemon->config, stdout);
		return arguments.is_good ? EXIT_SUCCESS : EXIT_FAILURE;
	case COMMAND_PRINT_METRICS:
		metrics_document(stdout);
		return EXIT_SUCCESS;
	case COMMAND_HELP:
		arguments_help(stdout);
		return EXIT_SUCCESS;
	case COMMAND_VERSION:
		(void)puts("baocaod " BAOCAO_VERSION);
		return EXIT_SUCCESS;
	default:
		return EXIT_USAGE;
	}
}

int main(int argc, char **argv)
{
	struct daemon daemon = {.wake_fd = -1, .signal_fd = -1, .replay_fd = -1, .argc = argc, .argv = argv};

	keep_heaps();
	if (sodium_init() < 0 || !config_init(&daemon.config))
		return EXIT_FAILURE;
	int status = run(&daemon, arguments_parse(&daemon.config, argc, argv, stderr));
	daemon_end(&daemon);
	config_clear(&daemon.config);
	return status;
}
