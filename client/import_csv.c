// CSV, one form per kind. The header names fields by their path: unit_code, festival_day.points_held,
// festival_day.venue.held. Rows that follow each other with the same envelope (all columns without a dot) are one report,
// and each row that fills in columns of a line is one line of it.
//
// Each group of rows becomes the JSON object that it means, so that there is one way from objects to reports.
#include <csv.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import.h"

enum { COLUMNS_MAX = 100, CELL_SHOWN = 60 };

struct column {
	char *name;                             // as in the header
	const struct contract_field *field;     // where the value goes
	const struct contract_field *body;      // NULL: the report itself
	const struct contract_field *lines;     // NULL: the body itself
};

struct sheet {
	struct import *import;
	const char *path;
	size_t line;                            // of the file, from 1
	size_t column_count, cell_count;
	struct column columns[COLUMNS_MAX];
	char *cells[COLUMNS_MAX];               // of the row being read
	bool header_read, broken;               // broken: the header names what does not exist
	json_t *report;                         // the group so far, NULL before the first row
	json_t *envelope;                       // its columns without a dot
	size_t first_line;
};

/* the header */

static bool resolve(const struct contract *contract, struct column *column)
{
	char *saved = NULL, *copy = strdup(column->name);
	const char *first = copy == NULL ? NULL : strtok_r(copy, ".", &saved);
	const char *second = first == NULL ? NULL : strtok_r(NULL, ".", &saved);
	const char *third = second == NULL ? NULL : strtok_r(NULL, ".", &saved);

	column->field = first == NULL ? NULL : contract_field_by_name(contract->report, first);
	if (column->field != NULL && second != NULL) {
		column->body = column->field;
		column->field = column->body->message == NULL ? NULL : contract_field_by_name(column->body->message, second);
	}
	if (column->field != NULL && third != NULL) {
		column->lines = column->field;
		column->field = column->lines->message == NULL ? NULL : contract_field_by_name(column->lines->message, third);
	}
	free(copy);
	return column->field != NULL && column->field->message == NULL;
}

static void read_header(struct sheet *sheet)
{
	sheet->header_read = true;
	sheet->column_count = sheet->cell_count;
	for (size_t i = 0; i < sheet->column_count; i++) {
		char reason[160];
		struct column *column = &sheet->columns[i];
		column->name = sheet->cells[i];
		sheet->cells[i] = NULL;
		if (column->name != NULL && resolve(sheet->import->contract, column))
			continue;
		(void)snprintf(reason, sizeof reason, "column %zu: there is no field %.*s", i + 1, CELL_SHOWN,
		               column->name == NULL ? "without a name" : column->name);
		import_unreadable(sheet->import, sheet->path, sheet->line, reason);
		sheet->broken = true;
	}
}

/* rows */

// A number where the field is a number and the cell is one; else the text, and json.c says what is wrong with it.
static json_t *cell_value(const struct contract_field *field, const char *cell)
{
	char *end;
	bool numeric = field->wire->type == PROTOBUF_C_TYPE_UINT32 || field->wire->type == PROTOBUF_C_TYPE_UINT64;

	if (field->wire->type == PROTOBUF_C_TYPE_BOOL && (strcmp(cell, "true") == 0 || strcmp(cell, "false") == 0))
		return json_boolean(cell[0] == 't');
	errno = 0;
	long long number = strtoll(cell, &end, 10);
	if (numeric && cell[strspn(cell, "0123456789")] == '\0' && errno == 0 && *end == '\0')
		return json_integer(number);
	return json_string(cell);
}

// The member of that name, made when it is not there; NULL when memory is out. Borrowed from its parent.
static json_t *member(json_t *object, const char *name, bool array)
{
	json_t *found = json_object_get(object, name);
	if (found == NULL && object != NULL) {
		(void)json_object_set_new(object, name, array ? json_array() : json_object());
		found = json_object_get(object, name);
	}
	return found;
}

static json_t *row_envelope(const struct sheet *sheet)
{
	json_t *envelope = json_object();
	for (size_t i = 0; i < sheet->column_count; i++)
		if (sheet->columns[i].body == NULL && sheet->cells[i] != NULL)
			(void)json_object_set_new(envelope, sheet->columns[i].name,
			                          cell_value(sheet->columns[i].field, sheet->cells[i]));
	return envelope;
}

static void finish_report(struct sheet *sheet)
{
	if (sheet->report != NULL)
		import_object(sheet->import, sheet->path, sheet->first_line, sheet->report);
	json_decref(sheet->report);
	json_decref(sheet->envelope);
	sheet->report = sheet->envelope = NULL;
}

// Puts the row's cells where they belong. A body's cell that says something else than an earlier row is a contradiction.
static void add_cells(struct sheet *sheet)
{
	json_t *lines_seen[COLUMNS_MAX] = {0}; // the row's line, by the column that began it

	for (size_t i = 0; i < sheet->column_count; i++) {
		const struct column *column = &sheet->columns[i];
		if (column->body == NULL || sheet->cells[i] == NULL)
			continue;
		json_t *into = member(sheet->report, column->body->name, false);
		if (column->lines != NULL) {
			size_t first = 0;
			while (sheet->columns[first].lines != column->lines)
				first++;
			if (lines_seen[first] == NULL) {
				lines_seen[first] = json_object();
				(void)json_array_append_new(member(into, column->lines->name, true), lines_seen[first]);
			}
			into = lines_seen[first];
		}
		json_t *value = cell_value(column->field, sheet->cells[i]);
		json_t *before = json_object_get(into, column->field->name);
		if (before != NULL && json_equal(before, value) == 0) {
			char reason[160];
			(void)snprintf(reason, sizeof reason, "column %zu, %.60s: says something else than an earlier row of its report",
			               i + 1, column->name);
			import_unreadable(sheet->import, sheet->path, sheet->line, reason);
		}
		(void)json_object_set_new(into, column->field->name, value);
	}
}

static void read_row(struct sheet *sheet)
{
	char reason[100];
	json_t *envelope;

	if (sheet->cell_count > sheet->column_count) {
		(void)snprintf(reason, sizeof reason, "%zu cells, but the header has %zu columns", sheet->cell_count,
		               sheet->column_count);
		import_unreadable(sheet->import, sheet->path, sheet->line, reason);
		return;
	}
	envelope = row_envelope(sheet);
	if (sheet->report == NULL || json_equal(envelope, sheet->envelope) == 0) {
		finish_report(sheet);
		sheet->report = json_copy(envelope);
		sheet->envelope = envelope;
		sheet->first_line = sheet->line;
	} else {
		json_decref(envelope);
	}
	add_cells(sheet);
}

/* libcsv */

static void on_cell(void *bytes, size_t len, void *data)
{
	struct sheet *sheet = data;
	if (sheet->cell_count < COLUMNS_MAX)
		sheet->cells[sheet->cell_count] = len == 0 ? NULL : strndup(bytes, len);
	if (sheet->cell_count < COLUMNS_MAX)
		sheet->cell_count++;
}

static void on_row(int end, void *data)
{
	struct sheet *sheet = data;
	(void)end;
	if (!sheet->header_read)
		read_header(sheet);
	else if (!sheet->broken)
		read_row(sheet);
	for (size_t i = 0; i < sheet->cell_count; i++) {
		free(sheet->cells[i]);
		sheet->cells[i] = NULL;
	}
	sheet->cell_count = 0;
}

static bool is_byte_order_mark(const char *text, ssize_t len)
{
	return len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0;
}

void import_csv(struct import *import, const char *path, FILE *file)
{
	struct sheet *sheet = calloc(1, sizeof *sheet);
	struct csv_parser parser;
	char *text = NULL;
	size_t size = 0;
	ssize_t len;
	bool comment = true; // lines of # before the header

	if (sheet == NULL || csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0) {
		import_unreadable(import, path, 0, "out of memory");
		free(sheet);
		return;
	}
	sheet->import = import;
	sheet->path = path;
	while ((len = getline(&text, &size, file)) >= 0) {
		size_t skip = sheet->line == 0 && is_byte_order_mark(text, len) ? 3 : 0;
		sheet->line++;
		comment = comment && text[skip] == '#';
		if (comment)
			continue;
		if (csv_parse(&parser, text + skip, (size_t)len - skip, on_cell, on_row, sheet) != (size_t)len - skip) {
			import_unreadable(import, path, sheet->line, csv_strerror(csv_error(&parser)));
			sheet->broken = true;
			break;
		}
	}
	if (!sheet->broken && csv_fini(&parser, on_cell, on_row, sheet) != 0)
		import_unreadable(import, path, sheet->line, "a quoted cell has no end");
	finish_report(sheet);
	for (size_t i = 0; i < COLUMNS_MAX; i++) {
		free(sheet->columns[i].name);
		free(sheet->cells[i]);
	}
	csv_free(&parser);
	free(text);
	free(sheet);
}
