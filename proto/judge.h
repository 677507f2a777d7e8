// The contract's rules over one decoded report: all violations at once. What needs the catalogue (units, scope, forms,
// today) is judged by the daemon's authority.c.
//
// Pure: reads the contract and the report, writes the verdict. Any thread.
#ifndef BAOCAO_JUDGE_H
#define BAOCAO_JUDGE_H

#include "contract.h"
#include "verdict.h"

// Adds everything that is wrong with the report to the verdict.
void judge_report(const struct contract *contract, const ProtobufCMessage *report, struct verdict *verdict);

// The kind whose body the report carries, or NULL when it carries none.
const struct contract_kind *judge_body_kind(const struct contract *contract, const ProtobufCMessage *report);

#endif
