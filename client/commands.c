#include "commands.h"

#include <string.h>

#include "describe.h"
#include "examine.h"
#include "exit_status.h"
#include "keys.h"
#include "language.h"
#include "ping.h"
#include "prove.h"
#include "receipts.h"
#include "send.h"
#include "status.h"
#include "template.h"
#include "watch.h"

#define BIT(name) OPTIONS_BIT(OPTIONS_##name)
#define COMMON (BIT(CONF) | BIT(LANG))
#define SERVERS (COMMON | BIT(OUTBOX) | BIT(SERVER) | BIT(SERVER_KEY) | BIT(KEY) | BIT(SIGNING_KEY) | BIT(TIMEOUT))
#define FILTERS (BIT(KIND) | BIT(PERIOD) | BIT(UNIT))

static const struct command commands[] = {
	{"keygen", "FILE", 1, 1, OPTIONS_FILE, BIT(LANG) | BIT(SIGNING),
     N_("make a key pair: FILE and FILE.pub; print the public key and how it is registered"),
     "FILE holds the secret key: only its owner may read it, and it is never overwritten. The administrator of the server "
     "registers the public key; nobody ever needs the secret one. With --signing it is a key for a server that signs receipts.", keys_generate},
	{"ping", "", 0, 0, OPTIONS_NOTHING, COMMON | BIT(SERVER) | BIT(SERVER_KEY) | BIT(KEY) | BIT(TIMEOUT),
     N_("try each server, and say what is to be mended: the line, the address, a key"),
     "Files nothing. All servers must be reached for the exit status to be 0.", ping_servers},
	{"describe", "[KIND]", 0, 1, OPTIONS_KIND_NAME, BIT(LANG), N_("list the kinds of report, or the fields and rules of one"),
     "In Vietnamese and English, as the server applies them.", describe},
	{"template", "KIND [FILE]", 1, 2, OPTIONS_KIND_NAME, BIT(LANG) | BIT(FORMAT),
     N_("write an empty form to fill in: a workbook, CSV or JSON"),
     "Made from the contract, with headings in the language that is spoken, lists of allowed values, bounds and an example. What is "
     "filled in is read as it is by check, send and watch.", template},
	{"check", "FILE...", 1, -1, OPTIONS_FILE, BIT(LANG) | BIT(MARK),
     N_("say all that is wrong with files, and send nothing"),
     "Needs neither network nor outbox. Exit status 0: every report is right.", examine},
	{"send", "FILE...", 1, -1, OPTIONS_FILE, SERVERS | BIT(UNCHECKED) | BIT(QUIET),
     N_("check the reports of the files, queue those that are right, deliver them"),
     "Queue and deliver in one. What was pending before is delivered as well; the exit status speaks of the reports of these "
        "files.", send_files},
	{"queue", "FILE...", 1, -1, OPTIONS_FILE, COMMON | BIT(OUTBOX) | BIT(UNCHECKED) | BIT(QUIET),
     N_("the first half of send: what it says is queued survives everything"),
     "Needs no network. A report that is wrong is printed with everything that is wrong with it, and the others are queued. "
        "The same report is never queued twice while it is pending.", send_queue},
	{"deliver", "", 0, 0, OPTIONS_NOTHING, SERVERS | BIT(QUIET),
     N_("the second half: bring what is queued to the server"),
     "Goes on until everything is answered, or no answer came for --timeout. Sending twice is harmless: the server knows its "
        "reports again.", send_deliver},
	{"watch", "[DIR]", 0, 1, OPTIONS_FOLDER_PATH, SERVERS | BIT(FOLDER) | BIT(SCAN) | BIT(SETTLE) | BIT(ONCE) | BIT(QUIET),
     N_("look after a folder: check, queue and deliver what people put into it"),
     "A file whose reports are all right is moved to DIR/sent. One in which something is wrong is moved to DIR/returned, with "
        "all that is wrong in a text beside it; its right reports are filed all the same, and are known again when the corrected "
        "file comes. What the server refuses later appears in DIR/returned, too. Nothing there is ever overwritten. Hidden, "
        "temporary and lock files are left alone, and so are files that somebody has open for writing or in an office program. "
        "Ended at any moment, even by a loss of power, it loses nothing: a file is where it was, or queued. It runs as a service: "
        "systemctl enable --now baocao-watch, for the machine or with --user.", watch_folder},
	{"reconcile", "", 0, 0, OPTIONS_NOTHING, SERVERS | BIT(SINCE) | BIT(QUIET),
     N_("after the server's database was set back: ask again for what was acknowledged"),
     "What the server has is a duplicate to it; what it has not, as a backup was restored, is filed again. Receipts of before stay. "
        "Exit status 0: all that was acknowledged is there.", send_reconcile},
	{"status", "", 0, 0, OPTIONS_NOTHING,
     COMMON | BIT(OUTBOX) | BIT(PENDING) | BIT(REFUSED) | BIT(ALL) | FILTERS | BIT(JSON) | BIT(QUIET),
     N_("what is pending, delivered, refused, in all and for each kind and period"),
     "The filters bear upon the counts, not upon the list. The JSON is described in docs/collector.md; members are only ever "
        "added.", status_print},
	{"receipts", "", 0, 0, OPTIONS_NOTHING, COMMON | BIT(OUTBOX) | FILTERS | BIT(JSON) | BIT(CSV),
     N_("list or export the proofs: the numbers under which the server has stored reports"),
     "A report's content digest and the server's report_no are what an administrator needs to find it again.",
     receipts_print},
	{"proof", "REPORT_NO|FILE:LINE", 1, 1, OPTIONS_WORD, COMMON | BIT(OUTBOX),
     N_("write the proof that a report was filed: what the server has signed of it"),
     "To standard output: text that can be mailed and printed. Exit status 1: there is none.", prove_proof},
	{"verify", "PROOF...", 1, -1, OPTIONS_FILE, COMMON | BIT(OUTBOX) | BIT(SIGNING_KEY),
     N_("check proofs, without a network, by the keys that are trusted"),
     "By the keys of --signing-key, or else those that the outbox trusts. Exit status 1: some do not hold.", prove_verify},
};

enum { COMMANDS = sizeof commands / sizeof commands[0] };

const struct command *commands_at(size_t index)
{
	return index < COMMANDS ? &commands[index] : NULL;
}

const struct command *commands_named(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

/* help */

void commands_print_usage(const struct command *command, FILE *out)
{
	(void)fprintf(out, "baocao %s", command->name);
	for (int i = 0; i < OPTIONS_COUNT; i++) {
		const struct options_row *row = options_row((enum options_id)i);
		if ((command->options & OPTIONS_BIT(i)) != 0)
			(void)fprintf(out, " [--%s%s%s]%s", row->name, row->value == NULL ? "" : " ", row->value == NULL ? "" : row->value,
			              row->repeatable ? "..." : "");
	}
	if (command->operands[0] != '\0')
		(void)fprintf(out, " %s", command->operands);
}

static void print_options(uint32_t options, FILE *out)
{
	for (int i = 0; i < OPTIONS_COUNT; i++) {
		const struct options_row *row = options_row((enum options_id)i);
		char name[64];
		if ((options & OPTIONS_BIT(i)) == 0)
			continue;
		(void)snprintf(name, sizeof name, "--%s %s", row->name, row->value == NULL ? "" : row->value);
		(void)fprintf(out, "  %-22s %s", name, _(row->help));
		if (row->initial != NULL)
			(void)fprintf(out, _(" (%s, unless given)"), row->initial);
		(void)fputc('\n', out);
	}
}

static void print_statuses(FILE *out)
{
	(void)fputs(_("\nexit status:\n"), out);
	for (int i = 0; i < STATUS_COUNT; i++)
		(void)fprintf(out, "  %d  %s\n", i, _(exit_status_help((enum exit_status)i)));
}

void commands_print_help(const struct command *command, FILE *out)
{
	if (command != NULL) {
		commands_print_usage(command, out);
		(void)fprintf(out, "\n%s\n\n", _(command->help));
		print_options(command->options, out);
		print_statuses(out);
		return;
	}
	(void)fputs(_("baocao files reports with baocaod.\n\n"), out);
	for (size_t i = 0; i < COMMANDS; i++)
		(void)fprintf(out, "  baocao %s %s\n      %s\n", commands[i].name, commands[i].operands, _(commands[i].help));
	(void)fputs(_("  baocao COMMAND --help\n      the options of a command\n  baocao --help | --version\n"), out);
	print_statuses(out);
}

/* running */

static bool operands_fit(const struct command *command, const struct options *options)
{
	int count = options->operand_count;
	return count >= command->operands_min && (command->operands_max < 0 || count <= command->operands_max);
}

int commands_run(const struct command *command, int argc, char **argv, const char *language)
{
	struct options options;
	int status = STATUS_WRONG;

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		commands_print_help(command, stdout);
		return STATUS_ALL_STORED;
	}
	bool good = options_parse(&options, argc, argv, command->options);
	if (good && language == NULL && options.lang != NULL && !language_init(options.lang)) {
		(void)fputs(_("baocao: lang is vi or en\n"), stderr);
	} else if (good && operands_fit(command, &options)) {
		status = command->run(&options);
	} else {
		(void)fputs(_("usage: "), stderr);
		commands_print_usage(command, stderr);
		(void)fputc('\n', stderr);
	}
	options_clear(&options);
	return status;
}
