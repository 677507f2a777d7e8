#include "cmocka_all.h"
#include "room.h"

enum { MIB = 1 << 20, REPLAYER = 1, CALM = 2 };

static const struct config config = {
	.max_pending_reports = 1000000, .max_pending_mib = 12, .sender_max_reports = 500, .sender_calm_reports = 100};

// A submission of so many reports whose body has so many bytes, for room only.
static struct submission *made(int32_t collector_id, size_t reports, size_t size)
{
	zmq_msg_t body;
	assert_int_equal(zmq_msg_init_size(&body, size), 0);
	struct submission *submission = submission_create(&body, 0);
	assert_non_null(submission);
	submission->collector_id = collector_id;
	submission->item_count = reports;
	return submission;
}

static struct submission *entered(struct room *room, int32_t collector_id, size_t reports, size_t size)
{
	struct submission *submission = made(collector_id, reports, size);
	assert_true(room_know(room, collector_id));
	submission->is_large = room_is_large(room, submission);
	room_enter(room, submission);
	return submission;
}

static void leave(struct room *room, struct submission *submission)
{
	room_leave(room, submission);
	submission_destroy(&submission);
}

static void a_replay_leaves_a_quarter_of_the_room_to_others(void **state)
{
	(void)state;
	struct room room;
	room_init(&room, &config);
	struct submission *replay = entered(&room, REPLAYER, 200, (size_t)3 * MIB);
	struct submission *more = made(REPLAYER, 200, 1), *fresh = made(CALM, 1, 1);
	assert_true(room_know(&room, CALM));
	more->is_large = room_is_large(&room, more);
	fresh->is_large = room_is_large(&room, fresh);
	assert_true(replay->is_large && more->is_large && !fresh->is_large);
	assert_false(room_is_left_to(&room, more)); // three of the four MiB for what waits are full
	assert_true(room_is_left_to(&room, fresh));
	assert_true(room_is_left(&room));
	leave(&room, replay);
	assert_true(room_is_left_to(&room, more));
	submission_destroy(&more);
	submission_destroy(&fresh);
	room_clear(&room);
}

static void one_sender_has_a_bound_of_its_own(void **state)
{
	(void)state;
	struct room room;
	room_init(&room, &config);
	struct submission *first = entered(&room, REPLAYER, 500, 100);
	struct submission *more = made(REPLAYER, 1, 100);
	assert_false(room_is_left_to(&room, more));
	more->collector_id = CALM;
	assert_true(room_is_left_to(&room, more));
	submission_destroy(&more);
	leave(&room, first);
	room_clear(&room);
}

static void what_is_decoded_no_longer_waits_and_everything_leaves(void **state)
{
	(void)state;
	struct room room;
	room_init(&room, &config);
	struct submission *first = entered(&room, REPLAYER, 200, (size_t)6 * MIB);
	room_decoded(&room, first);
	assert_int_equal(room.waiting_bytes, 0);
	struct submission *second = entered(&room, REPLAYER, 200, 100);
	assert_true(room_is_left_to(&room, second));
	assert_false(room_is_left_to_decode(&room, second));
	leave(&room, first);
	assert_true(room_is_left_to_decode(&room, second));
	leave(&room, second);
	assert_int_equal(room.reports + room.waiting_bytes + room.decoded_bytes, 0);
	assert_int_equal(room.in_flight[REPLAYER], 0);
	room_clear(&room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_replay_leaves_a_quarter_of_the_room_to_others),
		cmocka_unit_test(one_sender_has_a_bound_of_its_own),
		cmocka_unit_test(what_is_decoded_no_longer_waits_and_everything_leaves),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
