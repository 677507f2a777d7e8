// Log lines to standard error with the priority prefixes of sd-daemon(3), so that journald keeps the levels and a person
// at a terminal can read them. Any thread; one call writes one line.
#ifndef BAOCAO_LOG_H
#define BAOCAO_LOG_H

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
