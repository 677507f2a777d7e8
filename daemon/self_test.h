// The proof, at each start, that the gate holds. libzmq lets everybody in when one option is missing or nobody answers its
// questions, and says nothing: so who must not come in is really tried.
//
// Each endpoint of the configuration has a twin for it: a socket of the same type, with the same options and server key,
// asked about by the same gatekeeper, that listens on loopback only (an ipc:// endpoint's twin beside it). So nothing is
// tried on, or open to, the network.
#ifndef BAOCAO_SELF_TEST_H
#define BAOCAO_SELF_TEST_H

#include "config.h"
#include "gatekeeper.h"

// Tries the gate; takes some tenths of a second, for which it serves the gatekeeper itself. False when anything went
// otherwise than it must, or could not be tried: *ret_error says what (the caller frees it).
bool self_test(void *context, struct gatekeeper *gatekeeper, const struct config *config, char **ret_error);

// The same with a context and a gatekeeper of its own, to check a configuration.
bool self_test_alone(const struct config *config, char **ret_error);

#endif
