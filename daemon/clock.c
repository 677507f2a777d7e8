#include "clock.h"

int64_t clock_now_us(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_now_ms(void)
{
	return clock_now_us() / 1000;
}

struct timespec clock_after_ms(unsigned milliseconds)
{
	struct timespec moment;
	(void)clock_gettime(CLOCK_MONOTONIC, &moment);
	moment.tv_nsec += (long)(milliseconds % 1000) * 1000000;
	moment.tv_sec += (time_t)(milliseconds / 1000) + moment.tv_nsec / 1000000000;
	moment.tv_nsec %= 1000000000;
	return moment;
}
