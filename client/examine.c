#include "examine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit_status.h"
#include "import.h"
#include "language.h"
#include "mark.h"
#include "show.h"

enum { PATH_SIZE = 4096 };

// reports.xlsx becomes reports-marked.xlsx.
static bool mark_beside(const struct import *import, const char *path)
{
	const char *slash = strrchr(path, '/'), *ending = strrchr(path, '.');
	size_t stem = ending == NULL || (slash != NULL && ending < slash) ? strlen(path) : (size_t)(ending - path);
	char copy[PATH_SIZE];

	if (snprintf(copy, sizeof copy, "%.*s-marked%s", (int)stem, path, path + stem) >= (int)sizeof copy)
		return false;
	if (!mark_copy(import, path, copy))
		return false;
	(void)printf(_("%s: marked copy\n"), copy);
	return true;
}

static bool has_problems(const struct import *import, const char *path)
{
	for (size_t i = 0; i < import->problem_count; i++)
		if (strcmp(import->problems[i].path, path) == 0)
			return true;
	return false;
}

static int examine_files(struct import *import, char **paths, bool mark)
{
	size_t right = 0;
	bool marked = true;

	for (char **path = paths; *path != NULL; path++)
		import_file(import, *path);
	if (!import_judge(import, true) || import->out_of_memory) {
		(void)fprintf(stderr, "baocao: %s\n", _("out of memory"));
		return STATUS_WRONG;
	}
	show_problems(import, stdout, stderr);
	for (char **path = paths; mark && *path != NULL; path++)
		marked &= !has_problems(import, *path) || mark_beside(import, *path);
	for (size_t i = 0; i < import->count; i++)
		right += import->reports[i].readable && import->reports[i].problem_count == 0;
	(void)printf(_("%zu reports: %zu right, %zu INVALID\n"), import->count, right, import->count - right);
	if (import->unreadable > 0 || !marked)
		return STATUS_WRONG;
	return right == import->count ? STATUS_ALL_STORED : STATUS_SOME_NOT;
}

int examine(const struct options *options)
{
	struct import import;
	char *error = NULL;
	int status = STATUS_WRONG;
	struct contract *contract = contract_load(&error);

	if (contract == NULL || !import_init(&import, contract)) {
		(void)fprintf(stderr, "baocao: %s\n", error == NULL ? _("out of memory") : error);
	} else {
		status = examine_files(&import, options->operands, options->mark);
		import_clear(&import);
	}
	free(error);
	contract_destroy(&contract);
	return status;
}
