// What a report in the outbox is about, out of its series (proto/series.h): for lists, counts and filters. One thread.
#ifndef BAOCAO_FILED_H
#define BAOCAO_FILED_H

#include <stdbool.h>
#include <stddef.h>

#include "contract.h"
#include "options.h"
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

#endif
