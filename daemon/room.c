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

bool room_is_left(const struct room *room)
{
	return room->reports < (size_t)room->config->max_pending_reports &&
	       room->bytes < (size_t)room->config->max_pending_mib << 20;
}

bool room_is_left_to(const struct room *room, const struct submission *submission)
{
	return room_is_left(room) && room->in_flight[submission->collector_id] < (size_t)room->config->sender_max_reports;
}

bool room_is_large(const struct room *room, const struct submission *submission)
{
	return room->in_flight[submission->collector_id] + submission_weight(submission) >
	       (size_t)room->config->sender_calm_reports;
}

void room_enter(struct room *room, struct submission *submission)
{
	submission->cost = zmq_msg_size(&submission->body) + arena_held(submission->arena);
	submission->weight = submission_weight(submission);
	room->bytes += submission->cost;
	room->reports += submission->weight;
	room->in_flight[submission->collector_id] += submission->weight;
}

void room_leave(struct room *room, const struct submission *submission)
{
	room->bytes -= submission->cost;
	room->reports -= submission->weight;
	room->in_flight[submission->collector_id] -= submission->weight;
}
