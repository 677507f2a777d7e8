// What only the server can judge: whether the unit existed, whether the sender may speak for it, whether a form asks for
// the report, and whether its period has begun and is not locked.
#ifndef BAOCAO_AUTHORITY_H
#define BAOCAO_AUTHORITY_H

#include "catalogue.h"
#include "log_limit.h"
#include "submission.h"

// Judges a decoded item of a sender with that scope; adds to its verdict. When the verdict is clean afterwards, the
// natural key and the digest are filled in and the item is accepted; else its outcome is REFUSED. When nothing is wrong but a
// lock, it is accepted as is_locked: a repeat of what came before the lock is a duplicate, not a refusal. Pure.
void authority_judge(const struct contract *contract, const struct catalogue *catalogue, int32_t scope_unit_id,
                     struct item *item);

// Logs, once a minute for each collector, that a report of this finished submission was refused because its unit lies outside
// the sender's scope: somebody who tries is to be noticed, and so is a scope that was set wrong.
void authority_log(struct log_limit *limit, const struct catalogue *catalogue, const struct submission *submission);

#endif
