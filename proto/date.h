// Calendar dates and points in time as text, as days and as PostgreSQL counts them.
// Pure functions, any thread. Proleptic Gregorian calendar.
#ifndef BAOCAO_DATE_H
#define BAOCAO_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Days since 2000-01-01, PostgreSQL's own count (datatype/timestamp.h: POSTGRES_EPOCH_JDATE).
typedef int32_t date_day;

// Microseconds since 2000-01-01T00:00:00Z, PostgreSQL's own count of a timestamptz.
typedef int64_t date_instant;

// Before and after any other: the ends of what has no end.
#define DATE_INSTANT_MIN INT64_MIN
#define DATE_INSTANT_MAX INT64_MAX

enum { DATE_TEXT_SIZE = sizeof "2000-01-01", DATE_INSTANT_TEXT_SIZE = sizeof "2000-01-01T00:00:00.000000Z" };

// Reads YYYY-MM-DD (ISO 8601), years 1900 to 2999. False when it is not such a date; *ret is then untouched.
bool date_parse(const char *text, date_day *ret);

// Reads RFC 3339: date, T, time with optional fraction (beyond microseconds it is cut), Z or an offset.
bool date_parse_instant(const char *text, date_instant *ret);

// Writes YYYY-MM-DD.
void date_format(date_day day, char text[static DATE_TEXT_SIZE]);

// Writes RFC 3339 in UTC with microseconds.
void date_format_instant(date_instant instant, char text[static DATE_INSTANT_TEXT_SIZE]);

// The calendar year that the day is in.
int date_year(date_day date);

// The same day of the month so many months later; the month's last day where there is none such.
date_day date_add_months(date_day day, unsigned months);

// Now, and the day of now in Viet Nam (UTC+7 the whole year, no daylight saving).
date_instant date_now(void);
date_day date_today_in_viet_nam(date_instant now);

#endif
