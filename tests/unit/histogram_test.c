#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "histogram.h"

enum { VALUES = 10000 };

static int set_up(void **state)
{
	*state = calloc(1, sizeof(struct histogram));
	return *state == NULL;
}

static int tear_down(void **state)
{
	free(*state);
	return 0;
}

static void it_is_exact_below_2048(void **state)
{
	struct histogram *histogram = *state;
	for (uint64_t value = 1; value <= 1000; value++)
		histogram_record(histogram, value);
	assert_int_equal(histogram_at(histogram, 0.5), 500);
	assert_int_equal(histogram_at(histogram, 0.99), 990);
	assert_int_equal(histogram_at(histogram, 0.999), 999);
	assert_int_equal(histogram_at(histogram, 1), 1000);
	assert_int_equal(histogram->max, 1000);
}

static void it_is_right_to_three_digits_above(void **state)
{
	struct histogram *histogram = *state;
	static uint64_t values[VALUES]; // growing, from 1 to some 10^13
	double next = 1;
	for (size_t i = 0; i < VALUES; i++) {
		histogram_record(histogram, values[i] = (uint64_t)next);
		next *= 1.003;
	}
	for (size_t i = 0; i < VALUES; i += 37) {
		uint64_t seen = histogram_at(histogram, (double)(i + 1) / VALUES - 1e-9);
		if (values[i] < UINT64_C(1) << 43)
			assert_in_range(seen, values[i], values[i] + values[i] / 1000);
	}
}

static void nothing_recorded_is_zero(void **state)
{
	assert_int_equal(histogram_at(*state, 0.99), 0);
}

static void the_table_ends_with_the_greatest(void **state)
{
	struct histogram *histogram = *state;
	char path[] = "/tmp/histogram-XXXXXX", line[200], last[200] = "";
	int lines = 0, created = mkstemp(path);
	assert_true(created >= 0);
	for (uint64_t value = 1; value <= 100000; value++)
		histogram_record(histogram, value);
	assert_true(histogram_write(histogram, 1000, path));
	FILE *file = fdopen(created, "r");
	while (fgets(line, sizeof line, file) != NULL)
		if (line[0] != '#' && ++lines > 2)
			(void)snprintf(last, sizeof last, "%s", line);
	(void)fclose(file);
	(void)remove(path);
	assert_in_range(lines, 55, 70); // five for each halving, until a step holds all that is left
	assert_non_null(strstr(last, "100.000 1.000000000000     100000"));
}

int main(void)
{
#define WITH_HISTOGRAM(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WITH_HISTOGRAM(it_is_exact_below_2048),
		WITH_HISTOGRAM(it_is_right_to_three_digits_above),
		WITH_HISTOGRAM(nothing_recorded_is_zero),
		WITH_HISTOGRAM(the_table_ends_with_the_greatest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
