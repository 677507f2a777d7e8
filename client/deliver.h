// Brings what is pending in an outbox to the servers and keeps their answers there: submissions of many reports, a few in
// flight, sent again with exponential back-off and jitter after a time-out or when a connection is lost. Sending twice is
// harmless: the second answer is DUPLICATE. Of several servers each takes what comes its way; one that is away is left out.
// One thread.
#ifndef BAOCAO_DELIVER_H
#define BAOCAO_DELIVER_H

#include <stdbool.h>

#include "keys.h"
#include "outbox.h"

enum { DELIVER_SERVERS_MAX = 8 };

struct deliver_servers {
	int count;
	const char *endpoints[DELIVER_SERVERS_MAX];         // tcp://host:port, or ipc://path without keys
	char server_keys[DELIVER_SERVERS_MAX][KEYS_TEXT_SIZE]; // Z85; empty for ipc://
	char secret_key[KEYS_TEXT_SIZE];                    // the collector's, Z85; empty without keys
	unsigned patience_ms;                               // gives up when nothing came for so long
};

enum deliver_end {
	DELIVER_ALL,       // nothing is pending any more
	DELIVER_NO_ANSWER, // some stay pending in the outbox
	DELIVER_STOPPED,   // so do some, for the caller wanted to end
	DELIVER_FAILED     // the outbox or the sockets failed
};

enum deliver_turn { DELIVER_STOP, DELIVER_GO_ON, DELIVER_MORE }; // MORE: something was queued

// What the caller does meanwhile.
struct deliver_meanwhile {
	int fd;                              // turn is called as soon as this can be read
	enum deliver_turn (*turn)(void *user); // and at least once a second
	void *user;
	bool patient; // never ends for want of an answer: that is said once, and once when there is one again
};

// Calls answered, if not NULL, for each entry whose answer is durable in the outbox. The outbox must be locked. meanwhile may
// be NULL. Problems go to standard error.
enum deliver_end deliver(const struct deliver_servers *servers, struct outbox *outbox,
                         void (*answered)(void *user, int64_t entry_no), void *user,
                         const struct deliver_meanwhile *meanwhile);

#endif
