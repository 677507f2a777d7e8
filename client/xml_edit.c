#define _GNU_SOURCE // memmem
#include "xml_edit.h"

#include <expat.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 64, DEPTH_MAX = 64 };

struct reading {
	struct xml_text *text;
	XML_Parser parser;
	const char *skipped;
	int depth, skipped_depth; // 0: nothing is skipped
	size_t open[DEPTH_MAX];   // indexes of the elements that are open
	bool refused;
};

static const char *local(const char *name)
{
	const char *colon = strrchr(name, ':');
	return colon == NULL ? name : colon + 1;
}

static void *grown(struct arena *arena, void *old, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return old;
	size_t wanted = *room == 0 ? FIRST_ROOM : 2 * *room;
	void *memory = arena_alloc(arena, wanted * size);
	if (memory == NULL)
		return NULL;
	if (count > 0)
		memcpy(memory, old, count * size);
	*room = wanted;
	return memory;
}

static const char **copied(struct arena *arena, const char **attributes)
{
	size_t count = 0;

	while (attributes[count] != NULL)
		count++;
	const char **copy = arena_alloc(arena, (count + 1) * sizeof *copy);
	for (size_t i = 0; copy != NULL && i < count; i++)
		if ((copy[i] = arena_strndup(arena, attributes[i], strlen(attributes[i]))) == NULL)
			return NULL;
	return copy;
}

static void refuse(struct reading *reading, bool out_of_memory)
{
	reading->text->out_of_memory |= out_of_memory;
	reading->refused = true;
	(void)XML_StopParser(reading->parser, XML_FALSE);
}

static void on_start(void *user, const char *name, const char **attributes)
{
	struct reading *reading = user;
	struct xml_text *text = reading->text;

	if (++reading->depth > DEPTH_MAX) {
		refuse(reading, false);
		return;
	}
	if (reading->skipped_depth > 0 || reading->refused)
		return;
	struct xml_element *elements = grown(text->arena, text->elements, text->count, &text->room, sizeof *elements);
	const char *kept = arena_strndup(text->arena, local(name), strlen(local(name)));
	const char **kept_attributes = copied(text->arena, attributes);
	if (elements == NULL || kept == NULL || kept_attributes == NULL) {
		refuse(reading, true);
		return;
	}
	text->elements = elements;
	size_t begin = (size_t)XML_GetCurrentByteIndex(reading->parser), len = (size_t)XML_GetCurrentByteCount(reading->parser);
	elements[text->count] = (struct xml_element){.name = kept,
	                                             .begin = begin,
	                                             .inner = begin + len,
	                                             .parent = reading->depth > 1 ? reading->open[reading->depth - 2] : SIZE_MAX,
	                                             .attributes = kept_attributes};
	if (text->count == 0)
		(void)snprintf(text->prefix, sizeof text->prefix, "%.*s", (int)(local(name) - name), name);
	reading->open[reading->depth - 1] = text->count++;
	if (reading->skipped != NULL && strcmp(kept, reading->skipped) == 0)
		reading->skipped_depth = reading->depth;
}

// An element without an end tag of its own ends where its start tag did, and expat gives its end no bytes.
static void on_end(void *user, const char *name)
{
	struct reading *reading = user;
	size_t begin = (size_t)XML_GetCurrentByteIndex(reading->parser), len = (size_t)XML_GetCurrentByteCount(reading->parser);

	(void)name;
	if (reading->skipped_depth == 0 || reading->depth == reading->skipped_depth) {
		struct xml_element *element = &reading->text->elements[reading->open[reading->depth - 1]];
		bool alone = reading->text->bytes[element->inner - 2] == '/';
		element->inner_end = alone ? 0 : begin;
		element->end = alone ? element->inner : begin + len;
		reading->skipped_depth = 0;
	}
	reading->depth--;
}

static void on_doctype(void *user, const char *name, const char *system_id, const char *public_id, int internal)
{
	(void)name;
	(void)system_id;
	(void)public_id;
	(void)internal;
	refuse(user, false);
}

static void on_declaration(void *user, const char *version, const char *encoding, int standalone)
{
	(void)version;
	(void)standalone;
	if (encoding != NULL && strcasecmp(encoding, "utf-8") != 0)
		refuse(user, false); // offsets would be another text's
}

bool xml_read(struct xml_text *text, struct arena *arena, const char *bytes, size_t size, const char *skipped)
{
	struct reading reading = {.text = text, .parser = XML_ParserCreate(NULL), .skipped = skipped};

	*text = (struct xml_text){.arena = arena, .bytes = bytes, .size = size};
	if (reading.parser == NULL) {
		text->out_of_memory = true;
		return false;
	}
	XML_SetUserData(reading.parser, &reading);
	XML_SetElementHandler(reading.parser, on_start, on_end);
	XML_SetStartDoctypeDeclHandler(reading.parser, on_doctype);
	XML_SetXmlDeclHandler(reading.parser, on_declaration);
	bool two_bytes = size >= 2 && ((unsigned char)bytes[0] >= 0xFE || bytes[0] == '\0' || bytes[1] == '\0'); // UTF-16
	bool good = !two_bytes && size <= INT32_MAX && XML_Parse(reading.parser, bytes, (int)size, XML_TRUE) == XML_STATUS_OK;
	text->out_of_memory |= XML_GetErrorCode(reading.parser) == XML_ERROR_NO_MEMORY;
	XML_ParserFree(reading.parser);
	return good && !reading.refused;
}

size_t xml_child(const struct xml_text *text, size_t parent, const char *name)
{
	for (size_t i = parent + 1; i < text->count; i++)
		if (text->elements[i].parent == parent && strcmp(text->elements[i].name, name) == 0)
			return i;
	return SIZE_MAX;
}

const char *xml_attribute(const struct xml_element *element, const char *local_name)
{
	for (const char **at = element->attributes; at[0] != NULL; at += 2)
		if (strcmp(local(at[0]), local_name) == 0)
			return at[1];
	return NULL;
}

bool xml_holds(const struct xml_text *text, const struct xml_element *element, const char *needle)
{
	return element->inner_end > element->inner &&
	       memmem(text->bytes + element->inner, element->inner_end - element->inner, needle, strlen(needle)) != NULL;
}

/* pieces */

static void edit(struct xml_text *text, size_t at, size_t removed, const char *inserted)
{
	struct xml_edit *edits = grown(text->arena, text->edits, text->edit_count, &text->edit_room, sizeof *edits);

	if (edits == NULL || inserted == NULL) {
		text->out_of_memory = true;
		return;
	}
	text->edits = edits;
	edits[text->edit_count] =
		(struct xml_edit){.at = at, .removed = removed, .inserted = inserted, .order = text->edit_count};
	text->edit_count++;
}

void xml_insert(struct xml_text *text, size_t at, const char *inserted)
{
	edit(text, at, 0, inserted);
}

void xml_remove(struct xml_text *text, const struct xml_element *element)
{
	edit(text, element->begin, element->end - element->begin, "");
}

// <a b="c"/> becomes <a b="c">...</a>.
void xml_append(struct xml_text *text, size_t element, const char *inserted)
{
	const struct xml_element *into = &text->elements[element];

	if (into->inner_end > 0) {
		edit(text, into->inner_end, 0, inserted);
		return;
	}
	size_t name = strcspn(text->bytes + into->begin + 1, " \t\r\n/>");
	edit(text, into->inner - 2, 2,
	     inserted == NULL ? NULL
	                      : arena_printf(text->arena, ">%s</%.*s>", inserted, (int)name, text->bytes + into->begin + 1));
}

void xml_insert_before(struct xml_text *text, const char *const *names, const char *inserted)
{
	for (size_t i = 1; i < text->count; i++)
		for (size_t j = 0; names[j] != NULL && text->elements[i].parent == 0; j++)
			if (strcmp(text->elements[i].name, names[j]) == 0) {
				xml_insert(text, text->elements[i].begin, inserted);
				return;
			}
	xml_append(text, 0, inserted);
}

static int by_place(const void *a, const void *b)
{
	const struct xml_edit *one = a, *other = b;

	if (one->at != other->at)
		return one->at < other->at ? -1 : 1;
	return one->order < other->order ? -1 : one->order > other->order;
}

char *xml_apply(struct xml_text *text, size_t *ret_size)
{
	size_t size = text->size, used = 0, at = 0;

	for (size_t i = 0; i < text->edit_count; i++)
		size += strlen(text->edits[i].inserted);
	char *bytes = text->out_of_memory ? NULL : malloc(size + 1);
	if (bytes == NULL)
		return NULL;
	if (text->edit_count > 0)
		qsort(text->edits, text->edit_count, sizeof *text->edits, by_place);
	for (size_t i = 0; i < text->edit_count; i++) {
		const struct xml_edit *piece = &text->edits[i];
		if (piece->at > at) {
			memcpy(bytes + used, text->bytes + at, piece->at - at);
			used += piece->at - at;
			at = piece->at;
		}
		memcpy(bytes + used, piece->inserted, strlen(piece->inserted));
		used += strlen(piece->inserted);
		if (piece->at + piece->removed > at)
			at = piece->at + piece->removed;
	}
	memcpy(bytes + used, text->bytes + at, text->size - at);
	*ret_size = used + text->size - at;
	return bytes;
}

const char *xml_escape(struct arena *arena, const char *text)
{
	static const struct {
		char plain;
		const char *escaped;
	} entities[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}};
	char *escaped = arena_alloc(arena, strlen(text) * strlen("&quot;") + 1);
	size_t used = 0;

	for (; escaped != NULL && *text != '\0'; text++) {
		const char *piece = "";
		for (size_t i = 0; i < sizeof entities / sizeof entities[0]; i++)
			if (*text == entities[i].plain)
				piece = entities[i].escaped;
		if (piece[0] != '\0') {
			for (; *piece != '\0'; piece++)
				escaped[used++] = *piece;
		} else if ((unsigned char)*text >= ' ' || *text == '\n' || *text == '\t') { // others XML does not have
			escaped[used++] = *text;
		}
	}
	return escaped;
}
