// The way between intake and one writer, and the place where batches form: while a transaction is under way, submissions
// gather in the lane; when the writer comes back it takes all of them, up to a bound. So an idle daemon commits at once
// and a busy one in large groups, without a timer.
//
// Any thread; one mutex per lane.
#ifndef BAOCAO_LANE_H
#define BAOCAO_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lane;
struct submission;

// wake_fd is an eventfd that is written to when something is done; it stays the caller's. Limit: see lane_limit(). NULL when
// memory is out.
struct lane *lane_create(int wake_fd, size_t max_reports);
// Destroys what is still inside. No other thread may use the lane any more. NULL-safe, clears the caller's pointer.
void lane_destroy(struct lane **lane);

// intake: hands a submission over; ownership goes with it.
void lane_put(struct lane *lane, struct submission *submission);
// writer: whether something was put into a lane, another one say, since that time of clock.h.
bool lane_was_used_since(struct lane *lane, int64_t since_ms);
// intake: whether something waits for the writer to take it.
bool lane_has_waiting(struct lane *lane);
// intake: how many reports the writer may take at once (at least one submission).
void lane_limit(struct lane *lane, size_t max_reports);
// intake: all that is done, in order, linked by next; ownership comes back. NULL when nothing is.
struct submission *lane_collect(struct lane *lane);

// writer: waits for submissions and takes them, linked by next, up to the limit. NULL when the lane is closed and empty, or
// abandoned.
struct submission *lane_take(struct lane *lane);
// writer: gives a list back.
void lane_done(struct lane *lane, struct submission *list);
// writer: waits so long, less when the lane is abandoned. False when it is abandoned.
bool lane_pause(struct lane *lane, unsigned milliseconds);
// writer: says on entry and on recovery that the database cannot be written to. Wakes intake.
void lane_trouble(struct lane *lane, bool troubled);
// intake: what the writer said last.
bool lane_is_troubled(struct lane *lane);

// intake, at the end: no more will be put; the writer drains. Then: give up what is left.
void lane_close(struct lane *lane);
void lane_abandon(struct lane *lane);

#endif
