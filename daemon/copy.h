// Builds the bytes of COPY ... (FORMAT binary), PostgreSQL manual, COPY, "Binary Format". Appending never fails one by
// one: the first failure sticks and is asked for once at the end. Not thread-safe: a buffer belongs to one writer.
#ifndef BAOCAO_COPY_H
#define BAOCAO_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct copy {
	uint8_t *bytes; // owned
	size_t used, size;
	size_t rows;
	bool failed; // out of memory
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
// Writes the trailer. False when anything failed since copy_begin().
bool copy_end(struct copy *copy);
void copy_clear(struct copy *copy);

#endif
