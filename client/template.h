// The command that writes empty forms, made from the contract: a workbook with headings in the tool's language, lists of allowed
// values, bounds and notes; the same as CSV; or a line of JSON. What is written is what import.h reads.
#ifndef BAOCAO_TEMPLATE_H
#define BAOCAO_TEMPLATE_H

#include <stdio.h>

#include "contract.h"
#include "options.h"
#include "table.h"

// Exit status: 0 written, 2 not.
int template(const struct options *options);

/* for the writers */

enum { TEMPLATE_NOTE_SIZE = 1000 };

// The columns of a kind's form, in their order: those of every report, of the body, of its lines. How many.
size_t template_columns(const struct contract *contract, const struct contract_kind *kind,
                        struct table_column columns[static TABLE_COLUMNS_MAX]);

// What a clerk must know of a column, in the tool's language; and its heading: the label, with a star when it must be filled in.
const char *template_note(const struct table_column *column, char note[static TEMPLATE_NOTE_SIZE]);
const char *template_heading(const struct table_column *column, char heading[static CELL_FOLDED_SIZE]);

// The path that names the column; column->name is not asked.
const char *template_path(const struct table_column *column, char path[static CELL_FOLDED_SIZE]);

// What stands in the column # of the example's row.
const char *template_mark(void);

// False: could not be written, errno says why.
bool template_write_xlsx(const struct contract *contract, const struct contract_kind *kind, const char *path);
bool template_write_csv(const struct contract *contract, const struct contract_kind *kind, FILE *file);
bool template_write_json(const struct contract *contract, const struct contract_kind *kind, FILE *file);

#endif
