#include "cmocka_all.h"

#include <string.h>

#include "arena.h"

static void memory_is_zeroed_aligned_and_separate(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);
	assert_non_null(arena);
	unsigned char *last = NULL;
	for (size_t size = 1; size < 3000; size += 7) {
		unsigned char *memory = arena_alloc(arena, size);
		assert_non_null(memory);
		assert_int_equal((uintptr_t)memory % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(memory[i], 0);
		memset(memory, 0xFF, size);
		assert_true(memory != last);
		last = memory;
	}
	arena_destroy(&arena);
	assert_null(arena);
	arena_destroy(&arena);
}

static void the_cap_holds(void **state)
{
	(void)state;
	struct arena *arena = arena_create(10000);
	size_t got = 0;
	while (arena_alloc(arena, 100) != NULL)
		got += 100;
	assert_in_range(got, 8000, 10000);
	assert_true(arena_held(arena) <= 10000);
	assert_null(arena_alloc(arena, SIZE_MAX));
	assert_null(arena_alloc(arena, 100000));
	arena_destroy(&arena);
}

static void texts_are_copied_and_printed(void **state)
{
	(void)state;
	struct arena *arena = arena_create(10000);
	assert_string_equal(arena_strndup(arena, "Hà Nội và", strlen("Hà Nội")), "Hà Nội");
	assert_string_equal(arena_printf(arena, "%d/%s", 5813, "x"), "5813/x");
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed_aligned_and_separate),
		cmocka_unit_test(the_cap_holds),
		cmocka_unit_test(texts_are_copied_and_printed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
