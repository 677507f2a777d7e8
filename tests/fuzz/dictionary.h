// Dictionaries for libFuzzer, made from the contract: what a target's input is built of.
#ifndef BAOCAO_DICTIONARY_H
#define BAOCAO_DICTIONARY_H

#include <stdio.h>

#include "contract.h"

void dictionary_write(FILE *file, const struct contract *contract, const char *target);

#endif
