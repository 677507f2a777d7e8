// What servers refused of a watched folder's files, hours or days after they were queued: put into returned/ as a text beside the
// file's name, once all of the file's reports are answered, and then marked as told in the outbox. Killed between the two it
// is told again, in the same words and so in the same place. One thread.
#ifndef BAOCAO_REFUSED_H
#define BAOCAO_REFUSED_H

#include "folder.h"
#include "outbox.h"

// *ret_files is how many files' refusals were put there. False: the reason has been said; what was not told will be, the
// next time.
bool refused_tell(struct outbox *outbox, const struct folder *folder, size_t *ret_files);

#endif
