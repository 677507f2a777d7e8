#include "cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "import.h"
#include "json.h"
#include "language.h"

#define ENVELOPE "unit_code,period_type,period_first,period_last,revision"
#define HEADER                                                                                                              \
	ENVELOPE ",festival_day.points_planned,festival_day.points_held,festival_day.venue.venue_kind,festival_day.venue."      \
			 "held\n"
#define SEASON ",campaign,2022-08-01,2022-08-20,1,"

static struct contract *contract;

static int load(void **state)
{
	char *error = NULL;
	(void)state;
	contract = contract_load(&error);
	return contract == NULL || !language_init("en");
}

static int unload(void **state)
{
	(void)state;
	contract_destroy(&contract);
	return 0;
}

// How many reports are right, and what is said of the others: "H2: message" line by line.
static size_t right_of(const char *text, size_t size, bool by_rules, char **ret_said, char **ret_json)
{
	struct import import;
	FILE *file = fmemopen((void *)text, size, "r"); // only read
	size_t said_size, right = 0;
	FILE *said = open_memstream(ret_said, &said_size);
	char place[IMPORT_PLACE_SIZE];

	assert_true(file != NULL && said != NULL && import_init(&import, contract));
	import_csv(&import, "a.csv", file);
	assert_true(import_judge(&import, by_rules));
	for (size_t i = 0; i < import.problem_count; i++)
		(void)fprintf(said, "%s: %s\n", import_place(&import.problems[i], place), import.problems[i].message);
	for (size_t i = 0; i < import.count; i++) {
		right += import.reports[i].readable && import.reports[i].problem_count == 0;
		if (ret_json != NULL && *ret_json == NULL) {
			json_t *object = json_write_report(contract, import.reports[i].report);
			*ret_json = json_dumps(object, JSON_COMPACT);
			json_decref(object);
		}
	}
	(void)fclose(said);
	(void)fclose(file);
	assert_int_equal(import.left_over, 0);
	import_clear(&import);
	return right;
}

#define assert_read(text, rules, reports, said_text)                                                                        \
	do {                                                                                                                    \
		char *said = NULL;                                                                                                  \
		size_t found = right_of(text, sizeof(text) - 1, rules, &said, NULL);                                                \
		if (found != (reports))                                                                                             \
			fail_msg("%zu reports are right, not %d: %s", found, reports, said);                                            \
		if (strstr(said, said_text) == NULL)                                                                                \
			fail_msg("%s does not say %s", said, said_text);                                                                \
		free(said);                                                                                                         \
	} while (0)
#define assert_csv(text, reports, said_text) assert_read(text, false, reports, said_text)

// What the first report becomes.
#define assert_means(text, json_text)                                                                                       \
	do {                                                                                                                    \
		char *said = NULL, *json = NULL;                                                                                    \
		(void)right_of(text, sizeof(text) - 1, false, &said, &json);                                                        \
		if (json == NULL || strstr(json, json_text) == NULL)                                                                \
			fail_msg("%s does not have %s; %s", json == NULL ? "nothing" : json, json_text, said);                          \
		free(said);                                                                                                         \
		free(json);                                                                                                         \
	} while (0)

static void rows_of_one_envelope_are_one_report(void **state)
{
	(void)state;
	assert_csv(HEADER "01" SEASON "10,52,ward,12\n01" SEASON ",,commune,40\n79" SEASON "7,7,ward,7\n", 2, "");
}

static void rows_without_an_envelope_go_on_with_the_report_above(void **state)
{
	(void)state;
	assert_read(HEADER "01" SEASON "10,52,ward,12\n,,,,,,,commune,40\n79" SEASON "7,7,ward,7\n", true, 2, "");
}

static void text_in_another_encoding_is_not_left_out_silently(void **state)
{
	(void)state;
	assert_csv(HEADER "01" SEASON "10,52,ph\xbf\xf5ng,12\n79" SEASON "7,7,ward,7\n", 1, "H2: not UTF-8 text");
}

static void a_nul_does_not_cut_a_cell(void **state)
{
	(void)state;
	assert_csv(HEADER "01" SEASON "10,5\0002,ward,12\n", 0, "G2: not UTF-8 text");
}

static void a_row_that_cannot_be_read_takes_its_report_with_it(void **state)
{
	(void)state;
	assert_csv(HEADER "01" SEASON "10,52,ward,12\n01" SEASON ",,commune,40,1\n79" SEASON "7,7,ward,7\n", 1,
			   "row 2: the report");
	assert_csv(HEADER "01" SEASON "10,52,ward,12\n01" SEASON ",,commune,40,1\n", 0, "J3: a cell without a heading");
	// Its envelope may be what is wrong: then rows before and behind it are of its report.
	assert_csv(HEADER "01" SEASON "10,52,ward,6\n0,1" SEASON ",,commune,40\n01" SEASON ",,ward,6\n79" SEASON "7,7,ward,7\n",
			   1, "row 4: the report");
}

static void rows_that_contradict_each_other_give_no_report(void **state)
{
	(void)state;
	assert_csv(HEADER "01" SEASON "10,52,ward,12\n01" SEASON "11,,commune,40\n", 0, "F3: an earlier row");
}

static void a_column_is_not_read_as_another(void **state)
{
	(void)state;
	assert_csv(ENVELOPE ",festival_day..points_held\n01" SEASON "1\n", 0, "F1: there is no field festival_day..points_held");
	assert_csv(ENVELOPE ",festival_day.venue.held.x\n01" SEASON "1\n", 0, "there is no field festival_day.venue.held.x");
	assert_csv(ENVELOPE ",revision\n01" SEASON "1\n", 0, "F1: there is another revision");
}

static void too_many_columns_are_not_left_out_silently(void **state)
{
	char text[2048] = ENVELOPE, *said = NULL;
	(void)state;
	for (int i = 0; i < 100; i++)
		(void)snprintf(text + strlen(text), sizeof text - strlen(text), ",# x");
	(void)snprintf(text + strlen(text), sizeof text - strlen(text), "\n");
	assert_int_equal(right_of(text, strlen(text), false, &said, NULL), 0);
	assert_non_null(strstr(said, "over 100 columns"));
	free(said);
}

static void what_a_quote_leaves_open_is_not_taken(void **state)
{
	(void)state;
	assert_csv(HEADER "01" SEASON "10,12,ward,12\n79" SEASON "7,7,\"ward,7\n", 0, "a quoted cell has no end");
}

static void all_problems_of_a_file_are_said_at_once(void **state)
{
	static const char text[] = HEADER "01" SEASON "10,5x2,ward,12\n79" SEASON "7,9999,moon,7\n1" SEASON "7,7,ward,7\n";
	static const char *const wanted[] = {"G2: ", "G3: points held is 9999", "H3: ", "moon", "A4: unit code \"1\""};
	char *said = NULL;
	(void)state;
	assert_int_equal(right_of(text, sizeof text - 1, true, &said, NULL), 0);
	for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
		if (strstr(said, wanted[i]) == NULL)
			fail_msg("%s does not say %s", said, wanted[i]);
	free(said);
}

static void a_cell_that_cannot_be_read_is_not_said_to_be_missing(void **state)
{
	static const char text[] = HEADER "01" SEASON "10,\"5,813\",ward,12\n";
	char *said = NULL;
	(void)state;
	assert_int_equal(right_of(text, sizeof text - 1, true, &said, NULL), 0);
	assert_non_null(strstr(said, "G2: \"5,813\" can be read as 5.813 or as 5813"));
	assert_null(strstr(said, "missing"));
	free(said);
}

static void habits_of_spreadsheets_are_understood(void **state)
{
	(void)state;
	assert_means("sep=;\r\nunit_code;revision;festival_day.points_held;;\r\n01;2.0;5813.0;;\r\n;;;;\r\n;;;;\r\n", "\"points_held\":5813");
	assert_csv("sep=;\r\nunit_code;revision;festival_day.points_held;;\r\n01;2.0;5813.0;;\r\n;;;;\r\n", 1, "");
	assert_means("unit_code\trevision\tfestival_day.points_held\n01\t3\t\"5.813\"\n", "\"points_held\":5813");
	assert_means("\xef\xbb\xbf# comment, with commas\nunit_code;revision\n01;3\n", "\"revision\":3");
	assert_means("\xff\xfeu\0n\0i\0t\0_\0c\0o\0d\0e\0\t\0r\0e\0v\0i\0s\0i\0o\0n\0\r\0\n\0\x30\0\x31\0\t\0\x34\0\r\0\n\0", "\"revision\":4");
	assert_csv("unit_code,revision\n\"0\n1\",1\n\n01,x\n", 1, "B4: "); // a cell over two lines, an empty row
}

static void headings_may_be_labels(void **state)
{
	(void)state;
	assert_means("Mã đơn vị *;LẦN  BÁO CÁO;Số điểm cấp xã đã tổ chức *;Điểm tổ chức theo loại: Loại điểm;Số điểm đã tổ chức\n"
				 "01;1;12;phường;12\n",
				 "\"festival_day\":{\"points_held\":12,\"venue\":[{\"venue_kind\":\"ward\",\"held\":12}]}");
	assert_means("unit code,revision,criteria met,stage\n01,1,3,Pilot\n", "\"model_ward\":{\"stage\":\"pilot\",\"criteria_met\":3}");
	// Decomposed letters, as some systems write them.
	assert_means("Ma\xcc\x83 \xc4\x91o\xcc\x9bn vi\xcc\xa3,revision\n01,1\n", "\"unit_code\":\"01\"");
}

static void values_may_be_labels(void **state)
{
	(void)state;
	assert_means(HEADER "01,\" Đợt,  chiến dịch \",1/8/2022,20-08-2022,1,1,1,KHU  dân cư,1\n",
				 "\"period_type\":\"campaign\",\"period_first\":\"2022-08-01\",\"period_last\":\"2022-08-20\"");
	assert_means(HEADER "01" SEASON "1,1,Residential Area,1\n", "\"venue_kind\":\"residential_area\"");
	assert_means(HEADER "01" SEASON "1,1,khu da\xcc\x82n c\xc6\xb0,1\n", "\"venue_kind\":\"residential_area\"");
}

static void the_example_of_a_template_is_never_filed(void **state)
{
#define MARKED "#," ENVELOPE ",festival_day.points_held\n"
	(void)state;
	assert_csv(MARKED "# ví dụ,00" SEASON "10\n,01" SEASON "12\n", 1, "");
	assert_csv(MARKED "# ví dụ,01" SEASON "10\n", 0, "A2: this row is marked with #");
	assert_csv(MARKED ",00" SEASON "10\n", 0, "row 2: this is the template's example");
	assert_csv(MARKED "xong,01" SEASON "10\n", 1, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_of_one_envelope_are_one_report),
		cmocka_unit_test(rows_without_an_envelope_go_on_with_the_report_above),
		cmocka_unit_test(text_in_another_encoding_is_not_left_out_silently),
		cmocka_unit_test(a_nul_does_not_cut_a_cell),
		cmocka_unit_test(a_row_that_cannot_be_read_takes_its_report_with_it),
		cmocka_unit_test(rows_that_contradict_each_other_give_no_report),
		cmocka_unit_test(a_column_is_not_read_as_another),
		cmocka_unit_test(too_many_columns_are_not_left_out_silently),
		cmocka_unit_test(what_a_quote_leaves_open_is_not_taken),
		cmocka_unit_test(all_problems_of_a_file_are_said_at_once),
		cmocka_unit_test(a_cell_that_cannot_be_read_is_not_said_to_be_missing),
		cmocka_unit_test(habits_of_spreadsheets_are_understood),
		cmocka_unit_test(headings_may_be_labels),
		cmocka_unit_test(values_may_be_labels),
		cmocka_unit_test(the_example_of_a_template_is_never_filed),
	};
	return cmocka_run_group_tests(tests, load, unload);
}
