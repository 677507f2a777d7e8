// load ENDPOINT SERVER_KEY KEYS SUBMISSIONS REPORTS [BAD_EVERY]: files new festival days from as many collectors as the file
// KEYS has lines (unit and secret key), each keeping 8 submissions in flight; prints how many were stored, how many were stored
// already, how many only the database refused (rule store), and seconds. With BAD_EVERY one report in so many has 13 points
// held, evenly in the order of sending. What it files depends on its arguments alone: the second run is a replay of the first.
//
// What it sends is built beforehand; the time runs from the first send to the last receipt.
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

#include "date.h"
#include "protocol.pb-c.h"

enum { COLLECTORS_MAX = 64, IN_FLIGHT = 8, SIZE_MAX_BYTES = 1 << 20 };

struct collector {
	void *socket;
	const char *unit;
	size_t index, count; // its place among all collectors
	size_t sent, answered;
	uint8_t **bodies;
	size_t *sizes;
};

static double seconds(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

// A season of its own for each number: no two reports of a unit share a natural key.
static void fill(Baocao__Report *report, const char *unit, size_t number, char first[static DATE_TEXT_SIZE],
                 char last[static DATE_TEXT_SIZE])
{
	date_day start = (date_day)(number / 300) + 3500; // from 2009 on, when all 63 provinces existed
	date_format(start, first);
	date_format(start + (date_day)(number % 300), last);
	report->unit_code = (char *)unit;
	report->period_first = first;
	report->period_last = last;
}

// Collectors take turns, submission by submission.
static bool is_bad(const struct collector *collector, size_t number, size_t i, size_t reports, size_t bad_every)
{
	size_t turn = (number * collector->count + collector->index) * reports + i;
	return bad_every > 0 && turn % bad_every == bad_every - 1;
}

struct day {
	Baocao__FestivalDay message;
	Baocao__FestivalDay__Venue venues[3], *pointers[3];
};

static void fill_day(struct day *day, const uint64_t held[static 3])
{
	baocao__festival_day__init(&day->message);
	day->message.has_points_planned = day->message.has_points_held = 1;
	day->message.points_planned = 50;
	day->message.n_venue = 3;
	day->message.venue = day->pointers;
	for (int i = 0; i < 3; i++) {
		baocao__festival_day__venue__init(&day->venues[i]);
		day->venues[i].has_venue_kind = day->venues[i].has_held = day->venues[i].has_attendees = 1;
		day->venues[i].venue_kind = (Baocao__VenueKind)(i + 1);
		day->venues[i].held = held[i];
		day->venues[i].attendees = 4200;
		day->message.points_held += held[i];
		day->pointers[i] = &day->venues[i];
	}
}

static void build(struct collector *collector, size_t number, size_t reports, size_t bad_every)
{
	char(*days)[2][DATE_TEXT_SIZE] = calloc(reports, sizeof *days);
	Baocao__Submission submission = BAOCAO__SUBMISSION__INIT;
	Baocao__Report *list = calloc(reports, sizeof *list), **pointers = calloc(reports, sizeof *pointers);
	struct day good, bad;

	fill_day(&good, (const uint64_t[]){10, 20, 30});
	fill_day(&bad, (const uint64_t[]){3, 4, 6});
	for (size_t i = 0; i < reports; i++) {
		baocao__report__init(&list[i]);
		fill(&list[i], collector->unit, number * reports + i, days[i][0], days[i][1]);
		list[i].has_period_type = list[i].has_revision = 1;
		list[i].period_type = BAOCAO__PERIOD_TYPE__PERIOD_TYPE_CAMPAIGN;
		list[i].revision = 1;
		list[i].body_case = BAOCAO__REPORT__BODY_FESTIVAL_DAY;
		list[i].festival_day = is_bad(collector, number, i, reports, bad_every) ? &bad.message : &good.message;
		pointers[i] = &list[i];
	}
	submission.has_submission_id = 1;
	submission.submission_id = number;
	submission.n_report = reports;
	submission.report = pointers;
	collector->sizes[number] = baocao__submission__get_packed_size(&submission);
	collector->bodies[number] = malloc(collector->sizes[number]);
	(void)baocao__submission__pack(&submission, collector->bodies[number]);
	free(days);
	free(list);
	free(pointers);
}

static void *open_socket(void *context, const char *endpoint, const char *server_key, const char *secret)
{
	char public[41];
	void *socket = zmq_socket(context, ZMQ_DEALER);
	int linger = 0;
	if (zmq_curve_public(public, secret) != 0 || zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, server_key, 41) != 0 ||
	    zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, public, 41) != 0 ||
	    zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, secret, 41) != 0 ||
	    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger) != 0 || zmq_connect(socket, endpoint) != 0)
		return NULL;
	return socket;
}

static void send_next(struct collector *collector)
{
	(void)zmq_send(collector->socket, "baocao/1", 8, ZMQ_SNDMORE);
	(void)zmq_send(collector->socket, collector->bodies[collector->sent], collector->sizes[collector->sent], 0);
	collector->sent++;
}

struct counts {
	size_t stored, duplicate, refused;
};

static bool is_refused_by_database(const Baocao__ReportOutcome *outcome)
{
	return outcome->outcome == BAOCAO__OUTCOME__OUTCOME_REFUSED && outcome->n_violation == 1 &&
	       strcmp(outcome->violation[0]->rule, "store") == 0;
}

static void take_receipt(void *socket, struct counts *counts)
{
	static uint8_t buffer[SIZE_MAX_BYTES];
	(void)zmq_recv(socket, buffer, sizeof buffer, 0);
	int size = zmq_recv(socket, buffer, sizeof buffer, 0);
	Baocao__Receipt *receipt = size < 0 ? NULL : baocao__receipt__unpack(NULL, (size_t)size, buffer);
	for (size_t i = 0; receipt != NULL && i < receipt->n_outcome; i++) {
		counts->stored += receipt->outcome[i]->outcome == BAOCAO__OUTCOME__OUTCOME_STORED;
		counts->duplicate += receipt->outcome[i]->outcome == BAOCAO__OUTCOME__OUTCOME_DUPLICATE;
		counts->refused += is_refused_by_database(receipt->outcome[i]);
	}
	if (receipt != NULL)
		baocao__receipt__free_unpacked(receipt, NULL);
}

static struct counts run(struct collector *collectors, size_t count, size_t submissions)
{
	zmq_pollitem_t items[COLLECTORS_MAX];
	struct counts counts = {0};
	size_t answered = 0;

	for (size_t i = 0; i < count; i++) {
		items[i] = (zmq_pollitem_t){.socket = collectors[i].socket, .events = ZMQ_POLLIN};
		while (collectors[i].sent < submissions && collectors[i].sent < IN_FLIGHT)
			send_next(&collectors[i]);
	}
	while (answered < count * submissions) {
		if (zmq_poll(items, (int)count, 60000) <= 0)
			break;
		for (size_t i = 0; i < count; i++) {
			if (items[i].revents == 0)
				continue;
			take_receipt(collectors[i].socket, &counts);
			answered++;
			if (collectors[i].sent < submissions)
				send_next(&collectors[i]);
		}
	}
	return counts;
}

// Reads the lines of the file, as many as there are and have room. Gives their number.
static size_t read_collectors(const char *path, struct collector *collectors, char secrets[][64])
{
	static char units[COLLECTORS_MAX][16];
	FILE *file = fopen(path, "re");
	size_t count = 0;

	while (file != NULL && count < COLLECTORS_MAX && fscanf(file, "%15s %63s", units[count], secrets[count]) == 2) {
		collectors[count].unit = units[count];
		collectors[count].index = count;
		count++;
	}
	for (size_t i = 0; i < count; i++)
		collectors[i].count = count;
	if (file != NULL)
		(void)fclose(file);
	return count;
}

int main(int argc, char **argv)
{
	static struct collector collectors[COLLECTORS_MAX];
	static char secrets[COLLECTORS_MAX][64];
	if (argc < 6 || argc > 7)
		return fputs("usage: load ENDPOINT SERVER_KEY COLLECTORS_FILE SUBMISSIONS REPORTS [BAD_EVERY]\n", stderr), 2;
	size_t submissions = strtoul(argv[4], NULL, 10), reports = strtoul(argv[5], NULL, 10);
	size_t bad_every = argc < 7 ? 0 : strtoul(argv[6], NULL, 10);
	size_t count = read_collectors(argv[3], collectors, secrets);
	void *context = zmq_ctx_new();

	for (size_t c = 0; c < count; c++) {
		struct collector *collector = &collectors[c];
		collector->bodies = calloc(submissions, sizeof *collector->bodies);
		collector->sizes = calloc(submissions, sizeof *collector->sizes);
		for (size_t i = 0; i < submissions; i++)
			build(collector, i, reports, bad_every);
		collector->socket = open_socket(context, argv[1], argv[2], secrets[c]);
		if (collector->socket == NULL)
			return fputs("load: cannot connect\n", stderr), 1;
	}
	double begin = seconds();
	struct counts counts = run(collectors, count, submissions);
	(void)printf("%zu %zu %zu %.3f\n", counts.stored, counts.duplicate, counts.refused, seconds() - begin);
	return counts.stored + counts.duplicate + counts.refused == count * submissions * reports ? 0 : 1;
}
