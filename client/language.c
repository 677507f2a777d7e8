#include "language.h"

#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DOMAIN "baocao"

static bool vietnamese;

// Where the translations are: beside the program in the build tree, under its prefix where it is installed.
static const char *const folders[] = {"/locale", "/../share/locale"};

static void bind_domain(void)
{
	char program[PATH_MAX], folder[PATH_MAX + 32], catalogue[PATH_MAX + 64];
	ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);

	if (len <= 0)
		return;
	program[len] = '\0';
	*strrchr(program, '/') = '\0';
	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
		(void)snprintf(folder, sizeof folder, "%s%s", program, folders[i]);
		(void)snprintf(catalogue, sizeof catalogue, "%s/vi/LC_MESSAGES/" DOMAIN ".mo", folder);
		if (access(catalogue, R_OK) == 0) {
			(void)bindtextdomain(DOMAIN, folder);
			break;
		}
	}
	(void)bind_textdomain_codeset(DOMAIN, "UTF-8");
	(void)textdomain(DOMAIN);
}

static bool begins_with_vi(const char *locale)
{
	return locale != NULL && strncmp(locale, "vi", 2) == 0;
}

// As gettext would choose, but from the environment: the locale need not be installed.
static bool environment_is_vietnamese(void)
{
	static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

	for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
		const char *value = getenv(variables[i]);
		if (value != NULL && value[0] != '\0')
			return begins_with_vi(value);
	}
	return false;
}

// Numbers keep the form of the C locale: files are read and written with them.
bool language_init(const char *name)
{
	if (name != NULL && strcmp(name, "vi") != 0 && strcmp(name, "en") != 0)
		return false;
	vietnamese = name == NULL ? environment_is_vietnamese() : name[0] == 'v';
	bind_domain();
	// gettext speaks nothing but the programmer's language in the locale C, and asks no more of another than that it is there.
	if (vietnamese && setlocale(LC_MESSAGES, "vi_VN.UTF-8") == NULL)
		(void)setlocale(LC_MESSAGES, "C.UTF-8");
	(void)setenv("LANGUAGE", vietnamese ? "vi" : "en", 1);
	return true;
}

bool language_is_vietnamese(void)
{
	return vietnamese;
}

const char *language_label(const char *vi, const char *en)
{
	return vietnamese ? vi : en;
}
