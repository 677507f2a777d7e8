// The writers of marked copies (mark.h), one for each format.
#ifndef BAOCAO_MARK_FILE_H
#define BAOCAO_MARK_FILE_H

#include "import.h"

// What the column or member of problems is called; both are known when a copy is marked again.
#define MARK_NAME_VI "# lỗi"
#define MARK_NAME_EN "# problems"
const char *mark_name(void);

struct mark_file {
	const struct import *import;
	const char *path;
	size_t count;
	const struct problem **problems; // of this file, by sheet, row and column
};

// Each writes the copy. NULL, or why not, translated.
const char *mark_xlsx(const struct mark_file *file, const char *copy_path);
const char *mark_csv(const struct mark_file *file, const char *copy_path);
const char *mark_json(const struct mark_file *file, const char *copy_path);

#endif
