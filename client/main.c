// baocao: the collector's tool. One row for each subcommand.
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "describe.h"
#include "keys.h"
#include "prove.h"
#include "send.h"

static const struct {
	const char *name, *arguments, *help;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"keygen", "[--signing] FILE",
     "make a key pair: FILE and FILE.pub; print the public key and how it is registered; --signing: for a server's receipts",
     keys_generate},
	{"describe", "[KIND]", "list the kinds of report, or the fields and rules of one", describe},
	{"send", SEND_ARGUMENTS, "check the reports of the files (JSON Lines, CSV), queue those that are right, deliver them",
     send_files},
	{"queue", SEND_QUEUE_ARGUMENTS, "the first half of send: what it says is queued survives everything", send_queue},
	{"deliver", SEND_DELIVER_ARGUMENTS, "the second half: bring what is queued to the server", send_deliver},
	{"proof", PROVE_PROOF_ARGUMENTS, "write the proof that a report was filed: what the server has signed of it", prove_proof},
	{"verify", PROVE_VERIFY_ARGUMENTS, "check proofs, without a network, by the keys that are trusted", prove_verify},
	{"status", SEND_STATUS_ARGUMENTS, "what is pending, delivered, refused", send_status},
};

static void print_help(FILE *out)
{
	(void)fputs("baocao files reports with baocaod.\n\n", out);
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
		(void)fprintf(out, "  baocao %s %s\n      %s\n", commands[i].name, commands[i].arguments, commands[i].help);
	(void)fputs("  baocao --help | --version\n", out);
}

int main(int argc, char **argv)
{
	if (sodium_init() < 0)
		return 2;
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
