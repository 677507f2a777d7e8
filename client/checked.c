#include "checked.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "queue.h"
#include "show.h"
#include "words.h"

static bool out_of_memory(void)
{
	(void)fputs(_("baocao: out of memory\n"), stderr);
	return false;
}

static bool is_right(const struct imported *report)
{
	return report->readable && report->problem_count == 0;
}

static bool judge_all(struct checked *checked, const char *name, FILE *text)
{
	struct import *import = &checked->import;

	if (!import_judge(import, true) || import->out_of_memory)
		return out_of_memory();
	for (size_t i = 0; i < import->count; i++)
		checked->right += is_right(&import->reports[i]);
	show_problems(text, text, import, name);
	checked->wrong = import->count - checked->right + import->unreadable;
	if (import->count == 0 && import->unreadable == 0) {
		checked->wrong = 1;
		(void)fprintf(text, _("%s: there is no report in it\n"), name);
	}
	return true;
}

bool checked_read(struct checked *checked, const struct contract *contract, const char *path, const char *name)
{
	*checked = (struct checked){0};
	FILE *text = open_memstream(&checked->text, &checked->text_size);
	bool good = import_init(&checked->import, contract) && text != NULL;

	if (!good)
		(void)out_of_memory();
	if (good) {
		import_file(&checked->import, path);
		good = judge_all(checked, name, text);
	}
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

bool checked_queue(const struct checked *checked, struct outbox *outbox, const char *kept_path)
{
	const struct import *import = &checked->import;
	int64_t entry_no;

	if (!outbox_begin(outbox))
		return false;
	for (size_t i = 0; i < import->count; i++) {
		if (is_right(&import->reports[i]) &&
		    !queue_add(import->contract, outbox, import->reports[i].report, kept_path, import->reports[i].line, &entry_no)) {
			outbox_rollback(outbox);
			return false;
		}
	}
	return outbox_commit(outbox);
}
