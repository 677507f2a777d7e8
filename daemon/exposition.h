// The metrics as text: OpenMetrics 1.0, or Prometheus's older format (0.0.4), which promtool and plain scrapers read. They
// differ in the names of counters' families, in # UNIT and in the end. Any thread, one at a time.
#ifndef BAOCAO_EXPOSITION_H
#define BAOCAO_EXPOSITION_H

#include <stdbool.h>
#include <stdio.h>

#include "metrics.h"

#define EXPOSITION_OPENMETRICS "application/openmetrics-text; version=1.0.0; charset=utf-8"
#define EXPOSITION_PLAIN "text/plain; version=0.0.4; charset=utf-8"

void exposition_write(const struct metrics *metrics, bool openmetrics, FILE *out);

#endif
