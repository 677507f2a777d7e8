// The canonical form of a report and its content digest: what makes two filings the same filing.
// Any thread that holds the report.
#ifndef BAOCAO_DIGEST_H
#define BAOCAO_DIGEST_H

#include "arena.h"
#include "contract.h"

enum { DIGEST_SIZE = 32 };

// Brings a decoded report into canonical form in place: texts in NFC (copies in the arena), defaults filled in, unknown
// fields dropped. False when memory is out.
bool digest_canonicalise(const struct contract *contract, ProtobufCMessage *report, struct arena *arena);

// BLAKE2b-256 over the protobuf encoding (fields in the order of their numbers) of the canonical report without its
// transient fields.
void digest_report(const struct contract *contract, const ProtobufCMessage *report, uint8_t ret[static DIGEST_SIZE]);

#endif
