// The commands of baocao, one row each. main() runs them; usage, help, the manual pages and the completion of shells derive
// from the rows.
#ifndef BAOCAO_COMMANDS_H
#define BAOCAO_COMMANDS_H

#include <stdio.h>

#include "options.h"

struct command {
	const char *name;
	const char *operands;            // as in the usage line; "" for none
	int operands_min, operands_max;  // -1: any number
	enum options_value operands_are; // for the completion of shells
	uint32_t options;                // that it takes
	const char *help;                // one line
	const char *text;                // for the manual page: what is to be known besides
	int (*run)(const struct options *options); // exit status
};

// NULL behind the last, and where none has the name.
const struct command *commands_at(size_t index);
const struct command *commands_named(const char *name);

// "baocao queue [--outbox FILE] FILE...", without an end of line.
void commands_print_usage(const struct command *command, FILE *out);

// What --help says, of one command or (NULL) of all.
void commands_print_help(const struct command *command, FILE *out);

// Parses the arguments (argv[0] is the command's name) and runs it. language: what the command line says of it, NULL: nothing;
// then baocao.conf may. Exit status.
int commands_run(const struct command *command, int argc, char **argv, const char *language);

#endif
