#include "gatekeeper.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "log_limit.h"

// Frames of a request; RFC 27. The last is there with CURVE only.
enum { ZAP_VERSION, ZAP_REQUEST_ID, ZAP_DOMAIN, ZAP_ADDRESS, ZAP_ROUTING_ID, ZAP_MECHANISM, ZAP_CREDENTIALS, ZAP_FRAMES };

enum { ZAP_FRAME_SIZE = GATEKEEPER_TEXT_SIZE, CURVE_KEY_BYTES = 32 };

// The User-Id of peers on this machine: no key has its length.
static const char local_id[] = "local";

struct gatekeeper {
	void *socket;
	const char *local_collector;
	struct log_limit refused; // by peer's address
	struct log_limit dropped; // by collector
};

struct request {
	size_t frames;
	struct {
		size_t size;
		char bytes[ZAP_FRAME_SIZE];
	} frame[ZAP_FRAMES];
};

struct gatekeeper *gatekeeper_create(void *context, const char *local_collector)
{
	struct gatekeeper *gatekeeper = calloc(1, sizeof *gatekeeper);
	int linger = 0;
	if (gatekeeper == NULL)
		return NULL;
	gatekeeper->local_collector = local_collector;
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

/* handshakes */

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
static const char *curve_refusal(const struct request *request, const struct catalogue *catalogue,
                                 char key_text[static CATALOGUE_KEY_SIZE])
{
	if (request->frames != ZAP_FRAMES || request->frame[ZAP_CREDENTIALS].size != CURVE_KEY_BYTES)
		return "no key";
	(void)zmq_z85_encode(key_text, (const uint8_t *)request->frame[ZAP_CREDENTIALS].bytes, CURVE_KEY_BYTES);
	const struct catalogue_key *key = catalogue_key(catalogue, key_text);
	return key == NULL ? "unknown key" : catalogue_key_fault(key, date_now());
}

static const char *refusal_of(const struct gatekeeper *gatekeeper, const struct catalogue *catalogue,
                              const struct request *request, char key_text[static CATALOGUE_KEY_SIZE])
{
	if (request->frames <= ZAP_MECHANISM || !frame_is(request, ZAP_VERSION, "1.0"))
		return "not a ZAP request";
	if (frame_is(request, ZAP_MECHANISM, "CURVE") && frame_is(request, ZAP_DOMAIN, GATEKEEPER_DOMAIN))
		return curve_refusal(request, catalogue, key_text);
	if (frame_is(request, ZAP_MECHANISM, "NULL") && frame_is(request, ZAP_DOMAIN, GATEKEEPER_DOMAIN_LOCAL))
		return gatekeeper->local_collector[0] != '\0' ? NULL : "no key";
	return "wrong domain or mechanism";
}

// User-Id is always given: let in without one, a peer has the one that it names itself.
static void reply(void *socket, const struct request *request, const struct gatekeeper_answer *answer)
{
	bool good = answer->refusal == NULL;
	const char *user_id = !good ? "" : answer->public_key[0] != '\0' ? answer->public_key : local_id;
	const char *const frames[] = {
		"1.0", request->frame[ZAP_REQUEST_ID].bytes, good ? "200" : "400", good ? "OK" : answer->refusal, user_id, ""};
	const size_t count = sizeof frames / sizeof frames[0];

	for (size_t i = 0; i < count; i++)
		(void)zmq_send(socket, frames[i], i == 1 ? request->frame[ZAP_REQUEST_ID].size : strlen(frames[i]),
		               i + 1 < count ? ZMQ_SNDMORE | ZMQ_DONTWAIT : ZMQ_DONTWAIT);
}

bool gatekeeper_answer(struct gatekeeper *gatekeeper, const struct catalogue *catalogue,
                       struct gatekeeper_answer *ret_answer)
{
	struct request request = {0};

	if (!receive_request(gatekeeper->socket, &request))
		return false;
	*ret_answer = (struct gatekeeper_answer){0};
	ret_answer->refusal = refusal_of(gatekeeper, catalogue, &request, ret_answer->public_key);
	memcpy(ret_answer->address, request.frame[ZAP_ADDRESS].bytes, sizeof ret_answer->address);
	reply(gatekeeper->socket, &request, ret_answer);
	return true;
}

static void log_refusal(struct gatekeeper *gatekeeper, const struct catalogue *catalogue, const struct gatekeeper_answer *answer)
{
	char left_out[LOG_LIMIT_TEXT_SIZE];

	if (!log_limit_allows(&gatekeeper->refused, log_limit_number(answer->address), clock_now_ms(), left_out))
		return;
	const struct catalogue_key *key = catalogue_key(catalogue, answer->public_key);
	struct log_facts facts = {.error_class = "gate", .peer = answer->address};
	if (key == NULL) {
		log_warning_of(&facts, "refused a connection from %s: %s%s", answer->address, answer->refusal, left_out);
		return;
	}
	facts.collector = key->name;
	facts.collector_id = key->collector_id;
	log_warning_of(&facts, "refused a connection from %s: a key of %s that %s%s", answer->address, key->name, answer->refusal,
	               left_out);
}

void gatekeeper_serve(struct gatekeeper *gatekeeper, const struct catalogue *catalogue, struct metrics_thread *thread)
{
	struct gatekeeper_answer answer;

	while (gatekeeper_answer(gatekeeper, catalogue, &answer)) {
		if (answer.refusal == NULL) {
			metrics_add(thread, METRIC_HANDSHAKES, 0, 1);
			continue;
		}
		metrics_add(thread, METRIC_FAILED_HANDSHAKES, metrics_handshake_reason(answer.refusal), 1);
		log_refusal(gatekeeper, catalogue, &answer);
	}
}

uint64_t gatekeeper_left_out(const struct gatekeeper *gatekeeper)
{
	return gatekeeper->refused.left_out + gatekeeper->dropped.left_out;
}

/* messages */

const struct catalogue_key *gatekeeper_sender(const struct gatekeeper *gatekeeper, const struct catalogue *catalogue,
                                              zmq_msg_t *frame, date_instant now)
{
	const char *user_id = zmq_msg_gets(frame, "User-Id");

	if (user_id == NULL)
		return NULL;
	if (strcmp(user_id, local_id) == 0)
		return catalogue_collector(catalogue, gatekeeper->local_collector, now);
	const struct catalogue_key *key = catalogue_key(catalogue, user_id);
	return key != NULL && catalogue_key_fault(key, now) == NULL ? key : NULL;
}

void gatekeeper_dropped(struct gatekeeper *gatekeeper, const struct catalogue *catalogue, zmq_msg_t *frame, date_instant now)
{
	const char *user_id = zmq_msg_gets(frame, "User-Id");
	const struct catalogue_key *key = user_id == NULL ? NULL : catalogue_key(catalogue, user_id);
	const char *fault = key == NULL ? NULL : catalogue_key_fault(key, now);
	char left_out[LOG_LIMIT_TEXT_SIZE];

	if (!log_limit_allows(&gatekeeper->dropped, key == NULL ? 0 : (uint64_t)key->collector_id, clock_now_ms(), left_out))
		return;
	struct log_facts facts = {.error_class = "gate"};
	if (fault == NULL) {
		log_warning_of(&facts, "dropped a message whose sender has no valid key any more%s", left_out);
		return;
	}
	facts.collector = key->name;
	facts.collector_id = key->collector_id;
	log_warning_of(&facts, "dropped a message of %s: it came with a key that %s%s", key->name, fault, left_out);
}
