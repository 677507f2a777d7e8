// The wire scan: walks raw protobuf bytes with the contract beside them, before anything is allocated or unpacked. It
// finds what protobuf-c does not (bad UTF-8, NUL in text, a message given twice, groups) and bounds what protobuf-c does
// not bound. What it lets through, and why no more, is one table: scan_bounds. Pure, any thread.
#ifndef BAOCAO_SCAN_H
#define BAOCAO_SCAN_H

#include "contract.h"

// The numbers of the bounds; scan_bounds has the reason for each.
enum {
	SCAN_FRAME_BYTES_MAX = 2 << 20,
	SCAN_SUBMISSION_BYTES_MAX = 1 << 20,
	SCAN_REPORTS_MAX = 1000,
	SCAN_SUBMISSION_FIELDS_MAX = 4000,
	SCAN_REPORT_FIELDS_MAX = 20000,
	SCAN_NUMBER_BYTES_MAX = 10,
	SCAN_TAG_BYTES_MAX = 5,
	SCAN_FIELD_NUMBER_MAX = (1 << 29) - 1,
	SCAN_DECODED_BYTES_MAX = 32 << 20,
	SCAN_PROBLEM_SIZE = 200
};

// One bound on what may come in. The table is printed into docs/security.md.
struct scan_bound {
	const char *name;
	long value;         // 0: a rule without a number
	const char *bounds; // what of
	const char *beyond; // what becomes of a message that goes beyond it
	const char *reason;
};

extern const struct scan_bound scan_bounds[];
extern const size_t scan_bound_count;

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

// Takes a submission apart. False when its outer bytes are malformed or over a bound; problem then says where and why.
// submission_id is valid as far as it was read.
bool scan_submission(const uint8_t *bytes, size_t size, struct scan_submission *ret, char problem[static SCAN_PROBLEM_SIZE]);

// Scans one report. False: problem says where and why, and the report must not be unpacked. *ret_unknown counts fields
// that the contract does not know.
bool scan_report(const struct contract *contract, const struct scan_slice *slice, uint32_t *ret_unknown,
                 char problem[static SCAN_PROBLEM_SIZE]);

#endif
