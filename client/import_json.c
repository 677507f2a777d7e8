// JSON Lines: one object a line. Empty lines are skipped.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import.h"

void import_json(struct import *import, const char *path, FILE *file)
{
	char *text = NULL, reason[200];
	size_t size = 0;
	ssize_t len;
	json_error_t error;

	for (size_t line = 1; (len = getline(&text, &size, file)) >= 0; line++) {
		if (strspn(text, " \t\r\n") == (size_t)len)
			continue;
		json_t *object = json_loadb(text, (size_t)len, JSON_REJECT_DUPLICATES, &error);
		if (import_lost_memory(import)) {
			import_unreadable(import, path, line, "out of memory");
		} else if (object != NULL) {
			import_object(import, path, line, object);
		} else {
			(void)snprintf(reason, sizeof reason, "not JSON at column %d: %s", error.column, error.text);
			import_unreadable(import, path, line, reason);
		}
		json_decref(object);
	}
	if (!feof(file))
		import_unreadable(import, path, 0, "cannot be read to its end");
	free(text);
}
