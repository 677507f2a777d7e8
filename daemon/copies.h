// The long way to write: the rows of many reports by COPY, a statement for each table, and which report gave the row that the
// database refused. The short one is inserts.h.
#ifndef BAOCAO_COPIES_H
#define BAOCAO_COPIES_H

#include <libpq-fe.h>

#include "database.h"
#include "pulse.h"
#include "rows.h"

struct copies {
	struct rows *rows; // where they are made; the writer's
	struct pulse *pulse;
	PGconn *connection;
	size_t first_table;               // the one that refused a row last is written first: less was written in vain
	const struct layout_table *table; // being written when it failed, else NULL
};

// Writes the rows of those items that are to be written, which have their numbers, within the transaction that is open. *result is
// cleared, and holds the result of the statement that failed, or the last one; the caller's to clear.
enum answer copies_run(struct copies *copies, struct item **items, size_t count, PGresult **result);

// After copies_run() answered ANSWER_DATA for the same items with that result: the index of the item that gave the refused row, or
// count when the database named none.
size_t copies_culprit(struct copies *copies, struct item **items, size_t count, const PGresult *result);

#endif
