#include "import.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

enum { IMPORT_ARENA_MAX = 1 << 30 }; // some two million reports; a year of the whole country is far less

static const struct {
	const char *ending;
	void (*read)(struct import *import, const char *path, FILE *file);
} formats[] = {
	{".jsonl", import_json},
	{".ndjson", import_json},
	{".csv", import_csv},
};

bool import_init(struct import *import, const struct contract *contract)
{
	*import = (struct import){.contract = contract, .arena = arena_create(IMPORT_ARENA_MAX)};
	return import->arena != NULL;
}

void import_clear(struct import *import)
{
	arena_destroy(&import->arena);
	free(import->reports);
	import->reports = NULL;
}

void import_unreadable(struct import *import, const char *path, size_t line, const char *reason)
{
	if (line > 0)
		(void)fprintf(stderr, "%s:%zu: %s\n", path, line, reason);
	else
		(void)fprintf(stderr, "%s: %s\n", path, reason);
	import->unreadable++;
}

void import_object(struct import *import, const char *path, size_t line, const json_t *object)
{
	if (import->count == import->size) {
		size_t size = import->size == 0 ? 64 : 2 * import->size;
		struct imported *grown = realloc(import->reports, size * sizeof *grown);
		if (grown == NULL) {
			import_unreadable(import, path, line, "out of memory");
			return;
		}
		import->reports = grown;
		import->size = size;
	}
	struct imported *imported = &import->reports[import->count];
	*imported = (struct imported){.path = path, .line = line};
	verdict_init(&imported->verdict, import->arena);
	imported->report = json_read_report(import->contract, object, import->arena, &imported->verdict);
	if (imported->report == NULL)
		import_unreadable(import, path, line, "out of memory");
	else
		import->count++;
}

void import_file(struct import *import, const char *path)
{
	const char *ending = strrchr(path, '.');

	for (size_t i = 0; ending != NULL && i < sizeof formats / sizeof formats[0]; i++) {
		if (strcmp(ending, formats[i].ending) != 0)
			continue;
		FILE *file = fopen(path, "re");
		if (file == NULL) {
			import_unreadable(import, path, 0, strerror(errno));
			return;
		}
		formats[i].read(import, path, file);
		(void)fclose(file);
		return;
	}
	import_unreadable(import, path, 0, "files are .jsonl (JSON Lines) or .csv");
}
