// Runs a target over files, and over all files of folders, without libFuzzer: regression cases, on any compiler.
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "target.h"

static size_t inputs;

static void run_file(const char *path, size_t size)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes = malloc(size == 0 ? 1 : size); // no more, so that a sanitizer sees a read behind the end

	if (file == NULL || bytes == NULL || fread(bytes, 1, size, file) != size) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	(void)fclose(file);
	(void)fprintf(stderr, "%s\n", path);
	(void)LLVMFuzzerTestOneInput(bytes, size);
	free(bytes);
	inputs++;
}

static void run_path(const char *path)
{
	struct stat status;
	struct dirent **entries;

	if (stat(path, &status) != 0) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	if (!S_ISDIR(status.st_mode)) {
		run_file(path, (size_t)status.st_size);
		return;
	}
	int count = scandir(path, &entries, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		char inner[4096];
		(void)snprintf(inner, sizeof inner, "%s/%s", path, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.')
			run_path(inner);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

int main(int argc, char **argv)
{
	(void)LLVMFuzzerInitialize(&argc, &argv);
	(void)LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	for (int i = 1; i < argc; i++)
		run_path(argv[i]);
	(void)printf("%zu inputs\n", inputs);
	return EXIT_SUCCESS;
}
