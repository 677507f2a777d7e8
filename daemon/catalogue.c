#define _GNU_SOURCE // asprintf
#include "catalogue.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SUCCESSION_HOPS_MAX = 16, // far above any real chain; a circle in the data ends here
	PARENT_HOPS_MAX = 8,      // the same
	LABELS_MAX = 128          // kinds, levels and types of period together
};

struct succession {
	int32_t predecessor, successor;
	bool alone; // one predecessor, one successor: the same office under a new name or kind
};

// A row of the calendar that has a lock. There may be tens of thousands: some 50 bytes each.
struct lock {
	date_day first, last, since;
	int32_t period_no, unit_kind;     // unit_kind 0: all of the level
	const char *kind, *level, *type; // among the catalogue's labels
};

struct exception {
	int32_t period_no, unit_id;
	date_day until;
};

struct catalogue {
	size_t unit_count, form_count, key_count, succession_count, lock_count, exception_count, label_count;
	struct catalogue_unit *units;          // by code, then first day
	const struct catalogue_unit **by_id;   // by unit_id
	struct catalogue_form *forms;
	struct catalogue_key *keys;            // by public key
	struct succession *successions;        // whole ones only, by predecessor
	struct lock *locks;                    // by first day, then last day
	struct exception *exceptions;          // by period_no, then unit_id
	char labels[LABELS_MAX][CATALOGUE_LABEL_SIZE];
};

/* reading */

static const char text_of_day_never[] = "2999-12-31";

static void copy_text(char *to, size_t size, const PGresult *result, int row, int column)
{
	(void)snprintf(to, size, "%s", PQgetvalue(result, row, column));
}

static date_day day_value(const PGresult *result, int row, int column)
{
	date_day day = 0;
	(void)date_parse(PQgetisnull(result, row, column) ? text_of_day_never : PQgetvalue(result, row, column), &day);
	return day;
}

static int32_t int_value(const PGresult *result, int row, int column)
{
	return (int32_t)strtol(PQgetvalue(result, row, column), NULL, 10); // NULL is the empty text: 0
}

static void read_unit(struct catalogue *catalogue, const PGresult *result, int row)
{
	struct catalogue_unit *unit = &catalogue->units[row];
	unit->unit_id = int_value(result, row, 0);
	unit->parent_id = int_value(result, row, 1);
	unit->top_unit_id = int_value(result, row, 2);
	copy_text(unit->code, sizeof unit->code, result, row, 3);
	copy_text(unit->level, sizeof unit->level, result, row, 4);
	unit->first = day_value(result, row, 5);
	unit->last = day_value(result, row, 6);
	unit->kind = int_value(result, row, 7);
}

static void read_form(struct catalogue *catalogue, const PGresult *result, int row)
{
	struct catalogue_form *form = &catalogue->forms[row];
	copy_text(form->kind, sizeof form->kind, result, row, 0);
	copy_text(form->level, sizeof form->level, result, row, 1);
	copy_text(form->period_type, sizeof form->period_type, result, row, 2);
	form->first = day_value(result, row, 3);
	form->last = day_value(result, row, 4);
}

static void read_key(struct catalogue *catalogue, const PGresult *result, int row)
{
	struct catalogue_key *key = &catalogue->keys[row];
	copy_text(key->public_key, sizeof key->public_key, result, row, 0);
	copy_text(key->name, sizeof key->name, result, row, 1);
	key->collector_id = int_value(result, row, 2);
	key->scope_unit_id = int_value(result, row, 3);
	key->scope_top_unit_id = int_value(result, row, 4);
	key->valid_from = strtoll(PQgetvalue(result, row, 5), NULL, 10);
	key->valid_to = PQgetisnull(result, row, 6) ? INT64_MAX : strtoll(PQgetvalue(result, row, 6), NULL, 10);
	key->revoked = PQgetvalue(result, row, 7)[0] == 't';
}

static void read_succession(struct catalogue *catalogue, const PGresult *result, int row)
{
	struct succession *succession = &catalogue->successions[row];
	succession->predecessor = int_value(result, row, 0);
	succession->successor = int_value(result, row, 1);
	succession->alone = PQgetvalue(result, row, 2)[0] == 't';
}

// The catalogue's own copy of a label. The enums have fewer than it has room for: beyond it a label fits nothing.
static const char *label_value(struct catalogue *catalogue, const PGresult *result, int row, int column)
{
	const char *label = PQgetvalue(result, row, column);

	for (size_t i = 0; i < catalogue->label_count; i++)
		if (strcmp(catalogue->labels[i], label) == 0)
			return catalogue->labels[i];
	if (catalogue->label_count == LABELS_MAX)
		return "";
	copy_text(catalogue->labels[catalogue->label_count], CATALOGUE_LABEL_SIZE, result, row, column);
	return catalogue->labels[catalogue->label_count++];
}

static void read_lock(struct catalogue *catalogue, const PGresult *result, int row)
{
	struct lock *lock = &catalogue->locks[row];
	lock->period_no = int_value(result, row, 0);
	lock->kind = label_value(catalogue, result, row, 1);
	lock->level = label_value(catalogue, result, row, 2);
	lock->unit_kind = int_value(result, row, 3);
	lock->type = label_value(catalogue, result, row, 4);
	lock->first = day_value(result, row, 5);
	lock->last = day_value(result, row, 6);
	lock->since = day_value(result, row, 7);
}

static void read_exception(struct catalogue *catalogue, const PGresult *result, int row)
{
	struct exception *exception = &catalogue->exceptions[row];
	exception->period_no = int_value(result, row, 0);
	exception->unit_id = int_value(result, row, 1);
	exception->until = day_value(result, row, 2);
}

// One row per kind of reference data: what to ask, where the rows go, how one is read.
static const struct {
	const char *query;
	size_t array_offset, count_offset, row_size;
	void (*read)(struct catalogue *catalogue, const PGresult *result, int row);
} parts[] = {
	{"SELECT unit_id, parent_id, top_unit_id, code, level, COALESCE(lower(valid), '1900-01-01'), upper(valid) - 1, "
     "array_position(enum_range(NULL::baocao.unit_kind), kind) FROM baocao.unit ORDER BY code COLLATE \"C\", valid",
     offsetof(struct catalogue, units), offsetof(struct catalogue, unit_count), sizeof(struct catalogue_unit), read_unit},
	{"SELECT kind, level, period_type, COALESCE(lower(valid), '1900-01-01'), upper(valid) - 1 FROM baocao.form",
     offsetof(struct catalogue, forms), offsetof(struct catalogue, form_count), sizeof(struct catalogue_form), read_form},
	{"SELECT k.public_key, c.name, c.collector_id, c.scope_unit_id, u.top_unit_id, "
     "(extract(epoch FROM k.valid_from - '2000-01-01Z'::timestamptz) * 1000000)::bigint, "
     "(extract(epoch FROM k.valid_to - '2000-01-01Z'::timestamptz) * 1000000)::bigint, k.revoked_at IS NOT NULL "
     "FROM baocao.collector_key k JOIN baocao.collector c USING (collector_id) "
     "JOIN baocao.unit u ON u.unit_id = c.scope_unit_id ORDER BY k.public_key COLLATE \"C\"",
     offsetof(struct catalogue, keys), offsetof(struct catalogue, key_count), sizeof(struct catalogue_key), read_key},
	{"SELECT predecessor_id, successor_id, count(*) OVER (PARTITION BY predecessor_id) = 1 "
     "AND count(*) OVER (PARTITION BY successor_id) = 1 "
     "FROM baocao.unit_succession WHERE extent = 'whole' ORDER BY predecessor_id, successor_id",
     offsetof(struct catalogue, successions), offsetof(struct catalogue, succession_count), sizeof(struct succession),
     read_succession},
	{"SELECT period_no, kind, level, array_position(enum_range(NULL::baocao.unit_kind), unit_kind), period_type, "
     "period_first, period_last, locks_on FROM baocao.reporting_period WHERE locks_on IS NOT NULL "
     "ORDER BY period_first, period_last",
     offsetof(struct catalogue, locks), offsetof(struct catalogue, lock_count), sizeof(struct lock), read_lock},
	// What has run out matters no more. Two days: of a clock that is ahead of this one, and of time zones.
	{"SELECT period_no, unit_id, until FROM baocao.lock_exception WHERE until >= CURRENT_DATE - 2 ORDER BY period_no, unit_id",
     offsetof(struct catalogue, exceptions), offsetof(struct catalogue, exception_count), sizeof(struct exception),
     read_exception},
};

static bool load_part(struct catalogue *catalogue, size_t part, PGconn *connection)
{
	PGresult *result = PQexec(connection, parts[part].query);
	bool good = PQresultStatus(result) == PGRES_TUPLES_OK;
	size_t rows = good ? (size_t)PQntuples(result) : 0;
	void *array = good ? calloc(rows + 1, parts[part].row_size) : NULL;

	if (array != NULL) {
		*(void **)((char *)catalogue + parts[part].array_offset) = array;
		*(size_t *)((char *)catalogue + parts[part].count_offset) = rows;
		for (size_t row = 0; row < rows; row++)
			parts[part].read(catalogue, result, (int)row);
	}
	PQclear(result);
	return array != NULL;
}

static int compare_ids(const void *a, const void *b)
{
	int32_t left = (*(const struct catalogue_unit *const *)a)->unit_id;
	int32_t right = (*(const struct catalogue_unit *const *)b)->unit_id;
	return (left > right) - (left < right);
}

static bool index_units(struct catalogue *catalogue)
{
	catalogue->by_id = calloc(catalogue->unit_count + 1, sizeof *catalogue->by_id);
	if (catalogue->by_id == NULL)
		return false;
	for (size_t i = 0; i < catalogue->unit_count; i++)
		catalogue->by_id[i] = &catalogue->units[i];
	qsort(catalogue->by_id, catalogue->unit_count, sizeof *catalogue->by_id, compare_ids);
	return true;
}

struct catalogue *catalogue_load_within(PGconn *connection, char **ret_error)
{
	struct catalogue *catalogue = calloc(1, sizeof *catalogue);
	bool good = catalogue != NULL;

	for (size_t part = 0; good && part < sizeof parts / sizeof parts[0]; part++)
		good = load_part(catalogue, part, connection);
	good = good && index_units(catalogue);
	if (!good && asprintf(ret_error, "catalogue: %.*s", (int)strcspn(PQerrorMessage(connection), "\n"),
	                      PQerrorMessage(connection)) < 0)
		*ret_error = NULL;
	if (!good)
		catalogue_destroy(&catalogue);
	return catalogue;
}

struct catalogue *catalogue_load(PGconn *connection, char **ret_error)
{
	PQclear(PQexec(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
	struct catalogue *catalogue = catalogue_load_within(connection, ret_error);
	PQclear(PQexec(connection, "ROLLBACK"));
	return catalogue;
}

void catalogue_destroy(struct catalogue **catalogue)
{
	if (*catalogue == NULL)
		return;
	free((*catalogue)->units);
	free((*catalogue)->by_id);
	free((*catalogue)->forms);
	free((*catalogue)->keys);
	free((*catalogue)->successions);
	free((*catalogue)->locks);
	free((*catalogue)->exceptions);
	free(*catalogue);
	*catalogue = NULL;
}

static int compare_key_rows(const void *a, const void *b)
{
	return strcmp(((const struct catalogue_key *)a)->public_key, ((const struct catalogue_key *)b)->public_key);
}

struct catalogue *catalogue_of_keys(const struct catalogue_key *keys, size_t count)
{
	struct catalogue *catalogue = calloc(1, sizeof *catalogue);

	if (catalogue == NULL || (catalogue->keys = calloc(count + 1, sizeof *keys)) == NULL) {
		free(catalogue);
		return NULL;
	}
	memcpy(catalogue->keys, keys, count * sizeof *keys);
	catalogue->key_count = count;
	qsort(catalogue->keys, count, sizeof *keys, compare_key_rows);
	return catalogue;
}

void catalogue_summary(const struct catalogue *catalogue, date_instant now, char text[static CATALOGUE_SUMMARY_SIZE])
{
	size_t valid = 0;
	for (size_t i = 0; i < catalogue->key_count; i++)
		valid += catalogue_key_fault(&catalogue->keys[i], now) == NULL;
	(void)snprintf(text, CATALOGUE_SUMMARY_SIZE, "%zu units, %zu forms, %zu of %zu keys valid, %zu locks, %zu exceptions",
	               catalogue->unit_count, catalogue->form_count, valid, catalogue->key_count, catalogue->lock_count,
	               catalogue->exception_count);
}

/* look-ups */

const struct catalogue_unit *catalogue_unit_on(const struct catalogue *catalogue, const char *code, date_day day)
{
	size_t low = 0, high = catalogue->unit_count;
	while (low < high) { // the first version of this code
		size_t middle = low + (high - low) / 2;
		if (strcmp(catalogue->units[middle].code, code) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < catalogue->unit_count && strcmp(catalogue->units[low].code, code) == 0; low++)
		if (catalogue->units[low].first <= day && day <= catalogue->units[low].last)
			return &catalogue->units[low];
	return NULL;
}

const struct catalogue_unit *catalogue_unit_by_id(const struct catalogue *catalogue, int32_t unit_id)
{
	struct catalogue_unit wanted = {.unit_id = unit_id};
	const struct catalogue_unit *wanted_at = &wanted;
	const struct catalogue_unit **found =
		bsearch(&wanted_at, catalogue->by_id, catalogue->unit_count, sizeof *catalogue->by_id, compare_ids);
	return found == NULL ? NULL : *found;
}

static int compare_predecessors(const void *a, const void *b)
{
	int32_t left = ((const struct succession *)a)->predecessor, right = ((const struct succession *)b)->predecessor;
	return (left > right) - (left < right);
}

// A whole succession has one successor, so any row found is the row.
static const struct succession *successor_of(const struct catalogue *catalogue, int32_t unit_id)
{
	struct succession wanted = {.predecessor = unit_id};
	return bsearch(&wanted, catalogue->successions, catalogue->succession_count, sizeof *catalogue->successions,
	               compare_predecessors);
}

// Whether following successors leads from one unit to another; alone: only through changes of name or kind.
static bool leads_to(const struct catalogue *catalogue, int32_t from, int32_t to, bool alone)
{
	for (int hop = 0; hop < SUCCESSION_HOPS_MAX && from != to; hop++) {
		const struct succession *next = successor_of(catalogue, from);
		if (next == NULL || (alone && !next->alone))
			return false;
		from = next->successor;
	}
	return from == to;
}

bool catalogue_in_scope(const struct catalogue *catalogue, const struct catalogue_unit *unit, int32_t scope_unit_id)
{
	for (int hop = 0; unit != NULL && hop < PARENT_HOPS_MAX; hop++) {
		if (leads_to(catalogue, unit->unit_id, scope_unit_id, false) ||
		    leads_to(catalogue, scope_unit_id, unit->unit_id, true))
			return true;
		unit = unit->parent_id == 0 ? NULL : catalogue_unit_by_id(catalogue, unit->parent_id);
	}
	return false;
}

bool catalogue_has_form(const struct catalogue *catalogue, const char *kind, const char *level, const char *period_type,
                        date_day day)
{
	for (size_t i = 0; i < catalogue->form_count; i++) {
		const struct catalogue_form *form = &catalogue->forms[i];
		if (strcmp(form->kind, kind) == 0 && strcmp(form->level, level) == 0 &&
		    strcmp(form->period_type, period_type) == 0 && form->first <= day && day <= form->last)
			return true;
	}
	return false;
}

static int compare_exceptions(const void *a, const void *b)
{
	const struct exception *left = a, *right = b;
	if (left->period_no != right->period_no)
		return left->period_no < right->period_no ? -1 : 1;
	return (left->unit_id > right->unit_id) - (left->unit_id < right->unit_id);
}

static bool is_excepted(const struct catalogue *catalogue, int32_t period_no, const struct catalogue_unit *unit, date_day today)
{
	for (int hop = 0; unit != NULL && hop < PARENT_HOPS_MAX; hop++) {
		struct exception wanted = {.period_no = period_no, .unit_id = unit->unit_id};
		const struct exception *found = bsearch(&wanted, catalogue->exceptions, catalogue->exception_count,
		                                        sizeof *catalogue->exceptions, compare_exceptions);
		if (found != NULL && today <= found->until)
			return true;
		unit = unit->parent_id == 0 ? NULL : catalogue_unit_by_id(catalogue, unit->parent_id);
	}
	return false;
}

// The index of the first lock that does not come before those days.
static size_t first_lock(const struct catalogue *catalogue, date_day first, date_day last)
{
	size_t low = 0, high = catalogue->lock_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct lock *lock = &catalogue->locks[middle];
		if (lock->first < first || (lock->first == first && lock->last < last))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool catalogue_is_locked(const struct catalogue *catalogue, const struct catalogue_unit *unit,
                         const struct catalogue_period *period, date_day today, date_day *ret_since)
{
	for (size_t i = first_lock(catalogue, period->first, period->last); i < catalogue->lock_count; i++) {
		const struct lock *lock = &catalogue->locks[i];
		if (lock->first != period->first || lock->last != period->last)
			return false;
		if (today < lock->since || (lock->unit_kind != 0 && lock->unit_kind != unit->kind) ||
		    strcmp(lock->kind, period->kind) != 0 || strcmp(lock->level, unit->level) != 0 ||
		    strcmp(lock->type, period->type) != 0 || is_excepted(catalogue, lock->period_no, unit, today))
			continue;
		*ret_since = lock->since;
		return true;
	}
	return false;
}

static int compare_keys(const void *wanted, const void *row)
{
	return strcmp(wanted, ((const struct catalogue_key *)row)->public_key);
}

const struct catalogue_key *catalogue_key(const struct catalogue *catalogue, const char *public_key)
{
	return bsearch(public_key, catalogue->keys, catalogue->key_count, sizeof *catalogue->keys, compare_keys);
}

const char *catalogue_key_fault(const struct catalogue_key *key, date_instant now)
{
	if (key->revoked)
		return "is revoked";
	if (now < key->valid_from)
		return "is not valid yet";
	return now < key->valid_to ? NULL : "is no longer valid";
}

const struct catalogue_key *catalogue_collector(const struct catalogue *catalogue, const char *name, date_instant now)
{
	for (size_t i = 0; i < catalogue->key_count; i++)
		if (strcmp(catalogue->keys[i].name, name) == 0 && catalogue_key_fault(&catalogue->keys[i], now) == NULL)
			return &catalogue->keys[i];
	return NULL;
}

const struct catalogue_key *catalogue_collector_by_id(const struct catalogue *catalogue, int32_t collector_id)
{
	const struct catalogue_key *found = NULL;

	for (size_t i = 0; i < catalogue->key_count; i++)
		if (catalogue->keys[i].collector_id == collector_id && (found == NULL || found->revoked))
			found = &catalogue->keys[i];
	return found;
}
