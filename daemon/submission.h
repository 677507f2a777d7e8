// One message from a collector on its way through the daemon. It owns everything about itself: the frame as received, the
// arena with the decoded reports, the verdicts and the outcomes.
//
// Exactly one thread holds a submission at a time: intake makes it, a writer has it from lane_put() to lane_done(), then
// intake answers and destroys it.
#ifndef BAOCAO_SUBMISSION_H
#define BAOCAO_SUBMISSION_H

#include <zmq.h>

#include "arena.h"
#include "contract.h"
#include "date.h"
#include "digest.h"
#include "history.h"
#include "protocol.pb-c.h"
#include "scan.h"
#include "verdict.h"

enum {
	SUBMISSION_SIZE_MAX = SCAN_SUBMISSION_BYTES_MAX,
	SUBMISSION_ARENA_MAX = SCAN_DECODED_BYTES_MAX,
	SUBMISSION_ROUTING_ID_MAX = 255           // ZMTP's own limit
};

// What makes a report itself: (unit, kind, period, revision), led by the top unit as in the table's key.
struct natural_key {
	int32_t top_unit_id, unit_id;
	int32_t kind, period_type; // numbers of the enums Kind and PeriodType
	date_day first, last;
	int32_t revision;
};

struct item {
	struct submission *submission;
	struct scan_slice raw;                // into the submission's body
	ProtobufCMessage *report;             // NULL when it could not be decoded
	const struct contract_kind *body;     // NULL as above, or without a body
	struct natural_key key;               // valid when accepted
	uint8_t digest[DIGEST_SIZE];          // of the content; valid when accepted
	uint32_t unknown_fields;
	struct verdict verdict;
	Baocao__Outcome outcome;              // 0 while accepted and not yet written
	bool is_locked;                       // accepted only if it is stored already; the verdict says why
	int64_t report_no;                    // of the stored report, or of the one in the way
	date_instant stored_received_at;
};

struct submission {
	struct submission *next;              // in a lane's queue
	struct arena *arena;
	zmq_msg_t body;
	uint8_t routing_id[SUBMISSION_ROUTING_ID_MAX];
	size_t routing_id_size;               // 0: nobody waits for a receipt
	int connection;                       // descriptor it came by, for backlog.h
	int32_t collector_id, scope_unit_id, scope_top_unit_id;
	bool has_submission_id;
	uint64_t submission_id;
	date_instant received_at;
	int64_t received_us;                  // the same of clock.h
	size_t item_count, decoded;           // so many of the items, from the first
	struct item *items;                   // in the arena; NULL until the first is decoded
	Baocao__Outcome whole;                // PROTOCOL when the submission as a whole is refused, else 0
	struct verdict problem;               // why, one violation
	bool is_large;                        // its sender has much in flight
	bool is_decoded;                      // all of it
	size_t lane;                          // index of the lane it takes
	size_t cost, weight;                  // bytes and reports this submission is counted with
	struct submission *older, *newer;     // between reading and receipt; intake's, whoever holds the submission
	Baocao__Signature *proof;             // in the arena; NULL when the receipt is not signed
	char history[HISTORY_TEXT_SIZE];      // of the database that has the outcomes; "" when it is not known
	uint64_t order;                       // of arrival in its batch; set and used by the writer
	int64_t replay_no;                    // of a refusal that is judged anew, else 0
	int32_t replay_top_unit_id;           // leads that number
};

// Takes the body over (the caller's message is empty afterwards). NULL when memory is out.
struct submission *submission_create(zmq_msg_t *body, date_instant received_at);

// A submission of nothing but one report, of which only the bytes are left, opened. They are copied. NULL when memory is out.
struct submission *submission_of_report(const void *raw, size_t size, date_instant received_at);

// NULL-safe; clears the caller's pointer.
void submission_destroy(struct submission **submission);

// The same for a list, along `next`.
void submission_destroy_list(struct submission **list);

// Counts the items, none of which is there yet, and reads submission_id. What is wrong with the whole is in
// submission->problem.
void submission_open(struct submission *submission);

// Takes the body apart first. Scans and decodes the next reports, so many at most, and judges them by the contract: what is wrong is in an item's
// verdict. A submission that outgrows its arena is refused as a whole. False when not even that is possible: the machine's
// memory is out.
bool submission_decode(struct submission *submission, const struct contract *contract, size_t reports);

// Refuses the whole with one reason.
void submission_refuse(struct submission *submission, enum rule rule, const char *value, const char *limit);

// Reports it counts for in limits: at least one.
size_t submission_weight(const struct submission *submission);

#endif
