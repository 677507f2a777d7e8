// Marked copies of workbooks. The archive is copied and only these parts are changed: of each sheet with problems the sheet itself
// (a conditional format that colours its cells, and the reference to the shapes of comments), its comments and their shapes, its
// relations; the styles (one more differential format); the list of content types. Cells, their styles and all else stay.
//
// Our conditional formats have one formula and our comments begin with one word: so they are known when a copy is marked again,
// also after another program has written it.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

#include "language.h"
#include "mark_file.h"
#include "book.h"
#include "xml_edit.h"

enum { ARENA_MAX = 512 << 20, REFERENCE_SIZE = 24, SHAPES_FROM = 5000 }; // SHAPES_FROM: beyond the numbers that Excel begins with

#define FORMULA "20050819" // true; the day on which the programme was decided, and in no clerk's formula
#define MARK "[baocao] "
#define TYPES "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define PARTS_PREFIX "xl/baocao"

struct marking {
	const struct mark_file *file;
	struct book workbook;
	zip_t *copy;
	struct arena *arena;
	size_t format;               // number of the differential format; SIZE_MAX: the workbook has no styles
	const char *content_types;   // to be added
	const char *relations;       // to be added to the sheet's
	const char *reason;          // why it cannot be written, translated; NULL so far
};

static void fail(struct marking *marking, const char *reason)
{
	if (marking->reason == NULL)
		marking->reason = reason;
}

/* parts */

// Loads and reads a part; NULL when it cannot be.
static struct xml_text *load(struct marking *marking, const char *part, const char *skipped)
{
	struct xml_text *text = arena_alloc(marking->arena, sizeof *text);
	char *bytes = NULL;
	size_t size;

	if (text == NULL) {
		fail(marking, _("out of memory"));
		return NULL;
	}
	const char *reason = book_load(&marking->workbook, part, &bytes, &size);
	if (reason != NULL) {
		fail(marking, _(reason));
		return NULL;
	}
	const char *kept = arena_strndup(marking->arena, bytes, size);
	free(bytes);
	if (kept != NULL && xml_read(text, marking->arena, kept, size, skipped))
		return text;
	fail(marking, kept == NULL || text->out_of_memory ? _("out of memory") : _("a part of the workbook is not XML in UTF-8"));
	return NULL;
}

// A source of the archive's, or NULL, as that part of the copy.
static void put(struct marking *marking, const char *part, zip_source_t *source)
{
	if (source == NULL) {
		fail(marking, _("out of memory"));
		return;
	}
	zip_int64_t index = zip_name_locate(marking->copy, part, ZIP_FL_NOCASE);
	bool good = index >= 0 ? zip_file_replace(marking->copy, (zip_uint64_t)index, source, 0) == 0
	                       : zip_file_add(marking->copy, part, source, ZIP_FL_ENC_UTF_8) >= 0;
	if (!good) {
		zip_source_free(source);
		fail(marking, zip_strerror(marking->copy));
	}
}

static void put_edited(struct marking *marking, const char *part, struct xml_text *text)
{
	size_t size = 0;

	if (marking->reason == NULL && (text->edit_count > 0 || text->out_of_memory)) {
		char *bytes = xml_apply(text, &size);
		zip_source_t *source = bytes == NULL ? NULL : zip_source_buffer(marking->copy, bytes, size, 1);
		if (source == NULL)
			free(bytes); // else they are the archive's
		put(marking, part, source);
	}
}

static void put_text(struct marking *marking, const char *part, const char *text)
{
	const char *kept = text == NULL ? NULL : arena_strndup(marking->arena, text, strlen(text)); // longer than the archive is open

	put(marking, part, kept == NULL ? NULL : zip_source_buffer(marking->copy, kept, strlen(kept), 0));
}

// Appends to a growing text of the arena.
static const char *joined(struct marking *marking, const char *before, const char *more)
{
	const char *text = more == NULL ? NULL : arena_printf(marking->arena, "%s%s", before, more);

	if (text == NULL)
		fail(marking, _("out of memory"));
	return text == NULL ? before : text;
}

/* the format */

static void add_format(struct marking *marking)
{
	static const char *const behind[] = {"tableStyles", "colors", "extLst", NULL};
	marking->format = SIZE_MAX;
	struct xml_text *text =
		marking->workbook.styles_part == NULL ? NULL : load(marking, marking->workbook.styles_part, NULL);
	if (text == NULL)
		return;
	const char *prefix = text->prefix;
	const char *format = arena_printf(
		marking->arena, "<%sdxf><%sfill><%spatternFill patternType=\"solid\"><%sbgColor rgb=\"FFFFC7CE\"/></%spatternFill></%sfill></%sdxf>",
		prefix, prefix, prefix, prefix, prefix, prefix, prefix);
	size_t formats = xml_child(text, 0, "dxfs");
	marking->format = 0;
	if (formats == SIZE_MAX) {
		xml_insert_before(text, behind, format == NULL ? NULL : arena_printf(marking->arena, "<%sdxfs>%s</%sdxfs>", prefix, format, prefix));
	} else {
		for (size_t i = formats + 1; i < text->count; i++)
			marking->format += text->elements[i].parent == formats;
		struct xml_element whole = text->elements[formats];
		bool holds = whole.inner_end > whole.inner;
		xml_remove(text, &whole);
		xml_insert(text, whole.end,
		           format == NULL ? NULL
		                          : arena_printf(marking->arena, "<%sdxfs count=\"%zu\">%.*s%s</%sdxfs>", prefix, marking->format + 1,
		                                         holds ? (int)(whole.inner_end - whole.inner) : 0, text->bytes + whole.inner, format, prefix));
	}
	put_edited(marking, marking->workbook.styles_part, text);
}

/* a sheet's cells */

// What is marked in a cell: all messages of it. Problems without a cell stand in the first of their row, or of the sheet.
struct mark {
	size_t row, column;
	const char *text;
};

struct marks {
	size_t count;
	struct mark *list;
};

static void reference(const struct mark *mark, char text[static REFERENCE_SIZE])
{
	struct problem place = {.sheet = "", .row = mark->row, .column = mark->column};
	char whole[IMPORT_PLACE_SIZE];
	(void)snprintf(text, REFERENCE_SIZE, "%s", import_place(&place, whole));
}

static bool is_of_sheet(const struct problem *problem, const char *sheet, bool first)
{
	return strcmp(problem->sheet, sheet) == 0 || (first && problem->sheet[0] == '\0');
}

static struct marks collect(struct marking *marking, const char *sheet, bool first)
{
	const struct mark_file *file = marking->file;
	struct marks marks = {.list = arena_alloc(marking->arena, (file->count + 1) * sizeof(struct mark))};

	for (size_t i = 0; i < file->count && marks.list != NULL; i++) {
		const struct problem *problem = file->problems[i];
		size_t row = problem->row > 0 ? problem->row : 1, column = problem->column > 0 ? problem->column : 1;
		if (!is_of_sheet(problem, sheet, first))
			continue;
		struct mark *mark = NULL;
		for (size_t j = marks.count; j > 0 && mark == NULL && marks.list[j - 1].row == row; j--)
			if (marks.list[j - 1].column == column)
				mark = &marks.list[j - 1];
		if (mark == NULL) {
			mark = &marks.list[marks.count++];
			*mark = (struct mark){.row = row, .column = column, .text = MARK};
		} else {
			mark->text = joined(marking, mark->text, "\n");
		}
		mark->text = joined(marking, mark->text, problem->message);
	}
	if (marks.list == NULL)
		fail(marking, _("out of memory"));
	return marks;
}

static const char *const behind_formats[] = {
	"dataValidations", "hyperlinks", "printOptions", "pageMargins", "pageSetup", "headerFooter", "rowBreaks",
	"colBreaks", "customProperties", "cellWatches", "ignoredErrors", "smartTags", "drawing", "legacyDrawing",
	"legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst", NULL};
static const char *const behind_drawing[] = {"legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls",
                                             "webPublishItems", "tableParts", "extLst", NULL};

static void colour_cells(struct marking *marking, struct xml_text *sheet, const struct marks *marks)
{
	const char *prefix = sheet->prefix, *cells = "";
	char text[REFERENCE_SIZE];

	for (size_t i = 0; i < sheet->count; i++)
		if (sheet->elements[i].parent == 0 && strcmp(sheet->elements[i].name, "conditionalFormatting") == 0 &&
		    xml_holds(sheet, &sheet->elements[i], FORMULA))
			xml_remove(sheet, &sheet->elements[i]);
	if (marks->count == 0 || marking->format == SIZE_MAX)
		return;
	for (size_t i = 0; i < marks->count; i++) {
		reference(&marks->list[i], text);
		cells = joined(marking, cells, i == 0 ? "" : " ");
		cells = joined(marking, cells, text);
	}
	xml_insert_before(sheet, behind_formats,
	                  arena_printf(marking->arena,
	                               "<%sconditionalFormatting sqref=\"%s\"><%scfRule type=\"expression\" dxfId=\"%zu\" priority=\"1\">"
	                               "<%sformula>" FORMULA "</%sformula></%scfRule></%sconditionalFormatting>",
	                               prefix, cells, prefix, marking->format, prefix, prefix, prefix, prefix));
}

/* comments */

static const char *comment_xml(struct marking *marking, const char *prefix, const struct mark *mark, size_t author)
{
	const char *text = xml_escape(marking->arena, mark->text);
	char cell[REFERENCE_SIZE];

	reference(mark, cell);
	return text == NULL ? NULL
	                    : arena_printf(marking->arena,
	                                   "<%scomment ref=\"%s\" authorId=\"%zu\"><%stext><%sr><%st xml:space=\"preserve\">%s</%st></%sr>"
	                                   "</%stext></%scomment>",
	                                   prefix, cell, author, prefix, prefix, prefix, text, prefix, prefix, prefix, prefix);
}

static const struct mark *mark_at(const struct marks *marks, const char *cell)
{
	char text[REFERENCE_SIZE];

	for (size_t i = 0; cell != NULL && i < marks->count; i++) {
		reference(&marks->list[i], text);
		if (strcmp(text, cell) == 0)
			return &marks->list[i];
	}
	return NULL;
}

// Takes our old comments out and puts the new ones in. A cell that has a comment of somebody's gets ours behind it. taken: which
// cells need no shape of their own. *ret_gone: cells whose shape goes, as references with blanks around.
static void change_comments(struct marking *marking, struct xml_text *text, const struct marks *marks, bool *taken,
                            const char **ret_gone)
{
	size_t list = xml_child(text, 0, "commentList"), authors = xml_child(text, 0, "authors"), author = 0;

	*ret_gone = " ";
	if (list == SIZE_MAX || authors == SIZE_MAX) {
		fail(marking, _("the comments of the workbook cannot be read"));
		return;
	}
	for (size_t i = 0; i < text->count; i++)
		author += text->elements[i].parent == authors;
	xml_append(text, authors, arena_printf(marking->arena, "<%sauthor>baocao</%sauthor>", text->prefix, text->prefix));
	for (size_t i = 0; i < text->count; i++) {
		const struct xml_element *comment = &text->elements[i];
		if (comment->parent != list)
			continue;
		const char *cell = xml_attribute(comment, "ref");
		const struct mark *mark = mark_at(marks, cell);
		size_t body = xml_child(text, i, "text");
		if (xml_holds(text, comment, MARK) && !xml_holds(text, comment, "\n" MARK)) {
			xml_remove(text, comment);
			*ret_gone = joined(marking, joined(marking, *ret_gone, cell), " ");
		} else if (mark != NULL && body != SIZE_MAX) {
			const char *escaped = xml_escape(marking->arena, mark->text);
			xml_append(text, body, escaped == NULL ? NULL
			                                       : arena_printf(marking->arena, "<%sr><%st xml:space=\"preserve\">\n%s</%st></%sr>",
			                                                      text->prefix, text->prefix, escaped, text->prefix, text->prefix));
			taken[mark - marks->list] = true;
		}
	}
	for (size_t i = 0; i < marks->count; i++)
		if (!taken[i])
			xml_append(text, list, comment_xml(marking, text->prefix, &marks->list[i], author));
}

static const char *new_comments(struct marking *marking, const struct marks *marks)
{
	const char *xml = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
					  "<comments xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><authors><author>baocao</author>"
					  "</authors><commentList>";

	for (size_t i = 0; i < marks->count; i++)
		xml = joined(marking, xml, comment_xml(marking, "", &marks->list[i], 0));
	return joined(marking, xml, "</commentList></comments>");
}

/* shapes of comments */

static const char *const shape_type =
	"<v:shapetype id=\"_x0000_t202\" coordsize=\"21600,21600\" o:spt=\"202\" path=\"m,l,21600r21600,l21600,xe\"><v:stroke "
	"joinstyle=\"miter\"/><v:path gradientshapeok=\"t\" o:connecttype=\"rect\"/></v:shapetype>";

static const char *shape(struct marking *marking, const struct mark *mark, size_t number)
{
	size_t row = mark->row - 1, column = mark->column - 1;

	return arena_printf(marking->arena,
	                    "<v:shape id=\"_x0000_s%zu\" type=\"#_x0000_t202\" style=\"position:absolute;margin-left:60pt;margin-top:2pt;"
	                    "width:220pt;height:90pt;z-index:%zu;visibility:hidden\" fillcolor=\"#ffc7ce\" o:insetmode=\"auto\">"
	                    "<v:fill color2=\"#ffc7ce\"/><v:shadow on=\"t\" color=\"black\" obscured=\"t\"/><v:path o:connecttype=\"none\"/>"
	                    "<v:textbox style=\"mso-direction-alt:auto\"><div style=\"text-align:left\"></div></v:textbox>"
	                    "<x:ClientData ObjectType=\"Note\"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>%zu, 15, %zu, 4, %zu, 15, %zu, 4"
	                    "</x:Anchor><x:AutoFill>False</x:AutoFill><x:Row>%zu</x:Row><x:Column>%zu</x:Column></x:ClientData></v:shape>",
	                    SHAPES_FROM + number, number + 1, column + 1, row, column + 5, row + 5, row, column);
}

static const char *shapes(struct marking *marking, const struct marks *marks, const bool *taken)
{
	const char *xml = "";

	for (size_t i = 0; i < marks->count; i++)
		if (!taken[i])
			xml = joined(marking, xml, shape(marking, &marks->list[i], i));
	return xml;
}

static const char *new_shapes(struct marking *marking, const char *all)
{
	return arena_printf(marking->arena,
	                    "<xml xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:o=\"urn:schemas-microsoft-com:office:office\" "
	                    "xmlns:x=\"urn:schemas-microsoft-com:office:excel\">%s%s</xml>",
	                    shape_type, all);
}

static size_t number_in(const struct xml_text *text, size_t element)
{
	const struct xml_element *about = &text->elements[element];
	char digits[REFERENCE_SIZE];

	(void)snprintf(digits, sizeof digits, "%.*s",
	               about->inner_end > about->inner ? (int)(about->inner_end - about->inner) : 0, text->bytes + about->inner);
	return strtoul(digits, NULL, 10);
}

// Whether the element is the shape of a comment that is gone.
static bool is_gone(struct marking *marking, const struct xml_text *text, size_t element, const char *gone)
{
	size_t data = xml_child(text, element, "ClientData");
	size_t row = data == SIZE_MAX ? data : xml_child(text, data, "Row");
	size_t column = data == SIZE_MAX ? data : xml_child(text, data, "Column");
	char cell[REFERENCE_SIZE];

	if (row == SIZE_MAX || column == SIZE_MAX)
		return false;
	reference(&(struct mark){.row = number_in(text, row) + 1, .column = number_in(text, column) + 1}, cell);
	const char *padded = arena_printf(marking->arena, " %s ", cell);
	return padded != NULL && strstr(gone, padded) != NULL;
}

static void change_shapes(struct marking *marking, const char *part, const char *all, const char *gone)
{
	struct xml_text *text = load(marking, part, NULL);
	bool has_type = false;

	if (text == NULL)
		return;
	for (size_t i = 1; i < text->count; i++) {
		const char *id = xml_attribute(&text->elements[i], "id");
		has_type |= strcmp(text->elements[i].name, "shapetype") == 0 && id != NULL && strcmp(id, "_x0000_t202") == 0;
		if (text->elements[i].parent == 0 && strcmp(text->elements[i].name, "shape") == 0 && is_gone(marking, text, i, gone))
			xml_remove(text, &text->elements[i]);
	}
	if (all[0] != '\0')
		xml_append(text, 0, joined(marking, has_type ? "" : shape_type, all));
	put_edited(marking, part, text);
}

/* a sheet's parts */

struct drawn {
	const char *comments, *shapes; // parts; NULL: there is none
	const char *drawing_id;        // of the relation that the sheet names
	struct arena *arena;
	const char *sheet_drawing_id;
};

static const char *on_relation(void *user, const char *id, const char *type, const char *part)
{
	struct drawn *drawn = user;

	if (strcmp(type, "comments") == 0)
		drawn->comments = arena_strndup(drawn->arena, part, strlen(part));
	if (strcmp(type, "vmlDrawing") == 0 && drawn->sheet_drawing_id != NULL && strcmp(id, drawn->sheet_drawing_id) == 0)
		drawn->shapes = arena_strndup(drawn->arena, part, strlen(part));
	return NULL;
}

// New parts are named from the archive's top, which the relations of any sheet can.
static void add_relation(struct marking *marking, const char *id, const char *type, const char *part)
{
	marking->relations =
		joined(marking, marking->relations,
	           arena_printf(marking->arena, "<Relationship Id=\"%s\" Type=\"" TYPES "/%s\" Target=\"/%s\"/>", id, type, part));
}

static void put_relations(struct marking *marking, const char *sheet_part)
{
	char name[BOOK_PART_NAME_MAX];

	if (marking->relations[0] == '\0' || !book_relations_part(sheet_part, name))
		return;
	if (zip_name_locate(marking->workbook.archive, name, ZIP_FL_NOCASE) < 0) {
		put_text(marking, name,
		         arena_printf(marking->arena, "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<Relationships "
		                                      "xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">%s</Relationships>",
		                      marking->relations));
		return;
	}
	struct xml_text *text = load(marking, name, NULL);
	if (text == NULL)
		return;
	xml_append(text, 0, marking->relations);
	put_edited(marking, name, text);
}

static void mark_comments(struct marking *marking, struct xml_text *sheet, const struct book_sheet *about, size_t number,
                          const struct marks *marks)
{
	size_t drawing = xml_child(sheet, 0, "legacyDrawing");
	struct drawn drawn = {.arena = marking->arena,
	                      .sheet_drawing_id = drawing == SIZE_MAX ? NULL : xml_attribute(&sheet->elements[drawing], "id")};
	bool *taken = arena_alloc(marking->arena, (marks->count + 1) * sizeof *taken);
	const char *reason = book_relations(&marking->workbook, about->part, on_relation, &drawn), *gone = " ", *part;

	if (taken == NULL || reason != NULL) {
		fail(marking, _(taken == NULL ? N_("out of memory") : reason));
		return;
	}
	marking->relations = "";
	if (drawn.comments != NULL) {
		struct xml_text *text = load(marking, drawn.comments, NULL);
		if (text == NULL)
			return;
		change_comments(marking, text, marks, taken, &gone);
		put_edited(marking, drawn.comments, text);
	} else if (marks->count > 0 && (part = arena_printf(marking->arena, PARTS_PREFIX "Comments%zu.xml", number)) != NULL) {
		put_text(marking, part, new_comments(marking, marks));
		add_relation(marking, "baocaoComments", "comments", part);
		marking->content_types = joined(
			marking, marking->content_types,
			arena_printf(marking->arena, "<Override PartName=\"/%s\" ContentType=\"application/vnd.openxmlformats-officedocument."
			                             "spreadsheetml.comments+xml\"/>", part));
	}
	const char *all = shapes(marking, marks, taken);
	if (drawn.shapes != NULL) {
		change_shapes(marking, drawn.shapes, all, gone);
	} else if (all[0] != '\0' && (part = arena_printf(marking->arena, PARTS_PREFIX "Shapes%zu.vml", number)) != NULL) {
		put_text(marking, part, new_shapes(marking, all));
		add_relation(marking, "baocaoShapes", "vmlDrawing", part);
		if (drawing != SIZE_MAX)
			xml_remove(sheet, &sheet->elements[drawing]);
		xml_insert_before(sheet, behind_drawing,
		                  arena_printf(marking->arena, "<%slegacyDrawing xmlns:r=\"" TYPES "\" r:id=\"baocaoShapes\"/>", sheet->prefix));
	}
	put_relations(marking, about->part);
}

static void mark_sheet(struct marking *marking, size_t index, bool first)
{
	const struct book_sheet *about = &marking->workbook.sheets[index];
	struct marks marks = collect(marking, about->name, first);
	struct xml_text *sheet = marking->reason == NULL ? load(marking, about->part, "sheetData") : NULL;

	if (sheet == NULL)
		return;
	colour_cells(marking, sheet, &marks);
	mark_comments(marking, sheet, about, index + 1, &marks);
	put_edited(marking, about->part, sheet);
}

static void put_content_types(struct marking *marking)
{
	struct xml_text *text = marking->content_types[0] == '\0' ? NULL : load(marking, "[Content_Types].xml", NULL);
	bool has_vml = false;

	if (text == NULL)
		return;
	for (size_t i = 1; i < text->count; i++) {
		const char *extension = xml_attribute(&text->elements[i], "Extension");
		has_vml |= extension != NULL && strcasecmp(extension, "vml") == 0;
	}
	xml_append(text, 0, marking->content_types);
	if (!has_vml)
		xml_append(text, 0, "<Default Extension=\"vml\" ContentType=\"application/vnd.openxmlformats-officedocument.vmlDrawing\"/>");
	put_edited(marking, "[Content_Types].xml", text);
}

static void mark_all(struct marking *marking)
{
	bool first = true;

	add_format(marking);
	for (size_t i = 0; i < marking->workbook.sheet_count && marking->reason == NULL; i++) {
		if (marking->workbook.sheets[i].hidden)
			continue;
		mark_sheet(marking, i, first);
		first = false;
	}
	if (marking->reason == NULL)
		put_content_types(marking);
}

/* the file */

static const char *read_bytes(const char *path, void **ret, size_t *ret_size)
{
	FILE *file = fopen(path, "re");
	char *bytes = file == NULL ? NULL : malloc(BOOK_FILE_MAX);

	*ret = bytes;
	*ret_size = 0;
	if (file == NULL)
		return strerror(errno);
	if (bytes != NULL)
		*ret_size = fread(bytes, 1, BOOK_FILE_MAX, file);
	bool good = ferror(file) == 0;
	(void)fclose(file);
	return bytes == NULL ? _("out of memory") : !good ? _("cannot be read to its end") : NULL;
}

static const char *write_bytes(const char *path, const void *bytes, size_t size)
{
	FILE *file = fopen(path, "we");
	bool good = file != NULL && fwrite(bytes, 1, size, file) == size;

	if (file != NULL)
		good = fclose(file) == 0 && good;
	return good ? NULL : strerror(errno);
}

static const char *mark_workbook(struct marking *marking, const char *copy_path)
{
	int code = 0;

	marking->copy = zip_open(copy_path, 0, &code);
	if (marking->copy == NULL)
		return _("the archive cannot be changed");
	mark_all(marking);
	if (marking->reason != NULL) {
		zip_discard(marking->copy);
	} else if (zip_close(marking->copy) != 0) {
		marking->reason = _("the archive cannot be changed");
		zip_discard(marking->copy);
	}
	return marking->reason;
}

const char *mark_xlsx(const struct mark_file *file, const char *copy_path)
{
	struct marking marking = {.file = file, .arena = arena_create(ARENA_MAX), .content_types = "", .relations = ""};
	void *bytes = NULL;
	size_t size = 0;
	const char *reason = marking.arena == NULL ? _("out of memory") : read_bytes(file->path, &bytes, &size);

	if (reason == NULL && bytes != NULL)
		reason = write_bytes(copy_path, bytes, size);
	if (reason == NULL) {
		reason = book_open(&marking.workbook, bytes, size);
		reason = reason == NULL ? mark_workbook(&marking, copy_path) : _(reason);
	} else {
		free(bytes);
	}
	book_close(&marking.workbook);
	arena_destroy(&marking.arena);
	return reason;
}
