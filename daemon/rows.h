// From a judged report to its rows: one COPY buffer for each table of the layout. Walks the layout; names no column.
#ifndef BAOCAO_ROWS_H
#define BAOCAO_ROWS_H

#include "copy.h"
#include "layout.h"
#include "submission.h"

struct rows {
	const struct contract *contract;
	const struct layout *layout;
	struct copy *tables; // one for each of layout->tables
};

// False when memory is out. The caller owns the contents and ends them with rows_clear().
bool rows_init(struct rows *rows, const struct contract *contract, const struct layout *layout);
void rows_clear(struct rows *rows);

// Starts all tables anew.
void rows_begin(struct rows *rows);

// Adds the rows of an accepted item that has its report_no. Memory failures stick in the buffers, see copy_end().
void rows_add(struct rows *rows, const struct item *item);

#endif
