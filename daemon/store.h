// A writer: one thread, one connection, one lane. Takes what gathered in its lane, writes it in one transaction by look,
// copy, retry, and gives it back with outcomes after COMMIT has returned.
#ifndef BAOCAO_STORE_H
#define BAOCAO_STORE_H

#include "config.h"
#include "lane.h"
#include "layout.h"
#include "signing.h"

struct store;

// What a writer works with; all of it stays the caller's and must outlive it.
struct store_parts {
	const struct config *config;
	const struct contract *contract;
	const struct layout *layout;
	struct lane *lane;
	const struct signing *signing; // NULL: receipts are not signed
	struct lane *express; // the lane to which this writer gives way; its own when to none
};

// Starts the thread. NULL when memory or threads are out.
struct store *store_create(const struct store_parts *parts);

// Waits for the thread, which ends when its lane is closed and empty, or abandoned. NULL-safe; clears the caller's pointer.
void store_destroy(struct store **store);

#endif
