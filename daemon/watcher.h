// The thread that listens to the database, on a connection of its own. baocao_catalogue: a new snapshot after every change; while
// the database is away the last one stays in use. baocao_replay: somebody wants refusals judged anew.
#ifndef BAOCAO_WATCHER_H
#define BAOCAO_WATCHER_H

#include "catalogue.h"
#include "config.h"

struct watcher;

// Starts the thread. Two eventfds, which stay the caller's: wake_fd is written to when a snapshot waits, replay_fd when a replay
// was asked for, or may have been while nobody listened. NULL when memory or threads are out.
struct watcher *watcher_create(const struct config *config, int wake_fd, int replay_fd);

// The newest snapshot that was not taken yet, now the caller's; or NULL.
struct catalogue *watcher_take(struct watcher *watcher);

// Stops the thread and waits for it. NULL-safe; clears the caller's pointer.
void watcher_destroy(struct watcher **watcher);

#endif
