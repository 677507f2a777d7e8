// From a finished submission to the bytes of its receipt.
#ifndef BAOCAO_RECEIPT_H
#define BAOCAO_RECEIPT_H

#include <stddef.h>
#include <stdint.h>

#include "submission.h"

// The packed receipt, in the submission's arena; *ret_size its length. NULL when memory is out.
uint8_t *receipt_pack(struct submission *submission, size_t *ret_size);

// The receipt BUSY for a submission that was not taken in. As above.
uint8_t *receipt_pack_busy(struct submission *submission, uint32_t retry_after_ms, size_t *ret_size);

#endif
