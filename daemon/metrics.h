// What the daemon counts about itself. One table (metrics.c) names every metric with its type, unit and help; what is exposed
// (exposition.h), docs/metrics.md and the tests come from it.
//
// Counting costs a load and a store: each thread that counts has numbers of its own, which only it changes, and which are
// added up when somebody asks. No lock, no shared cache line.
#ifndef BAOCAO_METRICS_H
#define BAOCAO_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum metric {
	METRIC_BUILD,
	METRIC_READY,
	METRIC_SUBMISSIONS,
	METRIC_RECEIVED_BYTES,
	METRIC_REPORTS_RECEIVED,
	METRIC_REPORTS_ANSWERED,
	METRIC_VIOLATIONS,
	METRIC_SUBMISSIONS_REFUSED,
	METRIC_BUSY,
	METRIC_DROPPED,
	METRIC_RECEIPTS_UNSENT,
	METRIC_LATENCY,
	METRIC_PENDING_REPORTS,
	METRIC_PENDING_BYTES,
	METRIC_OLDEST_PENDING,
	METRIC_BATCH,
	METRIC_TRANSACTION,
	METRIC_FAILED_TRANSACTIONS,
	METRIC_WRITER_TROUBLED,
	METRIC_WRITER_HUNG,
	METRIC_DATABASE_UP,
	METRIC_DATABASE_WRITABLE,
	METRIC_DATABASE_CLOCK,
	METRIC_CATALOGUE_AGE,
	METRIC_CONNECTIONS,
	METRIC_ACCEPTED,
	METRIC_HANDSHAKES,
	METRIC_FAILED_HANDSHAKES,
	METRIC_COLLECTOR_FILING,
	METRIC_COLLECTORS_UNTOLD,
	METRIC_SUPPRESSED_LINES,
	METRIC_RELOADS,
	METRIC_RELOAD_GOOD,
	METRIC_CPU,
	METRIC_RESIDENT,
	METRIC_OPEN_FDS,
	METRIC_MAX_FDS,
	METRIC_START,
	METRIC_COUNT
};

enum metric_type {
	METRIC_COUNTER,
	METRIC_GAUGE,
	METRIC_AGE, // a gauge: seconds since the point in time that is kept; 0 while none is
	METRIC_HISTOGRAM
};

struct metric_labels {
	const char *name;
	const char *(*value)(size_t index); // NULL: the index itself
	size_t count;
};

struct metric_row {
	const char *name;      // without the endings _total, _bucket, _sum, _count
	const char *unit;      // "" or the ending of the name
	enum metric_type type;
	double scale;          // what one of the numbers kept is, in the unit
	const struct metric_labels *labels; // NULL: none
	const char *help;
	const uint64_t *bounds; // of a histogram, inclusive, in the numbers kept
	size_t bound_count;
};

enum {
	METRIC_BOUNDS_MAX = 16,
	METRICS_WRITERS_MAX = 65,     // the configuration's bound of writers, and one
	METRICS_COLLECTORS_MAX = 1000 // series of single collectors: Prometheus keeps each for weeks. Those beyond are only counted
};

// Labels' values, by which metrics_add() is told what happened.
enum metric_dropped { DROPPED_NO_SENDER, DROPPED_NO_MEMORY };
enum metric_reload { RELOAD_GOOD, RELOAD_BAD };

struct metrics;
struct metrics_thread; // the numbers of one thread

// For so many writers. NULL when memory is out.
struct metrics *metrics_create(size_t writers);
// NULL-safe; clears the caller's pointer.
void metrics_destroy(struct metrics **metrics);

const struct metric_row *metrics_row(enum metric metric);

// As the text formats of Prometheus name it.
const char *metrics_type_name(enum metric_type type);
size_t metrics_writers(const struct metrics *metrics);

/* counting: one thread for each of them */

struct metrics_thread *metrics_of_intake(struct metrics *metrics);
struct metrics_thread *metrics_of_writer(struct metrics *metrics, size_t writer);
struct metrics_thread *metrics_of_watcher(struct metrics *metrics);
struct metrics_thread *metrics_of_exposition(struct metrics *metrics);

// Counts; sets a gauge, counter or point in time (of clock.h, in microseconds) to what it is now; puts a number into a histogram.
// index is that of the label's value, 0 without labels. NULL counts nothing.
void metrics_add(struct metrics_thread *thread, enum metric metric, size_t index, uint64_t number);
void metrics_set(struct metrics_thread *thread, enum metric metric, size_t index, int64_t number);
void metrics_observe(struct metrics_thread *thread, enum metric metric, uint64_t number);

// When a collector filed last, in seconds since 1970. Intake's thread. The name is asked for when the collector is new.
void metrics_filed(struct metrics *metrics, int32_t collector_id, int64_t when, const char *(*name)(void *data, int32_t collector_id),
                   void *data);

/* reading: any thread */

int64_t metrics_read(const struct metrics *metrics, enum metric metric, size_t index);
// Of a histogram: how many numbers were at most its bound of that index and above the one before; index bound_count: above all.
uint64_t metrics_read_bucket(const struct metrics *metrics, enum metric metric, size_t index);
uint64_t metrics_read_sum(const struct metrics *metrics, enum metric metric);
// The collectors that filed: *ret_when and the name, which stays; NULL beyond the last.
const char *metrics_read_collector(const struct metrics *metrics, size_t index, int64_t *ret_when);

// The reasons for which a handshake fails, by their names in METRIC_FAILED_HANDSHAKES.
size_t metrics_handshake_reason(const char *reason);

// The table as a page of Markdown: docs/metrics.md.
void metrics_document(FILE *out);

#endif
