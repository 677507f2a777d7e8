#include "history.h"

#include <libpq-fe.h>
#include <stdio.h>

// The timeline is read off the name of the log's current file: pg_control_checkpoint() still has the old one until the first
// checkpoint after a promotion.
static const char query[] =
	"SELECT system_identifier::text || '/' || "
	"('x' || substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8))::bit(32)::bigint || '/' || d.oid "
	"FROM pg_catalog.pg_control_system(), pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database()";

bool history_read(PGconn *connection, char text[static HISTORY_TEXT_SIZE])
{
	PGresult *result = PQexec(connection, query);
	bool good = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1;

	(void)snprintf(text, HISTORY_TEXT_SIZE, "%s", good ? PQgetvalue(result, 0, 0) : "");
	PQclear(result);
	return good;
}
