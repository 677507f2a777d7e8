// baocao-contract: shows what follows from the contract, for migrations and documentation.
#include <stdlib.h>
#include <string.h>

#include "layout_sql.h"
#include "scan.h"
#include "verdict.h"

enum { EXIT_USAGE = 2 };

static const char usage[] =
	"usage: baocao-contract sql [KIND...]   statements for PostgreSQL: the whole contract, or what the kinds add\n"
	"       baocao-contract dictionary      the data dictionary, in Markdown\n"
	"       baocao-contract rules           the rules that a report can break, in Markdown\n"
	"       baocao-contract bounds          the bounds on what may come in, in Markdown\n"
	"\n"
	"What sql KIND prints adds a value to baocao.kind, which can be used only after COMMIT: insert the rows of\n"
	"baocao.form in the migration after it.\n";

static int print_sql(const struct contract *contract, const struct layout *layout, char **names, size_t name_count)
{
	if (name_count == 0) {
		layout_sql_all(stdout, contract, layout);
		return EXIT_SUCCESS;
	}
	const struct contract_kind **kinds = calloc(name_count, sizeof *kinds);
	int status = kinds == NULL ? EXIT_FAILURE : EXIT_SUCCESS;
	for (size_t i = 0; kinds != NULL && i < name_count; i++) {
		kinds[i] = contract_kind_by_name(contract, names[i]);
		if (kinds[i] == NULL) {
			(void)fprintf(stderr, "baocao-contract: there is no kind called %s\n", names[i]);
			status = EXIT_USAGE;
		}
	}
	if (status == EXIT_SUCCESS)
		layout_sql_kinds(stdout, contract, layout, kinds, name_count);
	free(kinds);
	return status;
}

static void print_rules(void)
{
	(void)puts("| rule | meaning |\n|---|---|");
	for (int rule = 0; rule < RULE_COUNT; rule++)
		(void)printf("| %s | %s |\n", rule_text((enum rule)rule)->id, rule_text((enum rule)rule)->explanation);
}

static void print_bounds(void)
{
	(void)puts("| bound | at most | of | beyond it | reason |\n|---|---|---|---|---|");
	for (size_t i = 0; i < scan_bound_count; i++) {
		const struct scan_bound *bound = &scan_bounds[i];
		char value[24] = "";
		if (bound->value != 0)
			(void)snprintf(value, sizeof value, "%ld", bound->value);
		(void)printf("| %s | %s | %s | %s | %s |\n", bound->name, value, bound->bounds, bound->beyond, bound->reason);
	}
}

static int run(const struct contract *contract, const struct layout *layout, int argc, char **argv)
{
	const char *command = argc < 2 ? "" : argv[1];

	if (strcmp(command, "sql") == 0)
		return print_sql(contract, layout, argv + 2, (size_t)argc - 2);
	if (strcmp(command, "dictionary") == 0 && argc == 2) {
		layout_sql_dictionary(stdout, contract, layout);
		return EXIT_SUCCESS;
	}
	if (strcmp(command, "rules") == 0 && argc == 2) {
		print_rules();
		return EXIT_SUCCESS;
	}
	if (strcmp(command, "bounds") == 0 && argc == 2) {
		print_bounds();
		return EXIT_SUCCESS;
	}
	if (strcmp(command, "--help") == 0) {
		(void)fputs(usage, stdout);
		return EXIT_SUCCESS;
	}
	(void)fputs(usage, stderr);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	char *error = NULL;
	struct contract *contract = contract_load(&error);
	struct layout *layout = contract == NULL ? NULL : layout_create(contract);
	int status = EXIT_FAILURE;

	if (layout == NULL)
		(void)fprintf(stderr, "baocao-contract: %s\n", error == NULL ? "out of memory" : error);
	else
		status = run(contract, layout, argc, argv);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		(void)fprintf(stderr, "baocao-contract: cannot write the output\n");
		status = EXIT_FAILURE;
	}
	layout_destroy(&layout);
	contract_destroy(&contract);
	free(error);
	return status;
}
