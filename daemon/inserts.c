#include "inserts.h"

#include <stdio.h>

#include "marks.h"
#include "pipeline.h"

enum {
	SQL_SIZE = 8192,
	NAME_SIZE = 32
};

static void statement_name(size_t table, char name[static NAME_SIZE])
{
	(void)snprintf(name, NAME_SIZE, "insert%zu", table);
}

// INSERT INTO schema.table (columns) VALUES ($1, ...)
static void insert_statement(const struct layout_table *table, char sql[static SQL_SIZE])
{
	size_t used = (size_t)snprintf(sql, SQL_SIZE, "INSERT INTO baocao.\"%s\" (", table->name);
	for (size_t i = 0; i < table->column_count && used < SQL_SIZE; i++)
		used += (size_t)snprintf(sql + used, SQL_SIZE - used, "%s\"%s\"", i > 0 ? ", " : "", table->columns[i].name);
	for (size_t i = 0; i < table->column_count && used < SQL_SIZE; i++)
		used += (size_t)snprintf(sql + used, SQL_SIZE - used, "%s$%zu", i > 0 ? ", " : ") VALUES (", i + 1);
	if (used < SQL_SIZE)
		(void)snprintf(sql + used, SQL_SIZE - used, ")");
}

PGresult *inserts_prepare(PGconn *connection, const struct layout *layout)
{
	char sql[SQL_SIZE], name[NAME_SIZE];

	if (!pipeline_open(connection))
		return NULL;
	for (size_t i = 0; i < layout->table_count; i++) {
		statement_name(i, name);
		insert_statement(&layout->tables[i], sql);
		(void)PQsendPrepare(connection, name, sql, 0, NULL); // a failure shows in the result
	}
	return pipeline_close(connection, layout->table_count - 1);
}

// Sends one row of the COPY format, whose values are what binary parameters are; gives the place behind it, NULL on failure.
static const uint8_t *send_row(PGconn *connection, const char *name, const uint8_t *at)
{
	struct copy_fields fields;
	int formats[COPY_COLUMNS_MAX];

	at = copy_read(at, &fields);
	for (int i = 0; at != NULL && i < fields.count; i++)
		formats[i] = 1;
	if (at == NULL || PQsendQueryPrepared(connection, name, fields.count, fields.values, fields.lengths, formats, 0) != 1)
		return NULL;
	return at;
}

// Gives the rows that were sent; false when memory is out.
static bool send_table(PGconn *connection, struct rows *rows, size_t table, struct item **items, size_t count, size_t *sent)
{
	char name[NAME_SIZE];

	rows_begin(rows, table);
	for (size_t i = 0; i < count; i++)
		rows_add(rows, items[i]);
	if (rows->copy.failed)
		return false;
	statement_name(table, name);
	const uint8_t *at = rows->copy.bytes + COPY_HEADER_SIZE;
	for (size_t row = 0; at != NULL && row < rows->copy.rows; row++)
		at = send_row(connection, name, at);
	*sent += rows->copy.rows;
	return at != NULL;
}

PGresult *inserts_run(PGconn *connection, struct rows *rows, struct item **items, size_t count)
{
	size_t sent = 0;
	bool good = pipeline_open(connection);

	for (size_t table = 0; good && table < rows->layout->table_count; table++)
		good = send_table(connection, rows, table, items, count, &sent);
	good = good && marks_send(connection, rows->contract, items, count);
	if (!good || PQsendQueryParams(connection, "COMMIT", 0, NULL, NULL, NULL, NULL, 0) != 1)
		return NULL;
	return pipeline_close(connection, sent + 1); // the rows, the marks, COMMIT
}
