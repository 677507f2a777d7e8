#include "cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "protocol.pb-c.h"
#include "scan.h"

static struct contract *contract;

static int load(void **state)
{
	char *error = NULL;
	(void)state;
	contract = contract_load(&error);
	if (contract == NULL)
		print_error("%s\n", error);
	free(error);
	return contract == NULL;
}

static int unload(void **state)
{
	(void)state;
	contract_destroy(&contract);
	return 0;
}

static bool scan(const char *bytes, size_t size, char problem[static SCAN_PROBLEM_SIZE])
{
	uint32_t unknown;
	struct scan_slice slice = {.bytes = (const uint8_t *)bytes, .size = size};
	return scan_report(contract, &slice, &unknown, problem);
}

#define assert_refused(bytes, because)                                                                                  \
	do {                                                                                                                \
		char problem[SCAN_PROBLEM_SIZE] = "";                                                                           \
		assert_false(scan(bytes, sizeof(bytes) - 1, problem));                                                          \
		if (strstr(problem, (because)) == NULL)                                                                         \
			fail_msg("%s does not say %s", problem, (because));                                                         \
	} while (0)

static void text_that_is_not_utf8_is_refused(void **state)
{
	(void)state;
	assert_refused("\x0a\x02\xc3\x28", "unit_code");
	assert_refused("\x0a\x02\xc0\x80", "UTF-8");
	assert_refused("\x0a\x03\xed\xa0\x80", "UTF-8");
	assert_refused("\x0a\x02"
	               "a\0",
	               "NUL");
}

// Ordering a run of marks takes the square of its length.
static void heaps_of_combining_marks_are_refused(void **state)
{
	(void)state;
	char text[2 + 1 + 31 * 2] = {0x0a, 1 + 31 * 2, 'a'}; // unit_code
	char problem[SCAN_PROBLEM_SIZE] = "";
	for (size_t i = 0; i < 31; i++) {
		text[3 + 2 * i] = '\xcc';
		text[4 + 2 * i] = '\xa3';
	}
	assert_false(scan(text, sizeof text, problem));
	assert_non_null(strstr(problem, "marks"));
	text[1] -= 2;
	assert_true(scan(text, sizeof text - 2, problem));
}

static void a_message_given_twice_is_refused(void **state)
{
	(void)state;
	assert_refused("\xaa\x06\x00\xaa\x06\x00", "twice");      // festival_day = 101
	assert_refused("\xaa\x06\x00\xb2\x06\x00", "another body"); // and social_support = 102
	assert_refused("\x28\x01\x28\x02", "twice");              // revision
}

static void what_is_cut_short_is_refused(void **state)
{
	(void)state;
	assert_refused("\x0a", "ends inside");
	assert_refused("\x0a\x05"
	               "01",
	               "past the end");
	assert_refused("\x28\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", "64 bits");
	assert_refused("\x28\xff\xff\xff\xff\xff\x01", "32 bits");
	assert_refused("\xa8\x80\x80\x80\x80\x00\x01", "tag or length"); // padded; protobuf-c cannot read it
	assert_refused("\x0a\x82\x80\x80\x80\x80\x00\x30\x31", "tag or length");
}

static void groups_and_wrong_types_are_refused(void **state)
{
	(void)state;
	assert_refused("\x0b\x0c", "wire type 3");
	assert_refused("\x08\x01", "unit_code has wire type 0");
	assert_refused("\x02\x00", "not allowed");
}

static void unknown_fields_are_counted_and_skipped(void **state)
{
	(void)state;
	static const uint8_t bytes[] = {0xa0, 0x1f, 0x05, 0xaa, 0x06, 0x03, 0xa0, 0x1f, 0x01};
	struct scan_slice slice = {.bytes = bytes, .size = sizeof bytes};
	uint32_t unknown;
	char problem[SCAN_PROBLEM_SIZE];
	assert_true(scan_report(contract, &slice, &unknown, problem));
	assert_int_equal(unknown, 2);
}

static void fields_are_bounded(void **state)
{
	(void)state;
	static const uint8_t field[] = {0xa0, 0x1f, 0x01};
	size_t size = sizeof field * (SCAN_REPORT_FIELDS_MAX + 1);
	uint8_t *bytes = malloc(size);
	struct scan_slice slice = {.bytes = bytes, .size = size};
	uint32_t unknown;
	char problem[SCAN_PROBLEM_SIZE];
	assert_non_null(bytes);
	for (size_t i = 0; i < size; i += sizeof field)
		memcpy(bytes + i, field, sizeof field);
	assert_false(scan_report(contract, &slice, &unknown, problem));
	assert_non_null(strstr(problem, "fields in one report"));
	free(bytes);
}

static void numbers_are_taken_up_to_their_bounds_and_not_beyond(void **state)
{
	(void)state;
	static const char largest_field_number[] = "\xf8\xff\xff\xff\x0f\x01", largest_number[] = "\x28\xff\xff\xff\xff\x0f",
	                  longest_unknown[] = "\xa0\x1f\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
	char why[SCAN_PROBLEM_SIZE];
	assert_true(scan(largest_field_number, sizeof largest_field_number - 1, why));
	assert_refused("\x80\x80\x80\x80\x10\x01", "field number 536870912 is not allowed");
	assert_true(scan(largest_number, sizeof largest_number - 1, why)); // revision
	assert_refused("\x28\xff\xff\xff\xff\x1f", "over 32 bits");
	assert_true(scan(longest_unknown, sizeof longest_unknown - 1, why));
	assert_refused("\xa0\x1f\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", "64 bits");
	assert_refused("\xa0\x1f\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", "64 bits");
}

// Nested unknown messages are bytes that are skipped: however deep, the scan does not go into them.
static void what_is_unknown_is_not_gone_into(void **state)
{
	(void)state;
	enum { DEPTH = 5000 };
	uint8_t *bytes = malloc((size_t)DEPTH * 6);
	size_t at = (size_t)DEPTH * 6, size = 0;
	struct scan_slice slice;
	uint32_t unknown;
	char problem[SCAN_PROBLEM_SIZE];
	assert_non_null(bytes);
	for (unsigned depth = 0; depth < DEPTH && at >= 6; depth++) {
		at -= 6;
		memcpy(bytes + at, (const uint8_t[]){0xa2, 0x1f, (uint8_t)(0x80 | (size & 0x7f)), (uint8_t)(0x80 | (size >> 7 & 0x7f)),
		                                     (uint8_t)(0x80 | (size >> 14 & 0x7f)), 0x00}, 6);
		size += 6;
	}
	slice = (struct scan_slice){.bytes = bytes + at, .size = size};
	assert_true(scan_report(contract, &slice, &unknown, problem));
	assert_int_equal(unknown, 1);
	free(bytes);
}

static void the_fields_of_a_submission_are_bounded(void **state)
{
	(void)state;
	enum { FIELD_SIZE = 2 };
	static uint8_t bytes[FIELD_SIZE * (SCAN_SUBMISSION_FIELDS_MAX + 1)];
	static struct scan_submission submission;
	char problem[SCAN_PROBLEM_SIZE];
	for (size_t i = 0; i < sizeof bytes; i += FIELD_SIZE)
		memcpy(bytes + i, i == 0 ? "\x08\x2a" : "\x18\x01", FIELD_SIZE);
	assert_true(scan_submission(bytes, sizeof bytes - FIELD_SIZE, &submission, problem));
	assert_false(scan_submission(bytes, sizeof bytes, &submission, problem));
	assert_non_null(strstr(problem, "fields in one submission"));
	assert_int_equal(submission.submission_id, 42); // the sender is told what the refusal is about
}

// A new bound is named here when it has a test.
static void every_bound_has_a_test_and_a_reason(void **state)
{
	(void)state;
	static const char *const tested[] = {
		"frame bytes",        // test_hostile.py
		"submission bytes",   // test_hostile.py
		"submission reports", // test_hostile.py
		"submission fields", "report fields",
		"nesting",            // and contract_load()
		"number bytes", "tag bytes", "field number", "wire types", "given once", "UTF-8 without NUL", "combining marks",
		"unknown fields",
		"decoded bytes",      // arena_test.c
		"texts of verdicts",  // test_hostile.py, verdict_test.c
	};
	assert_int_equal(scan_bound_count, sizeof tested / sizeof tested[0]);
	for (size_t i = 0; i < scan_bound_count; i++) {
		assert_string_equal(scan_bounds[i].name, tested[i]);
		assert_true(strlen(scan_bounds[i].bounds) > 0 && strlen(scan_bounds[i].beyond) > 0 && strlen(scan_bounds[i].reason) > 0);
	}
}

static void a_submission_is_taken_apart(void **state)
{
	(void)state;
	static const uint8_t bytes[] = {0x08, 0x2a, 0x12, 0x02, 0x28, 0x01, 0x12, 0x00};
	struct scan_submission submission;
	char problem[SCAN_PROBLEM_SIZE];
	assert_true(scan_submission(bytes, sizeof bytes, &submission, problem));
	assert_true(submission.has_submission_id);
	assert_int_equal(submission.submission_id, 42);
	assert_int_equal(submission.report_count, 2);
	assert_ptr_equal(submission.reports[0].bytes, bytes + 4);
	assert_int_equal(submission.reports[0].size, 2);
	assert_int_equal(submission.reports[1].size, 0);
	assert_false(scan_submission(bytes, sizeof bytes - 3, &submission, problem));
	assert_int_equal(submission.submission_id, 42);
}

// Every prefix and every single flipped byte of a real report: a clean answer, nothing read beyond the end.
static void no_damage_harms(void **state)
{
	(void)state;
	static const uint8_t report[] = {0x0a, 0x02, '0', '1', 0x10, 0x07, 0x28, 0x01, 0xaa, 0x06,
	                                 0x0a, 0x08, 0x01, 0x10, 0x02, 0x2a, 0x04, 0x08, 0x01, 0x18, 0x02};
	uint32_t unknown;
	char problem[SCAN_PROBLEM_SIZE];
	for (size_t size = 0; size <= sizeof report; size++)
		for (size_t at = 0; at < size; at++)
			for (unsigned value = 0; value < 256; value++) {
				uint8_t *bytes = malloc(size); // of exactly this size: the sanitizer sees a read beyond
				struct scan_slice slice = {.bytes = bytes, .size = size};
				assert_non_null(bytes);
				memcpy(bytes, report, size);
				bytes[at] = (uint8_t)value;
				(void)scan_report(contract, &slice, &unknown, problem);
				free(bytes);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_that_is_not_utf8_is_refused),
		cmocka_unit_test(heaps_of_combining_marks_are_refused),
		cmocka_unit_test(a_message_given_twice_is_refused),
		cmocka_unit_test(what_is_cut_short_is_refused),
		cmocka_unit_test(groups_and_wrong_types_are_refused),
		cmocka_unit_test(unknown_fields_are_counted_and_skipped),
		cmocka_unit_test(fields_are_bounded),
		cmocka_unit_test(numbers_are_taken_up_to_their_bounds_and_not_beyond),
		cmocka_unit_test(what_is_unknown_is_not_gone_into),
		cmocka_unit_test(the_fields_of_a_submission_are_bounded),
		cmocka_unit_test(every_bound_has_a_test_and_a_reason),
		cmocka_unit_test(a_submission_is_taken_apart),
		cmocka_unit_test(no_damage_harms),
	};
	return cmocka_run_group_tests(tests, load, unload);
}
