#include "schema_check.h"

#include <string.h>

// The columns of a table in the words of layout.h; enums of the schema keep its name.
static const char columns_query[] =
	"SELECT a.attname, CASE WHEN t.typtype = 'e' THEN n.nspname || '.' || t.typname WHEN t.typname = 'timestamptz' THEN "
	"'timestamptz' ELSE pg_catalog.format_type(t.oid, NULL) END, a.attnotnull "
	"FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid "
	"JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace "
	"WHERE a.attrelid = pg_catalog.to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped";

static const char labels_query[] = "SELECT e.enumlabel FROM pg_catalog.pg_enum e JOIN pg_catalog.pg_type t ON t.oid = e.enumtypid "
								   "WHERE t.oid = pg_catalog.to_regtype($1)";

static PGresult *ask(PGconn *connection, const char *query, const char *prefix, const char *name, FILE *differences)
{
	char qualified[160];
	const char *values[] = {qualified};

	(void)snprintf(qualified, sizeof qualified, "%s.\"%s\"", prefix, name);
	PGresult *result = PQexecParams(connection, query, 1, NULL, values, NULL, NULL, 0);
	if (PQresultStatus(result) == PGRES_TUPLES_OK)
		return result;
	(void)fprintf(differences, "%s: %s\n", name, PQerrorMessage(connection));
	PQclear(result);
	return NULL;
}

static int row_of(const PGresult *result, const char *name)
{
	for (int row = 0; row < PQntuples(result); row++)
		if (strcmp(PQgetvalue(result, row, 0), name) == 0)
			return row;
	return -1;
}

static bool check_column(const PGresult *result, const struct layout_table *table, const struct layout_column *column,
                         FILE *differences)
{
	int row = row_of(result, column->name);
	if (row < 0) {
		(void)fprintf(differences, "column %s.%s is missing in the database\n", table->name, column->name);
		return false;
	}
	const char *type = PQgetvalue(result, row, 1);
	bool not_null = PQgetvalue(result, row, 2)[0] == 't';
	if (strcmp(type, column->sql_type) != 0)
		(void)fprintf(differences, "column %s.%s is %s in the database, %s in the contract\n", table->name, column->name,
		              type, column->sql_type);
	if (not_null != column->not_null)
		(void)fprintf(differences, "column %s.%s is %s in the database, %s in the contract\n", table->name, column->name,
		              not_null ? "NOT NULL" : "nullable", column->not_null ? "NOT NULL" : "nullable");
	return strcmp(type, column->sql_type) == 0 && not_null == column->not_null;
}

static bool has_column(const struct layout_table *table, const char *name)
{
	for (size_t i = 0; i < table->column_count; i++)
		if (strcmp(table->columns[i].name, name) == 0)
			return true;
	return false;
}

static bool check_table(PGconn *connection, const struct layout_table *table, FILE *differences)
{
	PGresult *result = ask(connection, columns_query, "baocao", table->name, differences);
	bool good = result != NULL;

	if (result != NULL && PQntuples(result) == 0) {
		(void)fprintf(differences, "table %s is missing in the database\n", table->name);
		PQclear(result);
		return false;
	}
	for (size_t i = 0; result != NULL && i < table->column_count; i++)
		good = check_column(result, table, &table->columns[i], differences) && good;
	for (int row = 0; result != NULL && row < PQntuples(result); row++)
		if (!has_column(table, PQgetvalue(result, row, 0))) {
			(void)fprintf(differences, "column %s.%s is in the database but not in the contract\n", table->name,
			              PQgetvalue(result, row, 0));
			good = false;
		}
	PQclear(result);
	return good;
}

static bool check_enum(PGconn *connection, const struct contract_enum *enumeration, FILE *differences)
{
	PGresult *result = ask(connection, labels_query, "baocao", enumeration->name, differences);
	bool good = result != NULL;

	for (size_t i = 0; result != NULL && i < enumeration->value_count; i++)
		if (row_of(result, enumeration->values[i].label) < 0) {
			(void)fprintf(differences, "enum %s has no value %s in the database\n", enumeration->name,
			              enumeration->values[i].label);
			good = false;
		}
	for (int row = 0; result != NULL && row < PQntuples(result); row++)
		if (contract_value_by_label(enumeration, PQgetvalue(result, row, 0)) == NULL) {
			(void)fprintf(differences, "enum %s has the value %s in the database but not in the contract\n",
			              enumeration->name, PQgetvalue(result, row, 0));
			good = false;
		}
	PQclear(result);
	return good;
}

bool schema_check(PGconn *connection, const struct contract *contract, const struct layout *layout, FILE *differences)
{
	bool good = true;
	for (size_t i = 0; i < contract->enum_count; i++)
		good = check_enum(connection, &contract->enums[i], differences) && good;
	for (size_t i = 0; i < layout->table_count; i++)
		good = check_table(connection, &layout->tables[i], differences) && good;
	return good;
}
