// wire decode|rows [PASSES]: what the daemon makes of reports between the sockets and PostgreSQL, with neither. The corpus
// is always the same: 100 submissions of 500 festival days, six rows a report. `decode` opens, scans, decodes and judges
// them by the contract. `rows` goes on, as intake and a writer do: judges them by the catalogue, takes their digests, orders
// them in batches of 10,000 and makes the bytes of COPY for every table. Prints reports for each second of processor time.
//
// wire count: a tenth of the corpus from the wire to rows, twice. The second time is inside wire_counted(), for an
// instrument that counts the instructions of that function alone (tests/bench/instructions). Prints how many reports that
// was.
#include <malloc.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

#include "authority.h"
#include "batch.h"
#include "filing.h"
#include "look.h"
#include "reference.h"
#include "rows.h"

enum { SUBMISSIONS = 100, REPORTS = 500, BATCH = 20, COUNTED = SUBMISSIONS / 10, PASSES = 5, ROWS_PER_REPORT = 6 };
enum { HEAP_KEPT_SIZE = 16 << 20, HEAP_LARGE_SIZE = 4 << 20 }; // as in daemon/main.c

struct wire {
	struct contract *contract;
	struct layout *layout;
	struct catalogue *catalogue;
	uint8_t *bodies[SUBMISSIONS];
	size_t sizes[SUBMISSIONS];
	struct rows rows;
	int64_t last_number;
	size_t rows_made;
};

void wire_counted(struct wire *wire);

static void check(bool good, const char *what)
{
	if (good)
		return;
	(void)fprintf(stderr, "wire: %s\n", what);
	abort();
}

static void prepare(struct wire *wire)
{
	char *error = NULL;

	wire->contract = contract_load(&error);
	check(wire->contract != NULL, error);
	wire->layout = layout_create(wire->contract);
	check(wire->layout != NULL, "out of memory");
	wire->catalogue = reference_load();
	rows_init(&wire->rows, wire->contract, wire->layout);
	for (size_t i = 0; i < SUBMISSIONS; i++) {
		struct filing filing = {
			.unit = reference_code((int32_t)(i % REFERENCE_PROVINCES)),
			.submission_id = i,
			.first = i / REFERENCE_PROVINCES * REPORTS,
			.reports = REPORTS,
		};
		wire->bodies[i] = filing_pack(&filing, &wire->sizes[i]);
	}
}

static void finish(struct wire *wire)
{
	for (size_t i = 0; i < SUBMISSIONS; i++)
		free(wire->bodies[i]);
	rows_clear(&wire->rows);
	catalogue_destroy(&wire->catalogue);
	layout_destroy(&wire->layout);
	contract_destroy(&wire->contract);
}

// The frame is not copied: nor does libzmq, when it has received one.
static struct submission *open_submission(struct wire *wire, size_t index)
{
	zmq_msg_t body;
	check(zmq_msg_init_data(&body, wire->bodies[index], wire->sizes[index], NULL, NULL) == 0, "out of memory");
	struct submission *submission = submission_create(&body, date_now());

	check(submission != NULL, "out of memory");
	submission->collector_id = (int32_t)index;
	submission->scope_unit_id = submission->scope_top_unit_id = (int32_t)(index % REFERENCE_PROVINCES) + 1;
	submission_open(submission);
	check(submission->whole == 0 && submission->item_count == REPORTS, "a submission cannot be opened");
	return submission;
}

static void pass_decode(struct wire *wire, size_t submissions)
{
	for (size_t i = 0; i < submissions; i++) {
		struct submission *submission = open_submission(wire, i);
		check(submission_decode(submission, wire->contract, REPORTS), "out of memory");
		for (size_t item = 0; item < REPORTS; item++)
			check(verdict_is_clean(&submission->items[item].verdict), "a report is not right");
		submission_destroy(&submission);
	}
}

// What the database would say of new reports.
static void store_all(struct wire *wire, struct batch *batch)
{
	check(batch->accepted == batch->count, "a report is refused");
	for (size_t i = 0; i < batch->count; i++) {
		batch->items[i]->outcome = BAOCAO__OUTCOME__OUTCOME_STORED;
		batch->items[i]->report_no = ++wire->last_number;
	}
	look_at_each_other(batch->items, batch->accepted);
}

static void make_rows(struct wire *wire, const struct batch *batch)
{
	for (size_t table = 0; table < wire->layout->table_count; table++) {
		rows_begin(&wire->rows, table);
		for (size_t i = 0; i < batch->count; i++)
			rows_add(&wire->rows, batch->items[i]);
		check(copy_end(&wire->rows.copy), "out of memory");
		wire->rows_made += wire->rows.copy.rows;
	}
}

static void write_batch(struct wire *wire, struct submission *list)
{
	struct batch batch;

	check(batch_init(&batch, list), "out of memory");
	store_all(wire, &batch);
	make_rows(wire, &batch);
	batch_clear(&batch);
	while (list != NULL) {
		struct submission *next = list->next;
		submission_destroy(&list);
		list = next;
	}
}

static void pass_rows(struct wire *wire, size_t submissions)
{
	struct submission *list = NULL;

	wire->rows_made = 0;
	for (size_t i = 0; i < submissions; i++) {
		struct submission *submission = open_submission(wire, i);
		check(submission_decode(submission, wire->contract, REPORTS), "out of memory");
		for (size_t n = 0; n < submission->item_count; n++)
			authority_judge(wire->contract, wire->catalogue, submission->scope_unit_id, &submission->items[n]);
		submission->next = list;
		list = submission;
		if ((i + 1) % BATCH == 0 || i + 1 == submissions) {
			write_batch(wire, list);
			list = NULL;
		}
	}
	check(wire->rows_made == submissions * REPORTS * ROWS_PER_REPORT, "not six rows a report");
}

// Not inlined and not cloned: its name is asked for.
#ifdef __clang__
__attribute__((noinline))
#else
__attribute__((noinline, noclone))
#endif
void wire_counted(struct wire *wire)
{
	pass_rows(wire, COUNTED);
	wire->last_number = 0; // also keeps the call above from becoming a jump
}

static double processor_seconds(void)
{
	struct timespec used;
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static void measure(struct wire *wire, const char *name, void (*pass)(struct wire *wire, size_t submissions), size_t passes)
{
	check(sodium_init() >= 0, "libsodium cannot be initialised");
	pass(wire, SUBMISSIONS); // buffers grow, caches warm up
	double begin = processor_seconds();
	for (size_t i = 0; i < passes; i++)
		pass(wire, SUBMISSIONS);
	(void)printf("%s %.0f\n", name, (double)(passes * SUBMISSIONS * REPORTS) / (processor_seconds() - begin));
}

// Without sodium_init() libsodium takes its portable code, the same on every processor.
static void count(struct wire *wire)
{
	pass_rows(wire, COUNTED);
	wire_counted(wire);
	(void)printf("%d\n", COUNTED * REPORTS);
}

int main(int argc, char **argv)
{
	static struct wire wire;
	size_t passes = argc > 2 ? strtoul(argv[2], NULL, 10) : PASSES;
	const char *what = argc > 1 ? argv[1] : "";

	(void)mallopt(M_TRIM_THRESHOLD, HEAP_KEPT_SIZE);
	(void)mallopt(M_MMAP_THRESHOLD, HEAP_LARGE_SIZE);
	prepare(&wire);
	if (strcmp(what, "decode") == 0)
		measure(&wire, what, pass_decode, passes);
	else if (strcmp(what, "rows") == 0)
		measure(&wire, what, pass_rows, passes);
	else if (strcmp(what, "count") == 0)
		count(&wire);
	else
		return fputs("usage: wire decode|rows|count [PASSES]\n", stderr), 2;
	finish(&wire);
	return 0;
}
