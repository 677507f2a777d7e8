// What came and what became of it, put into the metrics. Intake's thread.
#ifndef BAOCAO_TALLY_H
#define BAOCAO_TALLY_H

#include "catalogue.h"
#include "metrics.h"
#include "room.h"
#include "submission.h"

// A submission of a registered sender was read; it is taken in; its sender is told BUSY.
void tally_read(struct metrics *metrics, const struct submission *submission);
void tally_taken(struct metrics *metrics, const struct submission *submission);
void tally_busy(struct metrics *metrics);

// A submission has its outcomes, and its receipt was handed over, or could not be.
void tally_answered(struct metrics *metrics, const struct catalogue *catalogue, const struct submission *submission, bool sent);

// What is between reading and receipt now.
void tally_room(struct metrics *metrics, const struct room *room);

#endif
