// The commands that fill and empty an outbox: queue, deliver, send, which is both, and reconcile. Exit status.
#ifndef BAOCAO_SEND_H
#define BAOCAO_SEND_H

#include "options.h"

int send_queue(const struct options *options);
int send_deliver(const struct options *options);
int send_files(const struct options *options);
int send_reconcile(const struct options *options);

#endif
