// The language in which the tool speaks: Vietnamese or English, by --lang or the locale. Messages are translated by gettext
// (po/vi.po), labels of the contract are in the contract. Set once at start; any thread reads.
#ifndef BAOCAO_LANGUAGE_H
#define BAOCAO_LANGUAGE_H

#include <stdbool.h>

#include "words.h"

// name: "vi", "en", or NULL for what the locale says. False when it is another language.
bool language_init(const char *name);

bool language_is_vietnamese(void);

// The one of two labels that the reader wants.
const char *language_label(const char *vi, const char *en);

#endif
