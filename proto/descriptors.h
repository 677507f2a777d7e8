// The embedded descriptor set as protoc wrote it: finding messages and enums by full name, their custom options and
// their comments. Used by contract.c only.
//
// protobuf-c keeps no options and no comments in its own descriptors; in an unpacked set the custom options arrive as
// unknown fields of FieldOptions and the like, and unpack as the messages of rules.proto.
#ifndef BAOCAO_DESCRIPTORS_H
#define BAOCAO_DESCRIPTORS_H

#include <stdbool.h>

#include "arena.h"
#include "google/protobuf/descriptor.pb-c.h"
#include "rules.pb-c.h"

enum { DESCRIPTORS_PATH_MAX = 16 }; // numbers in a SourceCodeInfo path: 2 for each level of nesting, far below this

// A place in a .proto file, as SourceCodeInfo counts it: field numbers and indexes in FileDescriptorProto.
struct descriptors_place {
	const Google__Protobuf__FileDescriptorProto *file;
	size_t length;
	int32_t path[DESCRIPTORS_PATH_MAX];
};

// The message or enum of that full name (baocao.FestivalDay.Venue) and its place; NULL when there is none.
const Google__Protobuf__DescriptorProto *descriptors_message(const Google__Protobuf__FileDescriptorSet *set,
                                                             const char *full_name, struct descriptors_place *ret_place);
const Google__Protobuf__EnumDescriptorProto *descriptors_enum(const Google__Protobuf__FileDescriptorSet *set,
                                                              const char *full_name,
                                                              struct descriptors_place *ret_place);

// The comment that stands before a place, its lines joined; "" when there is none. The place is given as its parent's
// place and the two numbers that lead on: field number in the descriptor, index. In the arena; NULL when that is full.
const char *descriptors_comment(struct arena *arena, const struct descriptors_place *parent, int32_t field, int32_t index);
const char *descriptors_comment_of(struct arena *arena, const struct descriptors_place *place);

// The custom option with the given number inside an options message (NULL when there are no options), unpacked into the
// arena as the given type. NULL when it is absent; *ret_broken tells a malformed one.
const ProtobufCMessage *descriptors_option(struct arena *arena, const ProtobufCMessage *options,
                                           const ProtobufCMessageDescriptor *type, bool *ret_broken);

#endif
