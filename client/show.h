// What the tool prints about reports: outcomes and everything that is wrong, in both languages. One thread.
#ifndef BAOCAO_SHOW_H
#define BAOCAO_SHOW_H

#include <stdio.h>

#include "outbox.h"
#include "verdict.h"

// The name of an outcome as the protocol has it; "PENDING" for 0.
const char *show_outcome_name(Baocao__Outcome outcome);

// A report that is not sent since it is not right.
void show_invalid(FILE *out, const char *path, size_t line, const struct verdict *verdict);

// An entry of the outbox with what the server said of it.
void show_entry(FILE *out, const struct outbox_entry *entry);

// "12 STORED, 1 REFUSED": counts by outcome; [0] goes by the name given. "nothing" when all are 0.
void show_counts(FILE *out, const int64_t counts[static OUTBOX_OUTCOMES], const char *name_of_0);

#endif
