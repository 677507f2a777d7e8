// Numbers as people write them in Viet Nam, where a point groups thousands and a comma begins decimals, and as spreadsheets set
// to English write them, where it is the other way round. A text is read both ways; what is whole in one way only is that
// number. What could be either is asked back, as is "5,813": in Viet Nam it is no whole number, elsewhere it is.
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "cell.h"
#include "language.h"

enum {
	DIGITS_MAX = 18,   // of a numeral with its decimals: beyond all maxima, and fits 64 bits
	NUMERAL_SIZE = 64
};

static const struct {
	const char *word;
	int zeros;
} multipliers[] = {
	{"nghìn tỷ", 12}, {"nghìn tỉ", 12}, {"ngàn tỷ", 12}, {"ngàn tỉ", 12}, {"nghìn", 3}, {"ngàn", 3}, {"triệu", 6},
	{"tr", 6},        {"tỷ", 9},        {"tỉ", 9},       {"thousand", 3}, {"million", 6}, {"billion", 9},
};

static const char *const currencies[] = {"đồng", "đ", "vnd", "vnđ"};

// A numeral read one way: digits without separators, so many of them decimals.
struct numeral {
	bool valid;
	bool grouped;
	char digits[DIGITS_MAX + 1];
	size_t digit_count, decimals;
};

// Thousands in groups of three behind the first, decimals behind the last; blanks group in either way.
static struct numeral read_numeral(const char *text, size_t len, char group, char decimal)
{
	struct numeral numeral = {.valid = true};
	size_t run = 0; // digits since the last separator
	bool in_decimals = false;

	for (size_t i = 0; i <= len && numeral.valid; i++) {
		char c = i < len ? text[i] : '\0';
		if (c >= '0' && c <= '9') {
			numeral.valid = numeral.digit_count < DIGITS_MAX;
			if (numeral.valid)
				numeral.digits[numeral.digit_count++] = c;
			numeral.decimals += in_decimals;
			run++;
			continue;
		}
		bool groups = c == group || c == ' ';
		bool fits = in_decimals ? run > 0 && c == '\0' : numeral.grouped ? run == 3 : run > 0 && (!groups || run <= 3);
		numeral.valid = fits && (c == '\0' || c == decimal || groups);
		numeral.grouped |= groups;
		in_decimals |= c == decimal;
		run = 0;
	}
	return numeral;
}

// The numeral times ten to the power: false when that is not whole or too large.
static bool whole_value(const struct numeral *numeral, int zeros, long long *ret)
{
	long long value = 0;
	size_t kept = numeral->digit_count;

	if (!numeral->valid)
		return false;
	size_t decimals = numeral->decimals;
	for (; decimals > (size_t)zeros; decimals--)
		if (numeral->digits[--kept] != '0')
			return false;
	for (size_t i = 0; i < kept; i++)
		value = value * 10 + (numeral->digits[i] - '0');
	for (size_t i = decimals; i < (size_t)zeros; i++)
		if (__builtin_mul_overflow(value, 10LL, &value))
			return false;
	*ret = value;
	return true;
}

// The numeral as it reads, in figures that have one meaning in the reader's language: decimals behind a comma or a point.
static void show(const struct numeral *numeral, int zeros, char *text, size_t size)
{
	long long value;
	int whole = (int)(numeral->digit_count - numeral->decimals);

	if (whole_value(numeral, zeros, &value))
		(void)snprintf(text, size, "%lld", value);
	else
		(void)snprintf(text, size, "%.*s%s%s", whole, numeral->digits, language_is_vietnamese() ? "," : ".",
		               numeral->digits + whole);
}

static bool read_words(const char *words, bool money, int *ret_zeros)
{
	words += strspn(words, " ");
	*ret_zeros = 0;
	for (size_t i = 0; i < sizeof multipliers / sizeof multipliers[0]; i++) {
		size_t len = strlen(multipliers[i].word);
		if (strncmp(words, multipliers[i].word, len) == 0 && (words[len] == '\0' || words[len] == ' ')) {
			*ret_zeros = multipliers[i].zeros;
			words += len + strspn(words + len, " ");
			break;
		}
	}
	for (size_t i = 0; money && i < sizeof currencies / sizeof currencies[0]; i++)
		if (strcmp(words, currencies[i]) == 0)
			return true;
	return words[0] == '\0';
}

enum cell_reading cell_read_number(const char *folded, bool money, long long *ret, char ret_reason[static CELL_REASON_SIZE])
{
	size_t len = strspn(folded, "0123456789., ");
	long long there = 0, here = 0;
	int zeros;

	if (!read_words(folded + len, money, &zeros))
		return CELL_NOT_READ;
	while (len > 0 && folded[len - 1] == ' ')
		len--;
	struct numeral in_viet_nam = read_numeral(folded, len, '.', ','), elsewhere = read_numeral(folded, len, ',', '.');
	bool whole_here = whole_value(&in_viet_nam, zeros, &here), whole_there = whole_value(&elsewhere, zeros, &there);

	if (whole_here && zeros == 0 && in_viet_nam.decimals == 0)
		whole_there = false; // 35.000: nobody counts in thousandths
	if ((whole_here && whole_there && here != there) || (!whole_here && whole_there && in_viet_nam.valid)) {
		char first[NUMERAL_SIZE], second[NUMERAL_SIZE];
		show(&in_viet_nam, zeros, first, sizeof first);
		show(&elsewhere, zeros, second, sizeof second);
		(void)snprintf(ret_reason, CELL_REASON_SIZE,
		               _("\"%.60s\" can be read as %s or as %s: write the number in full, without points or commas"), folded,
		               first, second);
		return CELL_AMBIGUOUS;
	}
	*ret = whole_here ? here : there;
	return whole_here || whole_there ? CELL_READ : CELL_NOT_READ;
}
