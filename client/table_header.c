// Headings: paths, labels, marks.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

enum { PATH_NAMES_MAX = 3, PATH_SIZE = 256 };

// field, body.field or body.lines.field: a message for each name but the last.
static bool resolve_path(const struct contract *contract, const char *name, struct table_column *column)
{
	const struct contract_field *fields[PATH_NAMES_MAX] = {NULL};
	const struct contract_message *about = contract->report;
	char path[PATH_SIZE], *rest = path;
	size_t depth = 0, size = strlen(name) + 1;

	if (size > sizeof path)
		return false;
	memcpy(path, name, size);
	while (rest != NULL && about != NULL && depth < PATH_NAMES_MAX) {
		fields[depth] = contract_field_by_name(about, strsep(&rest, "."));
		about = fields[depth] == NULL ? NULL : fields[depth]->message;
		depth++;
	}
	if (rest != NULL || fields[depth - 1] == NULL || fields[depth - 1]->message != NULL)
		return false;
	column->field = fields[depth - 1];
	column->body = depth > 1 ? fields[0] : NULL;
	column->lines = depth > 2 ? fields[1] : NULL;
	return true;
}

/* labels */

// A heading of a template, folded, and the column that it means.
struct table_label {
	const struct contract_kind *kind; // NULL: of every kind
	const char *folded;
	struct table_column column; // without a field: two columns of the kind have this label
};

struct table_labels {
	size_t count, size;
	struct table_label *list; // those that come first win
};

// Headings of required columns end in a star.
static bool fold_heading(const char *text, char folded[static CELL_FOLDED_SIZE])
{
	if (!cell_fold(text, folded))
		return false;
	size_t len = strlen(folded);
	while (len > 0 && (folded[len - 1] == '*' || folded[len - 1] == ' '))
		folded[--len] = '\0';
	return len > 0;
}

static struct table_label *find_label(const struct table_labels *labels, const struct contract_kind *kind, const char *folded)
{
	for (size_t i = 0; i < labels->count; i++)
		if ((labels->list[i].kind == NULL || labels->list[i].kind == kind) && strcmp(labels->list[i].folded, folded) == 0)
			return &labels->list[i];
	return NULL;
}

static bool add_label(struct table_labels *labels, struct arena *arena, const struct contract_kind *kind, const char *text,
                      const struct table_column *column)
{
	char folded[CELL_FOLDED_SIZE];

	if (!fold_heading(text, folded))
		return true;
	struct table_label *known = find_label(labels, kind, folded);
	if (known != NULL) {
		if (known->column.lines != NULL && known->column.field != column->field)
			known->column.field = NULL; // two kinds of lines have such a column
		return true;
	}
	if (labels->count == labels->size) {
		size_t size = labels->size == 0 ? 256 : 2 * labels->size;
		struct table_label *grown = arena_alloc(arena, size * sizeof *grown);
		if (grown == NULL)
			return false;
		if (labels->count > 0)
			memcpy(grown, labels->list, labels->count * sizeof *grown);
		labels->list = grown;
		labels->size = size;
	}
	const char *kept = arena_strndup(arena, folded, strlen(folded));
	labels->list[labels->count] = (struct table_label){.kind = kind, .folded = kept, .column = *column};
	labels->count += kept != NULL;
	return kept != NULL;
}

// The labels of a message's scalars in both languages; of lines, behind the label of what they are called, or alone.
static bool add_labels(struct table_labels *labels, struct arena *arena, const struct contract_kind *kind,
                       const struct contract_message *about, const struct contract_field *lines, bool alone)
{
	bool good = true;

	for (size_t i = 0; i < about->field_count && good; i++) {
		const struct contract_field *field = &about->fields[i];
		struct table_column column = {.field = field, .body = kind == NULL ? NULL : kind->member, .lines = lines};
		if (field->message != NULL)
			continue;
		if (lines == NULL || alone) {
			good = add_label(labels, arena, kind, field->vi, &column) && add_label(labels, arena, kind, field->en, &column);
			continue;
		}
		const char *vi = arena_printf(arena, "%s: %s", lines->vi, field->vi);
		const char *en = arena_printf(arena, "%s: %s", lines->en, field->en);
		good = vi != NULL && en != NULL && add_label(labels, arena, kind, vi, &column) &&
		       add_label(labels, arena, kind, en, &column);
	}
	return good;
}

struct table_labels *table_labels_create(const struct contract *contract, struct arena *arena)
{
	struct table_labels *labels = arena_alloc(arena, sizeof *labels);
	bool good = labels != NULL && add_labels(labels, arena, NULL, contract->report, NULL, false);

	for (size_t i = 0; i < contract->kind_count && good; i++) {
		const struct contract_kind *kind = &contract->kinds[i];
		good = add_labels(labels, arena, kind, kind->body, NULL, false);
		for (int alone = 0; alone <= 1; alone++)
			for (size_t j = 0; j < kind->body->field_count && good; j++)
				if (kind->body->fields[j].message != NULL)
					good = add_labels(labels, arena, kind, kind->body->fields[j].message, &kind->body->fields[j], alone != 0);
	}
	return good ? labels : NULL;
}

static bool label_is(const char *label, const char *folded)
{
	char own[CELL_FOLDED_SIZE];
	return fold_heading(label, own) && strcmp(own, folded) == 0;
}

// How many headings are labels of the kind; whether one is a path of it.
static size_t count_of_kind(const struct import *import, const struct contract_kind *kind, const struct cell *cells,
                            size_t count, bool *ret_named)
{
	char folded[CELL_FOLDED_SIZE];
	struct table_column column;
	size_t found = 0;

	*ret_named = false;
	for (size_t i = 0; i < count; i++) {
		if (cells[i].type != CELL_TEXT)
			continue;
		if (resolve_path(import->contract, cells[i].text, &column))
			*ret_named |= column.body == kind->member;
		else if (fold_heading(cells[i].text, folded))
			found += find_label(import->labels, kind, folded) != NULL;
	}
	return found;
}

// The kind whose labels the headings are: that of a path among them, else the one with the most, and of those the one whose
// name or label the sheet has.
static const struct contract_kind *choose_kind(const struct import *import, const char *sheet, const struct cell *cells,
                                               size_t count)
{
	const struct contract *contract = import->contract;
	const struct contract_kind *best = &contract->kinds[0];
	size_t most = 0;
	char folded[CELL_FOLDED_SIZE];

	(void)cell_fold(sheet, folded);
	for (size_t i = 0; i < contract->kind_count; i++) {
		const struct contract_kind *kind = &contract->kinds[i];
		bool named;
		size_t found = 2 * count_of_kind(import, kind, cells, count, &named);
		found += label_is(kind->name, folded) || label_is(kind->body->vi, folded) || label_is(kind->body->en, folded);
		if (named)
			return kind;
		if (found > most) {
			most = found;
			best = kind;
		}
	}
	return best;
}

/* the row */

static const char *path_of(struct arena *arena, const struct table_column *column)
{
	if (column->lines != NULL)
		return arena_printf(arena, "%s.%s.%s", column->body->name, column->lines->name, column->field->name);
	return column->body == NULL ? column->field->name : arena_printf(arena, "%s.%s", column->body->name, column->field->name);
}

// A mark, a path or a label; otherwise a column that is nowhere.
static void read_heading(const struct import *import, const struct contract_kind *kind, const char *text,
                         struct table_column *column)
{
	char folded[CELL_FOLDED_SIZE];

	if (!cell_fold(text, folded))
		return;
	if (folded[0] == '#') {
		column->name = folded[1] == '\0' ? "#" : "# ";
	} else if (!resolve_path(import->contract, text, column) && fold_heading(text, folded)) {
		const struct table_label *label = find_label(import->labels, kind, folded);
		if (label != NULL && label->column.field != NULL)
			*column = label->column;
	}
}

bool table_read_header(struct import *import, const char *sheet, const struct cell *cells, size_t count,
                       struct table_header *header)
{
	header->count = count < TABLE_COLUMNS_MAX ? count : TABLE_COLUMNS_MAX;
	const struct contract_kind *kind = choose_kind(import, sheet, cells, header->count);
	size_t texts = 0, found = 0;

	for (size_t i = 0; i < header->count; i++) {
		struct table_column *column = &header->columns[i];
		*column = (struct table_column){0};
		if (cells[i].type == CELL_TEXT)
			read_heading(import, kind, cells[i].text, column);
		texts += cells[i].type != CELL_EMPTY && (column->name == NULL || column->name[0] != '#');
		if (column->field != NULL && (column->name = path_of(import->arena, column)) == NULL) {
			import->out_of_memory = true;
			return false;
		}
		found += column->field != NULL;
	}
	return found > 0 && 2 * found >= texts;
}

/* places */

static size_t column_of(const struct table_header *header, const char *name)
{
	for (size_t i = 0; i < header->count; i++)
		if (header->columns[i].field != NULL && strcmp(header->columns[i].name, name) == 0)
			return i + 1;
	return 0;
}

// festival_day.venue[2].held is in the column festival_day.venue.held, in the row of the report's third venue; what speaks of a
// line as a whole, in the first column of such lines.
void table_find(const struct imported *imported, const char *path, size_t *ret_row, size_t *ret_column)
{
	const struct table_header *header = imported->header;
	const char *bracket = strchr(path, '['), *behind = bracket == NULL ? NULL : strchr(bracket, ']');
	char name[PATH_SIZE];

	*ret_row = imported->line;
	*ret_column = 0;
	if (header == NULL)
		return;
	if (behind == NULL) {
		*ret_column = column_of(header, path);
		return;
	}
	(void)snprintf(name, sizeof name, "%.*s%s", (int)(bracket - path), path, behind + 1);
	*ret_column = column_of(header, name);
	size_t index = (size_t)strtoul(bracket + 1, NULL, 10), seen = 0, prefix = (size_t)(bracket - path);
	for (size_t i = 0; i < header->count && *ret_column == 0; i++)
		if (header->columns[i].lines != NULL && strncmp(header->columns[i].name, path, prefix) == 0 &&
		    header->columns[i].name[prefix] == '.')
			*ret_column = i + 1;
	for (size_t i = 0; i < imported->line_count; i++) {
		const char *dot = strchr(path, '.');
		if (dot != NULL && strlen(imported->lines[i].lines->name) == (size_t)(bracket - dot - 1) &&
		    strncmp(imported->lines[i].lines->name, dot + 1, (size_t)(bracket - dot - 1)) == 0 && seen++ == index) {
			*ret_row = imported->lines[i].row;
			return;
		}
	}
}
