// Days as people write them. The day comes before the month, as everywhere in Viet Nam; a text that makes sense only the other
// way round is asked back, since its neighbours may make sense in both.
#include <stdio.h>
#include <string.h>

#include "cell.h"
#include "date.h"
#include "language.h"

enum {
	SERIAL_MIN = 367,         // 1901-01-01: before, Excel counts a 29 February 1900 that was none
	SERIAL_MAX = 401768,      // 2999-12-31
	SERIAL_2000 = 36526,      // 2000-01-01, from which date_day counts
	SERIAL_1904 = 1462,       // what 1904's count is behind 1900's
	SERIAL_TEXT_DIGITS = 5,   // in a text: 1927 to 2173
	SECONDS_A_DAY = 86400,
	PARTS = 3
};

bool cell_serial_date(double serial, bool date_1904, bool with_time, char ret[static CELL_DATE_SIZE])
{
	serial += date_1904 ? SERIAL_1904 : 0;
	if (!(serial >= SERIAL_MIN && serial < SERIAL_MAX + 1))
		return false;
	long day = (long)serial, second = (long)((serial - (double)day) * SECONDS_A_DAY + 0.5);
	if (second == SECONDS_A_DAY) {
		day++;
		second = 0;
	}
	if (!with_time && second != 0)
		return false;
	date_format((date_day)(day - SERIAL_2000), ret);
	if (with_time)
		(void)snprintf(ret + strlen(ret), CELL_DATE_SIZE - strlen(ret), "T%02d:%02d:%02d+07:00", (int)(second / 3600) % 24,
		               (int)(second / 60 % 60), (int)(second % 60));
	return true;
}

// Three numbers with what may stand between: / - . blank and the words of a written date. false: something else is there.
static bool read_parts(const char *text, int parts[static PARTS], size_t digits[static PARTS])
{
	static const char *const words[] = {"ngày", "tháng", "năm", "/", "-", ".", " "};
	size_t count = 0;

	while (*text != '\0') {
		size_t run = strspn(text, "0123456789");
		if (run > 0) {
			if (count == PARTS || run > 4)
				return false;
			digits[count] = run;
			parts[count] = 0;
			for (size_t i = 0; i < run; i++)
				parts[count] = parts[count] * 10 + (text[i] - '0');
			count++;
			text += run;
			continue;
		}
		size_t i = 0, words_count = sizeof words / sizeof words[0];
		while (i < words_count && strncmp(text, words[i], strlen(words[i])) != 0)
			i++;
		if (i == words_count || (count == PARTS && words[i][0] != ' '))
			return false;
		text += strlen(words[i]);
	}
	return count == PARTS;
}

static bool day_of(int year, int month, int day, char ret[static CELL_DATE_SIZE])
{
	char text[48];
	date_day unused;

	(void)snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, day);
	if (strlen(text) != DATE_TEXT_SIZE - 1 || !date_parse(text, &unused))
		return false;
	memcpy(ret, text, DATE_TEXT_SIZE);
	return true;
}

// A time of midnight behind the day, as spreadsheets export it, says nothing.
static void cut_midnight(char *text)
{
	static const char *const midnights[] = {" 00:00:00", "t00:00:00", " 0:00", " 00:00", " 0:00:00"};

	for (size_t i = 0; i < sizeof midnights / sizeof midnights[0]; i++) {
		size_t len = strlen(text), tail = strlen(midnights[i]);
		if (len > tail && strcmp(text + len - tail, midnights[i]) == 0)
			text[len - tail] = '\0';
	}
}

enum cell_reading cell_read_date(const char *folded, bool date_1904, char ret[static CELL_DATE_SIZE],
                                 char ret_reason[static CELL_REASON_SIZE])
{
	char text[CELL_FOLDED_SIZE], other[CELL_DATE_SIZE], century[CELL_DATE_SIZE];
	int parts[PARTS];
	size_t digits[PARTS];

	(void)snprintf(text, sizeof text, "%s", folded);
	cut_midnight(text);
	if (strspn(text, "0123456789") == SERIAL_TEXT_DIGITS && strspn(text + SERIAL_TEXT_DIGITS, ".,0") == strlen(text) - SERIAL_TEXT_DIGITS) {
		double serial = 0;
		for (size_t i = 0; i < SERIAL_TEXT_DIGITS; i++)
			serial = serial * 10 + (text[i] - '0');
		return cell_serial_date(serial, date_1904, false, ret) ? CELL_READ : CELL_NOT_READ;
	}
	if (!read_parts(text, parts, digits))
		return CELL_NOT_READ;
	if (digits[0] == 4)
		return day_of(parts[0], parts[1], parts[2], ret) ? CELL_READ : CELL_NOT_READ;
	if (digits[2] <= 2 && day_of(2000 + parts[2], parts[1], parts[0], other) &&
	    day_of(1900 + parts[2], parts[1], parts[0], century)) {
		(void)snprintf(ret_reason, CELL_REASON_SIZE, _("\"%.60s\" can be read as %s or as %s: write the year with four digits"),
		               folded, other, century);
		return CELL_AMBIGUOUS;
	}
	if (digits[2] != 4)
		return CELL_NOT_READ;
	if (day_of(parts[2], parts[1], parts[0], ret))
		return CELL_READ;
	if (!day_of(parts[2], parts[0], parts[1], other))
		return CELL_NOT_READ;
	(void)snprintf(ret_reason, CELL_REASON_SIZE,
	               _("\"%.60s\": there is no such day when the day comes first, and %s when the month does; write the day first, like 19/8/2022"),
	               folded, other);
	return CELL_AMBIGUOUS;
}
