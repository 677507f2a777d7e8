#include "signed_sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proofs.h"
#include "sample.h"

#define RECEIVED_AT "2022-08-21T01:02:03.000004Z"
#define COMMITTED_AT "2022-08-21T01:02:03.050000Z"

static const Baocao__Outcome outcomes[SIGNED_SAMPLE_REPORTS] = {BAOCAO__OUTCOME__OUTCOME_STORED, BAOCAO__OUTCOME__OUTCOME_DUPLICATE,
                                                                BAOCAO__OUTCOME__OUTCOME_SUPERSEDED,
                                                                BAOCAO__OUTCOME__OUTCOME_REFUSED};

static bool put_report(struct outbox_parcel *parcel, const ProtobufCMessage *report, const uint8_t **ret, size_t *ret_size)
{
	size_t size = protobuf_c_message_get_packed_size(report);

	if (size > 0x3fff || parcel->size + size + 3 > parcel->capacity)
		return false;
	parcel->bytes[parcel->size++] = 2 << 3 | 2; // Submission.report
	if (size > 0x7f)
		parcel->bytes[parcel->size++] = (uint8_t)(size | 0x80);
	parcel->bytes[parcel->size++] = (uint8_t)(size > 0x7f ? size >> 7 : size);
	*ret = parcel->bytes + parcel->size;
	*ret_size = protobuf_c_message_pack(report, parcel->bytes + parcel->size);
	parcel->size += size;
	parcel->entries[parcel->count] = (int64_t)parcel->count + 1;
	parcel->count++;
	return true;
}

static bool add_report(struct signed_sample *sample, const struct contract *contract, size_t i, struct arena *arena,
                       merkle_hash leaf)
{
	Baocao__ReportOutcome *outcome = &sample->outcomes[i];
	struct outbox_parcel *parcel = &sample->parcel;
	struct proof_file *proof = &sample->proofs[i];
	ProtobufCMessage *report = sample_report(contract, &contract->kinds[i], (unsigned)i, arena);
	uint8_t digest[DIGEST_SIZE];
	struct proof_facts facts;
	const uint8_t *bytes;
	size_t size;

	if (report == NULL || !digest_canonicalise(contract, report, arena) || !put_report(parcel, report, &bytes, &size))
		return false;
	digest_report(contract, report, parcel->digests[i]);
	baocao__report_outcome__init(outcome);
	outcome->has_outcome = 1;
	outcome->outcome = outcomes[i];
	outcome->received_at = (char *)RECEIVED_AT;
	if (outcomes[i] != BAOCAO__OUTCOME__OUTCOME_REFUSED) {
		outcome->has_report_no = outcome->has_content_digest = 1;
		outcome->report_no = 1000 + i;
		outcome->content_digest = (ProtobufCBinaryData){DIGEST_SIZE, parcel->digests[i]};
	}
	proofs_facts(contract, (const Baocao__Report *)report, outcome, bytes, size, digest, &facts);
	proof->leaf_size = proof_leaf(&facts, proof->leaf);
	uint8_t room[1 + PROOF_LEAF_SIZE];
	memcpy(room, proof->leaf, sizeof room);
	merkle_leaf(room, proof->leaf_size, leaf);
	return proof->leaf_size > 0;
}

// Another receipt of the same commit stands left of this one.
static void sign(struct signed_sample *sample, const merkle_hash *nodes, merkle_step *step)
{
	struct proof_statement statement = {.committed_at = COMMITTED_AT};
	struct proof_file *first = &sample->proofs[0];

	(*step)[0] = MERKLE_LEFT;
	memset(*step + 1, 0x5a, MERKLE_HASH_SIZE);
	memcpy(statement.root, nodes[merkle_nodes(SIGNED_SAMPLE_REPORTS) - 1], sizeof statement.root);
	merkle_climb(statement.root, (const merkle_step *)step, 1);
	memcpy(statement.key, sample->key, sizeof statement.key);
	first->statement_size = proof_write_statement(&statement, first->statement);
	(void)crypto_sign_detached(first->signature, NULL, (const uint8_t *)first->statement, first->statement_size, sample->secret);
	for (size_t i = 0; i < SIGNED_SAMPLE_REPORTS; i++) {
		struct proof_file *proof = &sample->proofs[i];
		proof->step_count = merkle_path(nodes, SIGNED_SAMPLE_REPORTS, i, proof->steps);
		memcpy(proof->steps[proof->step_count++], *step, MERKLE_STEP_SIZE);
		memcpy(proof->statement, first->statement, sizeof proof->statement);
		proof->statement_size = first->statement_size;
		memcpy(proof->signature, first->signature, sizeof proof->signature);
	}
}

static bool pack(struct signed_sample *sample, merkle_step *step)
{
	Baocao__Receipt receipt = BAOCAO__RECEIPT__INIT;
	Baocao__ReportOutcome *list[SIGNED_SAMPLE_REPORTS];
	Baocao__Signature *signature = &sample->signature;

	baocao__signature__init(signature);
	signature->has_statement = signature->has_signature = 1;
	signature->statement = (ProtobufCBinaryData){sample->proofs[0].statement_size, (uint8_t *)sample->proofs[0].statement};
	signature->signature = (ProtobufCBinaryData){PROOF_SIGNATURE_SIZE, sample->proofs[0].signature};
	signature->has_steps = 1;
	signature->steps = (ProtobufCBinaryData){MERKLE_STEP_SIZE, *step};
	for (size_t i = 0; i < SIGNED_SAMPLE_REPORTS; i++)
		list[i] = &sample->outcomes[i];
	receipt.has_submission_id = 1;
	receipt.submission_id = 7;
	receipt.n_outcome = SIGNED_SAMPLE_REPORTS;
	receipt.outcome = list;
	receipt.signature = signature;
	sample->receipt_size = baocao__receipt__get_packed_size(&receipt);
	sample->receipt = malloc(sample->receipt_size);
	return sample->receipt != NULL && baocao__receipt__pack(&receipt, sample->receipt) == sample->receipt_size;
}

struct signed_sample *signed_sample_create(const struct contract *contract, struct arena *arena)
{
	static const uint8_t seed[crypto_sign_SEEDBYTES] = {7};
	struct signed_sample *sample = calloc(1, sizeof *sample);
	merkle_hash nodes[2 * SIGNED_SAMPLE_REPORTS + 1];
	merkle_step *step = arena_alloc(arena, sizeof *step);
	bool good = sample != NULL && step != NULL;

	if (good) {
		(void)crypto_sign_seed_keypair(sample->key, sample->secret, seed);
		sample->parcel.capacity = 64 << 10;
		sample->parcel.bytes = arena_alloc(arena, sample->parcel.capacity);
		good = sample->parcel.bytes != NULL;
	}
	for (size_t i = 0; good && i < SIGNED_SAMPLE_REPORTS; i++)
		good = add_report(sample, contract, i, arena, nodes[i]);
	if (good) {
		(void)merkle_build(nodes, SIGNED_SAMPLE_REPORTS);
		sign(sample, (const merkle_hash *)nodes, step);
		good = pack(sample, step);
	}
	if (!good)
		signed_sample_destroy(&sample);
	return sample;
}

void signed_sample_destroy(struct signed_sample **sample)
{
	if (*sample == NULL)
		return;
	free((*sample)->receipt);
	free(*sample);
	*sample = NULL;
}
