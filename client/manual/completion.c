#include <string.h>

#include "commands.h"
#include "manual.h"

static void put_kinds(FILE *out, const struct contract *contract)
{
	for (size_t i = 0; i < contract->kind_count; i++)
		(void)fprintf(out, "%s%s", i == 0 ? "" : " ", contract->kinds[i].name);
}

static void put_commands(FILE *out)
{
	for (size_t i = 0; commands_at(i) != NULL; i++)
		(void)fprintf(out, "%s ", commands_at(i)->name);
}

/* bash */

static void put_bash_values(FILE *out, enum options_value value, const struct contract *contract)
{
	switch (value) {
	case OPTIONS_FILE:
		(void)fputs("compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")", out);
		return;
	case OPTIONS_FOLDER_PATH:
		(void)fputs("compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- \"$cur\")", out);
		return;
	case OPTIONS_KIND_NAME:
		(void)fputs("mapfile -t COMPREPLY < <(compgen -W '", out);
		put_kinds(out, contract);
		(void)fputs("' -- \"$cur\")", out);
		return;
	default:
		(void)fputs(":", out);
	}
}

// One arm of a case for each option that takes a value.
static void put_bash_option_values(FILE *out, const struct contract *contract)
{
	(void)fputs("\tcase $prev in\n", out);
	for (int i = 0; i < OPTIONS_COUNT; i++) {
		const struct options_row *row = options_row((enum options_id)i);
		if (row->value == NULL)
			continue;
		(void)fprintf(out, "\t--%s) ", row->name);
		put_bash_values(out, row->value_is, contract);
		(void)fputs("; return ;;\n", out);
	}
	(void)fputs("\tesac\n", out);
}

static void put_bash_command(FILE *out, const struct command *command, const struct contract *contract)
{
	(void)fprintf(out, "\t%s)\n\t\tif [[ $cur == -* ]]; then\n\t\t\tmapfile -t COMPREPLY < <(compgen -W '", command->name);
	for (int i = 0; i < OPTIONS_COUNT; i++)
		if ((command->options & OPTIONS_BIT(i)) != 0)
			(void)fprintf(out, "--%s ", options_row((enum options_id)i)->name);
	(void)fputs("--help' -- \"$cur\")\n\t\telse\n\t\t\t", out);
	put_bash_values(out, command->operands_are, contract);
	(void)fputs("\n\t\tfi ;;\n", out);
}

void manual_write_bash(FILE *out, const struct contract *contract)
{
	(void)fputs("# Completion of baocao for bash; made of the tables of client/.\n_baocao()\n{\n"
	            "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n\tCOMPREPLY=()\n"
	            "\tif [ \"$COMP_CWORD\" = 1 ]; then\n\t\tmapfile -t COMPREPLY < <(compgen -W '", out);
	put_commands(out);
	(void)fputs("--help --version' -- \"$cur\")\n\t\treturn\n\tfi\n", out);
	put_bash_option_values(out, contract);
	(void)fputs("\tcase ${COMP_WORDS[1]} in\n", out);
	for (size_t i = 0; commands_at(i) != NULL; i++)
		put_bash_command(out, commands_at(i), contract);
	(void)fputs("\tesac\n}\ncomplete -F _baocao baocao\n", out);
}

/* zsh and fish: texts stand in single quotes */

// Escapes a single quote as the shell does it, and with a backslash each of the other characters.
static void put_quoted(FILE *out, const char *text, const char *quote, const char *others)
{
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			(void)fputs(quote, out);
		else if (strchr(others, *text) != NULL)
			(void)fprintf(out, "\\%c", *text);
		else
			(void)fputc(*text, out);
	}
}

static void put_zsh_action(FILE *out, enum options_value value, const struct contract *contract)
{
	if (value == OPTIONS_KIND_NAME) {
		(void)fputc('(', out);
		put_kinds(out, contract);
		(void)fputc(')', out);
	} else {
		(void)fputs(value == OPTIONS_FILE ? "_files" : value == OPTIONS_FOLDER_PATH ? "_files -/" : " ", out);
	}
}

static void put_zsh_command(FILE *out, const struct command *command, const struct contract *contract)
{
	(void)fprintf(out, "\t%s)\n\t\t_arguments", command->name);
	for (int i = 0; i < OPTIONS_COUNT; i++) {
		const struct options_row *row = options_row((enum options_id)i);
		if ((command->options & OPTIONS_BIT(i)) == 0)
			continue;
		(void)fprintf(out, " \\\n\t\t\t'%s--%s[", row->repeatable ? "*" : "", row->name);
		put_quoted(out, row->help, "'\\''", "[]:\\");
		(void)fputc(']', out);
		if (row->value != NULL) {
			(void)fputs(": :", out);
			put_zsh_action(out, row->value_is, contract);
		}
		(void)fputc('\'', out);
	}
	if (command->operands_are != OPTIONS_NOTHING) {
		(void)fputs(" \\\n\t\t\t'*: :", out);
		put_zsh_action(out, command->operands_are, contract);
		(void)fputc('\'', out);
	}
	(void)fputs(" ;;\n", out);
}

void manual_write_zsh(FILE *out, const struct contract *contract)
{
	(void)fputs("#compdef baocao\n# Made of the tables of client/.\nlocal -a commands\ncommands=(\n", out);
	for (size_t i = 0; commands_at(i) != NULL; i++) {
		(void)fprintf(out, "\t'%s:", commands_at(i)->name);
		put_quoted(out, commands_at(i)->help, "'\\''", ":\\");
		(void)fputs("'\n", out);
	}
	(void)fputs(")\nif (( CURRENT == 2 )); then\n\t_describe command commands\n\treturn\nfi\nshift words\n(( CURRENT-- ))\n"
	            "case $words[1] in\n", out);
	for (size_t i = 0; commands_at(i) != NULL; i++)
		put_zsh_command(out, commands_at(i), contract);
	(void)fputs("esac\n", out);
}

static void put_fish_values(FILE *out, enum options_value value, const struct contract *contract)
{
	if (value == OPTIONS_KIND_NAME) {
		(void)fputs(" -x -a '", out);
		put_kinds(out, contract);
		(void)fputc('\'', out);
	} else {
		(void)fputs(value == OPTIONS_FILE ? " -r -F" : value == OPTIONS_FOLDER_PATH ? " -x -a '(__fish_complete_directories)'" : " -x",
		            out);
	}
}

void manual_write_fish(FILE *out, const struct contract *contract)
{
	(void)fputs("# Completion of baocao for fish; made of the tables of client/.\n", out);
	for (size_t i = 0; commands_at(i) != NULL; i++) {
		const struct command *command = commands_at(i);
		(void)fprintf(out, "complete -c baocao -f -n __fish_use_subcommand -a %s -d '", command->name);
		put_quoted(out, command->help, "\\'", "\\");
		(void)fputs("'\n", out);
		for (int j = 0; j < OPTIONS_COUNT; j++) {
			const struct options_row *row = options_row((enum options_id)j);
			if ((command->options & OPTIONS_BIT(j)) == 0)
				continue;
			(void)fprintf(out, "complete -c baocao -n '__fish_seen_subcommand_from %s' -l %s", command->name, row->name);
			if (row->value != NULL)
				put_fish_values(out, row->value_is, contract);
			(void)fputs(" -d '", out);
			put_quoted(out, row->help, "\\'", "\\");
			(void)fputs("'\n", out);
		}
	}
}
