#include "cmocka_all.h"

#include "window.h"

enum { MOST = 8 * 900 * 1024 };

static void fill(struct window *window)
{
	while (window_has_room(window))
		window_sent(window, window_parcel(window));
}

// All that is in flight is answered after so long.
static void drain(struct window *window, unsigned took_ms)
{
	while (window->in_flight > 0) {
		size_t parcel = window_parcel(window);
		window_answered(window, parcel < window->in_flight ? parcel : window->in_flight, took_ms);
	}
}

static void quick_answers_open_it_to_the_bound(void **state)
{
	(void)state;
	struct window window;
	int rounds = 0;

	window_init(&window, MOST);
	for (; window.bytes < MOST; rounds++) {
		fill(&window);
		drain(&window, 20);
	}
	assert_in_range(rounds, 1, 8); // doubled with each
	fill(&window);
	drain(&window, 20);
	assert_int_equal(window.bytes, MOST);
}

static void a_line_that_is_cut_again_and_again_is_given_single_reports(void **state)
{
	(void)state;
	struct window window;

	window_init(&window, MOST);
	for (int i = 0; i < 20; i++) {
		fill(&window);
		window_lost(&window);
		assert_int_equal(window.in_flight, 0);
	}
	assert_int_equal(window.bytes, WINDOW_LEAST);
}

static void a_connection_that_is_lost_when_nothing_is_under_way_says_nothing_about_the_line(void **state)
{
	(void)state;
	struct window window;

	window_init(&window, MOST);
	window_lost(&window);
	assert_int_equal(window.bytes, WINDOW_FIRST);
}

static void slow_answers_alone_do_not_close_it(void **state)
{
	(void)state;
	struct window window;

	window_init(&window, MOST);
	for (int i = 0; i < 10; i++) {
		fill(&window);
		drain(&window, 20);
	}
	for (int i = 0; i < 200; i++) {
		fill(&window);
		drain(&window, 10000);
	}
	assert_int_equal(window.bytes, WINDOW_SLOW_LEAST);
}

static void slow_answers_let_it_grow_to_what_a_slow_server_needs(void **state)
{
	(void)state;
	struct window window;

	window_init(&window, MOST);
	for (int i = 0; i < 10; i++) {
		fill(&window);
		window_lost(&window);
	}
	for (int i = 0; i < 200; i++) {
		fill(&window);
		drain(&window, 10000);
	}
	assert_in_range(window.bytes, WINDOW_SLOW_LEAST, 2 * WINDOW_SLOW_LEAST);
}

// 125,000 bytes a second, 300 ms there and back: what is in flight is seconds of the line, not a minute.
static void on_a_line_of_1_mbit_answers_stay_within_four_seconds(void **state)
{
	(void)state;
	struct window window;

	window_init(&window, MOST);
	for (int i = 0; i < 100; i++) {
		fill(&window);
		unsigned took_ms = 300 + (unsigned)(window.in_flight / 125);
		assert_in_range(took_ms, 0, 4000);
		drain(&window, took_ms);
	}
	assert_in_range(window.bytes, 37500, 400000); // what the line holds, and some seconds of it
}

static void the_time_out_follows_the_answers(void **state)
{
	(void)state;
	struct window window;

	window_init(&window, MOST);
	assert_int_equal(window_timeout_ms(&window), WINDOW_TIMEOUT_LEAST_MS);
	for (int i = 0; i < 50; i++) {
		window_sent(&window, 1000);
		window_answered(&window, 1000, 8000);
	}
	assert_in_range(window_timeout_ms(&window), 25000, 32000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quick_answers_open_it_to_the_bound),
		cmocka_unit_test(a_line_that_is_cut_again_and_again_is_given_single_reports),
		cmocka_unit_test(a_connection_that_is_lost_when_nothing_is_under_way_says_nothing_about_the_line),
		cmocka_unit_test(slow_answers_alone_do_not_close_it),
		cmocka_unit_test(slow_answers_let_it_grow_to_what_a_slow_server_needs),
		cmocka_unit_test(on_a_line_of_1_mbit_answers_stay_within_four_seconds),
		cmocka_unit_test(the_time_out_follows_the_answers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
