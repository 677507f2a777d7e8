// Target: a file of JSON Lines, as the collector's tool reads it. What must hold: filed.h.
#include <stdio.h>

#include "filed.h"
#include "target.h"

static const struct contract *contract;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	contract = target_init();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct import import;
	FILE *file = size == 0 ? NULL : fmemopen((void *)data, size, "r"); // only read

	target_begin();
	if (file == NULL)
		return 0;
	target_require(import_init(&import, contract), "there is memory");
	import_json(&import, "fuzz", file);
	filed_check(contract, &import);
	import_clear(&import);
	(void)fclose(file);
	return 0;
}
