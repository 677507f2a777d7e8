// Which histories of the server's database an outbox has seen. A receipt names one; one that was never seen before comes after a
// failover or when a backup was restored. Then what was acknowledged may be gone, and reconcile (reconcile.h) finds out. One
// thread; what returns false has said why on standard error.
#ifndef BAOCAO_SETBACK_H
#define BAOCAO_SETBACK_H

#include <stdbool.h>

#include "outbox.h"

enum { SETBACK_HISTORY_SIZE = 48 };

// Notes the history that a receipt names; says it on standard error when it is a new one and not the first. seen: what this process
// noted last, "" at first; so that a receipt like the one before costs nothing.
bool setback_note(struct outbox *outbox, const char *history, char seen[static SETBACK_HISTORY_SIZE]);

// Since when the newest history waits to be reconciled; "" when it does not.
bool setback_open_since(struct outbox *outbox, char since[static OUTBOX_TIME_SIZE]);

// All that was acknowledged has been asked for again: every history is as good as the first.
bool setback_close(struct outbox *outbox);

#endif
