#include "prove.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit_status.h"
#include "filed.h"
#include "proof_file.h"
#include "signing_keys.h"
#include "words.h"

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

static enum exit_status write_proof(const struct options *options, const struct contract *contract, struct outbox *outbox)
{
	struct search search = {.outbox = outbox, .contract = contract, .wanted = options->operands[0]};
	char *end;

	search.report_no = strtoull(search.wanted, &end, 10);
	if (*end != '\0')
		search.report_no = 0;
	if (!outbox_each(outbox, OUTBOX_ALL, 0, look, &search))
		return STATUS_WRONG;
	if (!search.found) {
		(void)fprintf(stderr, "baocao: %s: %s\n", search.wanted,
		              search.seen ? _("its answer is not signed; queued and delivered again it would be")
		                          : _("the outbox has no answer to such a report"));
		return STATUS_SOME_NOT;
	}
	proof_file_write(&search.proof, stdout);
	return STATUS_ALL_STORED;
}

int prove_proof(const struct options *options)
{
	return filed_ask(options, write_proof);
}

/* verify */

static const char *const verdict_text[] = {
	[PROOF_HOLDS] = N_("holds"),
	[PROOF_OTHER_CONTENT] = N_("DOES NOT HOLD: what it says is not what was signed"),
	[PROOF_WRONG_SIGNATURE] = N_("DOES NOT HOLD: the key that it names did not sign it"),
	[PROOF_UNKNOWN_KEY] = N_("is signed, but by a key that is not trusted here"),
	[PROOF_OUT_OF_TIME] = N_("is signed, but by a key that did not count at that time"),
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
	(void)fprintf(stderr, _("baocao: %s: cannot be read to its end\n"), path);
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
		(void)fprintf(stderr, _("baocao: %s:%zu: is not a proof\n"), path, line);
		return STATUS_WRONG;
	}
	enum proof_verdict verdict = proof_file_verify(&proof, keys, &statement);
	(void)printf("%s: %s\n", path, _(verdict_text[verdict]));
	if (verdict == PROOF_OTHER_CONTENT || verdict == PROOF_WRONG_SIGNATURE)
		return STATUS_SOME_NOT;
	proof_write_hex(statement.key, sizeof statement.key, key);
	(void)printf("%.*scommitted_at %s\nkey %s\n", (int)proof.leaf_size, (const char *)proof.leaf + 1, statement.committed_at, key);
	return verdict == PROOF_HOLDS ? STATUS_ALL_STORED : STATUS_SOME_NOT;
}

// Those that are given, or else those that the outbox trusts.
static bool read_keys(const struct options *options, struct signing_keys *keys)
{
	for (int i = 0; i < options->signing_keys.count; i++)
		if (!signing_keys_read(keys, options->signing_keys.texts[i]))
			return false;
	if (options->signing_keys.count > 0)
		return true;
	struct outbox *outbox = outbox_open(options->outbox);
	bool good = outbox != NULL && signing_keys_load(keys, outbox);
	outbox_close(&outbox);
	return good;
}

int prove_verify(const struct options *options)
{
	struct signing_keys keys = {0};
	int status = STATUS_ALL_STORED;

	if (!read_keys(options, &keys))
		return STATUS_WRONG;
	for (int i = 0; i < options->operand_count; i++) {
		int of_file = verify_file(options->operands[i], &keys);
		status = of_file > status ? of_file : status;
	}
	return status;
}
