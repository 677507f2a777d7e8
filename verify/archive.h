// The stored rows of every report against what the daemon would write today from its raw bytes: the same scan, decoding, digest
// and rows. Walks all tables side by side in the order of their key, in bounded memory. One thread.
#ifndef BAOCAO_ARCHIVE_H
#define BAOCAO_ARCHIVE_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "contract.h"
#include "layout.h"

struct archive_counts {
	size_t reports, rows; // compared
	size_t differences;
	size_t expired; // reports that have no raw bytes any more, rightly
};

// What it works with; all of it stays the caller's.
struct archive_parts {
	PGconn *connection; // in a transaction, so that all tables are seen at one moment
	const struct contract *contract;
	const struct layout *layout;
	const char *condition; // which rows, called t; "true" for all
	int64_t expired_before; // raw bytes of reports received before may have been removed by retention; as the database keeps times
	FILE *out;             // a line for each difference
};

// False when it could not be done: *ret_error says why (static text, or the connection's; do not free).
bool archive_verify(const struct archive_parts *parts, struct archive_counts *ret_counts, const char **ret_error);

#endif
