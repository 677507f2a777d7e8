#define _GNU_SOURCE // asprintf
#include "signing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "report.pb-c.h"
#include "series.h"

enum {
	SEED_TEXT_SIZE = 2 * crypto_sign_SEEDBYTES, // of a key file, and a line end
	PROOF_ROOM = 4 << 10                        // what a proof may take where decoding has left no room
};

struct signing {
	const struct contract *contract;
	uint8_t secret[crypto_sign_SECRETKEYBYTES];
	uint8_t public[PROOF_KEY_SIZE];
	char public_text[PROOF_KEY_TEXT_SIZE];
	char endorsement[PROOF_STATEMENT_SIZE]; // by the previous key
	size_t endorsement_size;                // 0: there is none
	uint8_t endorsement_signature[PROOF_SIGNATURE_SIZE];
};

/* keys */

static bool complain(char **ret_error, const char *path, const char *reason)
{
	if (asprintf(ret_error, "%s: %s", path, reason) < 0)
		*ret_error = NULL;
	return false;
}

static bool read_key(const char *path, uint8_t public[static PROOF_KEY_SIZE], uint8_t secret[static crypto_sign_SECRETKEYBYTES],
                     char **ret_error)
{
	uint8_t seed[crypto_sign_SEEDBYTES];
	char text[SEED_TEXT_SIZE];
	FILE *file = fopen(path, "re");

	if (file == NULL)
		return complain(ret_error, path, strerror(errno));
	(void)setvbuf(file, NULL, _IONBF, 0); // no buffer that would keep it
	size_t read = fread(text, 1, sizeof text, file);
	int after = fgetc(file);
	(void)fclose(file);
	bool good = (after == EOF || after == '\n') && proof_read_hex(text, read, seed, sizeof seed) &&
	            crypto_sign_seed_keypair(public, secret, seed) == 0;
	sodium_memzero(text, sizeof text);
	sodium_memzero(seed, sizeof seed);
	return good || complain(ret_error, path, "is not a signing key: 64 hexadecimal digits are expected");
}

static bool read_previous(struct signing *signing, const char *path, char **ret_error)
{
	struct proof_endorsement endorsement;
	uint8_t secret[crypto_sign_SECRETKEYBYTES];
	bool good = read_key(path, endorsement.by, secret, ret_error);

	if (good) {
		memcpy(endorsement.key, signing->public, sizeof endorsement.key);
		date_format_instant(date_now(), endorsement.since);
		signing->endorsement_size = proof_write_endorsement(&endorsement, signing->endorsement);
		good = crypto_sign_detached(signing->endorsement_signature, NULL, (const uint8_t *)signing->endorsement,
		                            signing->endorsement_size, secret) == 0;
	}
	sodium_memzero(secret, sizeof secret);
	return good;
}

struct signing *signing_create(const struct config *config, const struct contract *contract, char **ret_error)
{
	struct signing *signing;

	*ret_error = NULL;
	if (config->signing_key_file[0] == '\0')
		return NULL;
	signing = calloc(1, sizeof *signing);
	if (signing == NULL) {
		(void)complain(ret_error, config->signing_key_file, "out of memory");
		return NULL;
	}
	signing->contract = contract;
	if (!read_key(config->signing_key_file, signing->public, signing->secret, ret_error) ||
	    (config->signing_key_file_previous[0] != '\0' && !read_previous(signing, config->signing_key_file_previous, ret_error)))
		signing_destroy(&signing);
	else
		proof_write_hex(signing->public, sizeof signing->public, signing->public_text);
	return signing;
}

void signing_destroy(struct signing **signing)
{
	if (*signing == NULL)
		return;
	sodium_memzero((*signing)->secret, sizeof (*signing)->secret);
	free(*signing);
	*signing = NULL;
}

const char *signing_public_key(const struct signing *signing)
{
	return signing->public_text;
}

/* the trees */

// What is signed of one report. False when something of it fits in no leaf.
static bool make_leaf(const struct signing *signing, const struct item *item, merkle_hash ret)
{
	uint8_t room[1 + PROOF_LEAF_SIZE], digest[DIGEST_SIZE];
	char received_at[DATE_INSTANT_TEXT_SIZE];
	struct proof_facts facts = {.outcome = item->outcome, .received_at = received_at, .digest = item->digest};

	if (item->outcome == BAOCAO__OUTCOME__OUTCOME_REFUSED) {
		date_format_instant(item->submission->received_at, received_at);
		(void)crypto_generichash(digest, sizeof digest, item->raw.bytes, item->raw.size, NULL, 0);
		facts.digest = digest;
	} else {
		const Baocao__Report *report = (const Baocao__Report *)item->report;
		date_format_instant(item->stored_received_at, received_at);
		facts.unit_code = report->unit_code;
		facts.kind = contract_value_by_number(signing->contract->kind_enum, item->key.kind)->label;
		facts.period_type = contract_value_by_number(signing->contract->period_type_enum, item->key.period_type)->label;
		facts.first = report->period_first;
		facts.last = report->period_last;
		facts.revision = report->revision;
		facts.report_no = (uint64_t)item->report_no;
	}
	size_t size = proof_leaf(&facts, room);
	merkle_leaf(room, size, ret);
	return size > 0;
}

// The root over a submission's reports.
static bool make_root(const struct signing *signing, const struct submission *submission, merkle_hash ret)
{
	merkle_hash *nodes = calloc(merkle_nodes(submission->item_count), sizeof *nodes);
	bool good = nodes != NULL;

	for (size_t i = 0; good && i < submission->item_count; i++)
		good = make_leaf(signing, &submission->items[i], nodes[i]);
	if (good)
		memcpy(ret, merkle_build(nodes, submission->item_count), MERKLE_HASH_SIZE);
	free(nodes);
	return good;
}

static bool wants_proof(const struct submission *submission)
{
	return submission->whole == 0 && submission->item_count > 0 && submission->routing_id_size > 0;
}

static size_t count_wanting(const struct submission *list)
{
	size_t count = 0;
	for (; list != NULL; list = list->next)
		count += wants_proof(list);
	return count;
}

/* proofs */

struct signed_statement {
	char text[PROOF_STATEMENT_SIZE];
	size_t size;
	uint8_t signature[PROOF_SIGNATURE_SIZE];
};

static bool sign_root(const struct signing *signing, const uint8_t *root, struct signed_statement *ret)
{
	struct proof_statement statement;

	date_format_instant(date_now(), statement.committed_at);
	memcpy(statement.root, root, MERKLE_HASH_SIZE);
	memcpy(statement.key, signing->public, sizeof statement.key);
	ret->size = proof_write_statement(&statement, ret->text);
	return crypto_sign_detached(ret->signature, NULL, (const uint8_t *)ret->text, ret->size, signing->secret) == 0;
}

static ProtobufCBinaryData copied(struct arena *arena, const void *bytes, size_t size)
{
	uint8_t *copy = arena_alloc(arena, size);
	if (copy != NULL)
		memcpy(copy, bytes, size);
	return (ProtobufCBinaryData){.len = size, .data = copy};
}

// In the submission's arena, as receipt.c will pack it. NULL when memory is out.
static Baocao__Signature *make_proof(const struct signing *signing, struct arena *arena, const struct signed_statement *statement,
                                     const merkle_step *steps, size_t step_count)
{
	arena_raise_cap(arena, PROOF_ROOM);
	Baocao__Signature *message = arena_alloc(arena, sizeof *message);
	if (message == NULL)
		return NULL;
	baocao__signature__init(message);
	message->has_statement = message->has_signature = 1;
	message->statement = copied(arena, statement->text, statement->size);
	message->signature = copied(arena, statement->signature, sizeof statement->signature);
	if (signing->endorsement_size > 0) { // these live as long as the daemon
		message->has_endorsement = message->has_endorsement_signature = 1;
		message->endorsement = (ProtobufCBinaryData){signing->endorsement_size, (uint8_t *)signing->endorsement};
		message->endorsement_signature =
			(ProtobufCBinaryData){PROOF_SIGNATURE_SIZE, (uint8_t *)signing->endorsement_signature};
	}
	message->has_steps = step_count > 0;
	message->steps = copied(arena, steps, step_count * sizeof *steps);
	bool good = message->statement.data != NULL && message->signature.data != NULL &&
	            (step_count == 0 || message->steps.data != NULL);
	return good ? message : NULL;
}

static bool sign_all(const struct signing *signing, struct submission *list, merkle_hash *roots, size_t count)
{
	struct signed_statement statement;
	merkle_step steps[MERKLE_STEPS_MAX];
	size_t at = 0;
	bool good = true;

	for (struct submission *s = list; good && s != NULL; s = s->next)
		if (wants_proof(s))
			good = make_root(signing, s, roots[at++]);
	if (!good || !sign_root(signing, merkle_build(roots, count), &statement))
		return false;
	at = 0;
	for (struct submission *s = list; good && s != NULL; s = s->next) {
		if (!wants_proof(s))
			continue;
		s->proof = make_proof(signing, s->arena, &statement, steps, merkle_path(roots, count, at, steps));
		good = s->proof != NULL;
		at++;
	}
	return good;
}

void signing_sign(const struct signing *signing, struct submission *list)
{
	size_t count = signing == NULL ? 0 : count_wanting(list);
	merkle_hash *roots = count == 0 ? NULL : calloc(merkle_nodes(count), sizeof *roots);

	if (count > 0 && (roots == NULL || !sign_all(signing, list, roots, count)))
		log_error("receipts go out that are not signed: out of memory");
	free(roots);
}
