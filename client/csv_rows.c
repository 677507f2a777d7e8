// The rows of a CSV text, by libcsv. It is fed line by line, so that it is known in which row a cell stands: a quoted cell may go
// over several lines of the file.
#include <csv.h>
#include <stdlib.h>
#include <string.h>

#include "csv_text.h"
#include "language.h"

struct rows {
	bool (*row)(void *user, const struct csv_row *row);
	void *user;
	size_t at, count, columns_max;
	struct csv_cell *cells;
	bool stopped, out_of_memory;
};

static void on_cell(void *bytes, size_t len, void *data)
{
	struct rows *rows = data;
	size_t index = rows->count++;

	if (index >= rows->columns_max || rows->stopped)
		return;
	char *text = malloc(len + 1);
	if (text == NULL) {
		rows->stopped = rows->out_of_memory = true;
		return;
	}
	if (len > 0)
		memcpy(text, bytes, len);
	text[len] = '\0';
	rows->cells[index] = (struct csv_cell){.text = text, .len = len};
}

static void forget_cells(struct rows *rows)
{
	for (size_t i = 0; i < rows->columns_max; i++) {
		free((char *)rows->cells[i].text);
		rows->cells[i] = (struct csv_cell){0};
	}
	rows->count = 0;
}

static void on_row(int end, void *data)
{
	struct rows *rows = data;

	(void)end;
	if (!rows->stopped)
		rows->stopped = !rows->row(rows->user, &(struct csv_row){.row = rows->at, .count = rows->count, .cells = rows->cells});
	forget_cells(rows);
}

static const char *feed(struct rows *rows, struct csv_parser *parser, const struct csv_text *text)
{
	const char *at = text->begin, *end = text->text + text->size;
	bool comments = true, quoted = false;

	for (rows->at = text->first_row; at < end && !rows->stopped;) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t len = newline == NULL ? (size_t)(end - at) : (size_t)(newline - at) + 1;
		comments = comments && at[0] == '#' && !csv_text_is_heading(at, len, text->delimiter);
		for (size_t i = 0; i < len && !comments; i++)
			quoted ^= at[i] == '"';
		if (comments)
			rows->stopped = !rows->row(rows->user, &(struct csv_row){.row = rows->at, .comment = at, .comment_len = len});
		else if (csv_parse(parser, at, len, on_cell, on_row, rows) != len)
			return csv_error(parser) == CSV_ENOMEM ? N_("out of memory") : N_("a quote stands where none can");
		if (!quoted)
			rows->at++;
		at += len;
	}
	if (!rows->stopped && csv_fini(parser, on_cell, on_row, rows) != 0)
		return csv_error(parser) == CSV_EPARSE ? N_("a quoted cell has no end") : N_("out of memory");
	return NULL;
}

const char *csv_text_rows(const struct csv_text *text, size_t columns_max, bool (*row)(void *user, const struct csv_row *row),
                          void *user, size_t *ret_row)
{
	struct rows rows = {.row = row, .user = user, .columns_max = columns_max};
	struct csv_parser parser;

	rows.cells = calloc(columns_max, sizeof *rows.cells);
	if (rows.cells == NULL || csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0) {
		free(rows.cells);
		return N_("out of memory");
	}
	csv_set_delim(&parser, (unsigned char)text->delimiter);
	const char *reason = feed(&rows, &parser, text);
	*ret_row = rows.at;
	forget_cells(&rows);
	csv_free(&parser);
	free(rows.cells);
	return rows.out_of_memory ? N_("out of memory") : reason;
}
