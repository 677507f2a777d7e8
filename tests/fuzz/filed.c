#include "filed.h"

#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "json.h"
#include "judge.h"
#include "opened.h"
#include "outbox.h"
#include "target.h"

// As queue.c judges it and deliver.c sends it.
static void check_at_server(const struct contract *contract, Baocao__Report *report, const struct verdict *verdict,
							const uint8_t digest[static DIGEST_SIZE])
{
	Baocao__Submission message = BAOCAO__SUBMISSION__INIT;
	message.n_report = 1;
	message.report = &report;
	size_t size = baocao__submission__get_packed_size(&message);
	uint8_t *bytes = malloc(size);
	uint8_t again[DIGEST_SIZE];

	target_require(bytes != NULL, "there is memory");
	(void)baocao__submission__pack(&message, bytes);
	struct submission *submission = opened_submission(bytes, size, 0);
	free(bytes);
	target_require(submission != NULL && submission_decode(submission, contract, 1) && submission->item_count == 1,
				   "the server can take it apart");
	const struct item *item = &submission->items[0];
	target_require(item->verdict.count == verdict->count, "the server finds as much wrong with it");
	target_require(item->report != NULL || verdict->count > 0, "the server can read what is right");
	if (item->report != NULL) {
		digest_report(contract, item->report, again);
		target_require(memcmp(digest, again, DIGEST_SIZE) == 0, "it is the same content at the server");
	}
	submission_destroy(&submission);
}

static void check_json(const struct contract *contract, const ProtobufCMessage *report, struct arena *arena,
					   const uint8_t digest[static DIGEST_SIZE])
{
	struct verdict verdict;
	uint8_t again[DIGEST_SIZE];
	json_t *object = json_write_report(contract, report);

	verdict_init(&verdict, arena);
	ProtobufCMessage *back = json_read_report(contract, object, arena, &verdict);
	json_decref(object);
	target_require(back != NULL && verdict_is_clean(&verdict), "JSON of a right report can be read");
	digest_report(contract, back, again);
	target_require(memcmp(digest, again, DIGEST_SIZE) == 0, "JSON keeps the content");
}

void filed_check(const struct contract *contract, struct import *import)
{
	for (size_t i = 0; i < import->count; i++) {
		struct imported *imported = &import->reports[i];
		struct verdict verdict;
		uint8_t digest[DIGEST_SIZE];

		target_require(digest_canonicalise(contract, imported->report, import->arena), "there is memory");
		if (!imported->readable)
			continue; // never sent
		verdict_init(&verdict, import->arena);
		judge_report(contract, imported->report, &verdict);
		digest_report(contract, imported->report, digest);
		if (protobuf_c_message_get_packed_size(imported->report) <= OUTBOX_PARCEL_BYTES)
			check_at_server(contract, (Baocao__Report *)imported->report, &verdict, digest);
		if (verdict_is_clean(&verdict))
			check_json(contract, imported->report, import->arena, digest);
	}
}
