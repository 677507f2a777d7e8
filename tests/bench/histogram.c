#include "histogram.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>

enum { COUNTERS = sizeof((struct histogram *)0)->counts / sizeof(uint64_t), TICKS_PER_HALF = 5 };

// How often the value must be halved to be below 2,048.
static unsigned halvings(uint64_t value)
{
	unsigned count = 0;
	while (value >> count >= (uint64_t)2 * HISTOGRAM_HALF)
		count++;
	return count;
}

static size_t counter_of(uint64_t value)
{
	unsigned shift = halvings(value);
	size_t index = (size_t)shift * HISTOGRAM_HALF + (size_t)(value >> shift);
	return index < COUNTERS ? index : COUNTERS - 1;
}

// The greatest value that is counted there.
static uint64_t value_of(size_t counter)
{
	size_t shift = counter < (size_t)2 * HISTOGRAM_HALF ? 0 : counter / HISTOGRAM_HALF - 1;
	return ((uint64_t)(counter - shift * HISTOGRAM_HALF + 1) << shift) - 1;
}

void histogram_record(struct histogram *histogram, uint64_t value)
{
	histogram->counts[counter_of(value)]++;
	histogram->total++;
	if (value > histogram->max)
		histogram->max = value;
}

// How many were recorded up to the counter that brings the share.
static uint64_t count_at(const struct histogram *histogram, double share, size_t *ret_counter)
{
	uint64_t wanted = (uint64_t)ceil(share * (double)histogram->total), seen = histogram->counts[0];
	size_t counter = 0;

	while (seen < wanted && counter < COUNTERS - 1)
		seen += histogram->counts[++counter];
	*ret_counter = counter;
	return seen;
}

uint64_t histogram_at(const struct histogram *histogram, double share)
{
	size_t counter;
	(void)count_at(histogram, share, &counter);
	uint64_t value = value_of(counter);
	return value < histogram->max ? value : histogram->max;
}

// The next share to print: five steps to each halving of what is left.
static double next_share(double share)
{
	double halves = exp2(floor(log2(1 / (1 - share))) + 1);
	return share + 1 / (TICKS_PER_HALF * halves);
}

static void write_lines(const struct histogram *histogram, double unit, FILE *file)
{
	size_t counter;
	uint64_t seen = 0;
	double share = 0;

	while (seen < histogram->total) {
		seen = count_at(histogram, share, &counter);
		if (seen < histogram->total)
			(void)fprintf(file, "%12.3f %2.12f %10" PRIu64 " %14.2f\n", (double)histogram_at(histogram, share) / unit, share,
			              seen, 1 / (1 - share));
		share = next_share(share);
	}
	(void)fprintf(file, "%12.3f %2.12f %10" PRIu64 "\n", (double)histogram->max / unit, 1.0, histogram->total);
	(void)fprintf(file, "#[Max = %.3f, Total count = %" PRIu64 "]\n", (double)histogram->max / unit, histogram->total);
}

bool histogram_write(const struct histogram *histogram, double unit, const char *path)
{
	FILE *file = fopen(path, "we");

	if (file == NULL)
		return false;
	(void)fprintf(file, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount", "1/(1-Percentile)");
	write_lines(histogram, unit, file);
	bool good = ferror(file) == 0;
	return fclose(file) == 0 && good;
}
