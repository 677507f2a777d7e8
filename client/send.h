// The commands that fill and empty an outbox: queue, deliver, and send, which is both. Exit status.
#ifndef BAOCAO_SEND_H
#define BAOCAO_SEND_H

#include "options.h"

int send_queue(const struct options *options);
int send_deliver(const struct options *options);
int send_files(const struct options *options);

#endif
