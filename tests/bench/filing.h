// What the benchmarks file: submissions of festival days with three venues, six rows a report. What is in them depends on
// the arguments alone, so that a second run files the same.
#ifndef BAOCAO_BENCH_FILING_H
#define BAOCAO_BENCH_FILING_H

#include <stddef.h>
#include <stdint.h>

struct filing {
	const char *unit;       // a province
	size_t communes, place; // of them in the province, who file in turn, season after season; 0: the province files. The province's place
	uint64_t submission_id;
	size_t first, reports;  // the submission's reports, numbered among all of the unit: each number has a season of its own
	size_t turn, bad_every; // one report in so many has 13 points held, counted from turn; 0 for none
	size_t repeat_every;    // one report in so many is the one of submission 0 at its place, sent once more; 0 for none
	size_t back;            // how many numbers lie between them
};

// The packed submission, for the caller to free. Ends the program when memory is out.
uint8_t *filing_pack(const struct filing *filing, size_t *ret_size);

#endif
