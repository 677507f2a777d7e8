#include "proofs.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge.h"
#include "report.pb-c.h"
#include "series.h"
#include "signing_keys.h"
#include "words.h"

enum { NODES_MAX = 2 * OUTBOX_PARCEL_REPORTS + 16 }; // of a tree over a parcel's entries

enum warning { NOT_SIGNED, NOT_A_SIGNATURE, OTHER_REPORTS, WRONG_SIGNATURE, UNKNOWN_KEY, WARNINGS };

static const char *const warning_text[WARNINGS] = {
	[NOT_SIGNED] = N_("the server does not sign its receipts any more"),
	[NOT_A_SIGNATURE] = N_("a receipt carries a signature that cannot be read"),
	[OTHER_REPORTS] = N_("a receipt carries a signature that is not about what it says"),
	[WRONG_SIGNATURE] = N_("a receipt carries a signature that its key did not make"),
	[UNKNOWN_KEY] = N_("receipts are signed by a key that is not trusted here; ask the ministry for its list of keys, and give it with --signing-key"),
};

struct proofs {
	struct outbox *outbox;
	struct contract *contract;
	struct signing_keys keys;
	bool warned[WARNINGS];
	merkle_hash nodes[NODES_MAX];
	merkle_step steps[MERKLE_STEPS_MAX];
};

struct proofs *proofs_create(struct outbox *outbox)
{
	struct proofs *proofs = calloc(1, sizeof *proofs);
	char *error = NULL;

	if (proofs != NULL) {
		proofs->outbox = outbox;
		proofs->contract = contract_load(&error);
	}
	if (proofs == NULL || proofs->contract == NULL)
		(void)fprintf(stderr, "baocao: %s\n", error == NULL ? _("out of memory") : error);
	else if (signing_keys_load(&proofs->keys, outbox))
		return proofs;
	free(error);
	proofs_destroy(&proofs);
	return NULL;
}

void proofs_destroy(struct proofs **proofs)
{
	if (*proofs == NULL)
		return;
	contract_destroy(&(*proofs)->contract);
	free(*proofs);
	*proofs = NULL;
}

static bool warn(struct proofs *proofs, enum warning warning)
{
	if (!proofs->warned[warning])
		(void)fprintf(stderr, "baocao: %s\n", _(warning_text[warning]));
	proofs->warned[warning] = true;
	return false;
}

/* the leaves */

void proofs_facts(const struct contract *contract, const Baocao__Report *report, const Baocao__ReportOutcome *outcome,
                  const uint8_t *bytes, size_t size, uint8_t digest[static DIGEST_SIZE], struct proof_facts *ret)
{
	const struct contract_kind *body = judge_body_kind(contract, &report->base);
	const struct contract_value *kind = body == NULL ? NULL : series_kind(contract, &report->base, body);
	const struct contract_value *type = contract_value_by_number(contract->period_type_enum, (int32_t)report->period_type);

	*ret = (struct proof_facts){.outcome = outcome->outcome,
	                            .unit_code = report->unit_code,
	                            .kind = kind == NULL ? NULL : kind->label,
	                            .period_type = type == NULL ? NULL : type->label,
	                            .first = report->period_first,
	                            .last = report->period_last,
	                            .revision = report->revision,
	                            .report_no = outcome->report_no,
	                            .received_at = outcome->received_at};
	if (outcome->outcome == BAOCAO__OUTCOME__OUTCOME_REFUSED) {
		(void)crypto_generichash(digest, DIGEST_SIZE, bytes, size, NULL, 0);
		ret->digest = digest;
	} else if (outcome->has_content_digest && outcome->content_digest.len == DIGEST_SIZE) {
		ret->digest = outcome->content_digest.data;
	}
}

// Reads the length of a report in a parcel, which outbox.c has written.
static size_t read_length(const uint8_t **at)
{
	size_t length = 0;

	for (int shift = 0;; shift += 7) {
		length |= (size_t)(**at & 0x7f) << shift;
		if ((*(*at)++ & 0x80) == 0)
			return length;
	}
}

static bool make_leaf(const struct proofs *proofs, const uint8_t *bytes, size_t size, const Baocao__ReportOutcome *outcome,
                      merkle_hash ret)
{
	uint8_t room[1 + PROOF_LEAF_SIZE], digest[DIGEST_SIZE];
	struct proof_facts facts;
	Baocao__Report *report = baocao__report__unpack(NULL, size, bytes);

	if (report == NULL)
		return false;
	proofs_facts(proofs->contract, report, outcome, bytes, size, digest, &facts);
	size_t leaf = proof_leaf(&facts, room);
	merkle_leaf(room, leaf, ret);
	baocao__report__free_unpacked(report, NULL);
	return leaf > 0;
}

// The root over what the receipt says, by the reports that were sent and not by any that the server may mean.
static bool make_root(struct proofs *proofs, const struct outbox_parcel *parcel, const Baocao__Receipt *receipt, merkle_hash ret)
{
	const uint8_t *at = parcel->bytes;

	for (size_t i = 0; i < parcel->count; i++) {
		at++; // the tag
		size_t size = read_length(&at);
		if (!make_leaf(proofs, at, size, receipt->outcome[i], proofs->nodes[i]))
			return false;
		at += size;
	}
	memcpy(ret, merkle_build(proofs->nodes, parcel->count), MERKLE_HASH_SIZE);
	return true;
}

/* keys */

static bool trust(struct proofs *proofs, const uint8_t *key, const char *origin)
{
	static struct signing_keys one;

	one.count = 0;
	return signing_keys_add(&proofs->keys, key) && signing_keys_add(&one, key) &&
	       signing_keys_save(&one, proofs->outbox, origin);
}

// Whether a key that is trusted says that this one follows it.
static bool is_endorsed(const struct proofs *proofs, const Baocao__Signature *signature, const uint8_t *key)
{
	struct proof_endorsement endorsement;
	const ProtobufCBinaryData *text = &signature->endorsement;
	date_instant since;

	if (!signature->has_endorsement || !signature->has_endorsement_signature ||
	    signature->endorsement_signature.len != PROOF_SIGNATURE_SIZE ||
	    !proof_read_endorsement((const char *)text->data, text->len, &endorsement) ||
	    memcmp(endorsement.key, key, PROOF_KEY_SIZE) != 0 || !date_parse_instant(endorsement.since, &since))
		return false;
	const struct signing_key *by = signing_keys_find(&proofs->keys, endorsement.by);
	return by != NULL && by->from <= since && since < by->to &&
	       proof_is_signed((const char *)text->data, text->len, signature->endorsement_signature.data, endorsement.by);
}

// The first key is taken from the server, whose connection CURVE has authenticated; a later one must be endorsed.
static void judge_key(struct proofs *proofs, const Baocao__Signature *signature, const uint8_t *key)
{
	char text[PROOF_KEY_TEXT_SIZE];
	bool first = proofs->keys.count == 0;

	if (signing_keys_find(&proofs->keys, key) != NULL)
		return;
	if (!first && !is_endorsed(proofs, signature, key)) {
		(void)warn(proofs, UNKNOWN_KEY);
		return;
	}
	proof_write_hex(key, PROOF_KEY_SIZE, text);
	if (trust(proofs, key, first ? "first use" : "endorsed"))
		(void)fprintf(stderr, _("baocao: receipts are signed with the key %s, trusted from now on: %s\n"), text,
		              first ? _("it is the first from this server; compare it with the one that the ministry has published")
		                    : _("the key before it says so"));
}

/* the check */

// They are copied, for bytes in a message begin anywhere.
static bool read_steps(struct proofs *proofs, const Baocao__Signature *signature, size_t *ret_count)
{
	*ret_count = signature->steps.len / MERKLE_STEP_SIZE;
	if (signature->steps.len % MERKLE_STEP_SIZE != 0 || *ret_count > MERKLE_STEPS_MAX)
		return false;
	if (*ret_count > 0)
		memcpy(proofs->steps, signature->steps.data, signature->steps.len);
	return true;
}

bool proofs_check(struct proofs *proofs, const struct outbox_parcel *parcel, const Baocao__Receipt *receipt,
                  struct outbox_proof *ret)
{
	const Baocao__Signature *signature = receipt->signature;
	struct proof_statement statement;
	merkle_hash root;
	size_t steps;

	if (receipt->has_whole)
		return false;
	if (signature == NULL)
		return proofs->keys.count > 0 && warn(proofs, NOT_SIGNED);
	if (signature->signature.len != PROOF_SIGNATURE_SIZE || !read_steps(proofs, signature, &steps) ||
	    !proof_read_statement((const char *)signature->statement.data, signature->statement.len, &statement))
		return warn(proofs, NOT_A_SIGNATURE);
	if (!make_root(proofs, parcel, receipt, root))
		return warn(proofs, OTHER_REPORTS);
	merkle_climb(root, (const merkle_step *)proofs->steps, steps);
	if (memcmp(root, statement.root, sizeof root) != 0)
		return warn(proofs, OTHER_REPORTS);
	if (!proof_is_signed((const char *)signature->statement.data, signature->statement.len, signature->signature.data,
	                     statement.key))
		return warn(proofs, WRONG_SIGNATURE);
	judge_key(proofs, signature, statement.key);
	*ret = (struct outbox_proof){.statement = signature->statement.data,
	                             .statement_size = signature->statement.len,
	                             .signature = signature->signature.data,
	                             .steps = (const merkle_step *)proofs->steps,
	                             .step_count = steps,
	                             .leaves = (const merkle_hash *)proofs->nodes,
	                             .leaf_count = parcel->count};
	return true;
}
