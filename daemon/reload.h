// SIGHUP: reads the configuration anew, from the same command line, and takes over what can change while the daemon runs. No
// connection is touched. What needs a restart is said; when anything is wrong the old configuration stays as it is. Intake's
// thread.
#ifndef BAOCAO_RELOAD_H
#define BAOCAO_RELOAD_H

#include "config.h"
#include "health.h"
#include "http.h"
#include "lane.h"

// All of it stays the caller's.
struct reload {
	struct config *config;
	int argc;
	char **argv;
	struct health *health;
	struct http **http; // made anew when its address changes
	struct lane **lanes;
	size_t lane_count;
};

void reload_run(const struct reload *reload);

#endif
