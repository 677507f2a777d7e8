// What there is between reading and receipt, in all and by collector, and how much more there may be. This is what bounds the
// daemon's memory. One third of it is for submissions that wait as they came, the rest for decoded ones: so there is always
// enough decoded for the next batch, and what waits costs little more than its bytes. Of either a quarter is kept for
// collectors with little in flight. One thread: intake's.
#ifndef BAOCAO_ROOM_H
#define BAOCAO_ROOM_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"
#include "submission.h"

struct room {
	const struct config *config;
	size_t reports;                      // between reading and receipt
	size_t waiting_bytes, decoded_bytes; // of them
	struct submission *oldest, *newest;
	size_t *in_flight;                   // reports by collector_id, which comes from an identity column: small and dense
	size_t in_flight_size;
};

void room_init(struct room *room, const struct config *config);
void room_clear(struct room *room);

// Prepares for counting what a collector sends. False when memory is out.
bool room_know(struct room *room, int32_t collector_id);

// Whether the sender has much in flight, with this one: a replay of a year's reports say. The sender is known.
bool room_is_large(const struct room *room, const struct submission *submission);

// Whether anything more may be taken in at all; whether this submission may; whether it may be decoded.
bool room_is_left(const struct room *room);
bool room_is_left_to(const struct room *room, const struct submission *submission);
bool room_is_left_to_decode(const struct room *room, const struct submission *submission);

// Counts a submission of a known sender in; again when it is decoded, for it has grown; and out with what it was counted in
// with, whatever became of it since.
void room_enter(struct room *room, struct submission *submission);
void room_decoded(struct room *room, struct submission *submission);
void room_leave(struct room *room, const struct submission *submission);

// When the oldest that is in was read, in microseconds of clock.h; 0: none is.
int64_t room_oldest_us(const struct room *room);

#endif
