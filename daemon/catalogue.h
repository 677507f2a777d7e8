// A snapshot of the reference data that reports are judged by: units, forms, locked periods, collectors and their keys. Read
// whole from the database, then never changed: a change in the database makes a new snapshot.
//
// A snapshot belongs to the thread that holds the pointer; look-ups are pure.
#ifndef BAOCAO_CATALOGUE_H
#define BAOCAO_CATALOGUE_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "date.h"

enum {
	CATALOGUE_CODE_SIZE = 6,  // the longest unit code and NUL; report.proto
	CATALOGUE_LEVEL_SIZE = 16,
	CATALOGUE_KEY_SIZE = 41,  // Z85 of 32 bytes and NUL
	CATALOGUE_LABEL_SIZE = 64,
	CATALOGUE_NAME_SIZE = 4 * 60 + 1 // 60 characters of UTF-8; schema
};

struct catalogue_unit {
	int32_t unit_id, parent_id, top_unit_id; // parent_id 0: none
	char code[CATALOGUE_CODE_SIZE];
	char level[CATALOGUE_LEVEL_SIZE];
	int32_t kind;         // place in the enum unit_kind, from 1
	date_day first, last; // valid, both inclusive
};

// What a report is filed for, as the calendar knows it.
struct catalogue_period {
	const char *kind, *type; // labels
	date_day first, last;
};

struct catalogue_form {
	char kind[CATALOGUE_LABEL_SIZE], level[CATALOGUE_LEVEL_SIZE], period_type[CATALOGUE_LABEL_SIZE];
	date_day first, last;
};

struct catalogue_key {
	char public_key[CATALOGUE_KEY_SIZE];
	char name[CATALOGUE_NAME_SIZE]; // of the collector
	int32_t collector_id, scope_unit_id, scope_top_unit_id;
	date_instant valid_from, valid_to;
	bool revoked;
};

struct catalogue;

// Reads everything in one transaction of its own, or in the one that the caller has begun. NULL on failure, *ret_error says
// why (the caller frees it).
struct catalogue *catalogue_load(PGconn *connection, char **ret_error);
struct catalogue *catalogue_load_within(PGconn *connection, char **ret_error);
void catalogue_destroy(struct catalogue **catalogue);

// A snapshot of nothing but these keys, which are copied. NULL when memory is out.
struct catalogue *catalogue_of_keys(const struct catalogue_key *keys, size_t count);

enum { CATALOGUE_SUMMARY_SIZE = 160 };

// How much of what it holds, for a log line: "14 units, 3 forms, 2 of 3 keys valid, 4 locks, 1 exceptions".
void catalogue_summary(const struct catalogue *catalogue, date_instant now, char text[static CATALOGUE_SUMMARY_SIZE]);

// The unit that the code meant on that day, or NULL.
const struct catalogue_unit *catalogue_unit_on(const struct catalogue *catalogue, const char *code, date_day day);

// The unit of that number, or NULL.
const struct catalogue_unit *catalogue_unit_by_id(const struct catalogue *catalogue, int32_t unit_id);

// Whether the unit lies in the scope: is it, hangs under it, or its office passed whole into it, or is the same office
// under another version (a province that became a city).
bool catalogue_in_scope(const struct catalogue *catalogue, const struct catalogue_unit *unit, int32_t scope_unit_id);

// Whether a form asks units of this level for this kind with this type of period on that day.
bool catalogue_has_form(const struct catalogue *catalogue, const char *kind, const char *level, const char *period_type,
                        date_day day);

// Whether the calendar has locked the period for the unit on that day, without an exception for the unit or one above it.
// Then *ret_since is the first day of the lock. As baocao.is_locked().
bool catalogue_is_locked(const struct catalogue *catalogue, const struct catalogue_unit *unit,
                         const struct catalogue_period *period, date_day today, date_day *ret_since);

// The key's row whether valid or not, or NULL.
const struct catalogue_key *catalogue_key(const struct catalogue *catalogue, const char *public_key);

// Why the key may not be used at that time, as the end of a sentence that begins with "a key that"; NULL when it may.
const char *catalogue_key_fault(const struct catalogue_key *key, date_instant now);

// A valid key's row of the collector of that name, to file in its name without a key; or NULL.
const struct catalogue_key *catalogue_collector(const struct catalogue *catalogue, const char *name, date_instant now);

// A key's row of the collector of that number, one that is not revoked if there is any; or NULL. Goes through all of them.
const struct catalogue_key *catalogue_collector_by_id(const struct catalogue *catalogue, int32_t collector_id);

#endif
