// What the command line and baocao.conf may say: one row for each option in one table (options.c). Parsing, --help, the
// manual pages and the completion of shells derive from it. One thread.
#ifndef BAOCAO_OPTIONS_H
#define BAOCAO_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum options_id {
	OPTIONS_CONF,
	OPTIONS_LANG,
	OPTIONS_OUTBOX,
	OPTIONS_SERVER,
	OPTIONS_SERVER_KEY,
	OPTIONS_KEY,
	OPTIONS_SIGNING_KEY,
	OPTIONS_TIMEOUT,
	OPTIONS_FOLDER,
	OPTIONS_SCAN,
	OPTIONS_SETTLE,
	OPTIONS_ONCE,
	OPTIONS_SIGNING,
	OPTIONS_FORMAT,
	OPTIONS_MARK,
	OPTIONS_UNCHECKED,
	OPTIONS_PENDING,
	OPTIONS_REFUSED,
	OPTIONS_ALL,
	OPTIONS_KIND,
	OPTIONS_PERIOD,
	OPTIONS_UNIT,
	OPTIONS_SINCE,
	OPTIONS_JSON,
	OPTIONS_CSV,
	OPTIONS_QUIET,
	OPTIONS_COUNT
};

// A set of options.
#define OPTIONS_BIT(id) (UINT32_C(1) << (id))
_Static_assert(OPTIONS_COUNT <= 32, "a set of options is 32 bits");

enum { OPTIONS_LIST_MAX = 8 }; // servers, and keys of theirs: more help nobody

struct options_list {
	int count;
	char *texts[OPTIONS_LIST_MAX];
};

// Texts are owned; NULL where nothing was said and there is no value to begin with.
struct options {
	char *conf, *lang, *format, *outbox, *key, *folder, *kind, *period, *unit, *since;
	struct options_list servers, server_keys, signing_keys;
	int64_t timeout_s, scan_s, settle_s;
	bool once, signing, mark, unchecked, pending, refused, all, json, csv, quiet;
	char **operands; // what is no option; ends with NULL; the caller's argv
	int operand_count;
};

// What a value is, for the completion of shells.
enum options_value { OPTIONS_NOTHING, OPTIONS_FILE, OPTIONS_FOLDER_PATH, OPTIONS_KIND_NAME, OPTIONS_WORD };

struct options_row {
	const char *name;  // without --
	const char *value; // the value's name in a usage line; NULL: takes none
	enum options_value value_is;
	bool repeatable;
	bool in_file;        // baocao.conf may have it
	const char *initial; // NULL: nothing
	const char *help;
};

const struct options_row *options_row(enum options_id id);

// Reads the configuration files, when --conf is in the set, then the command line, which prevails; argv[0] is the command's name. Of options only those
// of the set are taken from the command line. False: the reason has been printed. options_clear() either way.
bool options_parse(struct options *options, int argc, char **argv, uint32_t allowed);
void options_clear(struct options *options);

// Sets an option to a value in text, as a line of baocao.conf or a word of the command line does. A flag takes yes or no.
// False: *ret_reason says why.
bool options_set(struct options *options, enum options_id id, const char *value, const char **ret_reason);

#endif
