// Target: the body of a submission, from the bytes to the rows and the receipt, as intake and a writer do it.
//
// What must hold whatever the bytes are:
//   - what the scan lets through can be unpacked;
//   - what the rows would store is what was sent: a report built of the rows has the digest that is stored with them;
//   - a report packed again, or with its fields in another order, is the same content to scan, decode and digest;
//   - an accepted report goes through JSON and back without a change;
//   - the receipt can be made and read, is no heap, has an outcome for each report, a reason for each refusal, and texts in
//     UTF-8;
//   - what becomes of a report does not depend on its neighbours.
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "json.h"
#include "mend.h"
#include "mutate.h"
#include "opened.h"
#include "receipt.h"
#include "small_catalogue.h"
#include "reorder.h"
#include "restore.h"
#include "target.h"
#include "text.h"

static const date_instant RECEIVED_AT = INT64_C(820454400) * 1000000; // the end of 2025

enum { RECEIPT_MAX = 4 << 20 };

static const struct contract *contract;
static struct catalogue *catalogue;
static struct layout *layout;
static struct rows rows;

static void mend(ProtobufCMessage *message)
{
	Baocao__Submission *submission = (Baocao__Submission *)message;
	for (size_t i = 0; i < submission->n_report; i++)
		mend_report(contract, &submission->report[i]->base);
}

const struct mutate_target mutate_target = {.type = &baocao__submission__descriptor, .mend = mend};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char *error = NULL;
	(void)argc;
	(void)argv;
	contract = target_init();
	catalogue = small_catalogue(contract, &error);
	layout = layout_create(contract);
	target_require(catalogue != NULL && layout != NULL, "there are a catalogue and a layout");
	rows_init(&rows, contract, layout);
	return 0;
}

// What scan and decode make of a report's bytes: it must be the same content.
static void check_same(const struct scan_slice *bytes, const uint8_t digest[static DIGEST_SIZE], struct arena *arena,
					   const char *what)
{
	char problem[SCAN_PROBLEM_SIZE];
	uint32_t unknown;
	uint8_t again[DIGEST_SIZE];

	target_require(scan_report(contract, bytes, &unknown, problem), what);
	ProtobufCMessage *report =
		protobuf_c_message_unpack(contract->report->wire, arena_allocator(arena), bytes->size, bytes->bytes);
	target_require(report != NULL && digest_canonicalise(contract, report, arena), what);
	digest_report(contract, report, again);
	target_require(memcmp(digest, again, DIGEST_SIZE) == 0, what);
}

static void check_json(const struct item *item, struct arena *arena)
{
	struct verdict verdict;
	uint8_t again[DIGEST_SIZE];
	json_t *object = json_write_report(contract, item->report);

	verdict_init(&verdict, arena);
	ProtobufCMessage *report = json_read_report(contract, object, arena, &verdict);
	json_decref(object);
	target_require(report != NULL && verdict_is_clean(&verdict), "JSON of an accepted report can be read");
	digest_report(contract, report, again);
	target_require(memcmp(item->digest, again, DIGEST_SIZE) == 0, "JSON keeps the content");
}

static void check_unpacked(const struct item *item)
{
	char problem[SCAN_PROBLEM_SIZE];
	uint32_t unknown;

	target_require(item->report != NULL || !scan_report(contract, &item->raw, &unknown, problem),
				   "what the scan lets through can be unpacked");
}

static void check_decoded(const struct item *item, struct arena *arena)
{
	uint8_t digest[DIGEST_SIZE];
	size_t size = protobuf_c_message_get_packed_size(item->report);
	uint8_t *packed = arena_alloc(arena, size);

	target_require(packed != NULL, "there is memory");
	(void)protobuf_c_message_pack(item->report, packed);
	digest_report(contract, item->report, digest);
	check_same(&(struct scan_slice){.bytes = packed, .size = size}, digest, arena, "a report packed again is the same");
	struct scan_slice reordered = reorder_report(contract, &item->raw, arena);
	check_same(&reordered, digest, arena, "a report with its fields in another order is the same");
}

// A Submission with that report alone; the caller frees the bytes.
static size_t submission_of_one(const struct item *item, uint8_t **ret_bytes)
{
	size_t used = 0;
	uint8_t *bytes = malloc(item->raw.size + 16);

	target_require(bytes != NULL, "there is memory");
	bytes[used++] = 2 << 3 | 2; // Submission.report
	for (size_t left = item->raw.size;; left >>= 7) {
		bytes[used++] = (uint8_t)(left & 0x7F) | (left >= 0x80 ? 0x80 : 0);
		if (left < 0x80)
			break;
	}
	if (item->raw.size > 0)
		memcpy(bytes + used, item->raw.bytes, item->raw.size);
	*ret_bytes = bytes;
	return used + item->raw.size;
}

static void check_accepted(struct item *item, struct arena *arena)
{
	uint8_t digest[DIGEST_SIZE];

	item->report_no = 4711;
	digest_report(contract, restore_report(&rows, item, arena), digest);
	target_require(memcmp(digest, item->digest, DIGEST_SIZE) == 0, "what the rows store is what was sent");
	check_json(item, arena);
	item->outcome = BAOCAO__OUTCOME__OUTCOME_STORED;
}

// The last one: it has the most before it.
static void check_alone(const struct submission *submission)
{
	uint8_t *bytes = NULL;
	const struct item *last = &submission->items[submission->item_count - 1];
	size_t size = submission_of_one(last, &bytes);
	struct submission *alone = opened_submission(bytes, size, RECEIVED_AT);

	free(bytes);
	target_require(alone != NULL && opened_decode(alone, contract, catalogue), "there is memory");
	const struct item *item = &alone->items[0];
	bool same = alone->item_count == 1 && item->outcome == last->outcome && item->unknown_fields == last->unknown_fields &&
				(item->verdict.count == last->verdict.count || last->verdict.incomplete) &&
				(item->outcome != 0 || memcmp(item->digest, last->digest, DIGEST_SIZE) == 0);
	target_require(same, "a report is judged without regard to its neighbours");
	submission_destroy(&alone);
}

static void check_text(const char *text)
{
	target_require(text != NULL && text_is_valid(text, strlen(text)), "a receipt's texts are UTF-8");
}

static void check_receipt(struct submission *submission)
{
	size_t size;
	const uint8_t *bytes = receipt_pack(submission, &size);
	Baocao__Receipt *receipt = bytes == NULL ? NULL : baocao__receipt__unpack(NULL, size, bytes);

	target_require(receipt != NULL, "there is a receipt that can be read");
	target_require(size <= RECEIPT_MAX, "a receipt is no heap");
	target_require(receipt->n_outcome == (submission->whole == 0 ? submission->item_count : 0),
				   "each report has an outcome");
	target_require((receipt->problem != NULL) == (submission->whole != 0), "a refusal of the whole has its reason");
	for (size_t i = 0; i < receipt->n_outcome; i++) {
		const Baocao__ReportOutcome *outcome = receipt->outcome[i];
		target_require(outcome->outcome != BAOCAO__OUTCOME__OUTCOME_REFUSED || outcome->n_violation > 0,
					   "a refusal has its reason");
		for (size_t j = 0; j < outcome->n_violation; j++) {
			check_text(outcome->violation[j]->path);
			check_text(outcome->violation[j]->vi);
			check_text(outcome->violation[j]->en);
		}
	}
	if (receipt->problem != NULL)
		check_text(receipt->problem->en);
	baocao__receipt__free_unpacked(receipt, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	target_begin();
	struct submission *submission = opened_submission(data, size, RECEIVED_AT);
	struct arena *arena = target_arena();

	target_require(submission != NULL && opened_decode(submission, contract, catalogue), "there is memory");
	if (submission->item_count > 1)
		check_alone(submission);
	for (size_t i = 0; i < submission->item_count; i++) {
		struct item *item = &submission->items[i];
		check_unpacked(item);
		if (item->report != NULL)
			check_decoded(item, arena);
		if (item->outcome == 0)
			check_accepted(item, arena);
	}
	check_receipt(submission);
	arena_destroy(&arena);
	submission_destroy(&submission);
	return 0;
}
