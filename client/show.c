#include "show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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

static void show_violation(FILE *out, const char *path, const char *rule, const char *vi, const char *en)
{
	const char *place = text_or_empty(path)[0] == '\0' ? "(report)" : path;
	(void)fprintf(out, "    %s [%s] %s\n    %*s %s\n", place, text_or_empty(rule), text_or_empty(en),
	             (int)(strlen(place) + strlen(text_or_empty(rule)) + 3), "", text_or_empty(vi));
}

void show_invalid(FILE *out, const char *path, size_t line, const struct verdict *verdict)
{
	(void)fprintf(out, "%s:%zu INVALID\n", path, line);
	for (size_t i = 0; i < verdict->count; i++)
		show_violation(out, verdict->list[i].path, verdict->list[i].rule, verdict->list[i].vi, verdict->list[i].en);
}

void show_entry(FILE *out, const struct outbox_entry *entry)
{
	Baocao__ReportOutcome *answer =
		entry->answer == NULL ? NULL : baocao__report_outcome__unpack(NULL, entry->answer_size, entry->answer);

	(void)fprintf(out, "%s:%zu %s", entry->path, entry->line, show_outcome_name(entry->outcome));
	if (answer != NULL && answer->has_report_no)
		(void)fprintf(out, " report_no=%" PRIu64 " received_at=%s", answer->report_no, text_or_empty(answer->received_at));
	if (answer == NULL)
		(void)fprintf(out, " since %s", entry->queued_at);
	(void)fputc('\n', out);
	for (size_t i = 0; answer != NULL && i < answer->n_violation; i++)
		show_violation(out, answer->violation[i]->path, answer->violation[i]->rule, answer->violation[i]->vi,
		               answer->violation[i]->en);
	if (answer != NULL && answer->unknown_fields > 0)
		(void)fprintf(out, "    the server does not know %" PRIu32 " fields of this report yet\n", answer->unknown_fields);
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
		(void)fputs("nothing", out);
}
