// Reports out of files: JSON Lines and CSV, told apart by the file's ending. What a line has wrong is kept with its
// report or printed with file and line; the other lines are read all the same.
#ifndef BAOCAO_IMPORT_H
#define BAOCAO_IMPORT_H

#include <jansson.h>
#include <stddef.h>

#include "arena.h"
#include "contract.h"
#include "verdict.h"

struct imported {
	const char *path;         // the caller's
	size_t line;              // of the file, from 1
	ProtobufCMessage *report; // in the arena
	struct verdict verdict;   // what did not fit while reading
};

struct import {
	const struct contract *contract;
	struct arena *arena;
	size_t count, size;
	struct imported *reports;
	size_t unreadable; // lines or files that gave no report; each was printed to standard error
};

// False when memory is out. The import is the caller's.
bool import_init(struct import *import, const struct contract *contract);
void import_clear(struct import *import);

// Adds the reports of a file.
void import_file(struct import *import, const char *path);

// For the readers: adds the report that a JSON object describes; and says that a line gave none.
void import_object(struct import *import, const char *path, size_t line, const json_t *object);
void import_unreadable(struct import *import, const char *path, size_t line, const char *reason);

// The readers; each reads one open file to its end.
void import_json(struct import *import, const char *path, FILE *file);
void import_csv(struct import *import, const char *path, FILE *file);

#endif
