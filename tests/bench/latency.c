// latency ENDPOINT SERVER_KEY COLLECTORS_FILE RATE SECONDS FIRST [PERCENTILES_FILE]: how long new festival days wait for
// their receipts when so many a second are filed, one report a submission, by all collectors in turn, numbered from FIRST on
// among those of their unit. Prints the latency at p50, p99, p99.9 and at most, in ms; how many were acknowledged, how many
// were not within 10 s after the last one was due; reports a second that were acknowledged; how often BUSY came; and by how
// many ms the sending itself was late at p99. PERCENTILES_FILE gets the table that HdrHistogram's tools plot.
//
// The loop is open: reports are filed when they are due, answered or not, and the time runs from when a report was due,
// through every BUSY. So a daemon that stops for a second is charged with everything that was due in that second. Only what
// a collector may not send, because it has 8 submissions in flight already, is held back, its time running.
#define _GNU_SOURCE // epoll_pwait2
#include <math.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <zmq.h>

#include "collectors.h"
#include "filing.h"
#include "histogram.h"

enum { IN_FLIGHT = 8, EVENTS = 64 };
static const double GRACE = 10, RUN_UP = 0.2; // seconds

// A submission that was told BUSY, and when it is to be sent again.
struct again {
	size_t number;
	double at;
};

struct filer {
	struct collector *collector;
	size_t next; // the number of the submission that it sends next
	size_t in_flight;
	bool touched; // there may be receipts for it
};

struct run {
	size_t count; // of the filers
	struct filer *filers;
	int epoll;
	double rate, begin, last;
	size_t total, due, acknowledged, unlike, busy; // submissions; unlike: answered, but not with STORED
	uint8_t **bodies;
	size_t *sizes;
	bool *answered;
	struct again *again; // a ring: everybody is told to wait for the same time, so the first in is the first due
	size_t again_first, again_count;
	struct histogram latencies, delays; // microseconds
};

static void *allocate(size_t count, size_t size)
{
	void *memory = calloc(count, size);
	if (memory == NULL)
		abort();
	return memory;
}

static void build(struct run *run, size_t first)
{
	size_t each = run->total / run->count + 1; // of a collector

	run->bodies = allocate(run->total, sizeof *run->bodies);
	run->sizes = allocate(run->total, sizeof *run->sizes);
	run->answered = allocate(run->total, sizeof *run->answered);
	run->again = allocate(run->total, sizeof *run->again);
	for (size_t number = 0; number < run->total; number++) {
		const struct collector *collector = run->filers[number % run->count].collector;
		struct filing filing = {
			.unit = collector->unit,
			.submission_id = number,
			.first = first + collector->share * each + number / run->count,
			.reports = 1,
		};
		run->bodies[number] = filing_pack(&filing, &run->sizes[number]);
	}
}

static void enlist(struct run *run, struct collectors collectors)
{
	run->count = collectors.count;
	run->filers = allocate(run->count, sizeof *run->filers);
	run->epoll = epoll_create1(EPOLL_CLOEXEC);
	for (size_t i = 0; i < run->count; i++) {
		struct epoll_event event = {.events = EPOLLIN, .data.u64 = i};
		int descriptor = -1;
		size_t size = sizeof descriptor;
		run->filers[i] = (struct filer){.collector = &collectors.list[i], .next = i};
		if (zmq_getsockopt(collectors.list[i].socket, ZMQ_FD, &descriptor, &size) != 0 ||
		    epoll_ctl(run->epoll, EPOLL_CTL_ADD, descriptor, &event) != 0)
			abort();
	}
}

static double due_at(const struct run *run, size_t number)
{
	return run->begin + (double)number / run->rate;
}

static uint64_t microseconds(double seconds)
{
	return seconds > 0 ? (uint64_t)llround(seconds * 1e6) : 0;
}

static void send_number(struct run *run, size_t number)
{
	struct filer *filer = &run->filers[number % run->count];
	collector_send(filer->collector, run->bodies[number], run->sizes[number]);
	filer->touched = true; // sending may have taken notice of a receipt: the descriptor would say nothing any more
}

// What is due of this collector's and may be sent.
static void send_next(struct run *run, struct filer *filer)
{
	for (; filer->next < run->due && filer->in_flight < IN_FLIGHT; filer->next += run->count) {
		filer->in_flight++;
		send_number(run, filer->next);
	}
}

static void send_due(struct run *run)
{
	double now = seconds_now();

	while (run->due < run->total && due_at(run, run->due) <= now) {
		histogram_record(&run->delays, microseconds(now - due_at(run, run->due)));
		run->due++;
		send_next(run, &run->filers[(run->due - 1) % run->count]);
		now = seconds_now();
	}
	for (; run->again_count > 0 && run->again[run->again_first].at <= now; run->again_count--) {
		send_number(run, run->again[run->again_first].number);
		run->again_first = (run->again_first + 1) % run->total;
	}
}

static void take_answer(struct run *run, const Baocao__Receipt *receipt)
{
	size_t number = (size_t)receipt->submission_id;
	double now = seconds_now();

	if (number >= run->due || run->answered[number])
		return;
	if (receipt->has_whole && receipt->whole == BAOCAO__OUTCOME__OUTCOME_BUSY) {
		run->busy++;
		run->again[(run->again_first + run->again_count++) % run->total] =
			(struct again){.number = number, .at = now + receipt->retry_after_ms / 1e3};
		return;
	}
	run->answered[number] = true;
	run->filers[number % run->count].in_flight--;
	if (receipt->n_outcome != 1 || receipt->outcome[0]->outcome != BAOCAO__OUTCOME__OUTCOME_STORED) {
		run->unlike++;
		return;
	}
	run->acknowledged++;
	run->last = now;
	histogram_record(&run->latencies, microseconds(now - due_at(run, number)));
}

static void receive(struct run *run)
{
	Baocao__Receipt *receipt;

	for (size_t i = 0; i < run->count; i++) {
		struct filer *filer = &run->filers[i];
		if (!filer->touched)
			continue;
		while ((receipt = collector_receive(filer->collector)) != NULL) {
			take_answer(run, receipt);
			baocao__receipt__free_unpacked(receipt, NULL);
		}
		filer->touched = false;
		send_next(run, filer);
	}
}

// Until the next is due or something comes. zmq_poll() counts in milliseconds, which is too coarse, and looks at every
// socket.
static void wait_next(struct run *run)
{
	struct epoll_event events[EVENTS];
	double now = seconds_now(), until = now + 0.01;

	for (size_t i = 0; i < run->count; i++)
		if (run->filers[i].touched) // by sending, since it was looked at
			return;
	if (run->due < run->total && due_at(run, run->due) < until)
		until = due_at(run, run->due);
	if (run->again_count > 0 && run->again[run->again_first].at < until)
		until = run->again[run->again_first].at;
	if (until <= now)
		return;
	struct timespec timeout = {.tv_nsec = (long)((until - now) * 1e9)};
	int ready = epoll_pwait2(run->epoll, events, EVENTS, &timeout, NULL);
	for (int i = 0; i < ready; i++)
		run->filers[events[i].data.u64].touched = true;
}

static void file_all(struct run *run)
{
	run->last = run->begin = seconds_now() + RUN_UP;
	double end = due_at(run, run->total) + GRACE;
	while (run->acknowledged + run->unlike < run->total && seconds_now() < end) {
		send_due(run);
		receive(run);
		wait_next(run);
	}
}

static double milliseconds_at(const struct histogram *histogram, double share)
{
	return (double)histogram_at(histogram, share) / 1e3;
}

// Collectors have machines of their own: that they wait for a processor here is not to be charged to the daemon. The threads
// of libzmq, made later, inherit it. Where it is not allowed, the delay of sending shows what that costs.
static void go_first(void)
{
	struct sched_param lowest = {.sched_priority = 1};
	(void)sched_setscheduler(0, SCHED_RR, &lowest);
	(void)prctl(PR_SET_TIMERSLACK, 1UL); // nanosecond; the usual 50 microseconds are half the time between two reports
}

static void print(const struct run *run)
{
	(void)printf("%.3f %.3f %.3f %.3f %zu %zu %.1f %zu %.3f\n", milliseconds_at(&run->latencies, 0.5),
	             milliseconds_at(&run->latencies, 0.99), milliseconds_at(&run->latencies, 0.999),
	             (double)run->latencies.max / 1e3, run->acknowledged, run->total - run->acknowledged,
	             (double)run->acknowledged / (run->last - run->begin), run->busy, milliseconds_at(&run->delays, 0.99));
}

int main(int argc, char **argv)
{
	static struct run run;
	static const char usage[] = "usage: latency ENDPOINT SERVER_KEY COLLECTORS_FILE RATE SECONDS FIRST [PERCENTILES_FILE]\n";

	if (argc < 7 || argc > 8)
		return fputs(usage, stderr), 2;
	run.rate = strtod(argv[4], NULL);
	run.total = (size_t)(run.rate * strtod(argv[5], NULL));
	go_first();
	enlist(&run, collectors_connect(argv[3], argv[1], argv[2]));
	if (run.total == 0 || run.count == 0)
		return fputs("latency: nothing to file\n", stderr), 2;
	build(&run, strtoul(argv[6], NULL, 10));

	file_all(&run);
	print(&run);
	if (argc == 8 && !histogram_write(&run.latencies, 1e3, argv[7]))
		return fputs("latency: the percentiles cannot be written\n", stderr), 1;
	return run.acknowledged == run.total ? 0 : 1;
}
