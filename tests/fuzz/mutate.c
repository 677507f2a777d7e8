#include "mutate.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "target.h"

enum {
	TEXT_MAX = 2000, // bytes: twice the longest text that a rule allows
	CHANGES_MAX = 4  // of one mutation
};

// libFuzzer's own mutation of bytes, which knows the dictionary.
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

static uint64_t state;

static uint64_t chance(uint64_t bound) // splitmix64
{
	uint64_t z = (state += 0x9E3779B97F4A7C15);
	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
	z = (z ^ z >> 27) * 0x94D049BB133111EB;
	return (z ^ z >> 31) % bound;
}

static void *slot(ProtobufCMessage *message, unsigned offset)
{
	return (uint8_t *)message + offset;
}

static size_t *count_of(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
	return slot(message, field->quantifier_offset);
}

static ProtobufCMessage ***lines_of(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
	return slot(message, field->offset);
}

/* values */

static uint64_t some_number(uint64_t before)
{
	static const uint64_t edges[] = {
		0, 1, 2, 999, 1000, 1001, 99999, INT32_MAX, UINT32_MAX, UINT64_C(1) << 32, INT64_MAX, UINT64_MAX};

	switch (chance(4)) {
	case 0:
		return edges[chance(sizeof edges / sizeof edges[0])];
	case 1:
		return before + chance(5) - 2;
	case 2:
		return before ^ UINT64_C(1) << chance(64);
	default:
		return chance(20);
	}
}

static size_t some_text(char *text, size_t size)
{
	static const char *const texts[] = { // the last is no UTF-8
		"", "01", "001", "00001", "99", "A05", "79", "2022-08-01", "2022-08-20", "2022-02-29", "2999-12-31", "1900-01-01",
		"2025-07-01", "2022-08-21T08:00:00+07:00", "2022-12-31T23:59:60.999999Z", "12/QĐ-BCA", "Hoà", "Hoa\xcc\x80",
		"\xf0\x9f\x87\xbb", "\xe1\xbe\x82", "a\xcc\xa3\xcc\x80\xcc\x80", "\xc3\x28"};
	const char *chosen = texts[chance(sizeof texts / sizeof texts[0])];

	if (chance(2) == 0)
		return LLVMFuzzerMutate((uint8_t *)text, size, TEXT_MAX);
	size = strlen(chosen);
	memcpy(text, chosen, size);
	return size;
}

static int32_t some_value(const ProtobufCEnumDescriptor *type)
{
	return chance(8) == 0 ? (int32_t)some_number(0) : type->values[chance(type->n_values)].value;
}

/* fields */

static ProtobufCMessage *new_message(const ProtobufCMessageDescriptor *type)
{
	ProtobufCMessage *message = malloc(type->sizeof_message);
	if (message == NULL)
		abort();
	protobuf_c_message_init(type, message);
	return message;
}

static ProtobufCMessage *copy_of(const ProtobufCMessage *message)
{
	size_t size = protobuf_c_message_get_packed_size(message);
	uint8_t *bytes = malloc(size + 1);
	if (bytes == NULL)
		abort();
	(void)protobuf_c_message_pack(message, bytes);
	ProtobufCMessage *copy = protobuf_c_message_unpack(message->descriptor, NULL, size, bytes);
	free(bytes);
	return copy == NULL ? new_message(message->descriptor) : copy;
}

static void add_line(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
	size_t count = *count_of(message, field);
	ProtobufCMessage **grown = realloc(*lines_of(message, field), (count + 1) * sizeof *grown);
	if (grown == NULL)
		abort();
	*lines_of(message, field) = grown;
	grown[count] = count > 0 && chance(3) > 0 ? copy_of(grown[chance(count)]) : new_message(field->descriptor);
	*count_of(message, field) = count + 1;
}

static void change_lines(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
	size_t count = *count_of(message, field), a, b;
	ProtobufCMessage **lines = *lines_of(message, field);

	if (count == 0 || chance(2) == 0) {
		add_line(message, field);
		return;
	}
	a = chance(count);
	b = chance(count);
	ProtobufCMessage *line = lines[a];
	if (chance(3) == 0) {
		lines[a] = lines[b];
		lines[b] = line;
		return;
	}
	lines[a] = lines[count - 1];
	*count_of(message, field) = count - 1;
	protobuf_c_message_free_unpacked(line, NULL);
}

// Takes a member away, or puts an empty one in the place of the one that is there.
static void change_member(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
	bool oneof = (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
	uint32_t *chosen = oneof ? slot(message, field->quantifier_offset) : NULL;
	ProtobufCMessage **member = slot(message, field->offset);
	bool there = oneof ? *chosen != 0 : *member != NULL;

	if (there && *member != NULL)
		protobuf_c_message_free_unpacked(*member, NULL); // of whatever kind: the members share their place
	*member = there && chance(2) == 0 ? NULL : new_message(field->descriptor);
	if (oneof)
		*chosen = *member == NULL ? 0 : field->id;
}

static void change_text(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
	char **text = slot(message, field->offset);
	char *changed = calloc(1, TEXT_MAX + 1);
	size_t size = 0;

	if (changed == NULL)
		abort();
	if (*text != NULL) {
		size = strlen(*text) < TEXT_MAX ? strlen(*text) : TEXT_MAX;
		memcpy(changed, *text, size);
		free(*text);
	}
	changed[some_text(changed, size)] = '\0';
	*text = changed;
	if (chance(10) == 0) {
		free(changed);
		*text = NULL;
	}
}

static void change_bytes(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
	ProtobufCBinaryData *bytes = slot(message, field->offset);
	uint8_t *changed = malloc(TEXT_MAX);

	if (changed == NULL)
		abort();
	bytes->len = bytes->len < TEXT_MAX ? bytes->len : TEXT_MAX;
	if (bytes->len > 0)
		memcpy(changed, bytes->data, bytes->len);
	bytes->len = LLVMFuzzerMutate(changed, bytes->len, TEXT_MAX);
	free(bytes->data);
	bytes->data = changed;
	*(protobuf_c_boolean *)slot(message, field->quantifier_offset) = 1;
}

static void change_scalar(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
	void *value = slot(message, field->offset);
	protobuf_c_boolean *there = slot(message, field->quantifier_offset);

	switch (field->type) {
	case PROTOBUF_C_TYPE_UINT64:
		*(uint64_t *)value = some_number(*(uint64_t *)value);
		break;
	case PROTOBUF_C_TYPE_UINT32:
		*(uint32_t *)value = (uint32_t)some_number(*(uint32_t *)value);
		break;
	case PROTOBUF_C_TYPE_ENUM:
		*(int32_t *)value = some_value(field->descriptor);
		break;
	case PROTOBUF_C_TYPE_BOOL:
		*(protobuf_c_boolean *)value = chance(2) == 0;
		break;
	default:
		return; // no message of ours has another
	}
	*there = chance(8) > 0;
}

static void change_field(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
	if (field->label == PROTOBUF_C_LABEL_REPEATED && field->type == PROTOBUF_C_TYPE_MESSAGE)
		change_lines(message, field);
	else if (field->label == PROTOBUF_C_LABEL_REPEATED)
		return; // no message of ours has one
	else if (field->type == PROTOBUF_C_TYPE_MESSAGE)
		change_member(message, field);
	else if (field->type == PROTOBUF_C_TYPE_STRING)
		change_text(message, field);
	else if (field->type == PROTOBUF_C_TYPE_BYTES)
		change_bytes(message, field);
	else
		change_scalar(message, field);
}

/* the tree */

// One of the messages of the tree, each as likely as any other.
static void choose(ProtobufCMessage *message, ProtobufCMessage **chosen, uint64_t *seen)
{
	if (chance(++*seen) == 0)
		*chosen = message;
	for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
		bool oneof = (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
		if (field->type != PROTOBUF_C_TYPE_MESSAGE ||
			(oneof && *(uint32_t *)slot(message, field->quantifier_offset) != field->id))
			continue;
		if (field->label == PROTOBUF_C_LABEL_REPEATED) {
			for (size_t j = 0; j < *count_of(message, field); j++)
				choose((*lines_of(message, field))[j], chosen, seen);
			continue;
		}
		ProtobufCMessage *member = *(ProtobufCMessage **)slot(message, field->offset);
		if (member != NULL)
			choose(member, chosen, seen);
	}
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	state = seed; // it decides everything but what libFuzzer adds
	ProtobufCMessage *message = chance(6) == 0 ? NULL : protobuf_c_message_unpack(mutate_target.type, NULL, size, data);
	size_t packed = 0;

	if (message == NULL)
		return LLVMFuzzerMutate(data, size, max_size);
	for (uint64_t changes = 1 + chance(CHANGES_MAX); changes > 0; changes--) {
		ProtobufCMessage *chosen = message;
		uint64_t seen = 0;
		choose(message, &chosen, &seen);
		if (chosen->descriptor->n_fields > 0)
			change_field(chosen, &chosen->descriptor->fields[chance(chosen->descriptor->n_fields)]);
	}
	if (mutate_target.mend != NULL && chance(2) == 0)
		mutate_target.mend(message);
	packed = protobuf_c_message_get_packed_size(message);
	if (packed <= max_size)
		(void)protobuf_c_message_pack(message, data);
	protobuf_c_message_free_unpacked(message, NULL);
	return packed <= max_size ? packed : LLVMFuzzerMutate(data, size, max_size);
}
