// What is done with one file of a watched folder: read, judged, its right reports queued, and the file moved to sent/, or to
// returned/ with all that is wrong beside it. In this order, so that a process that is killed at any moment leaves the file where
// it was, or its reports queued and the file moved; a file that is taken twice is recognised by its content. One thread.
#ifndef BAOCAO_DESK_H
#define BAOCAO_DESK_H

#include "contract.h"
#include "folder.h"
#include "outbox.h"

struct desk {
	const struct contract *contract;
	struct outbox *outbox;
	const struct folder *folder;
	bool quiet;
	size_t sent, returned, queued; // files, files, reports
};

enum desk_end {
	DESK_DONE,     // the file is on a shelf
	DESK_TOUCHED,  // somebody writes to it: left where it is, for later
	DESK_TROUBLE   // the outbox or the folder cannot be written to, as was said; the file is where it was
};

// name is the file's in the folder; fd is open on it.
enum desk_end desk_take(struct desk *desk, const char *name, int fd);

#endif
