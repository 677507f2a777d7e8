// How often the log speaks of somebody: what a peer can provoke must not fill the disk, nor hide what others do. Of each
// number (a collector's, or a hash of an address) one line a minute, and the next one tells how many were left out. Two
// numbers may share a place and then share the line, so the whole is bounded: LOG_LIMIT_PLACES lines a minute.
//
// A structure of zeros has said nothing yet. One thread.
#ifndef BAOCAO_LOG_LIMIT_H
#define BAOCAO_LOG_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	LOG_LIMIT_PLACES = 1024,
	LOG_LIMIT_MS = 60000,
	LOG_LIMIT_TEXT_SIZE = 64
};

struct log_limit {
	struct {
		int64_t said_ms; // 0: never
		uint64_t left_out;
	} places[LOG_LIMIT_PLACES];
	uint64_t left_out; // in all
};

// Whether a line about that number may be written now, at that time of a clock that only goes forward. If so, left_out gets
// what to put at its end: nothing, or how many like it were left out before.
bool log_limit_allows(struct log_limit *limit, uint64_t number, int64_t now_ms, char left_out[static LOG_LIMIT_TEXT_SIZE]);

// A number for a text.
uint64_t log_limit_number(const char *text);

#endif
