// The HTTP listener for those who observe: /metrics, /livez, /readyz. A thread of its own, few connections, each of one
// request and ten seconds at most: whoever reads slowly or sends nonsense takes nothing from the reports.
#ifndef BAOCAO_HTTP_H
#define BAOCAO_HTTP_H

#include "health.h"

struct http;

// Listens on tcp://ADDRESS:PORT (numbers only) or ipc://PATH. NULL on failure: *ret_error says why (the caller frees it).
// The health stays the caller's and must outlive it.
struct http *http_create(const char *address, struct health *health, char **ret_error);
// Ends the thread and what it is at. NULL-safe; clears the caller's pointer.
void http_destroy(struct http **http);

// Ends connections that have lasted too long. Once a second or so, from any one thread.
void http_tick(struct http *http);

// Why the address cannot be one, or NULL.
const char *http_address_fault(const char *address);

#endif
