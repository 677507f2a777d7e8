#include "send.h"

#include <inttypes.h>
#include <stdio.h>

#include "exit_status.h"
#include "progress.h"
#include "queue.h"
#include "reconcile.h"
#include "servers.h"
#include "setback.h"
#include "show.h"
#include "words.h"

static enum deliver_end deliver_pending(const struct options *options, const struct deliver_servers *servers,
                                        struct progress *progress)
{
	if (!outbox_lock(progress->outbox) || !servers_trust(options, progress->outbox))
		return DELIVER_FAILED;
	enum deliver_end end = deliver(servers, progress->outbox, progress_answered, progress, NULL);
	progress_end(progress);
	return end;
}

static int queue_into(const struct options *options, struct outbox *outbox)
{
	struct queued queued;
	bool good = queue_files(outbox, options->operands, options->unchecked, &queued);

	if (good && !options->quiet)
		(void)printf(_("%zu reports: %zu queued, %zu INVALID\n"), queued.reports, queued.count, queued.invalid);
	bool readable = queued.unreadable == 0, all = queued.invalid == 0;
	queued_clear(&queued);
	return !good || !readable ? STATUS_WRONG : all ? STATUS_ALL_STORED : STATUS_SOME_NOT;
}

int send_queue(const struct options *options)
{
	struct outbox *outbox = outbox_open(options->outbox);
	int status = outbox == NULL ? STATUS_WRONG : queue_into(options, outbox);

	outbox_close(&outbox);
	return status;
}

static int deliver_from(const struct options *options, const struct deliver_servers *servers, struct outbox *outbox)
{
	struct progress progress;

	progress_begin(&progress, outbox, options->quiet);
	enum deliver_end end = deliver_pending(options, servers, &progress);
	if (!options->quiet) {
		(void)fputs(_("delivered: "), stdout);
		show_counts(stdout, progress.counts, "PENDING");
		(void)fputc('\n', stdout);
	}
	if (end != DELIVER_ALL)
		return end == DELIVER_FAILED ? STATUS_WRONG : STATUS_NO_ANSWER;
	return progress_all_stored(progress.counts) ? STATUS_ALL_STORED : STATUS_SOME_NOT;
}

static void tally_entry(void *user, const struct outbox_entry *entry)
{
	int64_t *counts = user;
	if ((size_t)entry->outcome < OUTBOX_OUTCOMES)
		counts[entry->outcome]++;
}

// The exit status speaks of the reports of these files; what was pending before is delivered and shown with them.
static int end_of_send(const struct options *options, struct outbox *outbox, const struct queued *queued, enum deliver_end end)
{
	int64_t own[OUTBOX_OUTCOMES] = {0};

	for (size_t i = 0; i < queued->count; i++)
		(void)outbox_each(outbox, OUTBOX_BY_NUMBER, queued->entries[i], tally_entry, own);
	if (!options->quiet) {
		(void)printf(_("%zu reports: "), queued->reports);
		show_counts(stdout, own, "PENDING");
		if (queued->invalid > 0)
			(void)printf(_(", %zu INVALID"), queued->invalid);
		(void)fputc('\n', stdout);
	}
	if (own[0] > 0 && end == DELIVER_NO_ANSWER)
		return STATUS_NO_ANSWER;
	if (queued->unreadable > 0 || (queued->count > 0 && end == DELIVER_FAILED))
		return STATUS_WRONG;
	return queued->invalid == 0 && progress_all_stored(own) ? STATUS_ALL_STORED : STATUS_SOME_NOT;
}

static int queue_and_deliver(const struct options *options, const struct deliver_servers *servers, struct outbox *outbox)
{
	struct queued queued;
	struct progress progress;
	enum deliver_end end = DELIVER_FAILED;
	int status = STATUS_WRONG;

	if (queue_files(outbox, options->operands, options->unchecked, &queued)) {
		if (!options->quiet)
			(void)printf(_("%zu reports queued\n"), queued.count);
		(void)fflush(stdout);
		progress_begin(&progress, outbox, options->quiet);
		if (queued.count > 0)
			end = deliver_pending(options, servers, &progress);
		status = end_of_send(options, outbox, &queued, end);
	}
	queued_clear(&queued);
	return status;
}

// What was acknowledged is asked for once more.
static int reconcile(const struct options *options, const struct deliver_servers *servers, struct outbox *outbox)
{
	struct progress progress;
	int64_t counts[RECONCILE_OUTCOMES], queued, all = 0;

	if (!outbox_lock(outbox) || !reconcile_queue(outbox, options->since == NULL ? "" : options->since, &queued))
		return STATUS_WRONG;
	progress_begin(&progress, outbox, true); // an answer that was known before is no news
	enum deliver_end end = deliver_pending(options, servers, &progress);
	if (!reconcile_settle(outbox, counts))
		return STATUS_WRONG;
	int64_t there = counts[BAOCAO__OUTCOME__OUTCOME_DUPLICATE];
	int64_t again = counts[BAOCAO__OUTCOME__OUTCOME_STORED] + counts[BAOCAO__OUTCOME__OUTCOME_SUPERSEDED];
	for (int i = 0; i < RECONCILE_OUTCOMES; i++)
		all += counts[i];
	if (!options->quiet)
		(void)printf(_("%" PRId64 " reports that were acknowledged: %" PRId64 " are there, %" PRId64 " filed again, %" PRId64 " not\n"),
		             all, there, again, all - there - again);
	if (end == DELIVER_FAILED)
		return STATUS_WRONG;
	if (counts[0] > 0)
		return STATUS_NO_ANSWER;
	return !setback_close(outbox) ? STATUS_WRONG : all == there + again ? STATUS_ALL_STORED : STATUS_SOME_NOT;
}

// Servers and keys first: when they are wrong, nothing is made.
static int with_servers(const struct options *options,
                        int (*run)(const struct options *options, const struct deliver_servers *servers,
                                   struct outbox *outbox))
{
	struct deliver_servers servers;
	struct outbox *outbox = NULL;
	int status = STATUS_WRONG;

	if (servers_of(options, &servers) && (outbox = outbox_open(options->outbox)) != NULL)
		status = run(options, &servers, outbox);
	outbox_close(&outbox);
	servers_wipe(&servers);
	return status;
}

int send_deliver(const struct options *options)
{
	return with_servers(options, deliver_from);
}

int send_reconcile(const struct options *options)
{
	return with_servers(options, reconcile);
}

int send_files(const struct options *options)
{
	return with_servers(options, queue_and_deliver);
}
