// The subcommand reconcile: what the outbox says was acknowledged is sent once more, all of it or what was answered since a day.
// The server answers DUPLICATE to what it has; what it has not (a backup was restored) is filed again. Receipts of before stay
// in the outbox.
#ifndef BAOCAO_RECONCILE_H
#define BAOCAO_RECONCILE_H

#include "outbox.h"

enum { RECONCILE_OUTCOMES = OUTBOX_OUTCOMES };

// Queues again what was acknowledged since (RFC 3339 or a day; "" for all). *ret_count entries are to be delivered.
bool reconcile_queue(struct outbox *outbox, const char *since, int64_t *ret_count);

// After delivery: what was there is forgotten again, what was filed again stays with its new receipt. Prints what was missing, and
// counts by outcome; [0] are not answered yet.
bool reconcile_settle(struct outbox *outbox, int64_t counts[static RECONCILE_OUTCOMES]);

#endif
