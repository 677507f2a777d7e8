// What one transaction writes: the items of the submissions that a writer took, accepted ones first in the order of their
// natural keys, and the submissions that were refused as a whole. A part of a batch is a batch too; only the whole owns
// its arrays. One thread: the writer's.
#ifndef BAOCAO_BATCH_H
#define BAOCAO_BATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "submission.h"

// INCREMENT of the sequence baocao.report_block: who draws v owns v to v + 999.
enum { BATCH_NUMBERS_IN_BLOCK = 1000 };

struct batch {
	struct item **items;
	size_t count, accepted;
	struct submission **wholes;
	size_t whole_count;
};

// Gathers the items of a list of submissions, which must outlive it. False when memory is out; batch_clear() either way.
bool batch_init(struct batch *batch, struct submission *list);
void batch_clear(struct batch *batch);

// What the database refuses without saying which row is looked for by halving: more than one left?
bool batch_can_be_halved(const struct batch *batch);
void batch_halve(const struct batch *batch, struct batch *first, struct batch *second);

// Whether the look found that an accepted item is new.
bool batch_is_to_be_written(const struct item *item);

// Turns an accepted item into a refused one, with what the database said of it, and moves it behind the accepted. Logs it:
// a rule that only the database knows is a flaw of the contract.
void batch_refuse(struct batch *batch, struct item *item, const char *sqlstate, const char *text);

// Whether another accepted item of the batch is a report of the same unit, kind and period. Then its outcome may depend on
// the item's.
bool batch_has_relatives(const struct batch *batch, const struct item *item);

#endif
