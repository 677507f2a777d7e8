#include "decode.h"

#include <stdlib.h>

#include "authority.h"
#include "log.h"

enum {
	SLICE_REPORTS = 50, // well under a millisecond
	BATCHES_AHEAD = 2   // one that is written, and one to follow it
};

// The way to one lane.
struct way {
	struct lane *lane;
	struct submission *first, **last;
	size_t decoded; // reports in the lane
};

struct decode {
	struct decode_parts parts;
	size_t next; // of the ways of large submissions, whose turn it is
	struct way ways[];
};

struct decode *decode_create(const struct decode_parts *parts)
{
	struct decode *decode = calloc(1, sizeof *decode + parts->lane_count * sizeof decode->ways[0]);
	if (decode == NULL)
		return NULL;
	decode->parts = *parts;
	for (size_t i = 0; i < parts->lane_count; i++) {
		decode->ways[i].lane = parts->lanes[i];
		decode->ways[i].last = &decode->ways[i].first;
	}
	return decode;
}

static struct submission *take_first(struct way *way)
{
	struct submission *submission = way->first;

	way->first = submission->next;
	if (way->first == NULL)
		way->last = &way->first;
	return submission;
}

void decode_destroy(struct decode **decode)
{
	if (*decode == NULL)
		return;
	for (size_t i = 0; i < (*decode)->parts.lane_count; i++)
		while ((*decode)->ways[i].first != NULL) {
			struct submission *submission = take_first(&(*decode)->ways[i]);
			submission_destroy(&submission);
		}
	free(*decode);
	*decode = NULL;
}

void decode_put(struct decode *decode, struct submission *submission)
{
	struct way *way = &decode->ways[submission->lane];

	submission->next = NULL;
	*way->last = submission;
	way->last = &submission->next;
}

// A writer that has nothing gets something, whatever else there is.
static bool is_due(const struct decode *decode, const struct way *way)
{
	const struct decode_parts *parts = &decode->parts;

	return way->first != NULL &&
	       (way->decoded == 0 || (way->decoded < BATCHES_AHEAD * (size_t)parts->config->batch_max_reports &&
	                              room_is_left_to_decode(parts->room, way->first)));
}

bool decode_is_due(const struct decode *decode)
{
	for (size_t i = 0; i < decode->parts.lane_count; i++)
		if (is_due(decode, &decode->ways[i]))
			return true;
	return false;
}

static void drop(struct decode *decode, struct submission *submission)
{
	log_error("out of memory: a submission of collector %d is dropped unanswered", submission->collector_id);
	metrics_add(metrics_of_intake(decode->parts.metrics), METRIC_DROPPED, DROPPED_NO_MEMORY, 1);
	room_leave(decode->parts.room, submission);
	submission_destroy(&submission);
}

// Decodes and judges the next reports of the first in the queue; when it is complete it goes on to the lane.
static void decode_slice(struct decode *decode, struct way *way, const struct catalogue *catalogue)
{
	const struct contract *contract = decode->parts.contract;
	struct submission *submission = way->first;
	size_t first = submission->decoded;

	if (!submission_decode(submission, contract, SLICE_REPORTS)) {
		drop(decode, take_first(way));
		return;
	}
	for (size_t i = first; i < submission->decoded; i++)
		authority_judge(contract, catalogue, submission->scope_unit_id, &submission->items[i]);
	if (submission->decoded < submission->item_count)
		return;
	(void)take_first(way);
	room_decoded(decode->parts.room, submission);
	way->decoded += submission->weight;
	lane_put(way->lane, submission);
}

void decode_some(struct decode *decode, const struct catalogue *catalogue)
{
	size_t count = decode->parts.lane_count;

	while (is_due(decode, &decode->ways[0]))
		decode_slice(decode, &decode->ways[0], catalogue);
	for (size_t i = 1; i < count; i++) {
		struct way *way = &decode->ways[1 + (decode->next + i) % (count - 1)];
		if (!is_due(decode, way))
			continue;
		decode_slice(decode, way, catalogue);
		decode->next = (decode->next + i) % (count - 1);
		return;
	}
}

void decode_written(struct decode *decode, const struct submission *submission)
{
	decode->ways[submission->lane].decoded -= submission->weight;
}
