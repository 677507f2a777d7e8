#include "text.h"

#include <stdint.h>
#include <string.h>
#include <utf8proc.h>

static bool is_ascii(const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)bytes[i] >= 0x80)
			return false;
	return true;
}

bool text_is_valid(const char *bytes, size_t len)
{
	const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)bytes;
	unsigned marks = 0;

	while (len > 0) {
		utf8proc_int32_t point = at[0];
		utf8proc_ssize_t taken = point < 0x80 ? 1 : utf8proc_iterate(at, (utf8proc_ssize_t)len, &point);
		if (taken < 1 || point == 0)
			return false;
		marks = point >= 0x80 && utf8proc_get_property(point)->combining_class > 0 ? marks + 1 : 0;
		if (marks > TEXT_MARKS_MAX)
			return false;
		at += taken;
		len -= (size_t)taken;
	}
	return true;
}

size_t text_length(const char *text)
{
	size_t points = 0;
	for (; *text != '\0'; text++)
		points += ((unsigned char)*text & 0xC0) != 0x80; // every byte but continuations begins a code point
	return points;
}

const char *text_nfc(struct arena *arena, const char *text)
{
	size_t len = strlen(text);
	if (is_ascii(text, len))
		return text;

	// Decompose into the arena, then compose in place: utf8proc's own way without its malloc.
	utf8proc_option_t options = UTF8PROC_STABLE | UTF8PROC_COMPOSE;
	utf8proc_ssize_t points =
		utf8proc_decompose((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)len, NULL, 0, options);
	if (points < 0)
		return NULL;
	utf8proc_int32_t *buffer = arena_alloc(arena, ((size_t)points + 1) * sizeof *buffer);
	if (buffer == NULL ||
	    utf8proc_decompose((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)len, buffer, points, options) != points)
		return NULL;
	utf8proc_ssize_t bytes = utf8proc_reencode(buffer, points, options); // turns the buffer into NUL-ended UTF-8
	if (bytes < 0)
		return NULL;
	return (size_t)bytes == len && memcmp(buffer, text, len) == 0 ? text : (const char *)buffer;
}
