#include "window.h"

enum { TIMEOUT_FACTOR = 4 }; // of the time that answers take

void window_init(struct window *window, size_t most)
{
	*window = (struct window){.bytes = WINDOW_FIRST < most ? WINDOW_FIRST : most, .most = most};
}

bool window_has_room(const struct window *window)
{
	return window->in_flight < window->bytes;
}

size_t window_parcel(const struct window *window)
{
	return window->bytes / WINDOW_PARCELS;
}

void window_sent(struct window *window, size_t bytes)
{
	window->in_flight += bytes;
}

static void resize(struct window *window, size_t bytes)
{
	window->bytes = bytes < WINDOW_LEAST ? WINDOW_LEAST : bytes > window->most ? window->most : bytes;
}

void window_answered_late(struct window *window, size_t bytes)
{
	window->in_flight -= bytes;
}

void window_answered(struct window *window, size_t bytes, unsigned took_ms)
{
	window->in_flight -= bytes;
	window->answer_ms = window->answer_ms == 0 ? took_ms : (7 * window->answer_ms + took_ms) / 8;
	if (took_ms <= WINDOW_QUICK_MS || window->bytes < WINDOW_SLOW_LEAST)
		resize(window, window->bytes + bytes); // doubled in the time of one answer
	else if (took_ms > WINDOW_SLOW_MS && window->bytes > WINDOW_SLOW_LEAST)
		resize(window, window->bytes - (bytes / 2 < window->bytes - WINDOW_SLOW_LEAST ? bytes / 2
		                                                                            : window->bytes - WINDOW_SLOW_LEAST));
}

void window_timed_out(struct window *window)
{
	resize(window, window->bytes / 2);
}

void window_lost(struct window *window)
{
	if (window->in_flight > 0)
		resize(window, window->bytes / 2);
	window->in_flight = 0;
}

unsigned window_timeout_ms(const struct window *window)
{
	unsigned timeout = TIMEOUT_FACTOR * window->answer_ms;

	return timeout < WINDOW_TIMEOUT_LEAST_MS     ? WINDOW_TIMEOUT_LEAST_MS
	       : timeout > WINDOW_TIMEOUT_LONGEST_MS ? WINDOW_TIMEOUT_LONGEST_MS
	                                             : timeout;
}
