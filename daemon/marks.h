// What a batch leaves for the analysts' views: for each top unit, kind and year (a cell) the range of numbers that its new
// reports have (schema/migrations/0011_standing_reports.sql). It is the last statement before COMMIT and goes with it in one
// round trip. Marks are only ever added, so writers never wait for each other here. Writer's thread.
#ifndef BAOCAO_MARKS_H
#define BAOCAO_MARKS_H

#include <libpq-fe.h>

#include "submission.h"

// Prepares the statement on a fresh connection; the result is the caller's to clear.
PGresult *marks_prepare(PGconn *connection);

// Sends it, one statement, in pipeline mode (pipeline.h). The items have their numbers; those that are not to be written are
// passed over, and one at least is. False when memory is out.
bool marks_send(PGconn *connection, const struct contract *contract, struct item **items, size_t count);

#endif
