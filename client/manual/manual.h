// The manual pages and the completion of shells, written out of the tables of commands, options and exit statuses.
#ifndef BAOCAO_MANUAL_H
#define BAOCAO_MANUAL_H

#include <stdio.h>

#include "contract.h"

void manual_write_commands(FILE *out); // baocao(1)
void manual_write_conf(FILE *out);     // baocao.conf(5)
void manual_write_sample(FILE *out);   // a baocao.conf that says nothing yet

// The contract is where the names of kinds come from.
void manual_write_bash(FILE *out, const struct contract *contract);
void manual_write_zsh(FILE *out, const struct contract *contract);
void manual_write_fish(FILE *out, const struct contract *contract);

#endif
