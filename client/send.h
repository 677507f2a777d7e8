#ifndef BAOCAO_SEND_H
#define BAOCAO_SEND_H

#define SEND_ARGUMENTS                                                                                                  \
	"--server ENDPOINT [--server-key KEY --key FILE] [--timeout SECONDS] [--unchecked] FILE..."

// The subcommand: reads files, judges each report as the server would, delivers those that are right, and prints one
// outcome per report and a summary. Exit status: 0 all are stored, 1 some are not, 2 wrong use or files, 3 no answer.
int send_files(int argc, char **argv);

#endif
