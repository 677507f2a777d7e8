#include "send.h"

#include <getopt.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deliver.h"
#include "keys.h"
#include "queue.h"
#include "show.h"
#include "signing_keys.h"

enum { STATUS_ALL_STORED, STATUS_SOME_NOT, STATUS_WRONG, STATUS_NO_ANSWER };

// Everything that the command line may say; a subcommand allows some of it.
struct arguments {
	char *outbox_path; // owned
	const char *server_keys[DELIVER_SERVERS_MAX], *key_file;
	int server_key_count;
	struct deliver_servers servers;
	struct signing_keys signing_keys; // given here: kept in the outbox before anything is delivered
	bool unchecked;
	enum outbox_which which;
	bool listing;
	char **paths; // NULL-terminated
};

static const struct option long_options[] = {
	{"outbox", required_argument, NULL, 'o'},  {"server", required_argument, NULL, 's'},
	{"server-key", required_argument, NULL, 'p'}, {"key", required_argument, NULL, 'k'},
	{"timeout", required_argument, NULL, 't'}, {"unchecked", no_argument, NULL, 'u'},
	{"pending", no_argument, NULL, 'P'},       {"refused", no_argument, NULL, 'R'},
	{"all", no_argument, NULL, 'A'},           {"signing-key", required_argument, NULL, 'y'},
	{NULL, 0, NULL, 0}};

// The options of each subcommand, as letters of the table above.
#define OPTIONS_QUEUE "ou"
#define OPTIONS_DELIVER "ospkty"
#define OPTIONS_SEND "ospktyu"
#define OPTIONS_STATUS "oPRA"

static bool set_timeout(struct arguments *arguments, const char *text)
{
	char *end;
	unsigned long seconds = strtoul(text, &end, 10);
	arguments->servers.patience_ms = (unsigned)seconds * 1000;
	return *text >= '0' && *text <= '9' && *end == '\0' && seconds > 0 && seconds <= 1000000;
}

static bool set_outbox(struct arguments *arguments, const char *path)
{
	free(arguments->outbox_path);
	arguments->outbox_path = strdup(path);
	return arguments->outbox_path != NULL;
}

static bool set(struct arguments *arguments, int option, const char *value)
{
	struct deliver_servers *servers = &arguments->servers;

	switch (option) {
	case 'o':
		return set_outbox(arguments, value);
	case 's':
		if (servers->count == DELIVER_SERVERS_MAX)
			return false;
		servers->endpoints[servers->count++] = value;
		return true;
	case 'p':
		if (arguments->server_key_count == DELIVER_SERVERS_MAX)
			return false;
		arguments->server_keys[arguments->server_key_count++] = value;
		return true;
	case 'y':
		return signing_keys_read(&arguments->signing_keys, value);
	case 'k':
		arguments->key_file = value;
		return true;
	case 't':
		return set_timeout(arguments, value);
	case 'u':
		arguments->unchecked = true;
		return true;
	default: // P, R, A
		arguments->listing = true;
		arguments->which = option == 'P' ? OUTBOX_PENDING : option == 'R' ? OUTBOX_REFUSED : OUTBOX_ALL;
		return true;
	}
}

// One key of the server for all, or one for each; the collector's own key where there is any.
static bool read_keys(struct arguments *arguments)
{
	struct deliver_servers *servers = &arguments->servers;

	if ((arguments->server_key_count == 0) != (arguments->key_file == NULL) ||
	    (arguments->server_key_count > 1 && arguments->server_key_count != servers->count)) {
		(void)fputs("baocao: give --key and one --server-key for all servers, or one for each\n", stderr);
		return false;
	}
	for (int i = 0; i < servers->count && arguments->server_key_count > 0; i++)
		if (!keys_read_public(arguments->server_keys[arguments->server_key_count > 1 ? i : 0], servers->server_keys[i]))
			return false;
	return arguments->key_file == NULL || keys_read(arguments->key_file, true, servers->secret_key);
}

// False: wrong use, which has been said. arguments_clear() either way.
static bool parse(struct arguments *arguments, int argc, char **argv, const char *allowed, const char *usage)
{
	bool delivers = strchr(allowed, 's') != NULL, reads = strchr(allowed, 'u') != NULL;
	bool good = true;
	int option;

	*arguments = (struct arguments){.servers = {.patience_ms = 60000}, .outbox_path = outbox_default_path()};
	while (good && (option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		good = option != '?' && strchr(allowed, option) != NULL && set(arguments, option, optarg);
	arguments->paths = argv + optind;
	good = good && reads == (optind < argc) && (!delivers || arguments->servers.count > 0);
	if (!good)
		(void)fprintf(stderr, "usage: baocao %s %s\n", argv[0], usage);
	return good && arguments->outbox_path != NULL && (!delivers || read_keys(arguments));
}

static void arguments_clear(struct arguments *arguments)
{
	free(arguments->outbox_path);
	sodium_memzero(arguments, sizeof *arguments);
}

/* what became of entries */

struct tally {
	struct outbox *outbox;
	bool silent;
	int64_t counts[OUTBOX_OUTCOMES];
};

static void tally_entry(void *user, const struct outbox_entry *entry)
{
	struct tally *tally = user;
	if (!tally->silent)
		show_entry(entry);
	if ((size_t)entry->outcome < OUTBOX_OUTCOMES)
		tally->counts[entry->outcome]++;
}

static void on_answered(void *user, int64_t entry_no)
{
	struct tally *tally = user;
	(void)outbox_each(tally->outbox, OUTBOX_BY_NUMBER, entry_no, tally_entry, tally);
	(void)fflush(stdout);
}

static bool all_stored(const int64_t counts[static OUTBOX_OUTCOMES])
{
	return counts[0] + counts[BAOCAO__OUTCOME__OUTCOME_CONFLICT] + counts[BAOCAO__OUTCOME__OUTCOME_REFUSED] +
	           counts[BAOCAO__OUTCOME__OUTCOME_PROTOCOL] == 0;
}

// Delivers what is pending, printing each answer.
static enum deliver_end deliver_pending(const struct arguments *arguments, struct outbox *outbox, struct tally *tally)
{
	if (!outbox_lock(outbox) || !signing_keys_save(&arguments->signing_keys, outbox, "given"))
		return DELIVER_FAILED;
	return deliver(&arguments->servers, outbox, on_answered, tally);
}

/* the subcommands */

static int queue_only(const struct arguments *arguments, struct outbox *outbox)
{
	struct queued queued;
	bool good = queue_files(outbox, arguments->paths, arguments->unchecked, &queued);

	if (good)
		(void)printf("%zu reports: %zu queued, %zu INVALID\n", queued.reports, queued.count, queued.invalid);
	bool readable = queued.unreadable == 0, all = queued.invalid == 0;
	queued_clear(&queued);
	return !good || !readable ? STATUS_WRONG : all ? STATUS_ALL_STORED : STATUS_SOME_NOT;
}

static int deliver_only(const struct arguments *arguments, struct outbox *outbox)
{
	struct tally tally = {.outbox = outbox};
	enum deliver_end end = deliver_pending(arguments, outbox, &tally);

	(void)fputs("delivered: ", stdout);
	show_counts(tally.counts, "PENDING");
	(void)putchar('\n');
	if (end != DELIVER_ALL)
		return end == DELIVER_FAILED ? STATUS_WRONG : STATUS_NO_ANSWER;
	return all_stored(tally.counts) ? STATUS_ALL_STORED : STATUS_SOME_NOT;
}

// The exit status speaks of the reports of these files; what was pending before is delivered and shown with them.
static int queue_and_deliver(const struct arguments *arguments, struct outbox *outbox)
{
	struct queued queued;
	struct tally shown = {.outbox = outbox}, own = {.outbox = outbox, .silent = true};
	enum deliver_end end = DELIVER_FAILED;

	if (!queue_files(outbox, arguments->paths, arguments->unchecked, &queued)) {
		queued_clear(&queued);
		return STATUS_WRONG;
	}
	(void)printf("%zu reports queued\n", queued.count);
	(void)fflush(stdout);
	if (queued.count > 0)
		end = deliver_pending(arguments, outbox, &shown);
	for (size_t i = 0; i < queued.count; i++)
		(void)outbox_each(outbox, OUTBOX_BY_NUMBER, queued.entries[i], tally_entry, &own);
	(void)printf("%zu reports: ", queued.reports);
	show_counts(own.counts, "PENDING");
	if (queued.invalid > 0)
		(void)printf(", %zu INVALID", queued.invalid);
	(void)putchar('\n');
	bool wrong = queued.unreadable > 0 || (queued.count > 0 && end == DELIVER_FAILED);
	bool good = queued.invalid == 0 && all_stored(own.counts);
	queued_clear(&queued);
	if (own.counts[0] > 0 && end == DELIVER_NO_ANSWER)
		return STATUS_NO_ANSWER;
	return wrong ? STATUS_WRONG : good ? STATUS_ALL_STORED : STATUS_SOME_NOT;
}

static void list_entry(void *user, const struct outbox_entry *entry)
{
	(void)user;
	show_entry(entry);
}

static int print_status(const struct arguments *arguments, struct outbox *outbox)
{
	int64_t counts[OUTBOX_OUTCOMES];
	char oldest[OUTBOX_TIME_SIZE];

	if ((arguments->listing && !outbox_each(outbox, arguments->which, 0, list_entry, NULL)) ||
	    !outbox_count(outbox, counts, oldest))
		return STATUS_WRONG;
	(void)printf("%s: ", arguments->outbox_path);
	show_counts(counts, "PENDING");
	if (counts[0] > 0)
		(void)printf("; the oldest pending since %s", oldest);
	(void)putchar('\n');
	return all_stored(counts) ? STATUS_ALL_STORED : STATUS_SOME_NOT;
}

static int run(int argc, char **argv, const char *allowed, const char *usage,
               int (*command)(const struct arguments *arguments, struct outbox *outbox))
{
	struct arguments arguments;
	struct outbox *outbox = NULL;
	int status = STATUS_WRONG;

	if (parse(&arguments, argc, argv, allowed, usage) && (outbox = outbox_open(arguments.outbox_path)) != NULL)
		status = command(&arguments, outbox);
	outbox_close(&outbox);
	arguments_clear(&arguments);
	return status;
}

int send_queue(int argc, char **argv)
{
	return run(argc, argv, OPTIONS_QUEUE, SEND_QUEUE_ARGUMENTS, queue_only);
}

int send_deliver(int argc, char **argv)
{
	return run(argc, argv, OPTIONS_DELIVER, SEND_DELIVER_ARGUMENTS, deliver_only);
}

int send_files(int argc, char **argv)
{
	return run(argc, argv, OPTIONS_SEND, SEND_ARGUMENTS, queue_and_deliver);
}

int send_status(int argc, char **argv)
{
	return run(argc, argv, OPTIONS_STATUS, SEND_STATUS_ARGUMENTS, print_status);
}
