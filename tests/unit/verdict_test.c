#include "cmocka_all.h"

#include <string.h>

#include "verdict.h"

static void add(struct verdict *verdict, size_t times)
{
	for (size_t i = 0; i < times; i++)
		verdict_add(verdict, RULE_MALFORMED, NULL, &(struct violation_words){.value = "sai rồi"});
}

static void a_verdict_keeps_a_hundred_violations(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);
	struct verdict verdict;
	verdict_init(&verdict, arena);
	assert_true(verdict_is_clean(&verdict));
	add(&verdict, VERDICT_MAX);
	assert_false(verdict.incomplete);
	add(&verdict, 1);
	assert_true(verdict.incomplete);
	assert_int_equal(verdict.count, VERDICT_MAX);
	for (size_t i = 0; i < verdict.count; i++)
		assert_string_equal(verdict.list[i].en, "cannot be read: sai rồi");
	arena_destroy(&arena);
}

// Or a submission would be answered with a hundred times its size.
static void verdicts_of_one_arena_are_bounded_but_each_says_something(void **state)
{
	(void)state;
	struct arena *arena = arena_create(32 << 20);
	size_t violations = 0;
	for (size_t i = 0; i < 1000; i++) {
		struct verdict verdict;
		verdict_init(&verdict, arena);
		add(&verdict, VERDICT_MAX);
		assert_true(verdict.count >= 1);
		violations += verdict.count;
	}
	assert_in_range(violations, 2000, 40000);
	assert_true(arena_held(arena) < 4 << 20);
	arena_destroy(&arena);
}

static void without_memory_it_says_that(void **state)
{
	(void)state;
	struct arena *arena = arena_create(16);
	struct verdict verdict;
	verdict_init(&verdict, arena);
	add(&verdict, 3);
	assert_true(verdict.incomplete);
	assert_int_equal(verdict.count, 1);
	assert_string_equal(verdict.list[0].rule, "too_large");
	assert_false(verdict_is_clean(&verdict));
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_verdict_keeps_a_hundred_violations),
		cmocka_unit_test(verdicts_of_one_arena_are_bounded_but_each_says_something),
		cmocka_unit_test(without_memory_it_says_that),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
