// Log lines. Where standard error is the journal's (JOURNAL_STREAM says so, systemd.exec(5)), they go to it with their
// priority and with fields that can be asked for: journalctl BAOCAO_UNIT=79. Else they are lines of text on standard error. Any
// thread; one call writes one line.
#ifndef BAOCAO_LOG_H
#define BAOCAO_LOG_H

#include <stdbool.h>
#include <stdint.h>

// What a line is about, as fields of the journal; what is NULL or 0 is left out. log.c has their names.
struct log_facts {
	const char *unit;        // code
	const char *collector;   // name
	int32_t collector_id;
	const char *period;      // FIRST/LAST
	const char *kind;
	int64_t report_no;
	const char *error_class; // what went wrong, one word of those who watch: "database", "data", "authority", "gate" ...
	const char *sqlstate;
	const char *peer;        // address
};

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));

void log_error_of(const struct log_facts *facts, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_warning_of(const struct log_facts *facts, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_info_of(const struct log_facts *facts, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
