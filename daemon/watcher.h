// The thread that watches the database: LISTEN baocao_catalogue on a connection of its own, and a new snapshot of the catalogue
// after every change. While the database is away the last snapshot stays in use. Every five seconds it asks whether the
// database can be written to and what time it has.
#ifndef BAOCAO_WATCHER_H
#define BAOCAO_WATCHER_H

#include "catalogue.h"
#include "config.h"
#include "health.h"

struct watcher;

// Starts the thread. wake_fd: an eventfd that is written to when a snapshot waits; it and health stay the caller's. NULL when
// memory or threads are out.
struct watcher *watcher_create(const struct config *config, int wake_fd, struct health *health);

// The newest snapshot that was not taken yet, now the caller's; or NULL.
struct catalogue *watcher_take(struct watcher *watcher);

// Stops the thread and waits for it. NULL-safe; clears the caller's pointer.
void watcher_destroy(struct watcher **watcher);

#endif
