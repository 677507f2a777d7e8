#include "keys.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "proof.h"
#include "words.h"

enum { KEY_CHARACTERS = KEYS_TEXT_SIZE - 1 };

static bool is_key(const char *text)
{
	uint8_t bytes[32];
	bool good = strlen(text) == KEY_CHARACTERS && zmq_z85_decode(bytes, text) != NULL;
	sodium_memzero(bytes, sizeof bytes);
	return good;
}

static bool complain(const char *path, const char *reason)
{
	(void)fprintf(stderr, "baocao: %s: %s\n", path, reason);
	return false;
}

bool keys_read(const char *path, bool secret, char text[static KEYS_TEXT_SIZE])
{
	struct stat status;
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return complain(path, strerror(errno));
	if (secret && (fstat(fileno(file), &status) != 0 || (status.st_mode & (S_IRWXG | S_IRWXO)) != 0)) {
		(void)fclose(file);
		return complain(path, _("others may read this secret key: chmod 600 it"));
	}
	size_t read = fread(text, 1, KEY_CHARACTERS, file);
	int after = fgetc(file);
	(void)fclose(file);
	text[read] = '\0';
	if (!is_key(text) || (after != EOF && after != '\n'))
		return complain(path, _("is not a key: one line of 40 characters is expected"));
	return true;
}

bool keys_read_public(const char *path_or_key, char text[static KEYS_TEXT_SIZE])
{
	if (strlen(path_or_key) == KEY_CHARACTERS && access(path_or_key, F_OK) != 0 && is_key(path_or_key)) {
		memcpy(text, path_or_key, KEYS_TEXT_SIZE);
		return true;
	}
	return keys_read(path_or_key, false, text);
}

// Never overwrites: a lost secret key cannot be made again.
static bool write_key(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return complain(path, strerror(errno));
	ssize_t length = (ssize_t)strlen(text);
	bool good = write(fd, text, (size_t)length) == length && write(fd, "\n", 1) == 1 && fsync(fd) == 0;
	int error = errno;
	if (close(fd) != 0 || !good) {
		(void)unlink(path);
		return complain(path, strerror(error));
	}
	return true;
}

// Both files; the public key also to standard output. Exit status.
static int write_pair(const char *path, const char *secret, const char *public)
{
	char public_path[4096];
	int len = snprintf(public_path, sizeof public_path, "%s.pub", path);

	if (len < 0 || (size_t)len >= sizeof public_path)
		return complain(path, _("the name is too long")), 2;
	if (!write_key(path, secret, 0600) || !write_key(public_path, public, 0644))
		return 2;
	(void)printf("%s\n", public);
	return 0;
}

static int generate_signing(const char *path)
{
	uint8_t seed[crypto_sign_SEEDBYTES], public[PROOF_KEY_SIZE], secret[crypto_sign_SECRETKEYBYTES];
	char seed_text[2 * sizeof seed + 1], public_text[PROOF_KEY_TEXT_SIZE];

	randombytes_buf(seed, sizeof seed);
	(void)crypto_sign_seed_keypair(public, secret, seed);
	proof_write_hex(seed, sizeof seed, seed_text);
	proof_write_hex(public, sizeof public, public_text);
	int status = write_pair(path, seed_text, public_text);
	sodium_memzero(seed, sizeof seed);
	sodium_memzero(secret, sizeof secret);
	sodium_memzero(seed_text, sizeof seed_text);
	if (status == 0)
		(void)fputs(_("A server signs receipts with it: its option signing_key_file. Publish the key above to collectors.\n"), stderr);
	return status;
}

static int generate(const char *path)
{
	char secret[KEYS_TEXT_SIZE], public[KEYS_TEXT_SIZE];

	if (zmq_curve_keypair(public, secret) != 0)
		return complain("keygen", zmq_strerror(zmq_errno())), 2;
	int status = write_pair(path, secret, public);
	sodium_memzero(secret, sizeof secret);
	if (status != 0)
		return status;
	// For people; a script takes what is on standard output. Z85 has no quotes.
	(void)fprintf(stderr, "%s\nSELECT baocao.register_collector('NAME', '%s', 'UNIT');\n",
	              _("An administrator registers it with a name, and the code of the unit that it files for:"), public);
	return 0;
}

int keys_generate(const struct options *options)
{
	return options->signing ? generate_signing(options->operands[0]) : generate(options->operands[0]);
}
