// A receipt that is signed with a key that everybody knows, what it was signed for, and the proofs of its reports. The same each
// time, so that a fuzzer's seeds and what judges its inputs agree.
#ifndef BAOCAO_SIGNED_SAMPLE_H
#define BAOCAO_SIGNED_SAMPLE_H

#include "arena.h"
#include "contract.h"
#include "outbox.h"
#include "proof_file.h"

enum { SIGNED_SAMPLE_REPORTS = 4 }; // STORED, DUPLICATE, SUPERSEDED, REFUSED

struct signed_sample {
	uint8_t key[PROOF_KEY_SIZE], secret[crypto_sign_SECRETKEYBYTES];
	struct outbox_parcel parcel; // the reports as they were sent
	Baocao__ReportOutcome outcomes[SIGNED_SAMPLE_REPORTS];
	Baocao__Signature signature;
	uint8_t *receipt; // packed
	size_t receipt_size;
	struct proof_file proofs[SIGNED_SAMPLE_REPORTS];
};

// What it points to is in the arena, besides itself and the receipt. NULL when memory is out.
struct signed_sample *signed_sample_create(const struct contract *contract, struct arena *arena);
void signed_sample_destroy(struct signed_sample **sample);

#endif
