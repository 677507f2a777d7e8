// The thread that owns the sockets: reads submissions while there is room, decodes and judges them, hands them to the
// writers, and sends the receipts of what comes back. Nothing in it waits for the database.
//
//     ROUTER, PULL ─▶ who? ─▶ open ─▶ room for this sender? ─▶ decode, judge ─▶ lane_put ─ ─ ─ ─ ─ ▶ writer
//        ▲                                │ no              └▶ large: slice by slice ┘                │
//        └──────────── receipt ◀──────── BUSY                              lane_collect ◀ ─ ─ ─ ─ ─ ─ ┘
#ifndef BAOCAO_INTAKE_H
#define BAOCAO_INTAKE_H

#include <stdbool.h>

#include "catalogue.h"
#include "config.h"
#include "contract.h"
#include "health.h"
#include "http.h"
#include "lane.h"
#include "reload.h"
#include "watcher.h"

struct intake;

// What intake works with; all of it stays the caller's and must outlive it.
struct intake_parts {
	const struct config *config;
	const struct contract *contract;
	struct watcher *watcher;
	struct lane **lanes; // two at least; the first for senders with little in flight
	size_t lane_count;
	int wake_fd;   // eventfd: a lane or the watcher has something
	int signal_fd; // signalfd of SIGTERM and SIGINT, and of SIGHUP
	struct health *health;
	struct http **http;           // NULL inside: nobody listens
	const struct reload *reload;
};

// Binds the gatekeeper, tries the gate (self_test.h), then binds the endpoints. Takes over the first catalogue, on success
// only. NULL on failure: *ret_error says why (the caller frees it).
struct intake *intake_create(const struct intake_parts *parts, struct catalogue *catalogue, char **ret_error);

// Closes the sockets. NULL-safe; clears the caller's pointer.
void intake_destroy(struct intake **intake);

// Serves until a signal: SIGHUP reloads the configuration; at SIGTERM and SIGINT it takes nothing more in, waits up to drain_seconds for what was read to be answered (a second signal
// ends the waiting). Closes the lanes. False when something was left unanswered: then a writer may still be inside a
// statement that takes long.
bool intake_run(struct intake *intake);

#endif
