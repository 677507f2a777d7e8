#include "monitor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

enum {
	ADDRESS_SIZE = 64,
	EVENTS = ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
			 ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL
};

struct monitor {
	void *watched, *socket;
	struct metrics_thread *thread;
	int64_t open;
};

// No bound on what waits: libzmq's own thread would wait for us when it is reached. It is read every second.
static bool attach(struct monitor *monitor, void *context, const char *name)
{
	char address[ADDRESS_SIZE];
	int unlimited = 0;

	(void)snprintf(address, sizeof address, "inproc://monitor-%s", name);
	monitor->socket = zmq_socket(context, ZMQ_PAIR);
	return monitor->socket != NULL && zmq_setsockopt(monitor->socket, ZMQ_RCVHWM, &unlimited, sizeof unlimited) == 0 &&
		   zmq_socket_monitor(monitor->watched, address, EVENTS) == 0 && zmq_connect(monitor->socket, address) == 0;
}

struct monitor *monitor_create(void *context, void *socket, const char *name, struct metrics_thread *thread)
{
	struct monitor *monitor = calloc(1, sizeof *monitor);

	if (monitor == NULL)
		return NULL;
	monitor->watched = socket;
	monitor->thread = thread;
	if (!attach(monitor, context, name))
		monitor_destroy(&monitor);
	return monitor;
}

void monitor_destroy(struct monitor **monitor)
{
	if (*monitor == NULL)
		return;
	(void)zmq_socket_monitor((*monitor)->watched, NULL, 0);
	if ((*monitor)->socket != NULL)
		(void)zmq_close((*monitor)->socket);
	free(*monitor);
	*monitor = NULL;
}

static void count(struct monitor *monitor, uint16_t event)
{
	switch (event) {
	case ZMQ_EVENT_ACCEPTED:
		monitor->open++;
		metrics_add(monitor->thread, METRIC_ACCEPTED, 0, 1);
		break;
	case ZMQ_EVENT_DISCONNECTED:
		monitor->open--;
		break;
	case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
		metrics_add(monitor->thread, METRIC_FAILED_HANDSHAKES, metrics_handshake_reason("protocol"), 1);
		break;
	case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
		metrics_add(monitor->thread, METRIC_FAILED_HANDSHAKES, metrics_handshake_reason("broken off"), 1);
		break;
	default:
		break;
	}
}

// An event is two frames: number and value, packed, and the address.
int64_t monitor_read(struct monitor *monitor)
{
	unsigned char head[6];
	char address[1];
	uint16_t event;

	if (monitor == NULL)
		return 0;
	while (zmq_recv(monitor->socket, head, sizeof head, ZMQ_DONTWAIT) == (int)sizeof head) {
		memcpy(&event, head, sizeof event);
		count(monitor, event);
		(void)zmq_recv(monitor->socket, address, sizeof address, ZMQ_DONTWAIT); // cut: it is not wanted
	}
	return monitor->open > 0 ? monitor->open : 0;
}
