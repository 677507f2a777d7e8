// What a rule says of a report, in the tool's language, made here from the rule's identifier and its values: labels of fields and
// of enum values instead of names. What a server says in English is not shown to those who read Vietnamese.
#ifndef BAOCAO_SAY_H
#define BAOCAO_SAY_H

#include "arena.h"
#include "contract.h"

// path, rule, value, limit: of a violation, from a receipt or from the judge. otherwise: what is said of a rule that this tool does
// not know, since the server is newer. In the arena or otherwise; never NULL unless otherwise is.
const char *say_violation(const struct contract *contract, struct arena *arena, const char *path, const char *rule,
                          const char *value, const char *limit, const char *otherwise);

// The field of a path like festival_day.venue[2].held; NULL: none that the contract has.
const struct contract_field *say_field(const struct contract *contract, const char *path);

#endif
