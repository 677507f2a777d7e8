#include "outbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "outbox_file.h"
#include "proof.h"
#include "words.h"

// The statements of an outbox, prepared once.
enum statement { ADD, FIND_PENDING, TAKE, ANSWER, KEEP_PROOF, SEND_ALONE, COUNT, OLDEST, HAS_PENDING, STATEMENTS };

static const char *const statement_text[STATEMENTS] = {
	[ADD] = "INSERT INTO entry (series, revision, digest, report, path, line) VALUES (?1, ?2, ?3, ?4, ?5, ?6) "
			"ON CONFLICT DO NOTHING",
	[FIND_PENDING] = "SELECT entry_no FROM entry WHERE digest = ?1 AND outcome IS NULL",
	[TAKE] = "SELECT entry_no, report, digest, alone FROM entry AS e WHERE outcome IS NULL AND entry_no > ?1 "
			 "AND NOT EXISTS (SELECT 1 FROM entry AS earlier WHERE earlier.series = e.series AND earlier.outcome IS NULL "
			 "AND (earlier.revision, earlier.entry_no) < (e.revision, e.entry_no)) ORDER BY entry_no",
	[ANSWER] = "UPDATE entry SET outcome = ?2, answer = ?3, answered_at = strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), "
			   "receipt_no = ?4, leaf = ?5 WHERE entry_no = ?1 AND outcome IS NULL",
	[KEEP_PROOF] = "INSERT INTO receipt (statement, signature, steps, leaves) VALUES (?1, ?2, ?3, ?4)",
	[SEND_ALONE] = "UPDATE entry SET alone = 1 WHERE entry_no = ?1",
	[COUNT] = "SELECT coalesce(outcome, 0), count(*) FROM entry GROUP BY outcome",
	[OLDEST] = "SELECT coalesce(min(queued_at), '') FROM entry WHERE outcome IS NULL",
	[HAS_PENDING] = "SELECT EXISTS (SELECT 1 FROM entry WHERE outcome IS NULL)",
};

struct outbox {
	char *path;
	sqlite3 *database;
	sqlite3_stmt *statements[STATEMENTS];
	int lock_fd;
	int64_t taken; // entries up to this one were taken since the last rewind
};

static bool complain(const struct outbox *outbox, const char *reason)
{
	return outbox_file_complain(outbox->path, reason);
}

static bool complain_of_database(const struct outbox *outbox)
{
	return outbox_file_complain_of(outbox->path, outbox->database);
}

static bool execute(struct outbox *outbox, const char *sql)
{
	return outbox_file_execute(outbox->path, outbox->database, sql);
}

static bool prepare_all(struct outbox *outbox)
{
	for (int i = 0; i < STATEMENTS; i++)
		if (sqlite3_prepare_v3(outbox->database, statement_text[i], -1, SQLITE_PREPARE_PERSISTENT, &outbox->statements[i],
		                       NULL) != SQLITE_OK)
			return complain_of_database(outbox);
	return true;
}

struct outbox *outbox_open(const char *path)
{
	struct outbox *outbox = calloc(1, sizeof *outbox);

	if (outbox != NULL) {
		outbox->lock_fd = -1;
		outbox->path = strdup(path);
	}
	if (outbox == NULL || outbox->path == NULL)
		(void)fputs(_("baocao: out of memory\n"), stderr);
	else if ((outbox->database = outbox_file_open(path)) != NULL && prepare_all(outbox))
		return outbox;
	outbox_close(&outbox);
	return NULL;
}

void outbox_close(struct outbox **outbox)
{
	if (*outbox == NULL)
		return;
	for (int i = 0; i < STATEMENTS; i++)
		(void)sqlite3_finalize((*outbox)->statements[i]);
	(void)sqlite3_close((*outbox)->database);
	if ((*outbox)->lock_fd >= 0)
		(void)close((*outbox)->lock_fd);
	free((*outbox)->path);
	free(*outbox);
	*outbox = NULL;
}

struct sqlite3 *outbox_database(const struct outbox *outbox)
{
	return outbox->database;
}

bool outbox_complain(const struct outbox *outbox)
{
	return complain_of_database(outbox);
}

/* queueing */

bool outbox_begin(struct outbox *outbox)
{
	return execute(outbox, "BEGIN IMMEDIATE");
}

void outbox_rollback(struct outbox *outbox)
{
	if (sqlite3_get_autocommit(outbox->database) == 0)
		(void)sqlite3_exec(outbox->database, "ROLLBACK", NULL, NULL, NULL); // the reason has been said
}

bool outbox_commit(struct outbox *outbox)
{
	if (execute(outbox, "COMMIT"))
		return true;
	outbox_rollback(outbox);
	return false;
}

static bool find_pending(struct outbox *outbox, const uint8_t *digest, int64_t *ret_entry_no)
{
	sqlite3_stmt *find = outbox->statements[FIND_PENDING];
	(void)sqlite3_bind_blob(find, 1, digest, DIGEST_SIZE, SQLITE_STATIC);
	bool found = sqlite3_step(find) == SQLITE_ROW;
	*ret_entry_no = found ? sqlite3_column_int64(find, 0) : 0;
	(void)sqlite3_reset(find);
	return found;
}

bool outbox_add(struct outbox *outbox, const struct outbox_report *report, int64_t *ret_entry_no)
{
	sqlite3_stmt *add = outbox->statements[ADD];

	(void)sqlite3_bind_text(add, 1, report->series, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(add, 2, report->revision);
	(void)sqlite3_bind_blob(add, 3, report->digest, DIGEST_SIZE, SQLITE_STATIC);
	(void)sqlite3_bind_blob(add, 4, report->bytes, (int)report->size, SQLITE_STATIC);
	(void)sqlite3_bind_text(add, 5, report->path, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(add, 6, (int64_t)report->line);
	int status = sqlite3_step(add);
	(void)sqlite3_reset(add);
	if (status != SQLITE_DONE) {
		(void)complain_of_database(outbox);
		(void)sqlite3_exec(outbox->database, "ROLLBACK", NULL, NULL, NULL);
		return false;
	}
	return find_pending(outbox, report->digest, ret_entry_no) || complain_of_database(outbox);
}

/* delivering */

static bool open_lock(struct outbox *outbox)
{
	char path[PATH_MAX];

	if (outbox->lock_fd >= 0)
		return true;
	(void)snprintf(path, sizeof path, "%s-lock", outbox->path);
	outbox->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
	return outbox->lock_fd >= 0 || complain(outbox, strerror(errno));
}

bool outbox_try_lock(struct outbox *outbox, bool *ret_taken)
{
	*ret_taken = false;
	if (!open_lock(outbox))
		return false;
	*ret_taken = flock(outbox->lock_fd, LOCK_EX | LOCK_NB) == 0;
	return *ret_taken || errno == EWOULDBLOCK || errno == EINTR || complain(outbox, strerror(errno));
}

bool outbox_lock(struct outbox *outbox)
{
	bool taken;

	if (!outbox_try_lock(outbox, &taken) || taken)
		return taken;
	(void)fprintf(stderr, _("baocao: outbox %s: another baocao delivers it; waiting for its turn\n"), outbox->path);
	while (flock(outbox->lock_fd, LOCK_EX) != 0)
		if (errno != EINTR)
			return complain(outbox, strerror(errno));
	return true;
}

void outbox_unlock(struct outbox *outbox)
{
	if (outbox->lock_fd >= 0)
		(void)close(outbox->lock_fd);
	outbox->lock_fd = -1;
}

void outbox_parcel_clear(struct outbox_parcel *parcel)
{
	free(parcel->bytes);
	*parcel = (struct outbox_parcel){0};
}

static size_t put_varint(uint8_t *to, uint64_t value)
{
	size_t used = 0;
	for (; value >= 0x80; value >>= 7)
		to[used++] = (uint8_t)(value | 0x80);
	to[used++] = (uint8_t)value;
	return used;
}

// False when memory is out.
static bool put_in(struct outbox_parcel *parcel, const uint8_t *report, size_t size)
{
	size_t wanted = parcel->size + size + OUTBOX_ENTRY_OVERHEAD;

	if (wanted > parcel->capacity) {
		size_t capacity = wanted < 4096 ? 4096 : 2 * wanted;
		uint8_t *grown = realloc(parcel->bytes, capacity);
		if (grown == NULL)
			return false;
		parcel->bytes = grown;
		parcel->capacity = capacity;
	}
	parcel->bytes[parcel->size++] = 2 << 3 | 2; // Submission.report
	parcel->size += put_varint(parcel->bytes + parcel->size, size);
	memcpy(parcel->bytes + parcel->size, report, size);
	parcel->size += size;
	return true;
}

bool outbox_take(struct outbox *outbox, struct outbox_parcel *parcel, size_t max_bytes)
{
	sqlite3_stmt *take = outbox->statements[TAKE];
	bool good = true, alone = false;
	int status = SQLITE_DONE;

	parcel->count = 0;
	parcel->size = 0;
	(void)sqlite3_bind_int64(take, 1, outbox->taken);
	while (good && !alone && parcel->count < OUTBOX_PARCEL_REPORTS && (status = sqlite3_step(take)) == SQLITE_ROW) {
		size_t size = (size_t)sqlite3_column_bytes(take, 1);
		alone = sqlite3_column_int(take, 3) != 0;
		if (parcel->count > 0 && (alone || parcel->size + size + OUTBOX_ENTRY_OVERHEAD > max_bytes))
			break;
		good = put_in(parcel, sqlite3_column_blob(take, 1), size);
		outbox->taken = parcel->entries[parcel->count] = sqlite3_column_int64(take, 0);
		memcpy(parcel->digests[parcel->count++], sqlite3_column_blob(take, 2), DIGEST_SIZE);
	}
	if (!good)
		(void)complain(outbox, _("out of memory"));
	else if (status != SQLITE_ROW && status != SQLITE_DONE)
		good = complain_of_database(outbox);
	(void)sqlite3_reset(take);
	return good;
}

void outbox_rewind(struct outbox *outbox)
{
	outbox->taken = 0;
}

// *ret_receipt_no is 0 when there is nothing to keep.
static bool write_proof(struct outbox *outbox, const struct outbox_proof *proof, int64_t *ret_receipt_no)
{
	sqlite3_stmt *keep = outbox->statements[KEEP_PROOF];

	*ret_receipt_no = 0;
	if (proof == NULL)
		return true;
	(void)sqlite3_bind_blob(keep, 1, proof->statement, (int)proof->statement_size, SQLITE_STATIC);
	(void)sqlite3_bind_blob(keep, 2, proof->signature, PROOF_SIGNATURE_SIZE, SQLITE_STATIC);
	(void)sqlite3_bind_blob(keep, 3, proof->steps, (int)(proof->step_count * sizeof *proof->steps), SQLITE_STATIC);
	(void)sqlite3_bind_blob(keep, 4, proof->leaves, (int)(proof->leaf_count * sizeof *proof->leaves), SQLITE_STATIC);
	int status = sqlite3_step(keep);
	(void)sqlite3_reset(keep);
	*ret_receipt_no = sqlite3_last_insert_rowid(outbox->database);
	return status == SQLITE_DONE || complain_of_database(outbox);
}

// receipt_no 0: not signed.
static bool write_answer(struct outbox *outbox, int64_t entry_no, const Baocao__ReportOutcome *outcome, int64_t receipt_no,
                         size_t leaf)
{
	sqlite3_stmt *answer = outbox->statements[ANSWER];
	size_t size = baocao__report_outcome__get_packed_size(outcome);
	uint8_t *bytes = malloc(size + 1);

	if (bytes == NULL)
		return complain(outbox, _("out of memory"));
	(void)baocao__report_outcome__pack(outcome, bytes);
	(void)sqlite3_bind_int64(answer, 1, entry_no);
	(void)sqlite3_bind_int(answer, 2, (int)outcome->outcome);
	(void)sqlite3_bind_blob(answer, 3, bytes, (int)size, SQLITE_STATIC);
	(void)(receipt_no > 0 ? sqlite3_bind_int64(answer, 4, receipt_no) : sqlite3_bind_null(answer, 4));
	(void)(receipt_no > 0 ? sqlite3_bind_int64(answer, 5, (int64_t)leaf) : sqlite3_bind_null(answer, 5));
	int status = sqlite3_step(answer);
	(void)sqlite3_reset(answer);
	free(bytes);
	return status == SQLITE_DONE || complain_of_database(outbox);
}

static bool write_whole(struct outbox *outbox, const struct outbox_parcel *parcel, const Baocao__Receipt *receipt)
{
	sqlite3_stmt *alone = outbox->statements[SEND_ALONE];
	Baocao__ReportOutcome outcome = BAOCAO__REPORT_OUTCOME__INIT;
	Baocao__Violation *problem = receipt->problem;
	bool good = true;

	if (parcel->count == 1) {
		outcome.has_outcome = 1;
		outcome.outcome = receipt->whole;
		outcome.n_violation = problem == NULL ? 0 : 1;
		outcome.violation = &problem;
		return write_answer(outbox, parcel->entries[0], &outcome, 0, 0);
	}
	for (size_t i = 0; good && i < parcel->count; i++) {
		(void)sqlite3_bind_int64(alone, 1, parcel->entries[i]);
		good = sqlite3_step(alone) == SQLITE_DONE || complain_of_database(outbox);
		(void)sqlite3_reset(alone);
	}
	return good;
}

static bool is_of(const Baocao__ReportOutcome *outcome, const uint8_t *digest)
{
	return !outcome->has_content_digest || (outcome->content_digest.len == DIGEST_SIZE &&
	                                        memcmp(outcome->content_digest.data, digest, DIGEST_SIZE) == 0);
}

bool outbox_answer(struct outbox *outbox, const struct outbox_parcel *parcel, const Baocao__Receipt *receipt,
                   const struct outbox_proof *proof)
{
	int64_t receipt_no;

	if (!outbox_begin(outbox))
		return false;
	bool good = write_proof(outbox, proof, &receipt_no) && (!receipt->has_whole || write_whole(outbox, parcel, receipt));
	for (size_t i = 0; good && !receipt->has_whole && i < parcel->count; i++) {
		if (is_of(receipt->outcome[i], parcel->digests[i]))
			good = write_answer(outbox, parcel->entries[i], receipt->outcome[i], receipt_no, i);
		else
			good = complain(outbox, _("the server answered for another content than it was sent"));
	}
	if (good)
		return outbox_commit(outbox);
	(void)sqlite3_exec(outbox->database, "ROLLBACK", NULL, NULL, NULL);
	return false;
}

/* looking */

bool outbox_each(struct outbox *outbox, enum outbox_which which, int64_t entry_no,
                 void (*each)(void *user, const struct outbox_entry *entry), void *user)
{
	static const char *const where[] = {
		[OUTBOX_PENDING] = "outcome IS NULL",
		[OUTBOX_REFUSED] = "outcome IN (3, 5, 7)", // CONFLICT, REFUSED, PROTOCOL
		[OUTBOX_ALL] = "true",
		[OUTBOX_BY_NUMBER] = "entry_no = ?1",
	};
	char sql[256];
	sqlite3_stmt *statement = NULL;
	int status;

	(void)snprintf(sql, sizeof sql, "SELECT entry_no, path, line, queued_at, outcome, answered_at, answer, report, receipt_no, "
	               "leaf FROM entry WHERE %s "
	               "ORDER BY entry_no", where[which]);
	if (sqlite3_prepare_v2(outbox->database, sql, -1, &statement, NULL) != SQLITE_OK)
		return complain_of_database(outbox);
	(void)sqlite3_bind_int64(statement, 1, entry_no); // harmless where there is no ?1
	while ((status = sqlite3_step(statement)) == SQLITE_ROW)
		each(user, &(struct outbox_entry){.entry_no = sqlite3_column_int64(statement, 0),
		                                  .path = (const char *)sqlite3_column_text(statement, 1),
		                                  .line = (size_t)sqlite3_column_int64(statement, 2),
		                                  .queued_at = (const char *)sqlite3_column_text(statement, 3),
		                                  .outcome = (Baocao__Outcome)sqlite3_column_int(statement, 4),
		                                  .answered_at = (const char *)sqlite3_column_text(statement, 5),
		                                  .answer = sqlite3_column_blob(statement, 6),
		                                  .answer_size = (size_t)sqlite3_column_bytes(statement, 6),
		                                  .report = sqlite3_column_blob(statement, 7),
		                                  .report_size = (size_t)sqlite3_column_bytes(statement, 7),
		                                  .receipt_no = sqlite3_column_int64(statement, 8),
		                                  .leaf = (size_t)sqlite3_column_int64(statement, 9)});
	(void)sqlite3_finalize(statement);
	return status == SQLITE_DONE || complain_of_database(outbox);
}

bool outbox_proof(struct outbox *outbox, int64_t receipt_no, void (*use)(void *user, const struct outbox_proof *proof),
                  void *user)
{
	sqlite3_stmt *statement = NULL;
	int status = sqlite3_prepare_v2(outbox->database,
	                                "SELECT statement, signature, steps, leaves FROM receipt WHERE receipt_no = ?1", -1,
	                                &statement, NULL);

	(void)sqlite3_bind_int64(statement, 1, receipt_no);
	status = status == SQLITE_OK ? sqlite3_step(statement) : status;
	bool found = status == SQLITE_ROW && sqlite3_column_bytes(statement, 1) == PROOF_SIGNATURE_SIZE;
	if (found)
		use(user, &(struct outbox_proof){.statement = sqlite3_column_blob(statement, 0),
		                                 .statement_size = (size_t)sqlite3_column_bytes(statement, 0),
		                                 .signature = sqlite3_column_blob(statement, 1),
		                                 .steps = sqlite3_column_blob(statement, 2),
		                                 .step_count = (size_t)sqlite3_column_bytes(statement, 2) / MERKLE_STEP_SIZE,
		                                 .leaves = sqlite3_column_blob(statement, 3),
		                                 .leaf_count = (size_t)sqlite3_column_bytes(statement, 3) / MERKLE_HASH_SIZE});
	else
		(void)(status == SQLITE_ROW || status == SQLITE_DONE ? complain(outbox, _("the proof is not there"))
		                                                     : complain_of_database(outbox));
	(void)sqlite3_finalize(statement);
	return found;
}

bool outbox_count(struct outbox *outbox, int64_t counts[static OUTBOX_OUTCOMES], char oldest[static OUTBOX_TIME_SIZE])
{
	sqlite3_stmt *count = outbox->statements[COUNT], *first = outbox->statements[OLDEST];
	int status;

	memset(counts, 0, OUTBOX_OUTCOMES * sizeof counts[0]);
	while ((status = sqlite3_step(count)) == SQLITE_ROW) {
		int outcome = sqlite3_column_int(count, 0);
		if (outcome >= 0 && outcome < OUTBOX_OUTCOMES)
			counts[outcome] = sqlite3_column_int64(count, 1);
	}
	(void)sqlite3_reset(count);
	if (status != SQLITE_DONE || sqlite3_step(first) != SQLITE_ROW) {
		(void)sqlite3_reset(first);
		return complain_of_database(outbox);
	}
	(void)snprintf(oldest, OUTBOX_TIME_SIZE, "%s", (const char *)sqlite3_column_text(first, 0));
	(void)sqlite3_reset(first);
	return true;
}

bool outbox_has_pending(struct outbox *outbox)
{
	sqlite3_stmt *statement = outbox->statements[HAS_PENDING];
	bool pending = sqlite3_step(statement) != SQLITE_ROW || sqlite3_column_int(statement, 0) != 0;

	(void)sqlite3_reset(statement);
	return pending;
}
