// One file, read and judged, before anything of it is queued: how many of its reports are right, and all that is wrong as a text
// for the one who wrote it. One thread.
#ifndef BAOCAO_CHECKED_H
#define BAOCAO_CHECKED_H

#include "import.h"
#include "outbox.h"

struct checked {
	struct import import;
	const char *path;    // the caller's
	size_t right, wrong; // reports; what gave no report is wrong too
	char *text;          // what is wrong, as lines; empty when nothing is; owned
	size_t text_size;
};

// name is what the messages call the file. False: memory is out, which has been said. checked_clear() either way.
bool checked_read(struct checked *checked, const struct contract *contract, const char *path, const char *name);
void checked_clear(struct checked *checked);

// Writes a copy of the file in which everything that is wrong stands where it is (mark.h). Nothing is written where nothing of the
// file could be read. False: the reason has been said.
bool checked_mark(const struct checked *checked, const char *copy_path);

// Queues the reports that are right as of the file kept_path, all or none. False: the reason has been said.
bool checked_queue(const struct checked *checked, struct outbox *outbox, const char *kept_path);

#endif
