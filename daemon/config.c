#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\r\n\v\f"

enum option_type { OPTION_TEXT, OPTION_BOOL, OPTION_NUMBER };

struct option {
	const char *name;
	enum option_type type;
	size_t offset; // into struct config
	const char *initial;
	int64_t min, max; // of numbers
	bool reloadable;
	const char *help;
};

#define AT(member) offsetof(struct config, member)

static const struct option options[] = {
	{"listen_router", OPTION_TEXT, AT(listen_router), "tcp://127.0.0.1:5570", 0, 0, false,
     "endpoint for collectors that want receipts (ZMQ_ROUTER)"},
	{"listen_pull", OPTION_TEXT, AT(listen_pull), "", 0, 0, false,
     "endpoint for pushers that want none (ZMQ_PULL); empty: no such endpoint"},
	{"secret_key_file", OPTION_TEXT, AT(secret_key_file), "", 0, 0, false,
     "file with the server's CURVE secret key in Z85; may be $CREDENTIALS_DIRECTORY/..."},
	{"listen_router_next", OPTION_TEXT, AT(listen_router_next), "", 0, 0, false,
     "while the server's key is changed: a second endpoint as listen_router, with the next key; empty: none"},
	{"listen_pull_next", OPTION_TEXT, AT(listen_pull_next), "", 0, 0, false,
     "while the server's key is changed: a second endpoint as listen_pull, with the next key; empty: none"},
	{"secret_key_file_next", OPTION_TEXT, AT(secret_key_file_next), "", 0, 0, false,
     "file with the server's next secret key, for the endpoints named _next"},
	{"signing_key_file", OPTION_TEXT, AT(signing_key_file), "", 0, 0, false,
     "file with the key that signs receipts (baocao keygen --signing); empty: receipts are not signed"},
	{"signing_key_file_previous", OPTION_TEXT, AT(signing_key_file_previous), "", 0, 0, false,
     "while the signing key is changed: the one before, which endorses the present one to collectors; empty: none"},
	{"anonymous_collector", OPTION_TEXT, AT(anonymous_collector), "", 0, 0, false,
     "collector as which peers on ipc:// endpoints file, without a key; empty: ipc:// is refused"},
	{"database", OPTION_TEXT, AT(database), "dbname=baocao", 0, 0, false, "PostgreSQL connection string, see libpq"},
	{"allow_unsafe_durability", OPTION_BOOL, AT(allow_unsafe_durability), "no", 0, 0, false,
     "start although fsync or synchronous_commit is off: for tests only"},
	{"writers", OPTION_NUMBER, AT(writers), "2", 1, 64, false,
     "threads that write, each with one connection; one more writes for collectors with little in flight"},
	{"max_pending_reports", OPTION_NUMBER, AT(max_pending_reports), "500000", 1000, 10000000, false,
     "reports between reading and receipt; beyond it the answer is BUSY, and pushers are not read"},
	{"max_pending_mib", OPTION_NUMBER, AT(max_pending_mib), "32", 4, 65536, false,
     "memory of reports between reading and receipt, two thirds for decoded ones; beyond it as above"},
	{"max_unread_mib", OPTION_NUMBER, AT(max_unread_mib), "64", 4, 65536, false,
     "what all connections may have sent that was not read, or not taken of receipts; beyond it those furthest ahead are shut down"},
	{"sender_max_reports", OPTION_NUMBER, AT(sender_max_reports), "10000", 1, 10000000, false,
     "reports of one collector between reading and receipt; beyond it the answer is BUSY"},
	{"sender_calm_reports", OPTION_NUMBER, AT(sender_calm_reports), "100", 0, 10000000, false,
     "a collector with more in flight is decoded and written apart, so that a replay does not keep others waiting"},
	{"busy_retry_ms", OPTION_NUMBER, AT(busy_retry_ms), "1000", 10, 600000, false,
     "after how many milliseconds a BUSY sender is asked to send again"},
	{"batch_max_reports", OPTION_NUMBER, AT(batch_max_reports), "10000", 1, 100000, false,
     "reports written in one transaction at most"},
	{"drain_seconds", OPTION_NUMBER, AT(drain_seconds), "20", 0, 3600, false,
     "how long a stop waits for reports that were read to be written"},
};

enum { OPTION_COUNT = sizeof options / sizeof options[0] };

static void *slot_of(struct config *config, const struct option *option)
{
	return (char *)config + option->offset;
}

static const struct option *option_named(const char *name)
{
	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (strcmp(options[i].name, name) == 0)
			return &options[i];
	return NULL;
}

// Whether a line of a file can say it: one line, no blanks at its ends, no comment inside.
static bool can_be_written(const char *value)
{
	size_t len = strlen(value);

	for (size_t i = 0; i < len; i++)
		if (value[i] == '\n' || ((i == 0 || strchr(BLANKS, value[i - 1]) != NULL) && value[i] == ';'))
			return false;
	return len == 0 || (strchr(BLANKS, value[0]) == NULL && strchr(BLANKS, value[len - 1]) == NULL);
}

static bool set_text(char **slot, const char *value, const char **ret_reason)
{
	if (!can_be_written(value)) {
		*ret_reason = "must be one line without blanks at its ends and without \" ;\"";
		return false;
	}
	char *copy = strdup(value);
	if (copy == NULL) {
		*ret_reason = "out of memory";
		return false;
	}
	free(*slot);
	*slot = copy;
	return true;
}

static bool set_bool(bool *slot, const char *value, const char **ret_reason)
{
	bool yes = strcmp(value, "yes") == 0 || strcmp(value, "true") == 0 || strcmp(value, "on") == 0;
	bool no = strcmp(value, "no") == 0 || strcmp(value, "false") == 0 || strcmp(value, "off") == 0;
	if (!yes && !no) {
		*ret_reason = "must be yes or no";
		return false;
	}
	*slot = yes;
	return true;
}

static bool set_number(const struct option *option, int64_t *slot, const char *value, const char **ret_reason)
{
	static _Thread_local char reason[100];
	char *end;

	errno = 0;
	long long number = strtoll(value, &end, 10);
	if (*value == '\0' || *end != '\0' || errno != 0 || number < option->min || number > option->max) {
		(void)snprintf(reason, sizeof reason, "must be a whole number from %" PRId64 " to %" PRId64, option->min, option->max);
		*ret_reason = reason;
		return false;
	}
	*slot = number;
	return true;
}

static bool set_option(struct config *config, const struct option *option, const char *value, const char **ret_reason)
{
	switch (option->type) {
	case OPTION_TEXT:
		return set_text(slot_of(config, option), value, ret_reason);
	case OPTION_BOOL:
		return set_bool(slot_of(config, option), value, ret_reason);
	default:
		return set_number(option, slot_of(config, option), value, ret_reason);
	}
}

bool config_init(struct config *config)
{
	const char *reason;
	*config = (struct config){0};
	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (!set_option(config, &options[i], options[i].initial, &reason))
			return false;
	return true;
}

void config_clear(struct config *config)
{
	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (options[i].type == OPTION_TEXT)
			free(*(char **)slot_of(config, &options[i]));
	*config = (struct config){0};
}

/* the file */

struct reading {
	struct config *config;
	const char *path;
	FILE *problems;
	int line; // from 1
	bool failed;
};

static void complain(struct reading *reading, const char *name, const char *reason)
{
	(void)fprintf(reading->problems, "%s:%d: %s%s%s\n", reading->path, reading->line, name,
	              name[0] == '\0' ? "" : ": ", reason);
	reading->failed = true;
}

// Cuts blanks off both ends, in place.
static char *trimmed(char *text)
{
	text += strspn(text, BLANKS);
	for (size_t len = strlen(text); len > 0 && strchr(BLANKS, text[len - 1]) != NULL;)
		text[--len] = '\0';
	return text;
}

// A semicolon that begins a word begins a comment.
static void cut_comment(char *value)
{
	for (char *c = strchr(value, ';'); c != NULL; c = strchr(c + 1, ';'))
		if (c == value || strchr(BLANKS, c[-1]) != NULL) {
			*c = '\0';
			return;
		}
}

static void read_line(struct reading *reading, char *line)
{
	char *start = trimmed(line), *equals = strchr(start, '=');
	const char *reason = "there is no such option";

	if (start[0] == '\0' || start[0] == '#' || start[0] == ';')
		return;
	if (start[0] == '[' && start[strlen(start) - 1] == ']')
		return; // sections may be used to order a file; names are unique without them
	if (equals == NULL) {
		complain(reading, "", "not a line of the form name = value");
		return;
	}
	*equals = '\0';
	cut_comment(equals + 1);
	const char *name = trimmed(start);
	const struct option *option = option_named(name);
	if (option == NULL || !set_option(reading->config, option, trimmed(equals + 1), &reason))
		complain(reading, name, reason);
}

bool config_read(struct config *config, const char *path, FILE *file, FILE *problems)
{
	struct reading reading = {.config = config, .path = path, .problems = problems};
	char *text = NULL;
	size_t size = 0;
	ssize_t length;

	while ((length = getline(&text, &size, file)) >= 0) {
		bool marked = reading.line++ == 0 && strncmp(text, "\xef\xbb\xbf", 3) == 0; // a byte order mark
		if (strlen(text) != (size_t)length)
			complain(&reading, "", "contains a NUL");
		else
			read_line(&reading, marked ? text + 3 : text);
	}
	if (!feof(file))
		complain(&reading, "", "cannot be read to its end");
	free(text);
	return !reading.failed;
}

bool config_read_file(struct config *config, const char *path, FILE *problems)
{
	FILE *file = fopen(path, "re");
	if (file == NULL) {
		(void)fprintf(problems, "%s: %s\n", path, strerror(errno));
		return false;
	}
	bool good = config_read(config, path, file, problems);
	(void)fclose(file);
	return good;
}

bool config_set(struct config *config, const char *assignment, const char **ret_reason)
{
	const char *equals = strchr(assignment, '=');
	char name[64];
	size_t len = equals == NULL ? 0 : (size_t)(equals - assignment);

	*ret_reason = "must be NAME=VALUE with a NAME from --help";
	if (len == 0 || len >= sizeof name)
		return false;
	memcpy(name, assignment, len);
	name[len] = '\0';
	const struct option *option = option_named(name);
	return option != NULL && set_option(config, option, equals + 1, ret_reason);
}

/* checks and output */

static bool has_prefix(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

// The endpoints, and what each needs besides.
static const struct {
	const char *name;
	size_t address, key_file;
	const char *key_file_name;
} endpoints[] = {
	{"listen_router", AT(listen_router), AT(secret_key_file), "secret_key_file"},
	{"listen_pull", AT(listen_pull), AT(secret_key_file), "secret_key_file"},
	{"listen_router_next", AT(listen_router_next), AT(secret_key_file_next), "secret_key_file_next"},
	{"listen_pull_next", AT(listen_pull_next), AT(secret_key_file_next), "secret_key_file_next"},
};

static const char *text_at(const struct config *config, size_t offset)
{
	return *(char *const *)((const char *)config + offset);
}

static bool check_endpoint(const struct config *config, size_t index, FILE *problems)
{
	const char *name = endpoints[index].name, *address = text_at(config, endpoints[index].address);
	const char *key_file_name = endpoints[index].key_file_name;

	if (address[0] == '\0' && index > 0)
		return true; // only the first must be there
	if (has_prefix(address, "tcp://")) {
		if (text_at(config, endpoints[index].key_file)[0] != '\0')
			return true;
		(void)fprintf(problems, "%s: %s needs %s: there is no TCP without CURVE\n", name, address, key_file_name);
	} else if (has_prefix(address, "ipc://")) {
		if (config->anonymous_collector[0] != '\0')
			return true;
		(void)fprintf(problems, "%s: %s needs anonymous_collector: ipc has no keys\n", name, address);
	} else {
		(void)fprintf(problems, "%s: %s: an endpoint begins with tcp:// or ipc://\n", name, address);
	}
	return false;
}

bool config_check(const struct config *config, FILE *problems)
{
	bool good = true;

	for (size_t i = 0; i < sizeof endpoints / sizeof endpoints[0]; i++)
		good = check_endpoint(config, i, problems) && good;
	if (config->signing_key_file[0] == '\0' && config->signing_key_file_previous[0] != '\0') {
		(void)fputs("signing_key_file_previous: needs signing_key_file: there is nothing to endorse\n", problems);
		good = false;
	}
	return good;
}

void config_help(FILE *out)
{
	for (size_t i = 0; i < OPTION_COUNT; i++)
		(void)fprintf(out, "  %-24s %s\n  %-24s default: %s\n", options[i].name, options[i].help, "",
		              options[i].initial[0] == '\0' ? "(empty)" : options[i].initial);
}

void config_print(const struct config *config, FILE *out)
{
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const void *slot = (const char *)config + options[i].offset;
		(void)fprintf(out, "# %s\n%s = ", options[i].help, options[i].name);
		if (options[i].type == OPTION_TEXT)
			(void)fprintf(out, "%s\n", *(char *const *)slot);
		else if (options[i].type == OPTION_BOOL)
			(void)fprintf(out, "%s\n", *(const bool *)slot ? "yes" : "no");
		else
			(void)fprintf(out, "%" PRId64 "\n", *(const int64_t *)slot);
	}
}
