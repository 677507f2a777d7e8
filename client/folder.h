// A folder into which people put files: what is in it, and which of it may be read. What inotify tells is only a reason to
// look again; a look (folder_scan) is the truth, so a lost event loses no file. One thread.
//
// Left alone are hidden, temporary and lock files, what is no plain file, a file that an office program has open (its lock
// file lies beside it), one that is open for writing, and one that changed a moment ago.
#ifndef BAOCAO_FOLDER_H
#define BAOCAO_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct folder;

// Opens the folder and takes it for this process alone; sent and returned are made in it. NULL: the reason is on standard
// error.
struct folder *folder_open(const char *path);
// NULL-safe; clears the caller's pointer.
void folder_close(struct folder **folder);

// The absolute path, without links; and the open folder and its two shelves.
const char *folder_path(const struct folder *folder);
int folder_fd(const struct folder *folder);
enum folder_shelf { FOLDER_SENT, FOLDER_RETURNED, FOLDER_SHELVES };
const char *folder_shelf_name(enum folder_shelf shelf);
int folder_shelf_fd(const struct folder *folder, enum folder_shelf shelf);

// What can be read when something happens in the folder; -1 where nothing tells of that.
int folder_inotify(const struct folder *folder);
// Takes what was told. True: it is time to look.
bool folder_heard(struct folder *folder);

struct folder_look {
	int64_t settle_ms; // a file that changed within this time waits
	// Called for each file that may be read, in the order of their names; fd is open on it for reading, and is closed after
	// the call. The file may be moved away meanwhile.
	void (*ready)(void *user, const char *name, int fd);
	void *user;
	// After the look: files that may be read but have yet to settle, and in how many milliseconds the first will have; files
	// that wait for somebody else.
	size_t settling, waiting;
	int64_t settled_in_ms;
};

// Looks through the folder. False: it cannot be read, as was said on standard error; or it is another by now (a share that was
// mounted): open it again.
bool folder_scan(struct folder *folder, struct folder_look *look);

// Whether nobody has, since the file was found ready, opened it for writing or changed it.
bool folder_is_untouched(const struct folder *folder, const char *name, int fd);

// Whether files of this name are never taken.
bool folder_leaves_alone(const char *name);

#endif
