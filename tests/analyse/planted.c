// One mistake of each sort that tests/analyse/run looks for: a tool that does not find its own is not looking.
//
//   planted memory|overflow|race
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static int shared;

static void *count(void *unused)
{
	for (int i = 0; i < 10000; i++)
		shared++; // without a lock
	return unused;
}

static int memory(void)
{
	char *freed = malloc(16);
	if (freed == NULL)
		return 0;
	freed[0] = 1;
	free(freed);
	char seen = freed[0]; // after its end
	return seen;
}

static int overflow(int argc)
{
	return INT_MAX - 1 + argc; // argc is 2
}

static int race(void)
{
	pthread_t other;
	if (pthread_create(&other, NULL, count, NULL) != 0)
		return 0;
	(void)count(NULL);
	(void)pthread_join(other, NULL);
	return shared;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 0;
	int result = strcmp(argv[1], "race") == 0 ? race() : strcmp(argv[1], "overflow") == 0 ? overflow(argc) : memory();
	return result == 77 ? 1 : 0;
}
