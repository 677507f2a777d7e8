// UTF-8 texts: validity, length in code points, Unicode normal form C. Any thread.
#ifndef BAOCAO_TEXT_H
#define BAOCAO_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"

// Combining marks in a row, as in Unicode's stream-safe text format (UAX 15, section 13). No language needs ten. Bringing a
// run of marks into order takes the square of its length: 40,000 of them, 80 KB, took seven seconds.
enum { TEXT_MARKS_MAX = 30 };

// Whether the bytes are well-formed UTF-8 without a NUL and without more combining marks on one letter.
bool text_is_valid(const char *bytes, size_t len);

// Code points of a valid text.
size_t text_length(const char *text);

// The text in normal form C: the same pointer when it is in it already, else a copy in the arena. NULL when memory is out.
// The text must be valid. Two spellings of "Hoà" that look alike (composed, decomposed) become the same bytes.
const char *text_nfc(struct arena *arena, const char *text);

#endif
