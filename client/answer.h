// What a server's answer must be to be one. Missing is not STORED: protobuf reads an outcome that is not there as the first of
// its values, and a newer server may have values that this client does not know.
#ifndef BAOCAO_ANSWER_H
#define BAOCAO_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "protocol.pb-c.h"

// NULL when the bytes are no receipt, or one that says something else than the protocol has: no number of a submission, an
// outcome that is missing, unknown or not of its place. The caller frees it.
Baocao__Receipt *answer_read(const void *bytes, size_t size);

#endif
