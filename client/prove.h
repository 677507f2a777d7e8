// The subcommands about signed receipts: proof takes one out of the outbox, verify checks one without a network.
#ifndef BAOCAO_PROVE_H
#define BAOCAO_PROVE_H

#define PROVE_PROOF_ARGUMENTS "[--outbox FILE] REPORT_NO | FILE:LINE"
#define PROVE_VERIFY_ARGUMENTS "[--outbox FILE | --signing-key KEY|FILE...] PROOF..."

// Exit status: 0 it was found and written; 1 there is none; 2 wrong use, or the outbox.
int prove_proof(int argc, char **argv);
// Exit status: 0 all hold; 1 some do not; 2 wrong use, files or outbox.
int prove_verify(int argc, char **argv);

#endif
