#define _GNU_SOURCE // renameat2
#include "shelf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "words.h"

#define TEXT_ENDING ".txt"
#define UNFINISHED ".baocao-unfinished" // hidden: never taken for a file of anybody's

enum {
	NUMBERS_MAX = 100000,   // of one name; beyond it something else is wrong
	ENDING_MAX = 16,        // bytes of a name's ending that are kept whole
	ADDED_MAX = 24          // bytes that a number and another ending add
};

static bool complain(const char *name, const char *reason)
{
	(void)fprintf(stderr, "baocao: %s: %s\n", name, reason);
	return false;
}

/* names */

// Where the ending begins: at the last dot that is not the first character, when the ending is short.
static size_t stem_size(const char *name)
{
	const char *dot = strrchr(name, '.');
	return dot == NULL || dot == name || strlen(dot) > ENDING_MAX ? strlen(name) : (size_t)(dot - name);
}

// The name with a number before its ending; 0: without. What would be too long is cut, not within a character.
static void number_name(const char *name, unsigned number, char numbered[static SHELF_NAME_SIZE])
{
	size_t stem = stem_size(name), ending = strlen(name) - stem;
	size_t room = NAME_MAX - ADDED_MAX - ending;

	if (stem > room)
		for (stem = room; stem > 0 && ((unsigned char)name[stem] & 0xc0) == 0x80;)
			stem--;
	if (number == 0)
		(void)snprintf(numbered, SHELF_NAME_SIZE, "%.*s%s", (int)stem, name, name + strlen(name) - ending);
	else
		(void)snprintf(numbered, SHELF_NAME_SIZE, "%.*s.%u%s", (int)stem, name, number, name + strlen(name) - ending);
}

bool shelf_has(int shelf_fd, const char *name)
{
	struct stat status;
	return fstatat(shelf_fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

bool shelf_free_name(int shelf_fd, const char *name, char free_name[static SHELF_NAME_SIZE])
{
	for (unsigned number = 0; number < NUMBERS_MAX; number++) {
		number_name(name, number, free_name);
		if (!shelf_has(shelf_fd, free_name))
			return true;
	}
	return complain(name, _("there are too many of this name"));
}

void shelf_marked_name(const char *name, char marked[static SHELF_NAME_SIZE])
{
	size_t stem = stem_size(name);
	(void)snprintf(marked, SHELF_NAME_SIZE, "%.*s-marked%s", (int)stem, name, name + stem);
}

static void text_name(const char *name, char of_text[static SHELF_NAME_SIZE])
{
	(void)snprintf(of_text, SHELF_NAME_SIZE, "%.*s" TEXT_ENDING, NAME_MAX - (int)strlen(TEXT_ENDING), name);
}

static bool says(int shelf_fd, const char *name, const char *text, size_t size)
{
	struct stat status;
	bool same = false;
	int fd = openat(shelf_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return false;
	char *there = fstat(fd, &status) == 0 && status.st_size == (off_t)size ? malloc(size + 1) : NULL;
	if (there != NULL)
		same = read(fd, there, size) == (ssize_t)size && memcmp(there, text, size) == 0;
	free(there);
	(void)close(fd);
	return same;
}

bool shelf_free_name_for(int shelf_fd, const char *name, const char *text, size_t size, char free_name[static SHELF_NAME_SIZE])
{
	char of_text[SHELF_NAME_SIZE], marked[SHELF_NAME_SIZE];

	for (unsigned number = 0; number < NUMBERS_MAX; number++) {
		number_name(name, number, free_name);
		text_name(free_name, of_text);
		shelf_marked_name(free_name, marked);
		bool is_own = says(shelf_fd, of_text, text, size);
		if (!shelf_has(shelf_fd, free_name) && (is_own || (!shelf_has(shelf_fd, of_text) && !shelf_has(shelf_fd, marked))))
			return true;
	}
	return complain(name, _("there are too many of this name"));
}

/* files */

// Moves within a folder's file system and overwrites nothing. Where the file system cannot say "only if free" it is asked first:
// nobody else but people puts files on a shelf.
static bool rename_to_free(int from_fd, const char *name, int to_fd, const char *to)
{
	if (renameat2(from_fd, name, to_fd, to, RENAME_NOREPLACE) == 0)
		return true;
	if (errno != EINVAL && errno != ENOSYS && errno != ENOTSUP)
		return false;
	if (shelf_has(to_fd, to)) {
		errno = EEXIST;
		return false;
	}
	return renameat(from_fd, name, to_fd, to) == 0;
}

bool shelf_move(int from_fd, const char *name, int shelf_fd, const char *free_name, bool *ret_taken)
{
	bool moved = rename_to_free(from_fd, name, shelf_fd, free_name);

	*ret_taken = !moved && errno == EEXIST;
	if (!moved)
		return *ret_taken ? false : complain(name, strerror(errno));
	// Some file systems cannot do this of a folder; the name is kept all the same, only later.
	(void)fsync(shelf_fd);
	(void)fsync(from_fd);
	return true;
}

static bool write_all(int fd, const char *text, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t written = write(fd, text + done, size - done);
		if (written < 0 && errno != EINTR)
			return false;
		done += written < 0 ? 0 : (size_t)written;
	}
	return fsync(fd) == 0;
}

bool shelf_write_text(int shelf_fd, const char *name, const char *text, size_t size)
{
	char of_text[SHELF_NAME_SIZE];
	const mode_t mode = S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP | S_IROTH;

	text_name(name, of_text);
	if (says(shelf_fd, of_text, text, size))
		return true;
	int fd = openat(shelf_fd, UNFINISHED, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0)
		return complain(of_text, strerror(errno));
	bool good = write_all(fd, text, size);
	int error = errno;
	if (close(fd) != 0 && good) {
		error = errno;
		good = false;
	}
	if (good) {
		good = rename_to_free(shelf_fd, UNFINISHED, shelf_fd, of_text);
		error = errno;
	}
	if (!good) {
		(void)unlinkat(shelf_fd, UNFINISHED, 0);
		return complain(of_text, strerror(error));
	}
	(void)fsync(shelf_fd);
	return true;
}
