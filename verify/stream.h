// One table of reports in the order of its key, through a cursor: a few rows at a time are held. One thread.
#ifndef BAOCAO_STREAM_H
#define BAOCAO_STREAM_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "layout.h"

// What ties the rows of a report together.
struct report_key {
	int32_t top_unit_id;
	int64_t report_no;
};

struct stream {
	PGconn *connection;
	const struct layout_table *table;
	size_t number;   // of the cursor
	PGresult *rows;  // binary; the columns are the layout's
	int row;         // the current one
	bool ended;
};

// Opens the cursor in the transaction under way and goes to the first row. condition: of rows called t; "true" for all. False on
// failure, which the connection tells. stream_close() either way.
bool stream_open(struct stream *stream, PGconn *connection, const struct layout_table *table, size_t number,
                 const char *condition);
void stream_close(struct stream *stream);

// Goes to the next row, or to the end. False on failure.
bool stream_next(struct stream *stream);

// Whether the current row is one of that report. False at the end.
bool stream_is_at(const struct stream *stream, const struct report_key *key);
// The key of the current row; not at the end.
struct report_key stream_key(const struct stream *stream);

// Order of keys, as the streams are in.
int stream_compare(const struct report_key *a, const struct report_key *b);

// The index of the table's column with that source, or -1.
int stream_column(const struct layout_table *table, enum layout_source source);
// A whole number of the current row.
int64_t stream_number(const struct stream *stream, enum layout_source source);

#endif
