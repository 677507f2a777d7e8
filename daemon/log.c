#define SD_JOURNAL_SUPPRESS_LOCATION // where in the code a line comes from is of no use to an operator
#include "log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

enum {
	LINE_MAX_SIZE = 1024, // longer lines are cut: a log line is read by people
	FIELD_MAX_SIZE = 320, // a name and the longest value: a collector's name
	FIELDS_FIRST = 3      // MESSAGE, PRIORITY, SYSLOG_IDENTIFIER
};

enum fact_type { FACT_TEXT, FACT_INT32, FACT_INT64 };

static const struct {
	const char *field;
	enum fact_type type;
	size_t offset;
} facts_table[] = {
	{"BAOCAO_UNIT", FACT_TEXT, offsetof(struct log_facts, unit)},
	{"BAOCAO_COLLECTOR", FACT_TEXT, offsetof(struct log_facts, collector)},
	{"BAOCAO_COLLECTOR_ID", FACT_INT32, offsetof(struct log_facts, collector_id)},
	{"BAOCAO_PERIOD", FACT_TEXT, offsetof(struct log_facts, period)},
	{"BAOCAO_KIND", FACT_TEXT, offsetof(struct log_facts, kind)},
	{"BAOCAO_REPORT_NO", FACT_INT64, offsetof(struct log_facts, report_no)},
	{"BAOCAO_ERROR_CLASS", FACT_TEXT, offsetof(struct log_facts, error_class)},
	{"BAOCAO_SQLSTATE", FACT_TEXT, offsetof(struct log_facts, sqlstate)},
	{"BAOCAO_PEER", FACT_TEXT, offsetof(struct log_facts, peer)},
};
enum { FACTS = sizeof facts_table / sizeof facts_table[0] };

// libpq's messages have several lines; what senders wrote must not forge one.
static void flatten(char *line)
{
	for (; *line != '\0'; line++)
		if ((unsigned char)*line < ' ')
			*line = ' ';
}

// DEVICE:INODE of the stream that systemd connected with the journal: only if standard error still is it.
static bool is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	struct stat status;
	char own[48];

	if (stream == NULL || fstat(STDERR_FILENO, &status) != 0)
		return false;
	(void)snprintf(own, sizeof own, "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
	return strcmp(own, stream) == 0;
}

// FIELD=value, or nothing: false.
static bool fact_text(const struct log_facts *facts, size_t index, char text[static FIELD_MAX_SIZE])
{
	const void *at = (const char *)facts + facts_table[index].offset;
	const char *field = facts_table[index].field;

	if (facts_table[index].type == FACT_TEXT) {
		const char *value = *(const char *const *)at;
		(void)snprintf(text, FIELD_MAX_SIZE, "%s=%s", field, value == NULL ? "" : value);
		return value != NULL && value[0] != '\0';
	}
	int64_t number = facts_table[index].type == FACT_INT32 ? *(const int32_t *)at : *(const int64_t *)at;
	(void)snprintf(text, FIELD_MAX_SIZE, "%s=%" PRId64, field, number);
	return number != 0;
}

static bool send_to_journal(int priority, const struct log_facts *facts, char *line)
{
	char message[LINE_MAX_SIZE + 16], priority_field[16], fields[FACTS][FIELD_MAX_SIZE];
	char identifier[] = "SYSLOG_IDENTIFIER=baocaod";
	struct iovec parts[FIELDS_FIRST + FACTS];
	int count = FIELDS_FIRST;

	(void)snprintf(message, sizeof message, "MESSAGE=%s", line);
	(void)snprintf(priority_field, sizeof priority_field, "PRIORITY=%d", priority);
	parts[0] = (struct iovec){message, strlen(message)};
	parts[1] = (struct iovec){priority_field, strlen(priority_field)};
	parts[2] = (struct iovec){identifier, strlen(identifier)};
	for (size_t i = 0; facts != NULL && i < FACTS; i++)
		if (fact_text(facts, i, fields[i]))
			parts[count++] = (struct iovec){fields[i], strlen(fields[i])};
	return sd_journal_sendv(parts, count) >= 0;
}

static void write_plain(int priority, const char *line)
{
	const char *word = priority <= LOG_ERR ? "error: " : priority == LOG_WARNING ? "warning: " : "";
	char text[LINE_MAX_SIZE + 16];
	int used = snprintf(text, sizeof text, "%s%s\n", word, line);

	ssize_t written = write(STDERR_FILENO, text, (size_t)used);
	(void)written; // nowhere left to say that logging fails
}

static void log_line(int priority, const struct log_facts *facts, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));

static void log_line(int priority, const struct log_facts *facts, const char *format, va_list args)
{
	char line[LINE_MAX_SIZE];

	if (vsnprintf(line, sizeof line, format, args) < 0)
		return;
	flatten(line);
	if (!is_journal() || !send_to_journal(priority, facts, line))
		write_plain(priority, line);
}

void log_error(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	log_line(LOG_ERR, NULL, format, args);
	va_end(args);
}

void log_error_of(const struct log_facts *facts, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	log_line(LOG_ERR, facts, format, args);
	va_end(args);
}

void log_warning(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	log_line(LOG_WARNING, NULL, format, args);
	va_end(args);
}

void log_warning_of(const struct log_facts *facts, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	log_line(LOG_WARNING, facts, format, args);
	va_end(args);
}

void log_info(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	log_line(LOG_INFO, NULL, format, args);
	va_end(args);
}

void log_info_of(const struct log_facts *facts, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	log_line(LOG_INFO, facts, format, args);
	va_end(args);
}
