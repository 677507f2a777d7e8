#include "value.h"

#include <endian.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "date.h"

static int64_t number_of(const char *bytes, int length)
{
	uint32_t small = 0;
	uint64_t big = 0;

	if (length == (int)sizeof small) {
		memcpy(&small, bytes, sizeof small);
		return (int32_t)be32toh(small);
	}
	if (length == (int)sizeof big)
		memcpy(&big, bytes, sizeof big);
	return (int64_t)be64toh(big);
}

static void write_number(const char *bytes, int length, char text[static VALUE_TEXT_SIZE])
{
	(void)snprintf(text, VALUE_TEXT_SIZE, "%" PRId64, number_of(bytes, length));
}

static void write_bool(const char *bytes, int length, char text[static VALUE_TEXT_SIZE])
{
	(void)snprintf(text, VALUE_TEXT_SIZE, "%s", length > 0 && bytes[0] != 0 ? "true" : "false");
}

static void write_date(const char *bytes, int length, char text[static VALUE_TEXT_SIZE])
{
	date_format((date_day)number_of(bytes, length), text);
}

static void write_instant(const char *bytes, int length, char text[static VALUE_TEXT_SIZE])
{
	date_format_instant(number_of(bytes, length), text);
}

static void write_bytes(const char *bytes, int length, char text[static VALUE_TEXT_SIZE])
{
	size_t used = (size_t)snprintf(text, VALUE_TEXT_SIZE, "\\x");
	for (int i = 0; i < length && used + 2 < VALUE_TEXT_SIZE; i++)
		used += (size_t)snprintf(text + used, VALUE_TEXT_SIZE - used, "%02x", (unsigned char)bytes[i]);
}

static void write_text(const char *bytes, int length, char text[static VALUE_TEXT_SIZE])
{
	(void)snprintf(text, VALUE_TEXT_SIZE, "'%.*s'", length, bytes);
}

// The types that layout.h names; whatever is not here is text, or an enum, whose binary form is its label.
static const struct {
	const char *sql_type;
	void (*write)(const char *bytes, int length, char text[static VALUE_TEXT_SIZE]);
} types[] = {
	{"bigint", write_number},       {"integer", write_number}, {"boolean", write_bool}, {"date", write_date},
	{"timestamptz", write_instant}, {"bytea", write_bytes},
};

const char *value_text(const struct layout_column *column, const char *bytes, int length, char text[static VALUE_TEXT_SIZE])
{
	if (bytes == NULL)
		return "NULL";
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (strcmp(types[i].sql_type, column->sql_type) == 0) {
			types[i].write(bytes, length, text);
			return text;
		}
	write_text(bytes, length, text);
	return text;
}
