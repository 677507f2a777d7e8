#include <stdio.h>

#include "cmocka_all.h"
#include "log_limit.h"

static void one_line_a_minute_and_then_how_many_were_left_out(void **state)
{
	static struct log_limit limit;
	char left_out[LOG_LIMIT_TEXT_SIZE];
	(void)state;
	assert_true(log_limit_allows(&limit, 7, 1000, left_out));
	assert_string_equal(left_out, "");
	for (int i = 0; i < 12; i++)
		assert_false(log_limit_allows(&limit, 7, 1000 + LOG_LIMIT_MS - 1, left_out));
	assert_true(log_limit_allows(&limit, 7, 1000 + LOG_LIMIT_MS, left_out));
	assert_string_equal(left_out, " (12 more like it since the last such line)");
	assert_true(log_limit_allows(&limit, 7, 1000 + 2 * LOG_LIMIT_MS, left_out));
	assert_string_equal(left_out, "");
}

static void one_collector_does_not_silence_another(void **state)
{
	static struct log_limit limit;
	char left_out[LOG_LIMIT_TEXT_SIZE];
	(void)state;
	for (uint64_t number = 0; number < LOG_LIMIT_PLACES; number++)
		assert_true(log_limit_allows(&limit, number, 0, left_out));
	for (uint64_t number = 0; number < LOG_LIMIT_PLACES; number++)
		assert_false(log_limit_allows(&limit, number, 5, left_out));
}

static void any_number_of_addresses_makes_a_bounded_number_of_lines(void **state)
{
	static struct log_limit limit;
	char left_out[LOG_LIMIT_TEXT_SIZE], address[24];
	int lines = 0;
	(void)state;
	for (int i = 0; i < 100000; i++) {
		(void)snprintf(address, sizeof address, "10.%d.%d.%d", i >> 16, i >> 8 & 255, i & 255);
		lines += log_limit_allows(&limit, log_limit_number(address), 1000, left_out);
	}
	assert_in_range(lines, LOG_LIMIT_PLACES / 2, LOG_LIMIT_PLACES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_line_a_minute_and_then_how_many_were_left_out),
		cmocka_unit_test(one_collector_does_not_silence_another),
		cmocka_unit_test(any_number_of_addresses_makes_a_bounded_number_of_lines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
