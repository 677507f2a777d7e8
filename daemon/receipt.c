#include "receipt.h"

// What a receipt may take where decoding has left no room: some 5 MiB, with as many violations as an arena has room for.
enum { RECEIPT_ROOM = 8 << 20 };

static Baocao__Violation *violation_of(struct arena *arena, const struct violation *violation)
{
	Baocao__Violation *message = arena_alloc(arena, sizeof *message);
	if (message == NULL)
		return NULL;
	baocao__violation__init(message);
	message->path = (char *)violation->path;
	message->rule = (char *)violation->rule;
	message->vi = (char *)violation->vi;
	message->en = (char *)violation->en;
	return message;
}

static bool add_violations(Baocao__ReportOutcome *outcome, struct arena *arena, const struct verdict *verdict)
{
	outcome->violation = arena_alloc(arena, verdict->count * sizeof *outcome->violation);
	if (outcome->violation == NULL)
		return false;
	for (; outcome->n_violation < verdict->count; outcome->n_violation++) {
		outcome->violation[outcome->n_violation] = violation_of(arena, &verdict->list[outcome->n_violation]);
		if (outcome->violation[outcome->n_violation] == NULL)
			return false;
	}
	return true;
}

static bool set_received_at(Baocao__ReportOutcome *outcome, struct arena *arena, date_instant received_at)
{
	outcome->received_at = arena_alloc(arena, DATE_INSTANT_TEXT_SIZE);
	if (outcome->received_at != NULL)
		date_format_instant(received_at, outcome->received_at);
	return outcome->received_at != NULL;
}

static Baocao__ReportOutcome *outcome_of(struct arena *arena, const struct item *item)
{
	Baocao__ReportOutcome *message = arena_alloc(arena, sizeof *message);
	if (message == NULL)
		return NULL;
	baocao__report_outcome__init(message);
	message->has_outcome = 1;
	message->outcome = item->outcome;
	if (item->report_no > 0) {
		message->has_report_no = 1;
		message->report_no = (uint64_t)item->report_no;
		if (!set_received_at(message, arena, item->stored_received_at))
			return NULL;
	}
	if (item->outcome == BAOCAO__OUTCOME__OUTCOME_REFUSED) {
		if (!set_received_at(message, arena, item->submission->received_at))
			return NULL;
	} else {
		message->has_content_digest = 1;
		message->content_digest = (ProtobufCBinaryData){.len = DIGEST_SIZE, .data = (uint8_t *)item->digest};
	}
	if (item->unknown_fields > 0) {
		message->has_unknown_fields = 1;
		message->unknown_fields = item->unknown_fields;
	}
	return add_violations(message, arena, &item->verdict) ? message : NULL;
}

static void receipt_begin(Baocao__Receipt *receipt, const struct submission *submission)
{
	baocao__receipt__init(receipt);
	receipt->has_submission_id = submission->has_submission_id;
	receipt->submission_id = submission->submission_id;
}

static uint8_t *packed(struct arena *arena, const Baocao__Receipt *receipt, size_t *ret_size)
{
	*ret_size = baocao__receipt__get_packed_size(receipt);
	uint8_t *bytes = arena_alloc(arena, *ret_size);
	if (bytes != NULL)
		(void)baocao__receipt__pack(receipt, bytes);
	return bytes;
}

uint8_t *receipt_pack(struct submission *submission, size_t *ret_size)
{
	Baocao__Receipt receipt;
	struct arena *arena = submission->arena;

	arena_raise_cap(arena, RECEIPT_ROOM);
	receipt_begin(&receipt, submission);
	if (submission->whole != 0) {
		receipt.has_whole = 1;
		receipt.whole = submission->whole;
		receipt.problem = submission->problem.count > 0 ? violation_of(arena, &submission->problem.list[0]) : NULL;
		return packed(arena, &receipt, ret_size);
	}
	receipt.signature = submission->proof;
	receipt.outcome = arena_alloc(arena, submission->item_count * sizeof *receipt.outcome);
	if (receipt.outcome == NULL)
		return NULL;
	for (; receipt.n_outcome < submission->item_count; receipt.n_outcome++) {
		receipt.outcome[receipt.n_outcome] = outcome_of(arena, &submission->items[receipt.n_outcome]);
		if (receipt.outcome[receipt.n_outcome] == NULL)
			return NULL;
	}
	return packed(arena, &receipt, ret_size);
}

uint8_t *receipt_pack_busy(struct submission *submission, uint32_t retry_after_ms, size_t *ret_size)
{
	Baocao__Receipt receipt;

	receipt_begin(&receipt, submission);
	receipt.has_whole = 1;
	receipt.whole = BAOCAO__OUTCOME__OUTCOME_BUSY;
	receipt.has_retry_after_ms = 1;
	receipt.retry_after_ms = retry_after_ms;
	return packed(submission->arena, &receipt, ret_size);
}
