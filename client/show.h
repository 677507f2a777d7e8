// What the tool prints about reports: outcomes and everything that is wrong, in the language of the tool. One thread.
#ifndef BAOCAO_SHOW_H
#define BAOCAO_SHOW_H

#include <stdio.h>

#include "import.h"
#include "outbox.h"

// The name of an outcome as the protocol has it; "PENDING" for 0.
const char *show_outcome_name(Baocao__Outcome outcome);

// Everything that is wrong with files, by report: "FILE:LINE INVALID" and a line for each problem, with the cell, the field and the
// rule, on out; what belongs to no report on out_of_none.
void show_problems(const struct import *import, FILE *out, FILE *out_of_none);

// A violation that the server found.
void show_violation(FILE *out, const Baocao__Violation *violation);

// An entry of the outbox with what the server said of it.
void show_entry(FILE *out, const struct outbox_entry *entry);

// "12 STORED, 1 REFUSED": counts by outcome; [0] goes by the name given. "nothing" when all are 0.
void show_counts(FILE *out, const int64_t counts[static OUTBOX_OUTCOMES], const char *name_of_0);

#endif
