// JSON Lines: one object a line. Empty lines are skipped.
//
// jansson's parser (2.14) goes on when it gets no memory: it leaves characters out, and reads and writes beyond the end of
// what it has. So it is never refused any: what it asks for in vain ends the line by longjmp(). Nothing is lost by that, as
// a line's objects live in an arena of its own.
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "example.h"
#include "import.h"
#include "language.h"

enum { LINE_ARENA_MAX = 1 << 30 }; // as for all reports of an import

static struct arena *line_arena; // of the line that is read; one thread imports
static jmp_buf no_memory;

static void *line_alloc(size_t size)
{
	void *memory = arena_alloc(line_arena, size);
	if (memory == NULL)
		longjmp(no_memory, 1);
	return memory;
}

static void line_free(void *memory)
{
	(void)memory; // the arena frees all at once
}

// Members whose names begin with # are remarks. One that is # alone marks the example of a template, which is passed over as long
// as nobody wrote into it.
static bool take_remarks(json_t *object)
{
	const char *name;
	json_t *value;
	void *next;
	bool marked = false;

	json_object_foreach_safe(object, next, name, value)
	{
		if (name[0] != '#')
			continue;
		marked |= name[1] == '\0';
		(void)json_object_del(object, name);
	}
	return marked;
}

static void read_report(struct import *import, const char *path, size_t line, json_t *object)
{
	bool marked = json_is_object(object) && take_remarks(object);
	bool example = example_is(import->contract, object);

	if (marked && !example)
		import_unreadable(import, path, line,
		                  _("this line is marked with # and not filed, but it is not the template's example: take the mark away, or the line"));
	else if (example && !marked)
		import_unreadable(import, path, line,
		                  _("this is the template's example, not a report: write yours over it, or take the line away"));
	else if (!marked)
		(void)import_object(import, path, line, object);
}

static void read_object(struct import *import, const char *path, size_t line, const char *text, size_t len)
{
	char reason[200];
	json_error_t error;
	json_t *object = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);

	if (object != NULL) {
		read_report(import, path, line, object);
	} else {
		(void)snprintf(reason, sizeof reason, _("not JSON at column %d: %s"), error.column, error.text);
		import_unreadable(import, path, line, reason);
	}
	json_decref(object);
}

static void read_line(struct import *import, const char *path, size_t line, const char *text, size_t len)
{
	line_arena = arena_create(LINE_ARENA_MAX);
	if (line_arena == NULL) {
		import_unreadable(import, path, line, _("out of memory"));
		return;
	}
	json_set_alloc_funcs(line_alloc, line_free);
	if (setjmp(no_memory) == 0)
		read_object(import, path, line, text, len);
	else
		import_unreadable(import, path, line, _("out of memory"));
	json_set_alloc_funcs(malloc, free);
	arena_destroy(&line_arena);
}

void import_json(struct import *import, const char *path, FILE *file)
{
	char *text = NULL;
	size_t size = 0;
	ssize_t len;

	for (size_t line = 1; (len = getline(&text, &size, file)) >= 0; line++)
		if (strspn(text, " \t\r\n") != (size_t)len)
			read_line(import, path, line, text, (size_t)len);
	if (!feof(file))
		import_unreadable(import, path, 0, _("cannot be read to its end"));
	free(text);
}
