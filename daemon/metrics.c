#include "metrics.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "database.h"
#include "verdict.h"

enum { CACHE_LINE = 64, COLLECTORS_STEP = 256 };

/* labels */

static const char *outcome_name(size_t index)
{
	static const char *const names[] = {"stored", "duplicate", "conflict", "superseded", "refused"};
	return names[index];
}

static const char *rule_name(size_t index)
{
	return rule_text((enum rule)index)->id;
}

static const char *dropped_name(size_t index)
{
	static const char *const names[] = {[DROPPED_NO_SENDER] = "no_valid_sender", [DROPPED_NO_MEMORY] = "out_of_memory"};
	return names[index];
}

static const char *answer_name(size_t index)
{
	static const char *const names[] = {
		[ANSWER_RECONNECT] = "reconnect", [ANSWER_RETRY] = "retry", [ANSWER_WAIT] = "wait", [ANSWER_DATA] = "data", [ANSWER_UNKNOWN] = "unknown"};
	return names[index + 1]; // ANSWER_OK is none
}

static const char *reload_name(size_t index)
{
	static const char *const names[] = {[RELOAD_GOOD] = "done", [RELOAD_BAD] = "refused"};
	return names[index];
}

// What the gatekeeper says, and what libzmq tells of handshakes that never came to it.
static const struct {
	const char *said, *name;
} handshakes[] = {
	{"other", "other"}, // first: whatever else is said
	{"no key", "no_key"},
	{"unknown key", "unknown_key"},
	{"is revoked", "revoked"},
	{"is not valid yet", "not_valid_yet"},
	{"is no longer valid", "expired"},
	{"wrong domain or mechanism", "wrong_domain"},
	{"not a ZAP request", "not_zap"},
	{"protocol", "protocol"},
	{"broken off", "broken_off"},
};
enum { HANDSHAKE_REASONS = sizeof handshakes / sizeof handshakes[0] };

static const char *handshake_name(size_t index)
{
	return handshakes[index].name;
}

size_t metrics_handshake_reason(const char *reason)
{
	for (size_t i = 0; i < HANDSHAKE_REASONS; i++)
		if (strcmp(handshakes[i].said, reason) == 0)
			return i;
	return 0;
}

static const char *version_name(size_t index)
{
	(void)index;
	return BAOCAO_VERSION;
}

static const struct metric_labels by_outcome = {"outcome", outcome_name, 5};
static const struct metric_labels by_rule = {"rule", rule_name, RULE_COUNT};
static const struct metric_labels by_dropped = {"reason", dropped_name, 2};
static const struct metric_labels by_answer = {"answer", answer_name, 5};
static const struct metric_labels by_writer = {"writer", NULL, METRICS_WRITERS_MAX};
static const struct metric_labels by_handshake = {"reason", handshake_name, HANDSHAKE_REASONS};
static const struct metric_labels by_reload = {"result", reload_name, 2};
static const struct metric_labels by_version = {"version", version_name, 1};
static const struct metric_labels by_collector = {"collector", NULL, 0}; // kept apart

/* the table */

// From a commit on a quick disk to a minute; in microseconds.
static const uint64_t durations[] = {1000,   2500,    5000,    10000,   25000,    50000,   100000,  250000,
                                     500000, 1000000, 2500000, 5000000, 10000000, 30000000, 60000000};
static const uint64_t batches[] = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 100000};

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])
#define MICRO 1e-6

static const struct metric_row rows[] = {
	[METRIC_BUILD] = {"baocao_build_info", "", METRIC_GAUGE, 1, &by_version, "Always 1; the version is a label.", NULL, 0},
	[METRIC_READY] = {"baocao_ready", "", METRIC_GAUGE, 1, NULL, "1 when /readyz says yes.", NULL, 0},
	[METRIC_SUBMISSIONS] = {"baocao_submissions_received", "", METRIC_COUNTER, 1, NULL,
                            "Submissions of registered collectors that were read, whatever became of them.", NULL, 0},
	[METRIC_RECEIVED_BYTES] = {"baocao_received_bytes", "bytes", METRIC_COUNTER, 1, NULL, "Bytes of their bodies.", NULL, 0},
	[METRIC_REPORTS_RECEIVED] = {"baocao_reports_received", "", METRIC_COUNTER, 1, NULL,
                                 "Reports taken in: not those of submissions that were refused as a whole or told BUSY.", NULL, 0},
	[METRIC_REPORTS_ANSWERED] = {"baocao_reports_answered", "", METRIC_COUNTER, 1, &by_outcome,
                                 "Reports that have their outcome, counted after COMMIT.", NULL, 0},
	[METRIC_VIOLATIONS] = {"baocao_violations", "", METRIC_COUNTER, 1, &by_rule,
                           "Violations told to senders, by rule; docs/protocol.md says what each means. out_of_scope: a report for a unit "
                           "that its sender may not report for; conflict: other content under a key that is stored.",
                           NULL, 0},
	[METRIC_SUBMISSIONS_REFUSED] = {"baocao_submissions_refused", "", METRIC_COUNTER, 1, NULL,
                                    "Submissions refused as a whole.", NULL, 0},
	[METRIC_BUSY] = {"baocao_submissions_busy", "", METRIC_COUNTER, 1, NULL,
                     "Submissions whose sender was told BUSY: no room, or the database is away, or the daemon stops.", NULL, 0},
	[METRIC_DROPPED] = {"baocao_messages_dropped", "", METRIC_COUNTER, 1, &by_dropped,
                        "Messages dropped unanswered: of a sender without a valid key any more, or for want of memory.", NULL, 0},
	[METRIC_RECEIPTS_UNSENT] = {"baocao_receipts_unsent", "", METRIC_COUNTER, 1, NULL,
                                "Receipts whose collector had gone or took none; it sends again and gets DUPLICATE.", NULL, 0},
	[METRIC_LATENCY] = {"baocao_ack_latency_seconds", "seconds", METRIC_HISTOGRAM, MICRO, NULL,
                        "From reading a submission to handing over its receipt.", durations, COUNT_OF(durations)},
	[METRIC_PENDING_REPORTS] = {"baocao_pending_reports", "", METRIC_GAUGE, 1, NULL, "Reports between reading and receipt.", NULL, 0},
	[METRIC_PENDING_BYTES] = {"baocao_pending_bytes", "bytes", METRIC_GAUGE, 1, NULL, "Memory that they take.", NULL, 0},
	[METRIC_OLDEST_PENDING] = {"baocao_oldest_pending_age_seconds", "seconds", METRIC_AGE, MICRO, NULL,
                               "For how long the oldest of them has waited for its receipt; 0 when there is none.", NULL, 0},
	[METRIC_BATCH] = {"baocao_batch_reports", "", METRIC_HISTOGRAM, 1, NULL, "Reports in each batch that was committed.", batches,
                      COUNT_OF(batches)},
	[METRIC_TRANSACTION] = {"baocao_transaction_seconds", "seconds", METRIC_HISTOGRAM, MICRO, NULL,
                            "Time of each transaction that was committed, from BEGIN until COMMIT had returned.", durations,
                            COUNT_OF(durations)},
	[METRIC_FAILED_TRANSACTIONS] = {"baocao_transactions_failed", "", METRIC_COUNTER, 1, &by_answer,
                                    "Transactions that were not committed, by what the database's answer meant: reconnect, retry "
                                    "(contention), wait (it cannot write), data (a report is refused), unknown.",
                                    NULL, 0},
	[METRIC_WRITER_TROUBLED] = {"baocao_writer_troubled", "", METRIC_GAUGE, 1, &by_writer,
                                "1 while a writer cannot write to the database. Writer 0 serves collectors with little in flight.", NULL, 0},
	[METRIC_WRITER_HUNG] = {"baocao_writer_hung", "", METRIC_GAUGE, 1, &by_writer,
                            "1 while a writer makes no progress though it does not wait for the database; systemd restarts the service.",
                            NULL, 0},
	[METRIC_DATABASE_UP] = {"baocao_database_up", "", METRIC_GAUGE, 1, NULL,
                            "1 when the database answered the last question, put every 5 s.", NULL, 0},
	[METRIC_DATABASE_WRITABLE] = {"baocao_database_writable", "", METRIC_GAUGE, 1, NULL,
                                  "1 when it said that it can be written to.", NULL, 0},
	[METRIC_DATABASE_CLOCK] = {"baocao_database_clock_offset_seconds", "seconds", METRIC_GAUGE, MICRO, NULL,
                               "The database's clock less this machine's.", NULL, 0},
	[METRIC_CATALOGUE_AGE] = {"baocao_catalogue_age_seconds", "seconds", METRIC_AGE, MICRO, NULL,
                              "Since units, forms and keys were read from the database; a minute when all is well.", NULL, 0},
	[METRIC_CONNECTIONS] = {"baocao_connections", "", METRIC_GAUGE, 1, NULL, "TCP and local connections, let in or not yet.", NULL, 0},
	[METRIC_ACCEPTED] = {"baocao_connections_accepted", "", METRIC_COUNTER, 1, NULL,
                         "Connections that peers made, whoever they are. Those that are neither among the handshakes accepted nor the failed "
                         "ones spoke no ZMTP 3.",
                         NULL, 0},
	[METRIC_HANDSHAKES] = {"baocao_handshakes_accepted", "", METRIC_COUNTER, 1, NULL, "Peers that were let in.", NULL, 0},
	[METRIC_FAILED_HANDSHAKES] = {"baocao_handshakes_failed", "", METRIC_COUNTER, 1, &by_handshake,
                                  "Peers that were not, by reason. protocol: ZMTP that is not right, or another mechanism; broken_off: the peer went "
                                  "away or took over 5 s.",
                                  NULL, 0},
	[METRIC_COLLECTOR_FILING] = {"baocao_collector_last_filing_timestamp_seconds", "seconds", METRIC_GAUGE, 1, &by_collector,
                                 "When a collector was last told that a report of it is stored, since this daemon started. At most 1,000 "
                                 "collectors have a series.",
                                 NULL, 0},
	[METRIC_COLLECTORS_UNTOLD] = {"baocao_collectors_without_series", "", METRIC_COUNTER, 1, NULL,
                                  "Filings of collectors beyond the 1,000 that have a series.", NULL, 0},
	[METRIC_SUPPRESSED_LINES] = {"baocao_log_lines_suppressed", "", METRIC_COUNTER, 1, NULL,
                                 "Log lines left out because one like it was written within the minute.", NULL, 0},
	[METRIC_RELOADS] = {"baocao_config_reloads", "", METRIC_COUNTER, 1, &by_reload, "Reloads of the configuration.", NULL, 0},
	[METRIC_RELOAD_GOOD] = {"baocao_config_last_reload_good", "", METRIC_GAUGE, 1, NULL,
                            "0 when the last reload was refused and the configuration before it stays in use.", NULL, 0},
	[METRIC_CPU] = {"process_cpu_seconds", "seconds", METRIC_COUNTER, MICRO, NULL, "Processor time of the daemon.", NULL, 0},
	[METRIC_RESIDENT] = {"process_resident_memory_bytes", "bytes", METRIC_GAUGE, 1, NULL, "Memory of the daemon.", NULL, 0},
	[METRIC_OPEN_FDS] = {"process_open_fds", "", METRIC_GAUGE, 1, NULL, "Descriptors that are open.", NULL, 0},
	[METRIC_MAX_FDS] = {"process_max_fds", "", METRIC_GAUGE, 1, NULL, "Descriptors that may be open.", NULL, 0},
	[METRIC_START] = {"process_start_time_seconds", "seconds", METRIC_GAUGE, 1, NULL, "When the daemon was started, since 1970.", NULL, 0},
};
_Static_assert(COUNT_OF(rows) == METRIC_COUNT, "every metric has its row");

const struct metric_row *metrics_row(enum metric metric)
{
	return &rows[metric];
}

const char *metrics_type_name(enum metric_type type)
{
	static const char *const names[] = {
		[METRIC_COUNTER] = "counter", [METRIC_GAUGE] = "gauge", [METRIC_AGE] = "gauge", [METRIC_HISTOGRAM] = "histogram"};
	return names[type];
}

/* the numbers */

struct metrics_thread {
	const size_t *first; // of each metric's numbers
	_Atomic uint64_t numbers[];
};

struct filing {
	char *name; // written before the filing is published, never changed
	_Atomic int64_t when;
};

struct metrics {
	size_t first[METRIC_COUNT], number_count, writers;
	struct metrics_thread *threads[METRICS_WRITERS_MAX + 3]; // intake, watcher, exposition, the writers
	size_t thread_count;
	struct filing filings[METRICS_COLLECTORS_MAX];
	_Atomic size_t filing_count;
	uint16_t *filing_of; // by collector_id, from 1; 0: none. Intake's
	size_t filing_of_size;
};

static size_t numbers_of(const struct metric_row *row)
{
	size_t series = row->labels == NULL ? 1 : row->labels->count;
	return row->type == METRIC_HISTOGRAM ? row->bound_count + 2 : series; // the bucket above all bounds, and the sum
}

static struct metrics_thread *make_thread(const struct metrics *metrics)
{
	size_t size = sizeof(struct metrics_thread) + metrics->number_count * sizeof(uint64_t);
	size = (size + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE; // whole lines, so that no two threads write to one
	struct metrics_thread *thread = aligned_alloc(CACHE_LINE, size);

	if (thread == NULL)
		return NULL;
	memset(thread, 0, size);
	thread->first = metrics->first;
	return thread;
}

struct metrics *metrics_create(size_t writers)
{
	struct metrics *metrics = calloc(1, sizeof *metrics);

	if (metrics == NULL)
		return NULL;
	for (size_t i = 0; i < METRIC_COUNT; i++) {
		metrics->first[i] = metrics->number_count;
		metrics->number_count += numbers_of(&rows[i]);
	}
	metrics->writers = writers;
	for (size_t i = 0; i < writers + 3; i++) {
		metrics->threads[i] = make_thread(metrics);
		if (metrics->threads[i] == NULL) {
			metrics_destroy(&metrics);
			return NULL;
		}
		metrics->thread_count++;
	}
	metrics_set(metrics->threads[0], METRIC_BUILD, 0, 1);
	metrics_set(metrics->threads[0], METRIC_RELOAD_GOOD, 0, 1);
	return metrics;
}

void metrics_destroy(struct metrics **metrics)
{
	if (*metrics == NULL)
		return;
	for (size_t i = 0; i < (*metrics)->thread_count; i++)
		free((*metrics)->threads[i]);
	for (size_t i = 0; i < METRICS_COLLECTORS_MAX; i++)
		free((*metrics)->filings[i].name);
	free((*metrics)->filing_of);
	free(*metrics);
	*metrics = NULL;
}

size_t metrics_writers(const struct metrics *metrics)
{
	return metrics->writers;
}

struct metrics_thread *metrics_of_intake(struct metrics *metrics)
{
	return metrics->threads[0];
}

struct metrics_thread *metrics_of_watcher(struct metrics *metrics)
{
	return metrics->threads[1];
}

struct metrics_thread *metrics_of_exposition(struct metrics *metrics)
{
	return metrics->threads[2];
}

struct metrics_thread *metrics_of_writer(struct metrics *metrics, size_t writer)
{
	return metrics->threads[3 + writer];
}

/* counting */

// Nobody else writes here, so that no instruction needs to lock the cache line.
static void increase(_Atomic uint64_t *number, uint64_t by)
{
	atomic_store_explicit(number, atomic_load_explicit(number, memory_order_relaxed) + by, memory_order_relaxed);
}

void metrics_add(struct metrics_thread *thread, enum metric metric, size_t index, uint64_t number)
{
	if (thread != NULL)
		increase(&thread->numbers[thread->first[metric] + index], number);
}

void metrics_set(struct metrics_thread *thread, enum metric metric, size_t index, int64_t number)
{
	if (thread != NULL)
		atomic_store_explicit(&thread->numbers[thread->first[metric] + index], (uint64_t)number, memory_order_relaxed);
}

void metrics_observe(struct metrics_thread *thread, enum metric metric, uint64_t number)
{
	const struct metric_row *row = &rows[metric];
	size_t bucket = 0;

	if (thread == NULL)
		return;
	while (bucket < row->bound_count && number > row->bounds[bucket])
		bucket++;
	increase(&thread->numbers[thread->first[metric] + bucket], 1);
	increase(&thread->numbers[thread->first[metric] + row->bound_count + 1], number);
}

/* collectors */

static bool know_collector(struct metrics *metrics, size_t collector_id)
{
	if (collector_id < metrics->filing_of_size)
		return true;
	size_t size = collector_id + COLLECTORS_STEP;
	uint16_t *grown = realloc(metrics->filing_of, size * sizeof *grown);
	if (grown == NULL)
		return false;
	memset(grown + metrics->filing_of_size, 0, (size - metrics->filing_of_size) * sizeof *grown);
	metrics->filing_of = grown;
	metrics->filing_of_size = size;
	return true;
}

// From 1; 0 when there is no room for another.
static size_t filing_of(struct metrics *metrics, int32_t collector_id, const char *(*name)(void *, int32_t), void *data)
{
	size_t id = (size_t)collector_id, count = atomic_load_explicit(&metrics->filing_count, memory_order_relaxed);

	if (!know_collector(metrics, id) || metrics->filing_of[id] > 0 || count == METRICS_COLLECTORS_MAX)
		return id < metrics->filing_of_size ? metrics->filing_of[id] : 0;
	const char *said = name(data, collector_id);
	metrics->filings[count].name = said == NULL ? NULL : strdup(said);
	if (metrics->filings[count].name == NULL)
		return 0;
	atomic_store_explicit(&metrics->filing_count, count + 1, memory_order_release);
	metrics->filing_of[id] = (uint16_t)(count + 1);
	return count + 1;
}

void metrics_filed(struct metrics *metrics, int32_t collector_id, int64_t when, const char *(*name)(void *data, int32_t collector_id),
                   void *data)
{
	size_t index = filing_of(metrics, collector_id, name, data);

	if (index > 0)
		atomic_store_explicit(&metrics->filings[index - 1].when, when, memory_order_relaxed);
	else
		metrics_add(metrics->threads[0], METRIC_COLLECTORS_UNTOLD, 0, 1);
}

const char *metrics_read_collector(const struct metrics *metrics, size_t index, int64_t *ret_when)
{
	if (index >= atomic_load_explicit(&metrics->filing_count, memory_order_acquire))
		return NULL;
	*ret_when = atomic_load_explicit(&metrics->filings[index].when, memory_order_relaxed);
	return metrics->filings[index].name;
}

/* reading */

static uint64_t total(const struct metrics *metrics, size_t number)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < metrics->thread_count; i++)
		sum += atomic_load_explicit(&metrics->threads[i]->numbers[number], memory_order_relaxed);
	return sum;
}

int64_t metrics_read(const struct metrics *metrics, enum metric metric, size_t index)
{
	return (int64_t)total(metrics, metrics->first[metric] + index);
}

uint64_t metrics_read_bucket(const struct metrics *metrics, enum metric metric, size_t index)
{
	return total(metrics, metrics->first[metric] + index);
}

uint64_t metrics_read_sum(const struct metrics *metrics, enum metric metric)
{
	return total(metrics, metrics->first[metric] + rows[metric].bound_count + 1);
}

/* the page */

static void document_values(const struct metric_labels *labels, FILE *out)
{
	(void)fprintf(out, " `%s`", labels->name);
	for (size_t i = 0; labels->value != NULL && labels != &by_version && i < labels->count; i++)
		(void)fprintf(out, "%s%s", i == 0 ? ": " : ", ", labels->value(i));
}

void metrics_document(FILE *out)
{
	(void)fputs("# Metrics\n\n"
	            "What `baocaod` says at `/metrics`; made by `baocaod --print-metrics` from the table in `daemon/metrics.c`. In the text of\n"
	            "OpenMetrics, and in Prometheus's older one, a counter's sample ends in `_total`, a histogram's in `_bucket`, `_sum` and `_count`.\n"
	            "docs/operations.md says what to do about them.\n\n"
	            "| metric | type | unit | labels | meaning |\n|---|---|---|---|---|\n",
	            out);
	for (size_t i = 0; i < METRIC_COUNT; i++) {
		const struct metric_row *row = &rows[i];
		(void)fprintf(out, "| `%s%s` | %s | %s |", row->name, row->type == METRIC_COUNTER ? "_total" : "", metrics_type_name(row->type),
		              row->unit);
		if (row->labels != NULL)
			document_values(row->labels, out);
		(void)fprintf(out, " | %s |\n", row->help);
	}
}
