#include "csv_text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <utf8proc.h>

#include "language.h"

enum {
	READ_SIZE = 64 << 10,
	LOOKED_AT = 64 << 10 // bytes in which the delimiter is looked for
};

static const char delimiters[] = {',', ';', '\t'};

// All bytes of the file, and a NUL.
static const char *read_all(FILE *file, struct csv_text *ret)
{
	size_t room = 0;

	do {
		if (ret->size + READ_SIZE + 1 > room) {
			room = room == 0 ? (size_t)2 * READ_SIZE : 2 * room;
			char *grown = realloc(ret->text, room);
			if (grown == NULL)
				return N_("out of memory");
			ret->text = grown;
		}
		ret->size += fread(ret->text + ret->size, 1, READ_SIZE, file);
		if (ret->size > CSV_TEXT_MAX)
			return N_("larger than 256 MiB");
	} while (!feof(file) && !ferror(file));
	ret->text[ret->size] = '\0';
	return ferror(file) ? N_("cannot be read to its end") : NULL;
}

/* UTF-16 */

static uint32_t unit_at(const uint8_t *bytes, bool big)
{
	return big ? (uint32_t)bytes[0] << 8 | bytes[1] : (uint32_t)bytes[1] << 8 | bytes[0];
}

// What is no character becomes U+FFFD, which no number, date or name has.
static const char *from_utf16(struct csv_text *text, bool big)
{
	const uint8_t *from = (const uint8_t *)text->text;
	char *to = calloc(text->size / 2 * 3 + 1, 1); // a unit takes at most three bytes
	size_t used = 0;

	if (to == NULL)
		return N_("out of memory");
	for (size_t i = 2; i + 1 < text->size; i += 2) {
		uint32_t point = unit_at(from + i, big);
		if (point >= 0xD800 && point < 0xDC00 && i + 3 < text->size) {
			uint32_t low = unit_at(from + i + 2, big);
			if (low >= 0xDC00 && low < 0xE000) {
				point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
				i += 2;
			}
		}
		if (point >= 0xD800 && point < 0xE000)
			point = 0xFFFD;
		used += (size_t)utf8proc_encode_char((utf8proc_int32_t)point, (utf8proc_uint8_t *)to + used);
	}
	to[used] = '\0';
	free(text->text);
	text->text = to;
	text->size = used;
	return NULL;
}

/* delimiters */

// Excel's own: the first line is sep=; and the rows follow.
static bool read_sep(struct csv_text *text)
{
	const char *at = text->begin;

	if (strncasecmp(at, "sep=", 4) != 0 || at[4] == '\0' || strchr("\r\n", at[4]) != NULL)
		return false;
	if (at[5] != '\n' && (at[5] != '\r' || at[6] != '\n'))
		return false;
	text->delimiter = at[4];
	text->begin = at + (at[5] == '\n' ? 6 : 7);
	text->first_row = 2;
	return true;
}

// The one that stands most often, outside quotes, in the first line that has any and is no comment.
static void find_delimiter(struct csv_text *text)
{
	size_t counts[sizeof delimiters] = {0}, best = 0;
	const char *at = text->begin, *end = text->begin + strnlen(text->begin, LOOKED_AT);
	bool quoted = false;

	while (at < end && counts[best] == 0) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *line_end = newline == NULL ? end : newline;
		bool comment = at[0] == '#' && line_end > at + 1 && memchr(delimiters, at[1], sizeof delimiters) == NULL;
		for (; at < line_end && !comment; at++) {
			quoted ^= *at == '"';
			for (size_t i = 0; i < sizeof delimiters && !quoted; i++)
				counts[i] += *at == delimiters[i];
		}
		for (size_t i = 0; i < sizeof delimiters; i++)
			best = counts[i] > counts[best] ? i : best;
		at = line_end + 1;
	}
	text->delimiter = delimiters[best];
}

bool csv_text_is_heading(const char *line, size_t len, char delimiter)
{
	return len > 1 && line[0] == '#' && line[1] == delimiter;
}

void csv_text_write(FILE *file, char delimiter, bool first, const char *cell)
{
	const char special[] = {delimiter, '"', '\r', '\n', '\0'};

	if (!first)
		(void)fputc(delimiter, file);
	if (cell[strcspn(cell, special)] == '\0') {
		(void)fputs(cell, file);
		return;
	}
	(void)fputc('"', file);
	for (; *cell != '\0'; cell++) {
		if (*cell == '"')
			(void)fputc('"', file);
		(void)fputc(*cell, file);
	}
	(void)fputc('"', file);
}

const char *csv_text_read(FILE *file, struct csv_text *ret)
{
	*ret = (struct csv_text){.first_row = 1};
	const char *reason = read_all(file, ret);
	const uint8_t *bytes = (const uint8_t *)ret->text;

	if (reason == NULL && ret->size >= 2 && ((bytes[0] == 0xFF && bytes[1] == 0xFE) || (bytes[0] == 0xFE && bytes[1] == 0xFF)))
		reason = from_utf16(ret, bytes[0] == 0xFE);
	if (reason != NULL)
		return reason;
	ret->begin = ret->text + (ret->size >= 3 && memcmp(ret->text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0);
	if (!read_sep(ret))
		find_delimiter(ret);
	return NULL;
}

void csv_text_clear(struct csv_text *text)
{
	free(text->text);
	*text = (struct csv_text){0};
}
