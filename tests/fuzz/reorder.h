// The same report, its fields in another order: the encoding of protobuf allows any.
#ifndef BAOCAO_REORDER_H
#define BAOCAO_REORDER_H

#include "arena.h"
#include "contract.h"
#include "scan.h"

// Writes the fields of a report that the scan let through, and of its body and lines, from the highest number down; lines of
// one field stay in their order. In the arena; the process ends when memory is out.
struct scan_slice reorder_report(const struct contract *contract, const struct scan_slice *report, struct arena *arena);

#endif
