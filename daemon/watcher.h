// The thread that keeps the catalogue fresh: LISTEN baocao_catalogue on a connection of its own, a new snapshot after
// every change. While the database is away the last snapshot stays in use.
#ifndef BAOCAO_WATCHER_H
#define BAOCAO_WATCHER_H

#include "catalogue.h"
#include "config.h"

struct watcher;

// Starts the thread. wake_fd: an eventfd that is written to when a snapshot waits; it stays the caller's. NULL when memory
// or threads are out.
struct watcher *watcher_create(const struct config *config, int wake_fd);

// The newest snapshot that was not taken yet, now the caller's; or NULL.
struct catalogue *watcher_take(struct watcher *watcher);

// Stops the thread and waits for it. NULL-safe; clears the caller's pointer.
void watcher_destroy(struct watcher **watcher);

#endif
