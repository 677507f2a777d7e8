// Reading and writing one field of a generated message through its descriptor. Inline: judge, digest and rows call these
// for every field of every report.
#ifndef BAOCAO_FIELD_H
#define BAOCAO_FIELD_H

#include "contract.h"

static inline const void *field_at(const ProtobufCMessage *message, const struct contract_field *field)
{
	return (const uint8_t *)message + field->wire->offset;
}

static inline void *field_slot(ProtobufCMessage *message, const struct contract_field *field)
{
	return (uint8_t *)message + field->wire->offset;
}

static inline void *field_quantifier_slot(ProtobufCMessage *message, const struct contract_field *field)
{
	return (uint8_t *)message + field->wire->quantifier_offset;
}

static inline const char *field_text(const ProtobufCMessage *message, const struct contract_field *field)
{
	return *(char *const *)field_at(message, field);
}

static inline const ProtobufCMessage *field_message(const ProtobufCMessage *message, const struct contract_field *field)
{
	return *(ProtobufCMessage *const *)field_at(message, field);
}

// Number of lines of a repeated field.
static inline size_t field_line_count(const ProtobufCMessage *message, const struct contract_field *field)
{
	return *(const size_t *)((const uint8_t *)message + field->wire->quantifier_offset);
}

static inline const ProtobufCMessage *field_line(const ProtobufCMessage *message, const struct contract_field *field,
                                                 size_t index)
{
	return (*(ProtobufCMessage *const *const *)field_at(message, field))[index];
}

// Whether an optional field was given. A repeated field is never "present": count its lines.
static inline bool field_is_present(const ProtobufCMessage *message, const struct contract_field *field)
{
	if (field->wire->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
		return *(const uint32_t *)((const uint8_t *)message + field->wire->quantifier_offset) == field->wire->id;
	if (field->wire->type == PROTOBUF_C_TYPE_STRING || field->wire->type == PROTOBUF_C_TYPE_MESSAGE)
		return field_text(message, field) != NULL && (const void *)field_text(message, field) != field->wire->default_value;
	return *(const protobuf_c_boolean *)((const uint8_t *)message + field->wire->quantifier_offset) != 0;
}

// Value of a uint32, uint64 or bool field as a number.
static inline uint64_t field_number(const ProtobufCMessage *message, const struct contract_field *field)
{
	switch (field->wire->type) {
	case PROTOBUF_C_TYPE_UINT64:
		return *(const uint64_t *)field_at(message, field);
	case PROTOBUF_C_TYPE_UINT32:
		return *(const uint32_t *)field_at(message, field);
	default:
		return *(const protobuf_c_boolean *)field_at(message, field) != 0;
	}
}

// Value of an enum field.
static inline int32_t field_enum(const ProtobufCMessage *message, const struct contract_field *field)
{
	return *(const int32_t *)field_at(message, field);
}

#endif
