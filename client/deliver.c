#include "deliver.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

#define PROTOCOL_VERSION "baocao/1"

enum {
	REPORTS_MAX = 500,          // of a submission; the server takes 1,000
	BYTES_MAX = 900 * 1024,     // of a submission; the server takes 1 MiB
	IN_FLIGHT_MAX = 8,          // docs/protocol.md
	RESEND_FIRST_MS = 5000,     // doubled with each try, up to the longest
	RESEND_LONGEST_MS = 60000,
	FRAME_OVERHEAD = 16         // tag and length of a report, with room
};

struct flight {
	size_t first, count; // of reports; count 0: free
	uint64_t submission_id;
	int64_t due;         // when to send it again
	unsigned interval;
};

struct delivery {
	const struct deliver_server *server;
	const struct deliver_report *reports;
	size_t count, next, answered;
	deliver_answer answer;
	void *user;
	void *context, *socket;
	uint64_t last_id;
	int64_t last_answer;
	struct flight flights[IN_FLIGHT_MAX];
	uint8_t *buffer;
};

static int64_t now_ms(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool set_int(void *socket, int option, int value)
{
	return zmq_setsockopt(socket, option, &value, sizeof value) == 0;
}

static bool set_key(void *socket, int option, const char *key)
{
	return key == NULL || zmq_setsockopt(socket, option, key, strlen(key) + 1) == 0;
}

// No routing id: the server knows us by our key. IMMEDIATE: nothing is queued for a connection that is not there.
static bool open_socket(struct delivery *delivery)
{
	const struct deliver_server *server = delivery->server;

	delivery->context = zmq_ctx_new();
	void *socket = delivery->context == NULL ? NULL : zmq_socket(delivery->context, ZMQ_DEALER);
	delivery->socket = socket;
	if (socket != NULL && set_int(socket, ZMQ_LINGER, 0) && set_int(socket, ZMQ_IMMEDIATE, 1) &&
	    set_int(socket, ZMQ_RECONNECT_IVL, 500) && set_int(socket, ZMQ_RECONNECT_IVL_MAX, 60000) &&
	    set_int(socket, ZMQ_HEARTBEAT_IVL, 10000) && set_int(socket, ZMQ_HEARTBEAT_TIMEOUT, 30000) &&
	    set_int(socket, ZMQ_SNDHWM, 2 * IN_FLIGHT_MAX) && set_key(socket, ZMQ_CURVE_SERVERKEY, server->server_public_key) &&
	    set_key(socket, ZMQ_CURVE_PUBLICKEY, server->public_key) &&
	    set_key(socket, ZMQ_CURVE_SECRETKEY, server->secret_key) && zmq_connect(socket, server->endpoint) == 0)
		return true;
	(void)fprintf(stderr, "baocao: %s: %s\n", server->endpoint, zmq_strerror(zmq_errno()));
	return false;
}

static void close_socket(struct delivery *delivery)
{
	if (delivery->socket != NULL)
		(void)zmq_close(delivery->socket);
	if (delivery->context != NULL)
		(void)zmq_ctx_term(delivery->context);
}

static size_t put_varint(uint8_t *to, uint64_t value)
{
	size_t used = 0;
	for (; value >= 0x80; value >>= 7)
		to[used++] = (uint8_t)(value | 0x80);
	to[used++] = (uint8_t)value;
	return used;
}

// The Submission of protocol.proto around reports that are packed already: fields 1 and 2.
static size_t pack(struct delivery *delivery, const struct flight *flight)
{
	uint8_t *to = delivery->buffer;

	*to++ = 1 << 3;
	to += put_varint(to, flight->submission_id);
	for (size_t i = flight->first; i < flight->first + flight->count; i++) {
		*to++ = 2 << 3 | 2;
		to += put_varint(to, delivery->reports[i].size);
		memcpy(to, delivery->reports[i].bytes, delivery->reports[i].size);
		to += delivery->reports[i].size;
	}
	return (size_t)(to - delivery->buffer);
}

// A send that cannot be done now is a send that was lost: its time-out comes.
static void send_flight(struct delivery *delivery, struct flight *flight)
{
	size_t size = pack(delivery, flight);
	unsigned interval = flight->interval;

	if (zmq_send(delivery->socket, PROTOCOL_VERSION, strlen(PROTOCOL_VERSION), ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0)
		(void)zmq_send(delivery->socket, delivery->buffer, size, ZMQ_DONTWAIT);
	else
		interval = 200; // not connected yet: look again soon, and do not count it as a try
	flight->due = now_ms() + interval / 2 + randombytes_uniform(interval / 2 + 1);
	if (interval == flight->interval && flight->interval < RESEND_LONGEST_MS)
		flight->interval *= 2;
}

static void start_flight(struct delivery *delivery, struct flight *flight)
{
	size_t bytes = FRAME_OVERHEAD;

	*flight = (struct flight){.first = delivery->next, .submission_id = ++delivery->last_id, .interval = RESEND_FIRST_MS};
	while (delivery->next < delivery->count && flight->count < REPORTS_MAX) {
		bytes += delivery->reports[delivery->next].size + FRAME_OVERHEAD;
		if (flight->count > 0 && bytes > BYTES_MAX)
			break;
		flight->count++;
		delivery->next++;
	}
	send_flight(delivery, flight);
}

static void take_receipt(struct delivery *delivery, const Baocao__Receipt *receipt)
{
	for (size_t i = 0; i < IN_FLIGHT_MAX; i++) {
		struct flight *flight = &delivery->flights[i];
		if (flight->count == 0 || flight->submission_id != receipt->submission_id)
			continue;
		if (receipt->has_whole && receipt->whole == BAOCAO__OUTCOME__OUTCOME_BUSY) {
			flight->due = now_ms() + receipt->retry_after_ms;
			return;
		}
		if (!receipt->has_whole && receipt->n_outcome != flight->count)
			return; // not an answer to what we sent: the time-out comes
		for (size_t j = 0; j < flight->count; j++)
			delivery->answer(delivery->user, flight->first + j, receipt, receipt->has_whole ? NULL : receipt->outcome[j]);
		delivery->answered += flight->count;
		flight->count = 0;
		return;
	}
	// Nobody waits for it: the answer to a submission that was sent twice.
}

static void receive(struct delivery *delivery)
{
	zmq_msg_t frame;
	bool more = true;

	for (int index = 0; more; index++) {
		(void)zmq_msg_init(&frame);
		if (zmq_msg_recv(&frame, delivery->socket, ZMQ_DONTWAIT) < 0) {
			(void)zmq_msg_close(&frame);
			return;
		}
		more = zmq_msg_more(&frame) != 0;
		Baocao__Receipt *receipt =
			index == 1 && !more ? baocao__receipt__unpack(NULL, zmq_msg_size(&frame), zmq_msg_data(&frame)) : NULL;
		if (receipt != NULL) {
			delivery->last_answer = now_ms();
			take_receipt(delivery, receipt);
			baocao__receipt__free_unpacked(receipt, NULL);
		}
		(void)zmq_msg_close(&frame);
	}
}

// Starts and repeats what is due; gives the time until the next is.
static long serve_flights(struct delivery *delivery)
{
	int64_t next = now_ms() + 1000;

	for (size_t i = 0; i < IN_FLIGHT_MAX; i++) {
		struct flight *flight = &delivery->flights[i];
		if (flight->count == 0 && delivery->next < delivery->count)
			start_flight(delivery, flight);
		else if (flight->count > 0 && flight->due <= now_ms())
			send_flight(delivery, flight);
		if (flight->count > 0 && flight->due < next)
			next = flight->due;
	}
	int64_t left = next - now_ms();
	return left < 0 ? 0 : (long)left;
}

static bool run(struct delivery *delivery)
{
	delivery->last_answer = now_ms();
	while (delivery->answered < delivery->count) {
		zmq_pollitem_t item = {.socket = delivery->socket, .events = ZMQ_POLLIN};
		long wait = serve_flights(delivery);
		if (zmq_poll(&item, 1, wait) > 0)
			receive(delivery);
		if (now_ms() - delivery->last_answer > delivery->server->patience_ms) {
			(void)fprintf(stderr, "baocao: %s: no answer for %u s; is the key registered, the server's key right?\n",
			              delivery->server->endpoint, delivery->server->patience_ms / 1000);
			return false;
		}
	}
	return true;
}

bool deliver(const struct deliver_server *server, const struct deliver_report *reports, size_t count, deliver_answer answer,
             void *user)
{
	struct delivery delivery = {
		.server = server, .reports = reports, .count = count, .answer = answer, .user = user};
	size_t largest = 0;
	bool done = false;

	for (size_t i = 0; i < count; i++)
		largest = reports[i].size > largest ? reports[i].size : largest;
	delivery.buffer = malloc(BYTES_MAX + largest + FRAME_OVERHEAD);
	if (delivery.buffer == NULL)
		(void)fputs("baocao: out of memory\n", stderr);
	else if (open_socket(&delivery))
		done = run(&delivery);
	close_socket(&delivery);
	free(delivery.buffer);
	return done;
}
