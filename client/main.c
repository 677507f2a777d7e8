// baocao: the collector's tool. One row for each subcommand.
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "describe.h"
#include "examine.h"
#include "keys.h"
#include "language.h"
#include "send.h"
#include "template.h"

static const struct {
	const char *name, *arguments, *help;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"keygen", "FILE", N_("make a key pair: FILE and FILE.pub; print the public key and how it is registered"), keys_generate},
	{"template", TEMPLATE_ARGUMENTS, N_("write an empty form to fill in: a workbook, CSV or JSON"), template},
	{"check", EXAMINE_ARGUMENTS, N_("say all that is wrong with files, and send nothing; --mark writes copies that show it in its place"),
     examine},
	{"describe", "[KIND]", N_("list the kinds of report, or the fields and rules of one"), describe},
	{"send", SEND_ARGUMENTS, N_("check the reports of the files (JSON Lines, CSV), queue those that are right, deliver them"),
     send_files},
	{"queue", SEND_QUEUE_ARGUMENTS, N_("the first half of send: what it says is queued survives everything"), send_queue},
	{"deliver", SEND_DELIVER_ARGUMENTS, N_("the second half: bring what is queued to the server"), send_deliver},
	{"status", SEND_STATUS_ARGUMENTS, N_("what is pending, delivered, refused"), send_status},
};

static void print_help(FILE *out)
{
	(void)fprintf(out, "%s\n\n", _("baocao files reports with baocaod."));
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
		(void)fprintf(out, "  baocao %s %s\n      %s\n", commands[i].name, commands[i].arguments, _(commands[i].help));
	(void)fprintf(out, "  baocao --help | --version\n  --lang vi|en\n      %s\n",
	              _("anywhere: the language of what is said; else that of the locale"));
}

// Takes --lang out of the arguments, wherever it stands before "--". False: a language that the tool does not speak.
static bool choose_language(int *argc, char **argv)
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
	return language_init(name);
}

int main(int argc, char **argv)
{
	if (sodium_init() < 0 || argc < 1)
		return 2;
	if (!choose_language(&argc, argv)) {
		(void)fputs("baocao: --lang is vi or en\n", stderr);
		return 2;
	}
	for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof commands[0]; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		(void)puts("baocao " BAOCAO_VERSION);
		return 0;
	}
	bool asked = argc == 2 && strcmp(argv[1], "--help") == 0;
	print_help(asked ? stdout : stderr);
	return asked ? 0 : 2;
}
