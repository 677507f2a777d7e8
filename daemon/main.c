// baocaod: the parts, in the order of their lives. The end is the mirror of the beginning.
#include <getopt.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>
#include <zmq.h>

#include "catalogue.h"
#include "config.h"
#include "contract.h"
#include "database.h"
#include "endpoint.h"
#include "intake.h"
#include "lane.h"
#include "layout.h"
#include "log.h"
#include "replayer.h"
#include "schema_check.h"
#include "self_test.h"
#include "signing.h"
#include "store.h"
#include "watcher.h"

enum {
	LANES_MAX = 64 + 1,   // the configuration's bound of writers, and the one for collectors with little in flight
	START_PAUSE_MS = 1000, // between two tries to reach the database
	STOP_REPLAYS_MS = 5000, // for a replay under way to end, before the process does
	HEAP_KEPT_SIZE = 16 << 20, // free memory at the top of a heap that is not given back
	HEAPS_MAX = 1,             // of glibc, for all threads: each keeps what it had at its highest
	HEAP_LARGE_SIZE = 4 << 20  // what is larger is a mapping of its own, given back at once
};

struct daemon {
	struct config config;
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

enum command { COMMAND_SERVE, COMMAND_CHECK, COMMAND_PRINT, COMMAND_DONE, COMMAND_WRONG };

/* the command line */

static void print_help(void)
{
	(void)printf("baocaod receives reports over ZeroMQ and stores them in PostgreSQL.\n\n"
	             "usage: baocaod [--config FILE] [--set NAME=VALUE]... [--check | --print-config | --help | --version]\n\n"
	             "  --config FILE      read the configuration from FILE (lines of NAME = VALUE)\n"
	             "  --set NAME=VALUE   set one option after the file\n"
	             "  --check            test configuration, keys, gate and database, say every problem, and exit\n"
	             "  --print-config     print the whole configuration as a file, and exit\n\noptions:\n");
	config_help(stdout);
}

static enum command parse(struct config *config, int argc, char **argv)
{
	static const struct option long_options[] = {{"config", required_argument, NULL, 'c'},
	                                             {"set", required_argument, NULL, 's'},
	                                             {"check", no_argument, NULL, 'k'},
	                                             {"print-config", no_argument, NULL, 'p'},
	                                             {"help", no_argument, NULL, 'h'},
	                                             {"version", no_argument, NULL, 'v'},
	                                             {NULL, 0, NULL, 0}};
	enum command command = COMMAND_SERVE;
	const char *reason;
	int option;

	while ((option = getopt_long(argc, argv, "c:s:h", long_options, NULL)) != -1) {
		switch (option) {
		case 'c':
			if (!config_read_file(config, optarg, stderr))
				return COMMAND_WRONG;
			break;
		case 's':
			if (!config_set(config, optarg, &reason)) {
				(void)fprintf(stderr, "--set %s: %s\n", optarg, reason);
				return COMMAND_WRONG;
			}
			break;
		case 'k':
			command = COMMAND_CHECK;
			break;
		case 'p':
			command = COMMAND_PRINT;
			break;
		case 'h':
			print_help();
			return COMMAND_DONE;
		case 'v':
			(void)puts("baocaod " BAOCAO_VERSION);
			return COMMAND_DONE;
		default:
			return COMMAND_WRONG;
		}
	}
	if (optind < argc) {
		(void)fprintf(stderr, "baocaod: what is %s? See --help.\n", argv[optind]);
		return COMMAND_WRONG;
	}
	return command;
}

/* the parts */

static bool load_contract(struct daemon *daemon)
{
	char *error = NULL;

	daemon->contract = contract_load(&error);
	if (daemon->contract == NULL)
		log_error("%s", error == NULL ? "contract: out of memory" : error);
	else
		daemon->layout = layout_create(daemon->contract);
	free(error);
	return daemon->layout != NULL;
}

// Every difference between contract and database as a log line of its own.
static bool compare_schema(const struct daemon *daemon, PGconn *connection)
{
	char *text = NULL, *rest = NULL;
	size_t size;
	FILE *differences = open_memstream(&text, &size);
	if (differences == NULL)
		return false;
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
static PGconn *connect_at_start(struct daemon *daemon, bool waiting, char **ret_error)
{
	bool final, said = false;
	PGconn *connection;

	while ((connection = database_connect(&daemon->config, ret_error, &final)) == NULL && waiting && !final) {
		if (!said) {
			log_error("%s; waiting for it", *ret_error == NULL ? "database: out of memory" : *ret_error);
			(void)sd_notify(0, "STATUS=waiting for the database");
		}
		said = true;
		free(*ret_error);
		*ret_error = NULL;
		if (pause_start(daemon, START_PAUSE_MS))
			return NULL;
	}
	return connection;
}

// Asks the database before anything is opened to the network: durability, schema, catalogue.
static bool check_database(struct daemon *daemon, bool waiting)
{
	char *error = NULL;
	PGconn *connection = connect_at_start(daemon, waiting, &error);
	bool good = connection != NULL && compare_schema(daemon, connection);

	if (good) {
		daemon->catalogue = catalogue_load(connection, &error);
		good = daemon->catalogue != NULL;
	}
	if (error != NULL)
		log_error("%s", error);
	free(error);
	PQfinish(connection);
	return good;
}

// SIGTERM and SIGINT become readable; threads made later inherit the mask.
static bool open_descriptors(struct daemon *daemon)
{
	sigset_t signals;

	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	(void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
	daemon->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	daemon->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	daemon->replay_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
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

static bool start_writers(struct daemon *daemon)
{
	for (int64_t i = 0; i < daemon->config.writers + 1; i++) {
		daemon->lanes[i] = lane_create(daemon->wake_fd);
		if (daemon->lanes[i] == NULL)
			return false;
		daemon->stores[i] = store_create(&(struct store_parts){.config = &daemon->config,
		                                                       .contract = daemon->contract,
		                                                       .layout = daemon->layout,
		                                                       .lane = daemon->lanes[i],
		                                                       .signing = daemon->signing,
		                                                       .express = daemon->lanes[0]});
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
	                             .signal_fd = daemon->signal_fd};

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
	if (!load_contract(daemon) || !load_signing(daemon) || !open_descriptors(daemon) || !check_database(daemon, true))
		return false;
	daemon->watcher = watcher_create(&daemon->config, daemon->wake_fd, daemon->replay_fd);
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
	(void)sd_notify(0, "READY=1\nSTATUS=receiving reports");
	if (!intake_run(daemon->intake) || !replayer_stop(daemon->replayer, STOP_REPLAYS_MS))
		_exit(EXIT_SUCCESS); // now, whatever a writer waits for: what is not acknowledged is sent again
	return EXIT_SUCCESS;
}

static bool check_gate(const struct config *config)
{
	char *error = NULL;
	bool good = self_test_alone(config, &error);

	if (!good)
		(void)fprintf(stderr, "%s\n", error == NULL ? "gate: out of memory" : error);
	free(error);
	return good;
}

static int check(struct daemon *daemon)
{
	bool good = config_check(&daemon->config, stderr);
	good = good && check_gate(&daemon->config);
	good = load_contract(daemon) && load_signing(daemon) && check_database(daemon, false) && good;
	(void)puts(good ? "baocaod: everything is in order" : "baocaod: not in order");
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

// glibc gives the top of a thread's heap back to the kernel whenever 128 KiB of it are free, and takes it page by page
// again for the next batch: half of a writer's time went into that. The price is at most so much for each thread.
static void keep_heaps(void)
{
	(void)mallopt(M_TRIM_THRESHOLD, HEAP_KEPT_SIZE);
	(void)mallopt(M_MMAP_THRESHOLD, HEAP_LARGE_SIZE);
	(void)mallopt(M_ARENA_MAX, HEAPS_MAX);
}

int main(int argc, char **argv)
{
	struct daemon daemon = {.wake_fd = -1, .signal_fd = -1, .replay_fd = -1};
	int status = EXIT_FAILURE;

	keep_heaps();
	if (sodium_init() < 0 || !config_init(&daemon.config))
		return EXIT_FAILURE;
	switch (parse(&daemon.config, argc, argv)) {
	case COMMAND_SERVE:
		status = serve(&daemon);
		break;
	case COMMAND_CHECK:
		status = check(&daemon);
		break;
	case COMMAND_PRINT:
		config_print(&daemon.config, stdout);
		status = EXIT_SUCCESS;
		break;
	case COMMAND_DONE:
		status = EXIT_SUCCESS;
		break;
	case COMMAND_WRONG:
		break;
	}
	daemon_end(&daemon);
	config_clear(&daemon.config);
	return status;
}
