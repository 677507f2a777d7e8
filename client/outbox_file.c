#define _GNU_SOURCE // asprintf
#include "outbox_file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "words.h"

enum { BUSY_TIMEOUT_MS = 30000, BUSY_PAUSE_MS = 10, SCHEMA_VERSION = 4 };

// What makes each version of the schema from the one before.
static const char *const schema[SCHEMA_VERSION] = {
	"CREATE TABLE entry ("
	"entry_no INTEGER PRIMARY KEY AUTOINCREMENT, "
	"series TEXT NOT NULL, "    // unit, kind, period: what revisions are revisions of
	"revision INTEGER NOT NULL, "
	"digest BLOB NOT NULL, "    // BLAKE2b-256 of natural key and body
	"report BLOB NOT NULL, "    // packed Report
	"path TEXT NOT NULL, line INTEGER NOT NULL, "
	"queued_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')), "
	"alone INTEGER NOT NULL DEFAULT 0, "
	"outcome INTEGER, "         // of enum Outcome; NULL while pending
	"answer BLOB, "             // packed ReportOutcome
	"answered_at TEXT); "
	"CREATE UNIQUE INDEX entry_pending_once ON entry (digest) WHERE outcome IS NULL; "
	"CREATE INDEX entry_pending ON entry (entry_no) WHERE outcome IS NULL; "
	"CREATE INDEX entry_pending_series ON entry (series, revision, entry_no) WHERE outcome IS NULL; "
	"CREATE INDEX entry_outcome ON entry (outcome);",
	// Signed receipts.
	"ALTER TABLE entry ADD COLUMN receipt_no INTEGER; " // NULL: the answer is not signed
	"ALTER TABLE entry ADD COLUMN leaf INTEGER; "       // its place among the receipt's leaves
	"CREATE TABLE receipt ("
	"receipt_no INTEGER PRIMARY KEY AUTOINCREMENT, "
	"statement BLOB NOT NULL, " // what is signed, as it came
	"signature BLOB NOT NULL, "
	"steps BLOB NOT NULL, "     // of 33 bytes: from the root over the leaves to that of the statement
	"leaves BLOB NOT NULL); "   // hashes of 32 bytes
	"CREATE TABLE signing_key ("
	"key TEXT PRIMARY KEY, "    // hexadecimal
	"valid_from TEXT, valid_to TEXT, " // NULL: no end
	"origin TEXT NOT NULL, "    // why it is trusted
	"added_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')));",
	// Watched folders.
	"ALTER TABLE entry ADD COLUMN told INTEGER NOT NULL DEFAULT 0; " // its refusal lies in returned/ of its folder
	"CREATE INDEX entry_untold ON entry (path) WHERE outcome IN (3, 5, 7) AND told = 0; "
	"CREATE INDEX entry_pending_path ON entry (path) WHERE outcome IS NULL;",
	// Histories of the server's database.
	"CREATE TABLE history ("
	"history TEXT PRIMARY KEY, " // as receipts name it
	"seen_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')), "
	"is_open INTEGER NOT NULL); " // waits to be reconciled
	"CREATE TABLE again (entry_no INTEGER PRIMARY KEY);", // entries that ask for an acknowledgement once more
};

bool outbox_file_complain(const char *path, const char *reason)
{
	(void)fprintf(stderr, _("baocao: outbox %s: %s\n"), path, reason);
	return false;
}

bool outbox_file_complain_of(const char *path, sqlite3 *database)
{
	return outbox_file_complain(path, database == NULL ? _("out of memory") : sqlite3_errmsg(database));
}

// Makes the folders of a path that are missing, for the user alone.
static bool make_folders(const char *outbox)
{
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof path, "%s", outbox) >= sizeof path)
		return outbox_file_complain(outbox, strerror(ENAMETOOLONG));
	for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, S_IRWXU) != 0 && errno != EEXIST)
			return outbox_file_complain(outbox, strerror(errno));
		*slash = '/';
	}
	return true;
}

bool outbox_file_execute(const char *path, sqlite3 *database, const char *sql)
{
	return sqlite3_exec(database, sql, NULL, NULL, NULL) == SQLITE_OK || outbox_file_complain_of(path, database);
}

static bool make_schema(const char *path, sqlite3 *database)
{
	sqlite3_stmt *statement = NULL;
	char version[64];
	bool good = sqlite3_prepare_v2(database, "PRAGMA user_version", -1, &statement, NULL) == SQLITE_OK &&
	            sqlite3_step(statement) == SQLITE_ROW;
	int found = good ? sqlite3_column_int(statement, 0) : 0;

	(void)sqlite3_finalize(statement);
	if (!good)
		return outbox_file_complain_of(path, database);
	if (found > SCHEMA_VERSION)
		return outbox_file_complain(path, _("was made by a newer baocao"));
	for (; good && found < SCHEMA_VERSION; found++) {
		(void)snprintf(version, sizeof version, "PRAGMA user_version = %d", found + 1);
		good = outbox_file_execute(path, database, schema[found]) && outbox_file_execute(path, database, version);
	}
	return good;
}

// SQLite's own waiting is of no use here: it gives up at once when two processes turn a new file to WAL, as each holds what the
// other needs. So each try fails at once, and is made again.
static bool use_wal(const char *path, sqlite3 *database)
{
	int status = SQLITE_BUSY;

	for (int waited = 0; status == SQLITE_BUSY && waited < BUSY_TIMEOUT_MS; waited += BUSY_PAUSE_MS) {
		if (waited > 0)
			(void)sqlite3_sleep(BUSY_PAUSE_MS);
		status = sqlite3_exec(database, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
	}
	return status == SQLITE_OK || outbox_file_complain_of(path, database);
}

// Of two processes that open a new outbox at once one makes the schema, the other waits and finds it.
static bool make_ready(const char *path, sqlite3 *database)
{
	if (!use_wal(path, database))
		return false;
	(void)sqlite3_busy_timeout(database, BUSY_TIMEOUT_MS);
	return outbox_file_execute(path, database, "PRAGMA synchronous = FULL") &&
	       outbox_file_execute(path, database, "PRAGMA wal_autocheckpoint = 250") && // pages: a small disk must do, too
	       outbox_file_execute(path, database, "BEGIN IMMEDIATE") && make_schema(path, database) &&
	       outbox_file_execute(path, database, "COMMIT");
}

sqlite3 *outbox_file_open(const char *path)
{
	sqlite3 *database = NULL;

	if (!make_folders(path))
		return NULL;
	mode_t mask = umask(S_IRWXG | S_IRWXO);
	int status = sqlite3_open(path, &database);
	(void)umask(mask);
	if (status != SQLITE_OK)
		(void)outbox_file_complain_of(path, database);
	else if (make_ready(path, database))
		return database;
	(void)sqlite3_close(database);
	return NULL;
}

char *outbox_file_default_path(void)
{
	const char *path = getenv("BAOCAO_OUTBOX"), *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	char *made = NULL;

	if (path != NULL && *path != '\0')
		return strdup(path);
	int length = state != NULL && *state == '/' ? asprintf(&made, "%s/baocao/outbox.db", state)
	                                            : asprintf(&made, "%s/.local/state/baocao/outbox.db", home == NULL ? "" : home);
	return length < 0 ? NULL : made;
}
