#include "batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "look.h"

static int compare(const void *a, const void *b)
{
	const struct item *left = *(struct item *const *)a, *right = *(struct item *const *)b;
	bool left_accepted = left->outcome == 0, right_accepted = right->outcome == 0;

	if (left_accepted != right_accepted)
		return left_accepted ? -1 : 1;
	return look_compare(left, right);
}

bool batch_init(struct batch *batch, struct submission *list)
{
	size_t items = 0, submissions = 0;

	for (struct submission *s = list; s != NULL; s = s->next) {
		s->order = submissions++;
		items += s->item_count;
	}
	*batch = (struct batch){.items = calloc(items + 1, sizeof *batch->items),
	                        .wholes = calloc(submissions + 1, sizeof *batch->wholes)};
	if (batch->items == NULL || batch->wholes == NULL)
		return false;
	for (struct submission *s = list; s != NULL; s = s->next) {
		if (s->whole != 0)
			batch->wholes[batch->whole_count++] = s;
		for (size_t i = 0; s->whole == 0 && i < s->item_count; i++) {
			batch->items[batch->count++] = &s->items[i];
			batch->accepted += s->items[i].outcome == 0;
		}
	}
	qsort(batch->items, batch->count, sizeof *batch->items, compare);
	return true;
}

void batch_clear(struct batch *batch)
{
	free(batch->items);
	free(batch->wholes);
	*batch = (struct batch){0};
}

bool batch_can_be_halved(const struct batch *batch)
{
	return batch->count + batch->whole_count > 1;
}

void batch_halve(const struct batch *batch, struct batch *first, struct batch *second)
{
	size_t half = (batch->count + 1) / 2;
	size_t whole_half = batch->count > 0 ? 0 : (batch->whole_count + 1) / 2;

	*first = (struct batch){.items = batch->items,
	                        .count = half,
	                        .accepted = batch->accepted < half ? batch->accepted : half,
	                        .wholes = batch->wholes,
	                        .whole_count = whole_half};
	*second = (struct batch){.items = batch->items + half,
	                         .count = batch->count - half,
	                         .accepted = batch->accepted - first->accepted,
	                         .wholes = batch->wholes + whole_half,
	                         .whole_count = batch->whole_count - whole_half};
}

bool batch_is_to_be_written(const struct item *item)
{
	return item->outcome == BAOCAO__OUTCOME__OUTCOME_STORED || item->outcome == BAOCAO__OUTCOME__OUTCOME_SUPERSEDED;
}

static size_t index_of(const struct batch *batch, const struct item *item)
{
	size_t index = 0;
	while (batch->items[index] != item)
		index++;
	return index;
}

void batch_refuse(struct batch *batch, struct item *item, const char *sqlstate, const char *text)
{
	size_t index = index_of(batch, item);
	char said[256];

	(void)snprintf(said, sizeof said, "%s %s", sqlstate, text);
	log_error("store: a report of collector %d is refused by the database: %s", item->submission->collector_id, said);
	item->verdict.count = 0;
	item->report_no = 0;
	verdict_add(&item->verdict, RULE_STORE, NULL, &(struct violation_words){.value = said});
	item->outcome = BAOCAO__OUTCOME__OUTCOME_REFUSED;
	batch->accepted--;
	memmove(&batch->items[index], &batch->items[index + 1], (batch->accepted - index) * sizeof(struct item *));
	batch->items[batch->accepted] = item;
}

bool batch_has_relatives(const struct batch *batch, const struct item *item)
{
	size_t index = index_of(batch, item);
	return (index > 0 && look_is_related(batch->items[index - 1], item)) ||
	       (index + 1 < batch->accepted && look_is_related(batch->items[index + 1], item));
}
