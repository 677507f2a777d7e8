// Target: a workbook, as the collector's tool reads it. An input that begins with a digit is a part of an otherwise good workbook
// (parts[] below); any other is the archive itself. What must hold: filed.h, and
//   - the marked copy of a workbook that could be opened can be written, reads as the same reports, and has the same problems.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zip.h>

#include "field.h"
#include "filed.h"
#include "language.h"
#include "mark.h"
#include "target.h"

#define MAIN "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define RELATIONS "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

static const struct {
	const char *name, *text;
} parts[] = {
	{"xl/worksheets/sheet1.xml",
     "<worksheet xmlns=\"" MAIN "\" xmlns:r=\"" RELATIONS "\"><sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"s\">"
     "<v>1</v></c></row><row r=\"2\"><c r=\"A2\" t=\"inlineStr\"><is><t>01</t></is></c><c r=\"B2\"><v>5813</v></c></row></sheetData>"
     "<legacyDrawing r:id=\"r2\"/></worksheet>"},
	{"xl/sharedStrings.xml", "<sst xmlns=\"" MAIN "\"><si><t>unit_code</t></si><si><t>festival_day.points_held</t></si></sst>"},
	{"xl/workbook.xml", "<workbook xmlns=\"" MAIN "\" xmlns:r=\"" RELATIONS "\"><sheets><sheet name=\"a\" sheetId=\"1\" r:id=\"r1\"/></sheets>"
                        "</workbook>"},
	{"xl/_rels/workbook.xml.rels", "<Relationships><Relationship Id=\"r1\" Type=\"" RELATIONS "/worksheet\" Target=\"worksheets/sheet1.xml\"/>"
                                   "<Relationship Id=\"r2\" Type=\"" RELATIONS "/sharedStrings\" Target=\"sharedStrings.xml\"/>"
                                   "<Relationship Id=\"r3\" Type=\"" RELATIONS "/styles\" Target=\"styles.xml\"/></Relationships>"},
	{"xl/styles.xml", "<styleSheet xmlns=\"" MAIN "\"><cellXfs count=\"1\"><xf/></cellXfs></styleSheet>"},
	{"xl/comments1.xml", "<comments xmlns=\"" MAIN "\"><authors><author>a</author></authors><commentList><comment ref=\"A2\" authorId=\"0\">"
                         "<text><t>a</t></text></comment></commentList></comments>"},
	{"xl/drawings/vmlDrawing1.vml", "<xml xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:o=\"o\" xmlns:x=\"x\"><v:shape id=\"s\"><x:ClientData>"
                                    "<x:Row>1</x:Row><x:Column>0</x:Column></x:ClientData></v:shape></xml>"},
	{"xl/worksheets/_rels/sheet1.xml.rels",
     "<Relationships><Relationship Id=\"r1\" Type=\"" RELATIONS "/comments\" Target=\"../comments1.xml\"/><Relationship Id=\"r2\" Type=\""
     RELATIONS "/vmlDrawing\" Target=\"../drawings/vmlDrawing1.vml\"/></Relationships>"},
	{"_rels/.rels", "<Relationships><Relationship Id=\"r1\" Type=\"" RELATIONS "/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"},
	{"[Content_Types].xml", "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"xml\" "
                            "ContentType=\"application/xml\"/></Types>"},
};
enum { PARTS = sizeof parts / sizeof parts[0] };

static const struct contract *contract;
static char path[64], copy[64];

static void remove_files(void)
{
	(void)unlink(path);
	(void)unlink(copy);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	contract = target_init();
	const char *folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	(void)snprintf(path, sizeof path, "%s/baocao-fuzz-%d.xlsx", folder, (int)getpid());
	(void)snprintf(copy, sizeof copy, "%s/baocao-fuzz-%d-marked.xlsx", folder, (int)getpid());
	target_require(language_init("en") && atexit(remove_files) == 0, "the target can be set up");
	return 0;
}

// The archive with one part replaced, in memory from malloc().
static void *workbook_with(size_t index, const uint8_t *data, size_t size, size_t *ret_size)
{
	zip_source_t *archive_source = zip_source_buffer_create(NULL, 0, 0, NULL);
	zip_source_keep(archive_source);
	zip_t *archive = zip_open_from_source(archive_source, ZIP_TRUNCATE, NULL);

	target_require(archive != NULL, "there is an archive");
	for (size_t i = 0; i < PARTS; i++) {
		zip_source_t *source = i == index ? zip_source_buffer(archive, data, size, 0)
		                                  : zip_source_buffer(archive, parts[i].text, strlen(parts[i].text), 0);
		zip_int64_t added = zip_file_add(archive, parts[i].name, source, 0);
		target_require(added >= 0 && zip_set_file_compression(archive, (zip_uint64_t)added, ZIP_CM_STORE, 0) == 0, "a part can be put in");
	}
	target_require(zip_close(archive) == 0 && zip_source_open(archive_source) == 0, "the archive can be written");
	zip_stat_t stat;
	target_require(zip_source_stat(archive_source, &stat) == 0, "it has a size");
	char *bytes = malloc(stat.size);
	target_require(bytes != NULL && zip_source_read(archive_source, bytes, stat.size) == (zip_int64_t)stat.size, "it can be read");
	(void)zip_source_close(archive_source);
	zip_source_free(archive_source);
	*ret_size = stat.size;
	return bytes;
}

static void read_workbook(struct import *import, const void *bytes, size_t size)
{
	FILE *file = fmemopen((void *)bytes, size, "r"); // only read

	target_require(file != NULL && import_init(import, contract), "there is memory");
	import_xlsx(import, path, file);
	(void)fclose(file);
}

static bool was_opened(const struct import *import)
{
	for (size_t i = 0; i < import->problem_count; i++)
		if (import->problems[i].sheet[0] == '\0')
			return false; // of the file as a whole
	return true;
}

// What cannot be opened, or has a part that is no XML, has no marked copy.
static void check_copy(const struct import *import, const void *bytes, size_t size)
{
	struct import again;
	FILE *file = fopen(path, "we");

	target_require(file != NULL, "the workbook can be made");
	bool written = fwrite(bytes, 1, size, file) == size;
	target_require(fclose(file) == 0 && written, "the workbook can be written");
	if (!mark_copy(import, path, copy))
		return;
	target_require(import_init(&again, contract), "there is memory");
	import_file(&again, copy);
	target_require(again.count == import->count && import_judge(&again, true), "the marked copy has the same reports");
	target_require(again.problem_count == import->problem_count && again.left_over == import->left_over,
	               "the marked copy has the same problems");
	import_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct import import;
	void *made = NULL;
	size_t made_size = size;

	target_begin();
	if (size == 0)
		return 0;
	if (data[0] >= '0' && data[0] < '0' + PARTS)
		made = workbook_with((size_t)(data[0] - '0'), data + 1, size - 1, &made_size);
	const void *bytes = made == NULL ? data : made;
	read_workbook(&import, bytes, made_size);
	filed_check(contract, &import);
	bool opened = was_opened(&import);
	target_require(import_judge(&import, true), "there is memory");
	if (opened)
		check_copy(&import, bytes, made_size);
	import_clear(&import);
	free(made);
	return 0;
}
