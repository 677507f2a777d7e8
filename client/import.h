// Reports out of files: workbooks (XLSX), CSV and JSON Lines, told apart by the file's ending. Everything that is wrong with a
// file becomes a problem with its place, in the tool's language (language.h); what is right is read all the same.
//
// Reading a file, and writing a copy of it in which its problems stand where they are:
//
//	struct import import;
//	if (import_init(&import, contract)) {
//		import_file(&import, path);
//		import_judge(&import, true);   // the contract's rules, as the server applies them
//		... import.reports, import.problems ...
//		mark_copy(&import, path, copy) // mark.h
//	}
//	import_clear(&import);
//
// One thread.
#ifndef BAOCAO_IMPORT_H
#define BAOCAO_IMPORT_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

#include "arena.h"
#include "contract.h"
#include "verdict.h"

enum {
	IMPORT_PROBLEMS_MAX = 10000,   // kept of all files: a clerk reads a few dozen; what is beyond is counted
	IMPORT_PLACE_SIZE = 200        // "Sheet 1!C7": a sheet's name has at most 31 characters
};

#define IMPORT_NO_REPORT SIZE_MAX

// One thing that is wrong with a file. All texts live in the import's arena.
struct problem {
	const char *path;    // of the file, as it was given; the caller's
	const char *sheet;   // of a workbook; "" of other files
	size_t row, column;  // from 1, as a spreadsheet counts. row 0: the file or sheet as a whole; column 0: the row
	size_t report;       // index into reports; IMPORT_NO_REPORT: of none
	const char *field;   // path within the report, festival_day.venue[2].held; "" where there is none
	const char *rule;    // verdict.h's identifier, or "unreadable"
	const char *message; // in the tool's language
};

// Where a line of a report's body stands.
struct imported_line {
	const struct contract_field *lines;
	size_t row;
};

struct imported {
	const char *path;         // the caller's
	const char *sheet;        // "" unless it is of a workbook
	size_t line;              // of the file or sheet, from 1: where the report begins
	ProtobufCMessage *report; // in the arena
	struct verdict verdict;   // what did not fit while reading
	bool readable;            // all that the file says could be read: else it is another than the file says, and never sent
	size_t problem_count;     // problems of this report; it is right, after import_judge(), when there is none

	const struct table_header *header; // NULL unless it is of a table (table.h)
	size_t row_count;
	const size_t *rows;                // that speak of it
	size_t line_count;
	const struct imported_line *lines; // in the order of the report's own
};

struct import {
	const struct contract *contract;
	struct arena *arena;
	struct table_labels *labels; // of headings (table.h)
	size_t count, size;
	struct imported *reports;
	size_t problem_count, problem_size; // a problem that is not kept is counted as unreadable all the same
	struct problem *problems;           // in the order in which they were found
	size_t judged;                      // of them, before the report that is being judged
	size_t unreadable;                  // problems of no report: lines or files that gave none
	size_t left_over;                   // problems that are not kept
	bool out_of_memory;                 // not everything was read
};

// False when memory is out. The import is the caller's.
bool import_init(struct import *import, const struct contract *contract);
void import_clear(struct import *import);

// Adds the reports and problems of a file.
void import_file(struct import *import, const char *path);

// Once all files are read. Brings the reports into canonical form and turns what did not fit into problems with their place in
// the file; by_rules: judges them by the contract's rules, too, as the server does (judge.h). False when memory is out.
bool import_judge(struct import *import, bool by_rules);

// "C7", "Biểu 1!C7", "dòng 7", "" for a file as a whole.
const char *import_place(const struct problem *problem, char text[static IMPORT_PLACE_SIZE]);

// For the readers. A problem of the file at a place, that belongs to no report; and what a problem is made of.
void import_unreadable(struct import *import, const char *path, size_t line, const char *reason);
void import_problem(struct import *import, const struct problem *problem);

// Adds the report that a JSON object describes; NULL when it gave none.
struct imported *import_object(struct import *import, const char *path, size_t line, const json_t *object);

// The readers; each reads one open file to its end.
void import_json(struct import *import, const char *path, FILE *file);
void import_csv(struct import *import, const char *path, FILE *file);
void import_xlsx(struct import *import, const char *path, FILE *file);

#endif
