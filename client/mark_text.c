// Marked copies of CSV and of JSON Lines.
#define _GNU_SOURCE // asprintf
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "csv_text.h"
#include "language.h"
#include "mark_file.h"
#include "table.h"

enum { COLUMNS_MAX = 1000 }; // of a row that is copied; what is beyond is not

// The messages of a row, each with its cell, to be written behind each other; false: there are none.
// Closes it in any case.
static bool closed_well(FILE *to)
{
	bool written = ferror(to) == 0;
	return fclose(to) == 0 && written;
}

static bool write_messages(const struct mark_file *file, size_t row, bool headings, FILE *to)
{
	char place[IMPORT_PLACE_SIZE];
	bool any = false;

	for (size_t i = 0; i < file->count; i++) {
		const struct problem *problem = file->problems[i];
		if (problem->row != row && !(headings && problem->row == 0))
			continue;
		(void)fprintf(to, "%s%s%s%s", any ? "; " : "", problem->column > 0 ? import_place(problem, place) : "",
		              problem->column > 0 ? ": " : "", problem->message);
		any = true;
	}
	return any;
}

static char *messages_of(const struct mark_file *file, size_t row, bool headings)
{
	char *messages = NULL;
	size_t size;
	FILE *to = open_memstream(&messages, &size);

	if (to == NULL)
		return NULL;
	(void)write_messages(file, row, headings, to);
	if (fclose(to) == 0)
		return messages;
	free(messages);
	return NULL;
}

/* CSV */

struct copying {
	const struct mark_file *file;
	const struct csv_text *text;
	FILE *to;
	size_t header_row, width, old_marks; // width: of the widest row; old_marks: the column of an earlier copy's, from 1; 0: none
	size_t next_row;                     // to be written
	bool out_of_memory;
};

static bool is_mark(const char *cell)
{
	return strncmp(cell, MARK_NAME_VI, strlen(MARK_NAME_VI)) == 0 || strncmp(cell, MARK_NAME_EN, strlen(MARK_NAME_EN)) == 0;
}

static bool measure(void *user, const struct csv_row *row)
{
	struct copying *copying = user;

	for (size_t i = 0; row->row == copying->header_row && i < row->count && i < COLUMNS_MAX; i++)
		if (is_mark(row->cells[i].text))
			copying->old_marks = i + 1;
	if (row->count > copying->width)
		copying->width = row->count < COLUMNS_MAX ? row->count : COLUMNS_MAX;
	return true;
}

// The cell behind the row's own: what is wrong in it. Over them, what is wrong with the headings or the file.
static void write_mark(struct copying *copying, size_t row)
{
	bool headings = row == copying->header_row;
	char *messages = messages_of(copying->file, row, headings), *cell = messages;

	if (messages != NULL && headings && asprintf(&cell, "%s%s%s", mark_name(), messages[0] == '\0' ? "" : ": ", messages) < 0)
		cell = NULL;
	copying->out_of_memory |= cell == NULL;
	if (cell != NULL)
		csv_text_write(copying->to, copying->text->delimiter, false, cell);
	if (cell != messages)
		free(cell);
	free(messages);
}

static bool copy_row(void *user, const struct csv_row *row)
{
	struct copying *copying = user;
	size_t written = 0;

	for (; copying->next_row < row->row; copying->next_row++)
		(void)fputs("\r\n", copying->to); // empty rows keep the places of the others
	copying->next_row++;
	if (row->comment != NULL) {
		(void)fwrite(row->comment, 1, row->comment_len, copying->to);
		return true;
	}
	for (size_t i = 0; i < copying->width; i++)
		if (i + 1 != copying->old_marks)
			csv_text_write(copying->to, copying->text->delimiter, written++ == 0, i < row->count ? row->cells[i].text : "");
	write_mark(copying, row->row);
	(void)fputs("\r\n", copying->to);
	return !copying->out_of_memory;
}

static size_t header_row(const struct mark_file *file, const struct csv_text *text)
{
	for (size_t i = 0; i < file->import->count; i++)
		if (strcmp(file->import->reports[i].path, file->path) == 0 && file->import->reports[i].header != NULL)
			return file->import->reports[i].header->row;
	return text->first_row;
}

static const char *copy_csv(const struct mark_file *file, const struct csv_text *text, FILE *to)
{
	struct copying copying = {.file = file, .text = text, .to = to, .header_row = header_row(file, text),
	                          .next_row = text->first_row};
	size_t unused;
	const char *reason;

	(void)fputs("\xef\xbb\xbf", to);
	if (text->first_row > 1)
		(void)fprintf(to, "sep=%c\r\n", text->delimiter);
	reason = csv_text_rows(text, COLUMNS_MAX, measure, &copying, &unused);
	if (reason == NULL)
		reason = csv_text_rows(text, COLUMNS_MAX, copy_row, &copying, &unused);
	return copying.out_of_memory ? N_("out of memory") : reason;
}

const char *mark_csv(const struct mark_file *file, const char *copy_path)
{
	struct csv_text text;
	FILE *from = fopen(file->path, "re"), *to = from == NULL ? NULL : fopen(copy_path, "we");
	const char *reason = to == NULL ? strerror(errno) : csv_text_read(from, &text);

	if (to != NULL && reason == NULL && (reason = copy_csv(file, &text, to)) != NULL)
		reason = _(reason);
	if (to != NULL) {
		csv_text_clear(&text);
		if (!closed_well(to) && reason == NULL)
			reason = strerror(errno);
	}
	if (from != NULL)
		(void)fclose(from);
	return reason;
}

/* JSON Lines */

static void write_json_text(FILE *to, const char *text)
{
	(void)fputc('"', to);
	for (; *text != '\0'; text++)
		if (*text == '"' || *text == '\\')
			(void)fprintf(to, "\\%c", *text);
		else if ((unsigned char)*text < ' ')
			(void)fprintf(to, "\\u%04x", (unsigned)*text);
		else
			(void)fputc(*text, to);
	(void)fputc('"', to);
}

// The line's length without the member that an earlier copy has put at its end.
static size_t len_without_mark(const char *line, size_t len)
{
	static const char *const members[] = {"\"" MARK_NAME_VI "\":\"", "\"" MARK_NAME_EN "\":\""};

	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
		const char *found = NULL, *next = line;
		while ((next = memmem(next, len - (size_t)(next - line), members[i], strlen(members[i]))) != NULL)
			found = next++;
		if (found != NULL)
			return (size_t)(found - line) - (found > line && found[-1] == ',');
	}
	return len;
}

// A line that is no object has no place for a member: it stays as it is.
static bool copy_line(const struct mark_file *file, size_t row, const char *line, size_t len, FILE *to)
{
	while (len > 0 && strchr(" \t\r\n", line[len - 1]) != NULL)
		len--;
	char *messages = messages_of(file, row, row == 1);
	if (messages == NULL)
		return false;
	if (len < 2 || line[len - 1] != '}') {
		(void)fwrite(line, 1, len, to);
	} else {
		size_t kept = len_without_mark(line, len - 1);
		(void)fwrite(line, 1, kept, to);
		if (messages[0] != '\0') {
			bool empty = strspn(line, " \t{") >= kept;
			(void)fprintf(to, "%s\"%s\":", empty ? "" : ",", mark_name());
			write_json_text(to, messages);
		}
		(void)fputc('}', to);
	}
	(void)fputc('\n', to);
	free(messages);
	return true;
}

const char *mark_json(const struct mark_file *file, const char *copy_path)
{
	FILE *from = fopen(file->path, "re"), *to = from == NULL ? NULL : fopen(copy_path, "we");
	const char *reason = to == NULL ? strerror(errno) : NULL;
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	for (size_t row = 1; to != NULL && reason == NULL && (len = getline(&line, &size, from)) >= 0; row++)
		if (!copy_line(file, row, line, (size_t)len, to))
			reason = _("out of memory");
	if (reason == NULL && !feof(from))
		reason = _("cannot be read to its end");
	if (to != NULL && !closed_well(to) && reason == NULL)
		reason = strerror(errno);
	if (from != NULL)
		(void)fclose(from);
	free(line);
	return reason;
}
