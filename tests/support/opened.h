// A submission as intake makes it of a message's body, without sockets and threads.
#ifndef BAOCAO_OPENED_H
#define BAOCAO_OPENED_H

#include "catalogue.h"
#include "contract.h"
#include "submission.h"

// Of the collector of SMALL_CATALOGUE_SCOPE, received at that time, opened. The caller destroys it. NULL when memory is out.
struct submission *opened_submission(const void *bytes, size_t size, date_instant received_at);

// All its reports decoded and judged. False when memory is out.
bool opened_decode(struct submission *submission, const struct contract *contract, const struct catalogue *catalogue);

#endif
