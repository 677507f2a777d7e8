// Every allocation of the daemon's way of a report fails once: what comes out is right, or is not there and says so.
#include "cmocka_all.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "batch.h"
#include "config.h"
#include "failing_malloc.h"
#include "opened.h"
#include "receipt.h"
#include "rows.h"
#include "sample.h"
#include "signing.h"
#include "small_catalogue.h"

struct fixture {
	struct contract *contract;
	struct catalogue *catalogue;
	struct layout *layout;
	uint8_t *bytes; // of a submission
	size_t size;
	struct submission *submission; // decoded without failures, STORED
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	char *error = NULL;
	*state = f;
	if (f == NULL || sodium_init() < 0)
		return 1;
	f->contract = contract_load(&error);
	f->catalogue = small_catalogue(f->contract, &error);
	f->layout = layout_create(f->contract);
	f->bytes = sample_submission(f->contract, 2, &f->size);
	f->submission = opened_submission(f->bytes, f->size, date_now());
	if (f->submission == NULL || !opened_decode(f->submission, f->contract, f->catalogue))
		return 1;
	for (size_t i = 0; i < f->submission->item_count; i++) {
		if (f->submission->items[i].outcome != 0)
			return 1;
		f->submission->items[i].outcome = BAOCAO__OUTCOME__OUTCOME_STORED;
		f->submission->items[i].report_no = (int64_t)i + 1;
	}
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	submission_destroy(&f->submission);
	free(f->bytes);
	layout_destroy(&f->layout);
	catalogue_destroy(&f->catalogue);
	contract_destroy(&f->contract);
	free(f);
	return 0;
}

/* what is loaded at the start */

static void check_comments(const struct contract_message *message)
{
	assert_non_null(message->comment);
	for (size_t i = 0; i < message->field_count; i++) {
		const struct contract_field *field = &message->fields[i];
		assert_non_null(field->comment);
		for (size_t j = 0; field->enumeration != NULL && j < field->enumeration->value_count; j++)
			assert_non_null(field->enumeration->values[j].comment);
		if (field->message != NULL)
			check_comments(field->message);
	}
}

struct loading {
	const struct fixture *f;
	struct contract *contract;
	struct layout *layout;
	struct catalogue *catalogue;
	char *error;
};

static void load_contract(void *context)
{
	struct loading *loading = context;
	loading->contract = contract_load(&loading->error);
}

static void check_contract(void *context)
{
	struct loading *loading = context;

	if (loading->contract != NULL) {
		assert_null(loading->error);
		assert_int_equal(loading->contract->kind_count, loading->f->contract->kind_count);
		assert_int_equal(loading->contract->enum_count, loading->f->contract->enum_count);
		check_comments(loading->contract->report);
	}
	contract_destroy(&loading->contract);
	free(loading->error);
	loading->error = NULL;
}

static void the_contract_is_whole_or_not_there(void **state)
{
	assert_true(failing_malloc_everywhere(load_contract, check_contract, &(struct loading){.f = *state}) > 0);
}

static void load_others(void *context)
{
	struct loading *loading = context;
	loading->layout = layout_create(loading->f->contract);
	loading->catalogue = small_catalogue(loading->f->contract, &loading->error);
}

// The two locks of small_catalogue.c, on the first day and the day before.
static void assert_locks(const struct catalogue *catalogue)
{
	enum { FIRST_2021 = 7883, LAST_2021 = 7902, SINCE_2021 = 7944, LATER = 10000 };
	struct catalogue_period period = {.kind = "festival_day", .type = "campaign", .first = FIRST_2021, .last = LAST_2021};
	date_day since = 0;

	assert_true(catalogue_is_locked(catalogue, catalogue_unit_on(catalogue, "01", LAST_2021), &period, SINCE_2021, &since));
	assert_int_equal(since, SINCE_2021);
	assert_false(catalogue_is_locked(catalogue, catalogue_unit_on(catalogue, "01", LAST_2021), &period, SINCE_2021 - 1, &since));
	assert_false(catalogue_is_locked(catalogue, catalogue_unit_on(catalogue, "79", LAST_2021), &period, LATER, &since)); // excepted
	assert_false(catalogue_is_locked(catalogue, catalogue_unit_on(catalogue, "00001", LAST_2021), &period, LATER, &since));
	period.type = "year";
	assert_false(catalogue_is_locked(catalogue, catalogue_unit_on(catalogue, "01", LAST_2021), &period, LATER, &since));
	period.type = "campaign";
	period.last = LAST_2021 + 1;
	assert_false(catalogue_is_locked(catalogue, catalogue_unit_on(catalogue, "01", LAST_2021), &period, LATER, &since));
}

static void check_others(void *context)
{
	struct loading *loading = context;
	const struct catalogue *catalogue = loading->catalogue;

	if (loading->layout != NULL)
		assert_int_equal(loading->layout->table_count, loading->f->layout->table_count);
	if (catalogue != NULL) {
		assert_non_null(catalogue_unit_on(catalogue, "01", 8000));
		assert_true(catalogue_in_scope(catalogue, catalogue_unit_on(catalogue, "99", 8000), SMALL_CATALOGUE_SCOPE));
		assert_true(catalogue_has_form(catalogue, "withdrawal", "commune", "campaign", 8000));
		assert_locks(catalogue);
	}
	layout_destroy(&loading->layout);
	catalogue_destroy(&loading->catalogue);
	free(loading->error);
	loading->error = NULL;
}

static void layout_and_catalogue_are_whole_or_not_there(void **state)
{
	assert_true(failing_malloc_everywhere(load_others, check_others, &(struct loading){.f = *state}) > 0);
}

struct configuring {
	FILE *input, *nowhere;
	struct config config;
	bool begun, read, set;
	const char *reason;
};

static void configure(void *context)
{
	struct configuring *c = context;
	rewind(c->input);
	c->begun = config_init(&c->config);
	c->read = c->begun && config_read(&c->config, "test", c->input, c->nowhere);
	c->set = c->begun && config_set(&c->config, "listen_pull=ipc:///tmp/x", &c->reason);
}

static void check_configured(void *context)
{
	struct configuring *c = context;

	if (c->read) {
		assert_string_equal(c->config.database, "dbname=elsewhere");
		assert_int_equal(c->config.writers, 7);
	}
	if (c->set)
		assert_string_equal(c->config.listen_pull, "ipc:///tmp/x");
	else if (c->begun)
		assert_string_equal(c->reason, "out of memory");
	config_clear(&c->config);
}

static void the_configuration_is_read_or_refused(void **state)
{
	static char text[] = "database = dbname=elsewhere\nwriters = 7\n";
	struct configuring c = {.input = fmemopen(text, sizeof text - 1, "r"), .nowhere = fopen("/dev/null", "w")};
	(void)state;
	assert_true(c.input != NULL && c.nowhere != NULL);
	assert_true(failing_malloc_everywhere(configure, check_configured, &c) > 0);
	(void)fclose(c.input);
	(void)fclose(c.nowhere);
}

/* from a decoded submission to what is written and answered */

struct writing {
	struct fixture *f;
	struct rows rows;
	size_t table;
	bool good;
	struct copy right; // without failures
	struct batch batch;
	const uint8_t *receipt;
	size_t receipt_size;
	struct signing *signing;
	merkle_hash root; // without failures
};

static void make_rows(void *context)
{
	struct writing *w = context;
	rows_init(&w->rows, w->f->contract, w->f->layout);
	rows_begin(&w->rows, w->table);
	for (size_t i = 0; i < w->f->submission->item_count; i++)
		rows_add(&w->rows, &w->f->submission->items[i]);
	w->good = copy_end(&w->rows.copy);
}

static void check_rows(void *context)
{
	struct writing *w = context;
	if (w->good) {
		assert_int_equal(w->rows.copy.used, w->right.used);
		assert_memory_equal(w->rows.copy.bytes, w->right.bytes, w->right.used);
	}
	rows_clear(&w->rows);
}

static void rows_are_all_there_or_not(void **state)
{
	struct writing w = {.f = *state};
	for (w.table = 0; w.table < w.f->layout->table_count; w.table++) {
		make_rows(&w);
		assert_true(w.good);
		w.right = w.rows.copy;
		assert_true(failing_malloc_everywhere(make_rows, check_rows, &w) > 0);
		copy_clear(&w.right);
	}
}

static void make_batch(void *context)
{
	struct writing *w = context;
	w->good = batch_init(&w->batch, w->f->submission);
}

static void check_batch(void *context)
{
	struct writing *w = context;
	if (w->good)
		assert_int_equal(w->batch.count, w->f->submission->item_count);
	batch_clear(&w->batch);
}

static void a_batch_is_whole_or_not_there(void **state)
{
	assert_true(failing_malloc_everywhere(make_batch, check_batch, &(struct writing){.f = *state}) > 0);
}

static void make_receipt(void *context)
{
	struct writing *w = context;
	w->receipt = receipt_pack(w->f->submission, &w->receipt_size);
}

static void check_receipt(void *context)
{
	struct writing *w = context;
	if (w->receipt == NULL)
		return;
	Baocao__Receipt *receipt = baocao__receipt__unpack(NULL, w->receipt_size, w->receipt);
	assert_non_null(receipt);
	assert_int_equal(receipt->n_outcome, w->f->submission->item_count);
	baocao__receipt__free_unpacked(receipt, NULL);
}

static void a_receipt_is_whole_or_not_there(void **state)
{
	assert_true(failing_malloc_everywhere(make_receipt, check_receipt, &(struct writing){.f = *state}) > 0);
}

static struct signing *signing_with_a_fresh_key(const struct contract *contract)
{
	char path[] = "/tmp/baocao-memory-XXXXXX", *error = NULL;
	int fd = mkstemp(path);
	struct config config = {.signing_key_file = path, .signing_key_file_previous = (char *)""};

	assert_int_equal(write(fd, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", 64), 64);
	struct signing *signing = signing_create(&config, contract, &error);
	assert_non_null(signing);
	(void)close(fd);
	(void)unlink(path);
	return signing;
}

static void sign(void *context)
{
	struct writing *w = context;
	w->f->submission->proof = NULL;
	signing_sign(w->signing, w->f->submission);
}

static void read_proof(const struct writing *w, struct proof_statement *ret)
{
	const Baocao__Signature *proof = w->f->submission->proof;
	assert_true(proof_read_statement((const char *)proof->statement.data, proof->statement.len, ret));
	assert_int_equal(proof->signature.len, PROOF_SIGNATURE_SIZE);
	assert_true(proof_is_signed((const char *)proof->statement.data, proof->statement.len, proof->signature.data, ret->key));
}

static void check_proof(void *context)
{
	struct writing *w = context;
	struct proof_statement statement;

	if (w->f->submission->proof == NULL)
		return;
	read_proof(w, &statement);
	assert_memory_equal(statement.root, w->root, sizeof w->root);
}

static void a_proof_is_whole_or_not_there(void **state)
{
	struct writing w = {.f = *state};
	struct proof_statement statement;

	w.signing = signing_with_a_fresh_key(w.f->contract);
	w.f->submission->routing_id_size = 1; // somebody waits for the receipt
	sign(&w);
	assert_non_null(w.f->submission->proof);
	read_proof(&w, &statement);
	memcpy(w.root, statement.root, sizeof w.root);
	assert_true(failing_malloc_everywhere(sign, check_proof, &w) > 0);
	w.f->submission->proof = NULL;
	signing_destroy(&w.signing);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_contract_is_whole_or_not_there),
		cmocka_unit_test(layout_and_catalogue_are_whole_or_not_there),
		cmocka_unit_test(the_configuration_is_read_or_refused),
		cmocka_unit_test(rows_are_all_there_or_not),
		cmocka_unit_test(a_batch_is_whole_or_not_there),
		cmocka_unit_test(a_receipt_is_whole_or_not_there),
		cmocka_unit_test(a_proof_is_whole_or_not_there),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
