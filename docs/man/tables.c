// baocaod-tables TABLE: a table of the daemon as scdoc(5) writes it, for the manual pages. Run when they are made.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"

static const struct {
	const char *name;
	void (*print)(FILE *out);
} tables[] = {
	{"options", config_manual},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 2 && i < sizeof tables / sizeof tables[0]; i++)
		if (strcmp(argv[1], tables[i].name) == 0) {
			tables[i].print(stdout);
			return EXIT_SUCCESS;
		}
	(void)fprintf(stderr, "usage: baocaod-tables TABLE\n");
	return EXIT_FAILURE;
}
