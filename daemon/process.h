// What the kernel says about this process, put into the metrics. The thread whose numbers they are.
#ifndef BAOCAO_PROCESS_H
#define BAOCAO_PROCESS_H

#include "metrics.h"

// Processor time, memory, descriptors now. What cannot be read keeps its last value.
void process_sample(struct metrics_thread *thread);
// When the process was started: now.
void process_started(struct metrics_thread *thread);

#endif
