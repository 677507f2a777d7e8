// The command ping: tries each server and says how far it came, so that a clerk knows what to mend: the line, the address, the
// server's key, or that the own key is not registered. Files nothing. Exit status.
#ifndef BAOCAO_PING_H
#define BAOCAO_PING_H

#include "options.h"

int ping_servers(const struct options *options);

#endif
