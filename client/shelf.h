// Where files end: sent/ and returned/ of a watched folder. Nothing that lies there is ever overwritten; a name that is taken
// gets a number: a.csv, a.1.csv, a.2.csv. What a function has said is on disk. Every function that returns false has said
// why on standard error. One thread.
#ifndef BAOCAO_SHELF_H
#define BAOCAO_SHELF_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

enum { SHELF_NAME_SIZE = NAME_MAX + 1 };

// The first of name's names that nothing on the shelf has.
bool shelf_free_name(int shelf_fd, const char *name, char free_name[static SHELF_NAME_SIZE]);

// The same for a name that will have a text beside it, NAME.txt, and perhaps a marked copy; a text that is there already with
// just these words is its own: a run that was ended in the middle is taken up again.
bool shelf_free_name_for(int shelf_fd, const char *name, const char *text, size_t size,
                         char free_name[static SHELF_NAME_SIZE]);

// What the marked copy of a file of that name is called: a-marked.csv.
void shelf_marked_name(const char *name, char marked[static SHELF_NAME_SIZE]);

// Whether there is anything of that name; true, too, where that cannot be told.
bool shelf_has(int shelf_fd, const char *name);

// Writes the text of that name, NAME.txt.
bool shelf_write_text(int shelf_fd, const char *name, const char *text, size_t size);

// Moves a file there. *ret_taken, with false: only another has the name by now.
bool shelf_move(int from_fd, const char *name, int shelf_fd, const char *free_name, bool *ret_taken);

#endif
