#include "copy.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

enum { COPY_FIRST_SIZE = 64 * 1024 };

// Makes room for so many bytes more. False, and the copy has failed, when memory is out.
static bool grow(struct copy *copy, size_t len)
{
	size_t size = copy->size == 0 ? COPY_FIRST_SIZE : copy->size;

	while (size - copy->used < len)
		size *= 2;
	uint8_t *grown = realloc(copy->bytes, size);
	copy->failed = copy->failed || grown == NULL;
	if (grown == NULL)
		return false;
	copy->bytes = grown;
	copy->size = size;
	return true;
}

// Where so many bytes go; NULL after a failure.
static inline uint8_t *claim(struct copy *copy, size_t len)
{
	if (copy->failed || (len > copy->size - copy->used && !grow(copy, len)))
		return NULL;
	uint8_t *to = copy->bytes + copy->used;
	copy->used += len;
	return to;
}

static void append(struct copy *copy, const void *bytes, size_t len)
{
	uint8_t *to = claim(copy, len);
	if (to != NULL)
		memcpy(to, bytes, len);
}

// A field of a size that the compiler knows: its length and its bytes, in one step.
static inline void append_fixed(struct copy *copy, const void *bytes, size_t len)
{
	uint32_t length = htobe32((uint32_t)len);
	uint8_t *to = claim(copy, sizeof length + len);
	if (to == NULL)
		return;
	memcpy(to, &length, sizeof length);
	memcpy(to + sizeof length, bytes, len);
}

void copy_begin(struct copy *copy)
{
	static const uint8_t header[COPY_HEADER_SIZE] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0"; // signature, flags 0, extension length 0

	copy->used = copy->rows = 0;
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
	append(copy, &(uint32_t){UINT32_MAX}, sizeof(uint32_t)); // the length -1
}

void copy_int16(struct copy *copy, int16_t value)
{
	uint16_t big = htobe16((uint16_t)value);
	append_fixed(copy, &big, sizeof big);
}

void copy_int32(struct copy *copy, int32_t value)
{
	uint32_t big = htobe32((uint32_t)value);
	append_fixed(copy, &big, sizeof big);
}

void copy_int64(struct copy *copy, int64_t value)
{
	uint64_t big = htobe64((uint64_t)value);
	append_fixed(copy, &big, sizeof big);
}

void copy_bool(struct copy *copy, bool value)
{
	uint8_t byte = value ? 1 : 0;
	append_fixed(copy, &byte, sizeof byte);
}

void copy_bytes(struct copy *copy, const void *bytes, size_t len)
{
	append_fixed(copy, bytes, len);
}

void copy_handed_on(struct copy *copy)
{
	copy->used = 0;
}

const uint8_t *copy_read(const uint8_t *at, struct copy_fields *ret)
{
	uint16_t columns;

	memcpy(&columns, at, sizeof columns);
	at += sizeof columns;
	ret->count = be16toh(columns);
	if (ret->count > COPY_COLUMNS_MAX)
		return NULL;
	for (int i = 0; i < ret->count; i++) {
		uint32_t length;
		memcpy(&length, at, sizeof length);
		at += sizeof length;
		length = be32toh(length);
		bool is_null = length == UINT32_MAX;
		ret->values[i] = is_null ? NULL : (const char *)at;
		ret->lengths[i] = is_null ? 0 : (int)length;
		at += ret->lengths[i];
	}
	return at;
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
