#include "pulse.h"

#include <poll.h>
#include <time.h>

enum {
	LOOK_LONGEST_MS = 2000, // counted between two looks: not what passed while the whole process stood still
	CONNECTING_SLOWER = 20  // times: a resolver may try three servers twice for each host of the connection string
};

void pulse_init(struct pulse *pulse)
{
	*pulse = (struct pulse){0};
	atomic_store(&pulse->socket, -1);
}

/* the writer */

void pulse_begin(struct pulse *pulse)
{
	clockid_t clock;

	if (pulse == NULL || pthread_getcpuclockid(pthread_self(), &clock) != 0)
		return;
	atomic_store(&pulse->clock, clock);
	atomic_store(&pulse->has_clock, true);
}

void pulse_step(struct pulse *pulse)
{
	if (pulse != NULL)
		atomic_store_explicit(&pulse->steps, atomic_load_explicit(&pulse->steps, memory_order_relaxed) + 1,
							  memory_order_relaxed);
}

void pulse_enter(struct pulse *pulse, enum pulse_state state)
{
	if (pulse == NULL)
		return;
	atomic_store_explicit(&pulse->state, (int)state, memory_order_relaxed);
	pulse_step(pulse);
}

void pulse_socket(struct pulse *pulse, int socket)
{
	if (pulse != NULL)
		atomic_store_explicit(&pulse->socket, socket, memory_order_relaxed);
}

/* the observer */

static bool has_answer(const struct pulse *pulse)
{
	struct pollfd descriptor = {.fd = atomic_load_explicit(&pulse->socket, memory_order_relaxed), .events = POLLIN};
	return descriptor.fd >= 0 && poll(&descriptor, 1, 0) > 0;
}

// Processor time of the thread; once it has ended, none.
static int64_t cpu_ms(const struct pulse *pulse)
{
	struct timespec used;

	if (!atomic_load(&pulse->has_clock) || clock_gettime((clockid_t)atomic_load(&pulse->clock), &used) != 0)
		return 0;
	return (int64_t)used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

// Whether it could go on: what the states mean when no step was made since the last look. Half of the time on a processor is
// more than waiting takes.
static bool could_go_on(const struct pulse *pulse, bool has_work, int64_t passed_ms, int64_t used_ms)
{
	switch (atomic_load_explicit(&pulse->state, memory_order_relaxed)) {
	case PULSE_IDLE:
		return has_work;
	case PULSE_ASKING:
		return has_answer(pulse) || used_ms > passed_ms / 2;
	default:
		return true;
	}
}

int64_t pulse_stuck_ms(struct pulse *pulse, bool has_work, int64_t now_ms)
{
	uint64_t steps = atomic_load_explicit(&pulse->steps, memory_order_relaxed);
	int64_t passed = now_ms - pulse->seen_ms, cpu = cpu_ms(pulse), used = cpu - pulse->seen_cpu_ms;
	bool moved = steps != pulse->seen_steps;

	pulse->seen_ms = now_ms;
	pulse->seen_steps = steps;
	pulse->seen_cpu_ms = cpu;
	if (moved || !could_go_on(pulse, has_work, passed, used))
		pulse->stuck_ms = 0;
	else
		pulse->stuck_ms += passed < LOOK_LONGEST_MS ? passed : LOOK_LONGEST_MS;
	bool connects = atomic_load_explicit(&pulse->state, memory_order_relaxed) == PULSE_CONNECTING;
	return connects ? pulse->stuck_ms / CONNECTING_SLOWER : pulse->stuck_ms;
}

const char *pulse_words(const struct pulse *pulse)
{
	static const char *const words[] = {[PULSE_IDLE] = "waits for reports",
										[PULSE_WORKING] = "works",
										[PULSE_ASKING] = "waits for the database",
										[PULSE_CONNECTING] = "connects to the database",
										[PULSE_RESTING] = "pauses"};
	return words[atomic_load_explicit(&pulse->state, memory_order_relaxed)];
}
