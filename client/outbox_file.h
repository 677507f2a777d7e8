// The file of an outbox: a SQLite database for its user alone, durable at each COMMIT, with the schema of this version. The
// outbox goes through its tables; here is how they come to be. What fails here has said why on standard error. One thread.
#ifndef BAOCAO_OUTBOX_FILE_H
#define BAOCAO_OUTBOX_FILE_H

#include <sqlite3.h>
#include <stdbool.h>

// Opens the file at path, making it and the folders that are missing. NULL on failure; else the caller closes it.
sqlite3 *outbox_file_open(const char *path);

// Runs statements that give no rows.
bool outbox_file_execute(const char *path, sqlite3 *database, const char *sql);

// Says what is wrong with the outbox at path. False, for the caller to return.
bool outbox_file_complain(const char *path, const char *reason);
// The same of what the database failed at last; database may be NULL when there was no memory for it.
bool outbox_file_complain_of(const char *path, sqlite3 *database);

// $BAOCAO_OUTBOX, or baocao/outbox.db in $XDG_STATE_HOME or ~/.local/state. The caller frees it. NULL when memory is out.
char *outbox_file_default_path(void);

#endif
