// From the embedded descriptor set to the structures of contract.h:
//
//     descriptor set ──unpack──▶ names, options, comments ─┐
//                                                          ├─▶ contract_message / _field / _enum ─▶ checks ─▶ contract
//     protobuf-c descriptors ──▶ types, tags, offsets ─────┘
//
// build_message() starts at Report and follows message fields down, so only what a report can reach is read. Each message
// and enum is built once. The unpacked set lives as long as the contract, since names and labels point into it.
#define _GNU_SOURCE // vasprintf
#include "contract.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "check.h"
#include "descriptors.h"
#include "report.pb-c.h"

enum {
	CONTRACT_ARENA_CAP = 8 << 20, // the descriptor set is some 40 KiB; unpacked some ten times that
	MESSAGES_MAX = 256,           // kinds and their lines: a contract of over a hundred forms
	ENUMS_MAX = 256,
	PATTERNS_MAX = 1024,
	FIELD_NUMBER_FIELD = 2,       // DescriptorProto.field in SourceCodeInfo paths
	ENUM_VALUE_FIELD = 2          // EnumDescriptorProto.value
};

// The contract with what only its building and its end need.
struct loaded {
	struct contract contract; // first: the address is the same
	struct arena *arena;
	const Google__Protobuf__FileDescriptorSet *set;
	size_t message_count;
	struct contract_message *messages[MESSAGES_MAX];
	size_t enum_count;
	struct contract_enum enums[ENUMS_MAX];
	size_t pattern_count;
	regex_t *patterns[PATTERNS_MAX]; // compiled: also those of messages that were not finished
	char *error; // the first thing that is wrong
};

static bool fail(struct loaded *loaded, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool fail(struct loaded *loaded, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	if (loaded->error == NULL && vasprintf(&loaded->error, format, args) < 0)
		loaded->error = NULL;
	va_end(args);
	return false;
}

static bool out_of_memory(struct loaded *loaded)
{
	return fail(loaded, "contract: out of memory");
}

static const char *text_or_empty(const char *text)
{
	return text == NULL ? "" : text;
}

// VenueKind is venue_kind.
static const char *snake(struct arena *arena, const char *camel)
{
	size_t len = strlen(camel);
	char *name = arena_alloc(arena, 2 * len + 1);
	char *to = name;

	for (const char *from = camel; name != NULL && *from != '\0'; from++) {
		bool upper = *from >= 'A' && *from <= 'Z';
		if (upper && from != camel)
			*to++ = '_';
		*to++ = upper ? (char)(*from - 'A' + 'a') : *from;
	}
	return name;
}

// VENUE_KIND_WARD of venue_kind is ward; NULL when the value does not begin with its enum's name.
static const char *value_label(struct arena *arena, const char *enum_name, const char *value_name)
{
	size_t len = strlen(enum_name);
	char *label = arena_strndup(arena, value_name, strlen(value_name));

	for (char *c = label; c != NULL && *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	if (label == NULL || strncmp(label, enum_name, len) != 0 || label[len] != '_')
		return NULL;
	return label + len + 1;
}

/* enums */

static bool build_value(struct loaded *loaded, struct contract_enum *enumeration, struct contract_value *value,
                        const Google__Protobuf__EnumValueDescriptorProto *source,
                        const struct descriptors_place *place, size_t index)
{
	bool broken;
	const Baocao__ValueRule *rule = (const void *)descriptors_option(
		loaded->arena, (const void *)source->options, &baocao__value_rule__descriptor, &broken);

	value->number = source->number;
	value->label = value_label(loaded->arena, enumeration->name, source->name);
	value->comment = descriptors_comment(loaded->arena, place, ENUM_VALUE_FIELD, (int32_t)index);
	if (value->comment == NULL)
		return out_of_memory(loaded);
	if (value->label == NULL)
		return fail(loaded, "%s: the value %s must begin with the enum's name", enumeration->full_name, source->name);
	if (broken || rule == NULL || rule->vi == NULL || rule->en == NULL)
		return fail(loaded, "%s.%s: the labels (value).vi and .en are missing", enumeration->full_name, source->name);
	value->vi = rule->vi;
	value->en = rule->en;
	value->commune_level = rule->commune_level;
	value->days = rule->days;
	value->months = rule->months;
	return true;
}

static const struct contract_enum *build_enum(struct loaded *loaded, const char *full_name)
{
	for (size_t i = 0; i < loaded->enum_count; i++)
		if (strcmp(loaded->enums[i].full_name, full_name) == 0)
			return &loaded->enums[i];

	struct descriptors_place place;
	bool broken;
	const Google__Protobuf__EnumDescriptorProto *source = descriptors_enum(loaded->set, full_name, &place);
	if (source == NULL || loaded->enum_count == ENUMS_MAX) {
		(void)fail(loaded, "enum %s: not in the descriptor set, or more than %d enums", full_name, ENUMS_MAX);
		return NULL;
	}
	const Baocao__EnumRule *rule = (const void *)descriptors_option(loaded->arena, (const void *)source->options,
	                                                                &baocao__enum_rule__descriptor, &broken);
	struct contract_enum *enumeration = &loaded->enums[loaded->enum_count];
	enumeration->full_name = full_name;
	enumeration->name = snake(loaded->arena, source->name);
	enumeration->comment = descriptors_comment_of(loaded->arena, &place);
	enumeration->value_count = source->n_value;
	enumeration->values = arena_alloc(loaded->arena, source->n_value * sizeof *enumeration->values);
	if (broken || rule == NULL || rule->vi == NULL || rule->en == NULL) {
		(void)fail(loaded, "%s: the labels (enumeration).vi and .en are missing", full_name);
		return NULL;
	}
	if (enumeration->name == NULL || enumeration->values == NULL || enumeration->comment == NULL) {
		(void)out_of_memory(loaded);
		return NULL;
	}
	enumeration->vi = rule->vi;
	enumeration->en = rule->en;
	for (size_t i = 0; i < source->n_value; i++)
		if (!build_value(loaded, enumeration, &enumeration->values[i], source->value[i], &place, i))
			return NULL;
	loaded->enum_count++;
	return enumeration;
}

/* fields */

static bool compile_pattern(struct loaded *loaded, struct contract_field *field, const char *message)
{
	char *anchored = arena_printf(loaded->arena, "^(%s)$", field->pattern);
	if (anchored == NULL)
		return out_of_memory(loaded);
	if (loaded->pattern_count == PATTERNS_MAX)
		return fail(loaded, "%s.%s: there are over %d patterns", message, field->name, PATTERNS_MAX);
	int status = regcomp(&field->regex, anchored, REG_EXTENDED | REG_NOSUB);
	if (status == REG_ESPACE)
		return out_of_memory(loaded);
	if (status != 0)
		return fail(loaded, "%s.%s: the pattern %s is not a POSIX regular expression", message, field->name, field->pattern);
	loaded->patterns[loaded->pattern_count++] = &field->regex;
	return true;
}

// Every field must be bounded, or a report could be as large as its sender likes.
static bool check_bounds(struct loaded *loaded, const struct contract_field *field, const Baocao__FieldRule *rule,
                         const char *message)
{
	switch (field->wire->type) {
	case PROTOBUF_C_TYPE_UINT64:
		if (!rule->has_max || rule->max > INT64_MAX)
			return fail(loaded, "%s.%s: a uint64 needs a max of at most %" PRId64, message, field->name, INT64_MAX);
		return true;
	case PROTOBUF_C_TYPE_UINT32:
		if (!rule->has_max || rule->max > INT32_MAX)
			return fail(loaded, "%s.%s: a uint32 needs a max of at most %d", message, field->name, INT32_MAX);
		return true;
	case PROTOBUF_C_TYPE_STRING:
		return rule->has_max_len ? true : fail(loaded, "%s.%s: a string needs a max_len", message, field->name);
	case PROTOBUF_C_TYPE_MESSAGE:
		if (field->wire->label != PROTOBUF_C_LABEL_REPEATED && !field->in_body_oneof)
			return fail(loaded, "%s.%s: a message is a line (repeated) or a body (in the oneof)", message, field->name);
		if (field->wire->label == PROTOBUF_C_LABEL_REPEATED && !rule->has_max_items)
			return fail(loaded, "%s.%s: repeated lines need max_items", message, field->name);
		return true;
	case PROTOBUF_C_TYPE_ENUM:
	case PROTOBUF_C_TYPE_BOOL:
		return true;
	default:
		return fail(loaded, "%s.%s: fields are uint32, uint64, bool, string, enum or message", message, field->name);
	}
}

static bool read_none_of(struct loaded *loaded, struct contract_field *field, const Baocao__FieldRule *rule)
{
	for (size_t i = 0; i < rule->n_none_of; i++) {
		const struct contract_value *value =
			field->enumeration == NULL ? NULL : contract_value_by_label(field->enumeration, rule->none_of[i]);
		size_t bit = value == NULL ? 64 : (size_t)(value - field->enumeration->values);
		if (bit >= 64)
			return fail(loaded, "%s: none_of names %s, which is not among the first 64 values of its enum", field->name,
			            rule->none_of[i]);
		field->none_of |= UINT64_C(1) << bit;
	}
	return true;
}

static bool read_rule(struct loaded *loaded, struct contract_field *field, const Baocao__FieldRule *rule,
                      const char *message)
{
	field->vi = rule->vi;
	field->en = rule->en;
	field->measure = text_or_empty(rule->measure);
	field->required = rule->required;
	field->transient = rule->transient;
	field->has_min = rule->has_min;
	field->has_max = rule->has_max;
	field->min = rule->min;
	field->max = rule->max;
	field->min_len = rule->min_len;
	field->max_len = rule->has_max_len ? rule->max_len : UINT32_MAX;
	field->min_items = rule->min_items;
	field->max_items = rule->has_max_items ? rule->max_items : UINT32_MAX;
	field->format = (enum contract_format)rule->format;
	field->pattern = rule->pattern;
	if (field->vi == NULL || field->en == NULL)
		return fail(loaded, "%s.%s: the labels (field).vi and .en are missing", message, field->name);
	return read_none_of(loaded, field, rule) && check_bounds(loaded, field, rule, message) &&
	       (field->pattern == NULL || compile_pattern(loaded, field, message));
}

// not_above and unique_by name other fields: resolved when all fields of both messages are built.
static bool resolve_names(struct loaded *loaded, const struct contract_message *message, struct contract_field *field,
                          const Baocao__FieldRule *rule)
{
	if (rule->not_above != NULL) {
		field->not_above = contract_field_by_name(message, rule->not_above);
		if (field->not_above == NULL)
			return fail(loaded, "%s.%s: not_above names %s, which is no field", message->full_name, field->name,
			            rule->not_above);
	}
	if (rule->n_unique_by > CONTRACT_UNIQUE_BY_MAX)
		return fail(loaded, "%s.%s: unique_by names over %d fields", message->full_name, field->name,
		            CONTRACT_UNIQUE_BY_MAX);
	for (size_t i = 0; i < rule->n_unique_by; i++) {
		const struct contract_field *by =
			field->message == NULL ? NULL : contract_field_by_name(field->message, rule->unique_by[i]);
		if (by == NULL || by->wire->type == PROTOBUF_C_TYPE_MESSAGE)
			return fail(loaded, "%s.%s: unique_by names %s, which is no field of a line", message->full_name, field->name,
			            rule->unique_by[i]);
		field->unique_by[field->unique_by_count++] = by;
	}
	return true;
}

/* messages */

static struct contract_message *build_message(struct loaded *loaded, const ProtobufCMessageDescriptor *wire, int depth);

static const Google__Protobuf__FieldDescriptorProto *source_field(const Google__Protobuf__DescriptorProto *source,
                                                                  uint32_t number, size_t *ret_index)
{
	for (size_t i = 0; i < source->n_field; i++)
		if ((uint32_t)source->field[i]->number == number) {
			*ret_index = i;
			return source->field[i];
		}
	return NULL;
}

static bool build_field(struct loaded *loaded, struct contract_message *message, struct contract_field *field,
                        const Google__Protobuf__DescriptorProto *source, const struct descriptors_place *place, int depth)
{
	static const Baocao__FieldRule no_rule = BAOCAO__FIELD_RULE__INIT;
	size_t index;
	bool broken = false;
	const Google__Protobuf__FieldDescriptorProto *source_of = source_field(source, field->wire->id, &index);
	if (source_of == NULL)
		return fail(loaded, "%s.%s: not in the descriptor set", message->full_name, field->name);

	const Baocao__FieldRule *rule = (const void *)descriptors_option(
		loaded->arena, (const void *)source_of->options, &baocao__field_rule__descriptor, &broken);
	field->in_body_oneof = (field->wire->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
	field->comment = descriptors_comment(loaded->arena, place, FIELD_NUMBER_FIELD, (int32_t)index);
	if (field->comment == NULL)
		return out_of_memory(loaded);
	if (broken || (rule == NULL && !field->in_body_oneof))
		return fail(loaded, "%s.%s: the option (field) is missing or malformed", message->full_name, field->name);
	if (field->wire->type == PROTOBUF_C_TYPE_MESSAGE) {
		field->message = build_message(loaded, field->wire->descriptor, depth + 1);
		if (field->message == NULL)
			return false;
	}
	if (field->wire->type == PROTOBUF_C_TYPE_ENUM) {
		field->enumeration = build_enum(loaded, ((const ProtobufCEnumDescriptor *)field->wire->descriptor)->name);
		if (field->enumeration == NULL)
			return false;
	}
	if (rule == NULL) { // a body: its message carries the labels
		rule = &no_rule;
		field->vi = field->message->vi;
		field->en = field->message->en;
		return check_bounds(loaded, field, rule, message->full_name);
	}
	return read_rule(loaded, field, rule, message->full_name) && resolve_names(loaded, message, field, rule);
}

static bool build_fields(struct loaded *loaded, struct contract_message *message,
                         const Google__Protobuf__DescriptorProto *source, const struct descriptors_place *place, int depth)
{
	message->field_count = message->wire->n_fields;
	message->fields = arena_alloc(loaded->arena, message->field_count * sizeof *message->fields);
	if (message->fields == NULL)
		return out_of_memory(loaded);
	for (size_t i = 0; i < message->field_count; i++) { // names and types first: not_above may name a later field
		message->fields[i].wire = &message->wire->fields[i];
		message->fields[i].name = message->wire->fields[i].name;
	}
	for (size_t i = 0; i < message->field_count; i++)
		if (!build_field(loaded, message, &message->fields[i], source, place, depth))
			return false;
	return true;
}

static bool read_message_rule(struct loaded *loaded, struct contract_message *message,
                              const Google__Protobuf__DescriptorProto *source)
{
	bool broken;
	const Baocao__MessageRule *rule = (const void *)descriptors_option(
		loaded->arena, (const void *)source->options, &baocao__message_rule__descriptor, &broken);

	message->vi = message->en = "";
	if (broken)
		return fail(loaded, "%s: the option (message) is malformed", message->full_name);
	if (rule == NULL)
		return true;
	message->vi = text_or_empty(rule->vi);
	message->en = text_or_empty(rule->en);
	message->names_kind = rule->names_kind;
	message->check_count = rule->n_check;
	message->checks = (const char *const *)rule->check;
	for (size_t i = 0; i < rule->n_check; i++)
		if (check_by_name(rule->check[i]) == NULL)
			return fail(loaded, "%s: there is no check called %s", message->full_name, rule->check[i]);
	return true;
}

static struct contract_message *build_message(struct loaded *loaded, const ProtobufCMessageDescriptor *wire, int depth)
{
	for (size_t i = 0; i < loaded->message_count; i++)
		if (loaded->messages[i]->wire == wire)
			return loaded->messages[i];

	struct descriptors_place place;
	const Google__Protobuf__DescriptorProto *source = descriptors_message(loaded->set, wire->name, &place);
	struct contract_message *message = arena_alloc(loaded->arena, sizeof *message);
	if (source == NULL || message == NULL || loaded->message_count == MESSAGES_MAX || depth > CONTRACT_NESTING_MAX) {
		(void)fail(loaded, "message %s: not in the descriptor set, nested over %d deep, or over %d messages", wire->name,
		           CONTRACT_NESTING_MAX, MESSAGES_MAX);
		return NULL;
	}
	message->full_name = wire->name;
	message->wire = wire;
	message->comment = descriptors_comment_of(loaded->arena, &place);
	if (message->comment == NULL) {
		(void)out_of_memory(loaded);
		return NULL;
	}
	if (!read_message_rule(loaded, message, source) || !build_fields(loaded, message, source, &place, depth))
		return NULL;
	loaded->messages[loaded->message_count++] = message;
	return message;
}

/* the whole */

// Kind and Report.body must name the same kinds with the same numbers.
static bool build_kinds(struct loaded *loaded)
{
	struct contract *contract = &loaded->contract;
	const struct contract_message *report = contract->report;

	contract->kind_enum = build_enum(loaded, "baocao.Kind");
	contract->period_type_enum = build_enum(loaded, "baocao.PeriodType");
	contract->kinds = arena_alloc(loaded->arena, report->field_count * sizeof *contract->kinds);
	if (contract->kind_enum == NULL || contract->period_type_enum == NULL || contract->kinds == NULL)
		return out_of_memory(loaded);
	for (size_t i = 0; i < report->field_count; i++) {
		const struct contract_field *member = &report->fields[i];
		if (!member->in_body_oneof)
			continue;
		const struct contract_value *value = contract_value_by_label(contract->kind_enum, member->name);
		if (value == NULL || (uint32_t)value->number != member->wire->id)
			return fail(loaded, "Report.%s = %u: Kind has no value of that name and number", member->name,
			            member->wire->id);
		struct contract_kind *kind = &contract->kinds[contract->kind_count++];
		*kind = (struct contract_kind){
			.name = member->name, .number = value->number, .member = member, .body = member->message};
		if (kind->body->names_kind != NULL) {
			kind->names_kind = contract_field_by_name(kind->body, kind->body->names_kind);
			if (kind->names_kind == NULL || kind->names_kind->enumeration != contract->kind_enum)
				return fail(loaded, "%s: names_kind must name a field of the enum Kind", kind->body->full_name);
		}
	}
	if (contract->kind_count != contract->kind_enum->value_count)
		return fail(loaded, "Kind has %zu values, Report.body has %zu members", contract->kind_enum->value_count,
		            contract->kind_count);
	return true;
}

static bool load(struct loaded *loaded)
{
	size_t size;
	const uint8_t *bytes = contract_descriptor_set(&size);

	loaded->arena = arena_create(CONTRACT_ARENA_CAP);
	if (loaded->arena == NULL)
		return out_of_memory(loaded);
	loaded->set = google__protobuf__file_descriptor_set__unpack(arena_allocator(loaded->arena), size, bytes);
	if (loaded->set == NULL)
		return fail(loaded, "contract: the embedded descriptor set cannot be read");
	loaded->contract.report = build_message(loaded, &baocao__report__descriptor, 1);
	if (loaded->contract.report == NULL || !build_kinds(loaded))
		return false;
	loaded->contract.enums = loaded->enums;
	loaded->contract.enum_count = loaded->enum_count;
	return true;
}

struct contract *contract_load(char **ret_error)
{
	struct loaded *loaded = calloc(1, sizeof *loaded);
	if (loaded == NULL) {
		*ret_error = strdup("contract: out of memory");
		return NULL;
	}
	struct contract *contract = &loaded->contract;
	if (!load(loaded)) {
		*ret_error = loaded->error;
		contract_destroy(&contract);
	}
	return contract;
}

void contract_destroy(struct contract **contract)
{
	if (*contract == NULL)
		return;
	struct loaded *loaded = (struct loaded *)*contract;
	for (size_t i = 0; i < loaded->pattern_count; i++)
		regfree(loaded->patterns[i]);
	arena_destroy(&loaded->arena);
	free(loaded);
	*contract = NULL;
}

/* look-ups */

const struct contract_kind *contract_kind_by_number(const struct contract *contract, int32_t number)
{
	for (size_t i = 0; i < contract->kind_count; i++)
		if (contract->kinds[i].number == number)
			return &contract->kinds[i];
	return NULL;
}

const struct contract_kind *contract_kind_by_name(const struct contract *contract, const char *name)
{
	for (size_t i = 0; i < contract->kind_count; i++)
		if (strcmp(contract->kinds[i].name, name) == 0)
			return &contract->kinds[i];
	return NULL;
}

const struct contract_field *contract_field_by_name(const struct contract_message *message, const char *name)
{
	for (size_t i = 0; i < message->field_count; i++)
		if (strcmp(message->fields[i].name, name) == 0)
			return &message->fields[i];
	return NULL;
}

const struct contract_value *contract_value_by_number(const struct contract_enum *enumeration, int32_t number)
{
	for (size_t i = 0; i < enumeration->value_count; i++)
		if (enumeration->values[i].number == number)
			return &enumeration->values[i];
	return NULL;
}

const struct contract_value *contract_value_by_label(const struct contract_enum *enumeration, const char *label)
{
	for (size_t i = 0; i < enumeration->value_count; i++)
		if (strcmp(enumeration->values[i].label, label) == 0)
			return &enumeration->values[i];
	return NULL;
}
