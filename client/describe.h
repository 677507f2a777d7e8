#ifndef BAOCAO_DESCRIBE_H
#define BAOCAO_DESCRIBE_H

#include "options.h"

// The command: all kinds, or every field of one with its labels, rules and values. Exit status.
int describe(const struct options *options);

#endif
