#include "desk.h"

#include <limits.h>
#include <stdio.h>

#include "checked.h"
#include "shelf.h"
#include "words.h"

struct file {
	struct desk *desk;
	const char *name;
	int fd;
	struct checked checked;
	enum folder_shelf shelf;
	char kept[SHELF_NAME_SIZE]; // its name on the shelf
};

static bool is_untouched(const struct file *file)
{
	return folder_is_untouched(file->desk->folder, file->name, file->fd);
}

static bool path_of(const struct file *file, const char *shelf, const char *name, char path[static PATH_MAX])
{
	int len = snprintf(path, PATH_MAX, "%s%s%s/%s", folder_path(file->desk->folder), shelf[0] == '\0' ? "" : "/", shelf, name);

	if (len > 0 && len < PATH_MAX)
		return true;
	(void)fprintf(stderr, _("baocao: %s: the path is too long\n"), name);
	return false;
}

// Chooses the shelf, and the name there, before anything is queued: entries of the outbox name the file by where it will be.
static bool choose_place(struct file *file)
{
	const struct checked *checked = &file->checked;

	file->shelf = checked->wrong == 0 ? FOLDER_SENT : FOLDER_RETURNED;
	int shelf_fd = folder_shelf_fd(file->desk->folder, file->shelf);
	if (file->shelf == FOLDER_SENT)
		return shelf_free_name(shelf_fd, file->name, file->kept);
	return shelf_free_name_for(shelf_fd, file->name, checked->text, checked->text_size, file->kept);
}

static bool queue(const struct file *file)
{
	char path[PATH_MAX];

	if (file->checked.right == 0)
		return true;
	return path_of(file, folder_shelf_name(file->shelf), file->kept, path) &&
	       checked_queue(&file->checked, file->desk->outbox, path);
}

static void say_what_became(const struct file *file)
{
	const struct desk *desk = file->desk;
	const char *shelf = folder_shelf_name(file->shelf);

	if (file->shelf == FOLDER_RETURNED)
		(void)printf(_("%s: %zu reports queued, %zu things wrong: moved to %s/%s, see %s.txt there\n"), file->name,
		             file->checked.right, file->checked.wrong, shelf, file->kept, file->kept);
	else if (!desk->quiet)
		(void)printf(_("%s: %zu reports queued: moved to %s/%s\n"), file->name, file->checked.right, shelf, file->kept);
}

// The text and the marked copy. That there is no copy, since the file is of no known kind, keeps nothing up: the text says all. One that is
// there already was made by a run that was ended, and somebody may have begun to correct it.
static bool write_what_is_wrong(const struct file *file)
{
	const struct checked *checked = &file->checked;
	char marked[SHELF_NAME_SIZE], path[PATH_MAX];

	int shelf_fd = folder_shelf_fd(file->desk->folder, file->shelf);

	if (!shelf_write_text(shelf_fd, file->kept, checked->text, checked->text_size))
		return false;
	shelf_marked_name(file->kept, marked);
	if (!shelf_has(shelf_fd, marked) && path_of(file, folder_shelf_name(file->shelf), marked, path))
		(void)checked_mark(checked, path);
	return true;
}

// Puts the file where it belongs; somebody may have taken the name since it was chosen, then the next free one will do.
static enum desk_end shelve(struct file *file)
{
	const struct folder *folder = file->desk->folder;
	bool taken = false;

	do {
		if (file->shelf == FOLDER_RETURNED && !write_what_is_wrong(file))
			return DESK_TROUBLE;
		if (!is_untouched(file))
			return DESK_TOUCHED;
		if (shelf_move(folder_fd(folder), file->name, folder_shelf_fd(folder, file->shelf), file->kept, &taken))
			return DESK_DONE;
	} while (taken && choose_place(file));
	return DESK_TROUBLE;
}

static enum desk_end deal_with(struct file *file)
{
	if (!is_untouched(file))
		return DESK_TOUCHED;
	if (!choose_place(file) || !queue(file))
		return DESK_TROUBLE;
	enum desk_end end = shelve(file);
	file->desk->queued += file->checked.right;
	if (end == DESK_DONE) {
		file->desk->sent += file->shelf == FOLDER_SENT;
		file->desk->returned += file->shelf == FOLDER_RETURNED;
		say_what_became(file);
	}
	return end;
}

enum desk_end desk_take(struct desk *desk, const char *name, int fd)
{
	struct file file = {.desk = desk, .name = name, .fd = fd};
	char path[PATH_MAX];
	enum desk_end end = DESK_TROUBLE;

	if (path_of(&file, "", name, path) && checked_read(&file.checked, desk->contract, path, name))
		end = deal_with(&file);
	checked_clear(&file.checked);
	return end;
}
