// The process's malloc, calloc, realloc, strdup and strndup, of every library in it, one call of which can be made to fail.
#ifndef BAOCAO_FAILING_MALLOC_H
#define BAOCAO_FAILING_MALLOC_H

#include <stddef.h>

// Calls work and check for every n: while work runs the n-th call, from 1, fails, or the n-th and all after it. Until no
// call fails any more. What work makes, check looks at and unmakes; there no call fails. How many calls of work were made to
// fail.
size_t failing_malloc_everywhere(void (*work)(void *context), void (*check)(void *context), void *context);

#endif
