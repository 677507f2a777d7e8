// The example that a template shows, made from the contract: figures that fit each other, a unit that does not exist. By it the
// readers know the row that nobody has written into.
#ifndef BAOCAO_EXAMPLE_H
#define BAOCAO_EXAMPLE_H

#include <jansson.h>

#include "cell.h"

// The example's value of a field, as a cell has it: numbers in figures, days as YYYY-MM-DD, enums by their label in the tool's
// language, "" where the example leaves the field out.
const char *example_text(const struct contract_field *field, char text[static CELL_FOLDED_SIZE]);

// The example as the report that it would be; NULL when memory is out.
json_t *example_object(const struct contract *contract, const struct contract_kind *kind);

// Whether the object is the example of its kind.
bool example_is(const struct contract *contract, const json_t *object);

#endif
