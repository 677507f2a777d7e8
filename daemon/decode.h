// The stage between taking a submission in and writing it: scan, decode and judge its reports. For each lane there is a
// queue of submissions as they came; from it so much is decoded as the writer needs next, for decoded reports take many
// times their bytes. What goes to the first lane is decoded at once; large submissions a slice at a time, so that they keep no
// other message waiting for longer than a slice. One thread: intake's.
#ifndef BAOCAO_DECODE_H
#define BAOCAO_DECODE_H

#include "catalogue.h"
#include "contract.h"
#include "lane.h"
#include "metrics.h"
#include "room.h"
#include "submission.h"

struct decode;

// What decoding works with; all of it stays the caller's and must outlive it.
struct decode_parts {
	const struct config *config;
	const struct contract *contract;
	struct lane **lanes;
	size_t lane_count;
	struct room *room;
	struct metrics *metrics;
};

// NULL when memory is out.
struct decode *decode_create(const struct decode_parts *parts);
// Destroys what waits. NULL-safe; clears the caller's pointer.
void decode_destroy(struct decode **decode);

// Takes a submission that has entered the room, for the lane that it names; ownership passes on.
void decode_put(struct decode *decode, struct submission *submission);

// Whether decode_some would do something now.
bool decode_is_due(const struct decode *decode);
// What is due for the first lane, and a slice of what is due for another; puts what is complete into its lane. When the
// machine's memory is out a submission is dropped unanswered, and logged.
void decode_some(struct decode *decode, const struct catalogue *catalogue);

// A submission came back from its lane.
void decode_written(struct decode *decode, const struct submission *submission);

#endif
