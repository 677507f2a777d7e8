// baocao-verify: everything that is stored against what it must be, at one moment: what the database can check by itself
// (baocao.check_everything()), every report's unit against the catalogue, and every report's rows and digest against its raw bytes.
#include <endian.h>
#include <getopt.h>
#include <libpq-fe.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive.h"
#include "contract.h"
#include "date.h"
#include "layout.h"
#include "schema_check.h"

enum {
	EXIT_DIFFERENCES = 1, // something does not hang together
	EXIT_UNDONE = 2,      // it could not be found out
	CONDITION_SIZE = 300,
	SAMPLE_MAX = 100000
};

struct options {
	const char *conninfo;
	char condition[CONDITION_SIZE]; // which reports are compared with their raw bytes
};

/* the command line */

static void print_help(void)
{
	(void)puts("baocao-verify compares what is stored with the raw bytes of the reports, and checks every key.\n\n"
	           "usage: baocao-verify [--since DAY | --sample N] [CONNINFO]\n\n"
	           "  --since DAY   compare only reports received from that day on (YYYY-MM-DD, Viet Nam)\n"
	           "  --sample N    compare one report in N, each day others, so that N days compare all\n"
	           "  CONNINFO      of PostgreSQL, see libpq; by default its environment. The login is a member of the role\n"
	           "                baocao_verifier, which reads and writes nothing. A standby will do.\n\n"
	           "Prints a line for each difference, and a closing line. Status 0: none; 1: some; 2: it could not be found out.");
}

static bool set_since(struct options *options, const char *text)
{
	date_day day;

	if (!date_parse(text, &day)) {
		(void)fprintf(stderr, "--since %s: this is not a day like 2026-08-19\n", text);
		return false;
	}
	(void)snprintf(options->condition, sizeof options->condition,
	               "EXISTS (SELECT FROM baocao.report AS r WHERE (r.top_unit_id, r.report_no) = (t.top_unit_id, t.report_no) "
	               "AND r.received_at >= '%s 00:00 Asia/Ho_Chi_Minh'::timestamptz)",
	               text);
	return true;
}

static bool set_sample(struct options *options, const char *text)
{
	char *end;
	long one_in = strtol(text, &end, 10);

	if (*text == '\0' || *end != '\0' || one_in < 1 || one_in > SAMPLE_MAX) {
		(void)fprintf(stderr, "--sample %s: must be a whole number from 1 to %d\n", text, SAMPLE_MAX);
		return false;
	}
	(void)snprintf(options->condition, sizeof options->condition, "t.report_no %% %ld = %ld", one_in,
	               (long)(date_today_in_viet_nam(date_now()) % one_in));
	return true;
}

// False when nothing is to be done any more: *ret_status then tells how to end.
static bool parse(struct options *options, int argc, char **argv, int *ret_status)
{
	static const struct option long_options[] = {{"since", required_argument, NULL, 's'},
	                                             {"sample", required_argument, NULL, 'n'},
	                                             {"help", no_argument, NULL, 'h'},
	                                             {"version", no_argument, NULL, 'v'},
	                                             {NULL, 0, NULL, 0}};
	int option;

	*options = (struct options){.conninfo = "", .condition = "true"};
	*ret_status = EXIT_UNDONE;
	while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		if (option == 'h' || option == 'v') {
			*ret_status = EXIT_SUCCESS;
			if (option == 'h')
				print_help();
			else
				(void)puts("baocao-verify " BAOCAO_VERSION);
			return false;
		}
		if (!(option == 's' && set_since(options, optarg)) && !(option == 'n' && set_sample(options, optarg)))
			return false;
	}
	if (optind + 1 < argc) {
		(void)fprintf(stderr, "baocao-verify: what is %s? See --help.\n", argv[optind + 1]);
		return false;
	}
	if (optind < argc)
		options->conninfo = argv[optind];
	return true;
}

/* the database */

// One moment, read only. Cursors are read to their ends, whatever the server takes for granted; and it may take hours.
static const char begin[] =
	"SET ROLE baocao_verifier; SET TimeZone = 'UTC'; SET search_path = baocao, pg_catalog; SET cursor_tuple_fraction = 1; "
	"SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

// NULL on failure, which it says.
static PGconn *connect_to(const char *conninfo)
{
	const char *const names[] = {"fallback_application_name", "connect_timeout", "dbname", NULL};
	const char *const values[] = {"baocao-verify", "10", conninfo, NULL};
	PGconn *connection = PQconnectdbParams(names, values, 1);
	PGresult *result = PQstatus(connection) == CONNECTION_OK ? PQexec(connection, begin) : NULL;
	bool good = PQresultStatus(result) == PGRES_COMMAND_OK;

	PQclear(result);
	if (good)
		return connection;
	(void)fprintf(stderr, "baocao-verify: %s", PQerrorMessage(connection));
	PQfinish(connection);
	return NULL;
}

// What the database finds by itself; the columns of a row say what, where, an example, how many.
static const char findings_query[] = "SELECT check_name, table_name, detail, row_count FROM baocao.check_everything() "
									 "UNION ALL "
									 "SELECT check_name, table_name, detail, row_count FROM baocao.raw_bytes_lost() "
									 "UNION ALL "
									 "SELECT 'the unit is not the one that the code meant', 'report', min(r.report_no)::text, count(*) "
									 "FROM baocao.report AS r LEFT JOIN baocao.unit AS u ON u.code = r.unit_code AND u.valid @> r.period_last "
									 "WHERE u.unit_id IS DISTINCT FROM r.unit_id HAVING count(*) > 0";

static bool check_database(PGconn *connection, size_t *ret_findings)
{
	PGresult *result = PQexec(connection, findings_query);
	bool good = PQresultStatus(result) == PGRES_TUPLES_OK;

	*ret_findings = (size_t)PQntuples(result);
	for (int row = 0; row < PQntuples(result); row++)
		(void)printf("database: %s: %s %s: %s rows\n", PQgetvalue(result, row, 0), PQgetvalue(result, row, 1),
		             PQgetvalue(result, row, 2), PQgetvalue(result, row, 3));
	PQclear(result);
	if (!good)
		(void)fprintf(stderr, "baocao-verify: %s", PQerrorMessage(connection));
	return good;
}

// Before which moment of receipt retention has removed raw bytes: in the server's own form, as the tables' rows come.
static const char expired_query[] = "SELECT coalesce(max(received_before), '-infinity') FROM baocao.expiry WHERE what = 'report_raw'";

static bool ask_expired(PGconn *connection, int64_t *ret_before)
{
	PGresult *result = PQexecParams(connection, expired_query, 0, NULL, NULL, NULL, NULL, 1);
	bool good = PQresultStatus(result) == PGRES_TUPLES_OK && PQgetlength(result, 0, 0) == sizeof *ret_before;
	uint64_t value = 0;

	if (good)
		memcpy(&value, PQgetvalue(result, 0, 0), sizeof value);
	else
		(void)fprintf(stderr, "baocao-verify: %s", PQerrorMessage(connection));
	*ret_before = (int64_t)be64toh(value);
	PQclear(result);
	return good;
}

/* all of it */

static int verify(const struct options *options, PGconn *connection, const struct contract *contract,
                  const struct layout *layout)
{
	struct archive_parts parts = {
		.connection = connection, .contract = contract, .layout = layout, .condition = options->condition, .out = stdout};
	struct archive_counts counts;
	const char *error;
	size_t findings;

	if (!schema_check(connection, contract, layout, stderr) || !check_database(connection, &findings) ||
	    !ask_expired(connection, &parts.expired_before))
		return EXIT_UNDONE;
	if (!archive_verify(&parts, &counts, &error)) {
		(void)fprintf(stderr, "baocao-verify: %.*s\n", (int)strcspn(error, "\n"), error);
		return EXIT_UNDONE;
	}
	(void)printf("baocao-verify: %zu reports, %zu rows compared with their raw bytes: %zu differences; %zu findings of the database",
	             counts.reports, counts.rows, counts.differences, findings);
	if (counts.expired > 0)
		(void)printf("; of %zu reports retention has removed the raw bytes", counts.expired);
	(void)putchar('\n');
	return counts.differences + findings == 0 ? EXIT_SUCCESS : EXIT_DIFFERENCES;
}

int main(int argc, char **argv)
{
	struct options options;
	int status;
	char *error = NULL;

	if (!parse(&options, argc, argv, &status))
		return status;
	if (sodium_init() < 0)
		return EXIT_UNDONE;
	struct contract *contract = contract_load(&error);
	struct layout *layout = contract == NULL ? NULL : layout_create(contract);
	PGconn *connection = layout == NULL ? NULL : connect_to(options.conninfo);
	status = EXIT_UNDONE;
	if (layout == NULL)
		(void)fprintf(stderr, "baocao-verify: %s\n", error == NULL ? "out of memory" : error);
	else if (connection != NULL)
		status = verify(&options, connection, contract, layout);
	free(error);
	PQfinish(connection);
	layout_destroy(&layout);
	contract_destroy(&contract);
	if (fflush(stdout) != 0)
		status = EXIT_UNDONE; // nobody has read it
	return status;
}
