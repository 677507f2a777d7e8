// One connection to PostgreSQL, made and checked the same way by every thread that has one. One PGconn per thread.
#ifndef BAOCAO_DATABASE_H
#define BAOCAO_DATABASE_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "config.h"

// What the answer of the database means for the batch that asked; the table is in database.c.
enum answer {
	ANSWER_OK,
	ANSWER_RECONNECT, // outcome unknown: connect again, run the whole again
	ANSWER_RETRY,     // contention: run the whole again
	ANSWER_WAIT,      // the database cannot work now (resources, rights, objects): wait, alarm, never refuse
	ANSWER_DATA,      // the data itself is refused
	ANSWER_UNKNOWN    // none of these: a few tries, then as data
};

// Connects and makes sure that a COMMIT will be durable. NULL on failure; *ret_error then says why, and is the caller's to
// free. *ret_final tells a reason that will not go away by itself (unsafe durability), so that start-up can stop.
PGconn *database_connect(const struct config *config, char **ret_error, bool *ret_final);

// Classifies a failed result (may be NULL: libpq had no memory) on that connection.
enum answer database_answer(const PGconn *connection, const PGresult *result);

// The SQLSTATE or "", and libpq's message; valid as long as result and connection.
const char *database_sqlstate(const PGresult *result);
const char *database_message(const PGconn *connection, const PGresult *result);

#endif
