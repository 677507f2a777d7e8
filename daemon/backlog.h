// What lies between the network and the daemon: bytes that a connection has sent and that have not come out as messages, and
// receipts that were handed to libzmq and that the peer has not taken. libzmq keeps both in memory and bounds neither: frames
// of a message that never ends, frames before the handshake is over, messages that come faster than they are read. TCP
// knows how much a connection has brought and taken (tcp(7): TCP_INFO); what the daemon read and wrote is counted here.
//
// When all connections together are too far ahead, those furthest ahead are shut down; those out of which no message ever
// came count eightfold. An innocent one connects again and sends again. One thread: intake's.
#ifndef BAOCAO_BACKLOG_H
#define BAOCAO_BACKLOG_H

#include <stddef.h>
#include <stdint.h>
#include <zmq.h>

#include "config.h"

enum {
	BACKLOG_LOOK_MS = 100, // between two looks at the process's memory
	BACKLOG_NOBODY = -1    // no connection: over ipc there is nothing to count
};

struct backlog;

// Lowers the process's limit of descriptors where there is none to speak of. NULL when memory is out. The configuration stays the
// caller's and must outlive it.
struct backlog *backlog_create(const struct config *config);
// NULL-safe; clears the caller's pointer.
void backlog_destroy(struct backlog **backlog);

// A message, one of whose frames this is, came out of a connection; it was so long on the wire. Gives the connection's
// descriptor, or BACKLOG_NOBODY.
int backlog_take(struct backlog *backlog, zmq_msg_t *frame, uint64_t wire_bytes);
// So many bytes were handed to libzmq for a connection.
void backlog_give(struct backlog *backlog, int connection, size_t size);

// To be called BACKLOG_LOOK_MS after the last time, and at will in between. Looks at the connections when the process has grown,
// and now and then; shuts down what has to go, and logs it.
void backlog_watch(struct backlog *backlog, int64_t now_ms);

#endif
