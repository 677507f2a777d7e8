#include "cmocka_all.h"

#include <string.h>

#include "proof.h"

static const uint8_t digest[DIGEST_SIZE] = {0xab, 1, 2};

static struct proof_facts stored(void)
{
	return (struct proof_facts){.outcome = BAOCAO__OUTCOME__OUTCOME_STORED,
	                            .unit_code = "01",
	                            .kind = "festival_day",
	                            .period_type = "campaign",
	                            .first = "2022-08-01",
	                            .last = "2022-08-20",
	                            .revision = 1,
	                            .report_no = 18446744073709551615U,
	                            .received_at = "2022-08-21T01:02:03.000004Z",
	                            .digest = digest};
}

static void assert_leaf(const struct proof_facts *facts, const char *wanted)
{
	uint8_t room[1 + PROOF_LEAF_SIZE];
	size_t size = proof_leaf(facts, room);
	assert_int_equal(size, strlen(wanted));
	assert_memory_equal(room + 1, wanted, size);
}

static void a_leaf_says_what_became_of_a_report(void **state)
{
	(void)state;
	struct proof_facts facts = stored();
	assert_leaf(&facts, "outcome STORED\n"
	                    "unit 01\n"
	                    "kind festival_day\n"
	                    "period campaign 2022-08-01 2022-08-20\n"
	                    "revision 1\n"
	                    "report_no 18446744073709551615\n"
	                    "received_at 2022-08-21T01:02:03.000004Z\n"
	                    "content ab01020000000000000000000000000000000000000000000000000000000000\n");
}

static void of_a_refused_report_it_says_which_bytes_were_refused(void **state)
{
	(void)state;
	struct proof_facts facts = stored();
	facts.outcome = BAOCAO__OUTCOME__OUTCOME_REFUSED;
	facts.unit_code = facts.kind = NULL;
	assert_leaf(&facts, "outcome REFUSED\n"
	                    "received_at 2022-08-21T01:02:03.000004Z\n"
	                    "bytes ab01020000000000000000000000000000000000000000000000000000000000\n");
}

static void what_is_missing_or_not_one_word_has_no_leaf(void **state)
{
	(void)state;
	uint8_t room[1 + PROOF_LEAF_SIZE];
	char longest[PROOF_LEAF_SIZE + 1];
	const char *const wrong[] = {NULL, "", "0 1", "01\nunit 79", "\x7f", longest};

	memset(longest, 'x', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct proof_facts facts = stored();
		facts.unit_code = wrong[i];
		assert_int_equal(proof_leaf(&facts, room), 0);
	}
	struct proof_facts busy = stored(), none = stored();
	busy.outcome = BAOCAO__OUTCOME__OUTCOME_BUSY;
	none.digest = NULL;
	assert_int_equal(proof_leaf(&busy, room), 0);
	assert_int_equal(proof_leaf(&none, room), 0);
}

static void a_statement_is_read_as_it_was_written(void **state)
{
	(void)state;
	struct proof_statement statement = {.committed_at = "2022-08-21T01:02:03.050000Z", .root = {1}, .key = {2}}, read;
	char text[PROOF_STATEMENT_SIZE];
	size_t size = proof_write_statement(&statement, text);

	assert_true(proof_read_statement(text, size, &read));
	assert_string_equal(read.committed_at, statement.committed_at);
	assert_memory_equal(read.root, statement.root, sizeof read.root);
	assert_memory_equal(read.key, statement.key, sizeof read.key);
}

#define HASH "0100000000000000000000000000000000000000000000000000000000000000"
#define TIME "committed_at 2022-08-21T01:02:03.050000Z\n"

static void later_servers_may_add_lines_and_nobody_else_anything(void **state)
{
	(void)state;
	struct proof_statement read;
	const struct {
		const char *text;
		bool good;
	} cases[] = {
		{"baocao receipt 1\n" TIME "root " HASH "\nkey " HASH "\n", true},
		{"baocao receipt 1\n" TIME "root " HASH "\nkey " HASH "\nhistory 7\n", true},
		{"baocao receipt 2\n" TIME "root " HASH "\nkey " HASH "\n", false},
		{"baocao signing key 1\n" TIME "root " HASH "\nkey " HASH "\n", false},
		{"baocao receipt 1\n" TIME "root " HASH "\nkey " HASH "\nroot " HASH "\n", false}, // twice
		{"baocao receipt 1\n" TIME "root " HASH "\n", false},                              // no key
		{"baocao receipt 1\n" TIME "root " HASH "0\nkey " HASH "\n", false},
		{"baocao receipt 1\n" TIME "root " HASH "\nkey " HASH, false}, // cut
		{"baocao receipt 1\ncommitted_at yesterday\nroot " HASH "\nkey " HASH "\n", false},
		{"baocao receipt 1\n", false},
		{"baocao receipt 1", false},
		{"", false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(proof_read_statement(cases[i].text, strlen(cases[i].text), &read), cases[i].good);
}

static void hexadecimal_is_lower_case_and_of_the_right_length(void **state)
{
	(void)state;
	uint8_t bytes[2];
	char text[5];

	assert_true(proof_read_hex("00ff", 4, bytes, sizeof bytes));
	proof_write_hex(bytes, sizeof bytes, text);
	assert_string_equal(text, "00ff");
	assert_false(proof_read_hex("00FF", 4, bytes, sizeof bytes));
	assert_false(proof_read_hex("00f", 3, bytes, sizeof bytes));
	assert_false(proof_read_hex("00fg", 4, bytes, sizeof bytes));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_leaf_says_what_became_of_a_report),
		cmocka_unit_test(of_a_refused_report_it_says_which_bytes_were_refused),
		cmocka_unit_test(what_is_missing_or_not_one_word_has_no_leaf),
		cmocka_unit_test(a_statement_is_read_as_it_was_written),
		cmocka_unit_test(later_servers_may_add_lines_and_nobody_else_anything),
		cmocka_unit_test(hexadecimal_is_lower_case_and_of_the_right_length),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
