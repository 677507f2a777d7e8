#include "receipts.h"

#include <csv.h>
#include <inttypes.h>
#include <jansson.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit_status.h"
#include "filed.h"
#include "outbox.h"
#include "show.h"
#include "words.h"

enum { VALUE_SIZE = 80 };

// What is known of a stored report.
struct proof {
	struct filed filed;
	int64_t revision, line;
	const char *outcome, *path, *answered_at, *received_at;
	uint64_t report_no;
	char digest[2 * DIGEST_SIZE + 1]; // hexadecimal
	bool is_signed; // baocao proof writes it
};

/* the columns of CSV, and the members of JSON: one row each, in this order; docs/collector.md */

static const struct {
	const char *name;
	enum { WORDS, TEXT, NUMBER, COUNT, TRUTH } type; // WORDS: a char array; COUNT: uint64_t
	size_t offset;
} columns[] = {
	{"unit_code", WORDS, offsetof(struct proof, filed.unit)},
	{"kind", WORDS, offsetof(struct proof, filed.kind)},
	{"period_type", TEXT, offsetof(struct proof, filed.period_type)},
	{"period_first", WORDS, offsetof(struct proof, filed.first)},
	{"period_last", WORDS, offsetof(struct proof, filed.last)},
	{"revision", NUMBER, offsetof(struct proof, revision)},
	{"outcome", TEXT, offsetof(struct proof, outcome)},
	{"report_no", COUNT, offsetof(struct proof, report_no)},
	{"received_at", TEXT, offsetof(struct proof, received_at)},
	{"answered_at", TEXT, offsetof(struct proof, answered_at)},
	{"content_digest", WORDS, offsetof(struct proof, digest)},
	{"file", TEXT, offsetof(struct proof, path)},
	{"line", NUMBER, offsetof(struct proof, line)},
	{"signed", TRUTH, offsetof(struct proof, is_signed)},
};

#define COLUMNS (sizeof columns / sizeof columns[0])

static json_t *json_value(const struct proof *proof, size_t column)
{
	const char *slot = (const char *)proof + columns[column].offset;

	switch (columns[column].type) {
	case WORDS:
		return json_string(slot);
	case TEXT:
		return json_string(*(const char *const *)slot);
	case NUMBER:
		return json_integer(*(const int64_t *)slot);
	case TRUTH:
		return json_boolean(*(const bool *)slot);
	default:
		return json_integer((json_int_t) * (const uint64_t *)slot);
	}
}

static const char *text_value(const struct proof *proof, size_t column, char buffer[static VALUE_SIZE])
{
	const char *slot = (const char *)proof + columns[column].offset;

	switch (columns[column].type) {
	case WORDS:
		return slot;
	case TEXT:
		return *(const char *const *)slot;
	case TRUTH:
		return *(const bool *)slot ? "true" : "false";
	case NUMBER:
		(void)snprintf(buffer, VALUE_SIZE, "%" PRId64, *(const int64_t *)slot);
		return buffer;
	default:
		(void)snprintf(buffer, VALUE_SIZE, "%" PRIu64, *(const uint64_t *)slot);
		return buffer;
	}
}

/* the three ways to print */

struct printing {
	bool json, csv;
	size_t count;
};

static void print_line(const struct proof *proof)
{
	(void)printf("%s %s %s %s/%s revision %" PRId64 ": %s report_no=%" PRIu64 " received_at=%s\n", proof->filed.unit,
	             proof->filed.kind, proof->filed.period_type, proof->filed.first, proof->filed.last, proof->revision,
	             proof->outcome, proof->report_no, proof->received_at);
}

static void print_csv(const struct proof *proof)
{
	char buffer[VALUE_SIZE];

	for (size_t i = 0; i < COLUMNS; i++) {
		const char *value = proof == NULL ? columns[i].name : text_value(proof, i, buffer);
		if (i > 0)
			(void)fputc(',', stdout);
		(void)csv_fwrite(stdout, value, strlen(value));
	}
	(void)fputs("\r\n", stdout);
}

static bool print_json(const struct proof *proof, bool first)
{
	json_t *object = json_object();

	for (size_t i = 0; i < COLUMNS; i++)
		(void)json_object_set_new(object, columns[i].name, json_value(proof, i));
	(void)fputs(first ? "\n" : ",\n", stdout);
	bool good = json_object_size(object) == COLUMNS && json_dumpf(object, stdout, 0) == 0;
	json_decref(object);
	return good;
}

static bool print(struct printing *printing, const struct proof *proof)
{
	bool first = printing->count++ == 0;

	if (printing->json)
		return print_json(proof, first);
	if (printing->csv)
		print_csv(proof);
	else
		print_line(proof);
	return true;
}

/* reading */

static const char taken[] = "SELECT series, revision, digest, path, line, outcome, answered_at, answer, receipt_no FROM entry "
							"WHERE outcome IN (1, 2, 4) ORDER BY entry_no"; // STORED, DUPLICATE, SUPERSEDED

static const char *text_or_empty(const char *text)
{
	return text == NULL ? "" : text;
}

static const char *column_text(sqlite3_stmt *row, int column)
{
	return text_or_empty((const char *)sqlite3_column_text(row, column));
}

static bool use_row(void *user, const struct filed *filed, sqlite3_stmt *row)
{
	struct proof proof = {.filed = *filed};

	Baocao__ReportOutcome *answer = baocao__report_outcome__unpack(NULL, (size_t)sqlite3_column_bytes(row, 7),
	                                                               sqlite3_column_blob(row, 7));
	proof.revision = sqlite3_column_int64(row, 1);
	proof.digest[0] = '\0';
	if (sqlite3_column_bytes(row, 2) == DIGEST_SIZE)
		(void)sodium_bin2hex(proof.digest, sizeof proof.digest, sqlite3_column_blob(row, 2), DIGEST_SIZE);
	proof.path = column_text(row, 3);
	proof.line = sqlite3_column_int64(row, 4);
	proof.outcome = show_outcome_name((Baocao__Outcome)sqlite3_column_int(row, 5));
	proof.answered_at = column_text(row, 6);
	proof.is_signed = sqlite3_column_type(row, 8) != SQLITE_NULL;
	proof.report_no = answer == NULL ? 0 : answer->report_no;
	proof.received_at = answer == NULL ? "" : text_or_empty(answer->received_at);
	bool good = print(user, &proof);
	if (answer != NULL)
		baocao__report_outcome__free_unpacked(answer, NULL);
	return good;
}

static enum exit_status print_all(const struct options *options, const struct contract *contract, struct outbox *outbox)
{
	struct printing printing = {.json = options->json, .csv = options->csv && !options->json};
	struct filed_filter filter;

	if (!filed_filter_of(options, contract, &filter))
		return STATUS_WRONG;
	if (printing.json)
		(void)fputc('[', stdout);
	else if (printing.csv)
		print_csv(NULL);
	bool good = filed_each(outbox, taken, contract, &filter, use_row, &printing);
	if (printing.json)
		(void)fputs("\n]\n", stdout);
	if (fflush(stdout) != 0) { // an export to a full disk
		perror("baocao");
		good = false;
	}
	return good ? STATUS_ALL_STORED : STATUS_WRONG;
}

int receipts_print(const struct options *options)
{
	return filed_ask(options, print_all);
}
