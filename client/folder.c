#define _GNU_SOURCE // F_SETLEASE, asprintf
#include "folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "words.h"

enum {
	NO_LEASE_SETTLE_MS = 10000, // where the kernel does not tell who writes (network folders, others' files)
	LOCK_FORGOTTEN_S = 86400    // a lock file this old was left behind by a crash
};

static const char *const shelf_names[FOLDER_SHELVES] = {[FOLDER_SENT] = "sent", [FOLDER_RETURNED] = "returned"};

// A file as it was at the last look.
struct seen {
	char *name;
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed;
	int64_t since;   // by our clock: the folder's may be another machine's
	bool plain;
	bool complained; // of why it is not taken
};

struct folder {
	char *path; // absolute
	int fd, inotify, shelves[FOLDER_SHELVES];
	struct seen *seen; // sorted by name
	size_t seen_count;
};

static int64_t now_ms(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool complain(const char *path, const char *reason)
{
	(void)fprintf(stderr, "baocao: %s: %s\n", path, reason);
	return false;
}

/* names */

// How names that are never taken begin and end, in any case of letters; and whole names.
static const char *const left_alone_begin[] = {".", "~"}; // hidden, .~lock.x.ods# of LibreOffice, ~$x.xlsx of Excel
static const char *const left_alone_end[] = {"~", "#", ".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload",
                                             ".download", ".swp", ".lock"};
static const char *const left_alone[] = {"desktop.ini", "thumbs.db"};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

bool folder_leaves_alone(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < COUNT(left_alone_begin); i++)
		if (strncmp(name, left_alone_begin[i], strlen(left_alone_begin[i])) == 0)
			return true;
	for (size_t i = 0; i < COUNT(left_alone_end); i++) {
		size_t end = strlen(left_alone_end[i]);
		if (len >= end && strcasecmp(name + len - end, left_alone_end[i]) == 0)
			return true;
	}
	for (size_t i = 0; i < COUNT(left_alone); i++)
		if (strcasecmp(name, left_alone[i]) == 0)
			return true;
	return false;
}

// The lock files that office programs put beside a file they have open: .~lock.x.ods# and ~$x.xlsx.
static const struct {
	const char *before, *after;
} office_locks[] = {{".~lock.", "#"}, {"~$", ""}};

static bool is_open_in_office(const struct folder *folder, const char *name)
{
	char lock[NAME_MAX + 10];
	struct stat status;

	for (size_t i = 0; i < COUNT(office_locks); i++) {
		(void)snprintf(lock, sizeof lock, "%s%.*s%s", office_locks[i].before, NAME_MAX, name, office_locks[i].after);
		if (fstatat(folder->fd, lock, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
		    time(NULL) - status.st_mtim.tv_sec < LOCK_FORGOTTEN_S)
			return true;
	}
	return false;
}

/* opening */

static bool open_shelf(struct folder *folder, enum folder_shelf shelf)
{
	const char *name = shelf_names[shelf];

	if (mkdirat(folder->fd, name, S_IRWXU | S_IRWXG | S_IROTH | S_IXOTH) == 0 || errno == EEXIST)
		folder->shelves[shelf] = openat(folder->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder->shelves[shelf] >= 0)
		return true;
	(void)fprintf(stderr, "baocao: %s/%s: %s\n", folder->path, name, strerror(errno));
	return false;
}

// A folder that cannot be locked (some network folders) is taken all the same.
static bool take(struct folder *folder)
{
	if (flock(folder->fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
		return true;
	return complain(folder->path, _("another baocao watches this folder"));
}

// Without inotify the folder is only looked through from time to time.
static void listen(struct folder *folder)
{
	folder->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (folder->inotify >= 0 && inotify_add_watch(folder->inotify, folder->path,
	                                              IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR) >= 0)
		return;
	(void)fprintf(stderr, _("baocao: %s: nothing tells of new files here (%s); it is looked through from time to time\n"),
	              folder->path, strerror(errno));
	if (folder->inotify >= 0)
		(void)close(folder->inotify);
	folder->inotify = -1;
}

struct folder *folder_open(const char *path)
{
	struct folder *folder = calloc(1, sizeof *folder);

	if (folder == NULL) {
		(void)complain(path, _("out of memory"));
		return NULL;
	}
	folder->fd = folder->inotify = folder->shelves[FOLDER_SENT] = folder->shelves[FOLDER_RETURNED] = -1;
	folder->path = realpath(path, NULL);
	if (folder->path != NULL)
		folder->fd = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = folder->fd >= 0 || complain(path, strerror(errno));
	good = good && take(folder) && open_shelf(folder, FOLDER_SENT) && open_shelf(folder, FOLDER_RETURNED);
	if (good)
		listen(folder);
	else
		folder_close(&folder);
	return folder;
}

static void forget(struct seen *seen, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(seen[i].name);
	free(seen);
}

void folder_close(struct folder **folder)
{
	if (*folder == NULL)
		return;
	int fds[] = {(*folder)->fd, (*folder)->inotify, (*folder)->shelves[FOLDER_SENT], (*folder)->shelves[FOLDER_RETURNED]};
	for (size_t i = 0; i < COUNT(fds); i++)
		if (fds[i] >= 0)
			(void)close(fds[i]);
	forget((*folder)->seen, (*folder)->seen_count);
	free((*folder)->path);
	free(*folder);
	*folder = NULL;
}

const char *folder_path(const struct folder *folder)
{
	return folder->path;
}

int folder_fd(const struct folder *folder)
{
	return folder->fd;
}

const char *folder_shelf_name(enum folder_shelf shelf)
{
	return shelf_names[shelf];
}

int folder_shelf_fd(const struct folder *folder, enum folder_shelf shelf)
{
	return folder->shelves[shelf];
}

int folder_inotify(const struct folder *folder)
{
	return folder->inotify;
}

bool folder_heard(struct folder *folder)
{
	char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	bool heard = false;

	while (folder->inotify >= 0 && read(folder->inotify, events, sizeof events) > 0)
		heard = true; // whatever it is, an overflow too
	return heard;
}

/* looking */

static bool is_same(const struct seen *seen, const struct stat *status)
{
	return seen->device == status->st_dev && seen->inode == status->st_ino && seen->size == status->st_size &&
	       seen->changed.tv_sec == status->st_mtim.tv_sec && seen->changed.tv_nsec == status->st_mtim.tv_nsec;
}

static int by_name(const void *left, const void *right)
{
	return strcmp(((const struct seen *)left)->name, ((const struct seen *)right)->name);
}

static struct seen *find(const struct folder *folder, const char *name)
{
	const struct seen wanted = {.name = (char *)name}; // only compared
	return folder->seen_count == 0
	           ? NULL
	           : bsearch(&wanted, folder->seen, folder->seen_count, sizeof wanted, by_name);
}

// Says once why a file is not taken.
static void complain_once(const struct folder *folder, struct seen *seen, const char *reason)
{
	if (!seen->complained)
		(void)fprintf(stderr, _("baocao: %s/%s: %s; it is left alone\n"), folder->path, seen->name, reason);
	seen->complained = true;
}

// Puts the file into the list; what was known of it is kept as long as it does not change.
static bool note(const struct folder *folder, struct seen **list, size_t *count, const char *name, const struct stat *status)
{
	const struct seen *before = find(folder, name);
	struct seen *grown = *count % 64 == 0 ? realloc(*list, (*count + 64) * sizeof *grown) : *list;
	char *copy = strdup(name);

	if (grown != NULL)
		*list = grown;
	if (grown == NULL || copy == NULL) {
		free(copy);
		return false;
	}
	bool same = before != NULL && is_same(before, status);
	grown[(*count)++] = (struct seen){.name = copy,
	                                  .device = status->st_dev,
	                                  .inode = status->st_ino,
	                                  .size = status->st_size,
	                                  .changed = status->st_mtim,
	                                  .since = same ? before->since : now_ms(),
	                                  .plain = S_ISREG(status->st_mode),
	                                  .complained = before != NULL && before->complained};
	return true;
}

// Makes the list of what lies in the folder now.
static bool list_files(struct folder *folder, DIR *stream)
{
	struct seen *list = NULL;
	struct stat status;
	size_t count = 0;
	bool good = true;

	errno = 0;
	for (struct dirent *entry; good && (entry = readdir(stream)) != NULL; errno = 0) {
		if (folder_leaves_alone(entry->d_name) ||
		    fstatat(folder->fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 || S_ISDIR(status.st_mode))
			continue;
		good = note(folder, &list, &count, entry->d_name, &status);
		if (good && !list[count - 1].plain)
			complain_once(folder, &list[count - 1], _("is no plain file"));
	}
	good = good && errno == 0;
	if (!good) {
		(void)complain(folder->path, errno == 0 ? _("out of memory") : strerror(errno));
		forget(list, count);
		return false;
	}
	if (count > 0)
		qsort(list, count, sizeof list[0], by_name);
	forget(folder->seen, folder->seen_count);
	folder->seen = list;
	folder->seen_count = count;
	return true;
}

// A read lease is only given while nobody has the file open for writing, or waits to open it so. Where there are no leases
// (not our file, a network folder), time must tell: *ret_known is false.
static bool nobody_writes(int fd, bool *ret_known)
{
	bool given = fcntl(fd, F_SETLEASE, F_RDLCK) == 0;
	*ret_known = given || errno == EAGAIN;
	return given || !*ret_known;
}

static int64_t settled_in(const struct seen *seen, int64_t settle_ms)
{
	int64_t left = seen->since + settle_ms - now_ms();
	return left < 0 ? 0 : left;
}

static void settle(struct folder_look *look, int64_t left)
{
	if (look->settling == 0 || left < look->settled_in_ms)
		look->settled_in_ms = left;
	look->settling++;
}

static void offer(struct folder *folder, struct seen *seen, struct folder_look *look)
{
	int64_t left = settled_in(seen, look->settle_ms);
	bool known;

	if (left > 0) {
		settle(look, left);
		return;
	}
	int fd = openat(folder->fd, seen->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		complain_once(folder, seen, strerror(errno));
		look->waiting++;
		return;
	}
	int64_t longer = settled_in(seen, look->settle_ms < NO_LEASE_SETTLE_MS ? NO_LEASE_SETTLE_MS : look->settle_ms);
	if (!nobody_writes(fd, &known) || is_open_in_office(folder, seen->name)) {
		look->waiting++;
	} else if (!known && longer > 0) {
		settle(look, longer);
	} else {
		look->ready(look->user, seen->name, fd);
	}
	(void)close(fd); // and with it the lease
}

static bool is_still_there(const struct folder *folder)
{
	struct stat own, there;
	return fstat(folder->fd, &own) == 0 && stat(folder->path, &there) == 0 && own.st_dev == there.st_dev &&
	       own.st_ino == there.st_ino;
}

bool folder_scan(struct folder *folder, struct folder_look *look)
{
	look->settling = look->waiting = 0;
	if (!is_still_there(folder))
		return complain(folder->path, _("is not the folder any more that it was"));
	int fd = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	if (stream == NULL) {
		(void)complain(folder->path, strerror(errno));
		if (fd >= 0)
			(void)close(fd);
		return false;
	}
	bool good = list_files(folder, stream);
	(void)closedir(stream);
	for (size_t i = 0; good && i < folder->seen_count; i++)
		if (folder->seen[i].plain)
			offer(folder, &folder->seen[i], look);
	return good;
}

bool folder_is_untouched(const struct folder *folder, const char *name, int fd)
{
	const struct seen *seen = find(folder, name);
	struct stat status;
	bool known;

	return seen != NULL && fstat(fd, &status) == 0 && is_same(seen, &status) && nobody_writes(fd, &known);
}
