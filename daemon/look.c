#include "look.h"

#include <endian.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.pb-c.h"

// Nested loops over the unique index are right at any table size; the planner, which cannot see into the arrays, must not
// be tempted by a table that was small when it was last analysed (store.c switches the other ways off).
static const char statement[] =
	"SELECT k.n, r.revision, r.report_no, r.content_digest, r.received_at "
	"FROM unnest($1::int[], $2::int[], $3::baocao.kind[], $4::baocao.period_type[], $5::date[], $6::date[], $7::int[]) "
	"WITH ORDINALITY AS k(top_unit_id, unit_id, kind, period_type, period_first, period_last, revision, n) "
	"JOIN baocao.report r ON (r.top_unit_id, r.unit_id, r.kind, r.period_type, r.period_first, r.period_last) "
	"= (k.top_unit_id, k.unit_id, k.kind, k.period_type, k.period_first, k.period_last) AND r.revision >= k.revision";

enum { PARAMETERS = 7 };

struct text {
	char *bytes;
	size_t used, size;
	bool failed;
};

PGresult *look_prepare(PGconn *connection)
{
	return PQprepare(connection, "look", statement, PARAMETERS, NULL);
}

// Arrival order of two items: of their submissions, then their places in it.
static bool came_first(const struct item *a, const struct item *b)
{
	if (a->submission != b->submission)
		return a->submission->order < b->submission->order;
	return a < b;
}

int look_compare(const struct item *a, const struct item *b)
{
	// The key is made of seven 32-bit numbers in the order of the index: compare them one by one.
	const int32_t left[] = {a->key.top_unit_id, a->key.unit_id, a->key.kind, a->key.period_type,
	                        a->key.first,       a->key.last,    a->key.revision};
	const int32_t right[] = {b->key.top_unit_id, b->key.unit_id, b->key.kind, b->key.period_type,
	                         b->key.first,       b->key.last,    b->key.revision};
	for (size_t i = 0; i < sizeof left / sizeof left[0]; i++)
		if (left[i] != right[i])
			return left[i] < right[i] ? -1 : 1;
	return a == b ? 0 : came_first(a, b) ? -1 : 1;
}

/* array parameters, as text */

static void append(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void append(struct text *text, const char *format, ...)
{
	va_list args;
	if (text->size - text->used < 128) { // more than any element
		size_t size = text->size == 0 ? 4096 : text->size * 2;
		char *grown = realloc(text->bytes, size);
		if (grown == NULL) {
			text->failed = true;
			return;
		}
		text->bytes = grown;
		text->size = size;
	}
	va_start(args, format);
	text->used += (size_t)vsnprintf(text->bytes + text->used, text->size - text->used, format, args);
	va_end(args);
}

static void append_element(struct text *text, const struct contract *contract, int parameter, const struct natural_key *key)
{
	const struct contract_enum *types = contract_field_by_name(contract->report, "period_type")->enumeration;
	char day[DATE_TEXT_SIZE];

	switch (parameter) {
	case 0:
		append(text, "%d", key->top_unit_id);
		break;
	case 1:
		append(text, "%d", key->unit_id);
		break;
	case 2:
		append(text, "%s", contract_value_by_number(contract->kind_enum, key->kind)->label);
		break;
	case 3:
		append(text, "%s", contract_value_by_number(types, key->period_type)->label);
		break;
	case 4:
	case 5:
		date_format(parameter == 4 ? key->first : key->last, day);
		append(text, "%s", day);
		break;
	default:
		append(text, "%d", key->revision);
	}
}

static bool build_parameters(struct text texts[static PARAMETERS], const struct contract *contract, struct item **items,
                             size_t count)
{
	bool good = true;
	for (int parameter = 0; parameter < PARAMETERS; parameter++) {
		append(&texts[parameter], "{");
		for (size_t i = 0; i < count && !texts[parameter].failed; i++) {
			if (i > 0)
				append(&texts[parameter], ",");
			append_element(&texts[parameter], contract, parameter, &items[i]->key);
		}
		append(&texts[parameter], "}");
		good = good && !texts[parameter].failed;
	}
	return good;
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

enum answer look_at_stored(PGconn *connection, const struct contract *contract, struct item **items, size_t count,
                           PGresult **ret_result)
{
	struct text texts[PARAMETERS] = {0};
	const char *values[PARAMETERS];
	PGresult *result = NULL;
	enum answer answer = ANSWER_WAIT; // out of memory: a resource

	for (size_t i = 0; i < count; i++)
		items[i]->outcome = BAOCAO__OUTCOME__OUTCOME_STORED;
	if (build_parameters(texts, contract, items, count)) {
		for (int i = 0; i < PARAMETERS; i++)
			values[i] = texts[i].bytes;
		result = PQexecPrepared(connection, "look", PARAMETERS, values, NULL, NULL, 1);
		answer = PQresultStatus(result) == PGRES_TUPLES_OK ? ANSWER_OK : database_answer(connection, result);
	}
	for (int row = 0; answer == ANSWER_OK && row < PQntuples(result); row++)
		meet_stored(items[int64_value(result, row, 0) - 1], result, row);
	for (int i = 0; i < PARAMETERS; i++)
		free(texts[i].bytes);
	if (answer == ANSWER_OK)
		PQclear(result);
	*ret_result = answer == ANSWER_OK ? NULL : result;
	return answer;
}

/* among themselves */

bool look_is_related(const struct item *a, const struct item *b)
{
	return a->key.top_unit_id == b->key.top_unit_id && a->key.unit_id == b->key.unit_id && a->key.kind == b->key.kind &&
	       a->key.period_type == b->key.period_type && a->key.first == b->key.first && a->key.last == b->key.last;
}

// first stands before second in key order; with equal revisions it also came before it.
static void meet(struct item *first, struct item *second, bool first_came_first)
{
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
