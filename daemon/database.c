#define _GNU_SOURCE // asprintf
#include "database.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *sqlstate; // a prefix; the first row that fits counts
	enum answer answer;
} answers[] = {
	{"57P04", ANSWER_WAIT},      // database dropped
	{"57P", ANSWER_RECONNECT},   // shutdown, starting up
	{"57014", ANSWER_RETRY},     // cancelled: a lock or statement time-out
	{"08", ANSWER_RECONNECT},    // connection; on an open one: a shard is away
	{"40", ANSWER_RETRY},        // serialization failure, deadlock
	{"55P03", ANSWER_RETRY},     // lock not available
	{"53", ANSWER_WAIT},         // disk full, memory, connections
	{"58", ANSWER_WAIT},         // I/O
	{"XX", ANSWER_WAIT},         // internal error, corruption
	{"25006", ANSWER_WAIT},      // read-only: demoted
	{"28", ANSWER_WAIT},         // not authorised
	{"42", ANSWER_WAIT},         // rights, missing objects
	{"3D", ANSWER_WAIT},         // no such database
	{"22", ANSWER_DATA},         // data exception
	{"23", ANSWER_DATA},         // constraint; the natural key is told apart below
};

static const char natural_key[] = "report_natural_key";

const char *database_sqlstate(const PGresult *result)
{
	const char *sqlstate = result == NULL ? NULL : PQresultErrorField(result, PG_DIAG_SQLSTATE);
	return sqlstate == NULL ? "" : sqlstate;
}

const char *database_message(const PGconn *connection, const PGresult *result)
{
	const char *primary = result == NULL ? NULL : PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	return primary != NULL ? primary : PQerrorMessage(connection);
}

enum answer database_answer(const PGconn *connection, const PGresult *result)
{
	const char *sqlstate = database_sqlstate(result);
	const char *constraint = result == NULL ? NULL : PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);

	if (PQstatus(connection) != CONNECTION_OK || sqlstate[0] == '\0')
		return ANSWER_RECONNECT;
	if (strcmp(sqlstate, "23505") == 0 && constraint != NULL && strcmp(constraint, natural_key) == 0)
		return ANSWER_RETRY; // another writer got in between look and copy
	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
		if (strncmp(sqlstate, answers[i].sqlstate, strlen(answers[i].sqlstate)) == 0)
			return answers[i].answer;
	return ANSWER_UNKNOWN;
}

/* connecting */

// Enforced by a time-out so that no lock holds a batch for ever; none on statements, as it could hit COMMIT.
static const char session_settings[] =
	"SET lock_timeout = '30s'; SET idle_in_transaction_session_timeout = '60s'; SET client_min_messages = warning; "
	"SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET search_path = baocao, pg_catalog";

static char *first_line(const char *prefix, const char *message)
{
	char *text = NULL;
	if (asprintf(&text, "%s: %.*s", prefix, (int)strcspn(message, "\n"), message) < 0)
		return NULL;
	return text;
}

// "" when every commit of this session will be durable, else what is off.
static bool check_durability(PGconn *connection, char **ret_error, bool *ret_final)
{
	static const char query[] =
		"SELECT string_agg(name || ' is ' || setting, ', ') FROM pg_catalog.pg_settings "
		"WHERE (name IN ('fsync', 'full_page_writes') AND setting = 'off') "
		"OR (name = 'synchronous_commit' AND setting IN ('off'))";
	PGresult *result = PQexec(connection, query);
	bool good = PQresultStatus(result) == PGRES_TUPLES_OK && PQgetisnull(result, 0, 0);

	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		*ret_error = first_line("database", PQerrorMessage(connection));
	else if (!good) {
		*ret_final = true;
		*ret_error = first_line("database: an acknowledged report would not be durable", PQgetvalue(result, 0, 0));
	}
	PQclear(result);
	return good;
}

PGconn *database_connect(const struct config *config, char **ret_error, bool *ret_final)
{
	// What comes later wins: the connection string, expanded from dbname, may set its own time-out.
	const char *const names[] = {"fallback_application_name", "connect_timeout", "dbname", NULL};
	const char *const values[] = {"baocaod", "5", config->database, NULL};
	PGconn *connection = PQconnectdbParams(names, values, 1);

	*ret_error = NULL;
	*ret_final = false;
	if (PQstatus(connection) != CONNECTION_OK) {
		*ret_error = first_line("database", PQerrorMessage(connection));
		PQfinish(connection);
		return NULL;
	}
	PGresult *result = PQexec(connection, session_settings);
	bool good = PQresultStatus(result) == PGRES_COMMAND_OK;
	if (!good)
		*ret_error = first_line("database", PQerrorMessage(connection));
	PQclear(result);
	if (good && !config->allow_unsafe_durability)
		good = check_durability(connection, ret_error, ret_final);
	if (!good) {
		PQfinish(connection);
		return NULL;
	}
	return connection;
}
