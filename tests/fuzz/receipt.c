// Target: what a server answers, from the bytes to the outbox, as deliver.c does it.
//
// What must hold whatever the bytes are:
//   - an answer has one known outcome for each report, or one for the whole, never none;
//   - after it was taken, each entry has the outcome that the receipt says, and says it when it is read again; after a
//   refusal
//     of a whole that had several, all are pending; when it was not taken nothing has changed.
#include <string.h>

#include "answer.h"
#include "mutate.h"
#include "outbox.h"
#include "show.h"
#include "target.h"

enum { ENTRIES_MAX = 16 }; // of one input: an outbox costs time

const struct mutate_target mutate_target = {.type = &baocao__receipt__descriptor};

struct seen {
	const Baocao__Receipt *receipt;
	size_t count;
	bool taken;
};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	(void)target_init();
	return 0;
}

static void check_outcome(bool given, Baocao__Outcome outcome, bool of_whole)
{
	bool whole = outcome == BAOCAO__OUTCOME__OUTCOME_BUSY || outcome == BAOCAO__OUTCOME__OUTCOME_PROTOCOL;
	target_require(given && strcmp(show_outcome_name(outcome), "UNKNOWN") != 0 && outcome != 0 && whole == of_whole,
				   "an answer has a known outcome");
}

// The entry's content is the one that is answered for, where the answer tells.
static bool add(struct outbox *outbox, const Baocao__Receipt *receipt, size_t i)
{
	uint8_t digest[DIGEST_SIZE] = {(uint8_t)i};
	const Baocao__ReportOutcome *outcome = receipt->has_whole ? NULL : receipt->outcome[i];
	struct outbox_report report = {.bytes = (const uint8_t *)"", .series = "series", .digest = digest, .path = "file"};
	int64_t entry_no;

	report.line = i;
	report.revision = (uint32_t)i;
	if (outcome != NULL && outcome->has_content_digest && outcome->content_digest.len == DIGEST_SIZE)
		memcpy(digest, outcome->content_digest.data, DIGEST_SIZE);
	target_require(outbox_add(outbox, &report, &entry_no), "an entry can be added");
	return entry_no == (int64_t)i + 1; // else the same content twice: no receipt of ours, for it is queued once
}

static struct outbox *filled(const Baocao__Receipt *receipt, size_t count)
{
	struct outbox *outbox = outbox_open(":memory:");
	bool good = true;

	target_require(outbox != NULL && outbox_begin(outbox), "there is an outbox");
	for (size_t i = 0; good && i < count; i++)
		good = add(outbox, receipt, i);
	target_require(outbox_commit(outbox), "entries can be kept");
	if (!good)
		outbox_close(&outbox);
	return outbox;
}

static void look(void *user, const struct outbox_entry *entry)
{
	struct seen *seen = user;
	const Baocao__Receipt *receipt = seen->receipt;
	Baocao__Outcome wanted = !seen->taken || (receipt->has_whole && seen->count > 1) ? 0
							 : receipt->has_whole                                    ? receipt->whole
												  : receipt->outcome[entry->line]->outcome;

	target_require(entry->outcome == wanted, "an entry has the outcome that was answered");
	target_require((entry->answer != NULL) == (wanted != 0), "an answer is kept");
	if (entry->answer != NULL) {
		Baocao__ReportOutcome *answer = baocao__report_outcome__unpack(NULL, entry->answer_size, entry->answer);
		target_require(answer != NULL && answer->outcome == wanted, "an answer that is kept can be read");
		baocao__report_outcome__free_unpacked(answer, NULL);
	}
	show_entry(entry);
}

// Entries of one series wait for each other: the parcel is made by hand.
static void answer(struct outbox *outbox, const Baocao__Receipt *receipt, size_t count)
{
	static struct outbox_parcel parcel;
	struct seen seen = {.receipt = receipt, .count = count};

	parcel.count = count;
	for (size_t i = 0; i < count; i++) {
		const Baocao__ReportOutcome *outcome = receipt->has_whole ? NULL : receipt->outcome[i];
		parcel.entries[i] = (int64_t)i + 1;
		memset(parcel.digests[i], 0, DIGEST_SIZE);
		if (outcome != NULL && outcome->has_content_digest && outcome->content_digest.len == DIGEST_SIZE)
			memcpy(parcel.digests[i], outcome->content_digest.data, DIGEST_SIZE);
	}
	seen.taken = outbox_answer(outbox, &parcel, receipt, NULL);
	target_require(outbox_each(outbox, OUTBOX_ALL, 0, look, &seen), "entries can be looked at");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	target_begin();
	Baocao__Receipt *receipt = answer_read(data, size);

	if (receipt == NULL)
		return 0;
	if (receipt->has_whole)
		check_outcome(true, receipt->whole, true);
	for (size_t i = 0; !receipt->has_whole && i < receipt->n_outcome; i++)
		check_outcome(receipt->outcome[i]->has_outcome, receipt->outcome[i]->outcome, false);
	size_t count = receipt->has_whole ? 1 + receipt->submission_id % 2 : receipt->n_outcome;
	struct outbox *outbox = count > ENTRIES_MAX ? NULL : filled(receipt, count);
	bool busy = receipt->has_whole && receipt->whole == BAOCAO__OUTCOME__OUTCOME_BUSY; // not for the outbox
	if (outbox != NULL && !busy)
		answer(outbox, receipt, count);
	outbox_close(&outbox);
	baocao__receipt__free_unpacked(receipt, NULL);
	return 0;
}
