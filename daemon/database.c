#define _GNU_SOURCE // asprintf
#include "database.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

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
	{"23", ANSWER_DATA},         // constraint; keys that writers race for are told apart below
};

// Unique keys that another writer may have taken first: the report itself, or its number (from a sequence that was set back,
// by a restored backup say; the next block of numbers is further on).
static const char *const raced_keys[] = {"report_natural_key", "report_pkey"};

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
	for (size_t i = 0; strcmp(sqlstate, "23505") == 0 && constraint != NULL && i < sizeof raced_keys / sizeof raced_keys[0]; i++)
		if (strcmp(constraint, raced_keys[i]) == 0)
			return ANSWER_RETRY;
	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
		if (strncmp(sqlstate, answers[i].sqlstate, strlen(answers[i].sqlstate)) == 0)
			return answers[i].answer;
	return ANSWER_UNKNOWN;
}

/* connecting */

// Defaults, which `options` in the connection string replaces: no lock holds a batch for ever. There is no time-out for
// statements, as it could hit COMMIT.
static const char default_options[] = "-c lock_timeout=30s -c idle_in_transaction_session_timeout=60s";

// The role is the daemon's, whatever else the login may: row security binds it not, for COPY is refused to those it binds.
// Nothing is compiled: a statement that takes microseconds would take a tenth of a second.
static const char session_settings[] =
	"SET ROLE baocao_ingest; SET client_min_messages = warning; SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; "
	"SET search_path = baocao, pg_catalog; SET jit = off";

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

// Messages that belong to no statement, such as the reason why the server ends an idle connection.
static void on_notice(void *unused, const PGresult *result)
{
	const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	(void)unused;
	log_warning("database: %s", text == NULL ? "a notice without text" : text);
}

PGconn *database_connect(const struct config *config, char **ret_error, bool *ret_final)
{
	// What comes later wins: the connection string, expanded from dbname, may set its own. A server that is gone without a
	// word (its machine lost power, a cable was pulled) is noticed within 20 s.
	const char *const names[] = {"fallback_application_name", "connect_timeout", "keepalives_idle", "keepalives_interval",
	                             "keepalives_count", "tcp_user_timeout", "options", "dbname", NULL};
	const char *const values[] = {"baocaod", "5", "5", "5", "3", "20000", default_options, config->database, NULL};
	PGconn *connection = PQconnectdbParams(names, values, 1);

	*ret_error = NULL;
	*ret_final = false;
	if (PQstatus(connection) != CONNECTION_OK) {
		*ret_error = first_line("database", PQerrorMessage(connection));
		PQfinish(connection);
		return NULL;
	}
	(void)PQsetNoticeReceiver(connection, on_notice, NULL);
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
