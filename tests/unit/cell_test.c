#include "cmocka_all.h"

#include <string.h>

#include "cell.h"
#include "language.h"

static int in_english(void **state)
{
	(void)state;
	return !language_init("en");
}

static void expect_number(const char *text, enum cell_reading reading, long long number, const char *said)
{
	char folded[CELL_FOLDED_SIZE], reason[CELL_REASON_SIZE] = "";
	long long read = -1;

	assert_true(cell_fold(text, folded));
	enum cell_reading found = cell_read_number(folded, true, &read, reason);
	if (found != reading || (found == CELL_READ && read != number) || strstr(reason, said) == NULL)
		fail_msg("%s: %d %lld %s", text, (int)found, read, reason);
}

static void numbers_are_read_as_viet_nam_writes_them(void **state)
{
	(void)state;
	expect_number("5813", CELL_READ, 5813, "");
	expect_number(" 5.813 ", CELL_READ, 5813, "");
	expect_number("35.000", CELL_READ, 35000, "");
	expect_number("1.234.567", CELL_READ, 1234567, "");
	expect_number("5 813", CELL_READ, 5813, "");
	expect_number("5\xc2\xa0\x38\x31\x33", CELL_READ, 5813, "");
	expect_number("3,5 tỷ", CELL_READ, 3500000000, "");
	expect_number("3,5 TỈ đồng", CELL_READ, 3500000000, "");
	expect_number("1.234,5 triệu", CELL_READ, 1234500000, "");
	expect_number("12 nghìn tỷ", CELL_READ, 12000000000000, "");
	expect_number("250 nghìn đ", CELL_READ, 250000, "");
	expect_number("0", CELL_READ, 0, "");
}

static void numbers_are_read_as_spreadsheets_write_them(void **state)
{
	(void)state;
	expect_number("5813.0", CELL_READ, 5813, "");
	expect_number("5813,00", CELL_READ, 5813, "");
	expect_number("1,234,567", CELL_READ, 1234567, "");
	expect_number("3.5 tỷ", CELL_READ, 3500000000, "");
	expect_number("1,234.5 triệu", CELL_READ, 1234500000, "");
}

static void what_can_be_read_in_two_ways_is_asked_back_with_both(void **state)
{
	(void)state;
	expect_number("5,813", CELL_AMBIGUOUS, 0, "5.813 or as 5813");
	expect_number("5,000", CELL_AMBIGUOUS, 0, "as 5 or as 5000");
	expect_number("3.500 tỷ", CELL_AMBIGUOUS, 0, "3500000000000 or as 3500000000");
	expect_number("3,500 tỷ", CELL_AMBIGUOUS, 0, "3500000000 or as 3500000000000");
}

static void what_is_no_number_is_none(void **state)
{
	static const char *const texts[] = {"x", "-5", "5.81.3", "1.5", "3,55", "gần 35 tỷ", "5..813", "1,2,3", "5813 người", ".", "5.", ",5",
										"99999999999999999999", "999999999 nghìn tỷ", "5,8.13", "1.000.00"};
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		expect_number(texts[i], CELL_NOT_READ, 0, "");
}

static void expect_date(const char *text, enum cell_reading reading, const char *date, const char *said)
{
	char folded[CELL_FOLDED_SIZE], reason[CELL_REASON_SIZE] = "", read[CELL_DATE_SIZE] = "";

	assert_true(cell_fold(text, folded));
	enum cell_reading found = cell_read_date(folded, false, read, reason);
	if (found != reading || (found == CELL_READ && strcmp(read, date) != 0) || strstr(reason, said) == NULL)
		fail_msg("%s: %d %s %s", text, (int)found, read, reason);
}

static void days_are_read_as_people_write_them(void **state)
{
	static const char *const texts[] = {"19/8/2022", "19-08-2022", "19.8.2022", "2022-08-19", "2022/8/19", "19 8 2022",
										"ngày 19 tháng 8 năm 2022", "Ngày 19/8/2022", "44792", "44792.0", "2022-08-19 00:00:00"};
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		expect_date(texts[i], CELL_READ, "2022-08-19", "");
	expect_date("8/9/2022", CELL_READ, "2022-09-08", "");
}

static void days_that_could_be_others_are_asked_back(void **state)
{
	(void)state;
	expect_date("19/8/22", CELL_AMBIGUOUS, "", "2022-08-19 or as 1922-08-19");
	expect_date("8/19/2022", CELL_AMBIGUOUS, "", "2022-08-19 when the month does");
}

static void what_is_no_day_is_none(void **state)
{
	static const char *const texts[] = {"30/2/2022", "19/8", "x", "19/8/2022/1", "2022", "19//8x2022", "123456", "00/08/2022", "19/8/20222"};
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		expect_date(texts[i], CELL_NOT_READ, "", "");
}

static void serial_dates_count_as_excel_does(void **state)
{
	char date[CELL_DATE_SIZE];
	(void)state;
	assert_true(cell_serial_date(44792, false, false, date));
	assert_string_equal(date, "2022-08-19");
	assert_true(cell_serial_date(43330, true, false, date));
	assert_string_equal(date, "2022-08-19");
	assert_true(cell_serial_date(44792.5, false, true, date));
	assert_string_equal(date, "2022-08-19T12:00:00+07:00");
	assert_true(cell_serial_date(401768, false, false, date));
	assert_string_equal(date, "2999-12-31");
	assert_false(cell_serial_date(44792.5, false, false, date));
	assert_false(cell_serial_date(60, false, false, date));
	assert_false(cell_serial_date(-1, false, false, date));
	assert_false(cell_serial_date(1e300, false, false, date));
}

static void folding_forgives_case_and_blanks(void **state)
{
	char folded[CELL_FOLDED_SIZE];
	(void)state;
	assert_true(cell_fold("  KHU \xc2\xa0 D\xc3\x82N\tC\xc6\xaf ", folded));
	assert_string_equal(folded, "khu dân cư");
	assert_true(cell_fold("special_zone", folded));
	assert_string_equal(folded, "special zone");
	assert_false(cell_fold("", folded));
	assert_false(cell_fold("   ", folded));
	assert_false(cell_fold("\xff", folded));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_read_as_viet_nam_writes_them),
		cmocka_unit_test(numbers_are_read_as_spreadsheets_write_them),
		cmocka_unit_test(what_can_be_read_in_two_ways_is_asked_back_with_both),
		cmocka_unit_test(what_is_no_number_is_none),
		cmocka_unit_test(days_are_read_as_people_write_them),
		cmocka_unit_test(days_that_could_be_others_are_asked_back),
		cmocka_unit_test(what_is_no_day_is_none),
		cmocka_unit_test(serial_dates_count_as_excel_does),
		cmocka_unit_test(folding_forgives_case_and_blanks),
	};
	return cmocka_run_group_tests(tests, in_english, NULL);
}
