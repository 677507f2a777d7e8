#include "exposition.h"

#include <inttypes.h>

#include "clock.h"

struct exposition {
	const struct metrics *metrics;
	bool openmetrics;
	FILE *out;
};

// Help ends at the line's end: nothing in the table has a backslash or a line end. Label values come from people.
static void write_label(FILE *out, const char *name, const char *value)
{
	(void)fprintf(out, "{%s=\"", name);
	for (; *value != '\0'; value++) {
		if (*value == '\n') {
			(void)fputs("\\n", out);
			continue;
		}
		if (*value == '"' || *value == '\\')
			(void)fputc('\\', out);
		(void)fputc(*value, out);
	}
	(void)fputs("\"}", out);
}

// Whole numbers are written whole: a double would round a counter of bytes.
static void write_number(const struct exposition *exposition, const struct metric_row *row, int64_t number)
{
	if (row->type == METRIC_AGE)
		number = number == 0 ? 0 : clock_now_us() - number;
	if (row->scale < 1)
		(void)fprintf(exposition->out, " %.6f\n", (double)number * row->scale);
	else
		(void)fprintf(exposition->out, " %" PRId64 "\n", number);
}

static void write_header(const struct exposition *exposition, const struct metric_row *row)
{
	const char *ending = row->type == METRIC_COUNTER && !exposition->openmetrics ? "_total" : "";

	(void)fprintf(exposition->out, "# HELP %s%s %s\n# TYPE %s%s %s\n", row->name, ending, row->help, row->name, ending,
				  metrics_type_name(row->type));
	if (exposition->openmetrics && row->unit[0] != '\0')
		(void)fprintf(exposition->out, "# UNIT %s %s\n", row->name, row->unit);
}

static void write_histogram(const struct exposition *exposition, enum metric metric)
{
	const struct metric_row *row = metrics_row(metric);
	uint64_t count = 0;

	for (size_t i = 0; i < row->bound_count; i++) {
		count += metrics_read_bucket(exposition->metrics, metric, i);
		(void)fprintf(exposition->out, "%s_bucket{le=\"%.10g\"} %" PRIu64 "\n", row->name,
					  (double)row->bounds[i] * row->scale, count);
	}
	count += metrics_read_bucket(exposition->metrics, metric, row->bound_count);
	(void)fprintf(exposition->out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", row->name, count);
	(void)fprintf(exposition->out, "%s_sum %.6f\n%s_count %" PRIu64 "\n", row->name,
				  (double)metrics_read_sum(exposition->metrics, metric) * row->scale, row->name, count);
}

static void write_collectors(const struct exposition *exposition, const struct metric_row *row)
{
	const char *name;
	int64_t when;

	for (size_t i = 0; (name = metrics_read_collector(exposition->metrics, i, &when)) != NULL; i++) {
		(void)fputs(row->name, exposition->out);
		write_label(exposition->out, row->labels->name, name);
		write_number(exposition, row, when);
	}
}

static size_t series_of(const struct exposition *exposition, const struct metric_row *row)
{
	if (row->labels == NULL)
		return 1;
	return row->labels->value == NULL ? metrics_writers(exposition->metrics)
									  : row->labels->count; // else one for each writer
}

static void write_series(const struct exposition *exposition, enum metric metric)
{
	const struct metric_row *row = metrics_row(metric);
	size_t series = series_of(exposition, row);
	char index[24];

	for (size_t i = 0; i < series; i++) {
		(void)fprintf(exposition->out, "%s%s", row->name, row->type == METRIC_COUNTER ? "_total" : "");
		(void)snprintf(index, sizeof index, "%zu", i);
		if (row->labels != NULL)
			write_label(exposition->out, row->labels->name, row->labels->value == NULL ? index : row->labels->value(i));
		write_number(exposition, row, metrics_read(exposition->metrics, metric, i));
	}
}

void exposition_write(const struct metrics *metrics, bool openmetrics, FILE *out)
{
	const struct exposition exposition = {.metrics = metrics, .openmetrics = openmetrics, .out = out};

	for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
		const struct metric_row *row = metrics_row(metric);
		write_header(&exposition, row);
		if (metric == METRIC_COLLECTOR_FILING)
			write_collectors(&exposition, row);
		else if (row->type == METRIC_HISTOGRAM)
			write_histogram(&exposition, metric);
		else
			write_series(&exposition, metric);
	}
	if (openmetrics)
		(void)fputs("# EOF\n", out);
}
