#include "ping.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

#include "exit_status.h"
#include "servers.h"
#include "words.h"

enum {
	AGAIN_AFTER = 3,  // connections that end before the handshake does: the server closes them, it is not the line
	RECONNECT_MS = 300
};

// How far a server was reached; what became of it, in words.
enum reach { REACH_NOBODY, REACH_NO_HANDSHAKE, REACH_KEY_REFUSED, REACH_WHOLE, REACH_COUNT };

static const char *const reach_texts[REACH_COUNT] = {
	[REACH_NOBODY] = N_("nobody answers: is the line up, the address right, the server running?"),
	[REACH_NO_HANDSHAKE] = N_("somebody answers, but not as this server: is --server-key right?"),
	[REACH_KEY_REFUSED] = N_("the server refuses this key: is it registered, and not revoked?"),
	[REACH_WHOLE] = N_("the server knows this key"),
};

static int64_t now_ms(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool set_keys(void *socket, const struct deliver_servers *servers, int index)
{
	char public[KEYS_TEXT_SIZE];

	if (servers->secret_key[0] == '\0')
		return true;
	return zmq_curve_public(public, servers->secret_key) == 0 &&
	       zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, public, sizeof public) == 0 &&
	       zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, servers->secret_key, KEYS_TEXT_SIZE) == 0 &&
	       zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, servers->server_keys[index], KEYS_TEXT_SIZE) == 0;
}

// The next event of a socket's monitor, 0 when none came until then. An event is two frames (zmq_socket_monitor(3)).
static uint16_t next_event(void *monitor, int64_t until)
{
	zmq_pollitem_t item = {.socket = monitor, .events = ZMQ_POLLIN};
	uint8_t event[6], address[256];
	uint16_t number = 0;
	int64_t left = until - now_ms();

	if (left > 0 && zmq_poll(&item, 1, (long)left) > 0 &&
	    zmq_recv(monitor, event, sizeof event, ZMQ_DONTWAIT) == (int)sizeof event) {
		(void)zmq_recv(monitor, address, sizeof address, ZMQ_DONTWAIT);
		memcpy(&number, event, sizeof number);
	}
	return number;
}

static enum reach follow(void *monitor, int64_t until)
{
	enum reach reach = REACH_NOBODY;
	int ended = 0;

	for (uint16_t event; ended < AGAIN_AFTER && (event = next_event(monitor, until)) != 0;) {
		if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
			return REACH_WHOLE;
		if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)
			return REACH_KEY_REFUSED;
		if (event == ZMQ_EVENT_CONNECTED)
			reach = REACH_NO_HANDSHAKE;
		else // the handshake failed, or the connection was closed in it
			ended++;
	}
	return reach;
}

static enum reach reach_server(void *context, const struct deliver_servers *servers, int index, int64_t until)
{
	const int events = ZMQ_EVENT_CONNECTED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
	                   ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
	                   ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL;
	const int linger = 0, reconnect = RECONNECT_MS;
	void *socket = zmq_socket(context, ZMQ_DEALER), *monitor = zmq_socket(context, ZMQ_PAIR);
	enum reach reach = REACH_NOBODY;
	char name[32];

	(void)snprintf(name, sizeof name, "inproc://ping%d", index);
	if (socket != NULL && monitor != NULL && zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger) == 0 &&
	    zmq_setsockopt(socket, ZMQ_RECONNECT_IVL, &reconnect, sizeof reconnect) == 0 && set_keys(socket, servers, index) &&
	    zmq_socket_monitor(socket, name, events) == 0 && zmq_connect(monitor, name) == 0 &&
	    zmq_connect(socket, servers->endpoints[index]) == 0)
		reach = follow(monitor, until);
	else
		(void)fprintf(stderr, "baocao: %s: %s\n", servers->endpoints[index], zmq_strerror(zmq_errno()));
	if (monitor != NULL)
		(void)zmq_close(monitor);
	if (socket != NULL)
		(void)zmq_close(socket);
	return reach;
}

static enum exit_status try_all(const struct options *options, const struct deliver_servers *servers, void *context)
{
	int whole = 0;

	for (int i = 0; i < servers->count; i++) {
		int64_t begun = now_ms();
		enum reach reach = reach_server(context, servers, i, begun + options->timeout_s * 1000);
		whole += reach == REACH_WHOLE;
		(void)printf("%s: %s", servers->endpoints[i], _(reach_texts[reach]));
		if (reach == REACH_WHOLE)
			(void)printf(_(" (after %lld ms)"), (long long)(now_ms() - begun));
		(void)fputc('\n', stdout);
		(void)fflush(stdout);
	}
	return whole == servers->count ? STATUS_ALL_STORED : whole > 0 ? STATUS_SOME_NOT : STATUS_NO_ANSWER;
}

int ping_servers(const struct options *options)
{
	struct deliver_servers servers;
	enum exit_status status = STATUS_WRONG;

	if (servers_of(options, &servers)) {
		void *context = zmq_ctx_new();
		status = try_all(options, &servers, context);
		(void)zmq_ctx_term(context);
	}
	servers_wipe(&servers);
	return (int)status;
}
