// Brings packed reports to a server and hands back what became of each: submissions of many reports, a few in flight,
// sent again with exponential back-off and jitter until a receipt comes. Sending twice is harmless: the second answer is
// DUPLICATE. One thread.
#ifndef BAOCAO_DELIVER_H
#define BAOCAO_DELIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol.pb-c.h"

struct deliver_server {
	const char *endpoint;                                // tcp://host:port, or ipc://path without keys
	const char *server_public_key, *public_key, *secret_key; // Z85; NULL for ipc://
	unsigned patience_ms;                                // gives up when nothing came for so long
};

struct deliver_report {
	const uint8_t *bytes; // packed
	size_t size;
};

// What became of the report at that index. outcome is NULL when its submission as a whole met receipt->whole.
typedef void (*deliver_answer)(void *user, size_t index, const Baocao__Receipt *receipt,
                               const Baocao__ReportOutcome *outcome);

// Delivers all; calls answer once for each report that got one. True when all got one. Problems of the connection go to
// standard error.
bool deliver(const struct deliver_server *server, const struct deliver_report *reports, size_t count, deliver_answer answer,
             void *user);

#endif
