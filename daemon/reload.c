#include "reload.h"

#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "log.h"

// Reads and checks; every problem is a line of the log.
static bool read_fresh(const struct reload *reload, struct config *fresh)
{
	char *text = NULL, *rest = NULL;
	size_t size;
	FILE *problems = open_memstream(&text, &size);

	if (problems == NULL)
		return false;
	struct arguments arguments = arguments_parse(fresh, reload->argc, reload->argv, problems);
	bool good = arguments.is_good && arguments.command == COMMAND_SERVE;
	good = config_check(fresh, problems) && good;
	(void)fclose(problems);
	for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
		log_error("reload: %s", line);
	free(text);
	return good;
}

// Values are not said: a connection string may have a password in it.
static void say_change(void *data, const char *option, bool taken_over)
{
	bool *http_changed = data;

	*http_changed = *http_changed || strcmp(option, "listen_http") == 0;
	if (taken_over)
		log_info("reload: %s has changed", option);
	else
		log_warning("reload: %s has changed and needs a restart", option);
}

static bool listen_again(const struct reload *reload)
{
	const char *address = reload->config->listen_http;
	char *error = NULL;

	http_destroy(reload->http);
	if (address[0] == '\0')
		return true;
	*reload->http = http_create(address, reload->health, &error);
	if (*reload->http == NULL)
		log_error("reload: %s", error == NULL ? "listen_http: out of memory" : error);
	free(error);
	return *reload->http != NULL;
}

static void pass_on(const struct reload *reload)
{
	for (size_t i = 0; i < reload->lane_count; i++)
		lane_limit(reload->lanes[i], (size_t)reload->config->batch_max_reports);
	health_set_limit(reload->health, reload->config->hang_seconds * 1000);
}

void reload_run(const struct reload *reload)
{
	struct config fresh;
	bool good = config_init(&fresh), http_changed = false;
	struct metrics_thread *thread = metrics_of_intake(health_metrics(reload->health));

	health_reloading();
	good = good && read_fresh(reload, &fresh);
	if (good) {
		config_take_over(reload->config, &fresh, say_change, &http_changed);
		pass_on(reload);
		good = (!http_changed && (*reload->http != NULL || reload->config->listen_http[0] == '\0')) || listen_again(reload);
		log_info("reload: done");
	} else {
		log_error("reload: refused; the configuration stays as it was");
	}
	config_clear(&fresh);
	metrics_add(thread, METRIC_RELOADS, good ? RELOAD_GOOD : RELOAD_BAD, 1);
	metrics_set(thread, METRIC_RELOAD_GOOD, 0, good);
	health_reloaded(reload->health);
}
