// Reports out of rows, whether a CSV's or a sheet's. The headings name fields by path (unit_code, festival_day.points_held,
// festival_day.venue.held) or by label in Vietnamese or English. Rows that follow each other with the same envelope (the columns
// of the report itself), or with none, are one report, and each row that fills in columns of a line is one line of it.
//
// Each group of rows becomes the JSON object that it means, so that there is one way from objects to reports. A group of which a
// row cannot be read gives no report: it would be another than the file says.
//
// A column headed # marks rows that are no reports: the example of a template, which is passed over as long as nobody wrote into
// it. Columns headed "# something" are remarks.
#ifndef BAOCAO_TABLE_H
#define BAOCAO_TABLE_H

#include "cell.h"
#include "import.h"

enum {
	TABLE_COLUMNS_MAX = 100,    // of a form: the widest has some 20; more would be another kind of file
	TABLE_HEADING_ROWS_MAX = 20 // before the headings: titles and explanations
};

struct table_column {
	const char *name;                   // its path; "#" of a mark, "# something" of a remark, NULL of none
	const struct contract_field *field; // where the value goes; NULL: nowhere
	const struct contract_field *body;  // NULL: the report itself
	const struct contract_field *lines; // NULL: the body itself
};

struct table_header {
	size_t row, count;
	struct table_column columns[TABLE_COLUMNS_MAX];
};

struct table;

// A table of that file and sheet ("" for a CSV); date_1904: its serial dates count from 1904. NULL when memory is out, which has
// been said. The caller ends it.
struct table *table_begin(struct import *import, const char *path, const char *sheet, bool date_1904);

// The next row; the cells are the caller's.
void table_row(struct table *table, size_t row, const struct cell *cells, size_t count);

// The file cannot be read on from that row: what is begun gives no report.
void table_give_up(struct table *table, size_t row, const char *reason);

// Whether nothing more is read.
bool table_is_broken(const struct table *table);

enum table_kind {
	TABLE_OF_REPORTS,
	TABLE_OF_REMARKS,      // empty, or a sheet whose first cell begins with #: no report is meant
	TABLE_WITHOUT_HEADINGS // something is there, and what was not said
};

// The last report. Frees the table, clears the caller's pointer.
enum table_kind table_end(struct table **table);

// All labels that may be headings, made once for an import; in the arena. NULL when memory is out.
struct table_labels *table_labels_create(const struct contract *contract, struct arena *arena);

// What that row of headings means (table_header.c). False: it is none. Cells that mean nothing have a column without a name. Names
// live in the import's arena.
bool table_read_header(struct import *import, const char *sheet, const struct cell *cells, size_t count,
                       struct table_header *header);

// The place of a field of a report in its file: the row and column, 0 where there is none. path as in struct violation.
void table_find(const struct imported *imported, const char *path, size_t *ret_row, size_t *ret_column);

#endif
