// The cells of a workbook's sheets. A sheet that is hidden, or whose first cell begins with #, is none of reports; any other that
// has something in it must have headings, so that nothing is left out silently.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "language.h"
#include "table.h"
#include "text.h"
#include "book.h"

enum {
	CELLS = TABLE_COLUMNS_MAX + 1, // one more, so that what is beyond is seen
	TYPE_SIZE = 16,                // of a cell: "inlineStr"
	COLUMN_LETTERS_MAX = 3,        // XFD
	ROW_MAX = 1048576              // of a sheet
};

struct sheet_reading {
	struct book *workbook;
	struct table *table;
	size_t row, column; // being read, from 1
	char type[TYPE_SIZE];
	bool in_value, in_inline, in_phonetic, has_value, has_formula;
	char *text; // of the cell
	size_t used, size;
	size_t count;
	struct cell cells[CELLS];
	char *owned[CELLS]; // texts of cells that are not the workbook's
};

static void forget_cells(struct sheet_reading *reading)
{
	for (size_t i = 0; i < CELLS; i++) {
		free(reading->owned[i]);
		reading->owned[i] = NULL;
		reading->cells[i] = (struct cell){0};
	}
	reading->count = 0;
}

/* places */

// "C7": the column; 0 when it is none.
static size_t column_of(const char *reference)
{
	size_t column = 0;

	for (int i = 0; i < COLUMN_LETTERS_MAX && reference[i] >= 'A' && reference[i] <= 'Z'; i++)
		column = column * 26 + (size_t)(reference[i] - 'A') + 1;
	return column;
}

// Rows come in their order, each once.
static const char *begin_row(struct sheet_reading *reading, const char **attributes)
{
	const char *number = book_attribute(attributes, "r");
	size_t row = number == NULL ? reading->row + 1 : strtoul(number, NULL, 10);

	if (row <= reading->row || row > ROW_MAX)
		return N_("the rows of a sheet are not in their order");
	reading->row = row;
	reading->column = 0;
	return NULL;
}

static const char *begin_cell(struct sheet_reading *reading, const char **attributes)
{
	const char *reference = book_attribute(attributes, "r"), *type = book_attribute(attributes, "t");
	size_t column = reference == NULL ? reading->column + 1 : column_of(reference);

	if (column <= reading->column)
		return N_("the cells of a row are not in their order");
	reading->column = column;
	reading->used = 0;
	reading->has_value = reading->has_formula = false;
	(void)snprintf(reading->type, sizeof reading->type, "%s", type == NULL ? "n" : type);
	return NULL;
}

/* values */

static struct cell text_cell(struct sheet_reading *reading, char **ret_owned)
{
	if (reading->used == 0)
		return (struct cell){.type = CELL_EMPTY};
	if (reading->used > CELL_TEXT_MAX || !text_is_valid(reading->text, reading->used))
		return (struct cell){.type = CELL_UNREADABLE};
	*ret_owned = strndup(reading->text, reading->used);
	return (struct cell){.type = CELL_TEXT, .text = *ret_owned};
}

static struct cell shared_cell(const struct sheet_reading *reading)
{
	char *end;
	unsigned long index = strtoul(reading->text, &end, 10);

	if (*end != '\0' || index >= reading->workbook->string_count || reading->workbook->strings[index] == NULL ||
	    strlen(reading->workbook->strings[index]) > CELL_TEXT_MAX)
		return (struct cell){.type = CELL_UNREADABLE};
	const char *text = reading->workbook->strings[index];
	return (struct cell){.type = text[0] == '\0' ? CELL_EMPTY : CELL_TEXT, .text = text};
}

static struct cell number_cell(const struct sheet_reading *reading)
{
	char *end;
	double number = strtod(reading->text, &end);

	if (*end != '\0' || !isfinite(number) || reading->text[strspn(reading->text, "0123456789+-.eE")] != '\0')
		return (struct cell){.type = CELL_UNREADABLE};
	return (struct cell){.type = CELL_NUMBER, .number = number};
}

// A formula that no program has reckoned yet has no value; it is not empty.
static struct cell value_of(struct sheet_reading *reading, char **ret_owned)
{
	const char *type = reading->type;

	if (!reading->has_value || reading->used == 0)
		return reading->has_formula && !reading->has_value ? (struct cell){.type = CELL_ERROR, .text = _("(not reckoned yet)")}
		                                                  : (struct cell){.type = CELL_EMPTY};
	reading->text[reading->used] = '\0';
	if (memchr(reading->text, '\0', reading->used) != NULL)
		return (struct cell){.type = CELL_UNREADABLE};
	if (strcmp(type, "s") == 0)
		return shared_cell(reading);
	if (strcmp(type, "n") == 0)
		return number_cell(reading);
	if (strcmp(type, "b") == 0)
		return (struct cell){.type = CELL_BOOLEAN, .number = reading->text[0] == '1'};
	struct cell cell = text_cell(reading, ret_owned);
	if (strcmp(type, "e") == 0 && cell.type == CELL_TEXT)
		cell.type = CELL_ERROR;
	return cell;
}

static const char *end_cell(struct sheet_reading *reading)
{
	size_t index = reading->column <= TABLE_COLUMNS_MAX ? reading->column - 1 : TABLE_COLUMNS_MAX;
	char *owned = NULL;
	struct cell cell = value_of(reading, &owned);

	if (cell.type == CELL_EMPTY)
		return NULL;
	if (cell.type != CELL_NUMBER && cell.type != CELL_BOOLEAN && cell.type != CELL_UNREADABLE && cell.text == NULL)
		return N_("out of memory");
	if (reading->cells[index].type != CELL_EMPTY) { // one beyond the columns is enough
		free(owned);
		return NULL;
	}
	reading->cells[index] = cell;
	reading->owned[index] = owned;
	reading->count = index + 1;
	return NULL;
}

/* elements */

static const char *on_start(void *user, const char *name, const char **attributes)
{
	struct sheet_reading *reading = user;

	if (strcmp(name, "row") == 0)
		return begin_row(reading, attributes);
	if (strcmp(name, "c") == 0)
		return reading->row == 0 ? N_("a cell of the workbook is in no row") : begin_cell(reading, attributes);
	if (strcmp(name, "is") == 0)
		reading->in_inline = reading->has_value = true;
	else if (strcmp(name, "rPh") == 0)
		reading->in_phonetic = true;
	else if (strcmp(name, "f") == 0)
		reading->has_formula = true;
	else if (strcmp(name, "v") == 0)
		reading->in_value = reading->has_value = true;
	else if (strcmp(name, "t") == 0)
		reading->in_value = reading->in_inline && !reading->in_phonetic;
	return NULL;
}

static const char *on_text(void *user, const char *text, size_t len)
{
	struct sheet_reading *reading = user;

	if (!reading->in_value)
		return NULL;
	if (reading->used + len + 1 > reading->size) {
		size_t size = 2 * (reading->used + len + 1);
		char *grown = realloc(reading->text, size);
		if (grown == NULL)
			return N_("out of memory");
		reading->text = grown;
		reading->size = size;
	}
	memcpy(reading->text + reading->used, text, len);
	reading->used += len;
	return NULL;
}

static const char *on_end(void *user, const char *name)
{
	struct sheet_reading *reading = user;

	if (strcmp(name, "v") == 0 || strcmp(name, "t") == 0) {
		reading->in_value = false;
	} else if (strcmp(name, "is") == 0) {
		reading->in_inline = false;
	} else if (strcmp(name, "rPh") == 0) {
		reading->in_phonetic = false;
	} else if (strcmp(name, "c") == 0) {
		return reading->column == 0 ? NULL : end_cell(reading);
	} else if (strcmp(name, "row") == 0) {
		table_row(reading->table, reading->row, reading->cells, reading->count);
		forget_cells(reading);
	}
	return NULL;
}

static void complain(struct import *import, const char *path, const char *sheet, size_t row, const char *message)
{
	import_problem(import, &(struct problem){.path = path,
	                                         .sheet = sheet,
	                                         .row = row,
	                                         .report = IMPORT_NO_REPORT,
	                                         .field = "",
	                                         .rule = "unreadable",
	                                         .message = message});
}

static void read_sheet(struct import *import, const char *path, struct book *workbook, const struct book_sheet *sheet)
{
	static const struct book_handler handler = {.start = on_start, .end = on_end, .text = on_text};
	struct sheet_reading *reading = calloc(1, sizeof *reading);
	const char *name = arena_strndup(import->arena, sheet->name, strlen(sheet->name));
	size_t before = import->problem_count + import->left_over;

	if (reading == NULL || name == NULL) {
		import_unreadable(import, path, 0, _("out of memory"));
		free(reading);
		return;
	}
	reading->workbook = workbook;
	reading->table = table_begin(import, path, name, workbook->date_1904);
	if (reading->table != NULL) {
		const char *reason = book_parse(workbook, sheet->part, &handler, reading);
		if (reason != NULL)
			table_give_up(reading->table, reading->row, _(reason));
		if (table_end(&reading->table) == TABLE_WITHOUT_HEADINGS && reason == NULL &&
		    import->problem_count + import->left_over == before)
			complain(import, path, name, 0, _("the sheet has no row of headings and is not read; hide it, or begin its first cell with #"));
	}
	forget_cells(reading);
	free(reading->text);
	free(reading);
}

static const char *read_all(FILE *file, void **ret, size_t *ret_size)
{
	size_t size = 0, room = 1 << 16;
	char *bytes = malloc(room);

	while (bytes != NULL) {
		size_t got = fread(bytes + size, 1, room - size, file);
		size += got;
		if (got == 0 || size > BOOK_FILE_MAX)
			break;
		if (size == room) {
			char *grown = realloc(bytes, room *= 2);
			if (grown == NULL)
				free(bytes);
			bytes = grown;
		}
	}
	*ret = bytes;
	*ret_size = size;
	return bytes == NULL ? N_("out of memory") : ferror(file) ? N_("cannot be read to its end") : NULL;
}

void import_xlsx(struct import *import, const char *path, FILE *file)
{
	struct book workbook = {0};
	void *bytes;
	size_t size, reports = import->count, before = import->problem_count + import->left_over;
	const char *reason = read_all(file, &bytes, &size);

	if (reason == NULL)
		reason = book_open(&workbook, bytes, size);
	else
		free(bytes);
	if (reason == NULL)
		reason = book_read_strings(&workbook);
	for (size_t i = 0; reason == NULL && i < workbook.sheet_count; i++)
		if (!workbook.sheets[i].hidden)
			read_sheet(import, path, &workbook, &workbook.sheets[i]);
	if (reason != NULL)
		complain(import, path, "", 0, _(reason));
	else if (import->count == reports && import->problem_count + import->left_over == before)
		complain(import, path, "", 0, _("there is no report in it: see baocao template"));
	book_close(&workbook);
}
