// The command watch: an agent that looks after a folder and an outbox. Files that people put into the folder are checked,
// queued and delivered; what is not right comes back. One thread, which waits in deliver() or, when nothing is pending, for the
// folder. systemd is told how it is, where it asks. Exit status.
#ifndef BAOCAO_WATCH_H
#define BAOCAO_WATCH_H

#include "options.h"

int watch_folder(const struct options *options);

#endif
