#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "show.h"
#include "words.h"

enum {
	BAR_FROM_REPORTS = 50, // fewer are lines that can be read
	BAR_WIDTH = 30,
	DRAW_EVERY_MS = 100
};

static int64_t now_ms(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void progress_begin(struct progress *progress, struct outbox *outbox, bool quiet)
{
	int64_t counts[OUTBOX_OUTCOMES];
	char oldest[OUTBOX_TIME_SIZE];

	*progress = (struct progress){.outbox = outbox, .quiet = quiet};
	if (outbox_count(outbox, counts, oldest))
		progress->total = counts[0];
	progress->bar = !quiet && progress->total >= BAR_FROM_REPORTS && isatty(STDERR_FILENO) != 0;
}

static void erase(const struct progress *progress)
{
	if (progress->bar)
		(void)fputs("\r\033[K", stderr);
}

static void draw(struct progress *progress)
{
	int64_t total = progress->total < progress->answered ? progress->answered : progress->total;
	int full = (int)(progress->answered * BAR_WIDTH / total);

	(void)fputs("\r[", stderr);
	for (int i = 0; i < BAR_WIDTH; i++)
		(void)fputc(i < full ? '#' : '-', stderr);
	(void)fprintf(stderr, _("] %" PRId64 " of %" PRId64 " reports answered"), progress->answered, total);
	(void)fflush(stderr);
	progress->drawn_at = now_ms();
}

bool progress_all_stored(const int64_t counts[static OUTBOX_OUTCOMES])
{
	return counts[0] + counts[BAOCAO__OUTCOME__OUTCOME_CONFLICT] + counts[BAOCAO__OUTCOME__OUTCOME_REFUSED] +
	           counts[BAOCAO__OUTCOME__OUTCOME_PROTOCOL] == 0;
}

static void on_entry(void *user, const struct outbox_entry *entry)
{
	struct progress *progress = user;
	int64_t one[OUTBOX_OUTCOMES] = {0};

	if ((size_t)entry->outcome >= OUTBOX_OUTCOMES)
		return;
	one[entry->outcome] = 1;
	progress->counts[entry->outcome]++;
	progress->answered++;
	if ((progress->bar || progress->quiet) && progress_all_stored(one))
		return;
	erase(progress);
	show_entry(stdout, entry);
	(void)fflush(stdout);
}

void progress_answered(void *user, int64_t entry_no)
{
	struct progress *progress = user;

	(void)outbox_each(progress->outbox, OUTBOX_BY_NUMBER, entry_no, on_entry, progress);
	if (progress->bar && now_ms() - progress->drawn_at >= DRAW_EVERY_MS)
		draw(progress);
}

void progress_end(struct progress *progress)
{
	erase(progress);
	(void)fflush(stderr);
}
