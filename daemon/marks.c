#include "marks.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "batch.h"

static const char statement[] = "SELECT baocao.mark_stored($1, $2)";

enum {
	PARAMETERS = 2,
	MARK_SIZE = 128 // of a mark as text: four numbers and a label, with room
};

PGresult *marks_prepare(PGconn *connection)
{
	return PQprepare(connection, "mark_stored", statement, PARAMETERS, NULL);
}

// Within a block all numbers are this writer's.
static int64_t block_of(const struct item *item)
{
	return (item->report_no - 1) / BATCH_NUMBERS_IN_BLOCK;
}

static int order_of(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static bool are_of_one_mark(const struct item *a, const struct item *b)
{
	return a->key.top_unit_id == b->key.top_unit_id && a->key.kind == b->key.kind && block_of(a) == block_of(b) &&
	       date_year(a->key.last) == date_year(b->key.last);
}

// So that those of one mark stand together.
static int compare(const void *a, const void *b)
{
	const struct item *left = *(struct item *const *)a, *right = *(struct item *const *)b;
	int order = order_of(left->key.top_unit_id, right->key.top_unit_id);
	if (order == 0)
		order = order_of(left->key.kind, right->key.kind);
	if (order == 0)
		order = order_of(block_of(left), block_of(right));
	return order == 0 ? order_of(left->key.last, right->key.last) : order;
}

// Those that are to be written, in the order of their cells; the caller frees them. NULL when memory is out.
static struct item **sort(struct item **items, size_t count, size_t *ret_count)
{
	struct item **sorted = malloc(count * sizeof *sorted);

	*ret_count = 0;
	if (sorted == NULL)
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (batch_is_to_be_written(items[i]))
			sorted[(*ret_count)++] = items[i];
	qsort(sorted, *ret_count, sizeof *sorted, compare);
	return sorted;
}

// One element of the array, which is a row: ,"(top_unit_id,kind,year,first_report_no,last_report_no)"
static size_t write_mark(const struct contract *contract, struct item **run, size_t count, char text[static MARK_SIZE])
{
	const char *kind = contract_value_by_number(contract->kind_enum, run[0]->key.kind)->label;
	int64_t first = run[0]->report_no, last = first;

	for (size_t i = 1; i < count; i++) {
		first = run[i]->report_no < first ? run[i]->report_no : first;
		last = run[i]->report_no > last ? run[i]->report_no : last;
	}
	return (size_t)snprintf(text, MARK_SIZE, ",\"(%" PRId32 ",%s,%d,%" PRId64 ",%" PRId64 ")\"", run[0]->key.top_unit_id, kind,
	                        date_year(run[0]->key.last), first, last);
}

static size_t run_length(struct item **sorted, size_t count)
{
	size_t length = 1;
	while (length < count && are_of_one_mark(sorted[0], sorted[length]))
		length++;
	return length;
}

static size_t count_marks(struct item **sorted, size_t count)
{
	size_t marks = 0;
	for (size_t i = 0; i < count; i += run_length(sorted + i, count - i))
		marks++;
	return marks;
}

// The array as text; the caller frees it. NULL when memory is out.
static char *write_marks(const struct contract *contract, struct item **sorted, size_t count)
{
	char *text = malloc(count_marks(sorted, count) * MARK_SIZE + sizeof "{}");
	size_t used = 0;

	for (size_t i = 0, length; text != NULL && i < count; i += length) {
		length = run_length(sorted + i, count - i);
		used += write_mark(contract, sorted + i, length, text + used);
	}
	if (text != NULL) {
		text[0] = '{'; // for the first comma
		(void)snprintf(text + used, sizeof "}", "}");
	}
	return text;
}

static date_instant first_received_at(struct item **sorted, size_t count)
{
	date_instant first = sorted[0]->submission->received_at;
	for (size_t i = 1; i < count; i++)
		if (sorted[i]->submission->received_at < first)
			first = sorted[i]->submission->received_at;
	return first;
}

bool marks_send(PGconn *connection, const struct contract *contract, struct item **items, size_t count)
{
	char received_at[DATE_INSTANT_TEXT_SIZE];
	size_t written = 0;
	struct item **sorted = sort(items, count, &written);
	char *marks = sorted == NULL ? NULL : write_marks(contract, sorted, written);
	bool sent = false;

	if (marks != NULL) {
		date_format_instant(first_received_at(sorted, written), received_at);
		const char *values[PARAMETERS] = {marks, received_at};
		sent = PQsendQueryPrepared(connection, "mark_stored", PARAMETERS, values, NULL, NULL, 0) == 1;
	}
	free(marks);
	free(sorted);
	return sent;
}
