// The marked copy of a file: the file as it is, with each problem where it stands. Of a workbook every other part is kept byte
// by byte; a cell with a problem is coloured and has the messages as a comment. A CSV has a column of problems more, lines of
// JSON a member. Marks of an earlier copy are taken out, and the reader passes over all of them: a corrected copy is filed as it is.
#ifndef BAOCAO_MARK_H
#define BAOCAO_MARK_H

#include "import.h"

// Writes the copy of the file with the problems that the import has of it, also when there are none. The copy is written beside
// its place and renamed, and is durable then; its ending should be the file's. False: the reason is on standard error.
bool mark_copy(const struct import *import, const char *path, const char *copy_path);

#endif
