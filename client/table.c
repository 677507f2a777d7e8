#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "example.h"
#include "language.h"

enum { NAME_SHOWN = 60 }; // bytes of a heading in a message

struct table {
	struct import *import;
	const char *path, *sheet;
	bool date_1904;
	struct table_header *header; // in the arena; NULL before it was read
	size_t rows_before;          // of the header
	bool headings_wrong;         // then nothing of it is filed, but all is looked at
	bool broken;                 // no more is read
	bool remarks;                // a sheet whose first cell begins with #

	size_t row; // being read
	const struct cell *cells;
	size_t cell_count;

	json_t *report;          // the group so far, NULL before the first row
	json_t *envelope;        // its columns without a dot
	bool spoilt;             // a row that may be its own cannot be read
	bool is_example;         // its rows are the template's example
	json_t *spoilt_envelope; // of the last such group: rows that come back to it are of it
	size_t group_problems;   // whose report is the next of the import
	size_t row_count, row_size, line_count, line_size;
	size_t *rows;
	struct imported_line *lines;
};

struct table *table_begin(struct import *import, const char *path, const char *sheet, bool date_1904)
{
	struct table *table = calloc(1, sizeof *table);

	if (import->labels == NULL)
		import->labels = table_labels_create(import->contract, import->arena);
	if (table == NULL || import->labels == NULL) {
		import_unreadable(import, path, 0, _("out of memory"));
		free(table);
		return NULL;
	}
	*table = (struct table){.import = import, .path = path, .sheet = sheet, .date_1904 = date_1904};
	return table;
}

bool table_is_broken(const struct table *table)
{
	return table->broken;
}

/* problems */

// of_report: of the group that is being read.
static void complain(struct table *table, size_t row, size_t column, bool of_report, const char *message)
{
	const struct table_header *header = table->header;
	bool named = column > 0 && header != NULL && column <= header->count && header->columns[column - 1].field != NULL;

	import_problem(table->import, &(struct problem){.path = table->path,
	                                                .sheet = table->sheet,
	                                                .row = row,
	                                                .column = column,
	                                                .report = of_report ? table->import->count : IMPORT_NO_REPORT,
	                                                .field = named ? header->columns[column - 1].name : "",
	                                                .rule = "unreadable",
	                                                .message = message});
	table->group_problems += of_report;
}

void table_give_up(struct table *table, size_t row, const char *reason)
{
	if (!table->broken)
		complain(table, row, 0, false, reason);
	table->broken = table->spoilt = true;
}

static void run_out_of_memory(struct table *table)
{
	table->import->out_of_memory = true;
	table_give_up(table, table->row, _("out of memory"));
}

/* the headings */

static bool is_empty(const struct cell *cell)
{
	return cell->type == CELL_EMPTY || (cell->type == CELL_TEXT && cell->text[strspn(cell->text, " \t\r\n")] == '\0');
}

static bool is_named_before(const struct table_header *header, size_t column)
{
	const char *name = header->columns[column].name;

	for (size_t i = 0; i < column && name != NULL; i++)
		if (header->columns[i].field != NULL && header->columns[i].name != NULL && strcmp(header->columns[i].name, name) == 0)
			return true;
	return false;
}

static void check_headings(struct table *table)
{
	char shown[NAME_SHOWN], message[CELL_REASON_SIZE];

	for (size_t i = 0; i < table->header->count; i++) {
		const struct table_column *column = &table->header->columns[i];
		bool nowhere = column->name == NULL && !is_empty(&table->cells[i]);
		bool twice = column->field != NULL && is_named_before(table->header, i);
		if (!nowhere && !twice)
			continue;
		(void)cell_text(&table->cells[i], shown, sizeof shown);
		(void)snprintf(message, sizeof message, nowhere ? _("there is no field %s") : _("there is another %s"), shown);
		complain(table, table->row, i + 1, false, message);
		table->headings_wrong = true;
	}
}

static void read_headings(struct table *table)
{
	struct table_header *header = arena_alloc(table->import->arena, sizeof *header);

	if (header == NULL) {
		run_out_of_memory(table);
		return;
	}
	if (!table_read_header(table->import, table->sheet, table->cells, table->cell_count, header)) {
		const struct cell *first = &table->cells[0];
		if (table->import->out_of_memory)
			run_out_of_memory(table);
		table->remarks = table->rows_before == 0 && table->sheet[0] != '\0' && first->type == CELL_TEXT && first->text[0] == '#';
		table->broken |= ++table->rows_before == TABLE_HEADING_ROWS_MAX || table->remarks;
		return;
	}
	if (table->cell_count > TABLE_COLUMNS_MAX) {
		table_give_up(table, table->row, _("there are over 100 columns"));
		return;
	}
	header->row = table->row;
	table->header = header;
	check_headings(table);
}

// A template has labels in one row and paths in the next.
static bool repeats_headings(struct table *table)
{
	struct table_header *again;
	bool same = table->row == table->header->row + 1 && table->cell_count <= TABLE_COLUMNS_MAX;

	if (!same || (again = calloc(1, sizeof *again)) == NULL)
		return false;
	same = table_read_header(table->import, table->sheet, table->cells, table->cell_count, again);
	for (size_t i = 0; i < again->count && same; i++) {
		const struct table_column *before = i < table->header->count ? &table->header->columns[i] : NULL;
		same = again->columns[i].field == NULL ? again->columns[i].name != NULL || is_empty(&table->cells[i])
		                                       : before != NULL && before->field == again->columns[i].field &&
		                                             before->lines == again->columns[i].lines;
	}
	free(again);
	return same;
}

/* values */

static const struct cell *cell_of(const struct table *table, size_t column)
{
	static const struct cell none = {.type = CELL_EMPTY};
	return column < table->cell_count ? &table->cells[column] : &none;
}

// NULL when memory is out. What cannot be told is complained of, unless silent.
static json_t *value_of(struct table *table, size_t column, bool silent)
{
	char reason[CELL_REASON_SIZE];
	json_t *value = cell_value(table->header->columns[column].field, cell_of(table, column), table->date_1904, reason);

	if (reason[0] != '\0' && !silent)
		complain(table, table->row, column + 1, true, reason);
	return value;
}

static bool is_of_envelope(const struct table *table, size_t column)
{
	const struct table_column *about = &table->header->columns[column];
	return about->field != NULL && about->body == NULL && !is_empty(cell_of(table, column));
}

static json_t *row_envelope(struct table *table)
{
	json_t *envelope = json_object();

	for (size_t i = 0; i < table->header->count; i++)
		if (is_of_envelope(table, i) &&
		    json_object_set_new(envelope, table->header->columns[i].field->name, value_of(table, i, true)) != 0) {
			json_decref(envelope);
			return NULL;
		}
	return envelope;
}

// Whether each cell says what the template's example does.
static bool row_is_example(struct table *table)
{
	bool same = true;

	for (size_t i = 0; i < table->header->count && same; i++) {
		const struct table_column *column = &table->header->columns[i];
		char text[CELL_FOLDED_SIZE], reason[CELL_REASON_SIZE];
		if (column->field == NULL)
			continue;
		struct cell example = {.type = CELL_TEXT, .text = example_text(column->field, text)};
		if (is_empty(&example) || is_empty(cell_of(table, i))) {
			same = is_empty(&example) && is_empty(cell_of(table, i));
			continue;
		}
		json_t *wanted = cell_value(column->field, &example, false, reason), *found = value_of(table, i, true);
		same = wanted != NULL && found != NULL && json_equal(wanted, found) != 0;
		json_decref(wanted);
		json_decref(found);
	}
	return same;
}

static bool row_is_empty(const struct table *table)
{
	for (size_t i = 0; i < table->header->count; i++)
		if (table->header->columns[i].field != NULL && !is_empty(cell_of(table, i)))
			return false;
	return true;
}

// Rows that begin with # are no reports. One that somebody wrote into looks like a report, and is not left out silently.
static bool is_marked(struct table *table)
{
	size_t column = 0;

	while (column < table->header->count && (table->header->columns[column].field != NULL ||
	                                         table->header->columns[column].name == NULL ||
	                                         strcmp(table->header->columns[column].name, "#") != 0))
		column++;
	const struct cell *mark = cell_of(table, column);
	if (column == table->header->count || mark->type != CELL_TEXT || mark->text[strspn(mark->text, " ")] != '#')
		return false;
	if (!row_is_empty(table) && !row_is_example(table))
		complain(table, table->row, column + 1, false,
		         _("this row is marked with # and not filed, but it is not the template's example: take the mark away, or the row"));
	return true;
}

/* groups of rows */

// Copies what is known of the group's places to the report.
static void place_report(struct table *table, struct imported *imported)
{
	struct arena *arena = table->import->arena;
	size_t *rows = arena_alloc(arena, (table->row_count + 1) * sizeof *rows);
	struct imported_line *lines = arena_alloc(arena, (table->line_count + 1) * sizeof *lines);

	imported->sheet = table->sheet;
	imported->header = table->header;
	imported->problem_count = table->group_problems;
	imported->readable &= table->group_problems == 0 && !table->spoilt && !table->headings_wrong;
	if (rows == NULL || lines == NULL) {
		imported->readable = false;
		run_out_of_memory(table);
		return;
	}
	if (table->row_count > 0)
		memcpy(rows, table->rows, table->row_count * sizeof *rows);
	if (table->line_count > 0)
		memcpy(lines, table->lines, table->line_count * sizeof *lines);
	imported->rows = rows;
	imported->row_count = table->row_count;
	imported->lines = lines;
	imported->line_count = table->line_count;
}

static void finish_report(struct table *table)
{
	size_t first_row = table->row_count == 0 ? table->row : table->rows[0];

	if (table->report != NULL && table->spoilt)
		complain(table, first_row, 0, true,
		         _("the report that begins here is left out: not all rows that may be its own can be read"));
	else if (table->report != NULL && table->is_example)
		complain(table, first_row, 0, true, _("this is the template's example, not a report: write yours over it, or take the row away"));
	struct imported *imported =
		table->report == NULL ? NULL : import_object(table->import, table->path, first_row, table->report);
	if (imported != NULL)
		place_report(table, imported);
	if (table->spoilt) {
		json_decref(table->spoilt_envelope);
		table->spoilt_envelope = json_incref(table->envelope);
	}
	json_decref(table->report);
	json_decref(table->envelope);
	table->report = table->envelope = NULL;
	table->spoilt = table->is_example = false;
	table->group_problems = table->row_count = table->line_count = 0;
}

static bool keep_row(struct table *table)
{
	if (table->row_count == table->row_size) {
		size_t size = table->row_size == 0 ? 16 : 2 * table->row_size;
		size_t *grown = realloc(table->rows, size * sizeof *grown);
		if (grown == NULL)
			return false;
		table->rows = grown;
		table->row_size = size;
	}
	table->rows[table->row_count++] = table->row;
	return true;
}

static bool keep_line(struct table *table, const struct contract_field *lines)
{
	if (table->line_count == table->line_size) {
		size_t size = table->line_size == 0 ? 16 : 2 * table->line_size;
		struct imported_line *grown = realloc(table->lines, size * sizeof *grown);
		if (grown == NULL)
			return false;
		table->lines = grown;
		table->line_size = size;
	}
	table->lines[table->line_count++] = (struct imported_line){.lines = lines, .row = table->row};
	return true;
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

// The line of the row that a column belongs to, made by the first of its columns that is filled in; NULL when memory is out.
static json_t *line_of(struct table *table, const struct table_column *column, json_t *body,
                       json_t *lines_seen[static TABLE_COLUMNS_MAX])
{
	size_t first = 0;

	while (table->header->columns[first].lines != column->lines)
		first++;
	if (lines_seen[first] == NULL) {
		json_t *line = json_object();
		if (json_array_append_new(member(body, column->lines->name, true), line) == 0 && keep_line(table, column->lines))
			lines_seen[first] = line;
	}
	return lines_seen[first];
}

// Puts the row's cells where they belong. A body's cell that says something else than an earlier row is a contradiction.
static void add_cells(struct table *table)
{
	json_t *lines_seen[TABLE_COLUMNS_MAX] = {0}; // the row's line, by the column that began it
	char message[CELL_REASON_SIZE];

	for (size_t i = 0; i < table->header->count && !table->broken; i++) {
		const struct table_column *column = &table->header->columns[i];
		if (column->body == NULL || is_empty(cell_of(table, i)))
			continue;
		json_t *into = member(table->report, column->body->name, false);
		if (column->lines != NULL)
			into = line_of(table, column, into, lines_seen);
		json_t *value = value_of(table, i, false);
		json_t *before = json_object_get(into, column->field->name);
		if (value != NULL && before != NULL && json_equal(before, value) == 0) {
			(void)snprintf(message, sizeof message, _("an earlier row of the report says something else in %s"), column->name);
			complain(table, table->row, i + 1, true, message);
		}
		if (json_object_set_new(into, column->field->name, value) != 0)
			run_out_of_memory(table);
	}
}

// What cannot be told of the envelope, once it is known whose it is.
static void check_envelope(struct table *table)
{
	for (size_t i = 0; i < table->header->count; i++)
		if (is_of_envelope(table, i))
			json_decref(value_of(table, i, false));
}

// Cells without a heading, and such as are no text, may be of any column.
static bool is_readable(struct table *table)
{
	bool readable = true;
	char reason[CELL_REASON_SIZE];

	for (size_t i = 0; i < table->cell_count; i++) {
		const struct table_column *column = i < table->header->count ? &table->header->columns[i] : NULL;
		if (is_empty(&table->cells[i]) || (column != NULL && column->name != NULL && column->field == NULL))
			continue;
		if (table->cells[i].type == CELL_UNREADABLE) {
			(void)snprintf(reason, sizeof reason, "%s", _("not UTF-8 text, a NUL, too long, or over 30 marks on a letter"));
			complain(table, table->row, i + 1, false, reason);
			readable = false;
		} else if (column == NULL || (column->name == NULL && !table->headings_wrong)) {
			complain(table, table->row, i + 1, false, _("a cell without a heading"));
			readable = false;
		}
	}
	return readable;
}

// Whether the row begins a report: its envelope is another than the last row's. Without one it goes on with that.
static bool begins_report(const struct table *table, const json_t *envelope)
{
	return table->report == NULL || (json_object_size(envelope) > 0 && json_equal(envelope, table->envelope) == 0);
}

// A row that cannot be read may have its envelope wrong: it spoils the group before it as well as its own.
static void read_row(struct table *table)
{
	bool readable = is_readable(table);
	json_t *envelope = row_envelope(table);

	if (envelope == NULL) {
		run_out_of_memory(table);
		return;
	}
	table->spoilt |= !readable;
	if (begins_report(table, envelope)) {
		bool comes_back = table->spoilt_envelope != NULL && json_equal(envelope, table->spoilt_envelope) != 0;
		finish_report(table);
		table->report = json_object();
		table->envelope = envelope;
		table->spoilt = !readable || comes_back;
		table->is_example = row_is_example(table);
		if (json_object_update(table->report, envelope) != 0) // json_copy() would not tell
			run_out_of_memory(table);
	} else {
		table->is_example = false;
		json_decref(envelope);
	}
	if (!keep_row(table))
		run_out_of_memory(table);
	if (readable && !table->broken) {
		check_envelope(table);
		add_cells(table);
	}
}

void table_row(struct table *table, size_t row, const struct cell *cells, size_t count)
{
	while (count > 0 && is_empty(&cells[count - 1]))
		count--;
	if (table->broken || count == 0)
		return;
	table->row = row;
	table->cells = cells;
	table->cell_count = count;
	if (table->header == NULL)
		read_headings(table);
	else if (!repeats_headings(table) && !is_marked(table) && !table->broken)
		read_row(table);
}

enum table_kind table_end(struct table **table)
{
	struct table *ended = *table;
	enum table_kind kind = ended->header != NULL                     ? TABLE_OF_REPORTS
	                       : ended->remarks || ended->rows_before == 0 ? TABLE_OF_REMARKS
	                                                                    : TABLE_WITHOUT_HEADINGS;

	finish_report(ended);
	json_decref(ended->spoilt_envelope);
	free(ended->rows);
	free(ended->lines);
	free(ended);
	*table = NULL;
	return kind;
}
