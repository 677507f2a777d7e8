// One attempt to write a batch: one transaction of look, number, COPY, refusals, COMMIT. It changes nothing but the
// outcomes of items, which the next attempt makes anew, so that trying again is always safe. One thread: the writer's.
#ifndef BAOCAO_ATTEMPT_H
#define BAOCAO_ATTEMPT_H

#include <libpq-fe.h>

#include "batch.h"
#include "database.h"
#include "layout.h"
#include "pulse.h"

struct attempt; // what a writer keeps between attempts: COPY buffers, report numbers, the ear for warnings

// contract, layout and pulse must outlive it; pulse is told of every step. NULL when memory is out.
struct attempt *attempt_create(const struct contract *contract, const struct layout *layout, struct pulse *pulse);
// NULL-safe; clears the caller's pointer.
void attempt_destroy(struct attempt **attempt);

// Makes a fresh connection ready for attempts; whatever an earlier connection gave is forgotten. Until the next call all
// attempts run on this connection. On failure *ret_result is the failed result, for the caller to clear.
enum answer attempt_prepare(struct attempt *attempt, PGconn *connection, PGresult **ret_result);

// Why an attempt failed.
struct failure {
	char sqlstate[8];
	char text[200];
	struct item *culprit; // the accepted item whose row the database refused, where the answer tells; else NULL
};

// Runs one attempt. ANSWER_OK: committed, durable, and every item has its outcome. Anything else: *failure says why, and
// the connection may be inside a failed transaction. A report whose row the database refuses is refused within the attempt
// and does not fail it, where the answer names the row and nothing else in the batch depends on the report.
enum answer attempt_run(struct attempt *attempt, struct batch *batch, struct failure *failure);

// The same in a transaction that the caller has begun, in which nothing has failed; it ends with COMMIT.
enum answer attempt_run_within(struct attempt *attempt, struct batch *batch, struct failure *failure);

// Refuses an accepted item (batch_refuse) and logs it, within limits: a rule that only the database knows is a flaw of the
// contract.
void attempt_refuse(struct attempt *attempt, struct batch *batch, struct item *item, const struct failure *failure);

// How many log lines were left out.
uint64_t attempt_left_out(const struct attempt *attempt);

#endif
