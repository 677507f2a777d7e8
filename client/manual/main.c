// Writes, while baocao is built, one of the texts that are made of its tables: baocao-manual NAME FILE.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manual.h"

// One of the two is set.
static const struct {
	const char *what;
	void (*write)(FILE *out);
	void (*write_with_kinds)(FILE *out, const struct contract *contract);
} texts[] = {
	{"baocao.1", manual_write_commands, NULL},
	{"baocao.conf.5", manual_write_conf, NULL},
	{"baocao.conf", manual_write_sample, NULL},
	{"baocao.bash", NULL, manual_write_bash},
	{"_baocao", NULL, manual_write_zsh},
	{"baocao.fish", NULL, manual_write_fish},
};

static int write_to(const char *path, size_t text, const struct contract *contract)
{
	FILE *out = fopen(path, "we");

	if (out == NULL) {
		perror(path);
		return 1;
	}
	if (texts[text].write != NULL)
		texts[text].write(out);
	else
		texts[text].write_with_kinds(out, contract);
	if (fclose(out) != 0) {
		perror(path);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	char *error = NULL;
	struct contract *contract = contract_load(&error);
	int status = 2;

	if (contract == NULL)
		(void)fprintf(stderr, "baocao-manual: %s\n", error == NULL ? "out of memory" : error);
	for (size_t i = 0; contract != NULL && argc == 3 && i < sizeof texts / sizeof texts[0]; i++)
		if (strcmp(texts[i].what, argv[1]) == 0)
			status = write_to(argv[2], i, contract);
	free(error);
	contract_destroy(&contract);
	return status;
}
