// What only the server can judge: whether the unit existed, whether the sender may speak for it, whether a form asks for
// the report, and whether its period has begun. Pure.
#ifndef BAOCAO_AUTHORITY_H
#define BAOCAO_AUTHORITY_H

#include "catalogue.h"
#include "submission.h"

// Judges a decoded item of a sender with that scope; adds to its verdict. When the verdict is clean afterwards, the
// natural key and the digest are filled in and the item is accepted; else its outcome is REFUSED.
void authority_judge(const struct contract *contract, const struct catalogue *catalogue, int32_t scope_unit_id,
                     struct item *item);

#endif
