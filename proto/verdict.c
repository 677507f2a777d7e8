#include "verdict.h"

#include <stdio.h>
#include <string.h>

enum {
	TEXT_MAX = 600,     // a filled template
	PATH_MAX_LEN = 200, // a path of four names
	LIST_FIRST = 4      // violations a list begins with
};

static const struct rule_text rules[] = {
	[RULE_REQUIRED] = {"required", "the field must be given; missing is never zero",
                       "thiếu {field}", "{field} is missing"},
	[RULE_MIN] = {"min", "the number is below its least value",
                  "{field} là {value}, phải từ {limit} trở lên", "{field} is {value}, it must be at least {limit}"},
	[RULE_MAX] = {"max", "the number is above its greatest value",
                  "{field} là {value}, không được vượt quá {limit}", "{field} is {value}, it must be at most {limit}"},
	[RULE_MIN_LEN] = {"min_len", "the text is too short",
                      "{field} quá ngắn, cần ít nhất {limit} ký tự", "{field} is too short, it needs at least {limit} characters"},
	[RULE_MAX_LEN] = {"max_len", "the text is too long",
                      "{field} dài {value} ký tự, nhiều nhất là {limit}", "{field} has {value} characters, at most {limit} are allowed"},
	[RULE_PATTERN] = {"pattern", "the text does not match its pattern",
                      "{field} “{value}” không đúng khuôn dạng {limit}", "{field} \"{value}\" does not match {limit}"},
	[RULE_DATE] = {"date", "the text is not a calendar date YYYY-MM-DD",
                   "{field} “{value}” không phải là ngày có thật theo dạng 2022-08-19", "{field} \"{value}\" is not a date like 2022-08-19"},
	[RULE_TIMESTAMP] = {"timestamp", "the text is not an RFC 3339 time",
                        "{field} “{value}” không phải là thời điểm theo dạng 2022-08-19T08:00:00+07:00", "{field} \"{value}\" is not a time like 2022-08-19T08:00:00+07:00"},
	[RULE_UNKNOWN_VALUE] = {"unknown_value", "the number is not among the values of the enum",
                            "{field}: giá trị {value} không có trong danh mục", "{field}: {value} is not among its values"},
	[RULE_NONE_OF] = {"none_of", "this value of the enum is not allowed here",
                      "{field} không được là “{value}”", "{field} may not be \"{value}\""},
	[RULE_MIN_ITEMS] = {"min_items", "there are too few lines",
                        "{field}: có {value} dòng, cần ít nhất {limit}", "{field}: {value} lines, at least {limit} are needed"},
	[RULE_MAX_ITEMS] = {"max_items", "there are too many lines",
                        "{field}: có {value} dòng, nhiều nhất là {limit}", "{field}: {value} lines, at most {limit} are allowed"},
	[RULE_UNIQUE_BY] = {"unique_by", "two lines speak of the same thing",
                        "{field}: dòng này trùng với dòng số {value} (cùng {limit})", "{field}: this line repeats line {value} (same {limit})"},
	[RULE_NOT_ABOVE] = {"not_above", "the number exceeds another one that contains it",
                        "{field} ({value}) lớn hơn {other} ({limit})", "{field} ({value}) is above {other} ({limit})"},
	[RULE_BODY] = {"body", "the report carries no body, or one of a kind that this server does not know",
                   "báo cáo không có nội dung của loại nào", "the report has no body of any kind"},
	[RULE_PERIOD_LENGTH] = {"period_length", "first and last day do not fit the type of the period",
                            "kỳ báo cáo từ ngày đầu phải kết thúc vào {limit}, không phải {value}", "from its first day the period must end on {limit}, not {value}"},
	[RULE_POINTS_HELD_SUM] = {"points_held_sum", "points_held is not the sum of the commune-level venues held",
                              "{field} là {value}, nhưng cộng các điểm cấp xã được {limit}", "{field} is {value}, but the commune-level venues add up to {limit}"},
	[RULE_DECISION_REQUIRED] = {"decision_required", "recognition and its revocation need the number of the decision",
                                "giai đoạn “{value}” phải có {field}", "stage \"{value}\" needs the {field}"},
	[RULE_WITHDRAWAL_FIRST] = {"withdrawal_first", "a withdrawal cannot be revision 1: nothing is there to withdraw",
                               "rút báo cáo phải từ lần 2 trở lên, vì lần 1 chưa có gì để rút", "a withdrawal is revision 2 or higher: at 1 there is nothing to withdraw"},
	[RULE_UNIT_UNKNOWN] = {"unit_unknown", "no unit has this code on the last day of the period",
                           "không có đơn vị mã {value} vào ngày {limit}", "there is no unit with code {value} on {limit}"},
	[RULE_OUT_OF_SCOPE] = {"out_of_scope", "the sender may not report for this unit",
                           "đơn vị gửi không có quyền báo cáo thay cho {value}", "the sender may not report for {value}"},
	[RULE_NO_FORM] = {"no_form", "units of this level do not file this kind with this type of period at this time",
                      "đơn vị cấp {value} không nộp loại báo cáo {limit} cho kỳ này", "units of level {value} do not file {limit} for this type of period"},
	[RULE_PERIOD_NOT_BEGUN] = {"period_not_begun", "the period begins in the future",
                               "kỳ báo cáo bắt đầu ngày {value}, chưa đến (hôm nay là {limit})", "the period begins on {value}, which is still to come (today is {limit})"},
	[RULE_PERIOD_LOCKED] = {"period_locked", "the calendar has locked the period and grants this unit no exception; a repeat of what is stored is a duplicate all the same",
                        "kỳ báo cáo kết thúc ngày {value} đã khóa từ ngày {limit}; muốn nộp phải được mở khóa", "the period that ends on {value} has been locked since {limit}; it takes an exception to file for it"},
	[RULE_SENDER_REVOKED] = {"sender_revoked", "only when a refusal is judged anew: all keys of its sender have been revoked since",
                         "mọi khóa của đơn vị gửi {value} đã bị thu hồi", "all keys of the sender {value} were revoked"},
	[RULE_CONFLICT] = {"conflict", "another content is stored under the same unit, kind, period and revision",
                       "lần báo cáo {value} của đơn vị, loại và kỳ này đã lưu với nội dung khác; hãy gửi lần tiếp theo", "revision {value} of this unit, kind and period is stored with another content; send the next revision"},
	[RULE_STORE] = {"store", "the database refused the report's data although every rule held",
                    "cơ sở dữ liệu từ chối dữ liệu: {value}", "the database refused the data: {value}"},
	[RULE_MALFORMED] = {"malformed", "the bytes are not a message of the contract",
                        "không đọc được nội dung: {value}", "cannot be read: {value}"},
	[RULE_FRAMES] = {"frames", "a submission is two frames: version and body",
                     "bản tin có {value} khung, phải có đúng {limit}", "the message has {value} frames, it must have {limit}"},
	[RULE_VERSION] = {"version", "the first frame is not a version this server speaks",
                      "phiên bản giao thức “{value}” không được hỗ trợ, cần {limit}", "protocol version \"{value}\" is not spoken here, use {limit}"},
	[RULE_TOO_LARGE] = {"too_large", "the submission is too large",
                        "bản tin dài {value} byte, nhiều nhất là {limit}", "the submission has {value} bytes, at most {limit} are allowed"},
	[RULE_REPORT_COUNT] = {"report_count", "a submission carries at least one report and at most 1,000",
                           "bản tin có {value} báo cáo, phải từ 1 đến {limit}", "the submission has {value} reports, it must have 1 to {limit}"},
};
_Static_assert(sizeof rules / sizeof rules[0] == RULE_COUNT, "every rule has its row");

const struct rule_text *rule_text(enum rule rule)
{
	return &rules[rule];
}

void verdict_init(struct verdict *verdict, struct arena *arena)
{
	*verdict = (struct verdict){.arena = arena};
}

// Appends to a fixed buffer, cutting at its end but never inside a UTF-8 sequence.
static void append(char *buffer, size_t size, size_t *used, const char *text, size_t len)
{
	size_t room = size - 1 - *used;
	if (len > room)
		for (len = room; len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80;)
			len--;
	memcpy(buffer + *used, text, len);
	*used += len;
	buffer[*used] = '\0';
}

// Room for the deepest path; places are named from the top down.
static void append_place(char *buffer, size_t size, size_t *used, const struct place *place)
{
	char index[32];
	if (place == NULL)
		return;
	append_place(buffer, size, used, place->up);
	if (*used > 0)
		append(buffer, size, used, ".", 1);
	append(buffer, size, used, place->field->name, strlen(place->field->name));
	if (place->line != PLACE_NO_LINE) {
		int len = snprintf(index, sizeof index, "[%zu]", place->line);
		append(buffer, size, used, index, (size_t)len);
	}
}

static const char *word_of(const char *slot, const struct violation_words *words, bool vietnamese)
{
	const struct contract_field *labelled = NULL;
	if (strncmp(slot, "{value}", 7) == 0)
		return words->value == NULL ? "" : words->value;
	if (strncmp(slot, "{limit}", 7) == 0)
		return words->limit == NULL ? "" : words->limit;
	if (strncmp(slot, "{field}", 7) == 0)
		labelled = words->field;
	else if (strncmp(slot, "{other}", 7) == 0)
		labelled = words->other;
	if (labelled == NULL)
		return "";
	return vietnamese ? labelled->vi : labelled->en;
}

static const char *filled(struct verdict *verdict, const char *template, const struct violation_words *words,
                          bool vietnamese)
{
	char text[TEXT_MAX];
	size_t used = 0;

	text[0] = '\0';
	while (*template != '\0') {
		size_t plain = strcspn(template, "{");
		append(text, sizeof text, &used, template, plain);
		template += plain;
		if (*template == '\0')
			break;
		const char *word = word_of(template, words, vietnamese);
		size_t len = strlen(word);
		if (word == words->value && len > VERDICT_VALUE_MAX) {
			for (len = VERDICT_VALUE_MAX; len > 0 && ((unsigned char)word[len] & 0xC0) == 0x80;)
				len--;
			append(text, sizeof text, &used, word, len);
			append(text, sizeof text, &used, "…", strlen("…"));
		} else {
			append(text, sizeof text, &used, word, len);
		}
		template += strlen("{value}"); // all slots are of one length
	}
	return arena_strndup(verdict->arena, text, used);
}

// Room for one more; false when there is none, or shall be none.
static bool make_room(struct verdict *verdict)
{
	size_t *taken = arena_tally(verdict->arena);

	if (verdict->count == VERDICT_MAX || (verdict->count > 0 && *taken > VERDICT_ARENA_BYTES))
		return false;
	if (verdict->count < verdict->size)
		return true;
	size_t size = verdict->size == 0 ? LIST_FIRST : VERDICT_MAX; // most reports that are wrong have few violations
	struct violation *grown = arena_alloc(verdict->arena, size * sizeof *grown);
	if (grown == NULL)
		return false;
	if (verdict->count > 0)
		memcpy(grown, verdict->list, verdict->count * sizeof *grown);
	*taken += size * sizeof *grown;
	verdict->list = grown;
	verdict->size = size;
	return true;
}

// A report that is wrong must be told something, even without memory.
static void give_up(struct verdict *verdict)
{
	static struct violation no_room = { // never written to
		.path = "",
		.rule = "too_large",
		.vi = "bản tin có quá nhiều lỗi nên không nêu hết được; hãy gửi ít báo cáo hơn mỗi lần",
		.en = "more is wrong with this submission than there is room to say; send fewer reports at once",
	};
	verdict->incomplete = true;
	if (verdict->count > 0)
		return;
	verdict->list = &no_room;
	verdict->size = verdict->count = 1;
}

void verdict_add(struct verdict *verdict, enum rule rule, const struct place *place, const struct violation_words *words)
{
	static const struct violation_words no_words;
	char path[PATH_MAX_LEN] = "";
	size_t used = 0;

	if (verdict->incomplete || !make_room(verdict)) {
		give_up(verdict);
		return;
	}
	if (words == NULL)
		words = &no_words;
	append_place(path, sizeof path, &used, place);
	struct violation violation = {
		.path = arena_strndup(verdict->arena, path, used),
		.rule = rules[rule].id,
		.vi = filled(verdict, rules[rule].vi, words, true),
		.en = filled(verdict, rules[rule].en, words, false),
	};
	if (violation.path == NULL || violation.vi == NULL || violation.en == NULL) {
		give_up(verdict);
		return;
	}
	*arena_tally(verdict->arena) += used + strlen(violation.vi) + strlen(violation.en);
	verdict->list[verdict->count++] = violation;
}
