// Signed receipts: what is said of one report as text, the statement over many of them that the server signs, and the check of
// both. docs/protocol.md, "Signed receipts", defines every byte.
//
// facts of a report ─▶ leaf ─▶ tree over the reports of a receipt ─▶ tree over the receipts of a commit ─▶ statement, signed
//
// Pure, any thread.
#ifndef BAOCAO_PROOF_H
#define BAOCAO_PROOF_H

#include <sodium.h>
#include <stdbool.h>

#include "date.h"
#include "digest.h"
#include "merkle.h"
#include "protocol.pb-c.h"

enum {
	PROOF_LEAF_SIZE = 512,       // text of a leaf; what does not fit has no proof
	PROOF_STATEMENT_SIZE = 1024, // longest statement that is read; those written take some 230
	PROOF_KEY_SIZE = crypto_sign_PUBLICKEYBYTES,
	PROOF_KEY_TEXT_SIZE = 2 * PROOF_KEY_SIZE + 1, // hexadecimal
	PROOF_SIGNATURE_SIZE = crypto_sign_BYTES
};

/* one report */

// What a leaf says. All texts are one line. Of a REFUSED report, which may have no natural key, only outcome, received_at and
// digest, which is then BLAKE2b-256 of the report's bytes as they were sent.
struct proof_facts {
	Baocao__Outcome outcome;
	const char *unit_code, *kind, *period_type, *first, *last; // labels as in JSON, days as in the report
	uint32_t revision;
	uint64_t report_no;
	const char *received_at;
	const uint8_t *digest;
};

// Writes the leaf behind the first byte of room (merkle_leaf() wants it there), without a NUL. Gives its size; 0 when a fact is
// missing, does not fit, or is not one line.
size_t proof_leaf(const struct proof_facts *facts, uint8_t room[static 1 + PROOF_LEAF_SIZE]);

/* statements */

struct proof_statement {
	char committed_at[DATE_INSTANT_TEXT_SIZE];
	date_instant committed;
	merkle_hash root;
	uint8_t key[PROOF_KEY_SIZE];
};

// Writes the statement that is signed; gives its length.
size_t proof_write_statement(const struct proof_statement *statement, char text[static PROOF_STATEMENT_SIZE]);
// Reads one; lines with names that are not known are passed over. False when it is none.
bool proof_read_statement(const char *text, size_t size, struct proof_statement *ret);

// One key's word for its successor.
struct proof_endorsement {
	uint8_t key[PROOF_KEY_SIZE], by[PROOF_KEY_SIZE];
	char since[DATE_INSTANT_TEXT_SIZE];
};

size_t proof_write_endorsement(const struct proof_endorsement *endorsement, char text[static PROOF_STATEMENT_SIZE]);
bool proof_read_endorsement(const char *text, size_t size, struct proof_endorsement *ret);

// Whether the text was signed by that key.
bool proof_is_signed(const char *text, size_t size, const uint8_t signature[static PROOF_SIGNATURE_SIZE],
                     const uint8_t key[static PROOF_KEY_SIZE]);

/* hexadecimal */

// Reads exactly so many bytes from lower-case hexadecimal of exactly that length.
bool proof_read_hex(const char *text, size_t length, uint8_t *ret, size_t size);
void proof_write_hex(const uint8_t *bytes, size_t size, char *text); // 2 * size + 1

#endif
