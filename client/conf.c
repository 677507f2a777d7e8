#include "conf.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "words.h"

#define SYSTEM_FILE "/etc/baocao/baocao.conf"
#define BLANKS " \t\r\n\v\f"

struct reading {
	struct options *options;
	const char *path;
	int line;       // from 1
	uint32_t given; // by this file
	bool failed;
};

static void complain(struct reading *reading, const char *name, const char *reason)
{
	(void)fprintf(stderr, "%s:%d: %s%s%s\n", reading->path, reading->line, name, name[0] == '\0' ? "" : ": ", reason);
	reading->failed = true;
}

// Cuts blanks off both ends, in place.
static char *trimmed(char *text)
{
	text += strspn(text, BLANKS);
	for (size_t len = strlen(text); len > 0 && strchr(BLANKS, text[len - 1]) != NULL;)
		text[--len] = '\0';
	return text;
}

static int option_named(const char *name)
{
	for (int i = 0; i < OPTIONS_COUNT; i++)
		if (options_row((enum options_id)i)->in_file && strcmp(options_row((enum options_id)i)->name, name) == 0)
			return i;
	return -1;
}

// The first line of a file that names a list begins it anew.
static void begin_list(struct reading *reading, int id)
{
	struct options_list *list = id == OPTIONS_SERVER        ? &reading->options->servers
	                            : id == OPTIONS_SERVER_KEY  ? &reading->options->server_keys
	                            : id == OPTIONS_SIGNING_KEY ? &reading->options->signing_keys
	                                                        : NULL;

	while (list != NULL && (reading->given & OPTIONS_BIT(id)) == 0 && list->count > 0)
		free(list->texts[--list->count]);
	reading->given |= OPTIONS_BIT(id);
}

static void read_line(struct reading *reading, char *line)
{
	char *start = trimmed(line), *equals = strchr(start, '=');
	const char *reason = _("there is no such option");

	if (start[0] == '\0' || start[0] == '#')
		return;
	if (equals == NULL) {
		complain(reading, "", _("not a line of the form name = value"));
		return;
	}
	*equals = '\0';
	const char *name = trimmed(start);
	int id = option_named(name);
	if (id >= 0)
		begin_list(reading, id);
	if (id < 0 || !options_set(reading->options, (enum options_id)id, trimmed(equals + 1), &reason))
		complain(reading, name, reason);
}

bool conf_read(struct options *options, const char *path, FILE *file)
{
	struct reading reading = {.options = options, .path = path};
	char *text = NULL;
	size_t size = 0;
	ssize_t length;

	while ((length = getline(&text, &size, file)) >= 0) {
		bool marked = reading.line++ == 0 && strncmp(text, "\xef\xbb\xbf", 3) == 0; // a byte order mark
		if (strlen(text) != (size_t)length)
			complain(&reading, "", _("contains a NUL"));
		else
			read_line(&reading, marked ? text + 3 : text);
	}
	if (!feof(file))
		complain(&reading, "", _("cannot be read to its end"));
	free(text);
	return !reading.failed;
}

static bool read_file(struct options *options, const char *path, bool must_be)
{
	FILE *file = fopen(path, "re");

	if (file == NULL) {
		if (!must_be && (errno == ENOENT || errno == ENOTDIR || errno == EACCES)) // of a folder that is the server's
			return true;
		(void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return false;
	}
	bool good = conf_read(options, path, file);
	(void)fclose(file);
	return good;
}

// False where there is no such folder.
static bool user_file(char path[static PATH_MAX])
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	int length;

	if (config != NULL && *config == '/')
		length = snprintf(path, PATH_MAX, "%s/baocao/baocao.conf", config);
	else
		length = snprintf(path, PATH_MAX, "%s/.config/baocao/baocao.conf", home == NULL ? "" : home);
	return length > 0 && length < PATH_MAX;
}

bool conf_read_all(struct options *options)
{
	char path[PATH_MAX];

	if (options->conf != NULL)
		return read_file(options, options->conf, true);
	return read_file(options, SYSTEM_FILE, false) && (!user_file(path) || read_file(options, path, false));
}
