// The few rules that need more than one field and that no option of rules.proto can say. A message names its checks in
// its option (message).check; contract_load() refuses a name that is not in the table of check.c.
//
// This is the one place of the code that knows fields of kinds by name.
#ifndef BAOCAO_CHECK_H
#define BAOCAO_CHECK_H

#include "contract.h"
#include "verdict.h"

// What a check looks at: the report, and the message that named the check (the report itself or its body).
struct check_context {
	const struct contract *contract;
	const ProtobufCMessage *report;
	const struct contract_message *about;
	const ProtobufCMessage *message;
	const struct place *place; // of message
	struct verdict *verdict;   // where violations go
};

typedef void (*check_function)(const struct check_context *context);

// The check of that name, or NULL.
check_function check_by_name(const char *name);

#endif
