#include "room.h"

#include <stdlib.h>
#include <string.h>

enum { COLLECTORS_STEP = 256 }; // by which the table of collectors grows

void room_init(struct room *room, const struct config *config)
{
	*room = (struct room){.config = config};
}

void room_clear(struct room *room)
{
	free(room->in_flight);
	*room = (struct room){0};
}

bool room_know(struct room *room, int32_t collector_id)
{
	size_t index = (size_t)collector_id;

	if (index < room->in_flight_size)
		return true;
	size_t size = index + COLLECTORS_STEP;
	size_t *grown = realloc(room->in_flight, size * sizeof *grown);
	if (grown == NULL)
		return false;
	memset(grown + room->in_flight_size, 0, (size - room->in_flight_size) * sizeof *grown);
	room->in_flight = grown;
	room->in_flight_size = size;
	return true;
}

bool room_is_large(const struct room *room, const struct submission *submission)
{
	return room->in_flight[submission->collector_id] + submission_weight(submission) >
	       (size_t)room->config->sender_calm_reports;
}

// Of something that there may be so much of, the part that is open to this submission.
static size_t part_of(size_t most, bool is_large)
{
	return is_large ? most / 4 * 3 : most;
}

static size_t waiting_most(const struct room *room)
{
	return ((size_t)room->config->max_pending_mib << 20) / 3;
}

static size_t decoded_most(const struct room *room)
{
	return 2 * waiting_most(room);
}

static bool is_left(const struct room *room, bool is_large)
{
	return room->reports < part_of((size_t)room->config->max_pending_reports, is_large) &&
	       room->waiting_bytes < part_of(waiting_most(room), is_large);
}

bool room_is_left(const struct room *room)
{
	return is_left(room, false);
}

bool room_is_left_to(const struct room *room, const struct submission *submission)
{
	return is_left(room, submission->is_large) &&
	       room->in_flight[submission->collector_id] < (size_t)room->config->sender_max_reports;
}

bool room_is_left_to_decode(const struct room *room, const struct submission *submission)
{
	return room->decoded_bytes < part_of(decoded_most(room), submission->is_large);
}

static size_t cost_of(const struct submission *submission)
{
	return sizeof *submission + zmq_msg_size(&submission->body) + arena_held(submission->arena);
}

void room_enter(struct room *room, struct submission *submission)
{
	submission->cost = cost_of(submission);
	submission->weight = submission_weight(submission);
	room->waiting_bytes += submission->cost;
	room->reports += submission->weight;
	room->in_flight[submission->collector_id] += submission->weight;
	submission->older = room->newest;
	submission->newer = NULL;
	*(room->newest == NULL ? &room->oldest : &room->newest->newer) = submission;
	room->newest = submission;
}

void room_decoded(struct room *room, struct submission *submission)
{
	room->waiting_bytes -= submission->cost;
	submission->cost = cost_of(submission);
	submission->is_decoded = true;
	room->decoded_bytes += submission->cost;
}

void room_leave(struct room *room, const struct submission *submission)
{
	*(submission->is_decoded ? &room->decoded_bytes : &room->waiting_bytes) -= submission->cost;
	room->reports -= submission->weight;
	room->in_flight[submission->collector_id] -= submission->weight;
	*(submission->older == NULL ? &room->oldest : &submission->older->newer) = submission->newer;
	*(submission->newer == NULL ? &room->newest : &submission->newer->older) = submission->older;
}

int64_t room_oldest_us(const struct room *room)
{
	return room->oldest == NULL ? 0 : room->oldest->received_us;
}
