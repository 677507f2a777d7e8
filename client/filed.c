#include "filed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "words.h"

// Moves the last word of the text, cut off at its blank, to word.
static void take_last(char *text, char word[static FILED_WORD_SIZE])
{
	char *blank = strrchr(text, ' ');

	(void)snprintf(word, FILED_WORD_SIZE, "%.*s", FILED_WORD_SIZE - 1, blank == NULL ? "" : blank + 1);
	if (blank != NULL)
		*blank = '\0';
}

void filed_read(const struct contract *contract, const char *series, struct filed *ret_filed)
{
	char text[SERIES_TEXT_SIZE], type[FILED_WORD_SIZE];

	(void)snprintf(text, sizeof text, "%s", series);
	take_last(text, ret_filed->last);
	take_last(text, ret_filed->first);
	take_last(text, type);
	take_last(text, ret_filed->kind);
	(void)snprintf(ret_filed->unit, sizeof ret_filed->unit, "%.*s", FILED_WORD_SIZE - 1, text);
	const struct contract_value *value = contract_value_by_number(contract->period_type_enum, (int)strtol(type, NULL, 10));
	ret_filed->period_type = value == NULL ? "" : value->label;
}

/* filters */

// 2022, 2022-08 or 2022-08-01, as "dddd-dd-dd" begins.
static bool is_date_begin(const char *text, size_t len)
{
	static const char pattern[] = "dddd-dd-dd";

	for (size_t i = 0; i < len; i++)
		if (i >= sizeof pattern - 1 || (pattern[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != '-'))
			return false;
	return len == 4 || len == 7 || len == 10;
}

static bool set_period(struct filed_filter *filter, const char *text)
{
	const char *slash = strchr(text, '/'), *to = slash == NULL ? text : slash + 1;
	size_t from_len = slash == NULL ? strlen(text) : (size_t)(slash - text);

	if (!is_date_begin(text, from_len) || !is_date_begin(to, strlen(to)))
		return false;
	// Text sorts as dates do; what is left out of the last day is above all days.
	(void)snprintf(filter->from, sizeof filter->from, "%.*s", (int)from_len, text);
	(void)snprintf(filter->to, sizeof filter->to, "%s%s", to, strlen(to) < 10 ? "~" : "");
	return true;
}

static bool is_kind(const struct contract *contract, const char *name)
{
	for (size_t i = 0; i < contract->kind_enum->value_count; i++)
		if (strcmp(contract->kind_enum->values[i].label, name) == 0)
			return true;
	return false;
}

bool filed_filter_of(const struct options *options, const struct contract *contract, struct filed_filter *ret_filter)
{
	*ret_filter = (struct filed_filter){.kind = options->kind, .unit = options->unit};
	if (options->kind != NULL && !is_kind(contract, options->kind)) {
		(void)fprintf(stderr, _("baocao: there is no kind %s; see baocao describe\n"), options->kind);
		return false;
	}
	if (options->period != NULL && !set_period(ret_filter, options->period)) {
		(void)fprintf(stderr, _("baocao: --period %s: must be like 2022, 2022-08 or 2022-08-01/2022-08-20\n"), options->period);
		return false;
	}
	return true;
}

bool filed_matches(const struct filed_filter *filter, const struct filed *filed)
{
	return (filter->kind == NULL || strcmp(filter->kind, filed->kind) == 0) &&
	       (filter->unit == NULL || strcmp(filter->unit, filed->unit) == 0) && strcmp(filed->first, filter->from) >= 0 &&
	       (filter->to[0] == '\0' || strcmp(filed->last, filter->to) <= 0);
}

/* asking the outbox */

bool filed_each(struct outbox *outbox, const char *sql, const struct contract *contract, const struct filed_filter *filter,
                bool (*use)(void *user, const struct filed *filed, sqlite3_stmt *row), void *user)
{
	sqlite3_stmt *statement = NULL;
	struct filed filed;
	int status = sqlite3_prepare_v2(outbox_database(outbox), sql, -1, &statement, NULL);

	while (status == SQLITE_OK || status == SQLITE_ROW) {
		status = sqlite3_step(statement);
		if (status != SQLITE_ROW)
			break;
		filed_read(contract, (const char *)sqlite3_column_text(statement, 0), &filed);
		if (filed_matches(filter, &filed) && !use(user, &filed, statement))
			status = SQLITE_NOMEM;
	}
	(void)sqlite3_finalize(statement);
	if (status != SQLITE_DONE)
		(void)fprintf(stderr, _("baocao: outbox: %s\n"), sqlite3_errstr(status));
	return status == SQLITE_DONE;
}

int filed_ask(const struct options *options,
              enum exit_status (*command)(const struct options *options, const struct contract *contract, struct outbox *outbox))
{
	char *error = NULL;
	struct contract *contract = contract_load(&error);
	struct outbox *outbox = contract == NULL ? NULL : outbox_open(options->outbox);
	enum exit_status status = STATUS_WRONG;

	if (contract == NULL)
		(void)fprintf(stderr, "baocao: %s\n", error == NULL ? _("out of memory") : error);
	else if (outbox != NULL)
		status = command(options, contract, outbox);
	free(error);
	outbox_close(&outbox);
	contract_destroy(&contract);
	return (int)status;
}
