#define _GNU_SOURCE // asprintf
#include "self_test.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "endpoint.h"

enum {
	DEADLINE_MS = 5000, // for one try of a probe, which takes some milliseconds
	TRIES = 3,
	ADDRESS_SIZE = 256,
	OVERSIZE = ENDPOINT_FRAME_MAX + 1,
	CURVE = 1,
	LOCAL = 2 // without keys
};

#define MONITOR_ADDRESS "inproc://monitor"

// Who knocks.
enum visitor { VISITOR_KNOWN, VISITOR_REVOKED, VISITOR_EARLY, VISITOR_LATE, VISITOR_STRANGER, VISITOR_KEYLESS, VISITORS };

// What became of it.
enum fate { FATE_SILENCE, FATE_REFUSED, FATE_HEARD, FATE_DROPPED, FATE_CUT_OFF };
static const char *const fates[] = {
	"got no answer over loopback", "refused", "let in and heard", "let in, its message dropped", "cut off",
};

// What is special about it.
enum twist {
	TWIST_NONE,
	TWIST_DOMAIN,    // the twin is in a domain that is not the gatekeeper's
	TWIST_UNGUARDED, // the twin is where no gatekeeper answers
	TWIST_REVOKED,   // between handshake and message
	TWIST_OVERSIZED  // the message
};

static const struct probe {
	const char *who;
	enum visitor visitor;
	enum twist twist;
	int endpoints;  // of which kind
	enum fate fate; // what it must be
} probes[] = {
	{"a stranger's key", VISITOR_STRANGER, TWIST_NONE, CURVE, FATE_REFUSED},
	{"no key", VISITOR_KEYLESS, TWIST_NONE, CURVE, FATE_REFUSED},
	{"a revoked key", VISITOR_REVOKED, TWIST_NONE, CURVE, FATE_REFUSED},
	{"a key that is not valid yet", VISITOR_EARLY, TWIST_NONE, CURVE, FATE_REFUSED},
	{"a key that is no longer valid", VISITOR_LATE, TWIST_NONE, CURVE, FATE_REFUSED},
	{"a registered key in a wrong domain", VISITOR_KNOWN, TWIST_DOMAIN, CURVE, FATE_REFUSED},
	{"a registered key where no gatekeeper answers", VISITOR_KNOWN, TWIST_UNGUARDED, CURVE, FATE_REFUSED},
	{"a registered key", VISITOR_KNOWN, TWIST_NONE, CURVE, FATE_HEARD}, // else the refusal of others would mean nothing
	{"a key that was revoked after it had come in", VISITOR_KNOWN, TWIST_REVOKED, CURVE, FATE_DROPPED},
	{"an oversized frame", VISITOR_KNOWN, TWIST_OVERSIZED, CURVE, FATE_CUT_OFF},
	{"a local peer in a wrong domain", VISITOR_KEYLESS, TWIST_DOMAIN, LOCAL, FATE_REFUSED},
	{"a local peer", VISITOR_KEYLESS, TWIST_NONE, LOCAL, FATE_HEARD},
	{"an oversized frame of a local peer", VISITOR_KEYLESS, TWIST_OVERSIZED, LOCAL, FATE_CUT_OFF},
};

// A build for tests can leave it out, see cmake/Unsafe.cmake.
#ifdef BAOCAO_UNSAFE_UNTRIED
enum { IS_TRIED = false };
#else
enum { IS_TRIED = true };
#endif

struct self_test {
	void *context;
	struct gatekeeper *gatekeeper;
	struct catalogue *catalogue; // the visitors' keys
	struct catalogue *later;     // the same, all of them revoked
	char secret_keys[VISITORS][ENDPOINT_KEY_SIZE], public_keys[VISITORS][ENDPOINT_KEY_SIZE];
	char *error; // why a probe could not be made
};

// One probe under way: the twin, and the visitor in a context of its own.
struct visit {
	const struct probe *probe;
	char address[ADDRESS_SIZE]; // of the twin
	void *unguarded;            // the twin's context where it has one of its own
	void *server;
	void *context, *client, *monitor;
	bool inside; // the handshake is over
};

/* keys */

static bool make_visitors(struct self_test *test, const char *local_collector)
{
	struct catalogue_key keys[VISITORS] = {0};
	date_instant now = date_now();

	for (int i = 0; i < VISITORS; i++) {
		if (zmq_curve_keypair(test->public_keys[i], test->secret_keys[i]) != 0)
			return false;
		memcpy(keys[i].public_key, test->public_keys[i], sizeof keys[i].public_key);
		(void)snprintf(keys[i].name, sizeof keys[i].name, "%s", i == VISITOR_KNOWN ? local_collector : "");
		keys[i].collector_id = i + 1;
		keys[i].valid_from = i == VISITOR_EARLY ? INT64_MAX : now;
		keys[i].valid_to = i == VISITOR_LATE ? now : INT64_MAX;
		keys[i].revoked = i == VISITOR_REVOKED;
	}
	test->catalogue = catalogue_of_keys(keys, VISITOR_STRANGER); // those before it
	keys[VISITOR_KNOWN].revoked = true;
	test->later = catalogue_of_keys(keys, VISITOR_STRANGER);
	return test->catalogue != NULL && test->later != NULL;
}

/* a visit */

static bool open_twin(struct self_test *test, struct visit *visit, int type, const struct endpoint *real)
{
	struct endpoint twin = {.address = visit->address, .secret_key_file = real->secret_key_file};
	size_t size = sizeof visit->address;
	void *context = test->context;

	if (visit->probe->twist == TWIST_DOMAIN)
		twin.domain = "self-test";
	if (visit->probe->twist == TWIST_UNGUARDED)
		context = visit->unguarded = zmq_ctx_new();
	if (visit->probe->endpoints == CURVE)
		(void)snprintf(visit->address, size, "tcp://127.0.0.1:*");
	else
		(void)snprintf(visit->address, size, "%s.self-test", real->address);
	visit->server = context == NULL ? NULL : endpoint_open(context, type, &twin, 1, &test->error);
	return visit->server != NULL && zmq_getsockopt(visit->server, ZMQ_LAST_ENDPOINT, visit->address, &size) == 0;
}

static bool set_keys(const struct self_test *test, const struct visit *visit, const char *server_key)
{
	enum visitor visitor = visit->probe->visitor;

	return visitor == VISITOR_KEYLESS ||
	       (zmq_setsockopt(visit->client, ZMQ_CURVE_SERVERKEY, server_key, ENDPOINT_KEY_SIZE) == 0 &&
	        zmq_setsockopt(visit->client, ZMQ_CURVE_PUBLICKEY, test->public_keys[visitor], ENDPOINT_KEY_SIZE) == 0 &&
	        zmq_setsockopt(visit->client, ZMQ_CURVE_SECRETKEY, test->secret_keys[visitor], ENDPOINT_KEY_SIZE) == 0);
}

static bool knock(const struct self_test *test, struct visit *visit, int type, const char *server_key)
{
	int linger = 0, once = -1; // no second try to connect
	int events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
	             ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_DISCONNECTED;
	size_t size = visit->probe->twist == TWIST_OVERSIZED ? OVERSIZE : 1;
	zmq_msg_t message;

	visit->context = zmq_ctx_new();
	visit->client = visit->context == NULL ? NULL : zmq_socket(visit->context, type == ZMQ_ROUTER ? ZMQ_DEALER : ZMQ_PUSH);
	if (visit->client == NULL || zmq_setsockopt(visit->client, ZMQ_LINGER, &linger, sizeof linger) != 0 ||
	    zmq_setsockopt(visit->client, ZMQ_RECONNECT_IVL, &once, sizeof once) != 0 || !set_keys(test, visit, server_key) ||
	    zmq_socket_monitor(visit->client, MONITOR_ADDRESS, events) != 0)
		return false;
	visit->monitor = zmq_socket(visit->context, ZMQ_PAIR);
	if (visit->monitor == NULL || zmq_connect(visit->monitor, MONITOR_ADDRESS) != 0 ||
	    zmq_connect(visit->client, visit->address) != 0 || zmq_msg_init_size(&message, size) != 0)
		return false;
	memset(zmq_msg_data(&message), 0, size);
	// It waits for the handshake. Where that was refused before, there is nothing to send it by, and the monitor will tell.
	if (zmq_msg_send(&message, visit->client, ZMQ_DONTWAIT) >= 0)
		return true;
	int error = errno;
	(void)zmq_msg_close(&message);
	return error == EAGAIN;
}

static void end_visit(struct visit *visit)
{
	void *const sockets[] = {visit->server, visit->monitor, visit->client};
	void *const contexts[] = {visit->unguarded, visit->context};

	for (size_t i = 0; i < sizeof sockets / sizeof sockets[0]; i++)
		if (sockets[i] != NULL)
			(void)zmq_close(sockets[i]);
	for (size_t i = 0; i < sizeof contexts / sizeof contexts[0]; i++)
		if (contexts[i] != NULL)
			(void)zmq_ctx_term(contexts[i]);
	if (strncmp(visit->address, "ipc://", 6) == 0)
		(void)unlink(visit->address + 6); // libzmq leaves it
}

/* what becomes of it */

// The first or the last frame of a message that waits, for the caller to close; false when none does.
static bool receive(void *socket, bool last, zmq_msg_t *frame)
{
	zmq_msg_t more;

	(void)zmq_msg_init(frame);
	if (zmq_msg_recv(frame, socket, ZMQ_DONTWAIT) < 0) {
		(void)zmq_msg_close(frame);
		return false;
	}
	for (bool any = zmq_msg_more(frame) != 0; any;) {
		(void)zmq_msg_init(&more);
		(void)zmq_msg_recv(&more, socket, ZMQ_DONTWAIT);
		any = zmq_msg_more(&more) != 0;
		if (last)
			(void)zmq_msg_move(frame, &more);
		(void)zmq_msg_close(&more);
	}
	return true;
}

// An event of the visitor's connection. One that ends before the handshake is over was refused.
static enum fate take_event(struct visit *visit)
{
	zmq_msg_t frame;
	uint16_t event;

	if (!receive(visit->monitor, false, &frame))
		return FATE_SILENCE;
	memcpy(&event, zmq_msg_data(&frame), sizeof event);
	(void)zmq_msg_close(&frame);
	if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
		visit->inside = true;
		return FATE_SILENCE; // a message will tell
	}
	return visit->inside ? FATE_CUT_OFF : FATE_REFUSED;
}

// A message that came in: whether it is heard as the daemon would hear it.
static enum fate take_message(const struct self_test *test, const struct visit *visit)
{
	const struct catalogue *catalogue = visit->probe->twist == TWIST_REVOKED ? test->later : test->catalogue;
	zmq_msg_t frame;

	if (!receive(visit->server, true, &frame))
		return FATE_SILENCE;
	const struct catalogue_key *sender = gatekeeper_sender(test->gatekeeper, catalogue, &frame, date_now());
	(void)zmq_msg_close(&frame);
	return sender != NULL && strcmp(sender->public_key, test->public_keys[VISITOR_KNOWN]) == 0 ? FATE_HEARD : FATE_DROPPED;
}

static enum fate watch(const struct self_test *test, struct visit *visit)
{
	zmq_pollitem_t items[] = {
		{.socket = gatekeeper_socket(test->gatekeeper), .events = ZMQ_POLLIN},
		{.socket = visit->server, .events = ZMQ_POLLIN},
		{.socket = visit->monitor, .events = ZMQ_POLLIN},
	};
	int64_t deadline = clock_now_ms() + DEADLINE_MS;
	enum fate fate = FATE_SILENCE;

	while (fate == FATE_SILENCE && clock_now_ms() < deadline) {
		struct gatekeeper_answer answer;
		if (zmq_poll(items, 3, DEADLINE_MS) < 0)
			continue;
		while (items[0].revents != 0 && gatekeeper_answer(test->gatekeeper, test->catalogue, &answer))
			;
		if (items[1].revents != 0)
			fate = take_message(test, visit); // first: what came in counts, whatever became of the connection
		if (fate == FATE_SILENCE && items[2].revents != 0)
			fate = take_event(visit);
	}
	return fate;
}

/* the whole */

// test->error is set to why the probe could not be made, or to NULL.
static enum fate visit_once(struct self_test *test, const struct probe *probe, int type, const struct endpoint *endpoint,
                            const char *server_key)
{
	struct visit visit = {.probe = probe};
	enum fate fate = FATE_SILENCE;

	free(test->error);
	test->error = NULL;
	if (open_twin(test, &visit, type, endpoint) && knock(test, &visit, type, server_key))
		fate = watch(test, &visit);
	else if (test->error == NULL)
		test->error = strdup(zmq_strerror(errno));
	end_visit(&visit);
	return fate;
}

// Who is let in against the rule is the end of it. But a machine may be too busy to let somebody in, or to answer, in time.
static bool try_probe(struct self_test *test, const struct probe *probe, int type, const struct endpoint *endpoint,
                      const char *server_key)
{
	enum fate fate = FATE_SILENCE;

	for (int i = 0; i < TRIES && fate != probe->fate && fate != FATE_HEARD && fate != FATE_DROPPED; i++)
		fate = visit_once(test, probe, type, endpoint, server_key);
	if (fate == probe->fate)
		return true;
	char *reason = test->error;
	if (asprintf(&test->error, "the gate of %s does not hold: %s: %s, and must be %s", endpoint->address, probe->who,
	             reason != NULL ? reason : fates[fate], fates[probe->fate]) < 0)
		test->error = NULL;
	free(reason);
	return false;
}

static bool try_endpoint(struct self_test *test, int type, const struct endpoint *endpoint)
{
	int kind = strncmp(endpoint->address, "tcp://", 6) == 0 ? CURVE : LOCAL;
	char server_key[ENDPOINT_KEY_SIZE] = "";

	if (kind == CURVE && !endpoint_public_key(endpoint->secret_key_file, server_key, &test->error))
		return false;
	for (size_t i = 0; i < sizeof probes / sizeof probes[0]; i++)
		if (probes[i].endpoints == kind && !try_probe(test, &probes[i], type, endpoint, server_key))
			return false;
	return true;
}

bool self_test(void *context, struct gatekeeper *gatekeeper, const struct config *config, char **ret_error)
{
	static const int types[] = {ZMQ_ROUTER, ZMQ_PULL};
	struct self_test test = {.context = context, .gatekeeper = gatekeeper};
	bool good = make_visitors(&test, config->anonymous_collector);

	for (size_t i = 0; IS_TRIED && good && i < sizeof types / sizeof types[0]; i++) {
		struct endpoint list[ENDPOINTS_MAX];
		size_t count = endpoint_list(config, types[i], list);
		for (size_t at = 0; good && at < count; at++)
			good = try_endpoint(&test, types[i], &list[at]);
	}
	sodium_memzero(test.secret_keys, sizeof test.secret_keys);
	catalogue_destroy(&test.catalogue);
	catalogue_destroy(&test.later);
	*ret_error = test.error;
	return good;
}

bool self_test_alone(const struct config *config, char **ret_error)
{
	void *context = zmq_ctx_new();
	struct gatekeeper *gatekeeper = context == NULL ? NULL : gatekeeper_create(context, config->anonymous_collector);
	bool good = gatekeeper != NULL && self_test(context, gatekeeper, config, ret_error);

	if (gatekeeper == NULL && asprintf(ret_error, "gatekeeper: %s", zmq_strerror(errno)) < 0)
		*ret_error = NULL;
	gatekeeper_destroy(&gatekeeper);
	if (context != NULL)
		(void)zmq_ctx_term(context);
	return good;
}
