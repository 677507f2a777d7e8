// The gatekeeper decides who may come in, at two doors: at each handshake whether the peer's CURVE key may connect, as the
// ZAP handler (ZeroMQ RFC 27); and at each message whose it is and whether that key may still be used. It must be bound
// before any endpoint, since libzmq lets strangers in where no handler answers.
//
// Its socket is served by the intake thread; nothing in it blocks.
#ifndef BAOCAO_GATEKEEPER_H
#define BAOCAO_GATEKEEPER_H

#include <zmq.h>

#include "catalogue.h"
#include "metrics.h"

// The domains of endpoints with keys, and of those on this machine without. libzmq asks no gatekeeper where the domain is
// empty, whatever else is set: that is how a build for tests lets strangers in (BAOCAO_UNSAFE_GATE in CMakeLists.txt).
#ifdef BAOCAO_UNSAFE_GATE
#define GATEKEEPER_DOMAIN ""
#define GATEKEEPER_DOMAIN_LOCAL ""
#else
#define GATEKEEPER_DOMAIN "baocao"
#define GATEKEEPER_DOMAIN_LOCAL "baocao-local"
#endif

enum { GATEKEEPER_TEXT_SIZE = 256 };

struct gatekeeper;

// What was answered to one handshake.
struct gatekeeper_answer {
	const char *refusal;                 // the reason, a static text; NULL when the peer may come in
	char address[GATEKEEPER_TEXT_SIZE];  // of the peer, without its port
	char public_key[CATALOGUE_KEY_SIZE]; // in Z85; "" when it has none
};

// Binds the handler in that ZeroMQ context. local_collector: as whom peers on this machine file, without a key; "" for none,
// then they are refused. It stays the caller's and must outlive the gatekeeper. NULL on failure, with errno of ZeroMQ.
struct gatekeeper *gatekeeper_create(void *context, const char *local_collector);
void gatekeeper_destroy(struct gatekeeper **gatekeeper);

// The socket to poll.
void *gatekeeper_socket(struct gatekeeper *gatekeeper);

// Answers one request that is waiting; false when there is none. A valid key gets status 200 and its Z85 text as User-Id.
bool gatekeeper_answer(struct gatekeeper *gatekeeper, const struct catalogue *catalogue,
                       struct gatekeeper_answer *ret_answer);

// Answers all requests that are waiting, counts them and logs whom it refused, within limits.
void gatekeeper_serve(struct gatekeeper *gatekeeper, const struct catalogue *catalogue, struct metrics_thread *thread);

// How many log lines were left out.
uint64_t gatekeeper_left_out(const struct gatekeeper *gatekeeper);

// The sender of a message, by a frame of it that came over the network: its User-Id, which the gatekeeper gave to the
// connection and no peer can choose. NULL when that key may not be used now, though it was when it connected.
const struct catalogue_key *gatekeeper_sender(const struct gatekeeper *gatekeeper, const struct catalogue *catalogue,
                                              zmq_msg_t *frame, date_instant now);

// Logs, within limits, that a message was dropped because gatekeeper_sender() knew no sender.
void gatekeeper_dropped(struct gatekeeper *gatekeeper, const struct catalogue *catalogue, zmq_msg_t *frame,
                        date_instant now);

#endif
