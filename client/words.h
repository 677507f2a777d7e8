// Texts for people: _() where one is printed, N_() where one stands in a table. The message catalogue is looked up here.
#ifndef BAOCAO_WORDS_H
#define BAOCAO_WORDS_H

#define _(text) (text)
#define N_(text) text

#endif
