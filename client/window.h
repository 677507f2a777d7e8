// How much may be under way at once: as much as the line carries between two signs of life. A line that is cut before a submission
// is through would otherwise be given the same one for ever, and one that is slower than the time-out would be given everything
// twice. Begins small, grows with each quick answer, is halved when a connection is lost or an answer does not come.
// Pure, one thread.
#ifndef BAOCAO_WINDOW_H
#define BAOCAO_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	WINDOW_FIRST = 64 << 10,      // bytes
	WINDOW_LEAST = 4 << 10,       // a report is sent whatever its size
	WINDOW_PARCELS = 8,           // so many fill it: what is lost with a connection is the part of one, and what was not answered yet
	WINDOW_SLOW_LEAST = 128 << 10, // however slow answers are it grows to this: the server may be what is slow
	WINDOW_QUICK_MS = 1500,       // beyond, an answer as quick lets it grow, one slower than the other makes it smaller
	WINDOW_SLOW_MS = 3000,
	WINDOW_TIMEOUT_LEAST_MS = 5000,
	WINDOW_TIMEOUT_LONGEST_MS = 60000
};

struct window {
	size_t bytes, most;  // allowed, and the bound of that
	size_t in_flight;
	unsigned answer_ms;  // how long answers take, smoothed; 0 before the first
};

void window_init(struct window *window, size_t most);

// Whether another parcel may be sent, and how large.
bool window_has_room(const struct window *window);
size_t window_parcel(const struct window *window);

// A parcel was sent; its answer came, so long after; its answer came, nobody knows to which of several tries.
void window_sent(struct window *window, size_t bytes);
void window_answered(struct window *window, size_t bytes, unsigned took_ms);
void window_answered_late(struct window *window, size_t bytes);

// An answer did not come in time. A connection was lost, with all that was under way.
void window_timed_out(struct window *window);
void window_lost(struct window *window);

// How long to wait for an answer before sending again.
unsigned window_timeout_ms(const struct window *window);

#endif
