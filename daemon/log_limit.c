#include "log_limit.h"

#include <inttypes.h>
#include <stdio.h>

bool log_limit_allows(struct log_limit *limit, uint64_t number, int64_t now_ms, char left_out[static LOG_LIMIT_TEXT_SIZE])
{
	size_t place = number % LOG_LIMIT_PLACES;
	uint64_t before = limit->places[place].left_out;
	int64_t said_ms = limit->places[place].said_ms;

	if (said_ms != 0 && now_ms - said_ms < LOG_LIMIT_MS) {
		limit->places[place].left_out++;
		limit->left_out++;
		return false;
	}
	left_out[0] = '\0';
	if (before > 0)
		(void)snprintf(left_out, LOG_LIMIT_TEXT_SIZE, " (%" PRIu64 " more like it since the last such line)", before);
	limit->places[place].said_ms = now_ms == 0 ? 1 : now_ms;
	limit->places[place].left_out = 0;
	return true;
}

// FNV-1a: spreads addresses that differ in a digit.
uint64_t log_limit_number(const char *text)
{
	uint64_t number = 0xcbf29ce484222325u;

	for (; *text != '\0'; text++)
		number = (number ^ (unsigned char)*text) * 0x100000001b3u;
	return number;
}
