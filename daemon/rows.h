// From a judged report to its rows of one table, in a COPY buffer. Walks the layout; names no column. One table at a time:
// the buffer is the only one, and for a table that refuses a row the others are not made in vain.
#ifndef BAOCAO_ROWS_H
#define BAOCAO_ROWS_H

#include "copy.h"
#include "layout.h"
#include "submission.h"

struct rows {
	const struct contract *contract;
	const struct layout *layout;
	struct copy copy; // the rows of the table that was begun
	size_t table;     // its index in layout->tables
};

// The caller ends it with rows_clear().
void rows_init(struct rows *rows, const struct contract *contract, const struct layout *layout);
void rows_clear(struct rows *rows);

// Starts anew with a table.
void rows_begin(struct rows *rows, size_t table);

// Adds the rows that an accepted item, which has its report_no, gives to that table: none, one, or one for each line. Memory
// failures stick in the buffer, see copy_end().
void rows_add(struct rows *rows, const struct item *item);

#endif
