// A histogram of whole numbers with three significant digits over the whole range, laid out as HdrHistogram lays out its own
// (Debian packages no C library of it): numbers below 2,048 are counted one by one, above in steps that double with the
// number, so that recording costs the same everywhere and no value is off by more than one in a thousand.
#ifndef BAOCAO_BENCH_HISTOGRAM_H
#define BAOCAO_BENCH_HISTOGRAM_H

#include <stdbool.h>
#include <stdint.h>

enum {
	HISTOGRAM_HALF = 1024,   // steps of each doubling
	HISTOGRAM_DOUBLINGS = 32 // up to 2^43
};

struct histogram {
	uint64_t counts[(HISTOGRAM_DOUBLINGS + 2) * HISTOGRAM_HALF];
	uint64_t total, max;
};

void histogram_record(struct histogram *histogram, uint64_t value);

// The value that a share (0 to 1) of all recorded ones do not exceed; 0 without any.
uint64_t histogram_at(const struct histogram *histogram, double share);

// Writes the table of percentiles as HdrHistogram's tools print and plot it, values divided by unit. False when it cannot.
bool histogram_write(const struct histogram *histogram, double unit, const char *path);

#endif
