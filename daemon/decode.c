#include "decode.h"

#include "authority.h"

enum { SLICE_REPORTS = 50 }; // well under a millisecond

enum decode_result decode_slice(struct submission *submission, const struct contract *contract,
                                const struct catalogue *catalogue)
{
	size_t first = submission->decoded;

	if (!submission_decode(submission, contract, SLICE_REPORTS))
		return DECODE_NO_MEMORY;
	for (size_t i = first; i < submission->decoded; i++)
		authority_judge(contract, catalogue, submission->scope_unit_id, &submission->items[i]);
	return submission->decoded < submission->item_count ? DECODE_MORE : DECODE_COMPLETE;
}

enum decode_result decode_all(struct submission *submission, const struct contract *contract,
                              const struct catalogue *catalogue)
{
	enum decode_result result;

	do
		result = decode_slice(submission, contract, catalogue);
	while (result == DECODE_MORE);
	return result;
}
