#include "check.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalogue.h"
#include "contract.h"
#include "database.h"
#include "endpoint.h"
#include "layout.h"
#include "schema_check.h"
#include "self_test.h"
#include "signing.h"

enum {
	CLOCK_LIMIT_US = 5000000, // between our clock and the database's: what time_sync keeps is a thousandth of it
	CONNECTIONS_BESIDE = 2    // the watcher's, the replayer's
};

struct check {
	const struct config *config;
	FILE *said; // every problem is a line of it
};

/* keys */

static bool in_credentials(const char *path)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY"); // systemd's: it keeps them for the service's user alone
	return folder != NULL && strncmp(path, folder, strlen(folder)) == 0;
}

// The key that belongs to it, where keygen left it beside.
static void check_pair(const struct check *check, const char *path, const char *public_key)
{
	char beside[4096], text[ENDPOINT_KEY_SIZE] = "";

	(void)snprintf(beside, sizeof beside, "%s.pub", path);
	FILE *file = fopen(beside, "re");
	if (file == NULL)
		return;
	if (fread(text, 1, ENDPOINT_KEY_SIZE - 1, file) != ENDPOINT_KEY_SIZE - 1 || strcmp(text, public_key) != 0)
		(void)fprintf(check->said, "%s: is not the public key of %s: collectors who were given it cannot connect\n", beside, path);
	(void)fclose(file);
}

// False when there is no such file.
static bool check_mode(const struct check *check, const char *name, const char *path)
{
	struct stat status;

	if (stat(path, &status) != 0) {
		(void)fprintf(check->said, "%s: %s: %s\n", name, path, strerror(errno));
		return false;
	}
	if ((status.st_mode & (in_credentials(path) ? S_IRWXO : S_IRWXG | S_IRWXO)) != 0)
		(void)fprintf(check->said, "%s: %s: its mode is %03o: others may get at the secret key; chmod 600 it\n", name, path,
		              (unsigned)status.st_mode & 0777);
	return true;
}

static bool check_key(const struct check *check, const char *name, const char *path)
{
	char public_key[ENDPOINT_KEY_SIZE], *error = NULL;

	if (path[0] == '\0')
		return true;
	if (!check_mode(check, name, path))
		return false;
	bool good = endpoint_public_key(path, public_key, &error);
	if (good)
		check_pair(check, path, public_key);
	else
		(void)fprintf(check->said, "%s: %s\n", name, error == NULL ? "out of memory" : error);
	free(error);
	return good;
}

// Those with which receipts are signed. A file that is not there, or no key, the loader names.
static void check_signing(const struct check *check)
{
	const char *path = check->config->signing_key_file, *previous = check->config->signing_key_file_previous;
	char *error = NULL;

	if (access(path, F_OK) == 0)
		(void)check_mode(check, "signing_key_file", path);
	if (access(previous, F_OK) == 0)
		(void)check_mode(check, "signing_key_file_previous", previous);
	struct contract *contract = contract_load(&error);
	struct signing *signing = contract == NULL ? NULL : signing_create(check->config, contract, &error);

	if (error != NULL)
		(void)fprintf(check->said, "%s\n", error);
	free(error);
	signing_destroy(&signing);
	contract_destroy(&contract);
}

static void check_gate(const struct check *check)
{
	char *error = NULL;

	if (!self_test_alone(check->config, &error))
		(void)fprintf(check->said, "%s\n", error == NULL ? "gate: out of memory" : error);
	free(error);
}

/* the database */

// Each gives a line for every problem it finds. Those that need it get the tables that the daemon writes to, the number of
// connections it makes, or the migrations it was built with, as $1.
enum parameter { PARAMETER_NONE, PARAMETER_TABLES, PARAMETER_CONNECTIONS, PARAMETER_MIGRATIONS };
static const struct {
	const char *subject;
	enum parameter parameter;
	const char *query;
} questions[] = {
	{"database", PARAMETER_NONE,
     "SELECT 'PostgreSQL ' || current_setting('server_version') || ' is older than 15' "
     "WHERE current_setting('server_version_num')::int < 150000"},
	{"database", PARAMETER_NONE,
     "SELECT 'it is read-only, a standby say' WHERE pg_catalog.pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on'"},
	{"database", PARAMETER_NONE,
     "SELECT 'its encoding is ' || pg_catalog.pg_encoding_to_char(encoding) || ', not UTF8' FROM pg_catalog.pg_database "
     "WHERE datname = current_database() AND pg_catalog.pg_encoding_to_char(encoding) <> 'UTF8'"},
	{"database", PARAMETER_CONNECTIONS,
     "SELECT 'it has room for ' || room || ' connections, this daemon makes ' || $1 FROM (SELECT least("
     "current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int, "
     "(SELECT nullif(datconnlimit, -1) FROM pg_catalog.pg_database WHERE datname = current_database()), "
     "(SELECT nullif(rolconnlimit, -1) FROM pg_catalog.pg_roles WHERE rolname = session_user)) AS room) AS r WHERE room < $1::int"},
	{"rights", PARAMETER_TABLES,
     "SELECT 'may not insert into baocao.' || t FROM unnest($1::text[]) AS t, pg_catalog.to_regclass('baocao.' || quote_ident(t)) "
     "AS c WHERE c IS NOT NULL AND NOT has_table_privilege(c, 'INSERT')"},
	{"rights", PARAMETER_NONE,
     "SELECT CASE WHEN c IS NULL THEN 'baocao.' || t || ' is missing' ELSE 'may not read baocao.' || t END "
     "FROM unnest('{report,unit,unit_succession,form,reporting_period,lock_exception,collector,collector_key}'::text[]) AS t, "
     "pg_catalog.to_regclass('baocao.' || t) AS c WHERE c IS NULL OR NOT has_table_privilege(c, 'SELECT')"},
	{"rights", PARAMETER_NONE,
     "SELECT 'may not take numbers from baocao.report_block' FROM pg_catalog.to_regclass('baocao.report_block') AS c "
     "WHERE c IS NULL OR NOT has_sequence_privilege(c, 'USAGE')"},
	{"rights", PARAMETER_NONE,
     "SELECT 'may not execute baocao.' || f FROM unnest('{keep_refusal,mark_stored,take_replays,finish_replay}'::text[]) AS f "
     "WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace "
     "WHERE n.nspname = 'baocao' AND p.proname = f AND has_function_privilege(p.oid, 'EXECUTE'))"},
	{"rights", PARAMETER_NONE,
     "SELECT 'may not set session_replication_role' WHERE NOT has_parameter_privilege('session_replication_role', 'SET')"},
	{"schema", PARAMETER_MIGRATIONS,
     "SELECT 'migration ' || n || ' was not applied: run schema/migrate' FROM unnest($1::int[]) AS n "
     "WHERE n NOT IN (SELECT number FROM baocao.migration)"},
};

static const char durability[] =
	"SELECT name || ' is off: an acknowledged report would not be durable' FROM pg_catalog.pg_settings "
	"WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off'";

static void ask(const struct check *check, PGconn *connection, const char *subject, const char *query, const char *parameter)
{
	PGresult *result = PQexecParams(connection, query, parameter == NULL ? 0 : 1, NULL, &parameter, NULL, NULL, 0);

	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		(void)fprintf(check->said, "%s: cannot be asked about: %s\n", subject, database_message(connection, result));
	for (int row = 0; row < PQntuples(result); row++)
		(void)fprintf(check->said, "%s: %s\n", subject, PQgetvalue(result, row, 0));
	PQclear(result);
}

// The caller frees it. NULL when memory is out.
static char *table_names(const struct layout *layout)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	for (size_t i = 0; i < layout->table_count; i++)
		(void)fprintf(out, "%s%s", i == 0 ? "{" : ",", layout->tables[i].name);
	(void)fputc('}', out);
	(void)fclose(out);
	return text;
}

static void check_clock(const struct check *check, PGconn *connection)
{
	PGresult *result = PQexec(connection, "SELECT (extract(epoch FROM clock_timestamp() - timestamptz '2000-01-01 00:00:00+00') "
	                                      "* 1000000)::bigint");
	date_instant now = date_now();

	if (PQresultStatus(result) != PGRES_TUPLES_OK) {
		(void)fprintf(check->said, "clock: cannot be asked about: %s\n", database_message(connection, result));
	} else {
		int64_t offset = strtoll(PQgetvalue(result, 0, 0), NULL, 10) - now;
		if (offset > CLOCK_LIMIT_US || offset < -CLOCK_LIMIT_US)
			(void)fprintf(check->said, "clock: the database's is %.1f s %s this machine's\n", (double)llabs(offset) / 1e6,
			              offset > 0 ? "ahead of" : "behind");
	}
	PQclear(result);
}

static void check_collectors(const struct check *check, PGconn *connection)
{
	char *error = NULL;
	struct catalogue *catalogue = catalogue_load(connection, &error);
	const char *name = check->config->anonymous_collector;

	if (catalogue == NULL)
		(void)fprintf(check->said, "%s\n", error == NULL ? "catalogue: out of memory" : error);
	else if (name[0] != '\0' && catalogue_collector(catalogue, name, date_now()) == NULL)
		(void)fprintf(check->said, "anonymous_collector: no collector %s has a valid key\n", name);
	free(error);
	catalogue_destroy(&catalogue);
}

static void check_connected(const struct check *check, PGconn *connection, const struct contract *contract, const struct layout *layout)
{
	char connections[24], *tables = table_names(layout);

	(void)snprintf(connections, sizeof connections, "%" PRId64, check->config->writers + 1 + CONNECTIONS_BESIDE);
	const char *const parameters[] = {[PARAMETER_NONE] = NULL,
	                                  [PARAMETER_TABLES] = tables,
	                                  [PARAMETER_CONNECTIONS] = connections,
	                                  [PARAMETER_MIGRATIONS] = BAOCAO_MIGRATIONS};
	for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++)
		ask(check, connection, questions[i].subject, questions[i].query, parameters[questions[i].parameter]);
	if (!check->config->allow_unsafe_durability)
		ask(check, connection, "durability", durability, NULL);
	(void)schema_check(connection, contract, layout, check->said);
	check_clock(check, connection);
	check_collectors(check, connection);
	free(tables);
}

// A database that would forget is connected to all the same: what else is wrong with it is wanted too.
static void check_database(const struct check *check)
{
	struct config lenient = *check->config;
	char *error = NULL;
	bool final;
	struct contract *contract = contract_load(&error);
	struct layout *layout = contract == NULL ? NULL : layout_create(contract);

	lenient.allow_unsafe_durability = true;
	PGconn *connection = layout == NULL ? NULL : database_connect(&lenient, &error, &final);
	if (connection != NULL)
		check_connected(check, connection, contract, layout);
	else
		(void)fprintf(check->said, "%s\n", error == NULL ? "out of memory" : error);
	free(error);
	PQfinish(connection);
	layout_destroy(&layout);
	contract_destroy(&contract);
}

/* all of it */

bool check(const struct config *config, bool is_good, FILE *out)
{
	char *text = NULL;
	size_t size;
	const struct check all = {.config = config, .said = open_memstream(&text, &size)};

	if (all.said == NULL)
		return false;
	bool good = config_check(config, all.said);
	good = check_key(&all, "secret_key_file", config->secret_key_file) && good;
	good = check_key(&all, "secret_key_file_next", config->secret_key_file_next) && good;
	check_signing(&all);
	if (good) // else the gate cannot be tried
		check_gate(&all);
	check_database(&all);
	(void)fclose(all.said);
	(void)fputs(text, stderr);
	is_good = is_good && text[0] == '\0';
	free(text);
	(void)fputs(is_good ? "baocaod: everything is in order\n" : "baocaod: not in order\n", out);
	return is_good;
}
