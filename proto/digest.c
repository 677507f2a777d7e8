#include "digest.h"

#include <sodium.h>
#include <string.h>

#include "field.h"
#include "text.h"

enum {
	LARGEST_MESSAGE = 1024, // sizeof a generated Report; a longer one is a sign of a field in the wrong place
	GATHERED_SIZE = 512     // hashed at once: protobuf-c hands over a few bytes at a time
};

// A protobuf-c buffer that hashes what is packed into it, so no encoding is ever kept.
struct hash_buffer {
	ProtobufCBuffer base; // first: protobuf-c hands back its address
	crypto_generichash_state state;
	size_t used;
	uint8_t gathered[GATHERED_SIZE];
};

static bool canonicalise(const struct contract_message *about, ProtobufCMessage *message, struct arena *arena);

static bool canonicalise_text(const struct contract_field *field, ProtobufCMessage *message, struct arena *arena)
{
	const char **slot = field_slot(message, field);
	const char *text = text_nfc(arena, *slot);
	if (text == NULL)
		return false;
	*slot = text;
	return true;
}

static bool canonicalise_field(const struct contract_field *field, ProtobufCMessage *message, struct arena *arena)
{
	if (field->wire->label == PROTOBUF_C_LABEL_REPEATED) {
		for (size_t i = 0; i < field_line_count(message, field); i++)
			if (!canonicalise(field->message, (*(ProtobufCMessage ***)field_slot(message, field))[i], arena))
				return false;
		return true;
	}
	if (!field_is_present(message, field)) {
		if (field->wire->default_value != NULL && field->wire->type == PROTOBUF_C_TYPE_ENUM) {
			memcpy(field_slot(message, field), field->wire->default_value, sizeof(int32_t));
			*(protobuf_c_boolean *)field_quantifier_slot(message, field) = 1;
		}
		return true;
	}
	if (field->wire->type == PROTOBUF_C_TYPE_MESSAGE)
		return canonicalise(field->message, *(ProtobufCMessage **)field_slot(message, field), arena);
	return field->wire->type != PROTOBUF_C_TYPE_STRING || canonicalise_text(field, message, arena);
}

static bool canonicalise(const struct contract_message *about, ProtobufCMessage *message, struct arena *arena)
{
	message->n_unknown_fields = 0; // they stay in the raw archive; their memory is the arena's
	message->unknown_fields = NULL;
	for (size_t i = 0; i < about->field_count; i++)
		if (!canonicalise_field(&about->fields[i], message, arena))
			return false;
	return true;
}

bool digest_canonicalise(const struct contract *contract, ProtobufCMessage *report, struct arena *arena)
{
	return canonicalise(contract->report, report, arena);
}

static void hash_gathered(struct hash_buffer *hash)
{
	(void)crypto_generichash_update(&hash->state, hash->gathered, hash->used);
	hash->used = 0;
}

static void hash_append(ProtobufCBuffer *buffer, size_t len, const uint8_t *data)
{
	struct hash_buffer *hash = (struct hash_buffer *)buffer;

	if (len > sizeof hash->gathered - hash->used)
		hash_gathered(hash);
	if (len > sizeof hash->gathered) {
		(void)crypto_generichash_update(&hash->state, data, len);
		return;
	}
	memcpy(hash->gathered + hash->used, data, len);
	hash->used += len;
}

// In a copy of the report's own struct, not of what it points to.
static void forget_transient(const struct contract_message *about, ProtobufCMessage *copy)
{
	for (size_t i = 0; i < about->field_count; i++) {
		const struct contract_field *field = &about->fields[i];
		if (!field->transient)
			continue;
		if (field->wire->type == PROTOBUF_C_TYPE_STRING)
			*(char **)field_slot(copy, field) = NULL;
		else
			*(protobuf_c_boolean *)field_quantifier_slot(copy, field) = 0;
	}
}

void digest_report(const struct contract *contract, const ProtobufCMessage *report, uint8_t ret[static DIGEST_SIZE])
{
	union {
		ProtobufCMessage message;
		uint8_t bytes[LARGEST_MESSAGE];
	} copy;
	struct hash_buffer hash; // not filled with zeroes: that would cost more than the hash of a short report
	size_t size = contract->report->wire->sizeof_message;

	memcpy(copy.bytes, report, size < sizeof copy ? size : sizeof copy);
	forget_transient(contract->report, &copy.message);
	hash.base.append = hash_append;
	hash.used = 0;
	(void)crypto_generichash_init(&hash.state, NULL, 0, DIGEST_SIZE);
	(void)protobuf_c_message_pack_to_buffer(&copy.message, &hash.base);
	hash_gathered(&hash);
	(void)crypto_generichash_final(&hash.state, ret, DIGEST_SIZE);
}
