// A catalogue without a database: PQexec() is answered from the rows of small_catalogue.c, so that catalogue_load() runs as
// it is. Whoever links this has that PQexec().
#ifndef BAOCAO_SMALL_CATALOGUE_H
#define BAOCAO_SMALL_CATALOGUE_H

#include "catalogue.h"
#include "contract.h"

enum { SMALL_CATALOGUE_SCOPE = 1 }; // the unit 01, a province; 99 became part of it, A05 is none of its own

// NULL on failure, *ret_error says why (the caller frees it). All kinds are asked for with every type of period, but of
// departments.
struct catalogue *small_catalogue(const struct contract *contract, char **ret_error);

#endif
