#include "template.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utf8proc.h>

#include "example.h"
#include "language.h"

enum { STATUS_WRITTEN, STATUS_NOT = 2, NAME_SIZE = 200 };

/* columns */

static size_t add_scalars(struct table_column columns[static TABLE_COLUMNS_MAX], size_t count,
                          const struct contract_message *about, const struct contract_field *body,
                          const struct contract_field *lines)
{
	for (size_t i = 0; i < about->field_count && count < TABLE_COLUMNS_MAX; i++)
		if (about->fields[i].message == NULL && !about->fields[i].transient)
			columns[count++] = (struct table_column){.field = &about->fields[i], .body = body, .lines = lines};
	return count;
}

size_t template_columns(const struct contract *contract, const struct contract_kind *kind,
                        struct table_column columns[static TABLE_COLUMNS_MAX])
{
	size_t count = add_scalars(columns, 0, contract->report, NULL, NULL);

	count = add_scalars(columns, count, kind->body, kind->member, NULL);
	for (size_t i = 0; i < kind->body->field_count; i++)
		if (kind->body->fields[i].message != NULL)
			count = add_scalars(columns, count, kind->body->fields[i].message, kind->member, &kind->body->fields[i]);
	return count;
}

const char *template_path(const struct table_column *column, char path[static CELL_FOLDED_SIZE])
{
	(void)snprintf(path, CELL_FOLDED_SIZE, "%s%s%s%s%s", column->body == NULL ? "" : column->body->name,
	               column->body == NULL ? "" : ".", column->lines == NULL ? "" : column->lines->name,
	               column->lines == NULL ? "" : ".", column->field->name);
	return path;
}

const char *template_heading(const struct table_column *column, char heading[static CELL_FOLDED_SIZE])
{
	char label[CELL_FOLDED_SIZE];
	utf8proc_int32_t first;

	(void)snprintf(label, sizeof label, "%s%s%s",
	               column->lines == NULL ? "" : language_label(column->lines->vi, column->lines->en),
	               column->lines == NULL ? "" : ": ", language_label(column->field->vi, column->field->en));
	utf8proc_ssize_t len = utf8proc_iterate((const utf8proc_uint8_t *)label, -1, &first);
	utf8proc_uint8_t upper[8] = {0};
	if (len > 0)
		(void)utf8proc_encode_char(utf8proc_toupper(first), upper);
	(void)snprintf(heading, CELL_FOLDED_SIZE, "%s%s%s", (const char *)upper, label + (len > 0 ? len : 0),
	               column->field->required ? " *" : "");
	return heading;
}

const char *template_mark(void)
{
	return _("# example");
}

/* notes */

static void say(char note[static TEMPLATE_NOTE_SIZE], const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(char note[static TEMPLATE_NOTE_SIZE], const char *format, ...)
{
	size_t used = strlen(note);
	va_list args;

	if (used > 0 && used + 2 < TEMPLATE_NOTE_SIZE)
		note[used++] = ' ';
	va_start(args, format);
	(void)vsnprintf(note + used, TEMPLATE_NOTE_SIZE - used, format, args);
	va_end(args);
}

static void say_number(char note[static TEMPLATE_NOTE_SIZE], const struct contract_field *field)
{
	say(note, _("A whole number from %" PRIu64 " to %" PRIu64 "."), field->has_min ? field->min : 0, field->max);
	if (field->not_above != NULL)
		say(note, _("Not above \"%s\"."), language_label(field->not_above->vi, field->not_above->en));
}

static void say_text(char note[static TEMPLATE_NOTE_SIZE], const struct contract_field *field)
{
	if (field->format == CONTRACT_DATE)
		say(note, _("A day, like 19/8/2022."));
	else if (field->format == CONTRACT_TIMESTAMP)
		say(note, _("A time, like 2022-08-19T08:00:00+07:00."));
	else
		say(note, _("Text, at most %" PRIu32 " characters."), field->max_len);
	if (field->format == CONTRACT_FREE_TEXT && field->example != NULL)
		say(note, _("For example: %s."), field->example);
}

static void say_lines(char note[static TEMPLATE_NOTE_SIZE], const struct contract_field *lines)
{
	say(note, _("%" PRIu32 " to %" PRIu32 " lines for each report, each in a row of its own."), lines->min_items, lines->max_items);
	for (size_t i = 0; i < lines->unique_by_count; i++)
		say(note, i == 0 ? _("One line for each \"%s\".") : _("And each \"%s\"."),
		    language_label(lines->unique_by[i]->vi, lines->unique_by[i]->en));
}

const char *template_note(const struct table_column *column, char note[static TEMPLATE_NOTE_SIZE])
{
	const struct contract_field *field = column->field;

	note[0] = '\0';
	say(note, "%s", field->required ? _("Must be filled in.") : _("May be left empty."));
	if (field->enumeration != NULL)
		say(note, _("One of the list."));
	else if (field->wire->type == PROTOBUF_C_TYPE_BOOL)
		say(note, _("Yes or no."));
	else if (field->wire->type == PROTOBUF_C_TYPE_STRING)
		say_text(note, field);
	else
		say_number(note, field);
	if (column->lines != NULL)
		say_lines(note, column->lines);
	if (!language_is_vietnamese()) // the contract's comments are in English
		say(note, "%s", field->comment);
	return note;
}

/* the subcommand */

enum format { FORMAT_XLSX, FORMAT_CSV, FORMAT_JSON, FORMATS };

static const struct {
	const char *name;
	const char *endings[3];
} formats[FORMATS] = {
	[FORMAT_XLSX] = {"xlsx", {".xlsx"}},
	[FORMAT_CSV] = {"csv", {".csv"}},
	[FORMAT_JSON] = {"json", {".jsonl", ".json", ".ndjson"}},
};

// By the option, else by the file's ending, else a workbook. FORMATS: none of that name.
static enum format choose_format(const char *option, const char *path)
{
	const char *ending = path == NULL ? NULL : strrchr(path, '.');

	if (option == NULL && ending == NULL)
		return FORMAT_XLSX;
	for (int i = 0; i < FORMATS; i++) {
		if (option != NULL && strcmp(option, formats[i].name) == 0)
			return (enum format)i;
		for (size_t j = 0; option == NULL && j < 3 && formats[i].endings[j] != NULL; j++)
			if (strcasecmp(ending, formats[i].endings[j]) == 0)
				return (enum format)i;
	}
	return FORMATS;
}

static bool write_text(const struct contract *contract, const struct contract_kind *kind, enum format format, FILE *file)
{
	bool good = format == FORMAT_CSV ? template_write_csv(contract, kind, file) : template_write_json(contract, kind, file);
	return fflush(file) == 0 && !ferror(file) && good;
}

// A file that is there may be a form that somebody has filled in.
static int write_template(const struct contract *contract, const struct contract_kind *kind, enum format format, const char *path)
{
	bool good;

	if (strcmp(path, "-") == 0 && format != FORMAT_XLSX)
		return write_text(contract, kind, format, stdout) ? STATUS_WRITTEN : STATUS_NOT;
	if (access(path, F_OK) == 0) {
		(void)fprintf(stderr, _("baocao: %s exists and is left as it is\n"), path);
		return STATUS_NOT;
	}
	errno = 0;
	if (format == FORMAT_XLSX) {
		good = template_write_xlsx(contract, kind, path);
	} else {
		FILE *file = fopen(path, "wxe");
		good = file != NULL && write_text(contract, kind, format, file);
		good = file != NULL && fclose(file) == 0 && good;
	}
	if (good)
		(void)puts(path);
	else
		(void)fprintf(stderr, _("baocao: %s cannot be written: %s\n"), path, errno == 0 ? _("out of memory") : strerror(errno));
	return good ? STATUS_WRITTEN : STATUS_NOT;
}

static int run(const struct contract *contract, const char *kind_name, const char *format_name, const char *path)
{
	const struct contract_kind *kind = contract_kind_by_name(contract, kind_name);
	enum format format = choose_format(format_name, path);
	char name[NAME_SIZE];

	if (kind == NULL) {
		(void)fprintf(stderr, _("baocao: there is no kind %s; see baocao describe\n"), kind_name);
		return STATUS_NOT;
	}
	if (format == FORMATS) {
		(void)fprintf(stderr, "%s", _("baocao: templates are xlsx, csv or json\n"));
		return STATUS_NOT;
	}
	(void)snprintf(name, sizeof name, "%s%s", kind->name, formats[format].endings[0]);
	return write_template(contract, kind, format, path == NULL ? name : path);
}

int template(const struct options *options)
{
	char *error = NULL;
	int status = STATUS_NOT;
	struct contract *contract = contract_load(&error);

	if (contract == NULL)
		(void)fprintf(stderr, "baocao: %s\n", error == NULL ? _("out of memory") : error);
	else
		status = run(contract, options->operands[0], options->format, options->operands[1]); // NULL where there is none
	free(error);
	contract_destroy(&contract);
	return status;
}
