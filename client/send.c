#include "send.h"

#include <getopt.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "deliver.h"
#include "digest.h"
#include "import.h"
#include "judge.h"
#include "keys.h"

enum { STATUS_ALL_STORED, STATUS_SOME_NOT, STATUS_WRONG, STATUS_NO_ANSWER };

struct sending {
	const char *endpoint, *server_key, *key_file;
	unsigned patience_ms;
	bool unchecked;
	struct contract *contract;
	struct import import;
	struct deliver_report *packed; // those that are sent
	const struct imported **origins;
	size_t packed_count;
	size_t tally[BAOCAO__OUTCOME__OUTCOME_PROTOCOL + 1]; // by Outcome; 0 is INVALID: not sent
};

static const char *const outcome_names[] = {"INVALID", "STORED", "DUPLICATE", "CONFLICT", "SUPERSEDED", "REFUSED", "BUSY",
                                            "PROTOCOL"};
_Static_assert(sizeof outcome_names / sizeof outcome_names[0] == BAOCAO__OUTCOME__OUTCOME_PROTOCOL + 1,
               "every outcome has its name");

static bool parse(struct sending *sending, int argc, char **argv)
{
	static const struct option options[] = {{"server", required_argument, NULL, 's'},
	                                        {"server-key", required_argument, NULL, 'p'},
	                                        {"key", required_argument, NULL, 'k'},
	                                        {"timeout", required_argument, NULL, 't'},
	                                        {"unchecked", no_argument, NULL, 'u'},
	                                        {NULL, 0, NULL, 0}};
	int option;
	char *end = "";

	sending->patience_ms = 60000;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 's':
			sending->endpoint = optarg;
			break;
		case 'p':
			sending->server_key = optarg;
			break;
		case 'k':
			sending->key_file = optarg;
			break;
		case 't':
			sending->patience_ms = (unsigned)strtoul(optarg, &end, 10) * 1000;
			break;
		case 'u':
			sending->unchecked = true;
			break;
		default:
			return false;
		}
	}
	return sending->endpoint != NULL && optind < argc && *end == '\0' && sending->patience_ms > 0 &&
	       (sending->server_key == NULL) == (sending->key_file == NULL);
}

static void print_violation(const char *path, const char *rule, const char *vi, const char *en)
{
	(void)printf("    %s [%s] %s\n    %*s %s\n", path[0] == '\0' ? "(report)" : path, rule, en,
	             (int)(strlen(path[0] == '\0' ? "(report)" : path) + strlen(rule) + 3), "", vi);
}

static void print_invalid(struct sending *sending, const struct imported *origin, const struct verdict *verdict)
{
	(void)printf("%s:%zu INVALID\n", origin->path, origin->line);
	for (size_t i = 0; i < verdict->count; i++)
		print_violation(verdict->list[i].path, verdict->list[i].rule, verdict->list[i].vi, verdict->list[i].en);
	sending->tally[0]++;
}

static const char *text_or_empty(const char *text)
{
	return text == NULL ? "" : text;
}

static void on_answer(void *user, size_t index, const Baocao__Receipt *receipt, const Baocao__ReportOutcome *outcome)
{
	struct sending *sending = user;
	const struct imported *origin = sending->origins[index];
	Baocao__Outcome code = outcome == NULL ? receipt->whole : outcome->outcome;
	size_t known = (size_t)code < sizeof outcome_names / sizeof outcome_names[0] ? (size_t)code : 7;

	(void)printf("%s:%zu %s", origin->path, origin->line, outcome_names[known]);
	if (outcome != NULL && outcome->has_report_no)
		(void)printf(" report_no=%" PRIu64 " received_at=%s", outcome->report_no, text_or_empty(outcome->received_at));
	(void)printf("\n");
	for (size_t i = 0; outcome != NULL && i < outcome->n_violation; i++)
		print_violation(text_or_empty(outcome->violation[i]->path), text_or_empty(outcome->violation[i]->rule),
		                text_or_empty(outcome->violation[i]->vi), text_or_empty(outcome->violation[i]->en));
	if (outcome == NULL && receipt->problem != NULL)
		print_violation("", text_or_empty(receipt->problem->rule), text_or_empty(receipt->problem->vi),
		                text_or_empty(receipt->problem->en));
	if (outcome != NULL && outcome->unknown_fields > 0)
		(void)printf("    the server does not know %" PRIu32 " fields of this report yet\n", outcome->unknown_fields);
	sending->tally[known]++;
}

// Judges and packs one report; false when memory is out.
static bool prepare(struct sending *sending, struct imported *origin)
{
	struct verdict judged;
	bool readable = verdict_is_clean(&origin->verdict);

	if (!digest_canonicalise(sending->contract, origin->report, sending->import.arena))
		return false;
	verdict_init(&judged, sending->import.arena);
	judge_report(sending->contract, origin->report, readable ? &judged : &origin->verdict);
	// What could not be read is never sent: it would be another report than the file says.
	if (!readable || (!sending->unchecked && !verdict_is_clean(&judged))) {
		print_invalid(sending, origin, readable ? &judged : &origin->verdict);
		return true;
	}
	size_t size = protobuf_c_message_get_packed_size(origin->report);
	uint8_t *bytes = arena_alloc(sending->import.arena, size);
	if (bytes == NULL)
		return false;
	(void)protobuf_c_message_pack(origin->report, bytes);
	sending->packed[sending->packed_count] = (struct deliver_report){.bytes = bytes, .size = size};
	sending->origins[sending->packed_count++] = origin;
	return true;
}

static bool read_files(struct sending *sending, char **paths)
{
	for (; *paths != NULL; paths++)
		import_file(&sending->import, *paths);
	sending->packed = calloc(sending->import.count + 1, sizeof *sending->packed);
	sending->origins = calloc(sending->import.count + 1, sizeof *sending->origins);
	bool good = sending->packed != NULL && sending->origins != NULL;
	for (size_t i = 0; good && i < sending->import.count; i++)
		good = prepare(sending, &sending->import.reports[i]);
	if (!good)
		(void)fputs("baocao: out of memory\n", stderr);
	return good;
}

static bool deliver_all(struct sending *sending, bool *ret_keys_good)
{
	char server_key[KEYS_TEXT_SIZE], secret[KEYS_TEXT_SIZE], public[KEYS_TEXT_SIZE];
	struct deliver_server server = {.endpoint = sending->endpoint, .patience_ms = sending->patience_ms};

	*ret_keys_good = true;
	if (sending->key_file != NULL) {
		*ret_keys_good = keys_read_public(sending->server_key, server_key) && keys_read(sending->key_file, true, secret) &&
		                 zmq_curve_public(public, secret) == 0;
		server.server_public_key = server_key;
		server.public_key = public;
		server.secret_key = secret;
	}
	bool done = *ret_keys_good && (sending->packed_count == 0 || deliver(&server, sending->packed, sending->packed_count,
	                                                                     on_answer, sending));
	sodium_memzero(secret, sizeof secret);
	return done;
}

static void print_summary(const struct sending *sending)
{
	const char *separator = "";
	(void)printf("%zu reports: ", sending->import.count);
	for (size_t i = 0; i < sizeof outcome_names / sizeof outcome_names[0]; i++) {
		if (sending->tally[i] == 0)
			continue;
		(void)printf("%s%zu %s", separator, sending->tally[i], outcome_names[i]);
		separator = ", ";
	}
	if (sending->import.unreadable > 0)
		(void)printf("%s%zu lines unreadable", separator, sending->import.unreadable);
	(void)printf("\n");
}

static int run(struct sending *sending, char **paths)
{
	bool keys_good;

	if (!read_files(sending, paths))
		return STATUS_WRONG;
	bool delivered = deliver_all(sending, &keys_good);
	if (!keys_good)
		return STATUS_WRONG;
	print_summary(sending);
	size_t stored = sending->tally[BAOCAO__OUTCOME__OUTCOME_STORED] + sending->tally[BAOCAO__OUTCOME__OUTCOME_DUPLICATE] +
	                sending->tally[BAOCAO__OUTCOME__OUTCOME_SUPERSEDED];
	if (!delivered)
		return STATUS_NO_ANSWER;
	if (sending->import.unreadable > 0)
		return STATUS_WRONG;
	return stored == sending->import.count ? STATUS_ALL_STORED : STATUS_SOME_NOT;
}

int send_files(int argc, char **argv)
{
	struct sending sending = {0};
	char *error = NULL;
	int status = STATUS_WRONG;

	if (!parse(&sending, argc, argv)) {
		(void)fputs("usage: baocao send " SEND_ARGUMENTS "\n", stderr);
		return STATUS_WRONG;
	}
	sending.contract = contract_load(&error);
	if (sending.contract == NULL || !import_init(&sending.import, sending.contract))
		(void)fprintf(stderr, "baocao: %s\n", error == NULL ? "out of memory" : error);
	else
		status = run(&sending, argv + optind);
	free(error);
	free(sending.packed);
	free(sending.origins);
	import_clear(&sending.import);
	contract_destroy(&sending.contract);
	return status;
}
