// Target: the signature of a receipt, as the collector's tool checks it when the receipt comes. What must hold whatever the bytes
// are:
//   - a receipt that is taken for signed says of each report what was signed, no more and no less;
//   - no key but the one that is trusted gets trusted.
#include <string.h>

#include "answer.h"
#include "mutate.h"
#include "proofs.h"
#include "signed_sample.h"
#include "target.h"

const struct mutate_target mutate_target = {.type = &baocao__receipt__descriptor};

static struct arena *kept; // what the sample is made in, till the end
static struct signed_sample *sample;
static struct outbox *outbox;
static struct proofs *proofs;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static struct signing_keys keys;

	(void)argc;
	(void)argv;
	kept = target_arena();
	sample = signed_sample_create(target_init(), kept);
	outbox = outbox_open(":memory:");
	target_require(sample != NULL && outbox != NULL && signing_keys_add(&keys, sample->key) &&
	                   signing_keys_save(&keys, outbox, "given"),
	               "there is a signed sample");
	proofs = proofs_create(outbox);
	target_require(proofs != NULL, "there is a verifier");
	return 0;
}

static bool says_the_same(const Baocao__ReportOutcome *a, const Baocao__ReportOutcome *b)
{
	if (a->outcome != b->outcome || a->received_at == NULL || strcmp(a->received_at, b->received_at) != 0)
		return false;
	return a->outcome == BAOCAO__OUTCOME__OUTCOME_REFUSED ||
	       (a->report_no == b->report_no && a->content_digest.len == DIGEST_SIZE &&
	        memcmp(a->content_digest.data, b->content_digest.data, DIGEST_SIZE) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct signing_keys trusted;
	struct outbox_proof proof;
	bool same = true;

	target_begin();
	Baocao__Receipt *receipt = answer_read(data, size);
	if (receipt == NULL)
		return 0;
	if (receipt->has_whole || receipt->n_outcome == SIGNED_SAMPLE_REPORTS) {
		bool proven = proofs_check(proofs, &sample->parcel, receipt, &proof);
		for (size_t i = 0; proven && i < SIGNED_SAMPLE_REPORTS; i++)
			same = same && says_the_same(receipt->outcome[i], &sample->outcomes[i]);
		target_require(same, "what is taken for signed was signed");
		trusted.count = 0;
		target_require(signing_keys_load(&trusted, outbox) && trusted.count == 1, "no other key gets trusted");
	}
	baocao__receipt__free_unpacked(receipt, NULL);
	return 0;
}
