// The collectors of a benchmark: who they are, and their sockets.
#ifndef BAOCAO_BENCH_COLLECTORS_H
#define BAOCAO_BENCH_COLLECTORS_H

#include <stddef.h>
#include <stdint.h>

#include "protocol.pb-c.h"

struct collector {
	char unit[16], secret[64];
	size_t index, share; // its place among all collectors, and among those of its unit
	void *socket;
};

struct collectors {
	struct collector *list;
	size_t count;
};

// Reads a file with a unit and a secret key on each line, and connects a DEALER for each; on an ipc:// endpoint without
// CURVE, where keys are not used. Returns when all are let in; says why when it cannot and ends the program.
struct collectors collectors_connect(const char *path, const char *endpoint, const char *server_key);

void collector_send(struct collector *collector, const uint8_t *body, size_t size);

// The receipt that is there, for the caller to free with baocao__receipt__free_unpacked(); NULL when there is none.
Baocao__Receipt *collector_receive(struct collector *collector);

// Seconds of a clock that never goes back.
double seconds_now(void);

#endif
