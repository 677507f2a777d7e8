#include "proof_file.h"

#include <string.h>

#include "proofs.h"
#include "report.pb-c.h"

#define TITLE "baocao proof 1"
#define SIGNATURE_NAME "signature "

static const char *const side_names[] = {[MERKLE_LEFT] = "left ", [MERKLE_RIGHT] = "right "};

/* from the outbox */

struct filling {
	size_t leaf; // of the entry
	struct proof_file *proof;
	bool good;
};

static void fill(void *user, const struct outbox_proof *kept)
{
	struct filling *filling = user;
	struct proof_file *proof = filling->proof;
	static merkle_hash nodes[2 * OUTBOX_PARCEL_REPORTS + MERKLE_STEPS_MAX];

	if (kept->leaf_count == 0 || kept->leaf_count > OUTBOX_PARCEL_REPORTS || filling->leaf >= kept->leaf_count ||
	    kept->statement_size > sizeof proof->statement)
		return;
	memcpy(nodes, kept->leaves, kept->leaf_count * sizeof *kept->leaves);
	(void)merkle_build(nodes, kept->leaf_count);
	proof->step_count = merkle_path((const merkle_hash *)nodes, kept->leaf_count, filling->leaf, proof->steps);
	if (kept->step_count > MERKLE_STEPS_MAX - proof->step_count)
		return;
	if (kept->step_count > 0)
		memcpy(proof->steps + proof->step_count, kept->steps, kept->step_count * sizeof *kept->steps);
	proof->step_count += kept->step_count;
	memcpy(proof->statement, kept->statement, kept->statement_size);
	proof->statement_size = kept->statement_size;
	memcpy(proof->signature, kept->signature, sizeof proof->signature);
	filling->good = true;
}

bool proof_file_of_entry(struct outbox *outbox, const struct contract *contract, const struct outbox_entry *entry,
                         struct proof_file *ret)
{
	struct filling filling = {.leaf = entry->leaf, .proof = ret};
	struct proof_facts facts;
	uint8_t digest[DIGEST_SIZE];

	if (entry->receipt_no == 0 || entry->answer == NULL)
		return false;
	Baocao__Report *report = baocao__report__unpack(NULL, entry->report_size, entry->report);
	Baocao__ReportOutcome *outcome = baocao__report_outcome__unpack(NULL, entry->answer_size, entry->answer);
	ret->leaf_size = 0;
	if (report != NULL && outcome != NULL) {
		proofs_facts(contract, report, outcome, entry->report, entry->report_size, digest, &facts);
		ret->leaf_size = proof_leaf(&facts, ret->leaf);
	}
	if (report != NULL)
		baocao__report__free_unpacked(report, NULL);
	if (outcome != NULL)
		baocao__report_outcome__free_unpacked(outcome, NULL);
	return ret->leaf_size > 0 && outbox_proof(outbox, entry->receipt_no, fill, &filling) && filling.good;
}

/* writing */

void proof_file_write(const struct proof_file *proof, FILE *out)
{
	char hex[2 * PROOF_SIGNATURE_SIZE + 1];

	(void)fprintf(out, TITLE "\n%.*s\n", (int)proof->leaf_size, (const char *)proof->leaf + 1);
	for (size_t i = 0; i < proof->step_count; i++) {
		proof_write_hex(proof->steps[i] + 1, MERKLE_HASH_SIZE, hex);
		(void)fprintf(out, "%s%s\n", side_names[proof->steps[i][0] != MERKLE_LEFT], hex);
	}
	proof_write_hex(proof->signature, sizeof proof->signature, hex);
	(void)fprintf(out, "\n%.*s\n" SIGNATURE_NAME "%s\n", (int)proof->statement_size, proof->statement, hex);
}

/* reading */

struct lines {
	const char *at, *end;
	size_t number; // of the line that was read last
	const char *line;
	size_t length;
};

static bool next_line(struct lines *lines)
{
	if (lines->at == lines->end)
		return false;
	const char *end = memchr(lines->at, '\n', (size_t)(lines->end - lines->at));
	lines->line = lines->at;
	lines->length = (size_t)((end == NULL ? lines->end : end) - lines->at);
	lines->at = end == NULL ? lines->end : end + 1;
	lines->number++;
	if (lines->length > 0 && lines->line[lines->length - 1] == '\r')
		lines->length--;
	return true;
}

static bool is_line(const struct lines *lines, const char *wanted)
{
	return lines->length == strlen(wanted) && memcmp(lines->line, wanted, lines->length) == 0;
}

// What was signed has no control characters. A carriage return that was left in would be taken for a line's end by the next reader.
static bool is_printable(const struct lines *lines)
{
	for (size_t i = 0; i < lines->length; i++)
		if ((unsigned char)lines->line[i] < ' ' || lines->line[i] == 0x7f)
			return false;
	return true;
}

// The lines up to an empty one, each with its line end, into a text.
static bool read_section(struct lines *lines, char *text, size_t room, size_t *ret_size)
{
	*ret_size = 0;
	while (next_line(lines) && lines->length > 0) {
		if (lines->length + 1 > room - *ret_size || !is_printable(lines))
			return false;
		memcpy(text + *ret_size, lines->line, lines->length);
		text[*ret_size + lines->length] = '\n';
		*ret_size += lines->length + 1;
	}
	return *ret_size > 0 && lines->length == 0;
}

static bool read_named_hex(const struct lines *lines, const char *name, uint8_t *ret, size_t size)
{
	size_t length = strlen(name);

	return lines->length > length && memcmp(lines->line, name, length) == 0 &&
	       proof_read_hex(lines->line + length, lines->length - length, ret, size);
}

static bool read_steps(struct lines *lines, struct proof_file *proof)
{
	proof->step_count = 0;
	while (next_line(lines) && lines->length > 0) {
		uint8_t *step = proof->steps[proof->step_count];
		if (proof->step_count == MERKLE_STEPS_MAX)
			return false;
		if (read_named_hex(lines, side_names[MERKLE_LEFT], step + 1, MERKLE_HASH_SIZE))
			step[0] = MERKLE_LEFT;
		else if (read_named_hex(lines, side_names[MERKLE_RIGHT], step + 1, MERKLE_HASH_SIZE))
			step[0] = MERKLE_RIGHT;
		else
			return false;
		proof->step_count++;
	}
	return lines->length == 0;
}

bool proof_file_read(const char *text, size_t size, struct proof_file *ret, size_t *ret_line)
{
	struct lines lines = {.at = text, .end = text + size};
	struct proof_statement statement;
	bool good = size <= PROOF_FILE_SIZE_MAX && next_line(&lines) && is_line(&lines, TITLE) &&
	            read_section(&lines, (char *)ret->leaf + 1, PROOF_LEAF_SIZE, &ret->leaf_size) && read_steps(&lines, ret) &&
	            read_section(&lines, ret->statement, sizeof ret->statement, &ret->statement_size) &&
	            proof_read_statement(ret->statement, ret->statement_size, &statement) && next_line(&lines) &&
	            read_named_hex(&lines, SIGNATURE_NAME, ret->signature, sizeof ret->signature);

	while (good && next_line(&lines))
		good = lines.length == 0; // empty lines at the end are an editor's
	*ret_line = lines.number;
	return good;
}

/* the check */

enum proof_verdict proof_file_verify(const struct proof_file *proof, const struct signing_keys *keys,
                                     struct proof_statement *ret_statement)
{
	uint8_t room[1 + PROOF_LEAF_SIZE];
	merkle_hash root;

	memcpy(room, proof->leaf, 1 + proof->leaf_size);
	merkle_leaf(room, proof->leaf_size, root);
	merkle_climb(root, (const merkle_step *)proof->steps, proof->step_count);
	if (!proof_read_statement(proof->statement, proof->statement_size, ret_statement) ||
	    memcmp(root, ret_statement->root, sizeof root) != 0)
		return PROOF_OTHER_CONTENT;
	if (!proof_is_signed(proof->statement, proof->statement_size, proof->signature, ret_statement->key))
		return PROOF_WRONG_SIGNATURE;
	const struct signing_key *key = signing_keys_find(keys, ret_statement->key);
	if (key == NULL)
		return PROOF_UNKNOWN_KEY;
	return key->from <= ret_statement->committed && ret_statement->committed < key->to ? PROOF_HOLDS : PROOF_OUT_OF_TIME;
}
