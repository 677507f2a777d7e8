#include <string.h>

#include "commands.h"
#include "exit_status.h"
#include "manual.h"

/* roff */

// Text as roff wants it: backslashes and hyphens escaped, no line that begins like a request.
static void put(FILE *out, const char *text)
{
	if (*text == '.' || *text == '\'')
		(void)fputs("\\&", out);
	for (; *text != '\0'; text++) {
		if (*text == '\\')
			(void)fputs("\\e", out);
		else if (*text == '-')
			(void)fputs("\\-", out);
		else
			(void)fputc(*text, out);
	}
}

static void put_line(FILE *out, const char *text)
{
	put(out, text);
	(void)fputc('\n', out);
}

static void put_title(FILE *out, const char *name, const char *section)
{
	(void)fprintf(out, ".\\\" Made of the tables of client/; do not edit.\n.TH %s %s \"\" \"baocao %s\" \"Báo cáo\"\n", name, section,
	              BAOCAO_VERSION);
}

static void put_section(FILE *out, const char *name)
{
	(void)fprintf(out, ".SH %s\n", name);
}

static void put_sentence(FILE *out, const char *text)
{
	char first[8] = {text[0] >= 'a' && text[0] <= 'z' ? (char)(text[0] - 'a' + 'A') : text[0], '\0'};
	put(out, first);
	put(out, text + 1);
	(void)fputs(".\n", out);
}

static void put_option_name(FILE *out, const struct options_row *row)
{
	(void)fputs("\\fB\\-\\-", out);
	put(out, row->name);
	(void)fputs("\\fR", out);
	if (row->value != NULL) {
		(void)fputs(" \\fI", out);
		put(out, row->value);
		(void)fputs("\\fR", out);
	}
}

static void put_option_help(FILE *out, const struct options_row *row)
{
	put_sentence(out, row->help);
	if (row->initial != NULL)
		(void)fprintf(out, "%s, unless given.\n", row->initial);
	if (row->repeatable)
		(void)fprintf(out, "May be given up to %d times.\n", OPTIONS_LIST_MAX);
}

/* baocao(1) */

static void put_synopsis(FILE *out)
{
	put_section(out, "SYNOPSIS");
	for (size_t i = 0; commands_at(i) != NULL; i++) {
		const struct command *command = commands_at(i);
		(void)fprintf(out, "%s\\fBbaocao %s\\fR", i == 0 ? "" : ".br\n", command->name);
		if (command->options != 0)
			(void)fputs(" [\\fIoptions\\fR]", out);
		if (command->operands[0] != '\0') {
			(void)fputs(" \\fI", out);
			put(out, command->operands);
			(void)fputs("\\fR", out);
		}
		(void)fputc('\n', out);
	}
	(void)fputs(".br\n\\fBbaocao\\fR [\\fIcommand\\fR] \\fB\\-\\-help\\fR\n.br\n\\fBbaocao \\-\\-version\\fR\n", out);
}

static void put_command(FILE *out, const struct command *command)
{
	const char *separator = "Options: ";

	(void)fprintf(out, ".SS baocao %s", command->name);
	if (command->operands[0] != '\0') {
		(void)fputc(' ', out);
		put(out, command->operands);
	}
	(void)fputc('\n', out);
	put_sentence(out, command->help);
	put_line(out, command->text);
	for (int i = 0; i < OPTIONS_COUNT; i++) {
		if ((command->options & OPTIONS_BIT(i)) == 0)
			continue;
		(void)fputs(separator, out);
		put_option_name(out, options_row((enum options_id)i));
		separator = ", ";
	}
	if (command->options != 0)
		(void)fputs(".\n", out);
}

static void put_statuses(FILE *out)
{
	put_section(out, "EXIT STATUS");
	for (int i = 0; i < STATUS_COUNT; i++) {
		(void)fprintf(out, ".TP\n\\fB%d\\fR\n", i);
		put_sentence(out, exit_status_help((enum exit_status)i));
	}
}

// What pages say besides the tables.
static const struct {
	const char *heading, *name, *text;
} notes[] = {
	{"FILES", "/etc/baocao/baocao.conf, ~/.config/baocao/baocao.conf",
     "Options that need not be typed each time; see baocao.conf(5)."},
	{"FILES", "~/.local/state/baocao/outbox.db", "The outbox: an SQLite database. It must not be deleted while anything is pending."},
	{"ENVIRONMENT", "BAOCAO_OUTBOX", "The outbox, where --outbox does not say."},
	{"ENVIRONMENT", "XDG_STATE_HOME, XDG_CONFIG_HOME", "Where the outbox and baocao.conf are, instead of ~/.local/state and ~/.config."},
	{"EXAMPLES", "baocao keygen ~/.config/baocao/key", "Once: make a key, and have its public half registered."},
	{"EXAMPLES", "baocao queue august.csv", "Check a file and keep its reports until there is a line."},
	{"EXAMPLES", "baocao deliver", "Bring what is queued to the server that baocao.conf names."},
	{"EXAMPLES", "baocao receipts --csv --period 2022 > proofs.csv", "The proofs of a year, for a spreadsheet."},
};

static void put_notes(FILE *out)
{
	const char *heading = "";

	for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++) {
		if (strcmp(heading, notes[i].heading) != 0)
			put_section(out, notes[i].heading);
		heading = notes[i].heading;
		(void)fputs(".TP\n\\fB", out);
		put(out, notes[i].name);
		(void)fputs("\\fR\n", out);
		put_line(out, notes[i].text);
	}
}

void manual_write_commands(FILE *out)
{
	put_title(out, "BAOCAO", "1");
	put_section(out, "NAME");
	(void)fputs("baocao \\- file reports with baocaod\n", out);
	put_synopsis(out);
	put_section(out, "DESCRIPTION");
	put_line(out, "baocao turns the files of a collector (CSV, JSON Lines and what else baocao describe knows) into reports, checks "
	              "them as the server does, keeps them in an outbox that survives everything, and delivers them. The server stores "
	              "each report exactly once, however often it is sent.");
	put_section(out, "COMMANDS");
	for (size_t i = 0; commands_at(i) != NULL; i++)
		put_command(out, commands_at(i));
	put_section(out, "OPTIONS");
	for (int i = 0; i < OPTIONS_COUNT; i++) {
		(void)fputs(".TP\n", out);
		put_option_name(out, options_row((enum options_id)i));
		(void)fputc('\n', out);
		put_option_help(out, options_row((enum options_id)i));
	}
	put_statuses(out);
	put_notes(out);
	put_section(out, "SEE ALSO");
	(void)fputs(".BR baocao.conf (5)\n", out);
}

/* baocao.conf(5) */

void manual_write_conf(FILE *out)
{
	put_title(out, "BAOCAO.CONF", "5");
	put_section(out, "NAME");
	(void)fputs("baocao.conf \\- options of baocao that need not be typed each time\n", out);
	put_section(out, "SYNOPSIS");
	(void)fputs("/etc/baocao/baocao.conf\n.br\n~/.config/baocao/baocao.conf\n", out);
	put_section(out, "DESCRIPTION");
	put_line(out, "Lines of the form name = value; empty lines and lines that begin with # are passed over. The names are those of "
	              "options, without the hyphens before them. What the second file says prevails over the first, and the command "
	              "line over both; an option that may be given several times is replaced as a whole. --conf names another file, "
	              "which is read instead of both.");
	put_line(out, "A name that is not known, or a value that is not right, is an error that names the line.");
	put_section(out, "OPTIONS");
	for (int i = 0; i < OPTIONS_COUNT; i++) {
		const struct options_row *row = options_row((enum options_id)i);
		if (!row->in_file)
			continue;
		(void)fputs(".TP\n\\fB", out);
		put(out, row->name);
		(void)fputs("\\fR = \\fI", out);
		put(out, row->value == NULL ? "yes|no" : row->value);
		(void)fputs("\\fR\n", out);
		put_option_help(out, row);
	}
	put_section(out, "EXAMPLE");
	(void)fputs(".nf\nserver = tcp://baocao.example.vn:5570\nserver\\-key = /etc/baocao/server.pub\nkey = /home/lan/.config/baocao/key\n"
	            ".fi\n", out);
	put_section(out, "SEE ALSO");
	(void)fputs(".BR baocao (1)\n", out);
}

void manual_write_sample(FILE *out)
{
	(void)fputs("# Options of baocao that need not be typed each time: see baocao.conf(5). ~/.config/baocao/baocao.conf prevails.\n", out);
	for (int i = 0; i < OPTIONS_COUNT; i++) {
		const struct options_row *row = options_row((enum options_id)i);
		if (row->in_file)
			(void)fprintf(out, "\n# %s\n#%s = %s\n", row->help, row->name, row->initial != NULL ? row->initial : row->value);
	}
}
