// The servers' public signing keys that this collector trusts, with their times, kept in the outbox so that old receipts can be
// verified for ever (docs/security.md, "Signed receipts"). One thread.
#ifndef BAOCAO_SIGNING_KEYS_H
#define BAOCAO_SIGNING_KEYS_H

#include <stdbool.h>

#include "outbox.h"
#include "proof.h"

enum { SIGNING_KEYS_MAX = 256 }; // of a list: a new one every week for five years

struct signing_key {
	uint8_t key[PROOF_KEY_SIZE];
	date_instant from, to; // what it signed from the one and before the other counts; open ends are DATE_INSTANT_MIN, _MAX
};

struct signing_keys {
	size_t count;
	struct signing_key list[SIGNING_KEYS_MAX];
};

// Adds those of a file, lines of "KEY [FROM [TO]]" with "-" for an open end, "#" before a remark; or the word itself is the key.
// A key that is in the list already gets the new times. False: the reason, with file and line, is on standard error.
bool signing_keys_read(struct signing_keys *keys, const char *path_or_key);

// Adds those that the outbox keeps; keeps those of the list in it, with a word for where they come from. False: the reason is
// on standard error.
bool signing_keys_load(struct signing_keys *keys, struct outbox *outbox);
bool signing_keys_save(const struct signing_keys *keys, struct outbox *outbox, const char *origin);

// NULL when it is not in the list.
const struct signing_key *signing_keys_find(const struct signing_keys *keys, const uint8_t key[static PROOF_KEY_SIZE]);

// Adds one without times; false when the list is full.
bool signing_keys_add(struct signing_keys *keys, const uint8_t key[static PROOF_KEY_SIZE]);

#endif
