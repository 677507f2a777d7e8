// Start-up refuses to run on a database whose tables or enums differ from the contract, and says every difference.
#ifndef BAOCAO_SCHEMA_CHECK_H
#define BAOCAO_SCHEMA_CHECK_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdio.h>

#include "layout.h"

// True when every table, column and enum of the layout is there as the contract has it. Each difference goes to the
// stream, one line each; so does a failure to ask.
bool schema_check(PGconn *connection, const struct contract *contract, const struct layout *layout, FILE *differences);

#endif
