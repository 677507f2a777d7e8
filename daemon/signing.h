// Signs receipts: one signature for all reports of a commit (proof.h). A writer's thread calls it after COMMIT and before it gives
// the submissions back; the keys are read-only after start, so writers share them.
#ifndef BAOCAO_SIGNING_H
#define BAOCAO_SIGNING_H

#include "config.h"
#include "proof.h"
#include "submission.h"

struct signing;

// Reads the keys that the configuration names. NULL without a key, and then *ret_error is NULL, or on failure: *ret_error says
// which file and why (the caller frees it).
struct signing *signing_create(const struct config *config, const struct contract *contract, char **ret_error);

// Wipes the keys. NULL-safe; clears the caller's pointer.
void signing_destroy(struct signing **signing);

// The public key, in hexadecimal; valid as long as the signing.
const char *signing_public_key(const struct signing *signing);

// Gives each committed submission of the list that has reports, and a sender who waits for a receipt, its proof. Without memory
// for that they go back without: a receipt that is not signed is a receipt, and the same reports sent again give a signed one.
void signing_sign(const struct signing *signing, struct submission *list);

#endif
