// What a report in the outbox is about, out of its series (proto/series.h): for lists, counts and filters; and how commands that ask
// the outbox go through it. One thread.
#ifndef BAOCAO_FILED_H
#define BAOCAO_FILED_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

#include "contract.h"
#include "exit_status.h"
#include "options.h"
#include "outbox.h"
#include "series.h"

enum { FILED_WORD_SIZE = 48 };

struct filed {
	char unit[FILED_WORD_SIZE], kind[FILED_WORD_SIZE], first[FILED_WORD_SIZE], last[FILED_WORD_SIZE];
	const char *period_type; // its label, of the contract
};

// Takes a series apart; what it lacks is empty.
void filed_read(const struct contract *contract, const char *series, struct filed *ret_filed);

// What --kind, --unit and --period ask for.
struct filed_filter {
	const char *kind, *unit; // NULL: any
	char from[16], to[16];   // of days; empty: any
};

// False: an option asks for what there is not; the reason is on standard error.
bool filed_filter_of(const struct options *options, const struct contract *contract, struct filed_filter *ret_filter);
bool filed_matches(const struct filed_filter *filter, const struct filed *filed);

// Hands on each row of a query whose report the filter lets through; its first column is the series. use gives false when memory
// is out. False: the reason is on standard error.
bool filed_each(struct outbox *outbox, const char *sql, const struct contract *contract, const struct filed_filter *filter,
                bool (*use)(void *user, const struct filed *filed, sqlite3_stmt *row), void *user);

// Runs a command with the contract and the outbox that it asks. Exit status; STATUS_WRONG, said on standard error, where one of
// them cannot be had.
int filed_ask(const struct options *options,
              enum exit_status (*command)(const struct options *options, const struct contract *contract, struct outbox *outbox));

#endif
