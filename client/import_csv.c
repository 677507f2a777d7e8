// The rows of a CSV file as cells of a table (csv_text.h says what files are read).
#include <string.h>

#include "csv_text.h"
#include "language.h"
#include "table.h"
#include "text.h"

enum { CELLS = TABLE_COLUMNS_MAX + 1 }; // one more, so that what is beyond is seen

static struct cell cell_of(const struct csv_cell *from)
{
	if (from->len == 0)
		return (struct cell){.type = CELL_EMPTY};
	if (from->len > CELL_TEXT_MAX || !text_is_valid(from->text, from->len))
		return (struct cell){.type = CELL_UNREADABLE};
	return (struct cell){.type = CELL_TEXT, .text = from->text};
}

static bool on_row(void *user, const struct csv_row *row)
{
	struct table *table = user;
	struct cell cells[CELLS];
	size_t count = row->count < CELLS ? row->count : CELLS;

	for (size_t i = 0; i < count; i++)
		cells[i] = cell_of(&row->cells[i]);
	if (row->comment == NULL)
		table_row(table, row->row, cells, count);
	return !table_is_broken(table);
}

static void read_text(struct import *import, const char *path, const struct csv_text *text)
{
	struct table *table = table_begin(import, path, "", false);
	size_t row, before = import->problem_count + import->left_over;

	if (table == NULL)
		return;
	const char *reason = csv_text_rows(text, CELLS, on_row, table, &row);
	if (reason != NULL)
		table_give_up(table, row, _(reason));
	if (table_end(&table) != TABLE_OF_REPORTS && import->problem_count + import->left_over == before)
		import_unreadable(import, path, 0, _("there is no row of headings: see baocao template"));
}

void import_csv(struct import *import, const char *path, FILE *file)
{
	struct csv_text text;
	const char *reason = csv_text_read(file, &text);

	if (reason == NULL)
		read_text(import, path, &text);
	else
		import_unreadable(import, path, 0, _(reason));
	csv_text_clear(&text);
}
