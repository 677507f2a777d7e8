#include "status.h"

#include <inttypes.h>
#include <jansson.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit_status.h"
#include "filed.h"
#include "outbox.h"
#include "progress.h"
#include "setback.h"
#include "show.h"
#include "words.h"

// What is filed for one kind and period, by all units.
struct group {
	struct filed filed;
	int64_t counts[OUTBOX_OUTCOMES];
	char oldest[OUTBOX_TIME_SIZE]; // of the pending ones; empty when there is none
};

struct groups {
	size_t count, size;
	struct group *list;
};

static const char counts_by_series[] =
	"SELECT series, coalesce(outcome, 0), count(*), min(queued_at) FROM entry GROUP BY series, outcome";

static int by_kind_and_period(const void *left, const void *right)
{
	const struct filed *a = &((const struct group *)left)->filed, *b = &((const struct group *)right)->filed;
	int order = strcmp(a->kind, b->kind);

	order = order != 0 ? order : strcmp(a->first, b->first);
	order = order != 0 ? order : strcmp(a->last, b->last);
	return order != 0 ? order : strcmp(a->period_type, b->period_type);
}

static bool add(void *user, const struct filed *filed, sqlite3_stmt *row)
{
	struct groups *groups = user;
	int outcome = sqlite3_column_int(row, 1);

	if (outcome < 0 || outcome >= OUTBOX_OUTCOMES)
		return true;
	if (groups->count == groups->size) {
		size_t size = groups->size == 0 ? 64 : 2 * groups->size;
		struct group *grown = realloc(groups->list, size * sizeof *grown);
		if (grown == NULL)
			return false;
		groups->list = grown;
		groups->size = size;
	}
	struct group *group = &groups->list[groups->count++];
	*group = (struct group){.filed = *filed};
	group->counts[outcome] = sqlite3_column_int64(row, 2);
	if (outcome == 0)
		(void)snprintf(group->oldest, sizeof group->oldest, "%s", (const char *)sqlite3_column_text(row, 3));
	return true;
}

// Makes one group of those that are of one kind and period.
static void merge(struct groups *groups)
{
	size_t kept = 0;

	if (groups->count > 0)
		qsort(groups->list, groups->count, sizeof groups->list[0], by_kind_and_period);
	for (size_t i = 0; i < groups->count; i++) {
		struct group *into = kept == 0 ? NULL : &groups->list[kept - 1], *next = &groups->list[i];
		if (into == NULL || by_kind_and_period(into, next) != 0) {
			groups->list[kept++] = *next;
			continue;
		}
		for (size_t outcome = 0; outcome < OUTBOX_OUTCOMES; outcome++)
			into->counts[outcome] += next->counts[outcome];
		if (into->oldest[0] == '\0' || (next->oldest[0] != '\0' && strcmp(next->oldest, into->oldest) < 0))
			(void)memcpy(into->oldest, next->oldest, sizeof into->oldest);
	}
	groups->count = kept;
}

static bool read_groups(struct outbox *outbox, const struct contract *contract, const struct filed_filter *filter,
                        struct groups *ret_groups)
{
	*ret_groups = (struct groups){0};
	bool good = filed_each(outbox, counts_by_series, contract, filter, add, ret_groups);
	merge(ret_groups);
	return good;
}

static void total(const struct groups *groups, struct group *ret_total)
{
	*ret_total = (struct group){0};
	for (size_t i = 0; i < groups->count; i++) {
		const struct group *group = &groups->list[i];
		for (size_t outcome = 0; outcome < OUTBOX_OUTCOMES; outcome++)
			ret_total->counts[outcome] += group->counts[outcome];
		if (group->oldest[0] != '\0' && (ret_total->oldest[0] == '\0' || strcmp(group->oldest, ret_total->oldest) < 0))
			(void)memcpy(ret_total->oldest, group->oldest, sizeof ret_total->oldest);
	}
}

/* for people */

static void print_counts(const struct group *group)
{
	show_counts(stdout, group->counts, "PENDING");
	if (group->counts[0] > 0)
		(void)printf(_("; the oldest pending since %s"), group->oldest);
	(void)fputc('\n', stdout);
}

static void print_lines(const struct options *options, const struct groups *groups, const struct group *all)
{
	(void)printf("%s: ", options->outbox);
	print_counts(all);
	for (size_t i = 0; i < groups->count && !options->quiet; i++) {
		const struct filed *filed = &groups->list[i].filed;
		(void)printf("  %s %s %s/%s: ", filed->kind, filed->period_type, filed->first, filed->last);
		print_counts(&groups->list[i]);
	}
}

/* for programs; docs/collector.md */

static json_t *json_of(const struct group *group)
{
	const int64_t *n = group->counts;
	json_t *outcomes = json_object();

	for (int i = 1; i < OUTBOX_OUTCOMES; i++)
		if (i != BAOCAO__OUTCOME__OUTCOME_BUSY) // never an answer
			(void)json_object_set_new(outcomes, show_outcome_name((Baocao__Outcome)i), json_integer(n[i]));
	return json_pack("{s:I, s:I, s:I, s:o, s:s?}", "pending", (json_int_t)n[0], "delivered",
	                 (json_int_t)n[BAOCAO__OUTCOME__OUTCOME_STORED] + n[BAOCAO__OUTCOME__OUTCOME_DUPLICATE] +
	                     n[BAOCAO__OUTCOME__OUTCOME_SUPERSEDED],
	                 "refused",
	                 (json_int_t)n[BAOCAO__OUTCOME__OUTCOME_CONFLICT] + n[BAOCAO__OUTCOME__OUTCOME_REFUSED] +
	                     n[BAOCAO__OUTCOME__OUTCOME_PROTOCOL],
	                 "outcomes", outcomes, "oldest_pending", group->oldest[0] == '\0' ? NULL : group->oldest);
}

static json_t *json_of_period(const struct group *group)
{
	const struct filed *filed = &group->filed;
	json_t *object = json_pack("{s:s, s:s, s:s, s:s}", "kind", filed->kind, "period_type", filed->period_type, "period_first",
	                           filed->first, "period_last", filed->last);
	json_t *counts = json_of(group);

	(void)json_object_update(object, counts);
	json_decref(counts);
	return object;
}

static bool print_json(const struct options *options, const struct groups *groups, const struct group *all)
{
	json_t *object = json_of(all), *periods = json_array();

	(void)json_object_set_new(object, "version", json_integer(1));
	(void)json_object_set_new(object, "outbox", json_string(options->outbox));
	for (size_t i = 0; i < groups->count; i++)
		(void)json_array_append_new(periods, json_of_period(&groups->list[i]));
	(void)json_object_set_new(object, "periods", periods);
	bool good = object != NULL && json_array_size(periods) == groups->count &&
	            json_dumpf(object, stdout, JSON_INDENT(2) | JSON_SORT_KEYS) == 0;
	(void)fputc('\n', stdout);
	json_decref(object);
	if (!good)
		(void)fputs(_("baocao: out of memory\n"), stderr);
	return good;
}

/* the command */

static void list_entry(void *user, const struct outbox_entry *entry)
{
	(void)user;
	show_entry(stdout, entry);
}

static bool list_entries(const struct options *options, struct outbox *outbox)
{
	if (options->json || (!options->pending && !options->refused && !options->all))
		return true;
	return outbox_each(outbox, options->all || options->pending == options->refused ? OUTBOX_ALL
	                           : options->pending                                   ? OUTBOX_PENDING
	                                                                                : OUTBOX_REFUSED,
	                   0, list_entry, NULL);
}

static enum exit_status print(const struct options *options, const struct contract *contract, struct outbox *outbox)
{
	struct filed_filter filter;
	struct groups groups = {0};
	struct group all;
	char set_back[OUTBOX_TIME_SIZE] = "";
	bool good = filed_filter_of(options, contract, &filter) && read_groups(outbox, contract, &filter, &groups) &&
	            list_entries(options, outbox);

	total(&groups, &all);
	if (good && options->json)
		good = print_json(options, &groups, &all);
	else if (good)
		print_lines(options, &groups, &all);
	free(groups.list);
	good = good && setback_open_since(outbox, set_back);
	if (good && !options->json && set_back[0] != '\0')
		(void)printf(_("the server's database was set back, or failed over, by %s: run baocao reconcile\n"), set_back);
	return !good ? STATUS_WRONG : progress_all_stored(all.counts) && set_back[0] == '\0' ? STATUS_ALL_STORED : STATUS_SOME_NOT;
}

int status_print(const struct options *options)
{
	return filed_ask(options, print);
}
