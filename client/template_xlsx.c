// The workbook: one sheet to fill in (a title, what belongs together, labels, paths, an example, rows), one that explains, and a
// hidden one with the lists of values.
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <xlsxwriter.h>

#include "date.h"
#include "example.h"
#include "language.h"
#include "template.h"

enum {
	ROW_TITLE,
	ROW_HINT,
	ROW_GROUPS,
	ROW_LABELS,
	ROW_PATHS,
	ROW_EXAMPLE,
	ROW_FIRST,
	ROW_LAST = 2000,       // that lists and bounds reach to: the reports of all communes of a province
	COLUMN_FIRST = 1,      // behind the column of marks
	NAME_MAX_CHARACTERS = 255,
	FIRST_YEAR = 2000,
	LAST_YEAR = 2099
};

struct writing {
	const struct contract_kind *kind;
	lxw_workbook *workbook;
	lxw_worksheet *form, *guide, *lists;
	size_t count;
	struct table_column columns[TABLE_COLUMNS_MAX];
	const struct contract_enum *listed[TABLE_COLUMNS_MAX]; // by column of the sheet of lists
	size_t list_count;
	lxw_format *title, *hint, *group, *label, *path, *text, *number, *date, *example, *example_number, *example_date, *note;
	bool failed;
};

static void must(struct writing *writing, lxw_error error)
{
	writing->failed |= error != LXW_NO_ERROR;
}

/* formats */

static lxw_format *format_of(const struct writing *writing, const char *number)
{
	lxw_format *format = workbook_add_format(writing->workbook);

	if (format != NULL && number != NULL)
		format_set_num_format(format, number);
	return format;
}

static void make_example(lxw_format *format)
{
	format_set_italic(format);
	format_set_font_color(format, 0x7F7F7F);
	format_set_bg_color(format, 0xF2F2F2);
}

static bool make_formats(struct writing *writing)
{
	lxw_format **const all[] = {&writing->title,  &writing->hint, &writing->group,   &writing->label,
	                            &writing->path,   &writing->text, &writing->number,  &writing->date,
	                            &writing->example, &writing->example_number, &writing->example_date, &writing->note};
	static const char *const numbers[] = {NULL, NULL, NULL, NULL, "@", "@", "0", "dd/mm/yyyy", "@", "0", "dd/mm/yyyy", NULL}; // 0: exported as CSV, 5,813 could be read in two ways

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		if ((*all[i] = format_of(writing, numbers[i])) == NULL)
			return false;
	format_set_bold(writing->title);
	format_set_font_size(writing->title, 14);
	format_set_bold(writing->group);
	format_set_align(writing->group, LXW_ALIGN_CENTER);
	format_set_bg_color(writing->group, 0xBDD7EE);
	format_set_border(writing->group, LXW_BORDER_THIN);
	format_set_bold(writing->label);
	format_set_text_wrap(writing->label);
	format_set_align(writing->label, LXW_ALIGN_VERTICAL_TOP);
	format_set_bg_color(writing->label, 0xDDEBF7);
	format_set_border(writing->label, LXW_BORDER_THIN);
	format_set_font_size(writing->path, 7);
	format_set_font_color(writing->path, 0x7F7F7F);
	make_example(writing->example);
	make_example(writing->example_number);
	make_example(writing->example_date);
	format_set_text_wrap(writing->note);
	format_set_align(writing->note, LXW_ALIGN_VERTICAL_TOP);
	return true;
}

/* the form */

static bool is_number(const struct contract_field *field)
{
	return field->wire->type == PROTOBUF_C_TYPE_UINT32 || field->wire->type == PROTOBUF_C_TYPE_UINT64;
}

static void write_example(struct writing *writing, const struct contract_field *field, lxw_col_t column)
{
	char text[CELL_FOLDED_SIZE];
	date_day day;

	(void)example_text(field, text);
	if (is_number(field)) {
		must(writing, worksheet_write_number(writing->form, ROW_EXAMPLE, column, strtod(text, NULL), writing->example_number));
	} else if (field->format == CONTRACT_DATE && date_parse(text, &day)) {
		lxw_datetime date = {.year = (int)strtol(text, NULL, 10),
		                     .month = (int)strtol(text + 5, NULL, 10),
		                     .day = (int)strtol(text + 8, NULL, 10)};
		must(writing, worksheet_write_datetime(writing->form, ROW_EXAMPLE, column, &date, writing->example_date));
	} else {
		must(writing, worksheet_write_string(writing->form, ROW_EXAMPLE, column, text, writing->example));
	}
}

static void write_column(struct writing *writing, size_t index)
{
	const struct table_column *about = &writing->columns[index];
	const struct contract_field *field = about->field;
	lxw_col_t column = (lxw_col_t)(COLUMN_FIRST + index);
	char text[CELL_FOLDED_SIZE], note[TEMPLATE_NOTE_SIZE];
	lxw_format *format = is_number(field) ? writing->number : field->format == CONTRACT_DATE ? writing->date : writing->text;

	must(writing, worksheet_set_column(writing->form, column, column, field->enumeration != NULL ? 28 : 16, format));
	must(writing, worksheet_write_string(writing->form, ROW_LABELS, column, template_heading(about, text), writing->label));
	lxw_comment_options options = {.width = 260, .height = 120, .author = "baocao"};
	must(writing, worksheet_write_comment_opt(writing->form, ROW_LABELS, column, template_note(about, note), &options));
	must(writing, worksheet_write_string(writing->form, ROW_PATHS, column, template_path(about, text), writing->path));
	write_example(writing, field, column);
}

static bool same_group(const struct table_column *a, const struct table_column *b)
{
	return a->body == b->body && a->lines == b->lines;
}

// What belongs together, over the labels: the report, its figures, each kind of lines.
static void write_groups(struct writing *writing, const struct contract *contract)
{
	unsigned number = 0;

	for (size_t first = 0, next; first < writing->count; first = next) {
		const struct table_column *column = &writing->columns[first];
		char text[CELL_FOLDED_SIZE];
		for (next = first + 1; next < writing->count && same_group(column, &writing->columns[next]);)
			next++;
		const char *label = column->lines != NULL ? language_label(column->lines->vi, column->lines->en)
		                    : column->body != NULL ? language_label(writing->kind->body->vi, writing->kind->body->en)
		                                           : language_label(contract->report->vi, contract->report->en);
		(void)snprintf(text, sizeof text, column->lines != NULL ? _("%u. %s (one row for each line)") : "%u. %s", ++number, label);
		lxw_col_t from = (lxw_col_t)(COLUMN_FIRST + first), to = (lxw_col_t)(COLUMN_FIRST + next - 1);
		must(writing, from == to ? worksheet_write_string(writing->form, ROW_GROUPS, from, text, writing->group)
		                         : worksheet_merge_range(writing->form, ROW_GROUPS, from, ROW_GROUPS, to, text, writing->group));
	}
}

/* validation */

// The column of the enum's values on the sheet of lists, written when it is first asked for.
static size_t list_of(struct writing *writing, const struct contract_field *field)
{
	const struct contract_enum *enumeration = field->enumeration;
	size_t list = writing->list_count++;
	lxw_row_t row = 0;

	writing->listed[list] = enumeration;
	for (size_t i = 0; i < enumeration->value_count; i++)
		if ((field->none_of >> i & 1) == 0)
			must(writing, worksheet_write_string(writing->lists, row++, (lxw_col_t)list,
			                                     language_label(enumeration->values[i].vi, enumeration->values[i].en), NULL));
	return list;
}

static size_t allowed_count(const struct contract_field *field)
{
	size_t count = 0;
	for (size_t i = 0; i < field->enumeration->value_count; i++)
		count += (field->none_of >> i & 1) == 0;
	return count;
}

// A rule that Excel checks while the clerk types. Days only warn: a day that was typed as text is read, too.
static void add_validation(struct writing *writing, size_t index)
{
	const struct contract_field *field = writing->columns[index].field;
	lxw_data_validation rule = {.error_type = LXW_VALIDATION_ERROR_TYPE_STOP, .ignore_blank = LXW_VALIDATION_ON};
	lxw_col_t column = (lxw_col_t)(COLUMN_FIRST + index);
	char formula[100], letters[LXW_MAX_COL_NAME_LENGTH], note[TEMPLATE_NOTE_SIZE];

	if (field->enumeration != NULL) {
		lxw_col_to_name(letters, (lxw_col_t)list_of(writing, field), LXW_TRUE);
		(void)snprintf(formula, sizeof formula, "='%s'!%s$1:%s$%zu", writing->lists->name, letters, letters, allowed_count(field));
		rule.validate = LXW_VALIDATION_TYPE_LIST_FORMULA;
		rule.value_formula = formula;
	} else if (is_number(field)) {
		rule.validate = LXW_VALIDATION_TYPE_INTEGER;
		rule.criteria = LXW_VALIDATION_CRITERIA_BETWEEN;
		rule.minimum_number = field->has_min ? (double)field->min : 0;
		rule.maximum_number = (double)field->max;
	} else if (field->format == CONTRACT_DATE) {
		rule.validate = LXW_VALIDATION_TYPE_DATE;
		rule.criteria = LXW_VALIDATION_CRITERIA_BETWEEN;
		rule.minimum_datetime = (lxw_datetime){.year = FIRST_YEAR, .month = 1, .day = 1};
		rule.maximum_datetime = (lxw_datetime){.year = LAST_YEAR, .month = 12, .day = 31};
		rule.error_type = LXW_VALIDATION_ERROR_TYPE_WARNING;
	} else {
		rule.validate = LXW_VALIDATION_TYPE_LENGTH;
		rule.criteria = LXW_VALIDATION_CRITERIA_BETWEEN;
		rule.minimum_number = field->min_len;
		rule.maximum_number = field->max_len;
	}
	(void)template_note(&writing->columns[index], note);
	if (lxw_utf8_strlen(note) <= NAME_MAX_CHARACTERS)
		rule.error_message = note;
	must(writing, worksheet_data_validation_range(writing->form, ROW_FIRST, column, ROW_LAST, column, &rule));
}

static void write_form(struct writing *writing, const struct contract *contract)
{
	char text[CELL_FOLDED_SIZE];

	(void)snprintf(text, sizeof text, _("Form: %s"), language_label(writing->kind->body->vi, writing->kind->body->en));
	must(writing, worksheet_write_string(writing->form, ROW_TITLE, COLUMN_FIRST, text, writing->title));
	must(writing, worksheet_write_string(writing->form, ROW_HINT, COLUMN_FIRST,
	                                     _("Fill in from row 7. Columns with a star must be filled in. The sheet \"Guide\" explains more."), NULL));
	write_groups(writing, contract);
	must(writing, worksheet_set_column(writing->form, 0, 0, 9, NULL));
	must(writing, worksheet_write_string(writing->form, ROW_LABELS, 0, "#", writing->label));
	must(writing, worksheet_write_string(writing->form, ROW_PATHS, 0, "#", writing->path));
	must(writing, worksheet_write_string(writing->form, ROW_EXAMPLE, 0, template_mark(), writing->example));
	must(writing, worksheet_set_row(writing->form, ROW_LABELS, 60, NULL));
	for (size_t i = 0; i < writing->count; i++) {
		write_column(writing, i);
		add_validation(writing, i);
	}
	worksheet_freeze_panes(writing->form, ROW_EXAMPLE, COLUMN_FIRST);
	worksheet_activate(writing->form);
}

/* the guide */

static void write_guide(struct writing *writing)
{
	const char *const lines[] = {
		_("# How to fill in this form"),
		_("Each report begins in a row of its own: the unit, the period, the figures."),
		_("Where a report has several lines, write each in a row. In the rows that follow leave the columns of the report empty, or repeat them."),
		_("What is not known stays empty: empty is not zero. Zero is written as 0."),
		_("Numbers: 5813 or 5.813. Money in full or like 3.5 billion. Days: 19/8/2022."),
		_("The row of the example is not filed while # stands in front of it. Do not write into it."),
		_("Leave the rows of headings as they are; rows and columns of your own may be added when their heading begins with #."),
		_("A correction is the next revision (2, 3 ...) of the same unit and period."),
	};
	lxw_row_t row = 0;
	char text[CELL_FOLDED_SIZE], note[TEMPLATE_NOTE_SIZE];

	must(writing, worksheet_set_column(writing->guide, 0, 0, 50, writing->note));
	must(writing, worksheet_set_column(writing->guide, 1, 1, 100, writing->note));
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
		must(writing, worksheet_write_string(writing->guide, row++, 0, lines[i], i == 0 ? writing->title : NULL));
	row++;
	for (size_t i = 0; i < writing->count; i++, row++) {
		must(writing, worksheet_write_string(writing->guide, row, 0, template_heading(&writing->columns[i], text), writing->label));
		must(writing, worksheet_write_string(writing->guide, row, 1, template_note(&writing->columns[i], note), writing->note));
	}
}

static bool write_all(struct writing *writing, const struct contract *contract)
{
	writing->form = workbook_add_worksheet(writing->workbook, _("Report"));
	writing->guide = workbook_add_worksheet(writing->workbook, _("Guide"));
	writing->lists = workbook_add_worksheet(writing->workbook, _("Lists"));
	if (writing->form == NULL || writing->guide == NULL || writing->lists == NULL || !make_formats(writing))
		return false;
	write_form(writing, contract);
	write_guide(writing);
	worksheet_hide(writing->lists);
	return !writing->failed;
}

bool template_write_xlsx(const struct contract *contract, const struct contract_kind *kind, const char *path)
{
	struct writing writing = {.kind = kind, .workbook = workbook_new(path)};

	if (writing.workbook == NULL)
		return false;
	writing.count = template_columns(contract, kind, writing.columns);
	bool good = write_all(&writing, contract);
	return workbook_close(writing.workbook) == LXW_NO_ERROR && good;
}
