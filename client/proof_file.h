// A proof as a file: what the server says of one report, and all that is needed to check with nothing but its public signing key
// that it said so (docs/protocol.md, "A proof as a file"). Text that people can read, mail and print.
#ifndef BAOCAO_PROOF_FILE_H
#define BAOCAO_PROOF_FILE_H

#include <stdbool.h>
#include <stdio.h>

#include "contract.h"
#include "outbox.h"
#include "proof.h"
#include "signing_keys.h"

enum { PROOF_FILE_SIZE_MAX = 16 << 10 }; // of what is read; one over a million reports has under 4 KiB

struct proof_file {
	uint8_t leaf[1 + PROOF_LEAF_SIZE]; // the text begins behind the first byte
	size_t leaf_size;
	merkle_step steps[MERKLE_STEPS_MAX];
	size_t step_count;
	char statement[PROOF_STATEMENT_SIZE];
	size_t statement_size;
	uint8_t signature[PROOF_SIGNATURE_SIZE];
};

// The proof of an entry of the outbox. False when there is none: its answer is not signed, or cannot be read.
bool proof_file_of_entry(struct outbox *outbox, const struct contract *contract, const struct outbox_entry *entry,
                         struct proof_file *ret);

void proof_file_write(const struct proof_file *proof, FILE *out);

// Reads one; line ends may be CR LF. False: *ret_line says where it is wrong.
bool proof_file_read(const char *text, size_t size, struct proof_file *ret, size_t *ret_line);

enum proof_verdict {
	PROOF_HOLDS,
	PROOF_OTHER_CONTENT,   // what it says is not what was signed
	PROOF_WRONG_SIGNATURE, // the key that it names did not sign it
	PROOF_UNKNOWN_KEY,     // signed, by a key that is not in the list
	PROOF_OUT_OF_TIME      // signed, by a key that did not count at that time
};

// *ret_statement is filled unless the verdict is PROOF_OTHER_CONTENT.
enum proof_verdict proof_file_verify(const struct proof_file *proof, const struct signing_keys *keys,
                                     struct proof_statement *ret_statement);

#endif
