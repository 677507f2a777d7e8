// How a command ends: one text for each status, in one table (exit_status.c). Help, the manual page and the tests read it.
#ifndef BAOCAO_EXIT_STATUS_H
#define BAOCAO_EXIT_STATUS_H

enum exit_status { STATUS_ALL_STORED, STATUS_SOME_NOT, STATUS_WRONG, STATUS_NO_ANSWER, STATUS_COUNT };

// When it is that, in words.
const char *exit_status_help(enum exit_status status);

#endif
