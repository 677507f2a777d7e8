#include "checked.h"

#include <stdlib.h>

#include "mark.h"
#include "queue.h"
#include "show.h"
#include "words.h"

static bool out_of_memory(void)
{
	(void)fprintf(stderr, "baocao: %s\n", _("out of memory"));
	return false;
}

static bool is_right(const struct imported *imported)
{
	return imported->readable && imported->problem_count == 0;
}

// Messages call the file by the name that it had in the folder; all else by its path.
static void call_file(struct import *import, const char *name)
{
	for (size_t i = 0; i < import->count; i++)
		import->reports[i].path = name;
	for (size_t i = 0; i < import->problem_count; i++)
		import->problems[i].path = name;
}

static bool read_and_judge(struct checked *checked, const char *name, FILE *text)
{
	struct import *import = &checked->import;

	import_file(import, checked->path);
	if (!import_judge(import, true) || import->out_of_memory)
		return out_of_memory();
	for (size_t i = 0; i < import->count; i++)
		checked->right += is_right(&import->reports[i]);
	checked->wrong = import->count - checked->right + import->unreadable;
	if (import->count == 0 && import->unreadable == 0) {
		checked->wrong = 1;
		(void)fprintf(text, _("%s: there is no report in it\n"), name);
	}
	call_file(import, name);
	show_problems(import, text, text);
	call_file(import, checked->path);
	return true;
}

bool checked_read(struct checked *checked, const struct contract *contract, const char *path, const char *name)
{
	*checked = (struct checked){.path = path};
	FILE *text = open_memstream(&checked->text, &checked->text_size);
	bool good = (import_init(&checked->import, contract) && text != NULL) || out_of_memory();

	good = good && read_and_judge(checked, name, text);
	if (text != NULL && fclose(text) != 0 && good)
		good = out_of_memory();
	return good;
}

void checked_clear(struct checked *checked)
{
	import_clear(&checked->import);
	free(checked->text);
	*checked = (struct checked){0};
}

bool checked_mark(const struct checked *checked, const char *copy_path)
{
	const struct import *import = &checked->import;
	bool was_read = import->count > 0;

	for (size_t i = 0; i < import->problem_count; i++)
		was_read |= import->problems[i].row > 0;
	return !was_read || mark_copy(import, checked->path, copy_path);
}

bool checked_queue(const struct checked *checked, struct outbox *outbox, const char *kept_path)
{
	const struct import *import = &checked->import;
	int64_t entry_no;

	if (!outbox_begin(outbox))
		return false;
	for (size_t i = 0; i < import->count; i++) {
		const struct imported *imported = &import->reports[i];
		if (is_right(imported) && !queue_add(import->contract, outbox, imported->report, kept_path, imported->line, &entry_no)) {
			outbox_rollback(outbox);
			return false;
		}
	}
	return outbox_commit(outbox);
}
