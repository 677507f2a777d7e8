// The thread that judges refusals anew when an administrator asks for it: takes them from the database a few at a time, lets
// them go the way of reports that have just arrived, with the authority that their sender has now, and notes what came of each in
// the transaction that stores it. It has a connection of its own, while there is something to do, and gives way to all lanes.
#ifndef BAOCAO_REPLAYER_H
#define BAOCAO_REPLAYER_H

#include "config.h"
#include "lane.h"
#include "layout.h"

struct replayer;

// What it works with; all of it stays the caller's and must outlive it.
struct replayer_parts {
	const struct config *config;
	const struct contract *contract;
	const struct layout *layout;
	struct lane *const *lanes; // of fresh reports
	size_t lane_count;
	int wake_fd; // eventfd that others write to when something may wait
};

// Starts the thread, which looks at once. NULL when memory or threads are out.
struct replayer *replayer_create(const struct replayer_parts *parts);

// Asks the thread to end and waits for it, so long at most. False when it did not: it is inside a statement that takes long, and
// nothing but the end of the process stops it. What it has not committed is left waiting.
bool replayer_stop(struct replayer *replayer, unsigned milliseconds);

// Waits for the thread, if it was not stopped yet. NULL-safe; clears the caller's pointer.
void replayer_destroy(struct replayer **replayer);

#endif
