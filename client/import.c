#include "import.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "json.h"
#include "judge.h"
#include "language.h"
#include "outbox.h"
#include "say.h"
#include "table.h"

enum {
	IMPORT_ARENA_MAX = 1 << 30,  // some two million reports; a year of the whole country is far less
	COLUMN_NAME_SIZE = 8         // XFD is Excel's last
};

static const struct {
	const char *ending;
	void (*read)(struct import *import, const char *path, FILE *file);
} formats[] = {
	{".jsonl", import_json}, {".ndjson", import_json}, {".json", import_json}, {".csv", import_csv},
	{".txt", import_csv},    {".tsv", import_csv},     {".xlsx", import_xlsx},
};

bool import_init(struct import *import, const struct contract *contract)
{
	*import = (struct import){.contract = contract, .arena = arena_create(IMPORT_ARENA_MAX)};
	return import->arena != NULL;
}

void import_clear(struct import *import)
{
	arena_destroy(&import->arena);
	free(import->reports);
	free(import->problems);
	import->reports = NULL;
	import->problems = NULL;
	import->count = import->size = import->problem_count = import->problem_size = 0;
}

/* problems */

static bool make_room(struct import *import)
{
	if (import->problem_count < import->problem_size)
		return true;
	size_t size = import->problem_size == 0 ? 16 : 2 * import->problem_size;
	struct problem *grown = import->problem_count >= IMPORT_PROBLEMS_MAX ? NULL : realloc(import->problems, size * sizeof *grown);
	if (grown == NULL)
		return false;
	import->problems = grown;
	import->problem_size = size;
	return true;
}

void import_problem(struct import *import, const struct problem *problem)
{
	struct problem kept = *problem;

	import->unreadable += problem->report == IMPORT_NO_REPORT;
	kept.message = arena_strndup(import->arena, problem->message, strlen(problem->message));
	kept.field = arena_strndup(import->arena, problem->field, strlen(problem->field));
	if (kept.message == NULL || kept.field == NULL || !make_room(import)) {
		import->left_over++;
		return;
	}
	import->problems[import->problem_count++] = kept;
}

void import_unreadable(struct import *import, const char *path, size_t line, const char *reason)
{
	import_problem(import, &(struct problem){.path = path,
	                                         .sheet = "",
	                                         .row = line,
	                                         .report = IMPORT_NO_REPORT,
	                                         .field = "",
	                                         .rule = "unreadable",
	                                         .message = reason});
}

// 1 is A, 27 is AA.
static const char *column_name(size_t column, char name[static COLUMN_NAME_SIZE])
{
	char *at = name + COLUMN_NAME_SIZE - 1;

	for (*at = '\0'; column > 0 && at > name; column = (column - 1) / 26)
		*--at = (char)('A' + (column - 1) % 26);
	return at;
}

const char *import_place(const struct problem *problem, char text[static IMPORT_PLACE_SIZE])
{
	char name[COLUMN_NAME_SIZE];
	const char *separator = problem->sheet[0] != '\0' && problem->row > 0 ? "!" : "";

	if (problem->row > 0 && problem->column == 0)
		(void)snprintf(text, IMPORT_PLACE_SIZE, _("%s%srow %zu"), problem->sheet, separator, problem->row);
	else if (problem->row > 0)
		(void)snprintf(text, IMPORT_PLACE_SIZE, "%s%s%s%zu", problem->sheet, separator, column_name(problem->column, name),
		               problem->row);
	else
		(void)snprintf(text, IMPORT_PLACE_SIZE, "%s", problem->sheet);
	return text;
}

/* reports */

struct imported *import_object(struct import *import, const char *path, size_t line, const json_t *object)
{
	if (import->count == import->size) {
		size_t size = import->size == 0 ? 64 : 2 * import->size;
		struct imported *grown = realloc(import->reports, size * sizeof *grown);
		if (grown == NULL) {
			import_unreadable(import, path, line, _("out of memory"));
			return NULL;
		}
		import->reports = grown;
		import->size = size;
	}
	struct imported *imported = &import->reports[import->count];
	*imported = (struct imported){.path = path, .sheet = "", .line = line};
	verdict_init(&imported->verdict, import->arena);
	imported->report = json_read_report(import->contract, object, import->arena, &imported->verdict);
	if (imported->report == NULL) {
		import_unreadable(import, path, line, _("out of memory"));
		return NULL;
	}
	imported->readable = verdict_is_clean(&imported->verdict);
	import->count++;
	return imported;
}

void import_file(struct import *import, const char *path)
{
	const char *ending = strrchr(path, '.');

	for (size_t i = 0; ending != NULL && i < sizeof formats / sizeof formats[0]; i++) {
		if (strcasecmp(ending, formats[i].ending) != 0)
			continue;
		FILE *file = fopen(path, "re");
		if (file == NULL) {
			import_unreadable(import, path, 0, strerror(errno));
			return;
		}
		formats[i].read(import, path, file);
		(void)fclose(file);
		return;
	}
	import_unreadable(import, path, 0, _("files are .xlsx (workbooks), .csv or .jsonl (JSON Lines)"));
}

/* judging */

static bool is_rule(const struct violation *violation, enum rule rule)
{
	return strcmp(violation->rule, rule_text(rule)->id) == 0;
}

// A cell that could not be read is not missing as well, and no sum is wrong because of it.
static bool is_said(const struct import *import, size_t report, size_t first_problem, const struct violation *violation)
{
	const struct imported *imported = &import->reports[report];
	size_t row, column;

	if (imported->readable)
		return false;
	if (is_rule(violation, RULE_POINTS_HELD_SUM) || is_rule(violation, RULE_BODY))
		return true;
	table_find(imported, violation->path, &row, &column);
	for (size_t i = first_problem; i < import->problem_count && is_rule(violation, RULE_REQUIRED); i++) {
		const struct problem *problem = &import->problems[i];
		if (problem->report != IMPORT_NO_REPORT && problem->report > report)
			i = import->judged - 1; // on to what was found while judging
		else if (problem->report == report && (strcmp(problem->field, violation->path) == 0 ||
		                                       (column > 0 && problem->row == row && problem->column == column)))
			return true;
	}
	return false;
}

static void add_violation(struct import *import, size_t report, const struct violation *violation)
{
	struct imported *imported = &import->reports[report];
	struct problem problem = {.path = imported->path,
	                          .sheet = imported->sheet,
	                          .report = report,
	                          .field = violation->path,
	                          .rule = violation->rule};

	table_find(imported, violation->path, &problem.row, &problem.column);
	problem.message = say_violation(import->contract, import->arena, violation->path, violation->rule, violation->value,
	                                violation->limit, language_label(violation->vi, violation->en));
	if (problem.message == NULL)
		problem.message = language_label(violation->vi, violation->en);
	import_problem(import, &problem);
	imported->problem_count++;
}

// What would be refused by itself never leaves the outbox.
static void judge_size(const struct imported *imported, struct verdict *verdict)
{
	size_t size = protobuf_c_message_get_packed_size(imported->report);
	char value[32], limit[32];

	if (size <= OUTBOX_PARCEL_BYTES)
		return;
	(void)snprintf(value, sizeof value, "%zu", size);
	(void)snprintf(limit, sizeof limit, "%d", OUTBOX_PARCEL_BYTES);
	verdict_add(verdict, RULE_TOO_LARGE, NULL, &(struct violation_words){.value = value, .limit = limit});
}

// first_problem: problems before it are of other reports.
static bool judge(struct import *import, size_t report, size_t first_problem, bool by_rules)
{
	struct imported *imported = &import->reports[report];
	struct verdict verdict;

	if (!digest_canonicalise(import->contract, imported->report, import->arena))
		return false;
	verdict_init(&verdict, import->arena);
	if (by_rules)
		judge_report(import->contract, imported->report, &verdict);
	judge_size(imported, &verdict);
	if (verdict.out_of_memory || imported->verdict.out_of_memory)
		return false;
	import->judged = import->problem_count;
	for (size_t i = 0; i < imported->verdict.count; i++)
		add_violation(import, report, &imported->verdict.list[i]);
	for (size_t i = 0; i < verdict.count; i++)
		if (!is_said(import, report, first_problem, &verdict.list[i]))
			add_violation(import, report, &verdict.list[i]);
	return true;
}

// Problems of reading are in the order of the reports: the search for a report's own begins where the last one's ended.
bool import_judge(struct import *import, bool by_rules)
{
	size_t read_problems = import->problem_count, first = 0;

	for (size_t i = 0; i < import->count; i++) {
		while (first < read_problems &&
		       (import->problems[first].report == IMPORT_NO_REPORT || import->problems[first].report < i))
			first++;
		if (!judge(import, i, first, by_rules))
			return false;
	}
	return true;
}
