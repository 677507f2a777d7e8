// The commands about signed receipts: proof takes one out of the outbox, verify checks one without a network.
#ifndef BAOCAO_PROVE_H
#define BAOCAO_PROVE_H

#include "options.h"

// Exit status: 0 it was found and written; 1 there is none; 2 wrong use, or the outbox.
int prove_proof(const struct options *options);
// Exit status: 0 all hold; 1 some do not; 2 wrong use, files or outbox.
int prove_verify(const struct options *options);

#endif
