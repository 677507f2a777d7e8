// Target: a proof as a file, as `baocao verify` reads it. What must hold whatever the bytes are:
//   - what is read as a proof is written as a proof that says the same;
//   - the key has signed once, for a few reports: nothing but what it has signed of them holds.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "signed_sample.h"
#include "target.h"

static struct arena *kept; // what the sample is made in, till the end
static struct signed_sample *sample;
static struct signing_keys keys;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	kept = target_arena();
	sample = signed_sample_create(target_init(), kept);
	target_require(sample != NULL && signing_keys_add(&keys, sample->key), "there is a signed sample");
	return 0;
}

static bool is_same(const struct proof_file *a, const struct proof_file *b)
{
	return a->leaf_size == b->leaf_size && memcmp(a->leaf + 1, b->leaf + 1, a->leaf_size) == 0 &&
	       a->step_count == b->step_count && memcmp(a->steps, b->steps, a->step_count * sizeof a->steps[0]) == 0 &&
	       a->statement_size == b->statement_size && memcmp(a->statement, b->statement, a->statement_size) == 0 &&
	       memcmp(a->signature, b->signature, sizeof a->signature) == 0;
}

static void check_written(const struct proof_file *proof)
{
	char *text = NULL;
	size_t size, line;
	FILE *file = open_memstream(&text, &size);
	struct proof_file again;

	target_require(file != NULL, "there is memory");
	proof_file_write(proof, file);
	target_require(fclose(file) == 0 && proof_file_read(text, size, &again, &line) && is_same(proof, &again),
	               "what is read is written as the same");
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proof_file proof;
	struct proof_statement statement;
	size_t line;
	bool known = false;

	target_begin();
	if (!proof_file_read((const char *)data, size, &proof, &line))
		return 0;
	check_written(&proof);
	for (size_t i = 0; i < SIGNED_SAMPLE_REPORTS; i++)
		known = known || is_same(&proof, &sample->proofs[i]);
	target_require((proof_file_verify(&proof, &keys, &statement) == PROOF_HOLDS) == known, "what was signed holds, and nothing else");
	return 0;
}
