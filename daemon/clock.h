// The clock that only goes forward (CLOCK_MONOTONIC), for ages and time-outs. Any thread.
#ifndef BAOCAO_CLOCK_H
#define BAOCAO_CLOCK_H

#include <stdint.h>
#include <time.h>

int64_t clock_now_us(void);
int64_t clock_now_ms(void);

// So long from now, for calls that wait until a moment.
struct timespec clock_after_ms(unsigned milliseconds);

#endif
