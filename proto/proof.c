#include "proof.h"

#include <stdio.h>
#include <string.h>

#define STATEMENT_TITLE "baocao receipt 1"
#define ENDORSEMENT_TITLE "baocao signing key 1"

/* hexadecimal */

static int nibble(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool proof_read_hex(const char *text, size_t length, uint8_t *ret, size_t size)
{
	if (length != 2 * size)
		return false;
	for (size_t i = 0; i < size; i++) {
		int high = nibble(text[2 * i]), low = nibble(text[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

void proof_write_hex(const uint8_t *bytes, size_t size, char *text)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < size; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	text[2 * size] = '\0';
}

/* one report */

// Lines of "name value" one after the other. Made for every report that is answered, hence without printf.
struct lines {
	char *text;
	size_t used;
	bool failed;
};

static void put(struct lines *lines, const char *bytes, size_t size)
{
	if (lines->failed || size > PROOF_LEAF_SIZE - lines->used) {
		lines->failed = true;
		return;
	}
	memcpy(lines->text + lines->used, bytes, size);
	lines->used += size;
}

static void put_value(struct lines *lines, const char *value)
{
	size_t size = value == NULL ? 0 : strlen(value);

	for (size_t i = 0; i < size; i++)
		lines->failed = lines->failed || (unsigned char)value[i] <= ' ' || value[i] == 0x7f;
	lines->failed = lines->failed || size == 0;
	put(lines, value, size);
}

static void put_word(struct lines *lines, const char *word)
{
	put(lines, word, strlen(word));
}

static void put_number(struct lines *lines, uint64_t number)
{
	char digits[20];
	size_t at = sizeof digits;

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	put(lines, digits + at, sizeof digits - at);
}

static void put_text_line(struct lines *lines, const char *name, const char *value)
{
	put_word(lines, name);
	put_value(lines, value);
	put_word(lines, "\n");
}

static void put_number_line(struct lines *lines, const char *name, uint64_t number)
{
	put_word(lines, name);
	put_number(lines, number);
	put_word(lines, "\n");
}

static void put_hash_line(struct lines *lines, const char *name, const uint8_t *bytes)
{
	char text[2 * DIGEST_SIZE + 1];

	proof_write_hex(bytes, DIGEST_SIZE, text);
	put_text_line(lines, name, text);
}

static void put_natural_key(struct lines *lines, const struct proof_facts *facts)
{
	put_text_line(lines, "unit ", facts->unit_code);
	put_text_line(lines, "kind ", facts->kind);
	put_word(lines, "period ");
	put_value(lines, facts->period_type);
	put_word(lines, " ");
	put_value(lines, facts->first);
	put_word(lines, " ");
	put_value(lines, facts->last);
	put_word(lines, "\n");
	put_number_line(lines, "revision ", facts->revision);
}

static const char *const outcome_names[] = {
	[BAOCAO__OUTCOME__OUTCOME_STORED] = "STORED",         [BAOCAO__OUTCOME__OUTCOME_DUPLICATE] = "DUPLICATE",
	[BAOCAO__OUTCOME__OUTCOME_CONFLICT] = "CONFLICT",     [BAOCAO__OUTCOME__OUTCOME_SUPERSEDED] = "SUPERSEDED",
	[BAOCAO__OUTCOME__OUTCOME_REFUSED] = "REFUSED",
};

size_t proof_leaf(const struct proof_facts *facts, uint8_t room[static 1 + PROOF_LEAF_SIZE])
{
	struct lines lines = {.text = (char *)room + 1};
	size_t outcome = (size_t)facts->outcome;

	if (outcome >= sizeof outcome_names / sizeof outcome_names[0] || outcome_names[outcome] == NULL || facts->digest == NULL)
		return 0;
	bool refused = facts->outcome == BAOCAO__OUTCOME__OUTCOME_REFUSED;
	put_text_line(&lines, "outcome ", outcome_names[outcome]);
	if (!refused) {
		put_natural_key(&lines, facts);
		put_number_line(&lines, "report_no ", facts->report_no);
	}
	put_text_line(&lines, "received_at ", facts->received_at);
	put_hash_line(&lines, refused ? "bytes " : "content ", facts->digest);
	return lines.failed ? 0 : lines.used;
}

/* statements */

// A text of a title and lines of "name value", that is read by the names that are wanted.
struct wanted {
	const char *name;
	char *text;     // a time, of DATE_INSTANT_TEXT_SIZE; NULL: hexadecimal of
	uint8_t *bytes; // 32 bytes
	bool found;
};

_Static_assert((int)PROOF_KEY_SIZE == (int)MERKLE_HASH_SIZE, "keys and hashes are read alike");

static bool read_value(struct wanted *wanted, const char *value, size_t length)
{
	date_instant instant;

	if (wanted->found)
		return false; // given twice
	wanted->found = true;
	if (wanted->text == NULL)
		return proof_read_hex(value, length, wanted->bytes, MERKLE_HASH_SIZE);
	if (length != DATE_INSTANT_TEXT_SIZE - 1)
		return false;
	memcpy(wanted->text, value, length);
	wanted->text[length] = '\0';
	return date_parse_instant(wanted->text, &instant);
}

static bool read_line(struct wanted *list, size_t count, const char *line, size_t length)
{
	for (size_t i = 0; i < count; i++) {
		size_t name = strlen(list[i].name);
		if (length > name && memcmp(line, list[i].name, name) == 0 && line[name] == ' ')
			return read_value(&list[i], line + name + 1, length - name - 1);
	}
	return true; // added later
}

static bool read_lines(const char *title, struct wanted *list, size_t count, const char *text, size_t size)
{
	size_t head = strlen(title);
	bool good = size <= PROOF_STATEMENT_SIZE && size > head && memcmp(text, title, head) == 0 && text[head] == '\n' &&
	            text[size - 1] == '\n' && memchr(text, '\0', size) == NULL;

	for (size_t at = head + 1; good && at < size;) {
		size_t length = (size_t)((const char *)memchr(text + at, '\n', size - at) - (text + at));
		good = read_line(list, count, text + at, length);
		at += length + 1;
	}
	for (size_t i = 0; i < count; i++)
		good = good && list[i].found;
	return good;
}

size_t proof_write_statement(const struct proof_statement *statement, char text[static PROOF_STATEMENT_SIZE])
{
	char root[2 * MERKLE_HASH_SIZE + 1], key[PROOF_KEY_TEXT_SIZE];

	proof_write_hex(statement->root, sizeof statement->root, root);
	proof_write_hex(statement->key, sizeof statement->key, key);
	return (size_t)snprintf(text, PROOF_STATEMENT_SIZE, STATEMENT_TITLE "\ncommitted_at %s\nroot %s\nkey %s\n",
	                        statement->committed_at, root, key);
}

bool proof_read_statement(const char *text, size_t size, struct proof_statement *ret)
{
	struct wanted list[] = {{"committed_at", ret->committed_at, NULL, false},
	                        {"root", NULL, ret->root, false},
	                        {"key", NULL, ret->key, false}};

	return read_lines(STATEMENT_TITLE, list, sizeof list / sizeof list[0], text, size) &&
	       date_parse_instant(ret->committed_at, &ret->committed);
}

size_t proof_write_endorsement(const struct proof_endorsement *endorsement, char text[static PROOF_STATEMENT_SIZE])
{
	char key[PROOF_KEY_TEXT_SIZE], by[PROOF_KEY_TEXT_SIZE];

	proof_write_hex(endorsement->key, sizeof endorsement->key, key);
	proof_write_hex(endorsement->by, sizeof endorsement->by, by);
	return (size_t)snprintf(text, PROOF_STATEMENT_SIZE, ENDORSEMENT_TITLE "\nkey %s\nby %s\nsince %s\n", key, by,
	                        endorsement->since);
}

bool proof_read_endorsement(const char *text, size_t size, struct proof_endorsement *ret)
{
	struct wanted list[] = {{"key", NULL, ret->key, false}, {"by", NULL, ret->by, false}, {"since", ret->since, NULL, false}};

	return read_lines(ENDORSEMENT_TITLE, list, sizeof list / sizeof list[0], text, size);
}

bool proof_is_signed(const char *text, size_t size, const uint8_t signature[static PROOF_SIGNATURE_SIZE],
                     const uint8_t key[static PROOF_KEY_SIZE])
{
	return crypto_sign_verify_detached(signature, (const uint8_t *)text, size, key) == 0;
}
