// baocao: the collector's tool. What it can do is in the table of commands.c.
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "exit_status.h"

int main(int argc, char **argv)
{
	if (sodium_init() < 0)
		return STATUS_WRONG;
	const struct command *command = argc > 1 ? commands_named(argv[1]) : NULL;
	if (command != NULL)
		return commands_run(command, argc - 1, argv + 1);
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		(void)puts("baocao " BAOCAO_VERSION);
		return STATUS_ALL_STORED;
	}
	bool asked = argc == 2 && strcmp(argv[1], "--help") == 0;
	commands_print_help(NULL, asked ? stdout : stderr);
	return asked ? STATUS_ALL_STORED : STATUS_WRONG;
}
