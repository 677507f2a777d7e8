// The wire scan: walks raw protobuf bytes with the contract beside them, before anything is allocated or unpacked. It
// finds what protobuf-c does not (bad UTF-8, NUL in text, a message given twice, groups) and bounds what protobuf-c does
// not bound. Pure, any thread.
#ifndef BAOCAO_SCAN_H
#define BAOCAO_SCAN_H

#include "contract.h"

enum {
	SCAN_REPORTS_MAX = 1000,        // of a submission, protocol.proto
	SCAN_REPORT_FIELDS_MAX = 20000, // fields of one report, unknown ones too: the largest legal report has under 1,500
	SCAN_PROBLEM_SIZE = 200
};

// The bytes of one report inside its submission.
struct scan_slice {
	const uint8_t *bytes;
	size_t size;
};

struct scan_submission {
	bool has_submission_id;
	uint64_t submission_id;
	size_t report_count; // may exceed SCAN_REPORTS_MAX; only that many slices are kept
	struct scan_slice reports[SCAN_REPORTS_MAX];
};

// Takes a submission apart. False when its outer bytes are malformed; problem then says where and why. submission_id is
// valid as far as it was read.
bool scan_submission(const uint8_t *bytes, size_t size, struct scan_submission *ret, char problem[static SCAN_PROBLEM_SIZE]);

// Scans one report. False: problem says where and why, and the report must not be unpacked. *ret_unknown counts fields
// that the contract does not know.
bool scan_report(const struct contract *contract, const struct scan_slice *slice, uint32_t *ret_unknown,
                 char problem[static SCAN_PROBLEM_SIZE]);

#endif
