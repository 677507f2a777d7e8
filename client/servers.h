// The servers and keys that options name, as deliver() wants them. One thread.
#ifndef BAOCAO_SERVERS_H
#define BAOCAO_SERVERS_H

#include "deliver.h"
#include "options.h"

// True: *ret_servers is filled in; its endpoints are those of options. False: the reason is on standard error.
// servers_wipe() either way.
bool servers_of(const struct options *options, struct deliver_servers *ret_servers);

// Keeps the --signing-keys in the outbox: from now on they are trusted. False: the reason is on standard error.
bool servers_trust(const struct options *options, struct outbox *outbox);

// Leaves nothing of the secret key in memory.
void servers_wipe(struct deliver_servers *servers);

#endif
