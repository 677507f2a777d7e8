// A binary value of the database as text for people. Pure.
#ifndef BAOCAO_VALUE_H
#define BAOCAO_VALUE_H

#include "layout.h"

enum { VALUE_TEXT_SIZE = 300 };

// Of that column; bytes NULL is SQL's NULL. What is too long is cut. Gives text.
const char *value_text(const struct layout_column *column, const char *bytes, int length, char text[static VALUE_TEXT_SIZE]);

#endif
