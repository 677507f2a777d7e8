// Checks the signatures of receipts as they come, and decides which signing keys are trusted (docs/security.md, "Signed
// receipts"). What does not hold is said once on standard error; the answer itself counts all the same, for the connection it came
// over has shown who sent it. One thread.
#ifndef BAOCAO_PROOFS_H
#define BAOCAO_PROOFS_H

#include "contract.h"
#include "outbox.h"
#include "proof.h"

struct proofs;

// Takes the trusted keys from the outbox, which must outlive it. NULL: the reason is on standard error.
struct proofs *proofs_create(struct outbox *outbox);
// NULL-safe; clears the caller's pointer.
void proofs_destroy(struct proofs **proofs);

// Whether the receipt proves what became of the parcel's entries. *ret is what to keep of it, valid until the next call and as
// long as the receipt. A proof by a key that is not trusted is kept: trust may come later.
bool proofs_check(struct proofs *proofs, const struct outbox_parcel *parcel, const Baocao__Receipt *receipt,
                  struct outbox_proof *ret);

// What the server says of one report, for proof_leaf(). facts point into report, outcome, contract, and digest, which is filled
// for a refused report.
void proofs_facts(const struct contract *contract, const Baocao__Report *report, const Baocao__ReportOutcome *outcome,
                  const uint8_t *bytes, size_t size, uint8_t digest[static DIGEST_SIZE], struct proof_facts *ret);

#endif
