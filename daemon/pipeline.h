// Several statements in one round trip: libpq's pipeline mode (PostgreSQL manual, "Pipeline Mode"), which COPY cannot take part
// in. Send with PQsendQueryParams() and PQsendQueryPrepared() in between. Writer's thread.
#ifndef BAOCAO_PIPELINE_H
#define BAOCAO_PIPELINE_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>

bool pipeline_open(PGconn *connection);

// Sends all, waits for every answer and leaves the mode. Gives the first result that failed, else the one with that number
// (from 0), for the caller to clear; NULL when memory is out. After a failure the server has done nothing that followed.
PGresult *pipeline_close(PGconn *connection, size_t wanted);

#endif
