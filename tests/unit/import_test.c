#include "cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "import.h"

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
	return contract == NULL;
}

static int unload(void **state)
{
	(void)state;
	contract_destroy(&contract);
	return 0;
}

// How many reports the text gives, and what is said of it.
static size_t reports_of(const char *text, size_t size, char **ret_said)
{
	struct import import;
	FILE *file = fmemopen((void *)text, size, "r"), *saved = stderr; // only read
	size_t said_size;

	assert_true(file != NULL && import_init(&import, contract));
	stderr = open_memstream(ret_said, &said_size);
	assert_non_null(stderr);
	import_csv(&import, "a.csv", file);
	(void)fclose(stderr);
	stderr = saved;
	(void)fclose(file);
	size_t count = import.count;
	assert_true((import.unreadable > 0) == (said_size > 0));
	import_clear(&import);
	return count;
}

#define assert_csv(text, reports, said_text)                                                                                \
	do {                                                                                                                    \
		char *said = NULL;                                                                                                  \
		assert_int_equal(reports_of(text, sizeof(text) - 1, &said), reports);                                               \
		if (strstr(said, said_text) == NULL)                                                                                \
			fail_msg("%s does not say %s", said, said_text);                                                                \
		free(said);                                                                                                         \
	} while (0)

static void rows_of_one_envelope_are_one_report(void **state)
{
	(void)state;
	assert_csv(HEADER "01" SEASON "10,52,ward,12\n01" SEASON ",,commune,40\n79" SEASON "7,7,ward,7\n", 2, "");
}

static void text_in_another_encoding_is_not_left_out_silently(void **state)
{
	(void)state;
	assert_csv(HEADER "01" SEASON "10,52,ph\xbf\xf5ng,12\n79" SEASON "7,7,ward,7\n", 1, "a.csv:2: column 8: not UTF-8 text");
}

static void a_nul_does_not_cut_a_cell(void **state)
{
	(void)state;
	assert_csv(HEADER "01" SEASON "10,5\0002,ward,12\n", 0, "a.csv:2: column 7");
}

static void a_row_that_cannot_be_read_takes_its_report_with_it(void **state)
{
	(void)state;
	assert_csv(HEADER "01" SEASON "10,52,ward,12\n01" SEASON ",,commune,40,1\n79" SEASON "7,7,ward,7\n", 1,
			   "a.csv:2: the report");
	// Its envelope may be what is wrong: then rows before and behind it are of its report.
	assert_csv(HEADER "01" SEASON "10,52,ward,6\n0,1" SEASON ",,commune,40\n01" SEASON ",,ward,6\n79" SEASON "7,7,ward,7\n",
			   1, "a.csv:4: the report");
}

static void rows_that_contradict_each_other_give_no_report(void **state)
{
	(void)state;
	assert_csv(HEADER "01" SEASON "10,52,ward,12\n01" SEASON "11,,commune,40\n", 0, "a.csv:3: column 6: an earlier row");
}

static void a_column_is_not_read_as_another(void **state)
{
	(void)state;
	assert_csv(ENVELOPE ",festival_day..points_held\n01" SEASON "1\n", 0, "there is no field festival_day..points_held");
	assert_csv(ENVELOPE ",festival_day.venue.held.x\n01" SEASON "1\n", 0, "there is no field festival_day.venue.held.x");
	assert_csv(ENVELOPE ",revision\n01" SEASON "1\n", 0, "there is another revision");
}

static void too_many_columns_are_not_left_out_silently(void **state)
{
	char text[2048] = ENVELOPE, *said = NULL;
	(void)state;
	for (int i = 0; i < 100; i++)
		(void)strcat(text, ",");
	(void)strcat(text, "\n");
	assert_int_equal(reports_of(text, strlen(text), &said), 0);
	assert_non_null(strstr(said, "over 100 columns"));
	free(said);
}

static void what_a_quote_leaves_open_is_not_taken(void **state)
{
	(void)state;
	assert_csv(HEADER "01" SEASON "10,12,ward,12\n79" SEASON "7,7,\"ward,7\n", 0, "a quoted cell has no end");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_of_one_envelope_are_one_report),
		cmocka_unit_test(text_in_another_encoding_is_not_left_out_silently),
		cmocka_unit_test(a_nul_does_not_cut_a_cell),
		cmocka_unit_test(a_row_that_cannot_be_read_takes_its_report_with_it),
		cmocka_unit_test(rows_that_contradict_each_other_give_no_report),
		cmocka_unit_test(a_column_is_not_read_as_another),
		cmocka_unit_test(too_many_columns_are_not_left_out_silently),
		cmocka_unit_test(what_a_quote_leaves_open_is_not_taken),
	};
	return cmocka_run_group_tests(tests, load, unload);
}
