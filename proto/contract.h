// The contract as read from the embedded descriptor set: every kind, field, rule, label and comment of the .proto files,
// joined with the C layout that protobuf-c generated. All else that knows fields (scan, judge, digest, JSON, CSV, tables)
// walks these structures; none of it names a field.
//
// Loaded once at start; read-only and shared by all threads afterwards.
#ifndef BAOCAO_CONTRACT_H
#define BAOCAO_CONTRACT_H

#include <protobuf-c/protobuf-c.h>
#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct contract_value {
	int32_t number;
	const char *label; // VENUE_KIND_WARD is "ward": in JSON, CSV and PostgreSQL
	const char *vi, *en, *comment;
	bool commune_level;
	uint32_t days, months; // of a period type; 0 when free
};

struct contract_enum {
	const char *full_name; // baocao.VenueKind
	const char *name;      // venue_kind, also the PostgreSQL type
	const char *vi, *en, *comment;
	size_t value_count;
	struct contract_value *values; // in the order of the .proto file
};

enum contract_format { CONTRACT_FREE_TEXT, CONTRACT_DATE, CONTRACT_TIMESTAMP };

enum { CONTRACT_NESTING_MAX = 3 }; // Report, body, line

enum { CONTRACT_UNIQUE_BY_MAX = 3 }; // fields that make a line unique: enough for any table a clerk can read

struct contract_field {
	const char *name;
	const char *vi, *en, *comment, *measure;
	const ProtobufCFieldDescriptor *wire;      // type, tag, offsets in the generated struct
	const struct contract_message *message;    // of a repeated field: the line; of a body: the kind's message
	const struct contract_enum *enumeration;   // of an enum field
	bool required, transient, in_body_oneof;
	bool has_min, has_max;
	uint64_t min, max;                         // numbers
	uint32_t min_len, max_len;                 // texts, in code points
	uint32_t min_items, max_items;             // lines
	const char *pattern;                       // as written, NULL for none
	regex_t regex;                             // compiled, anchored at both ends; valid when pattern is set
	enum contract_format format;
	const struct contract_field *not_above;
	size_t unique_by_count;
	const struct contract_field *unique_by[CONTRACT_UNIQUE_BY_MAX]; // fields of the line
	uint64_t none_of;                          // bit per index into enumeration->values
};

struct contract_message {
	const char *full_name; // baocao.FestivalDay.Venue
	const char *vi, *en, *comment;
	const ProtobufCMessageDescriptor *wire;
	size_t field_count;
	struct contract_field *fields; // in the order of their numbers, as protobuf-c keeps them
	size_t check_count;
	const char *const *checks; // names of checks (check.h)
	const char *names_kind;    // MessageRule.names_kind, NULL for none
};

// A form: one member of Report.body.
struct contract_kind {
	const char *name; // festival_day
	int32_t number;   // value in Kind and field number in Report
	const struct contract_field *member;
	const struct contract_message *body;
	const struct contract_field *names_kind; // of a withdrawal: its field that names the kind; NULL for all others
};

struct contract {
	const struct contract_message *report;
	const struct contract_enum *kind_enum, *period_type_enum;
	size_t kind_count;
	struct contract_kind *kinds;
	size_t enum_count;
	const struct contract_enum *enums; // every enum that a report can reach
};

// Reads the embedded descriptor set and checks it against the rules that rules.proto and design state (every number has
// a maximum, no recursion, Kind and Report.body agree ...). NULL on failure: *ret_error then holds a text that names the
// place; the caller frees it. The contract is the caller's, see contract_destroy().
struct contract *contract_load(char **ret_error);

// NULL-safe; clears the caller's pointer.
void contract_destroy(struct contract **contract);

// Look-ups; NULL when there is none.
const struct contract_kind *contract_kind_by_number(const struct contract *contract, int32_t number);
const struct contract_kind *contract_kind_by_name(const struct contract *contract, const char *name);
const struct contract_field *contract_field_by_name(const struct contract_message *message, const char *name);
const struct contract_value *contract_value_by_number(const struct contract_enum *enumeration, int32_t number);
const struct contract_value *contract_value_by_label(const struct contract_enum *enumeration, const char *label);

// The embedded FileDescriptorSet, for tools that want to show or export it.
const uint8_t *contract_descriptor_set(size_t *ret_size);

#endif
