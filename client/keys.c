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
		return complain(path, "others may read this secret key: chmod 600 it");
	}
	size_t read = fread(text, 1, KEY_CHARACTERS, file);
	int after = fgetc(file);
	(void)fclose(file);
	text[read] = '\0';
	if (!is_key(text) || (after != EOF && after != '\n'))
		return complain(path, "is not a key: one line of 40 characters is expected");
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
	bool good = write(fd, text, KEY_CHARACTERS) == KEY_CHARACTERS && write(fd, "\n", 1) == 1 && fsync(fd) == 0;
	int error = errno;
	if (close(fd) != 0 || !good) {
		(void)unlink(path);
		return complain(path, strerror(error));
	}
	return true;
}

int keys_generate(const struct options *options)
{
	const char *path = options->operands[0];
	char secret[KEYS_TEXT_SIZE], public[KEYS_TEXT_SIZE], public_path[4096];

	int len = snprintf(public_path, sizeof public_path, "%s.pub", path);
	if (len < 0 || (size_t)len >= sizeof public_path)
		return complain(path, "the name is too long"), 2;
	if (zmq_curve_keypair(public, secret) != 0)
		return complain("keygen", zmq_strerror(zmq_errno())), 2;
	bool good = write_key(path, secret, 0600) && write_key(public_path, public, 0644);
	sodium_memzero(secret, sizeof secret);
	if (!good)
		return 2;
	(void)printf("%s\n", public);
	// For people; a script takes what is on standard output. Z85 has no quotes.
	(void)fprintf(stderr, "An administrator registers it with a name, and the code of the unit that it files for:\n"
	                      "SELECT baocao.register_collector('NAME', '%s', 'UNIT');\n", public);
	return 0;
}
