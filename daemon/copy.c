#include "copy.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

enum { COPY_FIRST_SIZE = 64 * 1024 };

static void append(struct copy *copy, const void *bytes, size_t len)
{
	if (copy->failed)
		return;
	if (len > copy->size - copy->used) {
		size_t size = copy->size == 0 ? COPY_FIRST_SIZE : copy->size;
		while (size - copy->used < len)
			size *= 2;
		uint8_t *grown = realloc(copy->bytes, size);
		if (grown == NULL) {
			copy->failed = true;
			return;
		}
		copy->bytes = grown;
		copy->size = size;
	}
	memcpy(copy->bytes + copy->used, bytes, len);
	copy->used += len;
}

static void append_length(struct copy *copy, int32_t length)
{
	uint32_t big = htobe32((uint32_t)length);
	append(copy, &big, sizeof big);
}

void copy_begin(struct copy *copy)
{
	static const uint8_t header[19] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0"; // signature, flags 0, extension length 0

	copy->used = 0;
	copy->rows = 0;
	copy->failed = false;
	append(copy, header, sizeof header);
}

void copy_row(struct copy *copy, int columns)
{
	uint16_t big = htobe16((uint16_t)columns);
	append(copy, &big, sizeof big);
	copy->rows++;
}

void copy_null(struct copy *copy)
{
	append_length(copy, -1);
}

void copy_int16(struct copy *copy, int16_t value)
{
	uint16_t big = htobe16((uint16_t)value);
	append_length(copy, sizeof big);
	append(copy, &big, sizeof big);
}

void copy_int32(struct copy *copy, int32_t value)
{
	uint32_t big = htobe32((uint32_t)value);
	append_length(copy, sizeof big);
	append(copy, &big, sizeof big);
}

void copy_int64(struct copy *copy, int64_t value)
{
	uint64_t big = htobe64((uint64_t)value);
	append_length(copy, sizeof big);
	append(copy, &big, sizeof big);
}

void copy_bool(struct copy *copy, bool value)
{
	uint8_t byte = value ? 1 : 0;
	append_length(copy, sizeof byte);
	append(copy, &byte, sizeof byte);
}

void copy_bytes(struct copy *copy, const void *bytes, size_t len)
{
	append_length(copy, (int32_t)len);
	append(copy, bytes, len);
}

bool copy_end(struct copy *copy)
{
	uint16_t trailer = htobe16(0xFFFF);
	append(copy, &trailer, sizeof trailer);
	return !copy->failed;
}

void copy_clear(struct copy *copy)
{
	free(copy->bytes);
	*copy = (struct copy){0};
}
