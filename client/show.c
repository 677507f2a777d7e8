#include "show.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "language.h"
#include "say.h"

enum { SHOW_ARENA_MAX = 1 << 20 }; // of one violation

static const char *const outcome_names[] = {"PENDING", "STORED", "DUPLICATE", "CONFLICT", "SUPERSEDED", "REFUSED", "BUSY",
                                            "PROTOCOL"};
_Static_assert(sizeof outcome_names / sizeof outcome_names[0] == OUTBOX_OUTCOMES, "every outcome has its name");

const char *show_outcome_name(Baocao__Outcome outcome)
{
	return (size_t)outcome < OUTBOX_OUTCOMES ? outcome_names[outcome] : "UNKNOWN";
}

static const char *text_or_empty(const char *text)
{
	return text == NULL ? "" : text;
}

// The contract for labels; kept till the end. NULL: it cannot be had, and texts are those of the server.
static const struct contract *contract_of_labels(void)
{
	static struct contract *contract;
	static bool tried;
	char *error = NULL;

	if (!tried)
		contract = contract_load(&error);
	tried = true;
	free(error);
	return contract;
}

static void show_line(FILE *out, const char *place, const char *field, const char *rule, const char *message)
{
	(void)fprintf(out, "    %s%s%s [%s] %s\n", place, place[0] != '\0' && field[0] != '\0' ? " " : "",
	             place[0] == '\0' && field[0] == '\0' ? _("(report)") : field, rule, message);
}

// Said here from the rule and its values, in the reader's language; the server's words only where the rule is not known.
void show_violation(FILE *out, const Baocao__Violation *violation)
{
	const struct contract *contract = contract_of_labels();
	struct arena *arena = arena_create(SHOW_ARENA_MAX);
	const char *path = text_or_empty(violation->path), *rule = text_or_empty(violation->rule);
	const char *text = text_or_empty(language_label(violation->vi, violation->en));

	if (contract != NULL && arena != NULL)
		text = say_violation(contract, arena, path, rule, violation->value, violation->limit, text);
	show_line(out, "", path, rule, text);
	arena_destroy(&arena);
}

/* problems of files */

static int by_report(const void *a, const void *b)
{
	const struct problem *one = *(const struct problem *const *)a, *other = *(const struct problem *const *)b;

	if (one->report != other->report)
		return one->report < other->report ? -1 : 1;
	if (one->report != IMPORT_NO_REPORT && one->row != other->row)
		return one->row < other->row ? -1 : 1;
	if (one->report != IMPORT_NO_REPORT && one->column != other->column)
		return one->column < other->column ? -1 : 1;
	return one < other ? -1 : one > other;
}

static void show_problem(const struct import *import, const struct problem *problem, bool first_of_report, FILE *out,
                         FILE *out_of_none)
{
	char place[IMPORT_PLACE_SIZE];

	(void)import_place(problem, place);
	if (problem->report != IMPORT_NO_REPORT) {
		const struct imported *imported = &import->reports[problem->report];
		if (first_of_report)
			(void)fprintf(out, _("%s:%zu INVALID\n"), imported->path, imported->line);
		show_line(out, imported->header == NULL ? "" : place, problem->field, problem->rule, problem->message);
		return;
	}
	(void)fprintf(out_of_none, "%s", problem->path);
	if (problem->row > 0)
		(void)fprintf(out_of_none, ":%zu", problem->row);
	if (problem->column > 0 || problem->sheet[0] != '\0')
		(void)fprintf(out_of_none, ": %s", place);
	(void)fprintf(out_of_none, ": %s\n", problem->message);
}

void show_problems(const struct import *import, FILE *out, FILE *out_of_none)
{
	const struct problem **sorted = malloc((import->problem_count + 1) * sizeof(const struct problem *));

	for (size_t i = 0; sorted != NULL && i < import->problem_count; i++)
		sorted[i] = &import->problems[i];
	if (sorted != NULL)
		qsort(sorted, import->problem_count, sizeof *sorted, by_report);
	for (size_t i = 0; i < import->problem_count; i++) {
		const struct problem *problem = sorted == NULL ? &import->problems[i] : sorted[i];
		bool first = sorted == NULL || i == 0 || sorted[i - 1]->report != problem->report;
		show_problem(import, problem, first, out, out_of_none);
	}
	if (import->left_over > 0)
		(void)fprintf(out_of_none, _("%zu more problems are not shown\n"), import->left_over);
	free(sorted);
}

void show_entry(FILE *out, const struct outbox_entry *entry)
{
	Baocao__ReportOutcome *answer =
		entry->answer == NULL ? NULL : baocao__report_outcome__unpack(NULL, entry->answer_size, entry->answer);

	(void)fprintf(out, "%s:%zu %s", entry->path, entry->line, show_outcome_name(entry->outcome));
	if (answer != NULL && answer->has_report_no)
		(void)fprintf(out, " report_no=%" PRIu64 " received_at=%s", answer->report_no, text_or_empty(answer->received_at));
	if (answer == NULL)
		(void)fprintf(out, _(" since %s"), entry->queued_at);
	(void)fputc('\n', out);
	for (size_t i = 0; answer != NULL && i < answer->n_violation; i++)
		show_violation(out, answer->violation[i]);
	if (answer != NULL && answer->unknown_fields > 0)
		(void)fprintf(out, _("    the server does not know %" PRIu32 " fields of this report yet\n"), answer->unknown_fields);
	if (answer != NULL)
		baocao__report_outcome__free_unpacked(answer, NULL);
}

void show_counts(FILE *out, const int64_t counts[static OUTBOX_OUTCOMES], const char *name_of_0)
{
	const char *separator = "";

	for (int i = 0; i < OUTBOX_OUTCOMES; i++) {
		if (counts[i] == 0)
			continue;
		(void)fprintf(out, "%s%" PRId64 " %s", separator, counts[i], i == 0 ? name_of_0 : outcome_names[i]);
		separator = ", ";
	}
	if (separator[0] == '\0')
		(void)fputs(_("nothing"), out);
}
