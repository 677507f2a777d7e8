#include "health.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "clock.h"
#include "log.h"

enum {
	HANG_MS = 30000,         // until health_set_limit()
	DATABASE_OLD_MS = 20000, // since the database answered last: four questions
	STATUS_MS = 5000,        // between two STATUS= that differ in figures only
	STATUS_SIZE = 200
};

struct health {
	struct metrics *metrics;
	_Atomic int64_t hang_ms;
	_Atomic bool schema_right, gate_tried, stopping, writable;
	_Atomic int64_t database_ms, intake_ms; // when it answered; when intake turned last; 0: it did not
	struct {
		struct pulse pulse;
		_Atomic bool hung, troubled;
	} writers[METRICS_WRITERS_MAX];
	size_t writer_count;

	uint64_t watchdog; // intake's, from here: whether systemd wants pings
	int64_t status_ms, status_reports;
	bool status_away;
	char status[STATUS_SIZE];
};

struct health *health_create(struct metrics *metrics)
{
	struct health *health = calloc(1, sizeof *health);
	uint64_t watchdog_us = 0;

	if (health == NULL)
		return NULL;
	health->metrics = metrics;
	health->writer_count = metrics_writers(metrics);
	for (size_t i = 0; i < health->writer_count; i++)
		pulse_init(&health->writers[i].pulse);
	atomic_store(&health->hang_ms, HANG_MS);
	health->watchdog = sd_watchdog_enabled(0, &watchdog_us) > 0 ? watchdog_us : 0;
	return health;
}

void health_destroy(struct health **health)
{
	free(*health);
	*health = NULL;
}

struct metrics *health_metrics(struct health *health)
{
	return health->metrics;
}

struct pulse *health_pulse(struct health *health, size_t writer)
{
	return &health->writers[writer].pulse;
}

void health_set_limit(struct health *health, int64_t hang_ms)
{
	atomic_store(&health->hang_ms, hang_ms);
}

/* what is known */

void health_schema_is_right(struct health *health)
{
	atomic_store(&health->schema_right, true);
}

void health_gate_was_tried(struct health *health)
{
	atomic_store(&health->gate_tried, true);
}

void health_stops(struct health *health)
{
	atomic_store(&health->stopping, true);
}

void health_database(struct health *health, bool answers, bool writable)
{
	atomic_store(&health->writable, answers && writable);
	atomic_store(&health->database_ms, answers ? clock_now_ms() : 0);
}

/* systemd */

static bool any_hung(const struct health *health)
{
	for (size_t i = 0; i < health->writer_count; i++)
		if (atomic_load(&health->writers[i].hung))
			return true;
	return false;
}

static size_t troubled_writers(const struct health *health)
{
	size_t count = 0;
	for (size_t i = 0; i < health->writer_count; i++)
		count += atomic_load(&health->writers[i].troubled);
	return count;
}

static int64_t reports_answered(const struct health *health)
{
	int64_t sum = 0;
	for (size_t i = 0; i < metrics_row(METRIC_REPORTS_ANSWERED)->labels->count; i++)
		sum += metrics_read(health->metrics, METRIC_REPORTS_ANSWERED, i);
	return sum;
}

// What `systemctl status` shows: at once when the state changes, else when the figures are old enough.
static void tell_status(struct health *health, int64_t now_ms)
{
	size_t troubled = troubled_writers(health);
	int64_t pending = metrics_read(health->metrics, METRIC_PENDING_REPORTS, 0), passed = now_ms - health->status_ms;
	bool changed = (troubled > 0) != health->status_away || health->status_ms == 0;
	char status[STATUS_SIZE];

	if (!changed && passed < STATUS_MS)
		return;
	int64_t answered = reports_answered(health), rate = passed > 0 ? (answered - health->status_reports) * 1000 / passed : 0;
	if (troubled > 0)
		(void)snprintf(status, sizeof status,
					   "the database is away (%zu of %zu writers): collectors are told to wait; %" PRId64 " reports wait",
					   troubled, health->writer_count, pending);
	else
		(void)snprintf(
			status, sizeof status, "receiving reports: %" PRId64 " answered a second, %" PRId64 " wait, the database %s",
			health->status_ms == 0 ? 0 : rate, pending, atomic_load(&health->writable) ? "answers" : "does not answer");
	health->status_ms = now_ms;
	health->status_reports = answered;
	health->status_away = troubled > 0;
	if (strcmp(status, health->status) == 0)
		return;
	(void)snprintf(health->status, sizeof health->status, "%s", status);
	(void)sd_notifyf(0, "STATUS=%s", status);
}

static void look_at_writer(struct health *health, size_t writer, struct lane *lane, int64_t now_ms)
{
	struct metrics_thread *thread = metrics_of_intake(health->metrics);
	int64_t stuck_ms = pulse_stuck_ms(&health->writers[writer].pulse, lane_has_waiting(lane), now_ms);
	bool hung = stuck_ms >= atomic_load(&health->hang_ms), troubled = lane_is_troubled(lane);

	if (hung != atomic_load(&health->writers[writer].hung)) {
		if (hung)
			log_error("writer %zu has not moved for %" PRId64 " ms: it %s", writer, stuck_ms,
					  pulse_words(&health->writers[writer].pulse));
		else
			log_info("writer %zu moves again", writer);
	}
	atomic_store(&health->writers[writer].hung, hung);
	atomic_store(&health->writers[writer].troubled, troubled);
	metrics_set(thread, METRIC_WRITER_HUNG, writer, hung);
	metrics_set(thread, METRIC_WRITER_TROUBLED, writer, troubled);
}

void health_tick(struct health *health, struct lane **lanes)
{
	int64_t now_ms = clock_now_ms();

	atomic_store(&health->intake_ms, now_ms);
	for (size_t i = 0; i < health->writer_count; i++)
		look_at_writer(health, i, lanes[i], now_ms);
	if (health->watchdog > 0 && !any_hung(health))
		(void)sd_notify(0, "WATCHDOG=1");
	if (!atomic_load(&health->stopping))
		tell_status(health, now_ms);
}

void health_reloading(void)
{
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64 "\nSTATUS=reading the configuration", clock_now_us());
}

void health_reloaded(struct health *health)
{
	health->status_ms = 0; // the next tick says what it does
	health->status[0] = '\0';
	(void)sd_notify(0, "READY=1");
}

/* answers */

// One line; gives whether it was good.
static bool say(FILE *out, const char *what, bool good, const char *yes, const char *no)
{
	(void)fprintf(out, "%s %s: %s\n", good ? "ok" : "NO", what, good ? yes : no);
	return good;
}

bool health_is_live(const struct health *health, FILE *out)
{
	int64_t intake_ms = atomic_load(&health->intake_ms), age = clock_now_ms() - intake_ms;
	bool live = say(out, "intake", intake_ms == 0 || age < atomic_load(&health->hang_ms) + HEALTH_TICK_MS,
					intake_ms == 0 ? "is not there yet" : "makes progress", "stands still");

	for (size_t i = 0; i < health->writer_count; i++) {
		char name[32];
		(void)snprintf(name, sizeof name, "writer %zu", i);
		live = say(out, name, !atomic_load(&health->writers[i].hung), pulse_words(&health->writers[i].pulse), "is hung") &&
			   live;
	}
	return live;
}

bool health_is_ready(const struct health *health, FILE *out)
{
	int64_t database_ms = atomic_load(&health->database_ms);
	bool answers = database_ms > 0 && clock_now_ms() - database_ms < DATABASE_OLD_MS;
	bool ready =
		say(out, "schema", atomic_load(&health->schema_right), "as the contract has it", "not compared yet, or another");

	ready = say(out, "gate", atomic_load(&health->gate_tried), "tried: it keeps strangers out", "not tried yet") && ready;
	ready = say(out, "database", answers, "answers", "does not answer") && ready;
	ready = say(out, "writable", answers && atomic_load(&health->writable), "yes", "no") && ready;
	ready = say(out, "writers", troubled_writers(health) == 0, "write", "wait for the database") && ready;
	ready = say(out, "service", !atomic_load(&health->stopping), "runs", "stops") && ready;
	return health_is_live(health, out) && ready;
}
