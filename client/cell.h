// One cell of a spreadsheet or CSV, and what a clerk may have meant by it: numbers as Viet Nam writes them, dates as people
// write them, values by their Vietnamese or English names. Pure functions; one thread (gettext).
#ifndef BAOCAO_CELL_H
#define BAOCAO_CELL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "contract.h"

enum cell_type {
	CELL_EMPTY,
	CELL_TEXT,
	CELL_NUMBER,
	CELL_BOOLEAN,
	CELL_ERROR,     // #DIV/0! and its like
	CELL_UNREADABLE // not UTF-8, a NUL, over 30 marks on a letter, or too long
};

struct cell {
	enum cell_type type;
	const char *text; // TEXT, ERROR: UTF-8 without a NUL; not NULL. The caller's
	double number;    // NUMBER; BOOLEAN: 0 or 1
};

enum {
	CELL_TEXT_MAX = 32767 * 3, // bytes: Excel allows 32,767 characters, Vietnamese ones take at most three bytes each in NFC
	CELL_FOLDED_SIZE = 400,    // of a heading, a value's name, a number or a date: longer ones are none
	CELL_REASON_SIZE = 600     // what is said of a cell
};

// What the cell means for the field, as JSON. Where it cannot be told (two readings, a lost zero), ret_reason says what is to be
// written instead, and the value is null. A text that is nothing of the field's kind is given as it is: the reader of JSON says what is wrong with it.
// date_1904: serial dates count from 1904. NULL without a reason: memory is out. An empty cell is none: do not ask.
json_t *cell_value(const struct contract_field *field, const struct cell *cell, bool date_1904,
                   char ret_reason[static CELL_REASON_SIZE]);

// What the cell shows, as text, for messages and copies; cut to the size.
const char *cell_text(const struct cell *cell, char *text, size_t size);

// The text in the form in which headings and names are compared: NFC, lower case, blanks and underscores as one blank, none at
// the ends. False when it is too long or no text; folded is then empty.
bool cell_fold(const char *text, char folded[static CELL_FOLDED_SIZE]);

// Numbers and dates in texts (cell_number.c, cell_date.c).
enum cell_reading { CELL_READ, CELL_NOT_READ, CELL_AMBIGUOUS };

// A whole number from 0 as people write it: 5813, 5.813, 5813.0, "3,5 tỷ". Ambiguous: the reason names both readings. money: may be
// followed by "đồng" and the like. The text is folded.
enum cell_reading cell_read_number(const char *folded, bool money, long long *ret, char ret_reason[static CELL_REASON_SIZE]);

// A day as YYYY-MM-DD: 19/8/2022, 19-08-2022, 2022-08-19, "ngày 19 tháng 8 năm 2022", 44792. The text is folded.
enum { CELL_DATE_SIZE = sizeof "2022-08-19T08:00:00+07:00" };
enum cell_reading cell_read_date(const char *folded, bool date_1904, char ret[static CELL_DATE_SIZE],
                                 char ret_reason[static CELL_REASON_SIZE]);

// A spreadsheet's count of days; with_time: as an instant in Viet Nam. False when it is no day of 1901 to 2999.
bool cell_serial_date(double serial, bool date_1904, bool with_time, char ret[static CELL_DATE_SIZE]);

#endif
