// How the daemon is: what /livez and /readyz answer, what systemd is told (READY, STATUS, WATCHDOG), and what the metrics say
// of it. Live: the loops make progress. Ready: the gate was tried, the schema is right, the database answers and can be
// written to, and nobody has asked to stop.
//
// The threads say what they know; whoever asks gets an answer. Nothing here blocks.
#ifndef BAOCAO_HEALTH_H
#define BAOCAO_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lane.h"
#include "metrics.h"
#include "pulse.h"

enum { HEALTH_TICK_MS = 1000 }; // how often health_tick() is to be called

struct health;

// The metrics stay the caller's and must outlive it. NULL when memory is out.
struct health *health_create(struct metrics *metrics);
// NULL-safe; clears the caller's pointer.
void health_destroy(struct health **health);

struct metrics *health_metrics(struct health *health);
struct pulse *health_pulse(struct health *health, size_t writer);

// How long a loop may stand still before it is hung.
void health_set_limit(struct health *health, int64_t hang_ms);

/* what is known: any thread */

void health_schema_is_right(struct health *health);
void health_gate_was_tried(struct health *health);
void health_stops(struct health *health);
// The watcher: whether the database answered, and whether it can be written to.
void health_database(struct health *health, bool answers, bool writable);

/* the intake thread */

// Looks at all the loops, this being a sign of intake's own progress; pings the watchdog unless a writer is hung; says
// STATUS= when there is something new to say. Lanes: one for each writer.
void health_tick(struct health *health, struct lane **lanes);
// The service is reloading, and is done.
void health_reloading(void);
void health_reloaded(struct health *health);

/* any thread */

// Yes or no, with one line for each thing that was looked at.
bool health_is_live(const struct health *health, FILE *out);
bool health_is_ready(const struct health *health, FILE *out);

#endif
