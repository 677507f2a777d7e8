#define _GNU_SOURCE // asprintf
#include "intake.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>
#include <zmq.h>

#include "authority.h"
#include "backlog.h"
#include "clock.h"
#include "decode.h"
#include "endpoint.h"
#include "gatekeeper.h"
#include "log.h"
#include "message.h"
#include "monitor.h"
#include "receipt.h"
#include "room.h"
#include "self_test.h"
#include "submission.h"
#include "tally.h"
#include "wake.h"

enum {
	REPORTS_PER_TURN = 1000, // read before receipts get their turn
	MONITORS = 2             // of the sockets
};

struct intake {
	struct intake_parts parts;
	void *context, *router, *pull; // pull may be NULL
	struct gatekeeper *gatekeeper;
	struct catalogue *catalogue;
	struct room room;
	struct backlog *backlog;
	struct decode *decode;
	struct monitor *monitors[MONITORS];
	struct metrics *metrics;
	struct authority_said said;
	int64_t tick_ms;         // when tick() was due last
	bool away;   // some writer cannot write to the database now
	bool stopping;
	bool reloads; // a SIGHUP came
	int signals; // to stop, seen so far
};

/* making and unmaking */

// One socket of that type for all its endpoints; NULL in *ret_socket when there are none.
static bool open_socket(const struct intake *intake, int type, void **ret_socket, char **ret_error)
{
	struct endpoint list[ENDPOINTS_MAX];
	size_t count = endpoint_list(intake->parts.config, type, list);

	if (count > 0)
		*ret_socket = endpoint_open(intake->context, type, list, count, ret_error);
	return count == 0 || *ret_socket != NULL;
}

// The gatekeeper first, then the proof that it keeps the gate, and only then something that others can reach.
static bool open_sockets(struct intake *intake, char **ret_error)
{
	const struct config *config = intake->parts.config;

	intake->context = zmq_ctx_new();
	intake->gatekeeper = intake->context == NULL ? NULL : gatekeeper_create(intake->context, config->anonymous_collector);
	if (intake->gatekeeper == NULL) {
		if (asprintf(ret_error, "gatekeeper: %s", zmq_strerror(errno)) < 0)
			*ret_error = NULL;
		return false;
	}
	if (!self_test(intake->context, intake->gatekeeper, config, ret_error))
		return false;
	health_gate_was_tried(intake->parts.health);
	return open_socket(intake, ZMQ_ROUTER, &intake->router, ret_error) && open_socket(intake, ZMQ_PULL, &intake->pull, ret_error);
}

static void open_monitors(struct intake *intake)
{
	struct metrics_thread *thread = metrics_of_intake(intake->metrics);

	intake->monitors[0] = monitor_create(intake->context, intake->router, "router", thread);
	intake->monitors[1] = intake->pull == NULL ? NULL : monitor_create(intake->context, intake->pull, "pull", thread);
	if (intake->monitors[0] == NULL || (intake->pull != NULL && intake->monitors[1] == NULL))
		log_warning("connections cannot be counted: %s", zmq_strerror(errno));
}

struct intake *intake_create(const struct intake_parts *parts, struct catalogue *catalogue, char **ret_error)
{
	struct intake *intake = calloc(1, sizeof *intake);
	*ret_error = NULL;
	if (intake == NULL)
		return NULL;
	intake->parts = *parts;
	intake->metrics = health_metrics(parts->health);
	room_init(&intake->room, parts->config);
	intake->backlog = backlog_create(parts->config);
	intake->decode = decode_create(&(struct decode_parts){.config = parts->config,
	                                                      .contract = parts->contract,
	                                                      .lanes = parts->lanes,
	                                                      .lane_count = parts->lane_count,
	                                                      .room = &intake->room,
	                                                      .metrics = intake->metrics});
	if (intake->backlog == NULL || intake->decode == NULL || !open_sockets(intake, ret_error)) {
		intake_destroy(&intake);
		return NULL;
	}
	open_monitors(intake);
	intake->catalogue = catalogue;
	return intake;
}

void intake_destroy(struct intake **intake)
{
	if (*intake == NULL)
		return;
	for (size_t i = 0; i < MONITORS; i++)
		monitor_destroy(&(*intake)->monitors[i]);
	if ((*intake)->pull != NULL)
		(void)zmq_close((*intake)->pull);
	if ((*intake)->router != NULL)
		(void)zmq_close((*intake)->router);
	gatekeeper_destroy(&(*intake)->gatekeeper);
	if ((*intake)->context != NULL)
		(void)zmq_ctx_term((*intake)->context);
	catalogue_destroy(&(*intake)->catalogue);
	decode_destroy(&(*intake)->decode);
	backlog_destroy(&(*intake)->backlog);
	room_clear(&(*intake)->room);
	free(*intake);
	*intake = NULL;
}

/* receipts */

// A receipt that cannot be sent is dropped: the collector asks again and gets DUPLICATE. False then, or without anybody who waits.
static bool send_receipt(struct intake *intake, const struct submission *submission, const uint8_t *bytes, size_t size)
{
	if (bytes == NULL || submission->routing_id_size == 0)
		return false;
	if (zmq_send(intake->router, submission->routing_id, submission->routing_id_size, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0)
		return false;
	(void)zmq_send(intake->router, MESSAGE_PROTOCOL_VERSION, strlen(MESSAGE_PROTOCOL_VERSION), ZMQ_SNDMORE | ZMQ_DONTWAIT);
	bool sent = zmq_send(intake->router, bytes, size, ZMQ_DONTWAIT) >= 0;
	backlog_give(intake->backlog, submission->connection, size);
	return sent;
}

static void answer_done(struct intake *intake)
{
	for (size_t i = 0; i < intake->parts.lane_count; i++) {
		struct submission *submission = lane_collect(intake->parts.lanes[i]);
		while (submission != NULL) {
			struct submission *next = submission->next;
			size_t size;
			uint8_t *bytes = receipt_pack(submission, &size);
			authority_log(&intake->said, intake->catalogue, submission);
			decode_written(intake->decode, submission);
			room_leave(&intake->room, submission);
			bool sent = send_receipt(intake, submission, bytes, size);
			tally_answered(intake->metrics, intake->catalogue, submission, sent);
			submission_destroy(&submission);
			submission = next;
		}
	}
}

/* submissions */

// Frames and version: what can be wrong before the body is looked at.
static void open_body(struct submission *submission, struct message *message, size_t first, size_t frames)
{
	char value[MESSAGE_TEXT_SIZE];

	if (frames != 2) {
		(void)snprintf(value, sizeof value, "%zu", frames);
		submission_refuse(submission, RULE_FRAMES, value, "2");
	} else if (!message_version_is_spoken(&message->frames[first])) {
		submission_refuse(submission, RULE_VERSION, message_frame_text(&message->frames[first], value), MESSAGE_PROTOCOL_VERSION);
	} else {
		submission_open(submission);
	}
}

// The first lane is for those with little in flight. Large ones wait for each other only, and are written apart by their top
// unit, so that two writers seldom meet at one key.
static size_t lane_of(const struct intake *intake, const struct submission *submission)
{
	return submission->is_large ? 1 + (size_t)submission->scope_top_unit_id % (intake->parts.lane_count - 1) : 0;
}

// Why a submission is not taken in now. Who waits for no receipt cannot be told BUSY: such a sender is held back by not
// being read, see is_open().
static bool is_busy(const struct intake *intake, const struct submission *submission)
{
	return submission->routing_id_size > 0 && (intake->stopping || !room_is_left_to(&intake->room, submission) ||
	                                           lane_is_troubled(intake->parts.lanes[submission->lane]));
}

static void answer_busy(struct intake *intake, struct submission *submission)
{
	size_t size;
	uint8_t *bytes = receipt_pack_busy(submission, (uint32_t)intake->parts.config->busy_retry_ms, &size);
	(void)send_receipt(intake, submission, bytes, size);
	tally_busy(intake->metrics);
	submission_destroy(&submission);
}

// Ownership of the submission passes on, or it ends here. Gives the reports it brought.
static size_t take_in(struct intake *intake, struct submission *submission)
{
	size_t weight = submission_weight(submission);

	if (!room_know(&intake->room, submission->collector_id)) {
		log_error("out of memory: a submission of collector %d is dropped unanswered", submission->collector_id);
		metrics_add(metrics_of_intake(intake->metrics), METRIC_DROPPED, DROPPED_NO_MEMORY, 1);
		submission_destroy(&submission);
		return weight;
	}
	submission->is_large = room_is_large(&intake->room, submission);
	submission->lane = lane_of(intake, submission);
	if (is_busy(intake, submission)) {
		answer_busy(intake, submission);
	} else {
		room_enter(&intake->room, submission);
		tally_taken(intake->metrics, submission);
		decode_put(intake->decode, submission);
	}
	return weight;
}

// Gives the reports that the message brought.
static size_t handle_message(struct intake *intake, struct message *message, bool routed)
{
	size_t first = routed ? 1 : 0; // the routing id is libzmq's, not the sender's
	size_t frames = message->frame_count - first;
	size_t body = frames >= 2 ? first + 1 : message->frame_count - 1;
	date_instant now = date_now();

	if (message->frame_count <= first)
		return 0; // a routing id alone: an empty message of nobody
	int connection = backlog_take(intake->backlog, &message->frames[body], message->wire_bytes);
	const struct catalogue_key *sender = gatekeeper_sender(intake->gatekeeper, intake->catalogue, &message->frames[body], now);
	if (sender == NULL) {
		metrics_add(metrics_of_intake(intake->metrics), METRIC_DROPPED, DROPPED_NO_SENDER, 1);
		gatekeeper_dropped(intake->gatekeeper, intake->catalogue, &message->frames[body], now);
		return 0;
	}
	struct submission *submission = submission_create(&message->frames[body], now);
	if (submission == NULL) {
		metrics_add(metrics_of_intake(intake->metrics), METRIC_DROPPED, DROPPED_NO_MEMORY, 1);
		log_error("out of memory: a submission of %s is dropped unanswered", sender->name);
		return 0;
	}
	submission->connection = connection;
	submission->collector_id = sender->collector_id;
	submission->scope_unit_id = sender->scope_unit_id;
	submission->scope_top_unit_id = sender->scope_top_unit_id;
	if (routed && zmq_msg_size(&message->frames[0]) <= SUBMISSION_ROUTING_ID_MAX) {
		submission->routing_id_size = zmq_msg_size(&message->frames[0]);
		memcpy(submission->routing_id, zmq_msg_data(&message->frames[0]), submission->routing_id_size);
	}
	tally_read(intake->metrics, submission);
	open_body(submission, message, first, frames);
	return take_in(intake, submission);
}

// Whether a socket is to be read. The ROUTER always is: when there is no room its collectors are told BUSY. Left unread, it would
// gather messages for each of a thousand connections; and libzmq 4.3.4 ends the process when one of these is reset and has a
// heartbeat among what it holds (src/stream_engine_base.cpp: zmq_assert (!_io_error)). Those who wait for no receipt cannot
// be told: they are not read, and TCP pushes back.
static bool is_open(const struct intake *intake, bool routed)
{
	return routed || (!intake->stopping && !intake->away && room_is_left(&intake->room));
}

static void read_socket(struct intake *intake, void *socket, bool routed)
{
	struct message message;
	for (size_t reports = 0; reports < REPORTS_PER_TURN && is_open(intake, routed);) {
		if (!message_receive(socket, routed, &message))
			return;
		reports += 1 + handle_message(intake, &message, routed);
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

// What the writers said last; the log has their own words, and health.c tells systemd.
static void look_after_writers(struct intake *intake)
{
	bool away = false;

	for (size_t i = 0; i < intake->parts.lane_count; i++)
		away = away || lane_is_troubled(intake->parts.lanes[i]);
	if (away != intake->away)
		intake->tick_ms = 0; // at once
	intake->away = away;
}

static void take_wake(struct intake *intake)
{
	wake_take(intake->parts.wake_fd);
	refresh_catalogue(intake);
	look_after_writers(intake);
	answer_done(intake);
}

static void take_signals(struct intake *intake)
{
	struct signalfd_siginfo info;
	while (read(intake->parts.signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
		if (info.ssi_signo == SIGHUP)
			intake->reloads = true;
		else
			intake->signals++;
	}
}

// What is due every second: that this loop turns is a sign of life.
static void tick(struct intake *intake)
{
	int64_t now_ms = clock_now_ms(), connections = 0;
	struct metrics_thread *thread = metrics_of_intake(intake->metrics);

	tally_room(intake->metrics, &intake->room);
	if (now_ms - intake->tick_ms < HEALTH_TICK_MS)
		return;
	intake->tick_ms = now_ms;
	for (size_t i = 0; i < MONITORS; i++)
		connections += monitor_read(intake->monitors[i]);
	metrics_set(thread, METRIC_CONNECTIONS, 0, connections);
	metrics_set(thread, METRIC_SUPPRESSED_LINES, 0,
	            (int64_t)(intake->said.strays.left_out + intake->said.conflicts.left_out + gatekeeper_left_out(intake->gatekeeper)));
	http_tick(*intake->parts.http);
	health_tick(intake->parts.health, intake->parts.lanes);
}

// One turn: waits at most so long and serves what is there, then what is to be decoded.
static void turn(struct intake *intake, long timeout)
{
	short pull = is_open(intake, false) ? ZMQ_POLLIN : 0;
	zmq_pollitem_t items[] = {
		{.fd = intake->parts.signal_fd, .events = ZMQ_POLLIN},
		{.fd = intake->parts.wake_fd, .events = ZMQ_POLLIN},
		{.socket = gatekeeper_socket(intake->gatekeeper), .events = ZMQ_POLLIN},
		{.socket = intake->router, .events = ZMQ_POLLIN},
		{.socket = intake->pull, .events = pull, .fd = -1},
	};
	// Without a pull socket the last row would be a descriptor: leave it out.
	if (zmq_poll(items, intake->pull == NULL ? 4 : 5, decode_is_due(intake->decode) ? 0 : timeout) < 0)
		return; // interrupted: the next turn looks again
	if (items[0].revents != 0)
		take_signals(intake);
	if (items[1].revents != 0)
		take_wake(intake);
	if (items[2].revents != 0)
		gatekeeper_serve(intake->gatekeeper, intake->catalogue, metrics_of_intake(intake->metrics));
	if (items[3].revents != 0)
		read_socket(intake, intake->router, true);
	if (items[4].revents != 0)
		read_socket(intake, intake->pull, false);
	decode_some(intake->decode, intake->catalogue);
	backlog_watch(intake->backlog, clock_now_ms());
	tick(intake);
}

static void close_lanes(struct intake *intake)
{
	for (size_t i = 0; i < intake->parts.lane_count; i++) {
		lane_close(intake->parts.lanes[i]);
		if (intake->room.reports > 0)
			lane_abandon(intake->parts.lanes[i]);
	}
}

bool intake_run(struct intake *intake)
{
	while (intake->signals == 0) {
		turn(intake, BACKLOG_LOOK_MS);
		if (intake->reloads)
			reload_run(intake->parts.reload);
		intake->reloads = false;
	}

	int64_t deadline = clock_now_ms() + intake->parts.config->drain_seconds * 1000;
	log_info("stopping: %zu reports to be written", intake->room.reports);
	(void)sd_notify(0, "STOPPING=1\nSTATUS=writing what was read");
	health_stops(intake->parts.health);
	intake->stopping = true;
	while (intake->room.reports > 0 && intake->signals == 1) {
		int64_t left = deadline - clock_now_ms();
		if (left <= 0)
			break;
		turn(intake, (long)(left < BACKLOG_LOOK_MS ? left : BACKLOG_LOOK_MS));
	}
	if (intake->room.reports > 0)
		log_warning("stopping with %zu reports unanswered; their collectors will send them again", intake->room.reports);
	close_lanes(intake);
	return intake->room.reports == 0;
}
