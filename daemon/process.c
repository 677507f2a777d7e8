#include "process.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static void sample_cpu(struct metrics_thread *thread)
{
	struct timespec used;
	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) == 0)
		metrics_set(thread, METRIC_CPU, 0, (int64_t)used.tv_sec * 1000000 + used.tv_nsec / 1000);
}

static void sample_memory(struct metrics_thread *thread)
{
	FILE *file = fopen("/proc/self/statm", "re"); // in pages: size, resident, ...
	char text[128], *second = text;

	if (file == NULL)
		return;
	if (fgets(text, sizeof text, file) != NULL) {
		(void)strtoll(text, &second, 10);
		metrics_set(thread, METRIC_RESIDENT, 0, (int64_t)strtoll(second, NULL, 10) * sysconf(_SC_PAGESIZE));
	}
	(void)fclose(file);
}

static void sample_descriptors(struct metrics_thread *thread)
{
	struct rlimit limit;
	DIR *folder = opendir("/proc/self/fd");
	int64_t entries = 0;

	if (folder != NULL) {
		while (readdir(folder) != NULL)
			entries++;
		(void)closedir(folder);
		metrics_set(thread, METRIC_OPEN_FDS, 0, entries - 3); // ".", "..", and the folder's own
	}
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		metrics_set(thread, METRIC_MAX_FDS, 0, (int64_t)limit.rlim_cur);
}

void process_sample(struct metrics_thread *thread)
{
	sample_cpu(thread);
	sample_memory(thread);
	sample_descriptors(thread);
}

void process_started(struct metrics_thread *thread)
{
	metrics_set(thread, METRIC_START, 0, (int64_t)time(NULL));
}
