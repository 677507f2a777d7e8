// The stage between opening a submission and writing it: scan, decode and judge its reports, a slice at a time, so that a
// large submission keeps no other message waiting for longer than a slice. One thread: intake's.
#ifndef BAOCAO_DECODE_H
#define BAOCAO_DECODE_H

#include "catalogue.h"
#include "contract.h"
#include "submission.h"

enum decode_result {
	DECODE_MORE,     // there are reports left in it
	DECODE_COMPLETE, // every report has its verdict
	DECODE_NO_MEMORY // the machine's memory is out: the submission cannot be answered
};

// Decodes and judges the next slice of the submission's reports.
enum decode_result decode_slice(struct submission *submission, const struct contract *contract,
                                const struct catalogue *catalogue);
// All of them; never DECODE_MORE.
enum decode_result decode_all(struct submission *submission, const struct contract *contract,
                              const struct catalogue *catalogue);

#endif
