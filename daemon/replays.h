// Refusals that an administrator wants judged anew (schema/migrations/0019_replay.sql): how they are taken, and how it is noted
// what came of them. Both in the transaction that stores their reports: a daemon that dies in between leaves them waiting, and
// as long as it lives no other takes them.
#ifndef BAOCAO_REPLAYS_H
#define BAOCAO_REPLAYS_H

#include <libpq-fe.h>

#include "database.h"
#include "submission.h"

enum {
	REPLAYS_AT_ONCE = 100,    // in one transaction
	REPLAYS_BYTES = 1 << 20   // the same; one may be longer
};

// Prepares the statements on a fresh connection; the first result that is not good, else the last; the caller's to clear.
PGresult *replays_prepare(PGconn *connection);

// Takes waiting replays, so many at most, in the transaction that the caller has begun: a list of submissions of one report
// each, linked by next, now the caller's; NULL when none waits. On failure *ret_result is the failed result, for the caller to
// clear.
enum answer replays_take(PGconn *connection, int at_most, date_instant now, struct submission **ret_list,
                         PGresult **ret_result);

// Notes what came of a replay whose submission has one item, or none when it was refused as a whole. As above.
enum answer replays_finish(PGconn *connection, const struct submission *submission, PGresult **ret_result);

#endif
