// The text of a CSV file: its bytes as UTF-8, and what they are divided by.
#ifndef BAOCAO_CSV_TEXT_H
#define BAOCAO_CSV_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { CSV_TEXT_MAX = 256 << 20 }; // bytes of a file: a million rows; the whole country's year is some 20 MiB

struct csv_text {
	char *text; // owned
	size_t size;
	const char *begin; // of the rows: behind a byte order mark and a line sep=
	size_t first_row;  // which a spreadsheet would give the first of them
	char delimiter;
};

// Reads a file to its end and brings it into UTF-8. NULL, or what is wrong, in English, translated. csv_text_clear() either way.
// Bytes that are not UTF-8 are left: the cells in which they are say so.
const char *csv_text_read(FILE *file, struct csv_text *ret);
void csv_text_clear(struct csv_text *text);

struct csv_cell {
	const char *text; // a NUL behind it, and perhaps within
	size_t len;
};

struct csv_row {
	size_t row;          // from 1, as a spreadsheet counts
	size_t count;        // of cells; those beyond what was asked for are empty
	const struct csv_cell *cells;
	const char *comment; // a line of # before the headings, with its end; NULL: a row
	size_t comment_len;
};

// Calls row for each row that is not empty, and for each comment, until it says false (csv_rows.c). columns_max: more cells of a row
// are counted, not given. NULL, or what is wrong in row *ret_row, in English, translated.
const char *csv_text_rows(const struct csv_text *text, size_t columns_max, bool (*row)(void *user, const struct csv_row *row),
                          void *user, size_t *ret_row);

// Writes a cell, in quotes where it needs them, behind a delimiter unless it is the row's first.
void csv_text_write(FILE *file, char delimiter, bool first, const char *cell);

// Whether a line that begins with # is the headings of a template, not a comment: "#" is its first cell.
bool csv_text_is_heading(const char *line, size_t len, char delimiter);

#endif
