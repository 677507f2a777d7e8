// A report is taken apart from its raw bytes as if it had just been filed. What no raw bytes tell (number, unit, time of receipt,
// sender) is taken from the stored head. Then the rows that the daemon would write are made, table by table, and each is held
// against the stored one, value by value in their binary form: no column is named here.
#include "archive.h"

#include <endian.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "rows.h"
#include "series.h"
#include "stream.h"
#include "submission.h"
#include "value.h"

struct archive {
	const struct archive_parts *parts;
	struct archive_counts *counts;
	struct rows rows;
	struct stream *streams; // one for each table of the layout
	struct report_key key;  // of the report at hand
};

// A row: one that would be written, or one that is stored.
struct side {
	bool is_there;
	int64_t line_no; // 0 where the table has no lines
	struct copy_fields fields;
};

/* saying what differs */

static void say_place(const struct archive *archive, const struct layout_table *table, int64_t line_no)
{
	FILE *out = archive->parts->out;

	archive->counts->differences++;
	(void)fprintf(out, "report %" PRId64 " of top unit %" PRId32 ": %s", archive->key.report_no, archive->key.top_unit_id,
	              table->name);
	if (line_no > 0)
		(void)fprintf(out, " line %" PRId64, line_no);
}

static void say_value(const struct archive *archive, const struct layout_table *table, size_t column, const struct side *stored,
                      const struct side *made)
{
	const struct layout_column *about = &table->columns[column];
	char stored_text[VALUE_TEXT_SIZE], made_text[VALUE_TEXT_SIZE];

	say_place(archive, table, stored->line_no);
	(void)fprintf(archive->parts->out, " column %s: stored is %s, the raw bytes say %s\n", about->name,
	              value_text(about, stored->fields.values[column], stored->fields.lengths[column], stored_text),
	              value_text(about, made->fields.values[column], made->fields.lengths[column], made_text));
}

// A row that only one side has, with all its values but the key.
static void say_row(const struct archive *archive, const struct layout_table *table, const struct side *side, const char *what)
{
	FILE *out = archive->parts->out;
	char text[VALUE_TEXT_SIZE];

	say_place(archive, table, side->line_no);
	(void)fprintf(out, " %s:", what);
	for (size_t i = 0; i < table->column_count; i++)
		if (table->columns[i].source == LAYOUT_FIELD)
			(void)fprintf(out, " %s %s", table->columns[i].name,
			              value_text(&table->columns[i], side->fields.values[i], side->fields.lengths[i], text));
	(void)fputc('\n', out);
}

/* rows against rows */

static int64_t line_number(const struct layout_table *table, const struct copy_fields *fields)
{
	int column = stream_column(table, LAYOUT_LINE_NO);
	uint32_t big;

	if (column < 0)
		return 0;
	memcpy(&big, fields->values[column], sizeof big);
	return (int32_t)be32toh(big);
}

// The stored row at hand, if it is one of the report.
static struct side stored_side(const struct archive *archive, const struct stream *stream)
{
	struct side side = {.is_there = stream_is_at(stream, &archive->key)};

	if (!side.is_there)
		return side;
	side.fields.count = PQnfields(stream->rows);
	for (int i = 0; i < side.fields.count; i++) {
		side.fields.values[i] = PQgetisnull(stream->rows, stream->row, i) ? NULL : PQgetvalue(stream->rows, stream->row, i);
		side.fields.lengths[i] = PQgetlength(stream->rows, stream->row, i);
	}
	side.line_no = line_number(stream->table, &side.fields);
	return side;
}

static bool is_same(const struct copy_fields *a, const struct copy_fields *b, size_t column)
{
	if (a->values[column] == NULL || b->values[column] == NULL)
		return a->values[column] == b->values[column];
	return a->lengths[column] == b->lengths[column] &&
	       memcmp(a->values[column], b->values[column], (size_t)a->lengths[column]) == 0;
}

static void compare_row(const struct archive *archive, const struct layout_table *table, const struct side *stored,
                        const struct side *made)
{
	archive->counts->rows++;
	for (size_t i = 0; i < table->column_count; i++)
		if (!is_same(&stored->fields, &made->fields, i))
			say_value(archive, table, i, stored, made);
}

// Both sides in the order of their lines. False when a stream fails.
static bool compare_rows(const struct archive *archive, struct stream *stream, const uint8_t *at, size_t left)
{
	const struct layout_table *table = stream->table;
	struct side made = {.is_there = false};

	for (;;) {
		struct side stored = stored_side(archive, stream);
		if (!made.is_there && left > 0) {
			at = copy_read(at, &made.fields);
			left--;
			made.is_there = true;
			made.line_no = line_number(table, &made.fields);
		}
		if (!made.is_there && !stored.is_there)
			return true;
		bool stored_first = stored.is_there && (!made.is_there || stored.line_no <= made.line_no);
		bool made_first = made.is_there && (!stored.is_there || made.line_no <= stored.line_no);
		if (stored_first && made_first)
			compare_row(archive, table, &stored, &made);
		else
			say_row(archive, table, stored_first ? &stored : &made,
			        stored_first ? "is stored, and not in the raw bytes" : "is in the raw bytes, and not stored");
		made.is_there = made.is_there && !made_first;
		if (stored_first && !stream_next(stream))
			return false;
	}
}

static bool compare_report(struct archive *archive, const struct item *item, const char **ret_error)
{
	for (size_t table = 0; table < archive->parts->layout->table_count; table++) {
		struct copy *copy = &archive->rows.copy;
		rows_begin(&archive->rows, table);
		rows_add(&archive->rows, item);
		if (copy->failed) {
			*ret_error = "out of memory";
			return false;
		}
		if (!compare_rows(archive, &archive->streams[table], copy->bytes + COPY_HEADER_SIZE, copy->rows))
			return false;
	}
	return true;
}

/* a report from its raw bytes */

// Goes past the stored rows of the report; what: said of each table that has some, NULL for nothing.
static bool pass(struct archive *archive, const char *what)
{
	for (size_t table = 0; table < archive->parts->layout->table_count; table++) {
		struct stream *stream = &archive->streams[table];
		if (what != NULL && stream_is_at(stream, &archive->key)) {
			say_place(archive, stream->table, 0);
			(void)fprintf(archive->parts->out, " %s\n", what);
		}
		while (stream_is_at(stream, &archive->key))
			if (!stream_next(stream))
				return false;
	}
	return true;
}

static bool say_unreadable(struct archive *archive, const struct submission *submission, const struct item *item)
{
	const struct verdict *verdict = item == NULL ? &submission->problem : &item->verdict;

	say_place(archive, &archive->parts->layout->tables[LAYOUT_REPORT_RAW], 0);
	(void)fprintf(archive->parts->out, " column raw: %s\n", verdict->count > 0 ? verdict->list[0].en : "the report has no body");
	return pass(archive, NULL);
}

// What the judge and authority fill in when a report is filed.
static void complete(const struct archive *archive, struct item *item)
{
	const struct stream *head = &archive->streams[LAYOUT_REPORT];
	const struct contract_value *kind = series_kind(archive->parts->contract, item->report, item->body);

	item->report_no = archive->key.report_no;
	item->key.top_unit_id = archive->key.top_unit_id;
	item->key.unit_id = (int32_t)stream_number(head, LAYOUT_UNIT_ID);
	item->key.kind = kind == NULL ? 0 : kind->number;
	item->submission->collector_id = (int32_t)stream_number(head, LAYOUT_COLLECTOR_ID);
	item->submission->received_at = stream_number(head, LAYOUT_RECEIVED_AT);
	digest_report(archive->parts->contract, item->report, item->digest);
}

static bool verify_report(struct archive *archive, const char **ret_error)
{
	const struct stream *raw = &archive->streams[LAYOUT_REPORT_RAW];
	int column = stream_column(raw->table, LAYOUT_RAW);
	struct submission *submission = submission_of_report(PQgetvalue(raw->rows, raw->row, column),
	                                                     (size_t)PQgetlength(raw->rows, raw->row, column), 0);
	bool good = submission != NULL && submission_decode(submission, archive->parts->contract, 1);

	archive->counts->reports++;
	if (!good) {
		*ret_error = "out of memory";
	} else if (submission->whole != 0 || submission->items[0].report == NULL || submission->items[0].body == NULL) {
		good = say_unreadable(archive, submission, submission->whole != 0 ? NULL : &submission->items[0]);
	} else {
		complete(archive, &submission->items[0]);
		good = compare_report(archive, &submission->items[0], ret_error);
	}
	submission_destroy(&submission);
	return good;
}

/* the walk */

// The smallest key at hand in any table. False when all have ended.
static bool next_key(const struct archive *archive, struct report_key *ret)
{
	bool any = false;

	for (size_t i = 0; i < archive->parts->layout->table_count; i++) {
		if (archive->streams[i].ended)
			continue;
		struct report_key key = stream_key(&archive->streams[i]);
		if (!any || stream_compare(&key, ret) < 0)
			*ret = key;
		any = true;
	}
	return any;
}

// Not counted against retention here: whether as many are gone as it removed is the database's to say (baocao.raw_bytes_lost()).
static bool pass_without_raw(struct archive *archive)
{
	if (stream_number(&archive->streams[LAYOUT_REPORT], LAYOUT_RECEIVED_AT) >= archive->parts->expired_before)
		return pass(archive, "cannot be compared: the raw bytes are missing");
	archive->counts->expired++;
	return pass(archive, NULL);
}

static bool walk(struct archive *archive, const char **ret_error)
{
	while (next_key(archive, &archive->key)) {
		bool good;
		if (!stream_is_at(&archive->streams[LAYOUT_REPORT], &archive->key))
			good = pass(archive, "has rows, and there is no such report");
		else if (!stream_is_at(&archive->streams[LAYOUT_REPORT_RAW], &archive->key))
			good = pass_without_raw(archive);
		else
			good = verify_report(archive, ret_error);
		if (!good)
			return false;
	}
	return true;
}

bool archive_verify(const struct archive_parts *parts, struct archive_counts *ret_counts, const char **ret_error)
{
	struct archive archive = {.parts = parts, .counts = ret_counts};
	bool good = true;

	*ret_counts = (struct archive_counts){0};
	*ret_error = NULL;
	archive.streams = calloc(parts->layout->table_count, sizeof *archive.streams);
	if (archive.streams == NULL) {
		*ret_error = "out of memory";
		return false;
	}
	rows_init(&archive.rows, parts->contract, parts->layout);
	for (size_t i = 0; good && i < parts->layout->table_count; i++)
		good = stream_open(&archive.streams[i], parts->connection, &parts->layout->tables[i], i, parts->condition);
	good = good && walk(&archive, ret_error);
	if (!good && *ret_error == NULL)
		*ret_error = PQerrorMessage(parts->connection);
	for (size_t i = 0; i < parts->layout->table_count; i++)
		stream_close(&archive.streams[i]);
	rows_clear(&archive.rows);
	free(archive.streams);
	return good;
}
