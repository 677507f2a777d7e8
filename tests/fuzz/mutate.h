// Mutation that knows the structure: bytes are unpacked as a message, one or some of its fields are changed by their
// descriptors, and the message is packed again. What cannot be unpacked, and some of the rest, is mutated as bytes.
#ifndef BAOCAO_MUTATE_H
#define BAOCAO_MUTATE_H

#include <protobuf-c/protobuf-c.h>

// What each target with structure says of its own.
struct mutate_target {
	const ProtobufCMessageDescriptor *type;  // what the bytes are unpacked as
	void (*mend)(ProtobufCMessage *message); // makes half of the mutations right again; NULL: none
};
extern const struct mutate_target mutate_target;

#endif
