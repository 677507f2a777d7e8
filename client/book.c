#include "book.h"

#include <expat.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "language.h"
#include "text.h"

enum {
	READ_SIZE = 16 << 10,
	ARENA_MAX = 256 << 20, // texts and what points to them: twice what may be unpacked
	FIRST_STRINGS = 256
};

static const char out_of_memory[] = N_("out of memory");
static const char broken_archive[] = N_("not a workbook (.xlsx), or a broken one");
static const char too_much[] = N_("the workbook unpacks to more than a workbook of its size can hold");

/* XML */

struct parsing {
	XML_Parser parser;
	const struct book_handler *handler;
	void *user;
	const char *reason;
	int depth;
};

static const char *local_name(const char *name)
{
	const char *colon = strrchr(name, ':');
	return colon == NULL ? name : colon + 1;
}

const char *book_attribute(const char **attributes, const char *name)
{
	for (; attributes[0] != NULL; attributes += 2)
		if (strcmp(local_name(attributes[0]), name) == 0)
			return attributes[1];
	return NULL;
}

static void stop_with(struct parsing *parsing, const char *reason)
{
	if (reason == NULL || parsing->reason != NULL)
		return;
	parsing->reason = reason;
	(void)XML_StopParser(parsing->parser, XML_FALSE);
}

static void on_start(void *user, const char *name, const char **attributes)
{
	struct parsing *parsing = user;

	if (++parsing->depth > BOOK_DEPTH_MAX)
		stop_with(parsing, N_("elements of the workbook are nested too deeply"));
	else if (parsing->reason == NULL && parsing->handler->start != NULL)
		stop_with(parsing, parsing->handler->start(parsing->user, local_name(name), attributes));
}

static void on_end(void *user, const char *name)
{
	struct parsing *parsing = user;

	parsing->depth--;
	if (parsing->reason == NULL && parsing->handler->end != NULL)
		stop_with(parsing, parsing->handler->end(parsing->user, local_name(name)));
}

static void on_text(void *user, const char *text, int len)
{
	struct parsing *parsing = user;

	if (parsing->reason == NULL && parsing->handler->text != NULL)
		stop_with(parsing, parsing->handler->text(parsing->user, text, (size_t)len));
}

static void on_doctype(void *user, const char *name, const char *system_id, const char *public_id, int internal)
{
	(void)name;
	(void)system_id;
	(void)public_id;
	(void)internal;
	stop_with(user, N_("the workbook has a DOCTYPE, which no spreadsheet program writes"));
}

static bool feed(struct parsing *parsing, const char *bytes, size_t size, bool last)
{
	if (XML_Parse(parsing->parser, bytes, (int)size, last) == XML_STATUS_OK)
		return true;
	if (parsing->reason == NULL)
		parsing->reason = XML_GetErrorCode(parsing->parser) == XML_ERROR_NO_MEMORY ? out_of_memory
		                                                                          : N_("a part of the workbook is not XML");
	return false;
}

static bool parser_create(struct parsing *parsing)
{
	parsing->parser = XML_ParserCreate(NULL);
	if (parsing->parser == NULL)
		return false;
	XML_SetUserData(parsing->parser, parsing);
	XML_SetElementHandler(parsing->parser, on_start, on_end);
	XML_SetCharacterDataHandler(parsing->parser, on_text);
	XML_SetStartDoctypeDeclHandler(parsing->parser, on_doctype);
	(void)XML_SetParamEntityParsing(parsing->parser, XML_PARAM_ENTITY_PARSING_NEVER);
	return true;
}

/* parts */

// The part for reading; NULL: *ret_reason says why.
static zip_file_t *open_part(const struct book *workbook, const char *part, const char **ret_reason)
{
	zip_int64_t index = zip_name_locate(workbook->archive, part, ZIP_FL_NOCASE);
	zip_file_t *file = index < 0 ? NULL : zip_fopen_index(workbook->archive, (zip_uint64_t)index, 0);

	if (file != NULL)
		return file;
	int code = zip_error_code_zip(zip_get_error(workbook->archive));
	*ret_reason = code == ZIP_ER_MEMORY ? out_of_memory : broken_archive;
	return NULL;
}

// Some bytes of it; 0: the end; negative: *ret_reason says why not.
static zip_int64_t read_some(struct book *workbook, zip_file_t *file, char *bytes, const char **ret_reason)
{
	zip_int64_t got = zip_fread(file, bytes, READ_SIZE);

	if (got < 0)
		*ret_reason = zip_error_code_zip(zip_file_get_error(file)) == ZIP_ER_MEMORY ? out_of_memory : broken_archive;
	if (got > 0 && (size_t)got > workbook->room) {
		*ret_reason = too_much;
		return -1;
	}
	workbook->room -= got > 0 ? (size_t)got : 0;
	return got;
}

const char *book_parse(struct book *workbook, const char *part, const struct book_handler *handler, void *user)
{
	struct parsing parsing = {.handler = handler, .user = user};
	zip_file_t *file = open_part(workbook, part, &parsing.reason);
	char bytes[READ_SIZE];
	zip_int64_t got = -1;

	if (file != NULL && !parser_create(&parsing))
		parsing.reason = out_of_memory;
	while (parsing.reason == NULL && (got = read_some(workbook, file, bytes, &parsing.reason)) > 0)
		if (!feed(&parsing, bytes, (size_t)got, false))
			break;
	if (parsing.reason == NULL)
		(void)feed(&parsing, "", 0, true);
	if (parsing.parser != NULL)
		XML_ParserFree(parsing.parser);
	if (file != NULL)
		(void)zip_fclose(file);
	return parsing.reason;
}

const char *book_load(struct book *workbook, const char *part, char **ret, size_t *ret_size)
{
	const char *reason = NULL;
	zip_file_t *file = open_part(workbook, part, &reason);
	char *bytes = NULL;
	size_t used = 0, room = 0;
	zip_int64_t got = 1;

	while (reason == NULL && got > 0) {
		if (used + READ_SIZE + 1 > room) {
			char *grown = realloc(bytes, room = room == 0 ? (size_t)2 * READ_SIZE : 2 * room);
			if (grown == NULL) {
				reason = out_of_memory;
				break;
			}
			bytes = grown;
		}
		got = read_some(workbook, file, bytes + used, &reason);
		used += got > 0 ? (size_t)got : 0;
	}
	if (file != NULL)
		(void)zip_fclose(file);
	if (reason != NULL) {
		free(bytes);
		return reason;
	}
	bytes[used] = '\0';
	*ret = bytes;
	*ret_size = used;
	return NULL;
}

/* relations */

bool book_relations_part(const char *part, char ret[static BOOK_PART_NAME_MAX])
{
	const char *slash = strrchr(part, '/'), *name = slash == NULL ? part : slash + 1;
	return snprintf(ret, BOOK_PART_NAME_MAX, "%.*s_rels/%s.rels", (int)(name - part), part, name) < BOOK_PART_NAME_MAX;
}

// A target as the archive names it: relative to the part that refers to it, or from the top.
static bool resolve_target(const char *base, const char *target, char ret[static BOOK_PART_NAME_MAX])
{
	const char *slash = strrchr(base, '/');
	size_t folder = slash == NULL ? 0 : (size_t)(slash - base) + 1;

	if (target[0] == '/') {
		folder = 0;
		target++;
	}
	while (strncmp(target, "../", 3) == 0 && folder > 0) {
		target += 3;
		for (folder--; folder > 0 && base[folder - 1] != '/';)
			folder--;
	}
	return snprintf(ret, BOOK_PART_NAME_MAX, "%.*s%s", (int)folder, base, target) < BOOK_PART_NAME_MAX;
}

struct relating {
	const char *part;
	book_relation found;
	void *user;
	size_t count;
};

static const char *on_relation(void *user, const char *name, const char **attributes)
{
	struct relating *relating = user;
	const char *id = book_attribute(attributes, "Id"), *type = book_attribute(attributes, "Type");
	const char *target = book_attribute(attributes, "Target"), *mode = book_attribute(attributes, "TargetMode");
	char part[BOOK_PART_NAME_MAX];

	if (strcmp(name, "Relationship") != 0 || id == NULL || type == NULL || target == NULL)
		return NULL;
	if (++relating->count > BOOK_RELATIONS_MAX)
		return too_much;
	if ((mode != NULL && strcmp(mode, "External") == 0) || !resolve_target(relating->part, target, part))
		return NULL;
	const char *last = strrchr(type, '/');
	return relating->found(relating->user, id, last == NULL ? type : last + 1, part);
}

const char *book_relations(struct book *workbook, const char *part, book_relation found, void *user)
{
	static const struct book_handler handler = {.start = on_relation};
	struct relating relating = {.part = part, .found = found, .user = user};
	char name[BOOK_PART_NAME_MAX];

	if (!book_relations_part(part, name))
		return broken_archive;
	if (zip_name_locate(workbook->archive, name, ZIP_FL_NOCASE) < 0)
		return NULL;
	return book_parse(workbook, name, &handler, &relating);
}

/* the list of sheets */

static const char *keep(struct book *workbook, const char *text)
{
	return arena_strndup(workbook->arena, text, strlen(text));
}

static const char *on_document(void *user, const char *id, const char *type, const char *part)
{
	struct book *workbook = user;

	(void)id;
	if (strcmp(type, "officeDocument") != 0 || workbook->main_part != NULL)
		return NULL;
	workbook->main_part = keep(workbook, part);
	return workbook->main_part == NULL ? out_of_memory : NULL;
}

// The id of its relation stands for the part until that is known.
static const char *add_sheet(struct book *workbook, const char **attributes)
{
	const char *name = book_attribute(attributes, "name"), *state = book_attribute(attributes, "state"), *id = NULL;
	struct book_sheet *sheet = &workbook->sheets[workbook->sheet_count];

	for (const char **at = attributes; at[0] != NULL; at += 2)
		if (strcmp(local_name(at[0]), "id") == 0)
			id = at[1];
	if (name == NULL || id == NULL || strlen(name) > BOOK_SHEET_NAME_MAX || !text_is_valid(name, strlen(name)))
		return broken_archive;
	if (workbook->sheet_count == BOOK_SHEETS_MAX)
		return N_("the workbook has over 100 sheets");
	sheet->name = keep(workbook, name);
	sheet->part = keep(workbook, id);
	sheet->hidden = state != NULL && strcmp(state, "visible") != 0;
	if (sheet->name == NULL || sheet->part == NULL)
		return out_of_memory;
	workbook->sheet_count++;
	return NULL;
}

static const char *on_workbook(void *user, const char *name, const char **attributes)
{
	struct book *workbook = user;

	if (strcmp(name, "sheet") == 0)
		return add_sheet(workbook, attributes);
	const char *date_1904 = strcmp(name, "workbookPr") == 0 ? book_attribute(attributes, "date1904") : NULL;
	workbook->date_1904 |= date_1904 != NULL && (strcmp(date_1904, "1") == 0 || strcmp(date_1904, "true") == 0);
	return NULL;
}

struct placing {
	struct book *workbook;
	bool placed[BOOK_SHEETS_MAX];
};

static const char *on_part(void *user, const char *id, const char *type, const char *part)
{
	struct placing *placing = user;
	struct book *workbook = placing->workbook;
	const char *kept = keep(workbook, part);

	if (kept == NULL)
		return out_of_memory;
	if (strcmp(type, "sharedStrings") == 0)
		workbook->strings_part = kept;
	if (strcmp(type, "styles") == 0)
		workbook->styles_part = kept;
	for (size_t i = 0; i < workbook->sheet_count && strcmp(type, "worksheet") == 0; i++)
		if (!placing->placed[i] && strcmp(workbook->sheets[i].part, id) == 0) {
			workbook->sheets[i].part = kept;
			placing->placed[i] = true;
		}
	return NULL;
}

static const char *read_sheets(struct book *workbook)
{
	static const struct book_handler handler = {.start = on_workbook};
	struct placing placing = {.workbook = workbook};
	const char *reason = book_relations(workbook, "", on_document, workbook);

	if (reason == NULL && workbook->main_part == NULL)
		return broken_archive;
	if (reason == NULL)
		reason = book_parse(workbook, workbook->main_part, &handler, workbook);
	if (reason == NULL)
		reason = book_relations(workbook, workbook->main_part, on_part, &placing);
	size_t kept = 0; // what is no sheet of cells (a chart, a macro) is passed over
	for (size_t i = 0; i < workbook->sheet_count; i++)
		if (placing.placed[i])
			workbook->sheets[kept++] = workbook->sheets[i];
	workbook->sheet_count = kept;
	return reason;
}

const char *book_open(struct book *workbook, void *bytes, size_t size)
{
	static const unsigned char compound[] = {0xD0, 0xCF, 0x11, 0xE0};

	*workbook = (struct book){.bytes = bytes, .size = size, .room = BOOK_UNPACKED_FREE + BOOK_RATIO_MAX * size};
	if (workbook->room > BOOK_UNPACKED_MAX)
		workbook->room = BOOK_UNPACKED_MAX;
	if (size > BOOK_FILE_MAX)
		return N_("the workbook is larger than 32 MiB");
	if (size >= sizeof compound && memcmp(bytes, compound, sizeof compound) == 0)
		return N_("an old workbook (.xls), or one with a password: save it as .xlsx without one");
	workbook->arena = arena_create(ARENA_MAX);
	zip_source_t *source = workbook->arena == NULL ? NULL : zip_source_buffer_create(bytes, size, 0, NULL);
	if (source == NULL)
		return out_of_memory;
	zip_error_t error;
	zip_error_init(&error);
	workbook->archive = zip_open_from_source(source, ZIP_RDONLY, &error);
	int code = zip_error_code_zip(&error);
	zip_error_fini(&error);
	if (workbook->archive == NULL) {
		zip_source_free(source);
		return code == ZIP_ER_MEMORY ? out_of_memory : broken_archive;
	}
	if (zip_get_num_entries(workbook->archive, 0) > BOOK_ENTRIES_MAX)
		return N_("the workbook has over 2,000 parts");
	return read_sheets(workbook);
}

void book_close(struct book *workbook)
{
	if (workbook->archive != NULL)
		zip_discard(workbook->archive);
	arena_destroy(&workbook->arena);
	free(workbook->bytes);
	*workbook = (struct book){0};
}

/* shared texts */

struct strings {
	struct book *workbook;
	char *text; // of the item being read
	size_t used, size;
	bool in_text, in_phonetic;
};

static const char *on_string_start(void *user, const char *name, const char **attributes)
{
	struct strings *strings = user;

	(void)attributes;
	if (strcmp(name, "si") == 0)
		strings->used = 0;
	strings->in_phonetic |= strcmp(name, "rPh") == 0;
	strings->in_text = strcmp(name, "t") == 0 && !strings->in_phonetic;
	return NULL;
}

static const char *on_string_text(void *user, const char *text, size_t len)
{
	struct strings *strings = user;

	if (!strings->in_text)
		return NULL;
	if (strings->used + len + 1 > strings->size) {
		size_t size = 2 * (strings->used + len + 1);
		char *grown = realloc(strings->text, size);
		if (grown == NULL)
			return out_of_memory;
		strings->text = grown;
		strings->size = size;
	}
	memcpy(strings->text + strings->used, text, len);
	strings->used += len;
	return NULL;
}

static const char *add_string(struct strings *strings)
{
	struct book *workbook = strings->workbook;

	if (workbook->string_count == BOOK_STRINGS_MAX)
		return too_much;
	if (workbook->string_count == workbook->string_size) {
		size_t size = workbook->string_size == 0 ? FIRST_STRINGS : 2 * workbook->string_size;
		const char **grown = arena_alloc(workbook->arena, size * sizeof *grown);
		if (grown == NULL)
			return out_of_memory;
		if (workbook->string_count > 0)
			memcpy(grown, workbook->strings, workbook->string_count * sizeof *grown);
		workbook->strings = grown;
		workbook->string_size = size;
	}
	const char *kept = NULL;
	if (strings->used == 0)
		kept = "";
	else if (text_is_valid(strings->text, strings->used) &&
	         (kept = arena_strndup(workbook->arena, strings->text, strings->used)) == NULL)
		return out_of_memory;
	workbook->strings[workbook->string_count++] = kept;
	return NULL;
}

static const char *on_string_end(void *user, const char *name)
{
	struct strings *strings = user;

	strings->in_text = false;
	strings->in_phonetic &= strcmp(name, "rPh") != 0;
	return strcmp(name, "si") == 0 ? add_string(strings) : NULL;
}

const char *book_read_strings(struct book *workbook)
{
	static const struct book_handler handler = {.start = on_string_start, .end = on_string_end, .text = on_string_text};
	struct strings strings = {.workbook = workbook};

	if (workbook->strings_part == NULL)
		return NULL;
	const char *reason = book_parse(workbook, workbook->strings_part, &handler, &strings);
	free(strings.text);
	return reason;
}
