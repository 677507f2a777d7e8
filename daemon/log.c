#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LINE_MAX_SIZE = 1024 }; // longer lines are cut: a log line is read by people

static void log_line(int priority, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

static void log_line(int priority, const char *format, va_list args)
{
	char line[LINE_MAX_SIZE];
	size_t used = (size_t)snprintf(line, sizeof line, "<%d>", priority);
	int text = vsnprintf(line + used, sizeof line - used - 1, format, args);

	if (text < 0)
		return;
	used += (size_t)text < sizeof line - used - 1 ? (size_t)text : sizeof line - used - 2;
	for (size_t i = 0; i < used; i++)
		if ((unsigned char)line[i] < ' ')
			line[i] = ' '; // libpq's messages have several lines; what senders wrote must not forge one
	line[used++] = '\n';
	ssize_t written = write(STDERR_FILENO, line, used);
	(void)written; // nowhere left to say that logging fails
}

void log_error(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	log_line(3, format, args);
	va_end(args);
}

void log_warning(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	log_line(4, format, args);
	va_end(args);
}

void log_info(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	log_line(6, format, args);
	va_end(args);
}
