// Reports to and from JSON (jansson), by the contract: field names as in the .proto files, enum values by label, dates as
// text. {"unit_code":"01","kind body name":{...}}: the body is a member named like its kind.
#ifndef BAOCAO_JSON_H
#define BAOCAO_JSON_H

#include <jansson.h>

#include "arena.h"
#include "contract.h"

// Builds a Report from a JSON object, in the arena. What does not fit (unknown member, wrong JSON type, a label that is
// not in the enum, a negative or fractional number) goes to the verdict with its place, rule "malformed" or
// "unknown_value"; the rest is still read so that the judge can find more. NULL only when memory is out.
struct verdict;
ProtobufCMessage *json_read_report(const struct contract *contract, const json_t *object, struct arena *arena,
                                   struct verdict *verdict);

// The report as a new JSON object (the caller decrefs it), NULL when memory is out. Absent fields are left out.
json_t *json_write_report(const struct contract *contract, const ProtobufCMessage *report);

#endif
