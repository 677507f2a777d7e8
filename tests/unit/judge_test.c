#include "cmocka_all.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "festival_day.pb-c.h"
#include "judge.h"
#include "report.pb-c.h"

struct fixture {
	struct contract *contract;
	struct arena *arena;
	struct verdict verdict;
	Baocao__FestivalDay__Venue venue[2];
	Baocao__FestivalDay__Venue *venues[2];
	Baocao__FestivalDay day;
	Baocao__Report report; // right as it stands
};

static int set_up(void **state)
{
	struct fixture *f = sodium_init() < 0 ? NULL : calloc(1, sizeof *f);
	char *error = NULL;
	if (f == NULL)
		return 1;
	f->contract = contract_load(&error);
	f->arena = arena_create(1 << 20);
	verdict_init(&f->verdict, f->arena);
	for (int i = 0; i < 2; i++) {
		baocao__festival_day__venue__init(&f->venue[i]);
		f->venues[i] = &f->venue[i];
		f->venue[i].has_venue_kind = f->venue[i].has_held = 1;
		f->venue[i].venue_kind = i == 0 ? BAOCAO__VENUE_KIND__VENUE_KIND_WARD : BAOCAO__VENUE_KIND__VENUE_KIND_SCHOOL;
		f->venue[i].held = i == 0 ? 12 : 40;
	}
	baocao__festival_day__init(&f->day);
	f->day.has_points_planned = f->day.has_points_held = 1;
	f->day.points_planned = 10;
	f->day.points_held = 12;
	f->day.n_venue = 2;
	f->day.venue = f->venues;
	baocao__report__init(&f->report);
	f->report.unit_code = "01";
	f->report.has_period_type = f->report.has_revision = 1;
	f->report.period_type = BAOCAO__PERIOD_TYPE__PERIOD_TYPE_CAMPAIGN;
	f->report.period_first = "2022-08-01";
	f->report.period_last = "2022-08-20";
	f->report.revision = 1;
	f->report.body_case = BAOCAO__REPORT__BODY_FESTIVAL_DAY;
	f->report.festival_day = &f->day;
	*state = f;
	return f->contract == NULL;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	arena_destroy(&f->arena);
	contract_destroy(&f->contract);
	free(f);
	return 0;
}

static const struct violation *violation_at(const struct fixture *f, const char *path, const char *rule)
{
	for (size_t i = 0; i < f->verdict.count; i++)
		if (strcmp(f->verdict.list[i].path, path) == 0 && strcmp(f->verdict.list[i].rule, rule) == 0)
			return &f->verdict.list[i];
	return NULL;
}

static void judge(struct fixture *f)
{
	judge_report(f->contract, &f->report.base, &f->verdict);
}

static void a_right_report_has_no_violation(void **state)
{
	struct fixture *f = *state;
	judge(f);
	assert_true(verdict_is_clean(&f->verdict));
	assert_string_equal(judge_body_kind(f->contract, &f->report.base)->name, "festival_day");
}

static void all_violations_come_at_once_each_with_its_place(void **state)
{
	struct fixture *f = *state;
	f->report.unit_code = "hanoi";
	f->report.period_last = "2022-02-30";
	f->report.revision = 0;
	f->day.has_points_planned = 0;
	f->venue[0].held = 100001;
	f->venue[1].venue_kind = BAOCAO__VENUE_KIND__VENUE_KIND_WARD;
	judge(f);
	assert_non_null(violation_at(f, "unit_code", "pattern"));
	assert_non_null(violation_at(f, "period_last", "date"));
	assert_non_null(violation_at(f, "revision", "min"));
	assert_non_null(violation_at(f, "festival_day.points_planned", "required"));
	assert_non_null(violation_at(f, "festival_day.venue[0].held", "max"));
	assert_non_null(violation_at(f, "festival_day.venue[1]", "unique_by"));
	assert_non_null(violation_at(f, "festival_day.points_held", "points_held_sum"));
	assert_int_equal(f->verdict.count, 7);
	assert_string_equal(violation_at(f, "festival_day.points_planned", "required")->vi, "thiếu số điểm cấp xã theo kế hoạch");
	assert_string_equal(violation_at(f, "festival_day.points_planned", "required")->en, "points planned is missing");
}

static void schools_do_not_count_as_commune_level_points(void **state)
{
	struct fixture *f = *state;
	f->day.points_held = 52;
	judge(f);
	assert_non_null(violation_at(f, "festival_day.points_held", "points_held_sum"));
}

static void a_year_may_run_from_15_december_to_14_december(void **state)
{
	struct fixture *f = *state;
	f->report.period_type = BAOCAO__PERIOD_TYPE__PERIOD_TYPE_YEAR;
	f->report.period_first = "2021-12-15";
	f->report.period_last = "2022-12-14";
	judge(f);
	assert_true(verdict_is_clean(&f->verdict));
	f->report.period_last = "2022-12-15";
	judge(f);
	assert_non_null(violation_at(f, "period_last", "period_length"));
}

static void a_report_without_body_is_refused(void **state)
{
	struct fixture *f = *state;
	f->report.body_case = BAOCAO__REPORT__BODY__NOT_SET;
	f->report.festival_day = NULL;
	judge(f);
	assert_non_null(violation_at(f, "", "body"));
}

static void digest_of(struct fixture *f, uint8_t digest[static DIGEST_SIZE])
{
	assert_true(digest_canonicalise(f->contract, &f->report.base, f->arena));
	digest_report(f->contract, &f->report.base, digest);
}

static void the_digest_forgets_what_is_not_content(void **state)
{
	struct fixture *f = *state;
	uint8_t plain[DIGEST_SIZE], later[DIGEST_SIZE], other[DIGEST_SIZE];
	digest_of(f, plain);
	f->report.filed_at = "2022-08-21T08:00:00+07:00";
	f->report.has_precision = 1;
	f->report.precision = BAOCAO__PRECISION__PRECISION_EXACT;
	digest_of(f, later);
	assert_memory_equal(plain, later, DIGEST_SIZE);
	f->venue[1].held = 41;
	digest_of(f, other);
	assert_memory_not_equal(plain, other, DIGEST_SIZE);
}

static void two_spellings_of_one_text_are_one_content(void **state)
{
	struct fixture *f = *state;
	uint8_t composed[DIGEST_SIZE], decomposed[DIGEST_SIZE];
	f->report.unit_code = "Ho\xc3\xa0"; // Hoà
	digest_of(f, composed);
	f->report.unit_code = "Hoa\xcc\x80"; // Hoa and a combining grave accent
	digest_of(f, decomposed);
	assert_memory_equal(composed, decomposed, DIGEST_SIZE);
	assert_string_equal(f->report.unit_code, "Ho\xc3\xa0");
}

int main(void)
{
#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WITH_FIXTURE(a_right_report_has_no_violation),
		WITH_FIXTURE(all_violations_come_at_once_each_with_its_place),
		WITH_FIXTURE(schools_do_not_count_as_commune_level_points),
		WITH_FIXTURE(a_year_may_run_from_15_december_to_14_december),
		WITH_FIXTURE(a_report_without_body_is_refused),
		WITH_FIXTURE(the_digest_forgets_what_is_not_content),
		WITH_FIXTURE(two_spellings_of_one_text_are_one_content),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
