// Reports that break no rule, made from the contract alone: a new kind gets samples by being there.
#ifndef BAOCAO_SAMPLE_H
#define BAOCAO_SAMPLE_H

#include "arena.h"
#include "contract.h"

// A report of that kind. The same number gives the same report; others differ in what is given, in types, lines, figures and
// texts. The unit is 01. In the arena; NULL when memory is out.
ProtobufCMessage *sample_report(const struct contract *contract, const struct contract_kind *kind, unsigned number,
								struct arena *arena);

// A Submission of reports of all kinds, so many for each, packed into memory that the caller frees. NULL when memory is out.
uint8_t *sample_submission(const struct contract *contract, unsigned for_each, size_t *ret_size);

#endif
