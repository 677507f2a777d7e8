#include "cmocka_all.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exposition.h"
#include "metrics.h"

static char *written(const struct metrics *metrics, bool openmetrics)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	exposition_write(metrics, openmetrics, out);
	(void)fclose(out);
	return text;
}

static void assert_says(const char *text, const char *line)
{
	if (strstr(text, line) == NULL)
		fail_msg("%s\nis not in\n%s", line, text);
}

enum { TIMES = 100000, WRITERS = 3 };

static void *count(void *thread)
{
	for (int i = 0; i < TIMES; i++) {
		metrics_add(thread, METRIC_FAILED_TRANSACTIONS, 2, 3);
		metrics_observe(thread, METRIC_BATCH, 10);
	}
	return NULL;
}

static void no_count_of_any_thread_is_lost(void **state)
{
	struct metrics *metrics = metrics_create(WRITERS);
	pthread_t threads[WRITERS];

	(void)state;
	for (size_t i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, count, metrics_of_writer(metrics, i)), 0);
	for (size_t i = 0; i < WRITERS; i++)
		(void)pthread_join(threads[i], NULL);
	assert_int_equal(metrics_read(metrics, METRIC_FAILED_TRANSACTIONS, 2), WRITERS * TIMES * 3);
	assert_int_equal(metrics_read(metrics, METRIC_FAILED_TRANSACTIONS, 1), 0);
	assert_int_equal(metrics_read_sum(metrics, METRIC_BATCH), WRITERS * TIMES * 10);
	metrics_destroy(&metrics);
	assert_null(metrics);
}

static void a_number_at_a_bound_belongs_below_it(void **state)
{
	struct metrics *metrics = metrics_create(1);
	struct metrics_thread *thread = metrics_of_intake(metrics);

	(void)state;
	metrics_observe(thread, METRIC_LATENCY, 1000);
	metrics_observe(thread, METRIC_LATENCY, 1001);
	metrics_observe(thread, METRIC_LATENCY, 3600000000);
	char *text = written(metrics, false);
	assert_says(text, "# TYPE baocao_ack_latency_seconds histogram\n");
	assert_says(text, "baocao_ack_latency_seconds_bucket{le=\"0.001\"} 1\nbaocao_ack_latency_seconds_bucket{le=\"0.0025\"} 2\n");
	assert_says(text, "baocao_ack_latency_seconds_bucket{le=\"60\"} 2\nbaocao_ack_latency_seconds_bucket{le=\"+Inf\"} 3\n"
	                  "baocao_ack_latency_seconds_sum 3600.002001\nbaocao_ack_latency_seconds_count 3\n");
	free(text);
	metrics_destroy(&metrics);
}

static void both_formats_name_counters_as_they_want_it(void **state)
{
	struct metrics *metrics = metrics_create(1);

	(void)state;
	metrics_add(metrics_of_intake(metrics), METRIC_RECEIVED_BYTES, 0, 9007199254740993); // no double has it
	metrics_set(metrics_of_watcher(metrics), METRIC_DATABASE_CLOCK, 0, -1500000);
	char *plain = written(metrics, false), *open = written(metrics, true);
	assert_says(plain, "# TYPE baocao_received_bytes_total counter\nbaocao_received_bytes_total 9007199254740993\n");
	assert_says(open, "# TYPE baocao_received_bytes counter\n# UNIT baocao_received_bytes bytes\n"
	                  "baocao_received_bytes_total 9007199254740993\n");
	assert_says(plain, "baocao_database_clock_offset_seconds -1.500000\n");
	assert_null(strstr(plain, "# EOF"));
	assert_string_equal(open + strlen(open) - 6, "# EOF\n");
	free(plain);
	free(open);
	metrics_destroy(&metrics);
}

static const char *name(void *data, int32_t collector_id)
{
	static char text[40];
	int *asked = data;

	(*asked)++;
	(void)snprintf(text, sizeof text, "a \"b\" \\ \n%d", collector_id);
	return text;
}

static void no_more_than_so_many_collectors_have_a_series(void **state)
{
	struct metrics *metrics = metrics_create(1);
	int64_t when;
	int asked = 0;

	(void)state;
	for (int32_t id = 1; id <= METRICS_COLLECTORS_MAX + 20; id++)
		metrics_filed(metrics, id, 1000 + id, name, &asked);
	metrics_filed(metrics, 7, 9000, name, &asked);
	assert_int_equal(asked, METRICS_COLLECTORS_MAX);
	assert_string_equal(metrics_read_collector(metrics, 6, &when), "a \"b\" \\ \n7");
	assert_int_equal(when, 9000);
	assert_non_null(metrics_read_collector(metrics, METRICS_COLLECTORS_MAX - 1, &when));
	assert_null(metrics_read_collector(metrics, METRICS_COLLECTORS_MAX, &when));
	assert_int_equal(metrics_read(metrics, METRIC_COLLECTORS_UNTOLD, 0), 20);
	char *text = written(metrics, false);
	assert_says(text, "baocao_collector_last_filing_timestamp_seconds{collector=\"a \\\"b\\\" \\\\ \\n7\"} 9000\n");
	free(text);
	metrics_destroy(&metrics);
}

static void every_row_is_fit_to_be_exposed(void **state)
{
	(void)state;
	for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
		const struct metric_row *row = metrics_row(metric);
		size_t len = strlen(row->name), unit = strlen(row->unit);
		assert_true(strncmp(row->name, "baocao_", 7) == 0 || strncmp(row->name, "process_", 8) == 0);
		assert_true(unit == 0 || (len > unit && strcmp(row->name + len - unit, row->unit) == 0)); // OpenMetrics asks for it
		assert_null(strstr(row->name, "_total"));
		assert_true(row->help[strlen(row->help) - 1] == '.' && strpbrk(row->help, "\n\\|") == NULL);
		assert_true((row->type == METRIC_HISTOGRAM) == (row->bound_count > 0) && row->bound_count <= METRIC_BOUNDS_MAX);
		for (size_t i = 1; i < row->bound_count; i++)
			assert_true(row->bounds[i - 1] < row->bounds[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_count_of_any_thread_is_lost),
		cmocka_unit_test(a_number_at_a_bound_belongs_below_it),
		cmocka_unit_test(both_formats_name_counters_as_they_want_it),
		cmocka_unit_test(no_more_than_so_many_collectors_have_a_series),
		cmocka_unit_test(every_row_is_fit_to_be_exposed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
