#include "look.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline.h"
#include "report.pb-c.h"

// Nested loops over the unique index are right at any table size; the planner, which cannot see into the arrays, must not
// be tempted by a table that was small when it was last analysed: attempt.c switches the other ways off, and OFFSET 0 keeps it
// from looking the other way round, for each stored report among the keys. Kinds and period
// types are their places in two lists of labels, which the planner reads once: ten thousand labels would cost more than the
// look itself.
static const char statement[] =
	"SELECT k.n, r.revision, r.report_no, r.content_digest, r.received_at "
	"FROM unnest($1::int[], $2::int[], $3::int[], $4::int[], $5::date[], $6::date[], $7::int[]) "
	"WITH ORDINALITY AS k(top_unit_id, unit_id, kind, period_type, period_first, period_last, revision, n) "
	"CROSS JOIN LATERAL (SELECT r.revision, r.report_no, r.content_digest, r.received_at FROM baocao.report AS r "
	"WHERE (r.top_unit_id, r.unit_id, r.kind, r.period_type, r.period_first, r.period_last) "
	"= (k.top_unit_id, k.unit_id, ('%s'::baocao.kind[])[k.kind], ('%s'::baocao.period_type[])[k.period_type], "
	"k.period_first, k.period_last) AND r.revision >= k.revision OFFSET 0) AS r";

enum {
	PARAMETERS = 7,
	LABELS_SIZE = 2048,               // more than the labels of both enums have
	OID_INT4 = 23, OID_DATE = 1082,   // pg_type.dat
	HEAD_WORDS = 5, ELEMENT_WORDS = 2 // array_send() of PostgreSQL: 32-bit words all, big-endian
};

static const uint32_t element_types[PARAMETERS] = {OID_INT4, OID_INT4, OID_INT4, OID_INT4, OID_DATE, OID_DATE, OID_INT4};

static void list_labels(const struct contract_enum *enumeration, char text[static LABELS_SIZE])
{
	size_t used = 0;
	for (size_t i = 0; i < enumeration->value_count && used < LABELS_SIZE; i++)
		used += (size_t)snprintf(text + used, LABELS_SIZE - used, "%c%s", i == 0 ? '{' : ',', enumeration->values[i].label);
	if (used < LABELS_SIZE)
		(void)snprintf(text + used, LABELS_SIZE - used, "}");
}

PGresult *look_prepare(PGconn *connection, const struct contract *contract)
{
	char kinds[LABELS_SIZE], types[LABELS_SIZE], sql[sizeof statement + sizeof kinds + sizeof types];

	list_labels(contract->kind_enum, kinds);
	list_labels(contract->period_type_enum, types);
	(void)snprintf(sql, sizeof sql, statement, kinds, types);
	return PQprepare(connection, "look", sql, PARAMETERS, NULL);
}

// Arrival order of two items: of their submissions, then their places in it.
static bool came_first(const struct item *a, const struct item *b)
{
	if (a->submission != b->submission)
		return a->submission->order < b->submission->order;
	return a < b;
}

static int order_of(int32_t a, int32_t b)
{
	return (a > b) - (a < b);
}

// One after the other in the order of the index, so that neighbours are looked up and inserted in the same pages of it.
static int compare_series(const struct natural_key *a, const struct natural_key *b)
{
	int order = order_of(a->top_unit_id, b->top_unit_id);
	if (order == 0)
		order = order_of(a->kind, b->kind);
	if (order == 0)
		order = order_of(a->last, b->last);
	if (order == 0)
		order = order_of(a->first, b->first);
	if (order == 0)
		order = order_of(a->period_type, b->period_type);
	return order == 0 ? order_of(a->unit_id, b->unit_id) : order;
}

int look_compare(const struct item *a, const struct item *b)
{
	int order = compare_series(&a->key, &b->key);
	if (order == 0)
		order = order_of(a->key.revision, b->key.revision);
	if (order != 0 || a == b)
		return order;
	return came_first(a, b) ? -1 : 1;
}

/* array parameters, in binary */

static size_t words_of(size_t count)
{
	return HEAD_WORDS + ELEMENT_WORDS * count;
}

static void begin_array(uint32_t *words, uint32_t element_type, size_t count)
{
	words[0] = htobe32(1); // dimensions
	words[1] = 0;          // no NULL in it
	words[2] = htobe32(element_type);
	words[3] = htobe32((uint32_t)count);
	words[4] = htobe32(1); // the first index
}

// From 1, as PostgreSQL counts.
static int32_t place_of(const struct contract_enum *enumeration, int32_t number)
{
	return (int32_t)(contract_value_by_number(enumeration, number) - enumeration->values) + 1;
}

// Seven arrays of the same length, one after the other; the caller frees them. NULL when memory is out.
static uint32_t *build_arrays(const struct contract *contract, struct item **items, size_t count)
{
	size_t words = words_of(count);
	uint32_t *arrays = malloc(PARAMETERS * words * sizeof *arrays);

	if (arrays == NULL)
		return NULL;
	for (size_t parameter = 0; parameter < PARAMETERS; parameter++)
		begin_array(arrays + parameter * words, element_types[parameter], count);
	for (size_t i = 0; i < count; i++) {
		const struct natural_key *key = &items[i]->key;
		const int32_t values[PARAMETERS] = {
			key->top_unit_id, key->unit_id, place_of(contract->kind_enum, key->kind),
			place_of(contract->period_type_enum, key->period_type), key->first, key->last, key->revision};
		uint32_t *element = arrays + words_of(i);
		for (size_t parameter = 0; parameter < PARAMETERS; parameter++, element += words) {
			element[0] = htobe32(sizeof values[0]);
			element[1] = htobe32((uint32_t)values[parameter]);
		}
	}
	return arrays;
}

/* the answer, in binary */

static int64_t int64_value(const PGresult *result, int row, int column)
{
	uint64_t big;
	memcpy(&big, PQgetvalue(result, row, column), sizeof big);
	return (int64_t)be64toh(big);
}

static int32_t int32_value(const PGresult *result, int row, int column)
{
	uint32_t big;
	memcpy(&big, PQgetvalue(result, row, column), sizeof big);
	return (int32_t)be32toh(big);
}

static bool is_duplicate_or_conflict(const struct item *item)
{
	return item->outcome == BAOCAO__OUTCOME__OUTCOME_DUPLICATE || item->outcome == BAOCAO__OUTCOME__OUTCOME_CONFLICT;
}

static void meet_stored(struct item *item, const PGresult *result, int row)
{
	if (int32_value(result, row, 1) == item->key.revision) {
		bool same = PQgetlength(result, row, 3) == DIGEST_SIZE &&
		            memcmp(PQgetvalue(result, row, 3), item->digest, DIGEST_SIZE) == 0;
		item->outcome = same ? BAOCAO__OUTCOME__OUTCOME_DUPLICATE : BAOCAO__OUTCOME__OUTCOME_CONFLICT;
		item->report_no = int64_value(result, row, 2);
		item->stored_received_at = int64_value(result, row, 4);
	} else if (!is_duplicate_or_conflict(item)) {
		item->outcome = BAOCAO__OUTCOME__OUTCOME_SUPERSEDED;
	}
}

static PGresult *ask(PGconn *connection, const uint32_t *arrays, size_t count, bool begins)
{
	const char *values[PARAMETERS];
	int lengths[PARAMETERS], formats[PARAMETERS];

	for (size_t i = 0; i < PARAMETERS; i++) {
		values[i] = (const char *)(arrays + i * words_of(count));
		lengths[i] = (int)(words_of(count) * sizeof *arrays);
		formats[i] = 1;
	}
	if (!begins)
		return PQexecPrepared(connection, "look", PARAMETERS, values, lengths, formats, 1);
	if (!pipeline_open(connection))
		return NULL;
	(void)PQsendQueryParams(connection, "BEGIN", 0, NULL, NULL, NULL, NULL, 0); // a failure shows in the result
	(void)PQsendQueryPrepared(connection, "look", PARAMETERS, values, lengths, formats, 1);
	return pipeline_close(connection, 1);
}

enum answer look_at_stored(PGconn *connection, const struct contract *contract, struct item **items, size_t count,
                           bool begins, PGresult **ret_result)
{
	uint32_t *arrays = build_arrays(contract, items, count);
	PGresult *result = NULL;
	enum answer answer = ANSWER_WAIT; // out of memory: a resource

	for (size_t i = 0; i < count; i++)
		items[i]->outcome = BAOCAO__OUTCOME__OUTCOME_STORED;
	if (arrays != NULL) {
		result = ask(connection, arrays, count, begins);
		answer = PQresultStatus(result) == PGRES_TUPLES_OK ? ANSWER_OK : database_answer(connection, result);
	}
	free(arrays);
	for (int row = 0; answer == ANSWER_OK && row < PQntuples(result); row++)
		meet_stored(items[int64_value(result, row, 0) - 1], result, row);
	if (answer == ANSWER_OK)
		PQclear(result);
	*ret_result = answer == ANSWER_OK ? NULL : result;
	return answer;
}

/* among themselves */

bool look_is_related(const struct item *a, const struct item *b)
{
	return compare_series(&a->key, &b->key) == 0;
}

// first stands before second in key order; with equal revisions it also came before it. What is locked out meets nobody.
static void meet(struct item *first, struct item *second, bool first_came_first)
{
	if (first->outcome == BAOCAO__OUTCOME__OUTCOME_REFUSED || second->outcome == BAOCAO__OUTCOME__OUTCOME_REFUSED)
		return;
	if (first->key.revision < second->key.revision) {
		if (!first_came_first && first->outcome == BAOCAO__OUTCOME__OUTCOME_STORED)
			first->outcome = BAOCAO__OUTCOME__OUTCOME_SUPERSEDED;
		return;
	}
	if (is_duplicate_or_conflict(second) || is_duplicate_or_conflict(first))
		return; // the stored one has decided, or an earlier one of this batch
	bool same = memcmp(first->digest, second->digest, DIGEST_SIZE) == 0;
	second->outcome = same ? BAOCAO__OUTCOME__OUTCOME_DUPLICATE : BAOCAO__OUTCOME__OUTCOME_CONFLICT;
	second->report_no = first->report_no;
	second->stored_received_at = first->submission->received_at;
}

void look_at_each_other(struct item **items, size_t count)
{
	for (size_t i = 1; i < count; i++)
		for (size_t j = i; j-- > 0 && look_is_related(items[j], items[i]);)
			meet(items[j], items[i], came_first(items[j], items[i]));
}
