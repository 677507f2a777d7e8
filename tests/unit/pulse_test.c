#include "cmocka_all.h"

#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "pulse.h"

enum { STEP_MS = 1000 };

// Looks so often, a second apart; gives what the last look said.
static int64_t look(struct pulse *pulse, bool has_work, int times)
{
	static int64_t now_ms = 1000000;
	int64_t stuck = 0;

	for (int i = 0; i < times; i++, now_ms += STEP_MS)
		stuck = pulse_stuck_ms(pulse, has_work, now_ms);
	return stuck;
}

static void who_has_no_work_is_never_stuck(void **state)
{
	struct pulse pulse;
	(void)state;
	pulse_init(&pulse);
	pulse_enter(&pulse, PULSE_IDLE);
	assert_int_equal(look(&pulse, false, 100), 0);
	(void)look(&pulse, true, 1);
	assert_int_equal(look(&pulse, true, 3), 4 * STEP_MS); // from when there is some
	pulse_step(&pulse);
	assert_int_equal(look(&pulse, true, 1), 0);
}

static void who_works_without_end_is_stuck_until_the_next_step(void **state)
{
	struct pulse pulse;
	(void)state;
	pulse_init(&pulse);
	pulse_enter(&pulse, PULSE_WORKING);
	(void)look(&pulse, false, 1);
	assert_int_equal(look(&pulse, false, 5), 5 * STEP_MS);
	pulse_step(&pulse);
	assert_int_equal(look(&pulse, false, 1), 0);
}

static void who_waits_for_an_answer_is_stuck_only_when_it_is_there(void **state)
{
	struct pulse pulse;
	int ends[2];
	char byte = 1;
	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	pulse_init(&pulse);
	pulse_socket(&pulse, ends[0]);
	pulse_enter(&pulse, PULSE_ASKING);
	assert_int_equal(look(&pulse, true, 1000), 0);
	assert_int_equal(write(ends[1], &byte, 1), 1);
	assert_int_equal(look(&pulse, true, 3), 3 * STEP_MS);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	assert_int_equal(look(&pulse, true, 1), 0);
	(void)close(ends[1]); // the server is gone: libpq would have seen it
	assert_int_equal(look(&pulse, true, 3), 3 * STEP_MS);
	(void)close(ends[0]);
}

// A loop inside a statement: no answer waits, and the processor is used.
static void who_spins_is_stuck(void **state)
{
	struct pulse pulse;
	struct timespec used;
	(void)state;
	pulse_init(&pulse);
	pulse_begin(&pulse);
	pulse_enter(&pulse, PULSE_ASKING);
	assert_int_equal(pulse_stuck_ms(&pulse, true, 1000), 0);
	int64_t begin = -1, now = 0;
	while (begin < 0 || now - begin < 30) {
		(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
		now = (int64_t)used.tv_sec * 1000 + used.tv_nsec / 1000000;
		begin = begin < 0 ? now : begin;
	}
	assert_int_equal(pulse_stuck_ms(&pulse, true, 1040), 40);
	assert_int_equal(pulse_stuck_ms(&pulse, true, 5000), 0); // waited since
}

static void what_passed_between_two_looks_counts_for_two_seconds_at_most(void **state)
{
	struct pulse pulse;
	(void)state;
	pulse_init(&pulse);
	pulse_enter(&pulse, PULSE_WORKING);
	(void)pulse_stuck_ms(&pulse, false, 1000);
	assert_int_equal(pulse_stuck_ms(&pulse, false, 3601000), 2000); // the whole process stood still for an hour
}

static void connecting_may_take_twenty_times_as_long(void **state)
{
	struct pulse pulse;
	(void)state;
	pulse_init(&pulse);
	pulse_enter(&pulse, PULSE_CONNECTING);
	(void)look(&pulse, true, 1);
	assert_int_equal(look(&pulse, true, 40), 2 * STEP_MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_has_no_work_is_never_stuck),
		cmocka_unit_test(who_works_without_end_is_stuck_until_the_next_step),
		cmocka_unit_test(who_waits_for_an_answer_is_stuck_only_when_it_is_there),
		cmocka_unit_test(who_spins_is_stuck),
		cmocka_unit_test(what_passed_between_two_looks_counts_for_two_seconds_at_most),
		cmocka_unit_test(connecting_may_take_twenty_times_as_long),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
