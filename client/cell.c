#include "cell.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "language.h"
#include "text.h"

enum {
	INTEGER_EXACT_BITS = 53,          // of a double
	SHOWN = 60,                       // bytes of a cell in a message
	POINTS_MAX = 4 * CELL_FOLDED_SIZE // letters with their marks taken apart: at most three for one of Viet Nam's
};

/* texts */

static bool is_blank(utf8proc_int32_t point)
{
	utf8proc_category_t category = utf8proc_category(point);
	return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_ZL ||
	       category == UTF8PROC_CATEGORY_ZP || point == '_' || point == 0x200B || point == 0xFEFF;
}

// In a buffer of its own: what needs no memory cannot be read otherwise when there is none.
bool cell_fold(const char *text, char folded[static CELL_FOLDED_SIZE])
{
	const utf8proc_option_t options = UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD;
	utf8proc_int32_t points[POINTS_MAX];
	size_t used = 0, len = strlen(text);
	bool gap = false;

	folded[0] = '\0';
	if (len >= CELL_FOLDED_SIZE || !text_is_valid(text, len))
		return false;
	utf8proc_ssize_t count = utf8proc_decompose((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)len, points, POINTS_MAX, options);
	if (count < 0 || count > POINTS_MAX)
		return false;
	count = utf8proc_normalize_utf32(points, count, options);
	for (utf8proc_ssize_t i = 0; i < count; i++) {
		utf8proc_uint8_t bytes[4];
		bool blank = is_blank(points[i]);
		size_t size = (size_t)utf8proc_encode_char(points[i], bytes);
		if (!blank && used + size + 2 > CELL_FOLDED_SIZE) {
			used = 0; // folding may lengthen
			break;
		}
		if (!blank && gap && used > 0)
			folded[used++] = ' ';
		if (!blank) {
			memcpy(folded + used, bytes, size);
			used += size;
		}
		gap = blank;
	}
	folded[used] = '\0';
	return used > 0;
}

const char *cell_text(const struct cell *cell, char *text, size_t size)
{
	text[0] = '\0';
	if (cell->type == CELL_NUMBER)
		(void)snprintf(text, size, "%.15g", cell->number);
	else if (cell->type == CELL_BOOLEAN)
		(void)snprintf(text, size, "%s", cell->number != 0 ? "true" : "false");
	else if (cell->type == CELL_TEXT || cell->type == CELL_ERROR) {
		(void)snprintf(text, size, "%s", cell->text);
		size_t len = strlen(text); // cut between characters
		if (strlen(cell->text) > len) {
			while (len > 0 && ((unsigned char)cell->text[len] & 0xC0) == 0x80)
				len--;
			text[len] = '\0';
		}
	}
	return text;
}

/* values */

static bool is_whole(double number)
{
	return number >= 0 && number == floor(number) && number <= ldexp(1, INTEGER_EXACT_BITS);
}

static bool has_number(const struct contract_field *field)
{
	return field->wire->type == PROTOBUF_C_TYPE_UINT32 || field->wire->type == PROTOBUF_C_TYPE_UINT64;
}

static json_t *number_value(const struct contract_field *field, const struct cell *cell, const char *folded,
                            char ret_reason[static CELL_REASON_SIZE])
{
	long long number;

	if (cell->type == CELL_NUMBER)
		return is_whole(cell->number) ? json_integer((json_int_t)cell->number) : json_real(cell->number);
	if (cell_read_number(folded, strcmp(field->measure, "VND") == 0, &number, ret_reason) == CELL_READ)
		return json_integer(number);
	return json_string(cell->text);
}

static bool names_value(const struct contract_value *value, const char *folded)
{
	const char *const names[] = {value->label, value->vi, value->en};
	char name[CELL_FOLDED_SIZE];

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (cell_fold(names[i], name) && strcmp(name, folded) == 0)
			return true;
	return false;
}

static json_t *enum_value(const struct contract_field *field, const char *text, const char *folded)
{
	const struct contract_enum *enumeration = field->enumeration;

	if (contract_value_by_label(enumeration, text) != NULL)
		return json_string(text);
	for (size_t i = 0; i < enumeration->value_count; i++)
		if (names_value(&enumeration->values[i], folded))
			return json_string(enumeration->values[i].label);
	return json_string(text);
}

static json_t *boolean_value(const char *text, const char *folded)
{
	static const char *const yes[] = {"true", "yes", "có", "đúng", "1"}, *const no[] = {"false", "no", "không", "sai", "0"};

	for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
		if (strcmp(folded, yes[i]) == 0 || strcmp(folded, no[i]) == 0)
			return json_boolean(strcmp(folded, yes[i]) == 0);
	return json_string(text);
}

static json_t *date_value(const struct contract_field *field, const struct cell *cell, const char *folded, bool date_1904,
                          char ret_reason[static CELL_REASON_SIZE])
{
	char date[CELL_DATE_SIZE], shown[SHOWN];
	bool with_time = field->format == CONTRACT_TIMESTAMP;

	if (cell->type == CELL_NUMBER)
		return json_string(cell_serial_date(cell->number, date_1904, with_time, date) ? date
		                                                                                : cell_text(cell, shown, sizeof shown));
	if (!with_time && cell_read_date(folded, date_1904, date, ret_reason) == CELL_READ)
		return json_string(date);
	return json_string(cell->text);
}

// The text without blanks at its ends: they are never meant.
static json_t *trimmed(const char *text)
{
	size_t begin = 0, end = strlen(text);
	utf8proc_int32_t point;

	while (begin < end) {
		utf8proc_ssize_t len = utf8proc_iterate((const utf8proc_uint8_t *)text + begin, (utf8proc_ssize_t)(end - begin), &point);
		if (len <= 0 || point == '_' || !is_blank(point))
			break;
		begin += (size_t)len;
	}
	while (end > begin) {
		size_t last = end - 1;
		while (last > begin && ((unsigned char)text[last] & 0xC0) == 0x80)
			last--;
		if (utf8proc_iterate((const utf8proc_uint8_t *)text + last, (utf8proc_ssize_t)(end - last), &point) <= 0 ||
		    point == '_' || !is_blank(point))
			break;
		end = last;
	}
	return json_stringn(text + begin, end - begin);
}

// A code whose zeros in front are gone: Excel takes 01 for the number 1. How many there were cannot be told.
static json_t *text_value(const struct contract_field *field, const struct cell *cell, char ret_reason[static CELL_REASON_SIZE])
{
	char text[SHOWN], padded[SHOWN + 1];

	if (cell->type == CELL_TEXT)
		return trimmed(cell->text);
	(void)cell_text(cell, text, sizeof text);
	(void)snprintf(padded, sizeof padded, "0%s", text);
	if (cell->type == CELL_NUMBER && field->pattern != NULL && regexec(&field->regex, text, 0, NULL, 0) != 0 &&
	    regexec(&field->regex, padded, 0, NULL, 0) == 0)
		(void)snprintf(ret_reason, CELL_REASON_SIZE,
		               _("the number %s has lost the zeros in front of it: format the cell as text and write it again, like %s"), text,
		               padded);
	return json_string(text);
}

// What it may mean, or the text where it means nothing.
static json_t *meaning(const struct contract_field *field, const struct cell *cell, bool date_1904,
                       char ret_reason[static CELL_REASON_SIZE])
{
	char shown[SHOWN], folded[CELL_FOLDED_SIZE];
	bool dated = field->format != CONTRACT_FREE_TEXT;

	if (cell->type == CELL_ERROR) {
		(void)snprintf(ret_reason, CELL_REASON_SIZE, _("the formula gives the error %s"), cell_text(cell, shown, sizeof shown));
		return json_null();
	}
	if (cell->type == CELL_UNREADABLE) {
		(void)snprintf(ret_reason, CELL_REASON_SIZE, "%s", _("not UTF-8 text, a NUL, too long, or over 30 marks on a letter"));
		return json_null();
	}
	const char *text = cell->type == CELL_TEXT ? cell->text : cell_text(cell, shown, sizeof shown);
	(void)cell_fold(text, folded);
	if (has_number(field) && cell->type != CELL_BOOLEAN)
		return number_value(field, cell, folded, ret_reason);
	if (field->wire->type == PROTOBUF_C_TYPE_BOOL)
		return boolean_value(text, folded);
	if (field->enumeration != NULL)
		return enum_value(field, text, folded);
	return dated ? date_value(field, cell, folded, date_1904, ret_reason) : text_value(field, cell, ret_reason);
}

json_t *cell_value(const struct contract_field *field, const struct cell *cell, bool date_1904,
                   char ret_reason[static CELL_REASON_SIZE])
{
	ret_reason[0] = '\0';
	json_t *value = meaning(field, cell, date_1904, ret_reason);
	if (ret_reason[0] == '\0')
		return value;
	json_decref(value);
	return json_null();
}
