#include "tally.h"

#include <string.h>
#include <time.h>

#include "clock.h"

void tally_read(struct metrics *metrics, const struct submission *submission)
{
	struct metrics_thread *thread = metrics_of_intake(metrics);

	metrics_add(thread, METRIC_SUBMISSIONS, 0, 1);
	metrics_add(thread, METRIC_RECEIVED_BYTES, 0, zmq_msg_size(&submission->body));
}

void tally_taken(struct metrics *metrics, const struct submission *submission)
{
	metrics_add(metrics_of_intake(metrics), METRIC_REPORTS_RECEIVED, 0, submission->item_count);
}

void tally_busy(struct metrics *metrics)
{
	metrics_add(metrics_of_intake(metrics), METRIC_BUSY, 0, 1);
}

enum { OUTCOMES = 5 }; // from STORED to REFUSED, in the order of the label's values

// A violation keeps its rule's identifier, not its number: few reports have any.
static void tally_violations(struct metrics_thread *thread, const struct verdict *verdict)
{
	for (size_t i = 0; i < verdict->count; i++)
		for (size_t rule = 0; rule < RULE_COUNT; rule++)
			if (strcmp(verdict->list[i].rule, rule_text((enum rule)rule)->id) == 0)
				metrics_add(thread, METRIC_VIOLATIONS, rule, 1);
}

static const char *name_of(void *data, int32_t collector_id)
{
	const struct catalogue_key *key = catalogue_collector_by_id(data, collector_id);
	return key == NULL ? NULL : key->name;
}

void tally_answered(struct metrics *metrics, const struct catalogue *catalogue, const struct submission *submission,
					bool sent)
{
	struct metrics_thread *thread = metrics_of_intake(metrics);
	size_t outcomes[OUTCOMES] = {0}; // added up first: a submission has up to a thousand
	size_t items = submission->whole == 0 && submission->items != NULL ? submission->item_count : 0;

	for (size_t i = 0; i < items; i++) {
		size_t place = (size_t)submission->items[i].outcome - BAOCAO__OUTCOME__OUTCOME_STORED;
		if (place < OUTCOMES)
			outcomes[place]++;
		if (submission->items[i].verdict.count > 0)
			tally_violations(thread, &submission->items[i].verdict);
	}
	for (size_t i = 0; i < OUTCOMES; i++)
		metrics_add(thread, METRIC_REPORTS_ANSWERED, i, outcomes[i]);
	if (submission->whole != 0) {
		metrics_add(thread, METRIC_SUBMISSIONS_REFUSED, 0, 1);
		tally_violations(thread, &submission->problem);
	}
	if (outcomes[0] + outcomes[1] + outcomes[3] > 0)
		metrics_filed(metrics, submission->collector_id, (int64_t)time(NULL), name_of, (void *)catalogue); // only read
	if (submission->routing_id_size > 0 && !sent)
		metrics_add(thread, METRIC_RECEIPTS_UNSENT, 0, 1);
	metrics_observe(thread, METRIC_LATENCY, (uint64_t)(clock_now_us() - submission->received_us));
}

void tally_room(struct metrics *metrics, const struct room *room)
{
	struct metrics_thread *thread = metrics_of_intake(metrics);

	metrics_set(thread, METRIC_PENDING_REPORTS, 0, (int64_t)room->reports);
	metrics_set(thread, METRIC_PENDING_BYTES, 0, (int64_t)(room->waiting_bytes + room->decoded_bytes));
	metrics_set(thread, METRIC_OLDEST_PENDING, 0, room_oldest_us(room));
}
