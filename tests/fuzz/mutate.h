// Mutation that knows the structure: bytes are unpacked as a message, one or some of its fields are changed by their
// descriptors, and the message is packed again. What cannot be unpacked, and some of the rest, is mutated as bytes.
#ifndef BAOCAO_MUTATE_H
#define BAOCAO_MUTATE_H

#include <protobuf-c/protobuf-c.h>

// What the bytes are unpacked as: each target with structure says it.
extern const ProtobufCMessageDescriptor *const mutate_type;

#endif
