// Which history of the database the rows of a connection belong to: SYSTEM-IDENTIFIER/TIMELINE/DATABASE. It is another one after a
// failover, and after a backup was restored; receipts name it, so that collectors notice (docs/protocol.md, "History").
#ifndef BAOCAO_HISTORY_H
#define BAOCAO_HISTORY_H

#include <stdbool.h>

struct pg_conn; // libpq's PGconn

enum { HISTORY_TEXT_SIZE = 48 }; // 20 digits and twice 10, with slashes

// Asks a server that accepts writes. False when it does not answer; text is "" then.
bool history_read(struct pg_conn *connection, char text[static HISTORY_TEXT_SIZE]);

#endif
