// load ENDPOINT SERVER_KEY COLLECTORS_FILE SUBMISSIONS REPORTS [BAD_EVERY [FIRST [COMMUNES [REPEAT_EVERY]]]]: files new festival days
// from as many collectors as the file has lines (unit and secret key), each keeping 8 submissions in flight; one that is
// told BUSY is sent again when it was told to. Prints how many were stored, how many were stored already, how many only
// the database refused (rule store), seconds, and how often BUSY came. With BAD_EVERY one report in so many has 13 points
// held, evenly in the order of sending. The reports of a unit are numbered from FIRST on, so that a later load can file
// others; with COMMUNES so many communes of the unit file in turn, season after season. With REPEAT_EVERY one report in so many
// was sent before. What it files depends on its arguments alone: the second run is a replay of the first.
//
// What it sends is built beforehand; the time runs from the first send to the last receipt.
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "collectors.h"
#include "filing.h"

enum { IN_FLIGHT = 8, PATIENCE_MS = 60000 };

// A place for a submission in flight.
struct flight {
	bool taken;
	size_t number;
	double again; // when to send it once more; 0 while its receipt is awaited
};

struct filer {
	struct collector *collector;
	size_t sent;
	uint8_t **bodies;
	size_t *sizes;
	struct flight flights[IN_FLIGHT];
};

struct load {
	size_t count, submissions, reports, bad_every, first, communes, repeat_every; // count: of the filers
	struct filer *filers;
	zmq_pollitem_t *items; // one for each
	size_t answered;       // submissions
	size_t stored, duplicate, refused, busy;
	size_t waiting; // submissions to be sent again
};

// Collectors take turns, submission by submission.
static void build(const struct load *load, struct filer *filer)
{
	const struct collector *collector = filer->collector;

	filer->bodies = calloc(load->submissions, sizeof *filer->bodies);
	filer->sizes = calloc(load->submissions, sizeof *filer->sizes);
	if (filer->bodies == NULL || filer->sizes == NULL)
		abort();
	for (size_t number = 0; number < load->submissions; number++) {
		struct filing filing = {
			.unit = collector->unit,
			.submission_id = number,
			.first = load->first + (collector->share * load->submissions + number) * load->reports,
			.reports = load->reports,
			.turn = (number * load->count + collector->index) * load->reports,
			.bad_every = load->bad_every,
			.repeat_every = load->repeat_every,
			.back = number * load->reports,
			.communes = load->communes,
			.place = collector->index,
		};
		filer->bodies[number] = filing_pack(&filing, &filer->sizes[number]);
	}
}

static void make(struct load *load, struct collectors collectors)
{
	load->count = collectors.count;
	load->filers = calloc(load->count, sizeof *load->filers);
	load->items = calloc(load->count, sizeof *load->items);
	if (load->filers == NULL || load->items == NULL)
		abort();
	for (size_t i = 0; i < load->count; i++) {
		load->filers[i].collector = &collectors.list[i];
		load->items[i] = (zmq_pollitem_t){.socket = collectors.list[i].socket, .events = ZMQ_POLLIN};
		build(load, &load->filers[i]);
	}
}

static void send_number(const struct filer *filer, size_t number)
{
	collector_send(filer->collector, filer->bodies[number], filer->sizes[number]);
}

static void send_next(const struct load *load, struct filer *filer, struct flight *flight)
{
	*flight = (struct flight){.taken = filer->sent < load->submissions, .number = filer->sent};
	if (flight->taken)
		send_number(filer, filer->sent++);
}

static struct flight *flight_of(struct filer *filer, const Baocao__Receipt *receipt)
{
	for (size_t i = 0; i < IN_FLIGHT; i++)
		if (filer->flights[i].taken && filer->flights[i].number == receipt->submission_id)
			return &filer->flights[i];
	return NULL;
}

static bool is_refused_by_database(const Baocao__ReportOutcome *outcome)
{
	return outcome->outcome == BAOCAO__OUTCOME__OUTCOME_REFUSED && outcome->n_violation == 1 &&
	       strcmp(outcome->violation[0]->rule, "store") == 0;
}

static void count_outcomes(struct load *load, const Baocao__Receipt *receipt)
{
	for (size_t i = 0; i < receipt->n_outcome; i++) {
		load->stored += receipt->outcome[i]->outcome == BAOCAO__OUTCOME__OUTCOME_STORED;
		load->duplicate += receipt->outcome[i]->outcome == BAOCAO__OUTCOME__OUTCOME_DUPLICATE;
		load->refused += is_refused_by_database(receipt->outcome[i]);
	}
	load->answered++;
}

static void take_receipt(struct load *load, struct filer *filer)
{
	Baocao__Receipt *receipt = collector_receive(filer->collector);
	struct flight *flight = receipt == NULL ? NULL : flight_of(filer, receipt);

	if (flight != NULL && receipt->has_whole && receipt->whole == BAOCAO__OUTCOME__OUTCOME_BUSY) {
		load->busy++;
		load->waiting += flight->again <= 0;
		flight->again = seconds_now() + receipt->retry_after_ms / 1e3;
	} else if (flight != NULL) {
		count_outcomes(load, receipt);
		send_next(load, filer, flight);
	}
	if (receipt != NULL)
		baocao__receipt__free_unpacked(receipt, NULL);
}

// Sends what is due again. Gives the milliseconds until the next is.
static long send_due(struct load *load)
{
	double now = load->waiting > 0 ? seconds_now() : 0, next = now + PATIENCE_MS / 1e3;

	for (size_t i = 0; load->waiting > 0 && i < load->count; i++)
		for (size_t f = 0; f < IN_FLIGHT; f++) {
			struct flight *flight = &load->filers[i].flights[f];
			if (flight->again > now && flight->again < next)
				next = flight->again;
			if (flight->again <= 0 || flight->again > now)
				continue;
			send_number(&load->filers[i], flight->number);
			flight->again = 0;
			load->waiting--;
		}
	return (long)((next - now) * 1e3) + 1;
}

// Ends when everything is answered, or when nothing has come for long.
static void run(struct load *load)
{
	for (size_t i = 0; i < load->count; i++)
		for (size_t f = 0; f < IN_FLIGHT; f++)
			send_next(load, &load->filers[i], &load->filers[i].flights[f]);
	while (load->answered < load->count * load->submissions) {
		bool waited = load->waiting > 0;
		int ready = zmq_poll(load->items, (int)load->count, send_due(load));
		if (ready < 0 || (ready == 0 && !waited))
			return;
		for (size_t i = 0; i < load->count; i++)
			if (load->items[i].revents != 0)
				take_receipt(load, &load->filers[i]);
	}
}

static const char usage[] =
	"usage: load ENDPOINT SERVER_KEY COLLECTORS_FILE SUBMISSIONS REPORTS [BAD_EVERY [FIRST [COMMUNES [REPEAT_EVERY]]]]\n";

int main(int argc, char **argv)
{
	if (argc < 6 || argc > 10)
		return fputs(usage, stderr), 2;
	struct load load = {
		.submissions = strtoul(argv[4], NULL, 10),
		.reports = strtoul(argv[5], NULL, 10),
		.bad_every = argc < 7 ? 0 : strtoul(argv[6], NULL, 10),
		.first = argc < 8 ? 0 : strtoul(argv[7], NULL, 10),
		.communes = argc < 9 ? 0 : strtoul(argv[8], NULL, 10),
		.repeat_every = argc < 10 ? 0 : strtoul(argv[9], NULL, 10),
	};
	make(&load, collectors_connect(argv[3], argv[1], argv[2]));

	double begin = seconds_now();
	run(&load);
	double taken = seconds_now() - begin;
	(void)printf("%zu %zu %zu %.3f %zu\n", load.stored, load.duplicate, load.refused, taken, load.busy);
	return load.stored + load.duplicate + load.refused == load.count * load.submissions * load.reports ? 0 : 1;
}
