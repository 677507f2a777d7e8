// From files to entries of an outbox: reads them, judges each report as the server would, and queues those that are right.
// One thread.
#ifndef BAOCAO_QUEUE_H
#define BAOCAO_QUEUE_H

#include "outbox.h"

struct queued {
	size_t reports;         // read from the files
	size_t invalid;         // not queued: each was printed with all that is wrong
	size_t unreadable;      // lines or files that gave no report: each was printed to standard error
	size_t count;           // of entries
	int64_t *entries;       // one for each report that is queued; owned
};

// unchecked: queues also what the rules forbid, for the server to say so. True: every entry is durable. False: nothing of
// these files is queued, and the reason is on standard error. queued_clear() either way.
bool queue_files(struct outbox *outbox, char **paths, bool unchecked, struct queued *ret);
void queued_clear(struct queued *queued);

// Adds the report to a transaction of the outbox as of that line of that file. False: the reason has been said.
bool queue_add(const struct contract *contract, struct outbox *outbox, const ProtobufCMessage *report, const char *path,
               size_t line, int64_t *ret_entry_no);

#endif
