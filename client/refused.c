#include "refused.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shelf.h"
#include "show.h"
#include "words.h"

// Of the folder's files the next that has refusals to tell, and none pending.
static const char next_file[] =
	"SELECT path FROM entry AS e WHERE outcome IN (3, 5, 7) AND told = 0 AND substr(path, 1, length(?1)) = ?1 AND path > ?2 "
	"AND NOT EXISTS (SELECT 1 FROM entry AS other WHERE other.path = e.path AND other.outcome IS NULL) ORDER BY path LIMIT 1";
static const char refusals[] =
	"SELECT entry_no, path, line, queued_at, outcome, answered_at, answer FROM entry "
	"WHERE outcome IN (3, 5, 7) AND told = 0 AND path = ?1 ORDER BY line, entry_no";
static const char tell[] = "UPDATE entry SET told = 1 WHERE outcome IN (3, 5, 7) AND told = 0 AND path = ?1";

static bool complain(sqlite3 *database)
{
	(void)fprintf(stderr, _("baocao: outbox: %s\n"), sqlite3_errmsg(database));
	return false;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash == NULL ? path : slash + 1;
}

// *ret_path is NULL when there is no more; the caller frees it.
static bool find_next(sqlite3 *database, const char *prefix, const char *after, char **ret_path)
{
	sqlite3_stmt *statement = NULL;
	int status = sqlite3_prepare_v2(database, next_file, -1, &statement, NULL);

	*ret_path = NULL;
	if (status == SQLITE_OK) {
		(void)sqlite3_bind_text(statement, 1, prefix, -1, SQLITE_STATIC);
		(void)sqlite3_bind_text(statement, 2, after, -1, SQLITE_STATIC);
		status = sqlite3_step(statement);
	}
	if (status == SQLITE_ROW) {
		*ret_path = strdup((const char *)sqlite3_column_text(statement, 0));
		status = *ret_path == NULL ? SQLITE_NOMEM : SQLITE_DONE;
	}
	(void)sqlite3_finalize(statement);
	return status == SQLITE_DONE || complain(database);
}

static bool print_refusals(sqlite3 *database, const char *path, FILE *out)
{
	sqlite3_stmt *statement = NULL;
	int status = sqlite3_prepare_v2(database, refusals, -1, &statement, NULL);

	if (status == SQLITE_OK) {
		(void)sqlite3_bind_text(statement, 1, path, -1, SQLITE_STATIC);
		while ((status = sqlite3_step(statement)) == SQLITE_ROW)
			show_entry(out, &(struct outbox_entry){.entry_no = sqlite3_column_int64(statement, 0),
			                                       .path = base_name(path),
			                                       .line = (size_t)sqlite3_column_int64(statement, 2),
			                                       .queued_at = (const char *)sqlite3_column_text(statement, 3),
			                                       .outcome = (Baocao__Outcome)sqlite3_column_int(statement, 4),
			                                       .answered_at = (const char *)sqlite3_column_text(statement, 5),
			                                       .answer = sqlite3_column_blob(statement, 6),
			                                       .answer_size = (size_t)sqlite3_column_bytes(statement, 6)});
	}
	(void)sqlite3_finalize(statement);
	return status == SQLITE_DONE || complain(database);
}

static bool mark_told(sqlite3 *database, const char *path)
{
	sqlite3_stmt *statement = NULL;
	int status = sqlite3_prepare_v2(database, tell, -1, &statement, NULL);

	if (status == SQLITE_OK) {
		(void)sqlite3_bind_text(statement, 1, path, -1, SQLITE_STATIC);
		status = sqlite3_step(statement);
	}
	(void)sqlite3_finalize(statement);
	return status == SQLITE_DONE || complain(database);
}

static bool tell_of(sqlite3 *database, const struct folder *folder, const char *path)
{
	int shelf = folder_shelf_fd(folder, FOLDER_RETURNED);
	char name[SHELF_NAME_SIZE], *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	bool good = out != NULL && print_refusals(database, path, out);

	if (out != NULL)
		good = fclose(out) == 0 && good;
	good = good && shelf_free_name_for(shelf, base_name(path), text, size, name) && shelf_write_text(shelf, name, text, size) &&
	       mark_told(database, path);
	if (good)
		(void)printf(_("%s: the server refused reports of it; see %s/%s.txt\n"), base_name(path),
		             folder_shelf_name(FOLDER_RETURNED), name);
	free(text);
	return good;
}

bool refused_tell(struct outbox *outbox, const struct folder *folder, size_t *ret_files)
{
	sqlite3 *database = outbox_database(outbox);
	char *path = strdup(""), *next = NULL, *prefix = malloc(strlen(folder_path(folder)) + 2);
	bool good = path != NULL && prefix != NULL;

	*ret_files = 0;
	if (good)
		(void)sprintf(prefix, "%s/", folder_path(folder));
	while (good && (good = find_next(database, prefix, path, &next)) && next != NULL) {
		free(path);
		path = next;
		good = tell_of(database, folder, path);
		*ret_files += good;
	}
	free(path);
	free(prefix);
	return good;
}
