// The clock that only goes forward (CLOCK_MONOTONIC), for ages and time-outs. Any thread.
#ifndef BAOCAO_CLOCK_H
#define BAOCAO_CLOCK_H

#include <stdint.h>

int64_t clock_now_us(void);
int64_t clock_now_ms(void);

#endif
