// The parts of an XLSX workbook: a ZIP archive (libzip) of XML (expat). Whatever the file is, what is taken out of it is bounded;
// each limit has its name below. A DOCTYPE ends the reading, and with it every entity of the file's own.
//
// One thread. Reasons are in English, for gettext.
#ifndef BAOCAO_BOOK_H
#define BAOCAO_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <zip.h>

enum {
	BOOK_FILE_MAX = 32 << 20,      // bytes: a workbook of 20,000 rows has some 2 MiB
	BOOK_ENTRIES_MAX = 2000,       // of the archive: a workbook has some ten, and a few for each sheet
	BOOK_UNPACKED_MAX = 128 << 20, // bytes of all parts that are read, together
	BOOK_UNPACKED_FREE = 4 << 20,  // bytes that any file may unpack to
	BOOK_RATIO_MAX = 200,          // beyond them, times the file's size: sheets reach 30, bombs 1,000
	BOOK_PART_NAME_MAX = 200,      // bytes
	BOOK_RELATIONS_MAX = 1000,     // of a part
	BOOK_SHEETS_MAX = 100,
	BOOK_SHEET_NAME_MAX = 31 * 4,  // bytes: Excel allows 31 characters
	BOOK_STRINGS_MAX = 500000,     // in the table of shared texts
	BOOK_DEPTH_MAX = 64            // of elements in each other: sheets need six
};

struct book_sheet {
	const char *name, *part; // part: of the archive
	bool hidden;
};

struct book {
	zip_t *archive;
	void *bytes; // of the file; owned
	size_t size;
	size_t room; // bytes that may still be unpacked
	struct arena *arena;
	bool date_1904;
	const char *main_part, *strings_part, *styles_part; // NULL: there is none
	size_t sheet_count;
	struct book_sheet sheets[BOOK_SHEETS_MAX];
	size_t string_count, string_size;
	const char **strings; // NULL: no text that can be read
};

// Opens the archive, reads its list of sheets. NULL, or why not. The workbook is the caller's, book_close() either way. The bytes
// must be from malloc() and become the workbook's.
const char *book_open(struct book *workbook, void *bytes, size_t size);
const char *book_read_strings(struct book *workbook);
void book_close(struct book *workbook);

// Names are local ones, without the prefix of a namespace. attributes: name, value ..., NULL. A handler that returns a reason ends
// the reading with it.
struct book_handler {
	const char *(*start)(void *user, const char *name, const char **attributes);
	const char *(*end)(void *user, const char *name);
	const char *(*text)(void *user, const char *text, size_t len);
};

// The value of the attribute of that local name, or NULL.
const char *book_attribute(const char **attributes, const char *name);

// Parses a part of the archive. NULL, or why it could not be read to its end.
const char *book_parse(struct book *workbook, const char *part, const struct book_handler *handler, void *user);

// The bytes of a part with a NUL behind them, from malloc(). NULL, or why not.
const char *book_load(struct book *workbook, const char *part, char **ret, size_t *ret_size);

// What a part refers to: calls found for each of its relations, with the last word of the type and the part's name. NULL, also when
// the part has no relations, or why they could not be read.
typedef const char *(*book_relation)(void *user, const char *id, const char *type, const char *part);
const char *book_relations(struct book *workbook, const char *part, book_relation found, void *user);

// xl/worksheets/sheet1.xml has its relations in xl/worksheets/_rels/sheet1.xml.rels; false: the name is too long.
bool book_relations_part(const char *part, char ret[static BOOK_PART_NAME_MAX]);

#endif
