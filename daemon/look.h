// The look of "look, copy, retry": which natural keys of a batch are stored already, and with which content.
#ifndef BAOCAO_LOOK_H
#define BAOCAO_LOOK_H

#include <libpq-fe.h>

#include "database.h"
#include "submission.h"

// Prepares the statement on a fresh connection; the result is the caller's to check and clear.
PGresult *look_prepare(PGconn *connection, const struct contract *contract);

// Gives each accepted item, in one statement, its outcome as far as the database knows it: DUPLICATE or CONFLICT with
// report_no and stored_received_at of the stored one, SUPERSEDED when a higher revision is there, else STORED.
// Items must be sorted by look_compare(). begins: begins the transaction, in the same round trip. On failure *ret_result is the failed result, for the caller to clear.
enum answer look_at_stored(PGconn *connection, const struct contract *contract, struct item **items, size_t count,
                           bool begins, PGresult **ret_result);

// The same among the items themselves: an item meets those that came before it. Items sorted as above.
void look_at_each_other(struct item **items, size_t count);

// Order by natural key, the revision last; equal keys by arrival.
int look_compare(const struct item *a, const struct item *b);

// Whether two items are reports of one unit, kind and period, whatever their revisions.
bool look_is_related(const struct item *a, const struct item *b);

#endif
