#include "cmocka_all.h"

#include <string.h>

#include "date.h"

static void a_date_is_counted_from_2000(void **state)
{
	(void)state;
	const struct {
		const char *text;
		date_day day;
	} cases[] = {{"2000-01-01", 0}, {"1999-12-31", -1}, {"2000-02-29", 59}, {"2022-08-19", 8266}, {"1900-03-01", -36465}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		date_day day;
		char text[DATE_TEXT_SIZE];
		assert_true(date_parse(cases[i].text, &day));
		assert_int_equal(day, cases[i].day);
		date_format(day, text);
		assert_string_equal(text, cases[i].text);
	}
}

static void every_day_of_four_centuries_goes_through_text_and_back(void **state)
{
	(void)state;
	for (date_day day = -36524; day < 110000; day++) {
		char text[DATE_TEXT_SIZE];
		date_day back;
		date_format(day, text);
		assert_true(date_parse(text, &back));
		assert_int_equal(back, day);
	}
}

static void what_is_no_date_is_refused(void **state)
{
	(void)state;
	const char *const wrong[] = {"",           "2022-8-19",  "19/08/2022", "2022-02-29", "2022-13-01",
	                             "2022-00-10", "2022-01-32", "2022-01-01x", "1899-12-31", "3000-01-01", "2100-02-29"};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		date_day day = 7;
		assert_false(date_parse(wrong[i], &day));
		assert_int_equal(day, 7);
	}
}

static void an_instant_knows_offsets_and_fractions(void **state)
{
	(void)state;
	date_instant utc, local, fraction;
	char text[DATE_INSTANT_TEXT_SIZE];
	assert_true(date_parse_instant("2022-08-19T01:00:00Z", &utc));
	assert_true(date_parse_instant("2022-08-19T08:00:00+07:00", &local));
	assert_true(date_parse_instant("2022-08-19T01:00:00.1234567Z", &fraction));
	assert_int_equal(utc, local);
	assert_int_equal(fraction - utc, 123456);
	date_format_instant(fraction, text);
	assert_string_equal(text, "2022-08-19T01:00:00.123456Z");
	assert_false(date_parse_instant("2022-08-19 01:00:00Z", &utc));
	assert_false(date_parse_instant("2022-08-19T01:00:00", &utc));
	assert_false(date_parse_instant("2022-08-19T25:00:00Z", &utc));
}

static void months_end_where_there_is_no_such_day(void **state)
{
	(void)state;
	const struct {
		const char *from;
		unsigned months;
		const char *to;
	} cases[] = {{"2022-12-15", 12, "2023-12-15"}, {"2022-01-31", 1, "2022-02-28"}, {"2024-01-31", 1, "2024-02-29"},
	             {"2022-11-30", 3, "2023-02-28"}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		date_day from, to;
		assert_true(date_parse(cases[i].from, &from));
		assert_true(date_parse(cases[i].to, &to));
		assert_int_equal(date_add_months(from, cases[i].months), to);
	}
}

static void a_year_begins_on_its_first_of_january(void **state)
{
	(void)state;
	static const struct {
		const char *day;
		int year;
	} cases[] = {{"1999-12-31", 1999}, {"2000-01-01", 2000}, {"2024-02-29", 2024}, {"2024-12-31", 2024}, {"2025-01-01", 2025}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		date_day day;
		assert_true(date_parse(cases[i].day, &day));
		assert_int_equal(date_year(day), cases[i].year);
	}
}

static void a_new_day_begins_in_viet_nam_at_17_utc(void **state)
{
	(void)state;
	date_instant before, after;
	assert_true(date_parse_instant("2022-08-18T16:59:59Z", &before));
	assert_true(date_parse_instant("2022-08-18T17:00:00Z", &after));
	assert_int_equal(date_today_in_viet_nam(after), date_today_in_viet_nam(before) + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_date_is_counted_from_2000),
		cmocka_unit_test(every_day_of_four_centuries_goes_through_text_and_back),
		cmocka_unit_test(what_is_no_date_is_refused),
		cmocka_unit_test(an_instant_knows_offsets_and_fractions),
		cmocka_unit_test(months_end_where_there_is_no_such_day),
		cmocka_unit_test(a_year_begins_on_its_first_of_january),
		cmocka_unit_test(a_new_day_begins_in_viet_nam_at_17_utc),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
