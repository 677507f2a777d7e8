// Bound ZeroMQ sockets with every option that a server on a wide network needs, set before the bind.
#ifndef BAOCAO_ENDPOINT_H
#define BAOCAO_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"
#include "scan.h"

enum {
	// Twice what a submission may have, so that one a little too large still gets its refusal; larger frames end the
	// connection.
	ENDPOINT_FRAME_MAX = SCAN_FRAME_BYTES_MAX,
	ENDPOINT_KEY_SIZE = 41, // Z85 of 32 bytes and NUL
	ENDPOINTS_MAX = 2       // of one socket: the one that collectors know, and the one with the next server key
};

struct endpoint {
	const char *address;         // tcp:// gets CURVE, ipc:// no keys
	const char *secret_key_file; // of the server, for CURVE
	const char *domain;          // NULL: that of its transport, which is what the gatekeeper lets in
};

// The endpoints that the configuration asks for, for a socket of that type (ZMQ_ROUTER, ZMQ_PULL). Gives their number. The
// texts stay the configuration's.
size_t endpoint_list(const struct config *config, int type, struct endpoint list[static ENDPOINTS_MAX]);

// Opens one socket of that type and binds it to every endpoint of the list. NULL on failure: *ret_error names endpoint and
// reason (the caller frees it). The socket is the caller's to zmq_close().
void *endpoint_open(void *context, int type, const struct endpoint *list, size_t count, char **ret_error);

// The public key, in Z85, of the server's secret key in that file. False: *ret_error says why (the caller frees it).
bool endpoint_public_key(const char *secret_key_file, char public_key[static ENDPOINT_KEY_SIZE], char **ret_error);

#endif
