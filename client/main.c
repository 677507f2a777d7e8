// baocao: the collector's tool. What it can do is in the table of commands.c.
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "exit_status.h"
#include "language.h"

// Takes --lang out of the arguments, wherever it stands before "--"; NULL when it does not.
static const char *take_language(int *argc, char **argv)
{
	const char *name = NULL;
	int kept = 1;
	bool options = true;

	for (int i = 1; i < *argc; i++) {
		options &= strcmp(argv[i], "--") != 0;
		if (options && strcmp(argv[i], "--lang") == 0 && i + 1 < *argc)
			name = argv[++i];
		else if (options && strncmp(argv[i], "--lang=", strlen("--lang=")) == 0)
			name = argv[i] + strlen("--lang=");
		else
			argv[kept++] = argv[i];
	}
	argv[*argc = kept] = NULL;
	return name;
}

int main(int argc, char **argv)
{
	if (sodium_init() < 0 || argc < 1)
		return STATUS_WRONG;
	const char *language = take_language(&argc, argv);
	if (!language_init(language)) {
		(void)fputs(_("baocao: --lang is vi or en\n"), stderr);
		return STATUS_WRONG;
	}
	const struct command *command = argc > 1 ? commands_named(argv[1]) : NULL;
	if (command != NULL)
		return commands_run(command, argc - 1, argv + 1, language);
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		(void)puts("baocao " BAOCAO_VERSION);
		return STATUS_ALL_STORED;
	}
	bool asked = argc == 2 && strcmp(argv[1], "--help") == 0;
	commands_print_help(NULL, asked ? stdout : stderr);
	return asked ? STATUS_ALL_STORED : STATUS_WRONG;
}
