#include "opened.h"

#include <string.h>

#include "authority.h"
#include "small_catalogue.h"

struct submission *opened_submission(const void *bytes, size_t size, date_instant received_at)
{
	zmq_msg_t body;

	if (zmq_msg_init_size(&body, size) != 0)
		return NULL;
	if (size > 0)
		memcpy(zmq_msg_data(&body), bytes, size);
	struct submission *submission = submission_create(&body, received_at);
	(void)zmq_msg_close(&body);
	if (submission == NULL)
		return NULL;
	submission->collector_id = 1;
	submission->scope_unit_id = submission->scope_top_unit_id = SMALL_CATALOGUE_SCOPE;
	submission_open(submission);
	return submission;
}

bool opened_decode(struct submission *submission, const struct contract *contract, const struct catalogue *catalogue)
{
	if (!submission_decode(submission, contract, submission->item_count))
		return false;
	for (size_t i = 0; i < submission->item_count; i++)
		authority_judge(contract, catalogue, submission->scope_unit_id, &submission->items[i]);
	return true;
}
