#include "arguments.h"

#include <getopt.h>
#include <stdio.h>

void arguments_help(FILE *out)
{
	(void)fputs(
		"baocaod receives reports over ZeroMQ and stores them in PostgreSQL.\n\n"
		"usage: baocaod [--config FILE] [--set NAME=VALUE]...\n"
		"               [--check | --print-config | --print-metrics | --help | --version]\n\n"
		"  --config FILE      read the configuration from FILE (lines of NAME = VALUE)\n"
		"  --set NAME=VALUE   set one option after the file\n"
		"  --check            test configuration, keys, gate, database and clock, say every problem, and exit\n"
		"  --print-config     print the whole configuration as a file, and exit\n"
		"  --print-metrics    print what /metrics can say as a page of Markdown, and exit\n\n"
		"exit status: 0 when all is well, 1 when the daemon cannot run or --check found a problem, 2 when the\n"
		"command line cannot be understood\n\n"
		"signals: SIGHUP reads the configuration again, as the same command line says; SIGTERM and SIGINT stop the daemon\n"
		"when what it read is written, a second one at once\n\noptions:\n",
		out);
	config_help(out);
}

static bool set(struct config *config, const char *assignment, FILE *problems)
{
	const char *reason;
	bool good = config_set(config, assignment, &reason);

	if (!good)
		(void)fprintf(problems, "--set %s: %s\n", assignment, reason);
	return good;
}

struct arguments arguments_parse(struct config *config, int argc, char **argv, FILE *problems)
{
	enum { LONG_ONLY = 256 }; // codes of the commands, above every character
	static const struct option long_options[] = {{"config", required_argument, NULL, 'c'},
												 {"set", required_argument, NULL, 's'},
												 {"check", no_argument, NULL, LONG_ONLY + COMMAND_CHECK},
												 {"print-config", no_argument, NULL, LONG_ONLY + COMMAND_PRINT_CONFIG},
												 {"print-metrics", no_argument, NULL, LONG_ONLY + COMMAND_PRINT_METRICS},
												 {"help", no_argument, NULL, 'h'},
												 {"version", no_argument, NULL, LONG_ONLY + COMMAND_VERSION},
												 {NULL, 0, NULL, 0}};
	struct arguments arguments = {.command = COMMAND_SERVE, .is_good = true};
	int option;

	optind = 0; // from the beginning, also the second time (getopt(3))
	while ((option = getopt_long(argc, argv, "c:s:h", long_options, NULL)) != -1) {
		if (option == 'c')
			arguments.is_good = config_read_file(config, optarg, problems) && arguments.is_good;
		else if (option == 's')
			arguments.is_good = set(config, optarg, problems) && arguments.is_good;
		else if (option == 'h')
			arguments.command = COMMAND_HELP;
		else
			arguments.command = option < LONG_ONLY ? COMMAND_WRONG : (enum command)(option - LONG_ONLY);
		if (arguments.command == COMMAND_WRONG)
			return arguments; // getopt has said why
	}
	if (optind < argc) {
		(void)fprintf(problems, "baocaod: what is %s? See --help.\n", argv[optind]);
		arguments.command = COMMAND_WRONG;
	}
	return arguments;
}
