#include "collectors.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <zmq.h>

enum { COLLECTORS_MAX = 1024, KEY_TEXT_SIZE = 41, RECEIPT_SIZE_MAX = 1 << 20, PATIENCE_MS = 30000 };

static void end(const char *reason)
{
	(void)fprintf(stderr, "%s\n", reason);
	exit(1);
}

// How many before it are of the same unit: what they file must differ.
static size_t share_of(const struct collectors *collectors, const char *unit)
{
	size_t share = 0;
	for (size_t i = 0; i < collectors->count; i++)
		share += strcmp(collectors->list[i].unit, unit) == 0;
	return share;
}

static struct collectors read_collectors(const char *path)
{
	struct collectors collectors = {.list = calloc(COLLECTORS_MAX, sizeof *collectors.list)};
	FILE *file = fopen(path, "re");
	struct collector next = {0};

	if (collectors.list == NULL || file == NULL)
		end("the list of collectors cannot be read");
	while (fscanf(file, "%15s %63s", next.unit, next.secret) == 2) {
		if (collectors.count == COLLECTORS_MAX)
			end("too many collectors");
		next.share = share_of(&collectors, next.unit);
		next.index = collectors.count;
		collectors.list[collectors.count++] = next;
	}
	(void)fclose(file);
	return collectors;
}

static bool set_curve(void *socket, const char *server_key, const char *secret)
{
	char public[KEY_TEXT_SIZE];
	return zmq_curve_public(public, secret) == 0 &&
	       zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, server_key, KEY_TEXT_SIZE) == 0 &&
	       zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, public, KEY_TEXT_SIZE) == 0 &&
	       zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, secret, KEY_TEXT_SIZE) == 0;
}

static void *open_socket(void *context, const char *endpoint, const char *server_key, const char *secret)
{
	void *socket = zmq_socket(context, ZMQ_DEALER);
	bool curve = strncmp(endpoint, "ipc://", 6) != 0;
	int none = 0, yes = 1, patience = PATIENCE_MS; // nothing lingers; sending waits for a connection only, not for room

	if (socket == NULL || (curve && !set_curve(socket, server_key, secret)) ||
	    zmq_setsockopt(socket, ZMQ_LINGER, &none, sizeof none) != 0 ||
	    zmq_setsockopt(socket, ZMQ_IMMEDIATE, &yes, sizeof yes) != 0 ||
	    zmq_setsockopt(socket, ZMQ_SNDTIMEO, &patience, sizeof patience) != 0 ||
	    zmq_setsockopt(socket, ZMQ_SNDHWM, &none, sizeof none) != 0 || zmq_connect(socket, endpoint) != 0)
		end("cannot connect");
	return socket;
}

// Each socket takes two descriptors and more; a thousand of them are above the usual limit.
static void raise_limits(void *context)
{
	struct rlimit limit;

	if (context == NULL || zmq_ctx_set(context, ZMQ_MAX_SOCKETS, COLLECTORS_MAX + 1) != 0)
		end("no sockets");
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit); // where it is not enough, connecting says so
}

// A socket can be written to when its handshake is done.
static void wait_connected(void *socket)
{
	zmq_pollitem_t item = {.socket = socket, .events = ZMQ_POLLOUT};
	if (zmq_poll(&item, 1, PATIENCE_MS) != 1)
		end("a collector is not let in");
}

struct collectors collectors_connect(const char *path, const char *endpoint, const char *server_key)
{
	struct collectors collectors = read_collectors(path);
	void *context = zmq_ctx_new();

	raise_limits(context);
	for (size_t i = 0; i < collectors.count; i++)
		collectors.list[i].socket = open_socket(context, endpoint, server_key, collectors.list[i].secret);
	for (size_t i = 0; i < collectors.count; i++)
		wait_connected(collectors.list[i].socket);
	return collectors;
}

void collector_send(struct collector *collector, const uint8_t *body, size_t size)
{
	if (zmq_send(collector->socket, "baocao/1", 8, ZMQ_SNDMORE) < 0 || zmq_send(collector->socket, body, size, 0) < 0)
		end("the daemon is gone");
}

Baocao__Receipt *collector_receive(struct collector *collector)
{
	static uint8_t buffer[RECEIPT_SIZE_MAX];

	if (zmq_recv(collector->socket, buffer, sizeof buffer, ZMQ_DONTWAIT) < 0)
		return NULL;
	int size = zmq_recv(collector->socket, buffer, sizeof buffer, 0);
	if (size < 0 || (size_t)size > sizeof buffer)
		return NULL;
	return baocao__receipt__unpack(NULL, (size_t)size, buffer);
}

double seconds_now(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
