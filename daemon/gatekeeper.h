// The ZAP handler (ZeroMQ RFC 27): decides for each handshake whether the peer's CURVE key may come in. It must be bound
// before any endpoint, since libzmq lets strangers in where no handler answers.
//
// Its socket is served by the intake thread; nothing in it blocks.
#ifndef BAOCAO_GATEKEEPER_H
#define BAOCAO_GATEKEEPER_H

#include "catalogue.h"

#define GATEKEEPER_DOMAIN "baocao"

struct gatekeeper;

// Binds the handler in that ZeroMQ context. NULL on failure, with errno of ZeroMQ.
struct gatekeeper *gatekeeper_create(void *context);
void gatekeeper_destroy(struct gatekeeper **gatekeeper);

// The socket to poll.
void *gatekeeper_socket(struct gatekeeper *gatekeeper);

// Answers the requests that are waiting. A valid key gets status 200 and its Z85 text as User-Id.
void gatekeeper_serve(struct gatekeeper *gatekeeper, const struct catalogue *catalogue);

#endif
