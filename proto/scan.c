// A cursor moves over the bytes; each step reads one tag and one value, checks the value against the field that the
// contract has under that number, and goes into messages it knows. Nothing is allocated; recursion is as deep as the
// contract (CONTRACT_NESTING_MAX), since unknown fields are skipped whole.
#include "scan.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "text.h"
#include "verdict.h"

// Wire types of the protobuf encoding; 3 and 4 are groups, 6 and 7 do not exist.
enum { WIRE_VARINT = 0, WIRE_64BIT = 1, WIRE_LENGTH = 2, WIRE_32BIT = 5 };

// What each is worth was measured with tests/bench/wire and by leaving it out under tests/hostile/run.
const struct scan_bound scan_bounds[] = {
	{"frame bytes", SCAN_FRAME_BYTES_MAX, "a frame, whoever sends it, before and after the handshake", "the connection ends",
     "libzmq allocates a frame as soon as its size is announced; twice a submission, so that one a little too large still gets "
     "its refusal"},
	{"submission bytes", SCAN_SUBMISSION_BYTES_MAX, "the body of a submission", "refused as a whole: too_large",
     "1,000 reports of a season take about 100 KiB; a larger one keeps others waiting while it is decoded"},
	{"submission reports", SCAN_REPORTS_MAX, "reports of a submission", "refused as a whole: report_count",
     "what one transaction and one receipt can carry; protocol.proto promises it"},
	{"submission fields", SCAN_SUBMISSION_FIELDS_MAX, "fields of a submission, a report counting as one",
     "refused as a whole: malformed",
     "2 MiB of fields of two bytes took longer to walk than to decrypt, so that messages gathered faster than they were read; "
     "room for later versions to add some"},
	{"report fields", SCAN_REPORT_FIELDS_MAX, "fields of a report at all levels, unknown ones too", "the report is refused: malformed",
     "protobuf-c makes some 100 bytes of each; the largest legal report has under 1,500"},
	{"nesting", CONTRACT_NESTING_MAX, "levels of messages: report, body, line", "not possible: unknown fields are not gone into",
     "protobuf-c unpacks recursively without a bound; the contract is checked at start to have no more levels and no recursion"},
	{"number bytes", SCAN_NUMBER_BYTES_MAX, "a varint, and 64 bits of it; 32 where the field has 32", "refused: malformed",
     "protobuf-c cuts what is longer and takes another number than the one sent"},
	{"tag bytes", SCAN_TAG_BYTES_MAX, "a varint that is a tag or a length", "refused: malformed",
     "protobuf-c reads no more of them, and would see other fields than the scan where they are padded"},
	{"field number", SCAN_FIELD_NUMBER_MAX, "a field's number, from 1", "refused: malformed", "the encoding's own bound"},
	{"wire types", 0, "no groups, no undefined types; a known field has the type of the contract", "refused: malformed",
     "protobuf-c takes a field of a wrong type for an unknown one: the value would be missing without a word"},
	{"given once", 0, "a singular field, and a body, is there at most once", "refused: malformed",
     "protobuf-c merges a message that is given twice, at quadratic cost, and lets the last of two scalars or bodies win"},
	{"UTF-8 without NUL", 0, "every text", "refused: malformed",
     "protobuf-c looks at neither: PostgreSQL would refuse the batch, or a text would end where C sees a NUL"},
	{"combining marks", TEXT_MARKS_MAX, "combining marks on one letter", "refused: malformed",
     "bringing them into normal form takes the square of their number: 80 KB of them took seven seconds"},
	{"unknown fields", 0, "skipped whole, counted among the fields above, told in the receipt", "kept with the raw bytes",
     "a newer collector is not refused by an older server"},
	{"decoded bytes", SCAN_DECODED_BYTES_MAX, "the arena of a submission: all that protobuf-c and the verdicts allocate",
     "refused as a whole: too_large", "small fields grow some 30 times when they are decoded"},
	{"texts of verdicts", VERDICT_ARENA_BYTES, "what is said about the reports of a submission, and so its receipt",
     "of each further report the first violation only is told",
     "1,000 reports that break 100 rules each would be answered with 30 MiB"},
};
const size_t scan_bound_count = sizeof scan_bounds / sizeof scan_bounds[0];

enum { FIELDS_SEEN_MAX = 256 }; // singular message fields of one message: tracked by index in a bit set

// Submission's field numbers; protocol.proto.
enum { SUBMISSION_ID = 1, SUBMISSION_REPORT = 2 };

struct cursor {
	const uint8_t *start, *at, *end;
	const char *inside; // name of the message, for problems
	char *problem;      // SCAN_PROBLEM_SIZE bytes
};

struct wire_value {
	uint32_t number;
	unsigned type;
	uint64_t varint;      // of WIRE_VARINT
	const uint8_t *bytes; // of WIRE_LENGTH
	size_t size;
};

struct budget {
	uint32_t fields;  // seen so far
	uint32_t unknown; // of these
};

static bool problem(const struct cursor *cursor, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool problem(const struct cursor *cursor, const char *format, ...)
{
	va_list args;
	int used = snprintf(cursor->problem, SCAN_PROBLEM_SIZE, "%s, byte %td: ", cursor->inside, cursor->at - cursor->start);

	va_start(args, format);
	if (used > 0 && used < SCAN_PROBLEM_SIZE)
		(void)vsnprintf(cursor->problem + used, (size_t)(SCAN_PROBLEM_SIZE - used), format, args);
	va_end(args);
	return false;
}

// At most so many bytes, the tenth at most 1: a value over 64 bits or an over-long varint is malformed.
static bool read_varint(struct cursor *cursor, unsigned bytes_max, uint64_t *ret)
{
	uint64_t value = 0;
	for (unsigned shift = 0; shift < 7 * bytes_max; shift += 7) {
		if (cursor->at == cursor->end)
			return problem(cursor, "ends inside a number");
		uint8_t byte = *cursor->at++;
		if (shift == 63 && byte > 1)
			break;
		value |= (uint64_t)(byte & 0x7F) << shift;
		if ((byte & 0x80) == 0) {
			*ret = value;
			return true;
		}
	}
	return problem(cursor, "a number is longer than %s", bytes_max == SCAN_NUMBER_BYTES_MAX ? "64 bits" : "a tag or length can be");
}

static bool skip(struct cursor *cursor, uint64_t size)
{
	if (size > (uint64_t)(cursor->end - cursor->at))
		return problem(cursor, "a field of %" PRIu64 " bytes runs past the end", size);
	cursor->at += size;
	return true;
}

static bool read_value(struct cursor *cursor, struct wire_value *ret)
{
	uint64_t key = 0, size = 0;
	if (!read_varint(cursor, SCAN_TAG_BYTES_MAX, &key))
		return false;
	ret->type = (unsigned)(key & 7);
	if (key >> 3 == 0 || key >> 3 > SCAN_FIELD_NUMBER_MAX)
		return problem(cursor, "field number %" PRIu64 " is not allowed", key >> 3);
	ret->number = (uint32_t)(key >> 3);
	switch (ret->type) {
	case WIRE_VARINT:
		return read_varint(cursor, SCAN_NUMBER_BYTES_MAX, &ret->varint);
	case WIRE_64BIT:
		return skip(cursor, 8);
	case WIRE_32BIT:
		return skip(cursor, 4);
	case WIRE_LENGTH:
		if (!read_varint(cursor, SCAN_TAG_BYTES_MAX, &size))
			return false;
		ret->bytes = cursor->at;
		ret->size = (size_t)size;
		return skip(cursor, size);
	default:
		return problem(cursor, "field %" PRIu32 " has wire type %u, which is not used here", ret->number, ret->type);
	}
}

static const struct contract_field *field_of(const struct contract_message *message, uint32_t number, size_t *ret_index)
{
	for (size_t i = 0; i < message->field_count; i++)
		if (message->fields[i].wire->id == number) {
			*ret_index = i;
			return &message->fields[i];
		}
	return NULL;
}

static unsigned wire_type_of(const struct contract_field *field)
{
	return field->wire->type == PROTOBUF_C_TYPE_STRING || field->wire->type == PROTOBUF_C_TYPE_MESSAGE ? WIRE_LENGTH
	                                                                                                   : WIRE_VARINT;
}

static bool scan_message(struct cursor *cursor, const struct contract_message *message, struct budget *budget);

static bool scan_known(struct cursor *cursor, const struct contract_field *field, const struct wire_value *value,
                       struct budget *budget)
{
	if (value->type != wire_type_of(field))
		return problem(cursor, "%s has wire type %u, not %u", field->name, value->type, wire_type_of(field));
	if (field->wire->type == PROTOBUF_C_TYPE_STRING && !text_is_valid((const char *)value->bytes, value->size))
		return problem(cursor, "%s is not UTF-8 text, contains a NUL, or heaps over 30 marks on a letter", field->name);
	if (field->wire->type == PROTOBUF_C_TYPE_UINT32 && value->varint > UINT32_MAX)
		return problem(cursor, "%s is over 32 bits", field->name);
	if (field->wire->type != PROTOBUF_C_TYPE_MESSAGE)
		return true;
	struct cursor inner = {.start = cursor->start,
	                       .at = value->bytes,
	                       .end = value->bytes + value->size,
	                       .inside = field->name,
	                       .problem = cursor->problem};
	return scan_message(&inner, field->message, budget);
}

// protobuf-c merges a singular message that is given twice, at quadratic cost, and lets the last of two bodies win: both
// are refused here. So is a scalar that is given twice, as nobody means that.
static bool once(struct cursor *cursor, const struct contract_field *field, size_t index, bool *body_seen,
                 uint64_t seen[static FIELDS_SEEN_MAX / 64])
{
	if (field->wire->label == PROTOBUF_C_LABEL_REPEATED || index >= FIELDS_SEEN_MAX)
		return true;
	bool again = (seen[index / 64] >> (index % 64) & 1) != 0;
	if (again || (field->in_body_oneof && *body_seen))
		return problem(cursor, "%s is given %s", field->name, again ? "twice" : "beside another body");
	seen[index / 64] |= UINT64_C(1) << (index % 64);
	*body_seen |= field->in_body_oneof;
	return true;
}

static bool scan_message(struct cursor *cursor, const struct contract_message *message, struct budget *budget)
{
	uint64_t seen[FIELDS_SEEN_MAX / 64] = {0};
	bool body_seen = false;

	while (cursor->at < cursor->end) {
		struct wire_value value = {0};
		size_t index = 0;
		if (++budget->fields > SCAN_REPORT_FIELDS_MAX)
			return problem(cursor, "over %d fields in one report", SCAN_REPORT_FIELDS_MAX);
		if (!read_value(cursor, &value))
			return false;
		const struct contract_field *field = field_of(message, value.number, &index);
		if (field == NULL)
			budget->unknown++;
		else if (!once(cursor, field, index, &body_seen, seen) || !scan_known(cursor, field, &value, budget))
			return false;
	}
	return true;
}

bool scan_report(const struct contract *contract, const struct scan_slice *slice, uint32_t *ret_unknown,
                 char problem_text[static SCAN_PROBLEM_SIZE])
{
	struct budget budget = {0};
	struct cursor cursor = {.start = slice->bytes,
	                        .at = slice->bytes,
	                        .end = slice->bytes + slice->size,
	                        .inside = "report",
	                        .problem = problem_text};
	bool good = scan_message(&cursor, contract->report, &budget);
	*ret_unknown = budget.unknown;
	return good;
}

bool scan_submission(const uint8_t *bytes, size_t size, struct scan_submission *ret,
                     char problem_text[static SCAN_PROBLEM_SIZE])
{
	struct cursor cursor = {
		.start = bytes, .at = bytes, .end = bytes + size, .inside = "submission", .problem = problem_text};
	struct wire_value value = {0};

	ret->has_submission_id = false;
	ret->submission_id = 0;
	ret->report_count = 0;
	for (size_t fields = 1; cursor.at < cursor.end; fields++) {
		if (fields > SCAN_SUBMISSION_FIELDS_MAX)
			return problem(&cursor, "over %d fields in one submission", SCAN_SUBMISSION_FIELDS_MAX);
		if (!read_value(&cursor, &value))
			return false;
		if (value.number == SUBMISSION_ID && value.type == WIRE_VARINT) {
			ret->has_submission_id = true;
			ret->submission_id = value.varint;
		} else if (value.number == SUBMISSION_REPORT && value.type == WIRE_LENGTH) {
			if (ret->report_count < SCAN_REPORTS_MAX)
				ret->reports[ret->report_count] = (struct scan_slice){.bytes = value.bytes, .size = value.size};
			ret->report_count++;
		} else if (value.number == SUBMISSION_ID || value.number == SUBMISSION_REPORT) {
			return problem(&cursor, "field %" PRIu32 " has wire type %u", value.number, value.type);
		}
	}
	return true;
}
