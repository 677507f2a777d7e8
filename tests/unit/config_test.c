#include "cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include "config.h"

// Whether the file is read; what is said of it goes to *ret_said.
static bool read_text(struct config *config, const char *text, size_t size, char **ret_said)
{
	size_t said_size;
	FILE *file = fmemopen((void *)text, size, "r"), *problems = open_memstream(ret_said, &said_size); // only read

	assert_true(file != NULL && problems != NULL && config_init(config));
	bool good = config_read(config, "a.conf", file, problems);
	(void)fclose(file);
	(void)fclose(problems);
	return good;
}

#define assert_refused(text, said_text)                                                                                     \
	do {                                                                                                                    \
		struct config config;                                                                                               \
		char *said = NULL;                                                                                                  \
		assert_false(read_text(&config, text, sizeof(text) - 1, &said));                                                    \
		if (strstr(said, said_text) == NULL)                                                                                \
			fail_msg("%s does not say %s", said, said_text);                                                                \
		free(said);                                                                                                         \
		config_clear(&config);                                                                                              \
	} while (0)

static void a_file_sets_what_it_names(void **state)
{
	struct config config;
	char *said = NULL;
	static const char text[] =
		"# a comment\n[section]\nwriters = 7\n\tdatabase = dbname=elsewhere\nallow_unsafe_durability = yes";
	(void)state;
	assert_true(read_text(&config, text, sizeof text - 1, &said));
	assert_int_equal(config.writers, 7);
	assert_string_equal(config.database, "dbname=elsewhere"); // not a second line of writers
	assert_true(config.allow_unsafe_durability);
	assert_string_equal(said, "");
	free(said);
	config_clear(&config);
}

// A connection to several servers is long.
static void a_line_may_be_long(void **state)
{
	char text[600] = "database = host=a,b,c,d options='", *said = NULL;
	struct config config;
	(void)state;
	memset(text + strlen(text), '-', 400);
	(void)snprintf(text + strlen(text), sizeof text - strlen(text), "' # writers=2\n");
	assert_true(read_text(&config, text, strlen(text), &said));
	text[strlen(text) - 1] = '\0';
	assert_string_equal(config.database, text + strlen("database = "));
	assert_int_equal(config.writers, 2); // the default
	free(said);
	config_clear(&config);
}

static void a_semicolon_that_begins_a_word_begins_a_comment(void **state)
{
	struct config config;
	char *said = NULL;
	const char *reason;
	static const char text[] = "listen_router =; none\ndatabase = options=a;b ; c ;d\n; x\n";
	(void)state;
	assert_true(read_text(&config, text, sizeof text - 1, &said));
	assert_string_equal(config.listen_router, "");
	assert_string_equal(config.database, "options=a;b");
	assert_false(config_set(&config, "database=a ;b", &reason)); // a file could not say it
	assert_false(config_set(&config, "database=a\nwriters=2", &reason));
	assert_true(config_set(&config, "database=a;b", &reason));
	free(said);
	config_clear(&config);
}

static void what_is_wrong_is_said_with_its_line(void **state)
{
	(void)state;
	assert_refused("\nwriter = 7\n", "a.conf:2: writer: there is no such option");
	assert_refused("writers = 65\n", "a.conf:1: writers: must be a whole number from 1 to 64");
	assert_refused("writers\n", "a.conf:1: not a line of the form name = value");
	assert_refused("allow_unsafe_durability = maybe\n", "must be yes or no");
	assert_refused("database = db\0name\n", "a.conf:1: contains a NUL");
}

enum { SAID_SIZE = 200 };

static void note(void *data, const char *option, bool taken_over)
{
	char *said = data;
	(void)snprintf(said + strlen(said), SAID_SIZE - strlen(said), "%s%s ", option, taken_over ? "" : "!");
}

static void what_may_change_is_taken_over_and_the_rest_is_told(void **state)
{
	struct config config, fresh;
	const char *reason;
	char said[SAID_SIZE] = "";
	(void)state;
	assert_true(config_init(&config) && config_init(&fresh));
	config_take_over(&config, &fresh, note, said);
	assert_string_equal(said, "");
	assert_true(config_set(&fresh, "writers=5", &reason) && config_set(&fresh, "database=dbname=x", &reason));
	assert_true(config_set(&fresh, "drain_seconds=5", &reason) && config_set(&fresh, "listen_http=tcp://127.0.0.1:1", &reason));
	assert_true(config_set(&fresh, "allow_unsafe_durability=yes", &reason));
	config_take_over(&config, &fresh, note, said);
	assert_string_equal(said, "database! allow_unsafe_durability! writers! drain_seconds listen_http ");
	assert_int_equal(config.writers, 2);
	assert_int_equal(config.drain_seconds, 5);
	assert_string_equal(config.database, "dbname=baocao");
	assert_string_equal(config.listen_http, "tcp://127.0.0.1:1");
	assert_false(config.allow_unsafe_durability);
	config_clear(&fresh);
	config_clear(&config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_sets_what_it_names),
		cmocka_unit_test(a_line_may_be_long),
		cmocka_unit_test(a_semicolon_that_begins_a_word_begins_a_comment),
		cmocka_unit_test(what_is_wrong_is_said_with_its_line),
		cmocka_unit_test(what_may_change_is_taken_over_and_the_rest_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
