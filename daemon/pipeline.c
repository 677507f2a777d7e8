#include "pipeline.h"

bool pipeline_open(PGconn *connection)
{
	return PQenterPipelineMode(connection) == 1;
}

static bool is_good(const PGresult *result)
{
	return PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK;
}

// Between two statements libpq says NULL once; twice, or NULL on a dead connection, means that nothing more comes.
static bool has_ended(const PGconn *connection, const PGresult *result, bool *last_was_null)
{
	bool is_null = result == NULL, ended = is_null && (*last_was_null || PQstatus(connection) != CONNECTION_OK);
	*last_was_null = is_null;
	return ended || PQresultStatus(result) == PGRES_PIPELINE_SYNC;
}

PGresult *pipeline_close(PGconn *connection, size_t wanted)
{
	PGresult *kept = NULL, *result = NULL;
	size_t number = 0;
	bool failed = false, last_was_null = false;

	if (PQpipelineSync(connection) == 1)
		result = PQgetResult(connection);
	while (!has_ended(connection, result, &last_was_null)) {
		bool keep = result != NULL && !failed && (!is_good(result) || number == wanted);
		failed = failed || (result != NULL && !is_good(result));
		number += result != NULL;
		if (keep) {
			PQclear(kept);
			kept = result;
		} else {
			PQclear(result);
		}
		result = PQgetResult(connection);
	}
	PQclear(result);
	(void)PQexitPipelineMode(connection); // fails on a dead connection only, which is given up anyway
	return kept;
}
