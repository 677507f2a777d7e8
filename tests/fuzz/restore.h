// The way back: from the rows that COPY would send to the report that they were made of.
#ifndef BAOCAO_RESTORE_H
#define BAOCAO_RESTORE_H

#include "arena.h"
#include "rows.h"
#include "submission.h"

// Makes the rows of an accepted item in every table and builds a report of them, in the arena. Whatever the rows have wrong
// by themselves (a column of another size, a NULL where none may be, lines out of order) ends the process.
ProtobufCMessage *restore_report(struct rows *rows, const struct item *item, struct arena *arena);

#endif
