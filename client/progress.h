// What is seen while an outbox is delivered: a bar on a terminal, else a line for each answer; with quiet only what is wrong.
// One thread.
#ifndef BAOCAO_PROGRESS_H
#define BAOCAO_PROGRESS_H

#include <stdbool.h>

#include "outbox.h"

struct progress {
	struct outbox *outbox;
	bool quiet, bar;
	int64_t total;  // what was pending at the beginning
	int64_t answered;
	int64_t counts[OUTBOX_OUTCOMES]; // of what was answered
	int64_t drawn_at;                // milliseconds
};

void progress_begin(struct progress *progress, struct outbox *outbox, bool quiet);

// For deliver(): shows and counts the entry's answer.
void progress_answered(void *progress, int64_t entry_no);

// Takes the bar away.
void progress_end(struct progress *progress);

// Whether none of the counts (by outcome; [0] pending) is of reports that are not stored.
bool progress_all_stored(const int64_t counts[static OUTBOX_OUTCOMES]);

#endif
