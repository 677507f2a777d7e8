// The configuration: one table (config.c) drives the file parser, --set, --help, --print-config, --check and the manual.
// Constant after start.
#ifndef BAOCAO_CONFIG_H
#define BAOCAO_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct config {
	char *listen_router, *listen_pull, *secret_key_file;
	char *listen_router_next, *listen_pull_next, *secret_key_file_next;
	char *signing_key_file, *signing_key_file_previous;
	char *anonymous_collector;
	char *database;
	bool allow_unsafe_durability;
	int64_t writers;
	int64_t max_pending_reports, max_pending_mib, max_unread_mib;
	int64_t sender_max_reports, sender_calm_reports, busy_retry_ms;
	int64_t batch_max_reports;
	int64_t drain_seconds;
};

// Fills in the defaults. False when memory is out.
bool config_init(struct config *config);
void config_clear(struct config *config);

// Reads a file of "name = value" lines. All problems of the file go to the stream, one line each with file and line
// number; false when there was any.
bool config_read_file(struct config *config, const char *path, FILE *problems);
// The same of an open file; path is what problems call it.
bool config_read(struct config *config, const char *path, FILE *file, FILE *problems);

// Sets one value from "name=value". False: *ret_reason says why (static or thread-local text, do not free).
bool config_set(struct config *config, const char *assignment, const char **ret_reason);

// What can be told without the database: values that contradict each other. One line each; false when there was any.
bool config_check(const struct config *config, FILE *problems);

// The options' part of --help, and the whole configuration as a file that can be read back.
void config_help(FILE *out);
void config_print(const struct config *config, FILE *out);

#endif
