// The command status: what of an outbox is pending, delivered, refused, in all and for each kind and period. Exit status.
#ifndef BAOCAO_STATUS_H
#define BAOCAO_STATUS_H

#include "options.h"

int status_print(const struct options *options);

#endif
