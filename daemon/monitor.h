// What libzmq tells of the connections to our sockets (zmq_socket_monitor(3)), counted: how many there are, and handshakes
// that failed before the gatekeeper was asked. Intake's thread.
#ifndef BAOCAO_MONITOR_H
#define BAOCAO_MONITOR_H

#include <stddef.h>

#include "metrics.h"

struct monitor;

// Watches a bound socket. name tells monitors of one context apart. NULL when that is not possible: then nothing is counted.
struct monitor *monitor_create(void *context, void *socket, const char *name, struct metrics_thread *thread);
// Before the socket is closed. NULL-safe; clears the caller's pointer.
void monitor_destroy(struct monitor **monitor);

// Counts what came since the last time; gives the connections that are open. NULL: 0.
int64_t monitor_read(struct monitor *monitor);

#endif
