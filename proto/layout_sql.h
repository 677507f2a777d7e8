// The layout as text: the statements that make its tables in PostgreSQL, and the data dictionary that people read. Both
// take every word from the contract. Errors of the stream are left in it for the caller (ferror).
#ifndef BAOCAO_LAYOUT_SQL_H
#define BAOCAO_LAYOUT_SQL_H

#include <stdio.h>

#include "layout.h"

// The statements for the whole contract.
void layout_sql_all(FILE *out, const struct contract *contract, const struct layout *layout);

// The statements that add the given kinds to a database that has all other kinds: their values of baocao.kind, the enums
// that only they use, their tables.
void layout_sql_kinds(FILE *out, const struct contract *contract, const struct layout *layout,
                      const struct contract_kind *const *kinds, size_t kind_count);

// Markdown: every table with its columns, every enum with its values.
void layout_sql_dictionary(FILE *out, const struct contract *contract, const struct layout *layout);

#endif
