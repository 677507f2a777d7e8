#include "copies.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch.h"

enum {
	SQL_SIZE = 4096,
	HANDED_ON = 64 << 10 // bytes that libpq is given at once
};

// COPY schema.table (columns) FROM STDIN; names come from the contract and need no quotes, but get them.
static void copy_statement(const struct layout_table *table, char sql[static SQL_SIZE])
{
	int used = snprintf(sql, SQL_SIZE, "COPY baocao.\"%s\" (", table->name);
	for (size_t i = 0; i < table->column_count && used < SQL_SIZE; i++)
		used += snprintf(sql + used, (size_t)(SQL_SIZE - used), "%s\"%s\"", i > 0 ? ", " : "", table->columns[i].name);
	if (used < SQL_SIZE)
		(void)snprintf(sql + used, (size_t)(SQL_SIZE - used), ") FROM STDIN (FORMAT binary)");
}

static enum answer begin_copy(struct copies *copies, size_t table, PGresult **result)
{
	char sql[SQL_SIZE];

	copies->table = &copies->rows->layout->tables[table];
	copy_statement(copies->table, sql);
	PQclear(*result);
	*result = PQexec(copies->connection, sql);
	return PQresultStatus(*result) == PGRES_COPY_IN ? ANSWER_OK : database_answer(copies->connection, *result);
}

// Hands on what is in the buffer; the first time the statement begins.
static enum answer hand_on(struct copies *copies, size_t table, PGresult **result)
{
	struct copy *copy = &copies->rows->copy;
	enum answer answer = ANSWER_OK;

	pulse_step(copies->pulse);
	if (copies->table == NULL)
		answer = begin_copy(copies, table, result);
	if (answer == ANSWER_OK)
		(void)PQputCopyData(copies->connection, (const char *)copy->bytes, (int)copy->used); // a failure shows in the result
	copy_handed_on(copy);
	return answer;
}

// Makes the rows that the items give to a table and hands them on a buffer at a time: the server reads one while the next is made.
static enum answer put_rows(struct copies *copies, size_t table, struct item **items, size_t count, PGresult **result)
{
	struct copy *copy = &copies->rows->copy;
	enum answer answer = ANSWER_OK;

	rows_begin(copies->rows, table);
	for (size_t i = 0; answer == ANSWER_OK && i < count; i++) {
		if (batch_is_to_be_written(items[i]))
			rows_add(copies->rows, items[i]);
		if (copy->used >= HANDED_ON)
			answer = hand_on(copies, table, result);
	}
	if (answer == ANSWER_OK && copy->rows > 0)
		answer = copy_end(copy) ? hand_on(copies, table, result) : ANSWER_WAIT; // out of memory: a resource
	return answer;
}

static enum answer end_copy(struct copies *copies, PGresult **result)
{
	enum answer answer = ANSWER_OK;
	PGresult *more;

	pulse_step(copies->pulse);
	(void)PQputCopyEnd(copies->connection, NULL); // a failure shows in the result
	PQclear(*result);
	*result = PQgetResult(copies->connection);
	if (PQresultStatus(*result) != PGRES_COMMAND_OK)
		answer = database_answer(copies->connection, *result);
	while ((more = PQgetResult(copies->connection)) != NULL)
		PQclear(more);
	return answer;
}

static enum answer copy_table(struct copies *copies, size_t table, struct item **items, size_t count, PGresult **result)
{
	copies->table = NULL;
	enum answer answer = put_rows(copies, table, items, count, result);
	if (answer == ANSWER_OK && copies->table != NULL)
		answer = end_copy(copies, result);
	if (answer == ANSWER_OK)
		copies->table = NULL;
	return answer;
}

enum answer copies_run(struct copies *copies, struct item **items, size_t count, PGresult **result)
{
	enum answer answer = copy_table(copies, copies->first_table, items, count, result);
	for (size_t table = 0; answer == ANSWER_OK && table < copies->rows->layout->table_count; table++)
		if (table != copies->first_table)
			answer = copy_table(copies, table, items, count, result);
	return answer;
}

// The row that a failed COPY names: its context is "COPY table, line N" in the server's language. 0 when there is none.
static size_t refused_row(const struct copies *copies, const PGresult *result)
{
	const char *context = result == NULL ? NULL : PQresultErrorField(result, PG_DIAG_CONTEXT);
	const char *at = context == NULL || copies->table == NULL ? NULL : strstr(context, copies->table->name);

	if (at == NULL || strncmp(context, "COPY ", 5) != 0)
		return 0;
	at += strlen(copies->table->name);
	while (*at != '\0' && !isdigit((unsigned char)*at))
		at++;
	return (size_t)strtoull(at, NULL, 10);
}

// The rows are made once more and counted.
size_t copies_culprit(struct copies *copies, struct item **items, size_t count, const PGresult *result)
{
	size_t row = refused_row(copies, result);
	size_t table = copies->table == NULL ? 0 : (size_t)(copies->table - copies->rows->layout->tables);

	if (row == 0)
		return count;
	copies->first_table = table;
	rows_begin(copies->rows, table);
	for (size_t i = 0; i < count; i++) {
		if (!batch_is_to_be_written(items[i]))
			continue;
		rows_add(copies->rows, items[i]);
		if (copies->rows->copy.rows >= row)
			return i;
	}
	return count;
}
