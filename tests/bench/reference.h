// The reference data of a benchmark that runs without a database: the 63 provinces of before 2025-07-01, each without
// anything under it, and the forms. There is no PostgreSQL behind it: in a program that has this, PQexec() is a fake that
// knows the catalogue's own queries only.
#ifndef BAOCAO_BENCH_REFERENCE_H
#define BAOCAO_BENCH_REFERENCE_H

#include <stdint.h>

#include "catalogue.h"

enum { REFERENCE_PROVINCES = 63 };

// Ends the program when the catalogue asks for what is not known here.
struct catalogue *reference_load(void);

// The code of a province, counted from 0; its unit_id is one more than its place.
const char *reference_code(int32_t place);

#endif
