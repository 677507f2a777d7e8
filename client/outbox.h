// The outbox: a SQLite file in which a report is durable before anybody is told that it is queued, and stays, with the
// server's answer, after it was delivered. WAL and synchronous=FULL: what a function has said survives kill -9 and a loss
// of power (sqlite.org, "PRAGMA synchronous").
//
// Several processes may have the same outbox open; one at a time delivers it. Every function that returns false has said
// why on standard error, with the outbox's path. One thread.
#ifndef BAOCAO_OUTBOX_H
#define BAOCAO_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "digest.h"
#include "merkle.h"
#include "protocol.pb-c.h"

enum {
	OUTBOX_PARCEL_REPORTS = 500,       // the server takes 1,000
	OUTBOX_PARCEL_BYTES = 900 * 1024,  // the server takes 1 MiB
	OUTBOX_ENTRY_OVERHEAD = 16         // tag and length of a report in a submission, with room
};

struct outbox;
struct sqlite3;

// Opens the outbox at path, making it and its folder when there is none. NULL on failure.
struct outbox *outbox_open(const char *path);
// NULL-safe; clears the caller's pointer.
void outbox_close(struct outbox **outbox);

// For the modules that keep tables of their own in the file.
struct sqlite3 *outbox_database(const struct outbox *outbox);
// Says the database's last error on standard error; false.
bool outbox_complain(const struct outbox *outbox);

/* queueing */

struct outbox_report {
	const uint8_t *bytes; // packed, canonical
	size_t size;
	const char *series; // series_text()
	uint32_t revision;
	const uint8_t *digest; // DIGEST_SIZE
	const char *path;      // the file and line it was read from
	size_t line;
};

// Between begin and commit nothing is queued for others, or after a crash, yet; after a failure nothing is at all.
bool outbox_begin(struct outbox *outbox);
// *ret_entry_no names it from now on. A report that is pending already, with the same content, is that entry.
bool outbox_add(struct outbox *outbox, const struct outbox_report *report, int64_t *ret_entry_no);
// Takes back what was added since begin; does nothing when nothing was begun.
void outbox_rollback(struct outbox *outbox);
// True: all that was added is durable.
bool outbox_commit(struct outbox *outbox);

/* delivering */

// Takes the right to deliver, waiting for another process that has it. It ends with the outbox, or with outbox_unlock().
bool outbox_lock(struct outbox *outbox);
// The same without waiting: *ret_taken is false when another process has it.
bool outbox_try_lock(struct outbox *outbox, bool *ret_taken);
void outbox_unlock(struct outbox *outbox);

// What goes into one submission: entries whose earlier revisions are answered.
struct outbox_parcel {
	size_t count;
	int64_t entries[OUTBOX_PARCEL_REPORTS];
	uint8_t digests[OUTBOX_PARCEL_REPORTS][DIGEST_SIZE];
	uint8_t *bytes; // fields 2 of a Submission, one after the other; owned
	size_t size, capacity;
};

void outbox_parcel_clear(struct outbox_parcel *parcel);

// Fills the parcel with the next pending entries after those taken since the last rewind, up to so many bytes and one entry at
// least; count 0 when there are none.
bool outbox_take(struct outbox *outbox, struct outbox_parcel *parcel, size_t max_bytes);
// Begins again with the first. Only when nothing that was taken is still under way.
void outbox_rewind(struct outbox *outbox);

// What makes the answers to a parcel provable (proof.h).
struct outbox_proof {
	const uint8_t *statement, *signature; // the latter of PROOF_SIGNATURE_SIZE
	size_t statement_size;
	const merkle_step *steps; // from the root over the leaves up to that of the statement
	size_t step_count;
	const merkle_hash *leaves; // one for each entry, in the parcel's order
	size_t leaf_count;
};

// Keeps, in one transaction, what the server answered to a parcel: one outcome for each entry, or one for the whole. An
// outcome for another content than the entry's is not an answer: the entry stays pending. A submission that was refused as
// a whole says nothing of its reports, when it had several: each will go alone. proof may be NULL.
bool outbox_answer(struct outbox *outbox, const struct outbox_parcel *parcel, const Baocao__Receipt *receipt,
                   const struct outbox_proof *proof);

/* looking */

struct outbox_entry {
	int64_t entry_no;
	const char *path;
	size_t line;
	const char *queued_at;     // RFC 3339, UTC
	Baocao__Outcome outcome;   // 0 while pending
	const char *answered_at;   // NULL while pending
	const uint8_t *answer;     // packed ReportOutcome; NULL while pending
	size_t answer_size;
	const uint8_t *report;     // packed
	size_t report_size;
	int64_t receipt_no;        // for outbox_proof(); 0 when the answer is not signed
	size_t leaf;               // its place among the leaves of the proof
};

enum outbox_which { OUTBOX_PENDING, OUTBOX_REFUSED, OUTBOX_ALL, OUTBOX_BY_NUMBER };

// Calls each for the entries asked for, in the order they were queued, or for one entry by its number; the entry is valid
// during the call.
bool outbox_each(struct outbox *outbox, enum outbox_which which, int64_t entry_no,
                 void (*each)(void *user, const struct outbox_entry *entry), void *user);

// Calls use with the proof of that receipt, which is valid during the call. False also when there is none.
bool outbox_proof(struct outbox *outbox, int64_t receipt_no, void (*use)(void *user, const struct outbox_proof *proof),
                  void *user);

// How many there are by outcome; [0] are pending. *ret_oldest is when the oldest pending one was queued, "" when none is.
enum { OUTBOX_OUTCOMES = BAOCAO__OUTCOME__OUTCOME_PROTOCOL + 1, OUTBOX_TIME_SIZE = 32 };
bool outbox_count(struct outbox *outbox, int64_t counts[static OUTBOX_OUTCOMES], char oldest[static OUTBOX_TIME_SIZE]);

// Whether anything may be pending; without counting.
bool outbox_has_pending(struct outbox *outbox);

#endif
