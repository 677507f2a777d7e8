// Every allocation on the way of a submission from its bytes to verdicts fails once. A report that is right is accepted,
// with its digest, or the submission is not there: memory that is out makes no report wrong.
#include "cmocka_all.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "failing_malloc.h"
#include "opened.h"
#include "sample.h"
#include "small_catalogue.h"

struct fixture {
	struct contract *contract;
	struct catalogue *catalogue;
	uint8_t *bytes;
	size_t size;
	date_instant now;
	struct submission *right, *submission; // without failures, and with
	bool decoded;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	char *error = NULL;
	*state = f;
	if (f == NULL || sodium_init() < 0)
		return 1;
	f->now = date_now();
	f->contract = contract_load(&error);
	f->catalogue = small_catalogue(f->contract, &error);
	f->bytes = sample_submission(f->contract, 12, &f->size);
	f->right = opened_submission(f->bytes, f->size, f->now);
	return f->right != NULL && opened_decode(f->right, f->contract, f->catalogue) ? 0 : 1;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	submission_destroy(&f->right);
	free(f->bytes);
	catalogue_destroy(&f->catalogue);
	contract_destroy(&f->contract);
	free(f);
	return 0;
}

static void decode(void *context)
{
	struct fixture *f = context;
	f->submission = opened_submission(f->bytes, f->size, f->now);
	f->decoded = f->submission != NULL && opened_decode(f->submission, f->contract, f->catalogue);
}

static void check(void *context)
{
	struct fixture *f = context;
	if (f->decoded) {
		assert_int_equal(f->submission->whole, 0);
		assert_int_equal(f->submission->item_count, f->right->item_count);
	}
	for (size_t i = 0; f->decoded && i < f->submission->item_count; i++) {
		const struct item *item = &f->submission->items[i];
		if (item->verdict.count > 0)
			print_error("%s: %s\n", item->verdict.list[0].path, item->verdict.list[0].en);
		assert_int_equal(item->outcome, 0);
		assert_memory_equal(item->digest, f->right->items[i].digest, DIGEST_SIZE);
	}
	submission_destroy(&f->submission);
}

static void memory_that_is_out_makes_no_report_wrong(void **state)
{
	assert_true(failing_malloc_everywhere(decode, check, *state) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_that_is_out_makes_no_report_wrong),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
