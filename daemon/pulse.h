// Whether a writer makes progress. The writer says what it does; somebody else looks from time to time.
//
// A writer that waits for the database is not hung, however long that takes: a lock, a backend that is stopped, a server that
// is gone without a word. It is hung when it does not go on although it could:
// - it does something of its own and does not come to the end of it;
// - it waits for work and does not take the work that is there;
// - it is inside a statement, and the answer lies at its socket unread; or it uses the processor and comes to no next step.
// A server that waits for the writer ends the session (idle_in_transaction_session_timeout, a minute), and that is an answer too.
#ifndef BAOCAO_PULSE_H
#define BAOCAO_PULSE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum pulse_state {
	PULSE_IDLE,       // waits for work
	PULSE_WORKING,    // on its own
	PULSE_ASKING,     // inside a statement, or between two of them
	PULSE_CONNECTING, // inside libpq until there is a connection: bounded by its time-outs and those of the resolver
	PULSE_RESTING     // a pause that ends by itself
};

// A structure of zeros with socket -1 waits for work. The first part is the writer's to change, the second the observer's.
struct pulse {
	_Atomic int state, socket;
	_Atomic uint64_t steps;
	_Atomic int clock; // the clockid_t of the thread's processor time
	_Atomic bool has_clock;

	uint64_t seen_steps;
	int64_t seen_ms, stuck_ms; // when it was looked at; for how long it has been stuck since
	int64_t seen_cpu_ms;
};

void pulse_init(struct pulse *pulse);

/* the writer; NULL: nobody looks */

void pulse_begin(struct pulse *pulse); // in its thread, first
void pulse_enter(struct pulse *pulse, enum pulse_state state);
void pulse_step(struct pulse *pulse);             // in between: progress
void pulse_socket(struct pulse *pulse, int socket); // of its connection; -1: none

/* the observer */

// Looks once more. Gives how long the writer has been stuck, in milliseconds that were looked at; 0 when it is not. has_work:
// whether there is something that it could take.
int64_t pulse_stuck_ms(struct pulse *pulse, bool has_work, int64_t now_ms);

// What it does, in words.
const char *pulse_words(const struct pulse *pulse);

#endif
