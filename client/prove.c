#include "prove.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proof_file.h"
#include "signing_keys.h"

enum { STATUS_GOOD, STATUS_NOT, STATUS_WRONG };

static const struct option long_options[] = {
	{"outbox", required_argument, NULL, 'o'}, {"signing-key", required_argument, NULL, 'y'}, {NULL, 0, NULL, 0}};

static int wrong_use(const char *name, const char *arguments)
{
	(void)fprintf(stderr, "usage: baocao %s %s\n", name, arguments);
	return STATUS_WRONG;
}

// The outbox at path, or the one that there is without. NULL: the reason is on standard error.
static struct outbox *open_outbox(const char *path)
{
	char *standard = path == NULL ? outbox_default_path() : NULL;
	struct outbox *outbox = path == NULL && standard == NULL ? NULL : outbox_open(path == NULL ? standard : path);

	free(standard);
	return outbox;
}

/* proof */

struct search {
	struct outbox *outbox;
	const struct contract *contract;
	const char *wanted; // a number, or FILE:LINE
	uint64_t report_no; // 0: by FILE:LINE
	bool seen, found;
	struct proof_file proof;
};

static bool is_wanted(const struct search *search, const struct outbox_entry *entry)
{
	size_t length = strlen(entry->path);
	char *end;

	if (search->report_no == 0)
		return strncmp(search->wanted, entry->path, length) == 0 && search->wanted[length] == ':' &&
		       strtoull(search->wanted + length + 1, &end, 10) == entry->line && *end == '\0';
	Baocao__ReportOutcome *answer =
		entry->answer == NULL ? NULL : baocao__report_outcome__unpack(NULL, entry->answer_size, entry->answer);
	bool same = answer != NULL && answer->report_no == search->report_no;
	if (answer != NULL)
		baocao__report_outcome__free_unpacked(answer, NULL);
	return same;
}

// Of several the last counts: a report that was queued again is answered as DUPLICATE, with the number of the first.
static void look(void *user, const struct outbox_entry *entry)
{
	struct search *search = user;
	struct proof_file proof;

	if (!is_wanted(search, entry))
		return;
	search->seen = true;
	if (!proof_file_of_entry(search->outbox, search->contract, entry, &proof))
		return;
	search->proof = proof;
	search->found = true;
}

static int write_proof(struct search *search)
{
	char *end;

	search->report_no = strtoull(search->wanted, &end, 10);
	if (*end != '\0')
		search->report_no = 0;
	if (!outbox_each(search->outbox, OUTBOX_ALL, 0, look, search))
		return STATUS_WRONG;
	if (!search->found) {
		(void)fprintf(stderr, "baocao: %s: %s\n", search->wanted,
		              search->seen ? "its answer is not signed; queued and delivered again it would be"
		                           : "the outbox has no answer to such a report");
		return STATUS_NOT;
	}
	proof_file_write(&search->proof, stdout);
	return STATUS_GOOD;
}

int prove_proof(int argc, char **argv)
{
	const char *path = NULL;
	int option, status = STATUS_WRONG;
	char *error = NULL;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) == 'o')
		path = optarg;
	if (option != -1 || optind + 1 != argc)
		return wrong_use(argv[0], PROVE_PROOF_ARGUMENTS);
	struct contract *contract = contract_load(&error);
	struct search search = {.outbox = contract == NULL ? NULL : open_outbox(path), .contract = contract, .wanted = argv[optind]};
	if (contract == NULL)
		(void)fprintf(stderr, "baocao: %s\n", error == NULL ? "out of memory" : error);
	if (search.outbox != NULL)
		status = write_proof(&search);
	outbox_close(&search.outbox);
	contract_destroy(&contract);
	free(error);
	return status;
}

/* verify */

static const char *const verdict_text[] = {
	[PROOF_HOLDS] = "holds",
	[PROOF_OTHER_CONTENT] = "DOES NOT HOLD: what it says is not what was signed",
	[PROOF_WRONG_SIGNATURE] = "DOES NOT HOLD: the key that it names did not sign it",
	[PROOF_UNKNOWN_KEY] = "is signed, but by a key that is not trusted here",
	[PROOF_OUT_OF_TIME] = "is signed, but by a key that did not count at that time",
};

// Reads a whole file. NULL: the reason is on standard error. The caller frees it.
static char *read_file(const char *path, size_t *ret_size)
{
	char *text = malloc(PROOF_FILE_SIZE_MAX + 1);
	FILE *file = fopen(path, "re");

	if (text == NULL || file == NULL) {
		(void)fprintf(stderr, "baocao: %s: %s\n", path, strerror(errno));
		free(text);
		if (file != NULL)
			(void)fclose(file);
		return NULL;
	}
	*ret_size = fread(text, 1, PROOF_FILE_SIZE_MAX + 1, file);
	bool good = ferror(file) == 0;
	(void)fclose(file);
	if (good)
		return text;
	(void)fprintf(stderr, "baocao: %s: cannot be read to its end\n", path);
	free(text);
	return NULL;
}

static int verify_file(const char *path, const struct signing_keys *keys)
{
	struct proof_file proof;
	struct proof_statement statement;
	char key[PROOF_KEY_TEXT_SIZE];
	size_t size, line;
	char *text = read_file(path, &size);

	if (text == NULL)
		return STATUS_WRONG;
	bool readable = proof_file_read(text, size, &proof, &line);
	free(text);
	if (!readable) {
		(void)fprintf(stderr, "baocao: %s:%zu: is not a proof\n", path, line);
		return STATUS_WRONG;
	}
	enum proof_verdict verdict = proof_file_verify(&proof, keys, &statement);
	(void)printf("%s: %s\n", path, verdict_text[verdict]);
	if (verdict == PROOF_OTHER_CONTENT || verdict == PROOF_WRONG_SIGNATURE)
		return STATUS_NOT;
	proof_write_hex(statement.key, sizeof statement.key, key);
	(void)printf("%.*scommitted_at %s\nkey %s\n", (int)proof.leaf_size, (const char *)proof.leaf + 1, statement.committed_at, key);
	return verdict == PROOF_HOLDS ? STATUS_GOOD : STATUS_NOT;
}

int prove_verify(int argc, char **argv)
{
	struct signing_keys keys = {0};
	const char *path = NULL;
	bool good = true, given = false;
	int option, status = STATUS_GOOD;

	while (good && (option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (option == 'o') {
			path = optarg;
		} else if (option == 'y') {
			if (!signing_keys_read(&keys, optarg))
				return STATUS_WRONG;
			given = true;
		} else {
			good = false;
		}
	}
	if (!good || optind == argc || (given && path != NULL))
		return wrong_use(argv[0], PROVE_VERIFY_ARGUMENTS);
	if (!given) {
		struct outbox *outbox = open_outbox(path);
		good = outbox != NULL && signing_keys_load(&keys, outbox);
		outbox_close(&outbox);
		if (!good)
			return STATUS_WRONG;
	}
	for (int i = optind; i < argc; i++) {
		int of_file = verify_file(argv[i], &keys);
		status = of_file > status ? of_file : status;
	}
	return status;
}
