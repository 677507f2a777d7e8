// The command that only reads: all that is wrong with files, and copies of them that show it in its place.
#ifndef BAOCAO_EXAMINE_H
#define BAOCAO_EXAMINE_H

#include "options.h"

// Exit status: 0 every report is right, 1 some are not, 2 wrong use, or something that gave no report.
int examine(const struct options *options);

#endif
