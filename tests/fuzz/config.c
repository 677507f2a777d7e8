// Target: the configuration file. What must hold: a configuration that was read, or set by --set, is printed as a file that
// says the same; and what is not set has its reason.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "target.h"

static FILE *nowhere; // where problems are told

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	(void)target_init();
	nowhere = fopen("/dev/null", "w");
	target_require(nowhere != NULL, "there is a file");
	return 0;
}

static bool read_bytes(struct config *config, const void *bytes, size_t size)
{
	FILE *file = fmemopen((void *)bytes, size, "r"); // only read
	bool good = file != NULL && config_read(config, "fuzz", file, nowhere);

	if (file != NULL)
		(void)fclose(file);
	return good;
}

// The caller frees it.
static char *printed(const struct config *config)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	target_require(file != NULL, "there is memory");
	config_print(config, file);
	(void)fclose(file);
	return text;
}

static void check_printed(const struct config *config)
{
	struct config again;
	char *first = printed(config);

	target_require(config_init(&again) && read_bytes(&again, first, strlen(first)), "what was printed can be read");
	char *second = printed(&again);
	target_require(strcmp(first, second) == 0, "what was printed says the same");
	free(first);
	free(second);
	config_clear(&again);
}

static void check_set(struct config *config, const uint8_t *data, size_t size)
{
	char *assignment = strndup((const char *)data, size);
	const char *reason = NULL;

	target_require(assignment != NULL, "there is memory");
	if (config_set(config, assignment, &reason))
		check_printed(config);
	else
		target_require(reason != NULL, "what is not set has its reason");
	free(assignment);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config config;

	target_begin();
	target_require(config_init(&config), "there is memory");
	if (read_bytes(&config, data, size))
		check_printed(&config);
	(void)config_check(&config, nowhere);
	check_set(&config, data, size);
	config_clear(&config);
	return 0;
}
