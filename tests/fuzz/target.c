#define _GNU_SOURCE // dprintf
#include "target.h"

#include <malloc.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

enum {
	SECONDS_MAX = 5, // of the process's time for one input: the largest submission takes a tenth, with sanitizers
	ARENA_MAX = 256 << 20
};

static volatile sig_atomic_t ticks; // seconds of the process's time since this input began
static int complaints;              // standard error as it was before the fuzzer closed it

static void on_tick(int signal)
{
	static const char text[] = "target: this input takes too long\n";
	(void)signal;
	if (++ticks <= SECONDS_MAX)
		return;
	ssize_t written = write(complaints, text, strlen(text));
	(void)written;
	abort();
}

const struct contract *target_init(void)
{
	static const struct contract *contract; // static: kept till the end, which is no leak
	char *error = NULL;

	contract = sodium_init() < 0 ? NULL : contract_load(&error);

	complaints = dup(STDERR_FILENO);
	target_require(contract != NULL, error == NULL ? "there is a contract" : error);
	(void)mallopt(M_TRIM_THRESHOLD, 64 << 20); // each input frees what the next one needs
	(void)mallopt(M_MMAP_THRESHOLD, 64 << 20);
	(void)signal(SIGVTALRM, on_tick);
	(void)setitimer(ITIMER_VIRTUAL, &(struct itimerval){.it_interval = {.tv_sec = 1}, .it_value = {.tv_sec = 1}}, NULL);
	return contract;
}

void target_begin(void)
{
	ticks = 0;
}

void target_fail(const char *what)
{
	(void)dprintf(complaints, "target: does not hold: %s\n", what);
	abort();
}

struct arena *target_arena(void)
{
	struct arena *arena = arena_create(ARENA_MAX);
	target_require(arena != NULL, "there is memory");
	return arena;
}
