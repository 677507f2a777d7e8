#include "submission.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "judge.h"

enum { REPORT_HEAD_MAX = 15 }; // tag and length of a report: two varints

struct submission *submission_create(zmq_msg_t *body, date_instant received_at)
{
	struct submission *submission = calloc(1, sizeof *submission);
	if (submission == NULL)
		return NULL;
	submission->arena = arena_create(SUBMISSION_ARENA_MAX);
	if (submission->arena == NULL) {
		free(submission);
		return NULL;
	}
	(void)zmq_msg_init(&submission->body);
	(void)zmq_msg_move(&submission->body, body);
	submission->received_at = received_at;
	submission->received_us = clock_now_us();
	verdict_init(&submission->problem, submission->arena);
	return submission;
}

void submission_destroy(struct submission **submission)
{
	if (*submission == NULL)
		return;
	(void)zmq_msg_close(&(*submission)->body);
	arena_destroy(&(*submission)->arena);
	free(*submission);
	*submission = NULL;
}

void submission_destroy_list(struct submission **list)
{
	while (*list != NULL) {
		struct submission *next = (*list)->next;
		submission_destroy(list);
		*list = next;
	}
}

void submission_refuse(struct submission *submission, enum rule rule, const char *value, const char *limit)
{
	submission->whole = BAOCAO__OUTCOME__OUTCOME_PROTOCOL;
	verdict_add(&submission->problem, rule, NULL, &(struct violation_words){.value = value, .limit = limit});
}

size_t submission_weight(const struct submission *submission)
{
	return submission->item_count > 0 ? submission->item_count : 1;
}

static void refuse_count(struct submission *submission, size_t count)
{
	char value[24], limit[24];
	(void)snprintf(value, sizeof value, "%zu", count);
	(void)snprintf(limit, sizeof limit, "%d", SCAN_REPORTS_MAX);
	submission_refuse(submission, RULE_REPORT_COUNT, value, limit);
}

// One report: a bad one gets its verdict, its neighbours are not touched. False when memory is out.
static bool decode_item(struct item *item, const struct contract *contract)
{
	struct arena *arena = item->submission->arena;
	char problem[SCAN_PROBLEM_SIZE];

	verdict_init(&item->verdict, arena);
	if (!scan_report(contract, &item->raw, &item->unknown_fields, problem)) {
		verdict_add(&item->verdict, RULE_MALFORMED, NULL, &(struct violation_words){.value = problem});
		return true;
	}
	item->report = protobuf_c_message_unpack(contract->report->wire, arena_allocator(arena), item->raw.size, item->raw.bytes);
	if (item->report == NULL || !digest_canonicalise(contract, item->report, arena))
		return false; // what the scan lets through can be unpacked: there is no room
	item->body = judge_body_kind(contract, item->report);
	judge_report(contract, item->report, &item->verdict);
	return !item->verdict.out_of_memory;
}

static void refuse_size(struct submission *submission, size_t size)
{
	char value[32], limit[32];
	(void)snprintf(value, sizeof value, "%zu", size);
	(void)snprintf(limit, sizeof limit, "%d", SUBMISSION_SIZE_MAX);
	submission_refuse(submission, RULE_TOO_LARGE, value, limit);
}

void submission_open(struct submission *submission)
{
	struct scan_submission scanned;
	char problem[SCAN_PROBLEM_SIZE];
	size_t size = zmq_msg_size(&submission->body);
	bool good = scan_submission(zmq_msg_data(&submission->body), size, &scanned, problem);

	submission->has_submission_id = scanned.has_submission_id;
	submission->submission_id = scanned.submission_id; // known now, so that its sender can tell what a refusal is about
	if (size > SUBMISSION_SIZE_MAX) {
		refuse_size(submission, size);
		return;
	}
	if (!good) {
		submission_refuse(submission, RULE_MALFORMED, problem, NULL);
		return;
	}
	if (scanned.report_count == 0 || scanned.report_count > SCAN_REPORTS_MAX) {
		refuse_count(submission, scanned.report_count);
		return;
	}
	submission->item_count = scanned.report_count;
}

static size_t put_varint(uint8_t *to, uint64_t number)
{
	size_t size = 0;
	for (; number >= 0x80; number >>= 7)
		to[size++] = (uint8_t)(number | 0x80);
	to[size++] = (uint8_t)number;
	return size;
}

// The body in which its sender could have sent the report alone. False when memory is out.
static bool wrap_report(zmq_msg_t *body, const void *raw, size_t size)
{
	const unsigned length_delimited = 2; // wire type
	uint32_t field = protobuf_c_message_descriptor_get_field_by_name(&baocao__submission__descriptor, "report")->id;
	uint8_t head[REPORT_HEAD_MAX];
	size_t used = put_varint(head, field << 3 | length_delimited);

	used += put_varint(head + used, size);
	if (zmq_msg_init_size(body, used + size) != 0)
		return false;
	memcpy(zmq_msg_data(body), head, used);
	memcpy((uint8_t *)zmq_msg_data(body) + used, raw, size);
	return true;
}

struct submission *submission_of_report(const void *raw, size_t size, date_instant received_at)
{
	zmq_msg_t body;

	if (!wrap_report(&body, raw, size))
		return NULL;
	struct submission *submission = submission_create(&body, received_at);
	(void)zmq_msg_close(&body);
	if (submission != NULL)
		submission_open(submission);
	return submission;
}

// The items are made late, for a submission that waits is to take little more than its body.
static bool make_items(struct submission *submission)
{
	struct scan_submission scanned;
	char problem[SCAN_PROBLEM_SIZE];

	submission->items = arena_alloc(submission->arena, submission->item_count * sizeof *submission->items);
	if (submission->items == NULL)
		return false;
	(void)scan_submission(zmq_msg_data(&submission->body), zmq_msg_size(&submission->body), &scanned, problem); // was good
	for (size_t i = 0; i < submission->item_count; i++) {
		submission->items[i].submission = submission;
		submission->items[i].raw = scanned.reports[i];
	}
	return true;
}

// Everything decoded so far is dropped with the arena.
static bool refuse_as_too_large(struct submission *submission)
{
	struct arena *fresh = arena_create(SUBMISSION_ARENA_MAX);
	char limit[32];

	if (fresh == NULL)
		return false;
	arena_destroy(&submission->arena);
	submission->arena = fresh;
	submission->item_count = submission->decoded = 0;
	submission->items = NULL;
	verdict_init(&submission->problem, fresh);
	(void)snprintf(limit, sizeof limit, "%d MiB decoded", SUBMISSION_ARENA_MAX >> 20);
	submission_refuse(submission, RULE_TOO_LARGE, "too many", limit);
	return true;
}

bool submission_decode(struct submission *submission, const struct contract *contract, size_t reports)
{
	if (submission->items == NULL && submission->item_count > 0 && !make_items(submission))
		return false;
	for (; reports > 0 && submission->decoded < submission->item_count; reports--) {
		if (!decode_item(&submission->items[submission->decoded], contract))
			return arena_hit_cap(submission->arena) && refuse_as_too_large(submission);
		submission->decoded++;
	}
	return true;
}
