#include "descriptors.h"

#include <string.h>

// Field numbers of descriptor.proto that SourceCodeInfo paths are made of.
enum {
	FILE_MESSAGE_TYPE = 4,
	FILE_ENUM_TYPE = 5,
	MESSAGE_NESTED_TYPE = 3,
	MESSAGE_ENUM_TYPE = 4
};

enum { RULE_OPTION_NUMBER = 50100 }; // of every extension in rules.proto

static bool place_push(struct descriptors_place *place, int32_t field, size_t index)
{
	if (place->length + 2 > DESCRIPTORS_PATH_MAX)
		return false;
	place->path[place->length++] = field;
	place->path[place->length++] = (int32_t)index;
	return true;
}

// If full_name is name followed by an end or a dot, gives what follows the dot ("" at the end); else NULL.
static const char *name_rest(const char *full_name, const char *name)
{
	size_t len = strlen(name);
	if (strncmp(full_name, name, len) != 0 || (full_name[len] != '\0' && full_name[len] != '.'))
		return NULL;
	return full_name[len] == '.' ? full_name + len + 1 : full_name + len;
}

static const Google__Protobuf__DescriptorProto *message_among(Google__Protobuf__DescriptorProto **messages, size_t count,
                                                              int32_t field, const char **rest,
                                                              struct descriptors_place *place)
{
	for (size_t i = 0; i < count; i++) {
		const char *after = name_rest(*rest, messages[i]->name);
		if (after != NULL && place_push(place, field, i)) {
			*rest = after;
			return messages[i];
		}
	}
	return NULL;
}

// Follows full_name down through nested messages as far as they go; *rest is what is left of the name.
static const Google__Protobuf__DescriptorProto *descend(const Google__Protobuf__FileDescriptorProto *file,
                                                        const char **rest, struct descriptors_place *place)
{
	const Google__Protobuf__DescriptorProto *found =
		message_among(file->message_type, file->n_message_type, FILE_MESSAGE_TYPE, rest, place);

	while (found != NULL && **rest != '\0') {
		const Google__Protobuf__DescriptorProto *nested =
			message_among(found->nested_type, found->n_nested_type, MESSAGE_NESTED_TYPE, rest, place);
		if (nested == NULL)
			break;
		found = nested;
	}
	return found;
}

const Google__Protobuf__DescriptorProto *descriptors_message(const Google__Protobuf__FileDescriptorSet *set,
                                                             const char *full_name, struct descriptors_place *ret_place)
{
	for (size_t i = 0; i < set->n_file; i++) {
		const char *rest = set->file[i]->package == NULL ? NULL : name_rest(full_name, set->file[i]->package);
		*ret_place = (struct descriptors_place){.file = set->file[i]};
		if (rest == NULL)
			continue;
		const Google__Protobuf__DescriptorProto *found = descend(set->file[i], &rest, ret_place);
		if (found != NULL && *rest == '\0')
			return found;
	}
	return NULL;
}

const Google__Protobuf__EnumDescriptorProto *descriptors_enum(const Google__Protobuf__FileDescriptorSet *set,
                                                              const char *full_name,
                                                              struct descriptors_place *ret_place)
{
	for (size_t i = 0; i < set->n_file; i++) {
		const Google__Protobuf__FileDescriptorProto *file = set->file[i];
		const char *rest = file->package == NULL ? NULL : name_rest(full_name, file->package);
		*ret_place = (struct descriptors_place){.file = file};
		if (rest == NULL)
			continue;
		const Google__Protobuf__DescriptorProto *inside = descend(file, &rest, ret_place);
		Google__Protobuf__EnumDescriptorProto **enums = inside == NULL ? file->enum_type : inside->enum_type;
		size_t count = inside == NULL ? file->n_enum_type : inside->n_enum_type;
		for (size_t j = 0; j < count; j++)
			if (strcmp(enums[j]->name, rest) == 0 &&
			    place_push(ret_place, inside == NULL ? FILE_ENUM_TYPE : MESSAGE_ENUM_TYPE, j))
				return enums[j];
	}
	return NULL;
}

// protoc keeps the comment's line breaks and the blank after each "//": join the lines by single blanks.
static const char *joined(struct arena *arena, const char *comment)
{
	char *text = arena_strndup(arena, comment, strlen(comment));
	if (text == NULL)
		return NULL;
	char *to = text;
	for (const char *from = text; *from != '\0'; from++) {
		bool blank = *from == ' ' || *from == '\n' || *from == '\t';
		if (blank && (to == text || to[-1] == ' '))
			continue;
		*to++ = blank ? ' ' : *from;
	}
	if (to > text && to[-1] == ' ')
		to--;
	*to = '\0';
	return text;
}

const char *descriptors_comment_of(struct arena *arena, const struct descriptors_place *place)
{
	const Google__Protobuf__SourceCodeInfo *source = place->file->source_code_info;

	for (size_t i = 0; source != NULL && i < source->n_location; i++) {
		const Google__Protobuf__SourceCodeInfo__Location *location = source->location[i];
		if (location->n_path == place->length && location->leading_comments != NULL &&
		    memcmp(location->path, place->path, place->length * sizeof place->path[0]) == 0)
			return joined(arena, location->leading_comments);
	}
	return "";
}

const char *descriptors_comment(struct arena *arena, const struct descriptors_place *parent, int32_t field, int32_t index)
{
	struct descriptors_place place = *parent;
	if (!place_push(&place, field, (size_t)index))
		return "";
	return descriptors_comment_of(arena, &place);
}

// An unknown field of wire type 2 keeps its length prefix in front of its data.
static size_t prefix_length(const ProtobufCMessageUnknownField *field)
{
	size_t length = 0;
	while (length < field->len && (field->data[length] & 0x80) != 0)
		length++;
	return length + 1;
}

const ProtobufCMessage *descriptors_option(struct arena *arena, const ProtobufCMessage *options,
                                           const ProtobufCMessageDescriptor *type, bool *ret_broken)
{
	*ret_broken = false;
	for (unsigned i = 0; options != NULL && i < options->n_unknown_fields; i++) {
		const ProtobufCMessageUnknownField *field = &options->unknown_fields[i];
		if (field->tag != RULE_OPTION_NUMBER || field->wire_type != PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED)
			continue;
		size_t prefix = prefix_length(field);
		const ProtobufCMessage *option =
			prefix > field->len ? NULL
								: protobuf_c_message_unpack(type, arena_allocator(arena), field->len - prefix,
			                                                field->data + prefix);
		*ret_broken = option == NULL;
		return option;
	}
	return NULL;
}
