// Texts for people: _() where one is printed, N_() where one stands in a table. The message catalogue is looked up here (po/).
#ifndef BAOCAO_WORDS_H
#define BAOCAO_WORDS_H

#include <libintl.h>

#define _(text) gettext(text)
#define N_(text) text

#endif
