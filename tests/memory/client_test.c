// Every allocation of the collector's tool fails once: a file becomes the reports that it says or is complained of, the
// outbox holds all that was queued or nothing, and what was answered is kept or asked for again.
#include "cmocka_all.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "answer.h"
#include "digest.h"
#include "failing_malloc.h"
#include "import.h"
#include "outbox.h"
#include "queue.h"
#include "show.h"

static const char json[] =
	"{\"unit_code\":\"01\",\"period_type\":\"campaign\",\"period_first\":\"2022-08-01\",\"period_last\":\"2022-08-20\","
	"\"revision\":1,"
	"\"festival_day\":{\"points_planned\":10,\"points_held\":12,\"venue\":[{\"venue_kind\":\"ward\",\"held\":12}]}}\n"
	"{\"unit_code\":\"01\",\"period_type\":\"month\",\"period_first\":\"2022-08-01\",\"period_last\":\"2022-08-31\","
	"\"revision\":2,"
	"\"withdrawal\":{\"withdrawn_kind\":\"commendation\",\"reason\":\"báo cáo nhầm kỳ, đơn vị sẽ báo cáo lại\"}}\n";

static const char csv[] =
	"unit_code,period_type,period_first,period_last,revision,festival_day.points_planned,festival_day.points_held,"
	"festival_day.venue.venue_kind,festival_day.venue.held,festival_day.venue.attendees\n"
	"01,campaign,2022-08-01,2022-08-20,1,10,52,ward,12,\n"
	"01,campaign,2022-08-01,2022-08-20,1,,,commune,40,123456789\n"
	"79,campaign,2022-08-01,2022-08-20,1,7,7,ward,7,1\n";

enum { REPORTS = 2 }; // in each

struct fixture {
	struct contract *contract;
	const char *text;
	size_t size;
	FILE *file;
	void (*read)(struct import *import, const char *path, FILE *file);
	struct import import;
	bool begun;
	uint8_t digests[REPORTS][DIGEST_SIZE]; // without failures
	char folder[64], path[128], outbox_path[128];
	struct outbox *outbox;
	struct queued queued;
	struct outbox_parcel parcel;
	bool good;
	int64_t entry_no;
	FILE *nowhere;
};

// What is complained of, thousands of times.
static void be_silent(const struct fixture *f, bool silent)
{
	static FILE *saved;
	if (silent)
		saved = stderr;
	stderr = silent ? f->nowhere : saved;
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	char *error = NULL;
	*state = f;
	if (f == NULL || sodium_init() < 0 || (f->contract = contract_load(&error)) == NULL)
		return 1;
	// Thousands of outboxes: in memory where there is such a file system.
	(void)snprintf(f->folder, sizeof f->folder, "%s/baocao.XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (mkdtemp(f->folder) == NULL)
		return 1;
	(void)snprintf(f->path, sizeof f->path, "%s/a.jsonl", f->folder);
	(void)snprintf(f->outbox_path, sizeof f->outbox_path, "%s/outbox.db", f->folder);
	FILE *file = fopen(f->path, "w");
	if (file == NULL || fputs(json, file) < 0 || fclose(file) != 0)
		return 1;
	f->nowhere = fopen("/dev/null", "w");
	return f->nowhere == NULL;
}

static void remove_outbox(const struct fixture *f)
{
	static const char *const endings[] = {"", "-wal", "-shm", "-lock", "-journal"};
	char path[160];

	for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
		(void)snprintf(path, sizeof path, "%s%s", f->outbox_path, endings[i]);
		(void)unlink(path);
	}
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	remove_outbox(f);
	(void)unlink(f->path);
	(void)rmdir(f->folder);
	(void)fclose(f->nowhere);
	contract_destroy(&f->contract);
	free(f);
	return 0;
}

/* files */

static void read_file(void *context)
{
	struct fixture *f = context;
	be_silent(f, true);
	rewind(f->file);
	f->begun = import_init(&f->import, f->contract);
	if (f->begun)
		f->read(&f->import, "file", f->file);
	be_silent(f, false);
}

static void digest_of(const struct fixture *f, ProtobufCMessage *report, uint8_t digest[static DIGEST_SIZE])
{
	assert_true(digest_canonicalise(f->contract, report, f->import.arena));
	digest_report(f->contract, report, digest);
}

// Each report is one of those that the file has, in their order; one that is not there was complained of.
static void check_file(void *context)
{
	struct fixture *f = context;
	size_t next = 0;

	for (size_t i = 0; f->begun && i < f->import.count; i++) {
		uint8_t digest[DIGEST_SIZE];
		if (!f->import.reports[i].readable)
			continue; // never sent
		digest_of(f, f->import.reports[i].report, digest);
		while (next < REPORTS && memcmp(digest, f->digests[next], DIGEST_SIZE) != 0)
			next++;
		assert_true(next < REPORTS);
		next++;
	}
	if (f->begun && f->import.count < REPORTS)
		assert_true(f->import.unreadable > 0);
	import_clear(&f->import);
}

static void check_reading(struct fixture *f)
{
	f->file = fmemopen((void *)f->text, f->size, "r"); // only read
	assert_non_null(f->file);
	read_file(f);
	assert_int_equal(f->import.count, REPORTS);
	assert_int_equal(f->import.unreadable, 0);
	for (size_t i = 0; i < REPORTS; i++)
		digest_of(f, f->import.reports[i].report, f->digests[i]);
	import_clear(&f->import);
	assert_true(failing_malloc_everywhere(read_file, check_file, f) > 5);
	(void)fclose(f->file);
}

static void json_is_read_as_it_is_or_complained_of(void **state)
{
	struct fixture *f = *state;
	f->text = json;
	f->size = strlen(json);
	f->read = import_json;
	check_reading(f);
}

static void csv_is_read_as_it_is_or_complained_of(void **state)
{
	struct fixture *f = *state;
	f->text = csv;
	f->size = strlen(csv);
	f->read = import_csv;
	check_reading(f);
}

static const char labelled[] =
	"sep=;\n#;Mã đơn vị;loại kỳ;ngày đầu kỳ;ngày cuối kỳ;lần báo cáo;số điểm cấp xã theo kế hoạch;số điểm cấp xã đã tổ chức;"
	"loại điểm;số điểm đã tổ chức\n"
	"# ví dụ;;;;;;;;;\n"
	";01;đợt, chiến dịch;1/8/2022;20/8/2022;1;10;52;phường;12\n"
	";;;;;;;;xã;40\n"
	";79;đợt, chiến dịch;1/8/2022;20/8/2022;1;7;7;phường;7\n";

static void labels_are_read_as_they_are_or_complained_of(void **state)
{
	struct fixture *f = *state;
	f->text = labelled;
	f->size = strlen(labelled);
	f->read = import_csv;
	check_reading(f);
}

// The same two reports as those of the CSV.
static void *make_workbook(size_t *ret_size)
{
	static const char *const cells[4][9] = {
		{"unit_code", "period_type", "period_first", "period_last", "revision", "festival_day.points_planned", "festival_day.points_held",
	     "festival_day.venue.venue_kind", "festival_day.venue.held"},
		{"01", "campaign", "2022-08-01", "2022-08-20", "1", "10", "52", "phường", "12"},
		{NULL, NULL, NULL, NULL, NULL, NULL, NULL, "xã", "40"},
		{"79", "campaign", "2022-08-01", "2022-08-20", "1", "7", "7", "phường", "7"}};
	char path[] = "/tmp/baocao-memory-XXXXXX";
	int fd = mkstemp(path);
	lxw_workbook *workbook = fd < 0 ? NULL : workbook_new(path);

	assert_non_null(workbook);
	lxw_worksheet *sheet = workbook_add_worksheet(workbook, NULL);
	for (lxw_row_t row = 0; row < 4; row++)
		for (lxw_col_t column = 0; column < 9; column++)
			if (cells[row][column] != NULL)
				assert_int_equal(worksheet_write_string(sheet, row, column, cells[row][column], NULL), LXW_NO_ERROR);
	assert_int_equal(workbook_close(workbook), LXW_NO_ERROR);
	FILE *file = fopen(path, "r");
	char *bytes = malloc(1 << 20);
	assert_true(file != NULL && bytes != NULL);
	*ret_size = fread(bytes, 1, 1 << 20, file);
	(void)fclose(file);
	(void)close(fd);
	(void)unlink(path);
	return bytes;
}

static void a_workbook_is_read_as_it_is_or_complained_of(void **state)
{
	struct fixture *f = *state;
	char *bytes = make_workbook(&f->size);
	f->text = bytes;
	f->read = import_xlsx;
	check_reading(f);
	free(bytes);
}

/* the outbox */

static void queue(void *context)
{
	struct fixture *f = context;
	char *paths[] = {f->path, NULL};
	be_silent(f, true);
	f->outbox = outbox_open(f->outbox_path);
	f->good = f->outbox != NULL && queue_files(f->outbox, paths, false, &f->queued);
	outbox_close(&f->outbox);
	be_silent(f, false);
}

static void check_queue(void *context)
{
	struct fixture *f = context;
	int64_t counts[OUTBOX_OUTCOMES];
	char oldest[OUTBOX_TIME_SIZE];

	f->outbox = outbox_open(f->outbox_path);
	assert_non_null(f->outbox);
	assert_true(outbox_count(f->outbox, counts, oldest));
	assert_int_equal(counts[0], f->good ? f->queued.count : 0);
	if (f->good && f->queued.unreadable == 0)
		assert_int_equal(f->queued.count + f->queued.invalid, REPORTS);
	assert_true(!f->good || f->queued.invalid == 0);
	outbox_close(&f->outbox);
	queued_clear(&f->queued);
	remove_outbox(f);
}

static void all_is_queued_or_nothing(void **state)
{
	assert_true(failing_malloc_everywhere(queue, check_queue, *state) > 100);
}

static void take_and_answer(void *context)
{
	struct fixture *f = context;
	static const uint8_t bytes[] = {0x08, 0x01, 0x12, 0x02, 0x08, 0x01}; // 1: STORED
	Baocao__Receipt *receipt = NULL;

	f->good = false;
	be_silent(f, true);
	outbox_rewind(f->outbox);
	if (outbox_take(f->outbox, &f->parcel, OUTBOX_PARCEL_BYTES) && (receipt = answer_read(bytes, sizeof bytes)) != NULL)
		f->good = outbox_answer(f->outbox, &f->parcel, receipt, NULL);
	if (receipt != NULL)
		baocao__receipt__free_unpacked(receipt, NULL);
	be_silent(f, false);
}

static void count_outcome(void *user, const struct outbox_entry *entry)
{
	*(int *)user += entry->outcome == BAOCAO__OUTCOME__OUTCOME_STORED && entry->answer != NULL;
}

// A new entry for each round; the one before is answered.
static void add_entry(struct fixture *f)
{
	static uint32_t revision;
	uint8_t digest[DIGEST_SIZE] = {0};
	struct outbox_report report = {.bytes = digest, .size = 5000, .series = "series", .digest = digest, .path = "file"};
	static uint8_t content[5000];

	report.bytes = content;
	report.revision = ++revision;
	memcpy(digest, &revision, sizeof revision);
	assert_true(outbox_begin(f->outbox) && outbox_add(f->outbox, &report, &f->entry_no) && outbox_commit(f->outbox));
}

static void check_answered(void *context)
{
	struct fixture *f = context;
	int stored = 0;

	if (f->good)
		assert_int_equal(f->parcel.count, 1);
	assert_true(outbox_each(f->outbox, OUTBOX_BY_NUMBER, f->entry_no, count_outcome, &stored));
	assert_int_equal(stored, f->good);
	outbox_parcel_clear(&f->parcel);
	if (f->good)
		add_entry(f);
}

static void an_answer_is_kept_or_asked_for_again(void **state)
{
	struct fixture *f = *state;
	f->outbox = outbox_open(f->outbox_path);
	assert_non_null(f->outbox);
	add_entry(f);
	assert_true(failing_malloc_everywhere(take_and_answer, check_answered, f) > 5);
	outbox_close(&f->outbox);
	remove_outbox(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_is_read_as_it_is_or_complained_of),
		cmocka_unit_test(csv_is_read_as_it_is_or_complained_of),
		cmocka_unit_test(labels_are_read_as_they_are_or_complained_of),
		cmocka_unit_test(a_workbook_is_read_as_it_is_or_complained_of),
		cmocka_unit_test(all_is_queued_or_nothing),
		cmocka_unit_test(an_answer_is_kept_or_asked_for_again),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
