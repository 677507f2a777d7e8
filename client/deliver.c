#include "deliver.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

#include "answer.h"
#include "proofs.h"
#include "setback.h"
#include "window.h"
#include "words.h"

#define PROTOCOL_VERSION "baocao/1"
#define MONITOR_ENDPOINT "inproc://monitor"

enum {
	IN_FLIGHT_MAX = 8,          // docs/protocol.md
	RESEND_LONGEST_MS = 60000,  // the time-out of a submission is doubled with each try, up to this
	BUSY_SHORTEST_MS = 10,      // what a server may ask for: its option busy_retry_ms
	BUSY_LONGEST_MS = 600000,
	LOST_FIRST_MS = 200,        // until what was lost with a connection is taken again; doubled with each loss before an answer
	LOST_LONGEST_MS = 60000,
	UNCONNECTED_MS = 200,       // until the next look for a connection
	REOPEN_FIRST_MS = 500,      // after a handshake that failed; doubled up to the longest
	REOPEN_LONGEST_MS = 30000,
	ID_SPACE = 12               // tag and varint of submission_id, with room
};

struct flight {
	struct outbox_parcel parcel; // empty: free
	uint64_t submission_id;
	int64_t due;       // when to send it again
	unsigned interval; // until then
	int64_t sent_at;   // 0: not yet
	bool sent_again;
	bool is_busy;      // the server has asked to wait
};

struct delivery {
	const struct deliver_servers *servers;
	struct outbox *outbox;
	struct proofs *proofs;
	struct window window;
	void (*answered)(void *user, int64_t entry_no);
	void *user;
	const struct deliver_meanwhile *meanwhile; // NULL: none
	void *context, *socket, *monitor;
	uint64_t last_id;
	int64_t last_answer;
	bool complained;      // that no answer comes
	int64_t resume_at;    // nothing is taken before that, after a connection was lost
	unsigned lost_pause;
	bool exhausted;       // nothing more to take until the next rewind
	bool fresh;           // nothing was taken since the last rewind
	bool outbox_failed;
	bool key_refused;     // by a server, on the last handshake
	int64_t reopen_at;    // 0: not
	unsigned reopen_pause;
	char history[SETBACK_HISTORY_SIZE]; // of the server's database, as the last receipt had it
	struct flight flights[IN_FLIGHT_MAX];
};

static int64_t now_ms(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static unsigned jittered(unsigned milliseconds)
{
	return milliseconds / 2 + randombytes_uniform(milliseconds / 2 + 1);
}

/* the connection */

// No routing id: the server knows us by our key. IMMEDIATE: nothing is queued for a connection that is not there.
static const struct {
	int option, value;
} settings[] = {
	{ZMQ_LINGER, 0},
	{ZMQ_IMMEDIATE, 1},
	{ZMQ_RECONNECT_IVL, 100},
	{ZMQ_RECONNECT_IVL_MAX, 10000},
	{ZMQ_HEARTBEAT_IVL, 5000},
	{ZMQ_HEARTBEAT_TIMEOUT, 30000}, // behind a report of 30 KB on a line of 8 kbit/s
	{ZMQ_SNDHWM, 2 * IN_FLIGHT_MAX},
};

static bool set_text(void *socket, int option, const char *text)
{
	return text[0] == '\0' || zmq_setsockopt(socket, option, text, strlen(text) + 1) == 0;
}

static bool set_keys(void *socket, const char *secret)
{
	char public[KEYS_TEXT_SIZE] = "";
	return (secret[0] == '\0' || zmq_curve_public(public, secret) == 0) &&
	       set_text(socket, ZMQ_CURVE_PUBLICKEY, public) && set_text(socket, ZMQ_CURVE_SECRETKEY, secret);
}

// Each connection takes the server's key that is set when it is made.
static bool connect_all(struct delivery *delivery)
{
	const struct deliver_servers *servers = delivery->servers;

	for (int i = 0; i < servers->count; i++) {
		if (set_text(delivery->socket, ZMQ_CURVE_SERVERKEY, servers->server_keys[i]) &&
		    zmq_connect(delivery->socket, servers->endpoints[i]) == 0)
			continue;
		(void)fprintf(stderr, "baocao: %s: %s\n", servers->endpoints[i], zmq_strerror(zmq_errno()));
		return false;
	}
	return true;
}

static bool open_monitor(struct delivery *delivery)
{
	int events = ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
	             ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL;

	if (zmq_socket_monitor(delivery->socket, MONITOR_ENDPOINT, events) != 0)
		return false;
	delivery->monitor = zmq_socket(delivery->context, ZMQ_PAIR);
	return delivery->monitor != NULL && zmq_connect(delivery->monitor, MONITOR_ENDPOINT) == 0;
}

static bool open_socket(struct delivery *delivery)
{
	delivery->context = zmq_ctx_new();
	delivery->socket = delivery->context == NULL ? NULL : zmq_socket(delivery->context, ZMQ_DEALER);
	bool good = delivery->socket != NULL;
	for (size_t i = 0; good && i < sizeof settings / sizeof settings[0]; i++)
		good = zmq_setsockopt(delivery->socket, settings[i].option, &settings[i].value, sizeof settings[i].value) == 0;
	good = good && set_keys(delivery->socket, delivery->servers->secret_key) && open_monitor(delivery);
	if (!good)
		(void)fprintf(stderr, "baocao: ZeroMQ: %s\n", zmq_strerror(zmq_errno()));
	return good && connect_all(delivery);
}

static void close_socket(struct delivery *delivery)
{
	if (delivery->monitor != NULL)
		(void)zmq_close(delivery->monitor);
	if (delivery->socket != NULL)
		(void)zmq_close(delivery->socket);
	if (delivery->context != NULL)
		(void)zmq_ctx_term(delivery->context);
	delivery->monitor = delivery->socket = delivery->context = NULL;
}

/* flights */

static size_t put_id(uint8_t *to, uint64_t id)
{
	size_t used = 0;
	to[used++] = 1 << 3; // Submission.submission_id
	for (; id >= 0x80; id >>= 7)
		to[used++] = (uint8_t)(id | 0x80);
	to[used++] = (uint8_t)id;
	return used;
}

// The Submission of protocol.proto: its number, then the reports, packed already.
static bool send_submission(struct delivery *delivery, const struct flight *flight)
{
	uint8_t id[ID_SPACE];
	size_t id_size = put_id(id, flight->submission_id);
	zmq_msg_t body;

	if (zmq_msg_init_size(&body, id_size + flight->parcel.size) != 0)
		return false;
	memcpy(zmq_msg_data(&body), id, id_size);
	memcpy((uint8_t *)zmq_msg_data(&body) + id_size, flight->parcel.bytes, flight->parcel.size);
	bool sent = zmq_send(delivery->socket, PROTOCOL_VERSION, strlen(PROTOCOL_VERSION), ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0 &&
	            zmq_msg_send(&body, delivery->socket, ZMQ_DONTWAIT) >= 0;
	(void)zmq_msg_close(&body); // harmless after a send
	return sent;
}

static void send_flight(struct delivery *delivery, struct flight *flight)
{
	if (!send_submission(delivery, flight)) { // nobody is connected: that was no try
		flight->due = now_ms() + jittered(UNCONNECTED_MS);
		return;
	}
	if (flight->sent_at != 0)
		flight->sent_again = true;
	flight->sent_at = now_ms();
	flight->due = flight->sent_at + jittered(flight->interval);
	if (flight->interval < RESEND_LONGEST_MS)
		flight->interval *= 2;
}

static void send_again(struct delivery *delivery, struct flight *flight)
{
	if (flight->sent_at != 0 && !flight->is_busy)
		window_timed_out(&delivery->window);
	flight->is_busy = false;
	send_flight(delivery, flight);
}

// Sends the next of what is pending; false when there is nothing more to take now.
static bool start_flight(struct delivery *delivery, struct flight *flight)
{
	size_t size = window_parcel(&delivery->window);

	if (!outbox_take(delivery->outbox, &flight->parcel, size < OUTBOX_PARCEL_BYTES ? size : OUTBOX_PARCEL_BYTES)) {
		flight->parcel.count = 0;
		delivery->outbox_failed = true;
		return false;
	}
	if (flight->parcel.count == 0)
		return false;
	delivery->fresh = false;
	flight->submission_id = ++delivery->last_id;
	flight->interval = window_timeout_ms(&delivery->window);
	flight->sent_at = 0;
	flight->sent_again = flight->is_busy = false;
	window_sent(&delivery->window, flight->parcel.size);
	send_flight(delivery, flight);
	return true;
}

static bool is_idle(const struct delivery *delivery)
{
	for (size_t i = 0; i < IN_FLIGHT_MAX; i++)
		if (delivery->flights[i].parcel.count > 0)
			return false;
	return true;
}

static bool may_start(const struct delivery *delivery)
{
	return !delivery->exhausted && delivery->resume_at <= now_ms() && window_has_room(&delivery->window);
}

// Starts and repeats what is due; gives the time until the next is.
static long serve_flights(struct delivery *delivery)
{
	int64_t next = now_ms() + 1000;

	if (delivery->resume_at > now_ms() && delivery->resume_at < next)
		next = delivery->resume_at;

	for (size_t i = 0; i < IN_FLIGHT_MAX; i++) {
		struct flight *flight = &delivery->flights[i];
		if (flight->parcel.count == 0 && may_start(delivery))
			delivery->exhausted = !start_flight(delivery, flight);
		else if (flight->parcel.count > 0 && flight->due <= now_ms())
			send_again(delivery, flight);
		if (flight->parcel.count > 0 && flight->due < next)
			next = flight->due;
	}
	int64_t left = next - now_ms();
	return left < 0 ? 0 : (long)left;
}

/* answers */

static void land(struct delivery *delivery, struct flight *flight, const Baocao__Receipt *receipt)
{
	bool split = receipt->has_whole && flight->parcel.count > 1;
	struct outbox_proof proof;
	bool proven = proofs_check(delivery->proofs, &flight->parcel, receipt, &proof);

	if (!outbox_answer(delivery->outbox, &flight->parcel, receipt, proven ? &proof : NULL) ||
	    (receipt->history != NULL && !setback_note(delivery->outbox, receipt->history, delivery->history))) {
		delivery->outbox_failed = true;
		return;
	}
	for (size_t i = 0; !split && delivery->answered != NULL && i < flight->parcel.count; i++)
		delivery->answered(delivery->user, flight->parcel.entries[i]);
	if (flight->sent_again)
		window_answered_late(&delivery->window, flight->parcel.size);
	else
		window_answered(&delivery->window, flight->parcel.size, (unsigned)(now_ms() - flight->sent_at));
	flight->parcel.count = 0;
	delivery->lost_pause = 0;
}

// As long as the server asks for and up to twice that, within reason.
static int64_t busy_pause(uint32_t retry_after_ms)
{
	unsigned pause = retry_after_ms < BUSY_SHORTEST_MS  ? BUSY_SHORTEST_MS
	                 : retry_after_ms > BUSY_LONGEST_MS ? BUSY_LONGEST_MS
	                                                    : retry_after_ms;
	return (int64_t)pause + jittered(pause);
}

static void take_receipt(struct delivery *delivery, const Baocao__Receipt *receipt)
{
	for (size_t i = 0; i < IN_FLIGHT_MAX; i++) {
		struct flight *flight = &delivery->flights[i];
		if (flight->parcel.count == 0 || flight->submission_id != receipt->submission_id)
			continue;
		if (receipt->has_whole && receipt->whole == BAOCAO__OUTCOME__OUTCOME_BUSY) {
			flight->due = now_ms() + busy_pause(receipt->retry_after_ms);
			flight->is_busy = true;
		} else if (receipt->has_whole || receipt->n_outcome == flight->parcel.count) {
			land(delivery, flight, receipt);
		}
		return; // one with another number of outcomes is no answer to what was sent: the time-out comes
	}
	// Nobody waits for it: the answer to a submission that was sent twice.
}

static void on_answer(struct delivery *delivery)
{
	delivery->last_answer = now_ms();
	delivery->reopen_pause = 0;
	if (delivery->complained)
		(void)fputs(_("baocao: answers come again\n"), stderr);
	delivery->complained = false;
}

// Takes one message; false when none waits.
static bool receive(struct delivery *delivery)
{
	zmq_msg_t frame;
	bool more = true;

	for (int index = 0; more; index++) {
		(void)zmq_msg_init(&frame);
		if (zmq_msg_recv(&frame, delivery->socket, ZMQ_DONTWAIT) < 0) {
			(void)zmq_msg_close(&frame);
			return index > 0;
		}
		more = zmq_msg_more(&frame) != 0;
		Baocao__Receipt *receipt = index == 1 && !more ? answer_read(zmq_msg_data(&frame), zmq_msg_size(&frame)) : NULL;
		if (receipt != NULL) {
			on_answer(delivery);
			take_receipt(delivery, receipt);
			baocao__receipt__free_unpacked(receipt, NULL);
		}
		(void)zmq_msg_close(&frame);
	}
	return true;
}

// What was under way is lost with the connection, or its receipts are. It is taken from the outbox again, in smaller parcels: one
// that is not through before the line is cut would never be. Soon at first, and ever later as long as no answer comes.
static void on_disconnect(struct delivery *delivery)
{
	for (size_t i = 0; i < IN_FLIGHT_MAX; i++)
		delivery->flights[i].parcel.count = 0;
	window_lost(&delivery->window);
	outbox_rewind(delivery->outbox);
	delivery->exhausted = false;
	delivery->fresh = true;
	if (delivery->lost_pause < LOST_LONGEST_MS)
		delivery->lost_pause = delivery->lost_pause == 0 ? LOST_FIRST_MS : 2 * delivery->lost_pause;
	delivery->resume_at = now_ms() + jittered(delivery->lost_pause);
}

// What could not be sent for want of a connection goes now.
static void on_connected(struct delivery *delivery)
{
	delivery->key_refused = false;
	for (size_t i = 0; i < IN_FLIGHT_MAX; i++)
		if (delivery->flights[i].sent_at == 0)
			delivery->flights[i].due = 0;
}

// libzmq gives up a connection whose handshake failed: it is made anew, for the key may be registered by then.
static void on_handshake_failed(struct delivery *delivery)
{
	if (delivery->reopen_at != 0)
		return;
	if (delivery->reopen_pause == 0)
		delivery->reopen_pause = REOPEN_FIRST_MS;
	delivery->reopen_at = now_ms() + jittered(delivery->reopen_pause);
	if (delivery->reopen_pause < REOPEN_LONGEST_MS)
		delivery->reopen_pause *= 2;
}

static bool reopen(struct delivery *delivery)
{
	close_socket(delivery);
	delivery->reopen_at = 0;
	on_disconnect(delivery);
	return open_socket(delivery);
}

// An event is two frames: number (16 bits) and value, then the address (zmq_socket_monitor(3)).
static void take_event(struct delivery *delivery)
{
	uint8_t event[6], address[256];
	uint16_t number;

	if (zmq_recv(delivery->monitor, event, sizeof event, ZMQ_DONTWAIT) != (int)sizeof event)
		return;
	(void)zmq_recv(delivery->monitor, address, sizeof address, ZMQ_DONTWAIT);
	memcpy(&number, event, sizeof number);
	if (number == ZMQ_EVENT_DISCONNECTED) {
		while (!delivery->outbox_failed && receive(delivery))
			continue; // what has arrived counts
		on_disconnect(delivery);
	} else if (number == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
		on_connected(delivery);
	} else {
		delivery->key_refused = number == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
		on_handshake_failed(delivery);
	}
}

/* the loop */

// Whether all that was pending is answered. What could not be taken before, since an earlier revision was under way, is
// taken in another round.
static bool is_done(struct delivery *delivery)
{
	if (!delivery->exhausted || !is_idle(delivery))
		return false;
	if (delivery->fresh)
		return true;
	outbox_rewind(delivery->outbox);
	delivery->exhausted = false;
	delivery->fresh = true;
	return false;
}

static void complain_of_silence(struct delivery *delivery)
{
	(void)fprintf(stderr, _("baocao: no answer for %u s: %s\n"), delivery->servers->patience_ms / 1000,
	              delivery->key_refused ? _("the server refuses this key") : _("is the server up, its key right?"));
	delivery->complained = true;
}

static void wait_and_read(struct delivery *delivery)
{
	zmq_pollitem_t items[] = {{.socket = delivery->socket, .events = ZMQ_POLLIN},
	                          {.socket = delivery->monitor, .events = ZMQ_POLLIN},
	                          {.fd = delivery->meanwhile == NULL ? -1 : delivery->meanwhile->fd, .events = ZMQ_POLLIN}};
	long wait = serve_flights(delivery);

	if (!delivery->exhausted || !is_idle(delivery))
		(void)zmq_poll(items, delivery->meanwhile == NULL ? 2 : 3, wait);
	if (items[0].revents != 0)
		(void)receive(delivery);
	if (items[1].revents != 0)
		take_event(delivery);
}

// False: the caller wants to end.
static bool let_others_work(struct delivery *delivery)
{
	enum deliver_turn turn =
		delivery->meanwhile == NULL ? DELIVER_GO_ON : delivery->meanwhile->turn(delivery->meanwhile->user);

	if (turn == DELIVER_MORE)
		delivery->exhausted = false;
	return turn != DELIVER_STOP;
}

static enum deliver_end run(struct delivery *delivery)
{
	bool patient = delivery->meanwhile != NULL && delivery->meanwhile->patient;

	delivery->last_answer = now_ms();
	while (!is_done(delivery)) {
		wait_and_read(delivery);
		if (delivery->outbox_failed || (delivery->reopen_at != 0 && delivery->reopen_at <= now_ms() && !reopen(delivery)))
			return DELIVER_FAILED;
		if (!let_others_work(delivery))
			return DELIVER_STOPPED;
		if (now_ms() - delivery->last_answer <= delivery->servers->patience_ms)
			continue;
		if (!delivery->complained)
			complain_of_silence(delivery);
		if (!patient)
			return DELIVER_NO_ANSWER;
	}
	return DELIVER_ALL;
}

enum deliver_end deliver(const struct deliver_servers *servers, struct outbox *outbox,
                         void (*answered)(void *user, int64_t entry_no), void *user,
                         const struct deliver_meanwhile *meanwhile)
{
	struct delivery *delivery = calloc(1, sizeof *delivery);
	enum deliver_end end = DELIVER_FAILED;

	if (delivery == NULL) {
		(void)fputs(_("baocao: out of memory\n"), stderr);
		return end;
	}
	delivery->servers = servers;
	delivery->outbox = outbox;
	delivery->proofs = proofs_create(outbox);
	window_init(&delivery->window, (size_t)IN_FLIGHT_MAX * OUTBOX_PARCEL_BYTES);
	delivery->answered = answered;
	delivery->user = user;
	delivery->meanwhile = meanwhile;
	randombytes_buf(&delivery->last_id, sizeof(uint32_t)); // unlike those of an earlier run
	delivery->fresh = true;
	outbox_rewind(outbox);
	if (delivery->proofs != NULL && open_socket(delivery))
		end = run(delivery);
	close_socket(delivery);
	proofs_destroy(&delivery->proofs);
	for (size_t i = 0; i < IN_FLIGHT_MAX; i++)
		outbox_parcel_clear(&delivery->flights[i].parcel);
	free(delivery);
	return end;
}
