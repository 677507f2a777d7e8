// The command line: which command, and the configuration from --config and --set in their order. SIGHUP reads it again.
#ifndef BAOCAO_ARGUMENTS_H
#define BAOCAO_ARGUMENTS_H

#include <stdio.h>

#include "config.h"

enum command {
	COMMAND_SERVE,
	COMMAND_CHECK,
	COMMAND_PRINT_CONFIG,
	COMMAND_PRINT_METRICS,
	COMMAND_HELP,
	COMMAND_VERSION,
	COMMAND_WRONG // the command line cannot be understood; the reason is told
};

struct arguments {
	enum command command;
	bool is_good; // every file could be read, and every option set; else the problems were told
};

// The configuration has its defaults already. Problems: one line each.
struct arguments arguments_parse(struct config *config, int argc, char **argv, FILE *problems);

void arguments_help(FILE *out);

#endif
