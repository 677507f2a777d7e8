// CURVE keys in files: 40 characters of Z85 and a newline.
#ifndef BAOCAO_KEYS_H
#define BAOCAO_KEYS_H

#include <stdbool.h>

enum { KEYS_TEXT_SIZE = 41 };

// Reads a key file. secret: refuses a file that others may read. False: the reason has been printed to standard error.
bool keys_read(const char *path, bool secret, char text[static KEYS_TEXT_SIZE]);

// As above, but the word itself may be the key.
bool keys_read_public(const char *path_or_key, char text[static KEYS_TEXT_SIZE]);

// The subcommand: writes FILE (secret, 0600) and FILE.pub, prints the public key, and to standard error the statement
// that registers it. With --signing: a key pair for a server's receipts (Ed25519, hexadecimal; proof.h). Exit status.
int keys_generate(int argc, char **argv);

#endif
