#include "answer.h"

static bool is_outcome(protobuf_c_boolean given, Baocao__Outcome outcome, unsigned allowed)
{
	return given && (unsigned)outcome < 32 && (allowed >> outcome & 1) != 0;
}

static bool is_answer(const Baocao__Receipt *receipt)
{
	const unsigned of_whole = 1U << BAOCAO__OUTCOME__OUTCOME_BUSY | 1U << BAOCAO__OUTCOME__OUTCOME_PROTOCOL;
	const unsigned of_report = 1U << BAOCAO__OUTCOME__OUTCOME_STORED | 1U << BAOCAO__OUTCOME__OUTCOME_DUPLICATE |
							   1U << BAOCAO__OUTCOME__OUTCOME_CONFLICT | 1U << BAOCAO__OUTCOME__OUTCOME_SUPERSEDED |
							   1U << BAOCAO__OUTCOME__OUTCOME_REFUSED;

	if (!receipt->has_submission_id)
		return false;
	if (receipt->has_whole)
		return is_outcome(true, receipt->whole, of_whole) && receipt->n_outcome == 0;
	for (size_t i = 0; i < receipt->n_outcome; i++)
		if (!is_outcome(receipt->outcome[i]->has_outcome, receipt->outcome[i]->outcome, of_report))
			return false;
	return true;
}

Baocao__Receipt *answer_read(const void *bytes, size_t size)
{
	Baocao__Receipt *receipt = baocao__receipt__unpack(NULL, size, bytes);

	if (receipt != NULL && !is_answer(receipt)) {
		baocao__receipt__free_unpacked(receipt, NULL);
		return NULL;
	}
	return receipt;
}
