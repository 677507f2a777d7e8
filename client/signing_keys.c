#include "signing_keys.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "words.h"

#define BLANKS " \t\r\n"

/* the list */

const struct signing_key *signing_keys_find(const struct signing_keys *keys, const uint8_t key[static PROOF_KEY_SIZE])
{
	for (size_t i = 0; i < keys->count; i++)
		if (memcmp(keys->list[i].key, key, PROOF_KEY_SIZE) == 0)
			return &keys->list[i];
	return NULL;
}

static bool put(struct signing_keys *keys, const struct signing_key *key)
{
	for (size_t i = 0; i < keys->count; i++)
		if (memcmp(keys->list[i].key, key->key, PROOF_KEY_SIZE) == 0) {
			keys->list[i] = *key;
			return true;
		}
	if (keys->count == SIGNING_KEYS_MAX)
		return false;
	keys->list[keys->count++] = *key;
	return true;
}

bool signing_keys_add(struct signing_keys *keys, const uint8_t key[static PROOF_KEY_SIZE])
{
	struct signing_key added = {.from = DATE_INSTANT_MIN, .to = DATE_INSTANT_MAX};

	memcpy(added.key, key, PROOF_KEY_SIZE);
	return put(keys, &added);
}

/* a file */

static bool read_end(const char *word, date_instant open, date_instant *ret)
{
	*ret = open;
	return word == NULL || strcmp(word, "-") == 0 || date_parse_instant(word, ret);
}

// Gives what is wrong with a line, NULL when nothing is; an empty one adds nothing.
static const char *read_line(struct signing_keys *keys, char *line)
{
	struct signing_key key;
	char *rest = NULL;

	line[strcspn(line, "#")] = '\0';
	const char *word = strtok_r(line, BLANKS, &rest), *from, *to;
	if (word == NULL)
		return NULL;
	from = strtok_r(NULL, BLANKS, &rest);
	to = strtok_r(NULL, BLANKS, &rest);
	if (!proof_read_hex(word, strlen(word), key.key, sizeof key.key))
		return _("is not a signing key: 64 hexadecimal digits are expected");
	if (!read_end(from, DATE_INSTANT_MIN, &key.from) || !read_end(to, DATE_INSTANT_MAX, &key.to))
		return _("a time is YYYY-MM-DDThh:mm:ssZ, or - for none");
	if (strtok_r(NULL, BLANKS, &rest) != NULL || key.from >= key.to)
		return _("KEY, the time from which it counts, and a later one until which it does are expected");
	return put(keys, &key) ? NULL : _("too many keys");
}

bool signing_keys_read(struct signing_keys *keys, const char *path_or_key)
{
	char line[1024];
	const char *problem = NULL;
	size_t number = 0;
	uint8_t key[PROOF_KEY_SIZE];

	if (proof_read_hex(path_or_key, strlen(path_or_key), key, sizeof key) && access(path_or_key, F_OK) != 0)
		return signing_keys_add(keys, key);
	FILE *file = fopen(path_or_key, "re");
	if (file == NULL) {
		(void)fprintf(stderr, "baocao: %s: %s\n", path_or_key, strerror(errno));
		return false;
	}
	while (problem == NULL && fgets(line, sizeof line, file) != NULL) {
		number++;
		problem = strlen(line) == sizeof line - 1 ? _("the line is too long") : read_line(keys, line);
	}
	if (problem == NULL && ferror(file) != 0)
		problem = _("cannot be read to its end");
	(void)fclose(file);
	if (problem != NULL)
		(void)fprintf(stderr, "baocao: %s:%zu: %s\n", path_or_key, number, problem);
	return problem == NULL;
}

/* the outbox */

static bool complain(struct outbox *outbox)
{
	(void)fprintf(stderr, _("baocao: outbox: signing keys: %s\n"), sqlite3_errmsg(outbox_database(outbox)));
	return false;
}

bool signing_keys_load(struct signing_keys *keys, struct outbox *outbox)
{
	sqlite3_stmt *statement = NULL;
	int status = sqlite3_prepare_v2(outbox_database(outbox), "SELECT key, valid_from, valid_to FROM signing_key ORDER BY added_at",
	                                -1, &statement, NULL);
	bool good = status == SQLITE_OK;

	while (good && (status = sqlite3_step(statement)) == SQLITE_ROW) {
		struct signing_key key;
		const char *text = (const char *)sqlite3_column_text(statement, 0);
		good = text != NULL && proof_read_hex(text, strlen(text), key.key, sizeof key.key) &&
		       read_end((const char *)sqlite3_column_text(statement, 1), DATE_INSTANT_MIN, &key.from) &&
		       read_end((const char *)sqlite3_column_text(statement, 2), DATE_INSTANT_MAX, &key.to) && put(keys, &key);
	}
	if (!good || status != SQLITE_DONE)
		(void)complain(outbox);
	(void)sqlite3_finalize(statement);
	return good && status == SQLITE_DONE;
}

static void bind_end(sqlite3_stmt *statement, int number, date_instant end)
{
	char text[DATE_INSTANT_TEXT_SIZE];

	if (end == DATE_INSTANT_MIN || end == DATE_INSTANT_MAX) {
		(void)sqlite3_bind_null(statement, number);
		return;
	}
	date_format_instant(end, text);
	(void)sqlite3_bind_text(statement, number, text, -1, SQLITE_TRANSIENT);
}

bool signing_keys_save(const struct signing_keys *keys, struct outbox *outbox, const char *origin)
{
	static const char sql[] = "INSERT INTO signing_key (key, valid_from, valid_to, origin) VALUES (?1, ?2, ?3, ?4) ON CONFLICT "
							  "(key) DO UPDATE SET valid_from = excluded.valid_from, valid_to = excluded.valid_to";
	sqlite3_stmt *statement = NULL;
	char text[PROOF_KEY_TEXT_SIZE];
	bool good = sqlite3_prepare_v2(outbox_database(outbox), sql, -1, &statement, NULL) == SQLITE_OK;

	for (size_t i = 0; good && i < keys->count; i++) {
		proof_write_hex(keys->list[i].key, PROOF_KEY_SIZE, text);
		(void)sqlite3_bind_text(statement, 1, text, -1, SQLITE_STATIC);
		bind_end(statement, 2, keys->list[i].from);
		bind_end(statement, 3, keys->list[i].to);
		(void)sqlite3_bind_text(statement, 4, origin, -1, SQLITE_STATIC);
		good = sqlite3_step(statement) == SQLITE_DONE;
		(void)sqlite3_reset(statement);
	}
	if (!good)
		(void)complain(outbox);
	(void)sqlite3_finalize(statement);
	return good;
}
