// What must hold of every report that the collector's tool has read out of a file, whatever the file:
//   - one that it holds for right is right for the server, and the same content; one that it holds for wrong is as wrong
//   there;
//   - one that is right goes through JSON and back without a change.
#ifndef BAOCAO_FILED_H
#define BAOCAO_FILED_H

#include "import.h"

void filed_check(const struct contract *contract, struct import *import);

#endif
