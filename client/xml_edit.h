// Changes to an XML text that leave every other byte as it is: where its elements begin and end, and pieces put in or taken out.
// One thread. Memory is the arena's.
#ifndef BAOCAO_XML_EDIT_H
#define BAOCAO_XML_EDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"

struct xml_element {
	const char *name;        // without prefix
	size_t begin, end;       // bytes of the text, from its start tag to behind its end tag
	size_t inner, inner_end; // what it holds; inner_end is 0 when it has no end tag of its own (<a/>)
	size_t parent;           // index
	const char **attributes; // name, value ..., NULL; names as they are written
};

struct xml_edit {
	size_t at, removed;
	const char *inserted;
	size_t order; // of those at one place
};

struct xml_text {
	struct arena *arena;
	const char *bytes; // the caller's
	size_t size;
	char prefix[32]; // of the root's name, with its colon; "" when it has none
	size_t count, room;
	struct xml_element *elements; // the root is the first
	size_t edit_count, edit_room;
	struct xml_edit *edits;
	bool out_of_memory;
};

// Reads where the elements are; those within an element of the name skipped are left out (NULL: all are taken). False: not XML, not
// in UTF-8, or with a DOCTYPE; or memory is out.
bool xml_read(struct xml_text *text, struct arena *arena, const char *bytes, size_t size, const char *skipped);

// The first child of that name; SIZE_MAX: none.
size_t xml_child(const struct xml_text *text, size_t parent, const char *name);
const char *xml_attribute(const struct xml_element *element, const char *local_name);

// Whether what the element holds contains the text, byte by byte.
bool xml_holds(const struct xml_text *text, const struct xml_element *element, const char *needle);

// Pieces; applied together in the end. Inserted text is kept as a pointer: the arena's, or constant.
void xml_insert(struct xml_text *text, size_t at, const char *inserted);
void xml_remove(struct xml_text *text, const struct xml_element *element);

// At the end of what an element holds, also when it is written <a/>.
void xml_append(struct xml_text *text, size_t element, const char *inserted);

// Before the first child of the root that has one of the names (NULL-terminated), else at the root's end.
void xml_insert_before(struct xml_text *text, const char *const *names, const char *inserted);

// The text with all pieces, from malloc(); NULL when memory is out.
char *xml_apply(struct xml_text *text, size_t *ret_size);

// & < > " as entities, in the arena; NULL when memory is out.
const char *xml_escape(struct arena *arena, const char *text);

#endif
