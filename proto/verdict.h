// Everything that is wrong with one report, with the place, the rule and the reason of each, in Vietnamese and English.
// One table (verdict.c) holds every rule's identifier and texts; receipts, the collector's tool, the refusal table and
// docs/protocol.md take them from there.
//
// A verdict belongs to the thread that holds its report's arena.
#ifndef BAOCAO_VERDICT_H
#define BAOCAO_VERDICT_H

#include "arena.h"
#include "contract.h"

enum rule {
	RULE_REQUIRED,
	RULE_MIN,
	RULE_MAX,
	RULE_MIN_LEN,
	RULE_MAX_LEN,
	RULE_PATTERN,
	RULE_DATE,
	RULE_TIMESTAMP,
	RULE_UNKNOWN_VALUE,
	RULE_NONE_OF,
	RULE_MIN_ITEMS,
	RULE_MAX_ITEMS,
	RULE_UNIQUE_BY,
	RULE_NOT_ABOVE,
	RULE_BODY,
	RULE_PERIOD_LENGTH,
	RULE_POINTS_HELD_SUM,
	RULE_DECISION_REQUIRED,
	RULE_WITHDRAWAL_FIRST,
	RULE_UNIT_UNKNOWN,
	RULE_OUT_OF_SCOPE,
	RULE_NO_FORM,
	RULE_PERIOD_NOT_BEGUN,
	RULE_PERIOD_LOCKED,
	RULE_SENDER_REVOKED,
	RULE_CONFLICT,
	RULE_STORE,
	RULE_MALFORMED,
	RULE_FRAMES,
	RULE_VERSION,
	RULE_TOO_LARGE,
	RULE_REPORT_COUNT,
	RULE_COUNT
};

struct rule_text {
	const char *id;          // stable: programs may rely on it
	const char *explanation; // one line for docs/protocol.md
	const char *vi, *en;     // with {field} {other} {value} {limit}
};

const struct rule_text *rule_text(enum rule rule);

// A place inside a report: a chain from the field up to the report, kept on the stack while it is walked.
struct place {
	const struct place *up;            // NULL at the top
	const struct contract_field *field;
	size_t line;                       // of a repeated field; PLACE_NO_LINE otherwise
};
#define PLACE_NO_LINE SIZE_MAX

struct violation {
	const char *path; // festival_day.venue[2].held; "" for the report as a whole
	const char *rule; // rule_text.id
	const char *vi, *en;
};

// What a rule's text is filled with; each may be NULL.
struct violation_words {
	const struct contract_field *field, *other; // by label
	const char *value, *limit;                  // as text; value is cut to VERDICT_VALUE_MAX bytes
};

enum {
	VERDICT_MAX = 100,             // violations kept for one report: more help nobody, and bound the receipt
	VERDICT_ARENA_BYTES = 2 << 20, // that verdicts of one arena take; beyond it only a report's first violation is kept
	VERDICT_VALUE_MAX = 60         // bytes of a value shown in a text
};

struct verdict {
	struct arena *arena;
	size_t count, size;      // violations in the list, and how many it has room for
	struct violation *list;  // at most VERDICT_MAX
	bool incomplete;         // there were more, or the arena was full
	bool out_of_memory;      // something could not be judged: a clean verdict is none
};

// An empty verdict whose texts will live in the arena.
void verdict_init(struct verdict *verdict, struct arena *arena);

// Adds a violation. place may be NULL: the report as a whole. Never fails: what does not fit sets incomplete, and when not even
// the first fits, a text that needs no memory says so.
void verdict_add(struct verdict *verdict, enum rule rule, const struct place *place, const struct violation_words *words);

// True when nothing is wrong.
static inline bool verdict_is_clean(const struct verdict *verdict)
{
	return verdict->count == 0 && !verdict->incomplete && !verdict->out_of_memory;
}

#endif
