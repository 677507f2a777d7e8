// Target: a CSV file, as the collector's tool reads it. What must hold: filed.h, and
//   - nothing is lost: when the tool complains of nothing, the lines of all reports have as many fields as the file has
//   cells in
//     columns of lines.
#define _GNU_SOURCE // memmem
#include <csv.h>
#include <stdio.h>
#include <string.h>

#include "field.h"
#include "filed.h"
#include "judge.h"
#include "table.h"
#include "target.h"

enum { COLUMNS_MAX = 100 };

struct count {
	size_t row, column, cells;
	bool of_line[COLUMNS_MAX]; // the column's path has two dots
};

static const struct contract *contract;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	contract = target_init();
	return 0;
}

static void on_cell(void *bytes, size_t size, void *data)
{
	struct count *count = data;
	const char *dot = size == 0 ? NULL : memchr(bytes, '.', size);

	if (count->column < COLUMNS_MAX && count->row == 0)
		count->of_line[count->column] =
			dot != NULL && memchr(dot + 1, '.', size - (size_t)(dot + 1 - (char *)bytes)) != NULL;
	else if (count->column < COLUMNS_MAX && size > 0)
		count->cells += count->of_line[count->column];
	count->column++;
}

static void on_row(int end, void *data)
{
	struct count *count = data;
	(void)end;
	count->row++;
	count->column = 0;
}

static size_t cells_of_lines(const uint8_t *data, size_t size)
{
	struct count count = {0};
	struct csv_parser parser;

	target_require(csv_init(&parser, 0) == 0, "there is memory");
	(void)csv_parse(&parser, data, size, on_cell, on_row, &count);
	(void)csv_fini(&parser, on_cell, on_row, &count);
	csv_free(&parser);
	return count.cells;
}

// Whether the first line has each column's path.
static bool names_are_paths(const struct table_header *header, const uint8_t *line, size_t len)
{
	for (size_t i = 0; i < header->count; i++)
		if (header->columns[i].name == NULL || memmem(line, len, header->columns[i].name, strlen(header->columns[i].name)) == NULL)
			return false;
	return true;
}

static size_t fields_of_lines(const ProtobufCMessage *report, const struct contract_kind *kind)
{
	const ProtobufCMessage *body = field_message(report, kind->member);
	size_t fields = 0;

	for (size_t i = 0; i < kind->body->field_count; i++) {
		const struct contract_field *lines = &kind->body->fields[i];
		for (size_t j = 0; lines->message != NULL && j < field_line_count(body, lines); j++)
			for (size_t k = 0; k < lines->message->field_count; k++)
				fields += field_is_present(field_line(body, lines, j), &lines->message->fields[k]);
	}
	return fields;
}

// Whether libcsv, and one look at the headings' dots, see the file as the tool does: no comments, marks, UTF-16, other delimiters,
// headings by label, rows before the headings, cells of blanks.
static bool is_plain(const struct import *import, const uint8_t *data, size_t size)
{
	static const char *const others[] = {";", "\t", "#", " ", "sep="};

	if (import->unreadable > 0 || import->count == 0 || data[0] >= 0x80 || memchr(data, 0, size) != NULL)
		return false;
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (memmem(data, size, others[i], strlen(others[i])) != NULL)
			return false;
	const struct table_header *header = import->reports[0].header;
	const uint8_t *end = memchr(data, '\n', size);
	return header->row == 1 && end != NULL && names_are_paths(header, data, (size_t)(end - data));
}

static void check_nothing_is_lost(const struct import *import, const uint8_t *data, size_t size)
{
	size_t fields = 0;

	if (!is_plain(import, data, size))
		return;
	for (size_t i = 0; i < import->count; i++) {
		const struct contract_kind *kind = judge_body_kind(contract, import->reports[i].report);
		if (!import->reports[i].readable)
			return;
		fields += kind == NULL ? 0 : fields_of_lines(import->reports[i].report, kind);
	}
	target_require(fields == cells_of_lines(data, size), "no cell is lost");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct import import;
	FILE *file = size == 0 ? NULL : fmemopen((void *)data, size, "r"); // only read

	target_begin();
	if (file == NULL)
		return 0;
	target_require(import_init(&import, contract), "there is memory");
	import_csv(&import, "fuzz", file);
	filed_check(contract, &import);
	check_nothing_is_lost(&import, data, size);
	import_clear(&import);
	(void)fclose(file);
	return 0;
}
