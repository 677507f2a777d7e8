// seeds FOLDER: writes seed inputs for all targets, made from the contract, to FOLDER/TARGET/, and a dictionary for each to
// FOLDER/TARGET.dict.
#include <errno.h>
#include <jansson.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "config.h"
#include "dictionary.h"
#include "field.h"
#include "json.h"
#include "judge.h"
#include "opened.h"
#include "receipt.h"
#include "signed_sample.h"
#include "small_catalogue.h"
#include "sample.h"
#include "template.h"

enum { SAMPLES = 12, WORKBOOKS = 2, PATH_SIZE = 4096, ARENA_MAX = 256 << 20 }; // samples and workbooks of each kind

static const char *const targets[] = {"submission", "receipt", "signed", "proof", "json", "csv", "xlsx", "config"};

struct seeding {
	const char *folder;
	const struct contract *contract;
	struct catalogue *catalogue;
	struct arena *arena;
};

static void give_up(const char *what)
{
	(void)fprintf(stderr, "seeds: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static void *there(void *memory)
{
	if (memory == NULL)
		give_up("memory");
	return memory;
}

static FILE *create(const struct seeding *seeding, const char *format, ...) __attribute__((format(printf, 2, 3)));

static FILE *create(const struct seeding *seeding, const char *format, ...)
{
	char path[PATH_SIZE];
	int used = snprintf(path, sizeof path, "%s/", seeding->folder);
	va_list args;

	va_start(args, format);
	(void)vsnprintf(path + used, sizeof path - (size_t)used, format, args);
	va_end(args);
	FILE *file = fopen(path, "wb");
	if (file == NULL)
		give_up(path);
	return file;
}

static void finish(FILE *file)
{
	if (fclose(file) != 0)
		give_up("writing");
}

static void write_bytes(FILE *file, const void *bytes, size_t size)
{
	if (fwrite(bytes, 1, size, file) != size)
		give_up("writing");
	finish(file);
}

/* submissions and receipts */

static void write_receipt(const struct seeding *seeding, const char *name, const uint8_t *bytes, size_t size)
{
	struct submission *submission = there(opened_submission(bytes, size, date_now()));

	if (!opened_decode(submission, seeding->contract, seeding->catalogue))
		give_up("memory");
	for (size_t i = 0; i < submission->item_count; i++) {
		struct item *item = &submission->items[i];
		if (item->outcome != 0)
			continue;
		item->outcome = (Baocao__Outcome)(1 + i % BAOCAO__OUTCOME__OUTCOME_SUPERSEDED);
		item->report_no = (int64_t)i + 1;
		item->stored_received_at = submission->received_at;
	}
	const uint8_t *receipt = there(receipt_pack(submission, &size));
	write_bytes(create(seeding, "receipt/%s", name), receipt, size);
	receipt = there(receipt_pack_busy(submission, 1000, &size));
	write_bytes(create(seeding, "receipt/%s-busy", name), receipt, size);
	submission_destroy(&submission);
}

static void write_submission(const struct seeding *seeding, const char *name, const Baocao__Submission *submission)
{
	size_t size = baocao__submission__get_packed_size(submission);
	uint8_t *bytes = there(malloc(size + 1));

	(void)baocao__submission__pack(submission, bytes);
	write_bytes(create(seeding, "submission/%s", name), bytes, size);
	write_receipt(seeding, name, bytes, size);
	write_receipt(seeding, "cut", bytes, size - 1);
	free(bytes);
}

/* files of a collector */

static void write_json(const struct seeding *seeding, const char *name, const ProtobufCMessage *report)
{
	FILE *file = create(seeding, "json/%s", name);
	json_t *object = there(json_write_report(seeding->contract, report));
	char *text = there(json_dumps(object, JSON_COMPACT));

	(void)fprintf(file, "%s\n%s\n", text, text);
	free(text);
	json_decref(object);
	finish(file);
}

static void write_cell(FILE *file, const struct contract_field *field, const ProtobufCMessage *message, bool first)
{
	if (!first)
		(void)fputc(',', file);
	if (message == NULL || !field_is_present(message, field))
		return;
	switch (field->wire->type) {
	case PROTOBUF_C_TYPE_STRING:
		(void)fprintf(file, "\"%s\"", field_text(message, field));
		break;
	case PROTOBUF_C_TYPE_ENUM:
		(void)fputs(contract_value_by_number(field->enumeration, field_enum(message, field))->label, file);
		break;
	case PROTOBUF_C_TYPE_BOOL:
		(void)fputs(field_number(message, field) != 0 ? "true" : "false", file);
		break;
	default:
		(void)fprintf(file, "%llu", (unsigned long long)field_number(message, field));
	}
}

// The cells of the scalars of a message; or their names, behind the name of what they are in.
static void write_cells(FILE *file, const struct contract_message *about, const ProtobufCMessage *message,
						const char *prefix, bool first)
{
	for (size_t i = 0; i < about->field_count; i++) {
		const struct contract_field *field = &about->fields[i];
		if (field->message != NULL)
			continue;
		if (prefix == NULL)
			write_cell(file, field, message, first);
		else
			(void)fprintf(file, "%s%s%s", first ? "" : ",", prefix, field->name);
		first = false;
	}
}

static void write_csv(const struct seeding *seeding, const char *name, const struct contract_kind *kind,
					  const ProtobufCMessage *report)
{
	FILE *file = create(seeding, "csv/%s", name);
	const ProtobufCMessage *body = field_message(report, kind->member);
	char prefix[256];
	size_t rows = 1;

	(void)snprintf(prefix, sizeof prefix, "%s.", kind->name);
	write_cells(file, seeding->contract->report, NULL, "", true);
	write_cells(file, kind->body, NULL, prefix, false);
	for (size_t i = 0; i < kind->body->field_count; i++) {
		const struct contract_field *lines = &kind->body->fields[i];
		if (lines->message == NULL)
			continue;
		(void)snprintf(prefix, sizeof prefix, "%s.%s.", kind->name, lines->name);
		write_cells(file, lines->message, NULL, prefix, false);
		rows = field_line_count(body, lines) > rows ? field_line_count(body, lines) : rows;
	}
	for (size_t row = 0; row < rows; row++) {
		(void)fputc('\n', file);
		write_cells(file, seeding->contract->report, report, NULL, true);
		write_cells(file, kind->body, row == 0 ? body : NULL, NULL, false);
		for (size_t i = 0; i < kind->body->field_count; i++) {
			const struct contract_field *lines = &kind->body->fields[i];
			if (lines->message != NULL)
				write_cells(file, lines->message, row < field_line_count(body, lines) ? field_line(body, lines, row) : NULL,
							NULL, false);
		}
	}
	(void)fputc('\n', file);
	finish(file);
}

/* workbooks */

static void write_xlsx_cell(lxw_worksheet *sheet, lxw_row_t row, lxw_col_t column, const struct contract_field *field,
							const ProtobufCMessage *message)
{
	if (message == NULL || !field_is_present(message, field))
		return;
	switch (field->wire->type) {
	case PROTOBUF_C_TYPE_STRING:
		(void)worksheet_write_string(sheet, row, column, field_text(message, field), NULL);
		break;
	case PROTOBUF_C_TYPE_ENUM:
		(void)worksheet_write_string(sheet, row, column,
									 contract_value_by_number(field->enumeration, field_enum(message, field))->vi, NULL);
		break;
	case PROTOBUF_C_TYPE_BOOL:
		(void)worksheet_write_boolean(sheet, row, column, (int)field_number(message, field), NULL);
		break;
	default:
		(void)worksheet_write_number(sheet, row, column, (double)field_number(message, field), NULL);
	}
}

static const ProtobufCMessage *message_of(const struct table_column *column, const ProtobufCMessage *report,
										  const ProtobufCMessage *body, size_t row)
{
	if (column->lines != NULL)
		return row < field_line_count(body, column->lines) ? field_line(body, column->lines, row) : NULL;
	return column->body != NULL ? (row == 0 ? body : NULL) : report;
}

// A form as a clerk fills it in, and the form empty.
static void write_xlsx(const struct seeding *seeding, const char *name, const struct contract_kind *kind,
					   const ProtobufCMessage *report, bool template_too)
{
	const ProtobufCMessage *body = field_message(report, kind->member);
	struct table_column columns[TABLE_COLUMNS_MAX];
	size_t count = template_columns(seeding->contract, kind, columns), rows = 1;
	char path[PATH_SIZE], text[CELL_FOLDED_SIZE];

	(void)snprintf(path, sizeof path, "%s/xlsx/%s", seeding->folder, name);
	lxw_workbook *workbook = there(workbook_new(path));
	lxw_worksheet *sheet = there(workbook_add_worksheet(workbook, NULL));
	for (size_t i = 0; i < count; i++) {
		(void)worksheet_write_string(sheet, 0, (lxw_col_t)i, template_path(&columns[i], text), NULL);
		if (columns[i].lines != NULL && field_line_count(body, columns[i].lines) > rows)
			rows = field_line_count(body, columns[i].lines);
	}
	for (size_t row = 0; row < rows; row++)
		for (size_t i = 0; i < count; i++)
			write_xlsx_cell(sheet, (lxw_row_t)row + 1, (lxw_col_t)i, columns[i].field, message_of(&columns[i], report, body, row));
	if (workbook_close(workbook) != LXW_NO_ERROR)
		give_up(path);
	(void)snprintf(path, sizeof path, "%s/xlsx/%s-template", seeding->folder, kind->name);
	(void)unlink(path);
	if (template_too && !template_write_xlsx(seeding->contract, kind, path))
		give_up(path);
}

// Parts of a workbook, as the target takes them.
static void write_parts(const struct seeding *seeding)
{
	static const char *const texts[] = {
		("0<worksheet><sheetData><row r=\"2\"><c r=\"C2\" t=\"inlineStr\"><is><r><t>unit code</t></r></is></c><c t=\"inlineStr\"><is><t>"
		"revision</t></is></c></row><row><c r=\"C3\" t=\"str\"><f>A1</f><v>01</v></c><c t=\"b\"><v>1</v></c></row><row r=\"9\"><c "
		"r=\"C9\" t=\"e\"><v>#DIV/0!</v></c><c><f>1</f></c></row></sheetData><conditionalFormatting/></worksheet>"),
		"1<sst><si><r><t>unit</t></r><r><t> code</t></r><rPh><t>x</t></rPh></si><si><t>revision</t></si></sst>",
		("2<x:workbook xmlns:x=\"x\"><x:workbookPr date1904=\"1\"/><x:sheets><x:sheet name=\"b\" x:id=\"r1\" state=\"visible\"/></x:sheets>"
		"</x:workbook>"),
		"3<Relationships><Relationship Id=\"r1\" Type=\"/worksheet\" Target=\"/xl/worksheets/sheet1.xml\"/></Relationships>",
		"4<styleSheet><dxfs count=\"1\"><dxf/></dxfs><tableStyles/></styleSheet>",
		"5<comments><authors/><commentList><comment ref=\"A2\"><text><t>[baocao] x</t></text></comment></commentList></comments>",
		"6<xml><v:shape><x:ClientData><x:Row>1</x:Row><x:Column>0</x:Column></x:ClientData></v:shape></xml>",
		"0<!DOCTYPE a [<!ENTITY b \"c\">]><worksheet>&b;</worksheet>",
	};
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		write_bytes(create(seeding, "xlsx/part-%zu", i), texts[i], strlen(texts[i]));
}

static void write_config(const struct seeding *seeding)
{
	struct config config;
	FILE *file = create(seeding, "config/defaults");

	if (!config_init(&config))
		give_up("memory");
	config_print(&config, file);
	finish(file);
	config_clear(&config);
}

static void write_signed(const struct seeding *seeding)
{
	struct signed_sample *sample = there(signed_sample_create(seeding->contract, seeding->arena));

	write_bytes(create(seeding, "signed/receipt"), sample->receipt, sample->receipt_size);
	for (size_t i = 0; i < SIGNED_SAMPLE_REPORTS; i++) {
		FILE *file = create(seeding, "proof/%zu", i);
		proof_file_write(&sample->proofs[i], file);
		finish(file);
	}
	signed_sample_destroy(&sample);
}

/* all */

static void write_samples(const struct seeding *seeding)
{
	const struct contract *contract = seeding->contract;
	Baocao__Report *all[SAMPLES * 64];
	size_t count = 0;
	char name[100];

	for (size_t i = 0; i < contract->kind_count * SAMPLES && count < sizeof all / sizeof all[0]; i++) {
		const struct contract_kind *kind = &contract->kinds[i % contract->kind_count];
		unsigned number = (unsigned)(i / contract->kind_count);
		ProtobufCMessage *report = there(sample_report(contract, kind, number, seeding->arena));
		struct verdict verdict;
		verdict_init(&verdict, seeding->arena);
		judge_report(contract, report, &verdict);
		if (!verdict_is_clean(&verdict)) // a kind with checks of its own: its seed is a wrong report
			(void)fprintf(stderr, "seeds: %s %u: %s %s\n", kind->name, number, verdict.list[0].path, verdict.list[0].en);
		(void)snprintf(name, sizeof name, "%s-%u", kind->name, number);
		all[count++] = (Baocao__Report *)report;
		Baocao__Submission submission = BAOCAO__SUBMISSION__INIT;
		submission.n_report = 1;
		submission.report = &all[count - 1];
		write_submission(seeding, name, &submission);
		write_json(seeding, name, report);
		write_csv(seeding, name, kind, report);
		if (number < WORKBOOKS)
			write_xlsx(seeding, name, kind, report, number == 0);
	}
	Baocao__Submission submission = BAOCAO__SUBMISSION__INIT;
	submission.has_submission_id = 1;
	submission.n_report = contract->kind_count;
	submission.report = all;
	write_submission(seeding, "all", &submission);
}

static void write_dictionaries(const struct seeding *seeding)
{
	for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
		FILE *file = create(seeding, "%s.dict", targets[i]);
		dictionary_write(file, seeding->contract, targets[i]);
		finish(file);
	}
}

int main(int argc, char **argv)
{
	char *error = NULL, path[PATH_SIZE];
	struct contract *contract = argc == 2 && sodium_init() >= 0 ? contract_load(&error) : NULL;
	struct seeding seeding = {.folder = argv[1], .contract = contract};

	if (contract == NULL || (seeding.catalogue = small_catalogue(contract, &error)) == NULL) {
		(void)fprintf(stderr, "%s\n", error == NULL ? "usage: seeds FOLDER" : error);
		return EXIT_FAILURE;
	}
	seeding.arena = there(arena_create(ARENA_MAX));
	for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", argv[1], targets[i]);
		if (mkdir(path, 0777) != 0 && errno != EEXIST)
			give_up(path);
	}
	write_samples(&seeding);
	write_config(&seeding);
	write_parts(&seeding);
	write_signed(&seeding);
	write_dictionaries(&seeding);
	arena_destroy(&seeding.arena);
	catalogue_destroy(&seeding.catalogue);
	contract_destroy(&contract);
	return EXIT_SUCCESS;
}
