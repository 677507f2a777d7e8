#include "setback.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "words.h"

static bool run(struct outbox *outbox, const char *sql, const char *argument, char *result)
{
	sqlite3_stmt *statement = NULL;
	int status = sqlite3_prepare_v2(outbox_database(outbox), sql, -1, &statement, NULL);

	if (status == SQLITE_OK && argument != NULL)
		status = sqlite3_bind_text(statement, 1, argument, -1, SQLITE_STATIC);
	if (status == SQLITE_OK)
		status = sqlite3_step(statement);
	if (result != NULL)
		(void)snprintf(result, OUTBOX_TIME_SIZE, "%s",
		               status == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : "");
	(void)sqlite3_finalize(statement);
	return status == SQLITE_ROW || status == SQLITE_DONE || outbox_complain(outbox);
}

bool setback_note(struct outbox *outbox, const char *history, char seen[static SETBACK_HISTORY_SIZE])
{
	char open[OUTBOX_TIME_SIZE];

	if (strncmp(history, seen, SETBACK_HISTORY_SIZE - 1) == 0)
		return true;
	(void)snprintf(seen, SETBACK_HISTORY_SIZE, "%s", history);
	if (!run(outbox, "INSERT INTO history (history, is_open) VALUES (?1, EXISTS (SELECT 1 FROM history)) ON CONFLICT DO NOTHING",
	         history, NULL))
		return false;
	if (sqlite3_changes(outbox_database(outbox)) == 0)
		return true;
	if (!setback_open_since(outbox, open))
		return false;
	if (open[0] != '\0')
		(void)fprintf(stderr,
		              _("baocao: the server's database goes on from another point of its history (%s): after a failover, or a "
		                "backup was restored. Run baocao reconcile: it makes sure that all that was acknowledged is there\n"),
		              history);
	return true;
}

bool setback_open_since(struct outbox *outbox, char since[static OUTBOX_TIME_SIZE])
{
	return run(outbox, "SELECT coalesce(min(seen_at), '') FROM history WHERE is_open", NULL, since);
}

bool setback_close(struct outbox *outbox)
{
	return run(outbox, "UPDATE history SET is_open = 0", NULL, NULL);
}
