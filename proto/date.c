#include "date.h"

#include <time.h>

enum {
	EPOCH_UNIX_DAYS = 10957, // 2000-01-01 in days since 1970-01-01
	DAY_SECONDS = 86400,
	YEAR_FIRST = 1900,
	YEAR_LAST = 2999,
	VIET_NAM_OFFSET = 7 * 3600
};

static const int64_t SECOND = 1000000; // microseconds

static bool is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

// Days since 2000-01-01 of a valid date; the algorithm counts years from March so that the leap day comes last.
static date_day day_of(int year, int month, int day)
{
	int y = month <= 2 ? year - 1 : year;
	int era = y / 400;
	int year_of_era = y - era * 400;
	int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return era * 146097 + day_of_era - 719468 - EPOCH_UNIX_DAYS;
}

static void civil_of(date_day days, int *year, int *month, int *day)
{
	int z = days + EPOCH_UNIX_DAYS + 719468;
	int era = z / 146097;
	int day_of_era = z - era * 146097;
	int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int m = (5 * day_of_year + 2) / 153;

	*day = day_of_year - (153 * m + 2) / 5 + 1;
	*month = m < 10 ? m + 3 : m - 9;
	*year = year_of_era + era * 400 + (*month <= 2);
}

// Reads exactly width digits and moves the cursor behind them.
static bool digits(const char **cursor, int width, int *ret)
{
	int value = 0;
	for (int i = 0; i < width; i++, (*cursor)++) {
		if (**cursor < '0' || **cursor > '9')
			return false;
		value = value * 10 + (**cursor - '0');
	}
	*ret = value;
	return true;
}

static bool one_char(const char **cursor, char expected)
{
	if (**cursor != expected)
		return false;
	(*cursor)++;
	return true;
}

static bool date_part(const char **cursor, date_day *ret)
{
	int year, month, day;
	if (!digits(cursor, 4, &year) || !one_char(cursor, '-') || !digits(cursor, 2, &month) || !one_char(cursor, '-') ||
	    !digits(cursor, 2, &day))
		return false;
	if (year < YEAR_FIRST || year > YEAR_LAST || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
		return false;
	*ret = day_of(year, month, day);
	return true;
}

bool date_parse(const char *text, date_day *ret)
{
	date_day day;
	if (!date_part(&text, &day) || *text != '\0')
		return false;
	*ret = day;
	return true;
}

// Fraction of a second in microseconds; digits beyond the sixth are read and cut.
static bool fraction_part(const char **cursor, int64_t *ret)
{
	int64_t weight = SECOND / 10;
	*ret = 0;
	if (!one_char(cursor, '.'))
		return true;
	if (**cursor < '0' || **cursor > '9')
		return false;
	for (; **cursor >= '0' && **cursor <= '9'; (*cursor)++, weight /= 10)
		*ret += (**cursor - '0') * weight;
	return true;
}

// Z or +hh:mm or -hh:mm, in seconds east of UTC.
static bool offset_part(const char **cursor, int *ret)
{
	int hours, minutes;
	bool west = **cursor == '-';

	*ret = 0;
	if (one_char(cursor, 'Z') || one_char(cursor, 'z'))
		return true;
	if (!one_char(cursor, '+') && !one_char(cursor, '-'))
		return false;
	if (!digits(cursor, 2, &hours) || !one_char(cursor, ':') || !digits(cursor, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*ret = (hours * 3600 + minutes * 60) * (west ? -1 : 1);
	return true;
}

bool date_parse_instant(const char *text, date_instant *ret)
{
	date_day day;
	int hour, minute, second, offset;
	int64_t fraction;

	if (!date_part(&text, &day) || !(one_char(&text, 'T') || one_char(&text, 't')))
		return false;
	if (!digits(&text, 2, &hour) || !one_char(&text, ':') || !digits(&text, 2, &minute) || !one_char(&text, ':') ||
	    !digits(&text, 2, &second))
		return false;
	if (hour > 23 || minute > 59 || second > 60 || !fraction_part(&text, &fraction) || !offset_part(&text, &offset) ||
	    *text != '\0')
		return false;
	int64_t seconds = (int64_t)day * DAY_SECONDS + (int64_t)(hour * 60 + minute) * 60 + second - offset;
	*ret = seconds * SECOND + fraction;
	return true;
}

// Writes exactly width digits and what follows them; gives the place behind. No printf: every receipt has such a time.
static char *put_digits(char *to, int64_t number, int width, char after)
{
	for (int i = width - 1; i >= 0; i--, number /= 10)
		to[i] = (char)('0' + number % 10);
	to[width] = after;
	return to + width + 1;
}

// Dates outside the years 0 to 9999 do not occur.
static char *format_civil(date_day days, char *text, char after)
{
	int year, month, day;
	civil_of(days, &year, &month, &day);
	text = put_digits(text, year, 4, '-');
	text = put_digits(text, month, 2, '-');
	return put_digits(text, day, 2, after);
}

void date_format(date_day day, char text[static DATE_TEXT_SIZE])
{
	(void)format_civil(day, text, '\0');
}

void date_format_instant(date_instant instant, char text[static DATE_INSTANT_TEXT_SIZE])
{
	int64_t micros_of_day = instant % (DAY_SECONDS * SECOND);
	if (micros_of_day < 0)
		micros_of_day += DAY_SECONDS * SECOND;
	date_day day = (date_day)((instant - micros_of_day) / (DAY_SECONDS * SECOND));
	int64_t seconds = micros_of_day / SECOND;

	text = format_civil(day, text, 'T');
	text = put_digits(text, seconds / 3600, 2, ':');
	text = put_digits(text, seconds / 60 % 60, 2, ':');
	text = put_digits(text, seconds % 60, 2, '.');
	text = put_digits(text, micros_of_day % SECOND, 6, 'Z');
	*text = '\0';
}

int date_year(date_day date)
{
	int year, month, day;
	civil_of(date, &year, &month, &day);
	return year;
}

date_day date_add_months(date_day from, unsigned months)
{
	int year, month, day;
	civil_of(from, &year, &month, &day);
	int index = month - 1 + (int)months;
	year += index / 12;
	month = index % 12 + 1;
	int last = days_in_month(year, month);
	return day_of(year, month, day < last ? day : last);
}

date_instant date_now(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_REALTIME, &now); // cannot fail with this clock and a valid pointer
	return ((int64_t)now.tv_sec - (int64_t)EPOCH_UNIX_DAYS * DAY_SECONDS) * SECOND + now.tv_nsec / 1000;
}

date_day date_today_in_viet_nam(date_instant now)
{
	int64_t seconds = now / SECOND + VIET_NAM_OFFSET;
	int64_t rest = seconds % DAY_SECONDS;
	return (date_day)((seconds - (rest < 0 ? rest + DAY_SECONDS : rest)) / DAY_SECONDS);
}
