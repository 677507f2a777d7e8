// CSV, one form per kind. The header names fields by their path: unit_code, festival_day.points_held,
// festival_day.venue.held. Rows that follow each other with the same envelope (all columns without a dot) are one report,
// and each row that fills in columns of a line is one line of it.
//
// Each group of rows becomes the JSON object that it means, so that there is one way from objects to reports. A group of
// which a row cannot be read gives no report: it would be another than the file says.
#define _GNU_SOURCE // strsep
#include <csv.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import.h"
#include "text.h"

enum { COLUMNS_MAX = 100, CELL_SHOWN = 60, REASON_SIZE = 240, PATH_NAMES_MAX = 3, PATH_SIZE = 256 };

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
	char *cells[COLUMNS_MAX];               // of the row being read; cell_count may be more
	size_t bad_cell;                        // of the row being read: from 1, one that is no text
	bool header_read, broken;               // broken: no more is read, since the header or memory does not allow it
	json_t *report;                         // the group so far, NULL before the first row
	json_t *envelope;                       // its columns without a dot
	bool spoilt;                            // the group gives no report
	json_t *spoilt_envelope;                // of the last such group: rows that come back to it are of it
	size_t first_line;
};

static void complain(struct sheet *sheet, size_t column, const char *what, const char *name)
{
	char reason[REASON_SIZE];
	(void)snprintf(reason, sizeof reason, "column %zu: %.100s %.*s", column, what, CELL_SHOWN,
	               name == NULL ? "without a name" : name);
	import_unreadable(sheet->import, sheet->path, sheet->line, reason);
}

// The rest of the file is not read, and the group before it, which it may belong to, gives no report.
static void give_up(struct sheet *sheet, const char *reason)
{
	if (!sheet->broken)
		import_unreadable(sheet->import, sheet->path, sheet->line, reason);
	sheet->broken = sheet->spoilt = true;
}

/* the header */

// field, body.field or body.lines.field: a message for each name but the last.
static bool resolve(const struct contract *contract, struct column *column)
{
	const struct contract_field *fields[PATH_NAMES_MAX] = {NULL};
	const struct contract_message *about = contract->report;
	char path[PATH_SIZE], *rest = path;
	size_t depth = 0, size = strlen(column->name) + 1;

	if (size > sizeof path)
		return false;
	memcpy(path, column->name, size);
	while (rest != NULL && about != NULL && depth < PATH_NAMES_MAX) {
		fields[depth] = contract_field_by_name(about, strsep(&rest, "."));
		about = fields[depth] == NULL ? NULL : fields[depth]->message;
		depth++;
	}
	column->field = fields[depth - 1];
	column->body = depth > 1 ? fields[0] : NULL;
	column->lines = depth > 2 ? fields[1] : NULL;
	return rest == NULL && column->field != NULL && column->field->message == NULL;
}

static bool is_named_before(const struct sheet *sheet, size_t column)
{
	for (size_t i = 0; i < column; i++)
		if (sheet->columns[i].name != NULL && strcmp(sheet->columns[i].name, sheet->columns[column].name) == 0)
			return true;
	return false;
}

static void read_header(struct sheet *sheet)
{
	sheet->header_read = true;
	if (sheet->cell_count > COLUMNS_MAX) {
		give_up(sheet, "there are over 100 columns");
		return;
	}
	sheet->column_count = sheet->cell_count;
	for (size_t i = 0; i < sheet->column_count; i++) {
		struct column *column = &sheet->columns[i];
		const char *wrong = NULL;
		column->name = sheet->cells[i];
		sheet->cells[i] = NULL;
		if (column->name == NULL || !resolve(sheet->import->contract, column))
			wrong = "there is no field";
		else if (is_named_before(sheet, i))
			wrong = "there is another";
		if (wrong != NULL)
			complain(sheet, i + 1, wrong, column->name);
		sheet->broken |= wrong != NULL;
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
		if (sheet->columns[i].body == NULL && sheet->cells[i] != NULL &&
		    json_object_set_new(envelope, sheet->columns[i].name, cell_value(sheet->columns[i].field, sheet->cells[i])) != 0) {
			json_decref(envelope);
			return NULL;
		}
	return envelope;
}

static void finish_report(struct sheet *sheet)
{
	if (sheet->report != NULL && !sheet->spoilt)
		import_object(sheet->import, sheet->path, sheet->first_line, sheet->report);
	else if (sheet->report != NULL)
		import_unreadable(sheet->import, sheet->path, sheet->first_line,
		                  "the report that begins here is left out: not all rows that may be its own can be read");
	if (sheet->spoilt) {
		json_decref(sheet->spoilt_envelope);
		sheet->spoilt_envelope = json_incref(sheet->envelope);
	}
	json_decref(sheet->report);
	json_decref(sheet->envelope);
	sheet->report = sheet->envelope = NULL;
	sheet->spoilt = false;
}

// The line of the row that a column belongs to, made by the first of its columns that is filled in; NULL when memory is out.
static json_t *line_of(struct sheet *sheet, const struct column *column, json_t *body,
                       json_t *lines_seen[static COLUMNS_MAX])
{
	size_t first = 0;

	while (sheet->columns[first].lines != column->lines)
		first++;
	if (lines_seen[first] == NULL) {
		json_t *line = json_object();
		if (json_array_append_new(member(body, column->lines->name, true), line) == 0)
			lines_seen[first] = line;
	}
	return lines_seen[first];
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
		if (column->lines != NULL)
			into = line_of(sheet, column, into, lines_seen);
		json_t *value = cell_value(column->field, sheet->cells[i]);
		json_t *before = json_object_get(into, column->field->name);
		if (value != NULL && before != NULL && json_equal(before, value) == 0) {
			complain(sheet, i + 1, "an earlier row of the report says something else in", column->name);
			sheet->spoilt = true;
		}
		if (json_object_set_new(into, column->field->name, value) != 0)
			give_up(sheet, "out of memory");
	}
}

static bool is_readable(struct sheet *sheet)
{
	char reason[REASON_SIZE];

	if (sheet->cell_count > sheet->column_count) {
		(void)snprintf(reason, sizeof reason, "%zu cells, but the header has %zu columns", sheet->cell_count,
		               sheet->column_count);
		import_unreadable(sheet->import, sheet->path, sheet->line, reason);
		return false;
	}
	if (sheet->bad_cell > 0)
		complain(sheet, sheet->bad_cell, "not UTF-8 text, a NUL, or over 30 marks on a letter in",
		         sheet->columns[sheet->bad_cell - 1].name);
	return sheet->bad_cell == 0;
}

// A row that cannot be read may have its envelope wrong: it spoils the group before it as well as its own.
static void read_row(struct sheet *sheet)
{
	bool readable = is_readable(sheet);
	json_t *envelope = row_envelope(sheet);

	if (envelope == NULL) {
		give_up(sheet, "out of memory");
		return;
	}
	sheet->spoilt |= !readable;
	if (sheet->report == NULL || json_equal(envelope, sheet->envelope) == 0) {
		bool comes_back = sheet->spoilt_envelope != NULL && json_equal(envelope, sheet->spoilt_envelope) != 0;
		finish_report(sheet);
		sheet->report = json_object();
		sheet->envelope = envelope;
		sheet->spoilt = !readable || comes_back;
		sheet->first_line = sheet->line;
		if (json_object_update(sheet->report, envelope) != 0) // json_copy() would not tell
			give_up(sheet, "out of memory");
	} else {
		json_decref(envelope);
	}
	if (readable)
		add_cells(sheet);
}

/* libcsv */

static void on_cell(void *bytes, size_t len, void *data)
{
	struct sheet *sheet = data;
	size_t index = sheet->cell_count++;

	if (sheet->broken || index >= COLUMNS_MAX || len == 0)
		return;
	if (!text_is_valid(bytes, len)) {
		sheet->bad_cell = index + 1;
		return;
	}
	sheet->cells[index] = strndup(bytes, len);
	if (sheet->cells[index] == NULL)
		give_up(sheet, "out of memory");
}

static void on_row(int end, void *data)
{
	struct sheet *sheet = data;
	(void)end;
	if (!sheet->broken && !sheet->header_read)
		read_header(sheet);
	else if (!sheet->broken)
		read_row(sheet);
	for (size_t i = 0; i < COLUMNS_MAX; i++) {
		free(sheet->cells[i]);
		sheet->cells[i] = NULL;
	}
	sheet->cell_count = sheet->bad_cell = 0;
}

static bool is_byte_order_mark(const char *text, ssize_t len)
{
	return len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0;
}

static void read_lines(struct sheet *sheet, struct csv_parser *parser, FILE *file)
{
	char *text = NULL;
	size_t size = 0;
	ssize_t len;
	bool comment = true; // lines of # before the header

	while (!sheet->broken && (len = getline(&text, &size, file)) >= 0) {
		size_t skip = sheet->line == 0 && is_byte_order_mark(text, len) ? 3 : 0;
		sheet->line++;
		comment = comment && text[skip] == '#';
		if (!comment && csv_parse(parser, text + skip, (size_t)len - skip, on_cell, on_row, sheet) != (size_t)len - skip)
			give_up(sheet, csv_strerror(csv_error(parser)));
	}
	if (!sheet->broken && !feof(file))
		give_up(sheet, "cannot be read to its end");
	if (!sheet->broken && csv_fini(parser, on_cell, on_row, sheet) != 0)
		give_up(sheet, csv_error(parser) == CSV_EPARSE ? "a quoted cell has no end" : csv_strerror(csv_error(parser)));
	free(text);
}

void import_csv(struct import *import, const char *path, FILE *file)
{
	struct sheet *sheet = calloc(1, sizeof *sheet);
	struct csv_parser parser;

	if (sheet == NULL || csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0) {
		import_unreadable(import, path, 0, "out of memory");
		free(sheet);
		return;
	}
	sheet->import = import;
	sheet->path = path;
	read_lines(sheet, &parser, file);
	finish_report(sheet);
	json_decref(sheet->spoilt_envelope);
	for (size_t i = 0; i < COLUMNS_MAX; i++) {
		free(sheet->columns[i].name);
		free(sheet->cells[i]);
	}
	csv_free(&parser);
	free(sheet);
}
