#include "mark.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "csv_text.h"
#include "language.h"
#include "mark_file.h"

enum { PATH_SIZE = 4096 };

static const struct {
	const char *ending;
	const char *(*mark)(const struct mark_file *file, const char *copy_path);
} formats[] = {
	{".jsonl", mark_json}, {".ndjson", mark_json}, {".json", mark_json}, {".csv", mark_csv},
	{".txt", mark_csv},    {".tsv", mark_csv},     {".xlsx", mark_xlsx},
};

static int by_place(const void *a, const void *b)
{
	const struct problem *one = *(const struct problem *const *)a, *other = *(const struct problem *const *)b;
	int sheets = strcmp(one->sheet, other->sheet);

	if (sheets != 0)
		return sheets;
	if (one->row != other->row)
		return one->row < other->row ? -1 : 1;
	if (one->column != other->column)
		return one->column < other->column ? -1 : 1;
	return one < other ? -1 : one > other;
}

// The file's problems in the order of their places.
static bool collect(const struct import *import, const char *path, struct mark_file *file)
{
	const struct problem **problems = malloc((import->problem_count + 1) * sizeof(const struct problem *));

	*file = (struct mark_file){.import = import, .path = path, .problems = problems};
	for (size_t i = 0; problems != NULL && i < import->problem_count; i++)
		if (strcmp(import->problems[i].path, path) == 0)
			problems[file->count++] = &import->problems[i];
	if (problems != NULL)
		qsort(problems, file->count, sizeof *problems, by_place);
	return problems != NULL;
}

const char *mark_name(void)
{
	return language_is_vietnamese() ? MARK_NAME_VI : MARK_NAME_EN;
}

// Its bytes are on disk before it has its name, and the name before this says so.
static const char *settle(const char *path, const char *copy_path)
{
	char folder[PATH_SIZE];
	int file = open(path, O_RDONLY | O_CLOEXEC);
	bool good = file >= 0 && fsync(file) == 0;

	if (file >= 0)
		(void)close(file);
	if (!good || rename(path, copy_path) != 0)
		return strerror(errno);
	(void)snprintf(folder, sizeof folder, "%s", copy_path);
	char *slash = strrchr(folder, '/');
	memcpy(slash == NULL ? folder : slash + 1, ".", sizeof ".");
	file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	good = file >= 0 && fsync(file) == 0;
	if (file >= 0)
		(void)close(file);
	return good ? NULL : strerror(errno);
}

static const char *write_copy(const struct mark_file *file, const char *copy_path)
{
	const char *ending = strrchr(file->path, '.');
	char path[PATH_SIZE];

	if (snprintf(path, sizeof path, "%s.part", copy_path) >= (int)sizeof path)
		return strerror(ENAMETOOLONG);
	for (size_t i = 0; ending != NULL && i < sizeof formats / sizeof formats[0]; i++) {
		if (strcasecmp(ending, formats[i].ending) != 0)
			continue;
		const char *reason = formats[i].mark(file, path);
		if (reason == NULL)
			reason = settle(path, copy_path);
		if (reason != NULL)
			(void)unlink(path);
		return reason;
	}
	return _("files are .xlsx (workbooks), .csv or .jsonl (JSON Lines)");
}

bool mark_copy(const struct import *import, const char *path, const char *copy_path)
{
	struct mark_file file;
	const char *reason = collect(import, path, &file) ? write_copy(&file, copy_path) : _("out of memory");

	free(file.problems);
	if (reason != NULL)
		(void)fprintf(stderr, _("baocao: the marked copy %s cannot be written: %s\n"), copy_path, reason);
	return reason == NULL;
}
