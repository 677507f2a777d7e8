// What all fuzz targets share: a failed oracle ends the process as a crash would, and so does an input that takes too long.
// Time is counted as the process's own, so that a run may be stopped and continued, or share its core.
#ifndef BAOCAO_TARGET_H
#define BAOCAO_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "contract.h"

// The three functions that libFuzzer calls; replay.c calls the first two.
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

// Once. Gives the contract; ends the process when it cannot be had.
const struct contract *target_init(void);

// At the start of each input.
void target_begin(void);

// Ends the process, saying what does not hold.
_Noreturn void target_fail(const char *what);
static inline void target_require(bool holds, const char *what)
{
	if (!holds)
		target_fail(what);
}

// An arena that is there; the target destroys it.
struct arena *target_arena(void);

#endif
