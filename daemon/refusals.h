// Keeping what was not accepted: raw bytes, sender and every violation, in the same transaction as the rows of its
// neighbours. A refusal that comes again is counted, not kept again.
#ifndef BAOCAO_REFUSALS_H
#define BAOCAO_REFUSALS_H

#include <libpq-fe.h>

#include "database.h"
#include "submission.h"

// Prepares the statement on a fresh connection; the result is the caller's to check and clear.
PGresult *refusals_prepare(PGconn *connection);

// Keeps a refused item. On failure *ret_result is the failed result, for the caller to clear.
enum answer refusals_keep_item(PGconn *connection, const struct contract *contract, const struct item *item,
                               PGresult **ret_result);

// What is wrong, as the JSON that functions of the schema take: [{path, rule, vi, en}]. The caller frees it. NULL when memory is
// out.
char *refusals_json(const struct verdict *verdict);

// Keeps a submission that was refused as a whole.
enum answer refusals_keep_whole(PGconn *connection, struct submission *submission, PGresult **ret_result);

#endif
