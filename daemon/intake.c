#define _GNU_SOURCE // asprintf
#include "intake.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <zmq.h>

#include "authority.h"
#include "endpoint.h"
#include "gatekeeper.h"
#include "log.h"
#include "receipt.h"
#include "submission.h"

#define PROTOCOL_VERSION "baocao/1"

enum {
	READS_PER_TURN = 64, // submissions read before receipts get their turn
	FRAMES_KEPT = 4,     // of a message: routing id, version, body, and one too many
	SENDERS_STEP = 256
};

struct intake {
	struct intake_parts parts;
	void *context, *router, *pull; // pull may be NULL
	struct gatekeeper *gatekeeper;
	struct catalogue *catalogue;
	size_t pending_reports, pending_bytes;
	size_t *in_flight; // reports by collector_id
	size_t in_flight_size;
	int signals; // seen so far
};

/* making and unmaking */

static bool open_sockets(struct intake *intake, char **ret_error)
{
	const struct config *config = intake->parts.config;

	intake->context = zmq_ctx_new();
	intake->gatekeeper = intake->context == NULL ? NULL : gatekeeper_create(intake->context);
	if (intake->gatekeeper == NULL) {
		if (asprintf(ret_error, "gatekeeper: %s", zmq_strerror(errno)) < 0)
			*ret_error = NULL;
		return false;
	}
	intake->router = endpoint_bind(intake->context, ZMQ_ROUTER, config->listen_router, config->secret_key_file, ret_error);
	if (intake->router == NULL)
		return false;
	if (config->listen_pull[0] == '\0')
		return true;
	intake->pull = endpoint_bind(intake->context, ZMQ_PULL, config->listen_pull, config->secret_key_file, ret_error);
	return intake->pull != NULL;
}

struct intake *intake_create(const struct intake_parts *parts, struct catalogue *catalogue, char **ret_error)
{
	struct intake *intake = calloc(1, sizeof *intake);
	*ret_error = NULL;
	if (intake == NULL)
		return NULL;
	intake->parts = *parts;
	if (!open_sockets(intake, ret_error)) {
		intake_destroy(&intake);
		return NULL;
	}
	intake->catalogue = catalogue;
	return intake;
}

void intake_destroy(struct intake **intake)
{
	if (*intake == NULL)
		return;
	if ((*intake)->pull != NULL)
		(void)zmq_close((*intake)->pull);
	if ((*intake)->router != NULL)
		(void)zmq_close((*intake)->router);
	gatekeeper_destroy(&(*intake)->gatekeeper);
	if ((*intake)->context != NULL)
		(void)zmq_ctx_term((*intake)->context);
	catalogue_destroy(&(*intake)->catalogue);
	free((*intake)->in_flight);
	free(*intake);
	*intake = NULL;
}

/* room */

static bool has_room(const struct intake *intake)
{
	const struct config *config = intake->parts.config;
	return intake->pending_reports < (size_t)config->max_pending_reports &&
	       intake->pending_bytes < (size_t)config->max_pending_mib << 20;
}

// The counter of one collector; NULL when memory is out. collector_id comes from an identity column: small and dense.
static size_t *in_flight_of(struct intake *intake, int32_t collector_id)
{
	size_t index = (size_t)collector_id;
	if (index >= intake->in_flight_size) {
		size_t size = index + SENDERS_STEP;
		size_t *grown = realloc(intake->in_flight, size * sizeof *grown);
		if (grown == NULL)
			return NULL;
		memset(grown + intake->in_flight_size, 0, (size - intake->in_flight_size) * sizeof *grown);
		intake->in_flight = grown;
		intake->in_flight_size = size;
	}
	return &intake->in_flight[index];
}

static void count_in(struct intake *intake, struct submission *submission, size_t *in_flight)
{
	submission->cost = zmq_msg_size(&submission->body) + arena_held(submission->arena);
	intake->pending_bytes += submission->cost;
	intake->pending_reports += submission_weight(submission);
	*in_flight += submission_weight(submission);
}

static void count_out(struct intake *intake, const struct submission *submission)
{
	intake->pending_bytes -= submission->cost;
	intake->pending_reports -= submission_weight(submission);
	intake->in_flight[submission->collector_id] -= submission_weight(submission);
}

/* receipts */

// A receipt that cannot be sent is dropped: the collector asks again and gets DUPLICATE.
static void send_receipt(struct intake *intake, const struct submission *submission, const uint8_t *bytes, size_t size)
{
	if (bytes == NULL || submission->routing_id_size == 0)
		return;
	if (zmq_send(intake->router, submission->routing_id, submission->routing_id_size, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0)
		return;
	(void)zmq_send(intake->router, PROTOCOL_VERSION, strlen(PROTOCOL_VERSION), ZMQ_SNDMORE | ZMQ_DONTWAIT);
	(void)zmq_send(intake->router, bytes, size, ZMQ_DONTWAIT);
}

static void answer_done(struct intake *intake)
{
	for (size_t i = 0; i < intake->parts.lane_count; i++) {
		struct submission *submission = lane_collect(intake->parts.lanes[i]);
		while (submission != NULL) {
			struct submission *next = submission->next;
			size_t size;
			uint8_t *bytes = receipt_pack(submission, &size);
			count_out(intake, submission);
			send_receipt(intake, submission, bytes, size);
			submission_destroy(&submission);
			submission = next;
		}
	}
}

/* submissions */

struct message {
	size_t frame_count;            // all of them, kept or not
	zmq_msg_t frames[FRAMES_KEPT]; // initialised as far as frame_count
};

static void message_close(struct message *message)
{
	for (size_t i = 0; i < message->frame_count && i < FRAMES_KEPT; i++)
		(void)zmq_msg_close(&message->frames[i]);
}

// Reads one whole message, dropping frames beyond those kept. False when none waits.
static bool receive(void *socket, struct message *message)
{
	bool more = true;
	for (message->frame_count = 0; more; message->frame_count++) {
		zmq_msg_t spare = {{0}};
		zmq_msg_t *frame = message->frame_count < FRAMES_KEPT ? &message->frames[message->frame_count] : &spare;
		(void)zmq_msg_init(frame);
		if (zmq_msg_recv(frame, socket, ZMQ_DONTWAIT) < 0) {
			(void)zmq_msg_close(frame);
			return message->frame_count > 0;
		}
		more = zmq_msg_more(frame) != 0;
		if (frame == &spare)
			(void)zmq_msg_close(&spare);
	}
	return true;
}

// The sender by its CURVE key, checked on every message; NULL when it may not file.
static const struct catalogue_key *sender_of(const struct intake *intake, zmq_msg_t *frame, date_instant now)
{
	const char *public_key = zmq_msg_gets(frame, "User-Id");
	const char *anonymous = intake->parts.config->anonymous_collector;
	bool has_key = public_key != NULL && public_key[0] != '\0';
	const struct catalogue_key *key = has_key               ? catalogue_key(intake->catalogue, public_key)
	                                  : anonymous[0] != '\0' ? catalogue_collector(intake->catalogue, anonymous)
	                                                         : NULL;
	return key != NULL && catalogue_key_is_valid(key, now) ? key : NULL;
}

static bool version_is_spoken(zmq_msg_t *version)
{
	return zmq_msg_size(version) == strlen(PROTOCOL_VERSION) &&
	       memcmp(zmq_msg_data(version), PROTOCOL_VERSION, strlen(PROTOCOL_VERSION)) == 0;
}

// Text of a frame for a message to people: what is not printable ASCII becomes a question mark.
static const char *frame_text(zmq_msg_t *frame, char text[static 32])
{
	size_t size = zmq_msg_size(frame) < 31 ? zmq_msg_size(frame) : 31;
	const unsigned char *bytes = zmq_msg_data(frame);
	for (size_t i = 0; i < size; i++)
		text[i] = bytes[i] >= ' ' && bytes[i] < 0x7F ? (char)bytes[i] : '?';
	text[size] = '\0';
	return text;
}

// Frames, version, size: what can be wrong before the body is looked at.
static void open_body(struct submission *submission, struct message *message, size_t first, size_t frames)
{
	char value[32], limit[32];
	size_t size = zmq_msg_size(&submission->body);

	if (frames != 2) {
		(void)snprintf(value, sizeof value, "%zu", frames);
		submission_refuse(submission, RULE_FRAMES, value, "2");
	} else if (!version_is_spoken(&message->frames[first])) {
		submission_refuse(submission, RULE_VERSION, frame_text(&message->frames[first], value), PROTOCOL_VERSION);
	} else if (size > SUBMISSION_SIZE_MAX) {
		(void)snprintf(value, sizeof value, "%zu", size);
		(void)snprintf(limit, sizeof limit, "%d", SUBMISSION_SIZE_MAX);
		submission_refuse(submission, RULE_TOO_LARGE, value, limit);
	} else {
		submission_open(submission);
	}
}

// Ownership of the submission passes on, or it ends here.
static void take_in(struct intake *intake, struct submission *submission, const struct catalogue_key *sender)
{
	size_t *in_flight = in_flight_of(intake, sender->collector_id);
	size_t size;

	if (in_flight == NULL) {
		log_error("out of memory: a submission of %s is dropped unanswered", sender->name);
		submission_destroy(&submission);
		return;
	}
	// Who waits for no receipt cannot be told BUSY: such a sender is slowed down by the common room only.
	if (submission->routing_id_size > 0 && *in_flight >= (size_t)intake->parts.config->sender_max_reports) {
		uint8_t *bytes = receipt_pack_busy(submission, (uint32_t)intake->parts.config->busy_retry_ms, &size);
		send_receipt(intake, submission, bytes, size);
		submission_destroy(&submission);
		return;
	}
	if (!submission_decode(submission, intake->parts.contract)) {
		log_error("out of memory: a submission of %s is dropped unanswered", sender->name);
		submission_destroy(&submission);
		return;
	}
	for (size_t i = 0; i < submission->item_count; i++)
		authority_judge(intake->parts.contract, intake->catalogue, sender->scope_unit_id, &submission->items[i]);
	count_in(intake, submission, in_flight);
	lane_put(intake->parts.lanes[(size_t)sender->scope_top_unit_id % intake->parts.lane_count], submission);
}

static void handle_message(struct intake *intake, struct message *message, bool routed)
{
	size_t first = routed ? 1 : 0; // the routing id is libzmq's, not the sender's
	size_t frames = message->frame_count - first;
	size_t body = frames >= 2 ? first + 1 : message->frame_count - 1;
	date_instant now = date_now();

	if (message->frame_count <= first)
		return; // a routing id alone: an empty message of nobody
	const struct catalogue_key *sender = sender_of(intake, &message->frames[body], now);
	if (sender == NULL) {
		log_warning("dropped a message whose sender has no valid key any more");
		return;
	}
	struct submission *submission = submission_create(&message->frames[body], now);
	if (submission == NULL) {
		log_error("out of memory: a submission of %s is dropped unanswered", sender->name);
		return;
	}
	submission->collector_id = sender->collector_id;
	submission->scope_top_unit_id = sender->scope_top_unit_id;
	if (routed && zmq_msg_size(&message->frames[0]) <= SUBMISSION_ROUTING_ID_MAX) {
		submission->routing_id_size = zmq_msg_size(&message->frames[0]);
		memcpy(submission->routing_id, zmq_msg_data(&message->frames[0]), submission->routing_id_size);
	}
	open_body(submission, message, first, frames);
	take_in(intake, submission, sender);
}

static void read_socket(struct intake *intake, void *socket, bool routed)
{
	struct message message;
	for (int reads = 0; reads < READS_PER_TURN && has_room(intake); reads++) {
		if (!receive(socket, &message))
			return;
		handle_message(intake, &message, routed);
		message_close(&message);
	}
}

/* the loop */

static void refresh_catalogue(struct intake *intake)
{
	struct catalogue *fresh = watcher_take(intake->parts.watcher);
	char before[CATALOGUE_SUMMARY_SIZE], after[CATALOGUE_SUMMARY_SIZE];
	date_instant now = date_now();

	if (fresh == NULL)
		return;
	catalogue_summary(intake->catalogue, now, before);
	catalogue_summary(fresh, now, after);
	if (strcmp(before, after) != 0) // else it is the refresh of every minute
		log_info("catalogue: %s", after);
	catalogue_destroy(&intake->catalogue);
	intake->catalogue = fresh;
}

static void take_wake(struct intake *intake)
{
	uint64_t count;
	ssize_t taken = read(intake->parts.wake_fd, &count, sizeof count);
	(void)taken; // nothing to read: somebody else's wake was seen already
	refresh_catalogue(intake);
	answer_done(intake);
}

static void take_signals(struct intake *intake)
{
	struct signalfd_siginfo info;
	while (read(intake->parts.signal_fd, &info, sizeof info) == (ssize_t)sizeof info)
		intake->signals++;
}

// One turn: waits at most so long (-1: for ever) and serves what is there.
static void turn(struct intake *intake, bool reading, long timeout)
{
	short in = reading && has_room(intake) ? ZMQ_POLLIN : 0;
	zmq_pollitem_t items[] = {
		{.fd = intake->parts.signal_fd, .events = ZMQ_POLLIN},
		{.fd = intake->parts.wake_fd, .events = ZMQ_POLLIN},
		{.socket = gatekeeper_socket(intake->gatekeeper), .events = ZMQ_POLLIN},
		{.socket = intake->router, .events = in},
		{.socket = intake->pull, .events = in, .fd = -1},
	};
	// Without a pull socket the last row would be a descriptor: leave it out.
	if (zmq_poll(items, intake->pull == NULL ? 4 : 5, timeout) < 0)
		return; // interrupted: the next turn looks again
	if (items[0].revents != 0)
		take_signals(intake);
	if (items[1].revents != 0)
		take_wake(intake);
	if (items[2].revents != 0)
		gatekeeper_serve(intake->gatekeeper, intake->catalogue);
	if (items[3].revents != 0)
		read_socket(intake, intake->router, true);
	if (items[4].revents != 0)
		read_socket(intake, intake->pull, false);
}

static void close_lanes(struct intake *intake, bool abandon)
{
	for (size_t i = 0; i < intake->parts.lane_count; i++) {
		lane_close(intake->parts.lanes[i]);
		if (abandon)
			lane_abandon(intake->parts.lanes[i]);
	}
}

void intake_run(struct intake *intake)
{
	while (intake->signals == 0)
		turn(intake, true, -1);

	date_instant deadline = date_now() + intake->parts.config->drain_seconds * 1000000;
	log_info("stopping: %zu reports to be written", intake->pending_reports);
	close_lanes(intake, false);
	while (intake->pending_reports > 0 && intake->signals == 1) {
		date_instant left = deadline - date_now();
		if (left <= 0)
			break;
		turn(intake, false, (long)(left / 1000) + 1);
	}
	if (intake->pending_reports > 0)
		log_warning("stopping with %zu reports unanswered; their collectors will send them again", intake->pending_reports);
	close_lanes(intake, true);
}
