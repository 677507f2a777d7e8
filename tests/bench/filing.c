#include "filing.h"

#include <stdio.h>
#include <stdlib.h>

#include "date.h"
#include "protocol.pb-c.h"

enum {
	VENUES = 3,
	SEASON_DAYS = 300,
	FIRST_COMMUNE = 10000, // bench.py adds them under these codes
	CODE_SIZE = 8
};

struct day {
	Baocao__FestivalDay message;
	Baocao__FestivalDay__Venue venues[VENUES], *pointers[VENUES];
};

// What a packed submission is made of, while it is made.
struct parts {
	struct day good, bad;
	char (*dates)[2][DATE_TEXT_SIZE];
	char (*codes)[CODE_SIZE];
	Baocao__Report *list, **pointers;
};

static void *allocate(size_t count, size_t size)
{
	void *memory = calloc(count, size);
	if (memory == NULL)
		abort();
	return memory;
}

static void fill_day(struct day *day, const uint64_t held[static VENUES])
{
	baocao__festival_day__init(&day->message);
	day->message.has_points_planned = day->message.has_points_held = 1;
	day->message.points_planned = 50;
	day->message.n_venue = VENUES;
	day->message.venue = day->pointers;
	for (int i = 0; i < VENUES; i++) {
		baocao__festival_day__venue__init(&day->venues[i]);
		day->venues[i].has_venue_kind = day->venues[i].has_held = day->venues[i].has_attendees = 1;
		day->venues[i].venue_kind = (Baocao__VenueKind)(i + 1);
		day->venues[i].held = held[i];
		day->venues[i].attendees = 4200;
		day->message.points_held += held[i];
		day->pointers[i] = &day->venues[i];
	}
}

// No two reports of a unit share a season, so none share a natural key.
static void fill_season(Baocao__Report *report, size_t season, char dates[static 2][DATE_TEXT_SIZE])
{
	date_day start = (date_day)(season / SEASON_DAYS) + 3500; // from 2009 on, when all 63 provinces existed
	date_format(start, dates[0]);
	date_format(start + (date_day)(season % SEASON_DAYS), dates[1]);
	report->period_first = dates[0];
	report->period_last = dates[1];
}

// The number is one among all of the province.
static void fill_unit(Baocao__Report *report, const struct filing *filing, size_t number, char code[static CODE_SIZE])
{
	report->unit_code = (char *)filing->unit;
	if (filing->communes > 0) {
		(void)snprintf(code, CODE_SIZE, "%05zu", (FIRST_COMMUNE + filing->place * filing->communes + number % filing->communes) % 100000);
		report->unit_code = code;
	}
}

static void fill_report(struct parts *parts, const struct filing *filing, size_t i)
{
	Baocao__Report *report = parts->pointers[i] = &parts->list[i];
	bool bad = filing->bad_every > 0 && (filing->turn + i) % filing->bad_every == filing->bad_every - 1;
	bool repeat = filing->repeat_every > 0 && i % filing->repeat_every == filing->repeat_every - 1;
	size_t number = filing->first + i - (repeat ? filing->back : 0);

	baocao__report__init(report);
	fill_unit(report, filing, number, parts->codes[i]);
	fill_season(report, filing->communes > 0 ? number / filing->communes : number, parts->dates[i]);
	report->has_period_type = report->has_revision = 1;
	report->period_type = BAOCAO__PERIOD_TYPE__PERIOD_TYPE_CAMPAIGN;
	report->revision = 1;
	report->body_case = BAOCAO__REPORT__BODY_FESTIVAL_DAY;
	report->festival_day = bad ? &parts->bad.message : &parts->good.message;
}

uint8_t *filing_pack(const struct filing *filing, size_t *ret_size)
{
	Baocao__Submission submission = BAOCAO__SUBMISSION__INIT;
	struct parts parts = {
		.dates = allocate(filing->reports, sizeof *parts.dates),
		.codes = allocate(filing->reports, sizeof *parts.codes),
		.list = allocate(filing->reports, sizeof *parts.list),
		.pointers = allocate(filing->reports, sizeof *parts.pointers),
	};

	fill_day(&parts.good, (const uint64_t[]){10, 20, 30});
	fill_day(&parts.bad, (const uint64_t[]){3, 4, 6});
	for (size_t i = 0; i < filing->reports; i++)
		fill_report(&parts, filing, i);
	submission.has_submission_id = 1;
	submission.submission_id = filing->submission_id;
	submission.n_report = filing->reports;
	submission.report = parts.pointers;
	*ret_size = baocao__submission__get_packed_size(&submission);
	uint8_t *packed = allocate(*ret_size, 1);
	(void)baocao__submission__pack(&submission, packed);
	free(parts.dates);
	free(parts.codes);
	free(parts.list);
	free(parts.pointers);
	return packed;
}
