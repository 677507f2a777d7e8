#include "gatekeeper.h"

#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "log.h"

// Frames of a request; RFC 27.
enum { ZAP_VERSION, ZAP_REQUEST_ID, ZAP_DOMAIN, ZAP_ADDRESS, ZAP_ROUTING_ID, ZAP_MECHANISM, ZAP_CREDENTIALS, ZAP_FRAMES };

enum { ZAP_FRAME_SIZE = 256, CURVE_KEY_BYTES = 32 };

struct gatekeeper {
	void *socket;
};

struct request {
	size_t frames;
	struct {
		size_t size;
		char bytes[ZAP_FRAME_SIZE];
	} frame[ZAP_FRAMES];
};

struct gatekeeper *gatekeeper_create(void *context)
{
	struct gatekeeper *gatekeeper = calloc(1, sizeof *gatekeeper);
	int linger = 0;
	if (gatekeeper == NULL)
		return NULL;
	gatekeeper->socket = zmq_socket(context, ZMQ_REP);
	if (gatekeeper->socket == NULL || zmq_setsockopt(gatekeeper->socket, ZMQ_LINGER, &linger, sizeof linger) != 0 ||
	    zmq_bind(gatekeeper->socket, "inproc://zeromq.zap.01") != 0)
		gatekeeper_destroy(&gatekeeper);
	return gatekeeper;
}

void gatekeeper_destroy(struct gatekeeper **gatekeeper)
{
	if (*gatekeeper == NULL)
		return;
	if ((*gatekeeper)->socket != NULL)
		(void)zmq_close((*gatekeeper)->socket);
	free(*gatekeeper);
	*gatekeeper = NULL;
}

void *gatekeeper_socket(struct gatekeeper *gatekeeper)
{
	return gatekeeper->socket;
}

// libzmq itself is the requester: whatever does not fit is answered with a refusal, never ignored.
static bool receive_request(void *socket, struct request *request)
{
	int more = 1;
	size_t more_size = sizeof more;

	for (request->frames = 0; more != 0; request->frames++) {
		char *bytes = request->frame[request->frames < ZAP_FRAMES ? request->frames : ZAP_FRAMES - 1].bytes;
		int size = zmq_recv(socket, bytes, ZAP_FRAME_SIZE - 1, ZMQ_DONTWAIT);
		if (size < 0)
			return false;
		if (request->frames < ZAP_FRAMES) {
			size_t kept = (size_t)size < ZAP_FRAME_SIZE - 1 ? (size_t)size : ZAP_FRAME_SIZE - 1;
			request->frame[request->frames].size = kept;
			bytes[kept] = '\0';
		}
		if (zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &more_size) != 0)
			return false;
	}
	return true;
}

static bool frame_is(const struct request *request, int frame, const char *text)
{
	return request->frame[frame].size == strlen(text) && memcmp(request->frame[frame].bytes, text, strlen(text)) == 0;
}

// The reason for a refusal, or NULL; key_text gets the peer's key.
static const char *refusal(const struct request *request, const struct catalogue *catalogue,
                           char key_text[static CATALOGUE_KEY_SIZE])
{
	key_text[0] = '\0';
	if (request->frames != ZAP_FRAMES || !frame_is(request, ZAP_VERSION, "1.0"))
		return "not a ZAP request";
	if (!frame_is(request, ZAP_MECHANISM, "CURVE") || request->frame[ZAP_CREDENTIALS].size != CURVE_KEY_BYTES)
		return "not CURVE";
	if (!frame_is(request, ZAP_DOMAIN, GATEKEEPER_DOMAIN))
		return "wrong domain";
	(void)zmq_z85_encode(key_text, (const uint8_t *)request->frame[ZAP_CREDENTIALS].bytes, CURVE_KEY_BYTES);
	const struct catalogue_key *key = catalogue_key(catalogue, key_text);
	if (key == NULL)
		return "unknown key";
	return catalogue_key_is_valid(key, date_now()) ? NULL : "key revoked or outside its validity";
}

static void answer(void *socket, const struct request *request, const char *reason, const char *key_text)
{
	const char *const frames[] = {"1.0", request->frame[ZAP_REQUEST_ID].bytes, reason == NULL ? "200" : "400",
	                              reason == NULL ? "OK" : reason, reason == NULL ? key_text : "", ""};
	const size_t count = sizeof frames / sizeof frames[0];

	for (size_t i = 0; i < count; i++)
		(void)zmq_send(socket, frames[i], i == 1 ? request->frame[ZAP_REQUEST_ID].size : strlen(frames[i]),
		               i + 1 < count ? ZMQ_SNDMORE | ZMQ_DONTWAIT : ZMQ_DONTWAIT);
}

void gatekeeper_serve(struct gatekeeper *gatekeeper, const struct catalogue *catalogue)
{
	struct request request = {0};
	char key_text[CATALOGUE_KEY_SIZE];

	while (receive_request(gatekeeper->socket, &request)) {
		const char *reason = refusal(&request, catalogue, key_text);
		if (reason != NULL)
			log_warning("refused a connection from %s: %s", request.frame[ZAP_ADDRESS].bytes, reason);
		answer(gatekeeper->socket, &request, reason, key_text);
		request = (struct request){0};
	}
}
