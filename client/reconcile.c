#include "reconcile.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "show.h"

// The outcomes by which a report was acknowledged: STORED, DUPLICATE, SUPERSEDED.
#define ACKNOWLEDGED "(1, 2, 4)"
_Static_assert(BAOCAO__OUTCOME__OUTCOME_STORED == 1 && BAOCAO__OUTCOME__OUTCOME_DUPLICATE == 2 &&
                   BAOCAO__OUTCOME__OUTCOME_SUPERSEDED == 4,
               "the numbers of ACKNOWLEDGED");

// One entry for each content, made of the last that was acknowledged; what is pending with it already need not be asked for.
static const char queue_again[] =
	"INSERT INTO entry (series, revision, digest, report, path, line) "
	"SELECT series, revision, digest, report, path, line FROM entry WHERE entry_no IN ("
	"SELECT max(entry_no) FROM entry WHERE outcome IN " ACKNOWLEDGED " AND answered_at >= ?1 GROUP BY digest) "
	"ORDER BY entry_no ON CONFLICT DO NOTHING";

static const char mark[] = "INSERT INTO again SELECT entry_no FROM entry WHERE outcome IS NULL AND entry_no > ?1";

static bool step(struct outbox *outbox, sqlite3_stmt *statement, int bound)
{
	int status = bound == SQLITE_OK ? sqlite3_step(statement) : bound;
	(void)sqlite3_finalize(statement);
	return status == SQLITE_DONE || status == SQLITE_ROW || outbox_complain(outbox);
}

static bool prepare(struct outbox *outbox, const char *sql, sqlite3_stmt **ret)
{
	return sqlite3_prepare_v2(outbox_database(outbox), sql, -1, ret, NULL) == SQLITE_OK || outbox_complain(outbox);
}

static bool run(struct outbox *outbox, const char *sql)
{
	sqlite3_stmt *statement;
	return prepare(outbox, sql, &statement) && step(outbox, statement, SQLITE_OK);
}

static bool last_entry(struct outbox *outbox, int64_t *ret)
{
	sqlite3_stmt *statement;

	if (!prepare(outbox, "SELECT coalesce(max(entry_no), 0) FROM entry", &statement))
		return false;
	*ret = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
	(void)sqlite3_finalize(statement);
	return true;
}

static bool queue_since(struct outbox *outbox, const char *since)
{
	sqlite3_stmt *statement;
	return prepare(outbox, queue_again, &statement) &&
	       step(outbox, statement, sqlite3_bind_text(statement, 1, since, -1, SQLITE_STATIC));
}

static bool mark_after(struct outbox *outbox, int64_t last)
{
	sqlite3_stmt *statement;
	return prepare(outbox, mark, &statement) && step(outbox, statement, sqlite3_bind_int64(statement, 1, last));
}

bool reconcile_queue(struct outbox *outbox, const char *since, int64_t *ret_count)
{
	int64_t last;

	*ret_count = 0;
	if (!outbox_begin(outbox))
		return false;
	bool good = last_entry(outbox, &last) && queue_since(outbox, since);
	*ret_count = sqlite3_changes64(outbox_database(outbox));
	good = good && mark_after(outbox, last);
	if (good)
		return outbox_commit(outbox);
	(void)sqlite3_exec(outbox_database(outbox), "ROLLBACK", NULL, NULL, NULL);
	return false;
}

static void show(void *user, const struct outbox_entry *entry)
{
	(void)user;
	show_entry(stdout, entry);
}

bool reconcile_settle(struct outbox *outbox, int64_t counts[static RECONCILE_OUTCOMES])
{
	sqlite3_stmt *statement;
	int status;

	memset(counts, 0, RECONCILE_OUTCOMES * sizeof counts[0]);
	if (!prepare(outbox, "SELECT entry_no, coalesce(outcome, 0) FROM again JOIN entry USING (entry_no) ORDER BY entry_no", &statement))
		return false;
	while ((status = sqlite3_step(statement)) == SQLITE_ROW) {
		int outcome = sqlite3_column_int(statement, 1);
		if (outcome >= 0 && outcome < RECONCILE_OUTCOMES)
			counts[outcome]++;
		if (outcome != 0 && outcome != BAOCAO__OUTCOME__OUTCOME_DUPLICATE)
			(void)outbox_each(outbox, OUTBOX_BY_NUMBER, sqlite3_column_int64(statement, 0), show, NULL);
	}
	(void)sqlite3_finalize(statement);
	return (status == SQLITE_DONE || outbox_complain(outbox)) &&
	       run(outbox, "DELETE FROM entry WHERE outcome = 2 AND entry_no IN (SELECT entry_no FROM again)") &&
	       run(outbox, "DELETE FROM again WHERE entry_no NOT IN (SELECT entry_no FROM entry WHERE outcome IS NULL)");
}
