#include "stream.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>

enum {
	SQL_SIZE = 4096,
	ROWS_AT_ONCE = 500,    // a row has some hundred bytes
	RAW_ROWS_AT_ONCE = 32  // one may have a MiB
};

int stream_column(const struct layout_table *table, enum layout_source source)
{
	for (size_t i = 0; i < table->column_count; i++)
		if (table->columns[i].source == source)
			return (int)i;
	return -1;
}

// Names come from the contract and need no quotes, but get them.
static void declare_statement(const struct stream *stream, const char *condition, char sql[static SQL_SIZE])
{
	const struct layout_table *table = stream->table;
	size_t used = (size_t)snprintf(sql, SQL_SIZE, "DECLARE s%zu NO SCROLL CURSOR FOR SELECT ", stream->number);

	for (size_t i = 0; i < table->column_count && used < SQL_SIZE; i++)
		used += (size_t)snprintf(sql + used, SQL_SIZE - used, "%st.\"%s\"", i > 0 ? ", " : "", table->columns[i].name);
	if (used < SQL_SIZE)
		(void)snprintf(sql + used, SQL_SIZE - used, " FROM baocao.\"%s\" AS t WHERE %s ORDER BY t.top_unit_id, t.report_no%s",
		               table->name, condition, table->lines == NULL ? "" : ", t.line_no");
}

static bool fetch(struct stream *stream)
{
	char sql[64];
	bool has_raw = stream_column(stream->table, LAYOUT_RAW) >= 0;

	(void)snprintf(sql, sizeof sql, "FETCH %d FROM s%zu", has_raw ? RAW_ROWS_AT_ONCE : ROWS_AT_ONCE, stream->number);
	PQclear(stream->rows);
	stream->rows = PQexecParams(stream->connection, sql, 0, NULL, NULL, NULL, NULL, 1);
	stream->row = 0;
	stream->ended = PQntuples(stream->rows) == 0;
	return PQresultStatus(stream->rows) == PGRES_TUPLES_OK;
}

bool stream_open(struct stream *stream, PGconn *connection, const struct layout_table *table, size_t number,
                 const char *condition)
{
	char sql[SQL_SIZE];

	*stream = (struct stream){.connection = connection, .table = table, .number = number};
	declare_statement(stream, condition, sql);
	PGresult *result = PQexec(connection, sql);
	bool good = PQresultStatus(result) == PGRES_COMMAND_OK;
	PQclear(result);
	return good && fetch(stream);
}

void stream_close(struct stream *stream)
{
	PQclear(stream->rows);
	stream->rows = NULL;
}

bool stream_next(struct stream *stream)
{
	if (++stream->row < PQntuples(stream->rows))
		return true;
	return fetch(stream);
}

int64_t stream_number(const struct stream *stream, enum layout_source source)
{
	int column = stream_column(stream->table, source), length = PQgetlength(stream->rows, stream->row, column);
	const char *value = PQgetvalue(stream->rows, stream->row, column);
	uint32_t small = 0;
	uint64_t big = 0;

	if (length == (int)sizeof small) {
		memcpy(&small, value, sizeof small);
		return (int32_t)be32toh(small);
	}
	memcpy(&big, value, sizeof big);
	return (int64_t)be64toh(big);
}

struct report_key stream_key(const struct stream *stream)
{
	return (struct report_key){.top_unit_id = (int32_t)stream_number(stream, LAYOUT_TOP_UNIT_ID),
	                           .report_no = stream_number(stream, LAYOUT_REPORT_NO)};
}

int stream_compare(const struct report_key *a, const struct report_key *b)
{
	if (a->top_unit_id != b->top_unit_id)
		return a->top_unit_id < b->top_unit_id ? -1 : 1;
	return (a->report_no > b->report_no) - (a->report_no < b->report_no);
}

bool stream_is_at(const struct stream *stream, const struct report_key *key)
{
	if (stream->ended)
		return false;
	struct report_key here = stream_key(stream);
	return stream_compare(&here, key) == 0;
}
