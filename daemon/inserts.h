// The short way to write: the rows of a few reports as prepared INSERTs, all tables and COMMIT in one round trip. COPY takes
// two for each table; with one report in a batch that is most of the time that its sender waits (docs/performance.md).
#ifndef BAOCAO_INSERTS_H
#define BAOCAO_INSERTS_H

#include <libpq-fe.h>

#include "rows.h"

enum { INSERTS_REPORTS_MAX = 16 }; // beyond so many in a batch COPY is as fast

// Prepares a statement for each table on a fresh connection: the first result that is not good, else the last; the caller's to
// clear.
PGresult *inserts_prepare(PGconn *connection, const struct layout *layout);

// Inserts the rows of all items, which have their numbers, marks them and commits. Gives the result of COMMIT, or the one that failed;
// for the caller to clear. NULL when memory is out: the connection is of no further use then.
PGresult *inserts_run(PGconn *connection, struct rows *rows, struct item **items, size_t count);

#endif
