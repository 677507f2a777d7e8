// baocaod --check: everything that can be known before the daemon runs, and every problem of it, not the first only:
// contradictions in the configuration, keys, the gate, and in the database its settings, rights, schema, clock.
#ifndef BAOCAO_CHECK_H
#define BAOCAO_CHECK_H

#include <stdio.h>

#include "config.h"

// Problems go to standard error, one line each, the verdict to out. is_good: whether the configuration could be read. True
// when there is no problem at all.
bool check(const struct config *config, bool is_good, FILE *out);

#endif
