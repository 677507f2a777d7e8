// Builds the bytes of COPY ... (FORMAT binary), PostgreSQL manual, COPY, "Binary Format". Appending never fails one by
// one: the first failure sticks and is asked for once at the end. Not thread-safe: a buffer belongs to one writer.
#ifndef BAOCAO_COPY_H
#define BAOCAO_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	COPY_HEADER_SIZE = 19,
	COPY_COLUMNS_MAX = 64 // of a row that is read back; the widest table has 15
};

struct copy {
	uint8_t *bytes; // owned
	size_t used, size;
	size_t rows;
	bool failed; // out of memory
};

// A row that was read back: the values are binary, as parameters and results of libpq have them.
struct copy_fields {
	int count;
	const char *values[COPY_COLUMNS_MAX]; // NULL is SQL's NULL
	int lengths[COPY_COLUMNS_MAX];
};

// Empties the buffer, keeps its memory, writes the header.
void copy_begin(struct copy *copy);
void copy_row(struct copy *copy, int columns);
void copy_null(struct copy *copy);
void copy_int16(struct copy *copy, int16_t value);
void copy_int32(struct copy *copy, int32_t value); // also date, as days since 2000-01-01
void copy_int64(struct copy *copy, int64_t value); // also timestamptz, as microseconds since 2000-01-01
void copy_bool(struct copy *copy, bool value);
void copy_bytes(struct copy *copy, const void *bytes, size_t len); // bytea, text, label of an enum
// What is in the buffer was handed on: the next bytes go to its beginning.
void copy_handed_on(struct copy *copy);
// Takes the row at that place apart; the first is at bytes + COPY_HEADER_SIZE while nothing was handed on. Gives the place behind
// it, NULL when it has too many columns.
const uint8_t *copy_read(const uint8_t *at, struct copy_fields *ret);
// Writes the trailer. False when anything failed since copy_begin().
bool copy_end(struct copy *copy);
void copy_clear(struct copy *copy);

#endif
