#include "exit_status.h"

#include "words.h"

static const char *const helps[STATUS_COUNT] = {
	[STATUS_ALL_STORED] = N_("all went well: every report is stored (queue: queued; check: right; status: nothing is pending or refused; ping: every "
                             "server knows the key; watch: it was told to end)"),
	[STATUS_SOME_NOT] = N_("some reports are not right, or not stored yet; each was printed with what is wrong (ping: some servers were "
                           "not reached)"),
	[STATUS_WRONG] = N_("wrong use, a file that cannot be read, or an outbox or folder that cannot be worked with (a full disk, say)"),
	[STATUS_NO_ANSWER] = N_("no server answered: what is pending stays in the outbox"),
};

const char *exit_status_help(enum exit_status status)
{
	return helps[status];
}
