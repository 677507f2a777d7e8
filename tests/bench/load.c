// load ENDPOINT SERVER_KEY KEYS SUBMISSIONS REPORTS UNITS: files new festival days from as many collectors as the file KEYS has
// lines (unit and secret key), each keeping 8 submissions in flight; prints how many were stored, how many were stored
// already, and seconds. What it files depends on its arguments alone: the second run is a replay of the first.
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

static void build(struct collector *collector, size_t number, size_t reports)
{
	char(*days)[2][DATE_TEXT_SIZE] = calloc(reports, sizeof *days);
	Baocao__Submission submission = BAOCAO__SUBMISSION__INIT;
	Baocao__Report *list = calloc(reports, sizeof *list), **pointers = calloc(reports, sizeof *pointers);
	Baocao__FestivalDay day = BAOCAO__FESTIVAL_DAY__INIT;
	Baocao__FestivalDay__Venue venues[3], *venue_pointers[3];

	for (int i = 0; i < 3; i++) {
		baocao__festival_day__venue__init(&venues[i]);
		venues[i].has_venue_kind = venues[i].has_held = venues[i].has_attendees = 1;
		venues[i].venue_kind = (Baocao__VenueKind)(i + 1);
		venues[i].held = (uint64_t)(10 * (i + 1));
		venues[i].attendees = 4200;
		venue_pointers[i] = &venues[i];
	}
	day.has_points_planned = day.has_points_held = 1;
	day.points_planned = 50;
	day.points_held = 60;
	day.n_venue = 3;
	day.venue = venue_pointers;
	for (size_t i = 0; i < reports; i++) {
		baocao__report__init(&list[i]);
		fill(&list[i], collector->unit, number * reports + i, days[i][0], days[i][1]);
		list[i].has_period_type = list[i].has_revision = 1;
		list[i].period_type = BAOCAO__PERIOD_TYPE__PERIOD_TYPE_CAMPAIGN;
		list[i].revision = 1;
		list[i].body_case = BAOCAO__REPORT__BODY_FESTIVAL_DAY;
		list[i].festival_day = &day;
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
	size_t stored, duplicate;
};

static void take_receipt(void *socket, struct counts *counts)
{
	static uint8_t buffer[SIZE_MAX_BYTES];
	(void)zmq_recv(socket, buffer, sizeof buffer, 0);
	int size = zmq_recv(socket, buffer, sizeof buffer, 0);
	Baocao__Receipt *receipt = size < 0 ? NULL : baocao__receipt__unpack(NULL, (size_t)size, buffer);
	for (size_t i = 0; receipt != NULL && i < receipt->n_outcome; i++) {
		counts->stored += receipt->outcome[i]->outcome == BAOCAO__OUTCOME__OUTCOME_STORED;
		counts->duplicate += receipt->outcome[i]->outcome == BAOCAO__OUTCOME__OUTCOME_DUPLICATE;
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

int main(int argc, char **argv)
{
	static struct collector collectors[COLLECTORS_MAX];
	static char secrets[COLLECTORS_MAX][64], units[COLLECTORS_MAX][16];
	size_t count = 0;
	if (argc != 6)
		return fputs("usage: load ENDPOINT SERVER_KEY COLLECTORS_FILE SUBMISSIONS REPORTS\n", stderr), 2;
	size_t submissions = strtoul(argv[4], NULL, 10), reports = strtoul(argv[5], NULL, 10);
	void *context = zmq_ctx_new();
	FILE *file = fopen(argv[3], "re");

	while (file != NULL && count < COLLECTORS_MAX && fscanf(file, "%15s %63s", units[count], secrets[count]) == 2) {
		struct collector *collector = &collectors[count];
		collector->unit = units[count];
		collector->bodies = calloc(submissions, sizeof *collector->bodies);
		collector->sizes = calloc(submissions, sizeof *collector->sizes);
		for (size_t i = 0; i < submissions; i++)
			build(collector, i, reports);
		collector->socket = open_socket(context, argv[1], argv[2], secrets[count++]);
		if (collector->socket == NULL)
			return fputs("load: cannot connect\n", stderr), 1;
	}
	double begin = seconds();
	struct counts counts = run(collectors, count, submissions);
	(void)printf("%zu %zu %.3f\n", counts.stored, counts.duplicate, seconds() - begin);
	return counts.stored + counts.duplicate == count * submissions * reports ? 0 : 1;
}
