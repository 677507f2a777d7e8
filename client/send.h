// The subcommands that work on an outbox: queue, deliver, send (both), status.
#ifndef BAOCAO_SEND_H
#define BAOCAO_SEND_H

#define SEND_QUEUE_ARGUMENTS "[--outbox FILE] [--unchecked] FILE..."
#define SEND_DELIVER_ARGUMENTS                                                                                          \
	"[--outbox FILE] --server ENDPOINT [--server-key KEY]... --key FILE [--signing-key KEY|FILE]... "      \
	"[--timeout SECONDS]"
#define SEND_ARGUMENTS SEND_DELIVER_ARGUMENTS " [--unchecked] FILE..."
#define SEND_STATUS_ARGUMENTS "[--outbox FILE] [--pending | --refused | --all]"

// Exit status of all: 0 all reports are stored (queue: queued; status: nothing is pending or refused), 1 some are not, 2
// wrong use, files or outbox, 3 no answer: what is pending stays in the outbox.
int send_queue(int argc, char **argv);
int send_deliver(int argc, char **argv);
int send_files(int argc, char **argv);
int send_status(int argc, char **argv);

#endif
