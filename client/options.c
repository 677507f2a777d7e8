#include "options.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "outbox_file.h"
#include "words.h"

enum type { TYPE_TEXT, TYPE_LIST, TYPE_NUMBER, TYPE_FLAG };

struct row {
	struct options_row row;
	enum type type;
	size_t offset;     // into struct options
	int64_t min, max; // of numbers
};

#define AT(member) offsetof(struct options, member)
#define TEXT(member) TYPE_TEXT, AT(member), 0, 0
#define LIST(member) TYPE_LIST, AT(member), 0, 0
#define NUMBER(member, min, max) TYPE_NUMBER, AT(member), min, max
#define FLAG(member) TYPE_FLAG, AT(member), 0, 0

static const struct row rows[OPTIONS_COUNT] = {
	[OPTIONS_CONF] = {{"conf", "FILE", OPTIONS_FILE, false, false, NULL,
                       N_("read this configuration file and no other; see baocao.conf(5)")}, TEXT(conf)},
	[OPTIONS_LANG] = {{"lang", "LANGUAGE", OPTIONS_WORD, false, true, NULL,
                       N_("the language of what is said: vi or en; else that of the locale")}, TEXT(lang)},
	[OPTIONS_OUTBOX] = {{"outbox", "FILE", OPTIONS_FILE, false, true, NULL,
                         N_("the outbox; else $BAOCAO_OUTBOX, or baocao/outbox.db in $XDG_STATE_HOME or ~/.local/state")},
                        TEXT(outbox)},
	[OPTIONS_SERVER] = {{"server", "ENDPOINT", OPTIONS_WORD, true, true, NULL,
                         N_("a server, like tcp://host:5570; several may be given, and one that is away is left out")},
                        LIST(servers)},
	[OPTIONS_SERVER_KEY] = {{"server-key", "KEY", OPTIONS_FILE, true, true, NULL,
                             N_("the server's public key or the file it is in; one for all servers, or one for each")},
                            LIST(server_keys)},
	[OPTIONS_KEY] = {{"key", "FILE", OPTIONS_FILE, false, true, NULL,
                      N_("the collector's secret key, as baocao keygen made it")}, TEXT(key)},
	[OPTIONS_SIGNING_KEY] = {{"signing-key", "KEY", OPTIONS_FILE, true, true, NULL,
                              N_("a server's public key for receipts that is trusted, or a file of such keys")}, LIST(signing_keys)},
	[OPTIONS_TIMEOUT] = {{"timeout", "SECONDS", OPTIONS_WORD, false, true, "60",
                          N_("give up when no answer came for so long; what is pending stays in the outbox")},
                         NUMBER(timeout_s, 1, 1000000)},
	[OPTIONS_FOLDER] = {{"folder", "DIR", OPTIONS_FOLDER_PATH, false, true, NULL,
                         N_("the folder that baocao watch looks after, where the command line names none")}, TEXT(folder)},
	[OPTIONS_SCAN] = {{"scan", "SECONDS", OPTIONS_WORD, false, true, "30",
                       N_("look through the folder so often, whatever was heard of it: network folders tell nothing")},
                      NUMBER(scan_s, 1, 86400)},
	[OPTIONS_SETTLE] = {{"settle", "SECONDS", OPTIONS_WORD, false, true, "2",
                         N_("take a file that did not change for so long, and is not open for writing")},
                        NUMBER(settle_s, 0, 86400)},
	[OPTIONS_ONCE] = {{"once", NULL, OPTIONS_NOTHING, false, false, NULL,
                       N_("end when what is in the folder is dealt with, and delivered or given up")}, FLAG(once)},
	[OPTIONS_SIGNING] = {{"signing", NULL, OPTIONS_NOTHING, false, false, NULL,
                          N_("make a server's key for signing receipts")}, FLAG(signing)},
	[OPTIONS_FORMAT] = {{"format", "FORMAT", OPTIONS_WORD, false, false, NULL,
                         N_("the form's format: xlsx, csv or json")}, TEXT(format)},
	[OPTIONS_MARK] = {{"mark", NULL, OPTIONS_NOTHING, false, false, NULL,
                       N_("write copies of the files that show what is wrong in its place")}, FLAG(mark)},
	[OPTIONS_UNCHECKED] = {{"unchecked", NULL, OPTIONS_NOTHING, false, false, NULL,
                            N_("queue also what the rules forbid, for the server to say so")}, FLAG(unchecked)},
	[OPTIONS_PENDING] = {{"pending", NULL, OPTIONS_NOTHING, false, false, NULL, N_("list what is pending")}, FLAG(pending)},
	[OPTIONS_REFUSED] = {{"refused", NULL, OPTIONS_NOTHING, false, false, NULL,
                          N_("list what was refused, with everything that is wrong")}, FLAG(refused)},
	[OPTIONS_ALL] = {{"all", NULL, OPTIONS_NOTHING, false, false, NULL, N_("list everything")}, FLAG(all)},
	[OPTIONS_KIND] = {{"kind", "KIND", OPTIONS_KIND_NAME, false, false, NULL, N_("only reports of this kind")}, TEXT(kind)},
	[OPTIONS_PERIOD] = {{"period", "DATE[/DATE]", OPTIONS_WORD, false, false, NULL,
                         N_("only reports whose period lies within: 2022, 2022-08 or 2022-08-01/2022-08-20")}, TEXT(period)},
	[OPTIONS_UNIT] = {{"unit", "CODE", OPTIONS_WORD, false, false, NULL, N_("only reports of the unit with this code")},
                      TEXT(unit)},
	[OPTIONS_SINCE] = {{"since", "DAY", OPTIONS_WORD, false, false, NULL,
                        N_("only what was acknowledged since this day, or moment as 2026-11-25T08:00:00Z")}, TEXT(since)},
	[OPTIONS_JSON] = {{"json", NULL, OPTIONS_NOTHING, false, false, NULL, N_("print JSON, for programs")}, FLAG(json)},
	[OPTIONS_CSV] = {{"csv", NULL, OPTIONS_NOTHING, false, false, NULL, N_("print CSV, for spreadsheets")}, FLAG(csv)},
	[OPTIONS_QUIET] = {{"quiet", NULL, OPTIONS_NOTHING, false, false, NULL, N_("say only what is wrong")}, FLAG(quiet)},
};

const struct options_row *options_row(enum options_id id)
{
	return &rows[id].row;
}

/* values */

static void *slot_of(struct options *options, const struct row *row)
{
	return (char *)options + row->offset;
}

static bool set_text(char **slot, const char *value, const char **ret_reason)
{
	char *copy = strdup(value);
	if (copy == NULL || *value == '\0') {
		*ret_reason = copy == NULL ? _("out of memory") : _("must not be empty");
		free(copy);
		return false;
	}
	free(*slot);
	*slot = copy;
	return true;
}

static bool add_text(struct options_list *list, const char *value, const char **ret_reason)
{
	if (list->count == OPTIONS_LIST_MAX) {
		*ret_reason = _("is given more than 8 times");
		return false;
	}
	list->texts[list->count] = NULL;
	bool good = set_text(&list->texts[list->count], value, ret_reason);
	list->count += good;
	return good;
}

static bool set_number(const struct row *row, int64_t *slot, const char *value, const char **ret_reason)
{
	static char reason[100];
	char *end;
	long long number = strtoll(value, &end, 10);

	if (*value < '0' || *value > '9' || *end != '\0' || number < row->min || number > row->max) {
		(void)snprintf(reason, sizeof reason, _("must be a whole number from %" PRId64 " to %" PRId64), row->min, row->max);
		*ret_reason = reason;
		return false;
	}
	*slot = number;
	return true;
}

bool options_set(struct options *options, enum options_id id, const char *value, const char **ret_reason)
{
	const struct row *row = &rows[id];
	void *slot = slot_of(options, row);

	switch (row->type) {
	case TYPE_TEXT:
		return set_text(slot, value, ret_reason);
	case TYPE_LIST:
		return add_text(slot, value, ret_reason);
	case TYPE_NUMBER:
		return set_number(row, slot, value, ret_reason);
	default:
		*ret_reason = _("must be yes or no");
		*(bool *)slot = strcmp(value, "yes") == 0;
		return *(bool *)slot || strcmp(value, "no") == 0;
	}
}

static void list_clear(struct options_list *list)
{
	while (list->count > 0)
		free(list->texts[--list->count]);
}

void options_clear(struct options *options)
{
	for (size_t i = 0; i < OPTIONS_COUNT; i++) {
		if (rows[i].type == TYPE_TEXT)
			free(*(char **)slot_of(options, &rows[i]));
		else if (rows[i].type == TYPE_LIST)
			list_clear(slot_of(options, &rows[i]));
	}
	*options = (struct options){0};
}

static bool set_initial(struct options *options)
{
	const char *reason;

	*options = (struct options){.outbox = outbox_file_default_path()};
	if (options->outbox == NULL)
		return false;
	for (int i = 0; i < OPTIONS_COUNT; i++)
		if (rows[i].row.initial != NULL && !options_set(options, (enum options_id)i, rows[i].row.initial, &reason))
			return false;
	return true;
}

/* the command line */

static void make_long_options(struct option long_options[static OPTIONS_COUNT + 1])
{
	for (int i = 0; i < OPTIONS_COUNT; i++)
		long_options[i] = (struct option){.name = rows[i].row.name,
		                                  .has_arg = rows[i].row.value == NULL ? no_argument : required_argument,
		                                  .val = i};
	long_options[OPTIONS_COUNT] = (struct option){0};
}

// What the command line says of a list replaces what the files say.
static bool set_from_word(struct options *options, int id, const char *value, uint32_t *given)
{
	const char *reason = "";

	if (rows[id].type == TYPE_LIST && (*given & OPTIONS_BIT(id)) == 0)
		list_clear(slot_of(options, &rows[id]));
	*given |= OPTIONS_BIT(id);
	if (options_set(options, (enum options_id)id, value == NULL ? "yes" : value, &reason))
		return true;
	(void)fprintf(stderr, "baocao: --%s %s: %s\n", rows[id].row.name, value, reason);
	return false;
}

// Goes through the words twice: at first only for --conf, which says what is read before the others are set.
static bool read_words(struct options *options, int argc, char **argv, uint32_t allowed, bool only_conf)
{
	struct option long_options[OPTIONS_COUNT + 1];
	uint32_t given = 0;
	int id;

	make_long_options(long_options);
	optind = 0; // begins anew: getopt_long(3)
	while ((id = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (id == '?')
			return false;
		if ((allowed & OPTIONS_BIT(id)) == 0) {
			(void)fprintf(stderr, _("baocao: %s takes no --%s\n"), argv[0], rows[id].row.name);
			return false;
		}
		if ((id == OPTIONS_CONF) == only_conf && !set_from_word(options, id, optarg, &given))
			return false;
	}
	options->operands = argv + optind;
	options->operand_count = argc - optind;
	return true;
}

bool options_parse(struct options *options, int argc, char **argv, uint32_t allowed)
{
	if (!set_initial(options)) {
		(void)fputs(_("baocao: out of memory\n"), stderr);
		return false;
	}
	return read_words(options, argc, argv, allowed, true) &&
	       ((allowed & OPTIONS_BIT(OPTIONS_CONF)) == 0 || conf_read_all(options)) &&
	       read_words(options, argc, argv, allowed, false);
}
