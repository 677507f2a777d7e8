#include "marks.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "batch.h"

static const char statement[] = "SELECT baocao.mark_stored($1, $2)";

enum {
	PARAMETERS = 2,
	MARK_SIZE = 192 // of a mark as text: three numbers, two days and two labels, with room
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

// By cell and block.
static int compare_cells(const struct item *a, const struct item *b)
{
	int order = order_of(a->key.top_unit_id, b->key.top_unit_id);
	if (order == 0)
		order = order_of(a->key.kind, b->key.kind);
	if (order == 0)
		order = order_of(a->key.period_type, b->key.period_type);
	if (order == 0)
		order = order_of(a->key.first, b->key.first);
	if (order == 0)
		order = order_of(a->key.last, b->key.last);
	return order == 0 ? order_of(block_of(a), block_of(b)) : order;
}

static int compare(const void *a, const void *b)
{
	const struct item *left = *(struct item *const *)a, *right = *(struct item *const *)b;
	int order = compare_cells(left, right);
	return order == 0 ? order_of(left->report_no, right->report_no) : order;
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

// One element of the array, which is a row: ,"(top_unit_id,kind,period_type,period_first,period_last,first_report_no,last_report_no)"
static size_t write_mark(const struct contract *contract, const struct item *first, const struct item *last,
                         char text[static MARK_SIZE])
{
	char first_day[DATE_TEXT_SIZE], last_day[DATE_TEXT_SIZE];

	date_format(first->key.first, first_day);
	date_format(first->key.last, last_day);
	return (size_t)snprintf(text, MARK_SIZE, ",\"(%" PRId32 ",%s,%s,%s,%s,%" PRId64 ",%" PRId64 ")\"",
	                        first->key.top_unit_id,
	                        contract_value_by_number(contract->kind_enum, first->key.kind)->label,
	                        contract_value_by_number(contract->period_type_enum, first->key.period_type)->label, first_day,
	                        last_day, first->report_no, last->report_no);
}

static size_t count_cells(struct item **sorted, size_t count)
{
	size_t cells = 0;
	for (size_t i = 0; i < count; i++)
		cells += i == 0 || compare_cells(sorted[i - 1], sorted[i]) != 0;
	return cells;
}

// The array as text; the caller frees it. NULL when memory is out.
static char *write_marks(const struct contract *contract, struct item **sorted, size_t count)
{
	char *text = malloc(count_cells(sorted, count) * MARK_SIZE + sizeof "{}");
	size_t used = 0;

	for (size_t i = 0, next; text != NULL && i < count; i = next) {
		next = i + 1;
		while (next < count && compare_cells(sorted[i], sorted[next]) == 0)
			next++;
		used += write_mark(contract, sorted[i], sorted[next - 1], text + used);
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
