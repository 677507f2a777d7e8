// The command receipts: the answers of servers that took a report, as proofs to be listed and exported. Exit status.
#ifndef BAOCAO_RECEIPTS_H
#define BAOCAO_RECEIPTS_H

#include "options.h"

int receipts_print(const struct options *options);

#endif
