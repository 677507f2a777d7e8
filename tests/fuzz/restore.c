#include "restore.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "target.h"

struct reader {
	const uint8_t *at, *end;
};

struct cell {
	const uint8_t *bytes; // NULL: SQL's NULL
	size_t size;
};

struct restoring {
	const struct item *item;
	struct arena *arena;
	ProtobufCMessage *report, *body;
};

/* COPY's binary format */

static const uint8_t *take(struct reader *reader, size_t size)
{
	const uint8_t *taken = reader->at;
	target_require(size <= (size_t)(reader->end - reader->at), "the rows do not end early");
	reader->at += size;
	return taken;
}

static uint16_t take_16(struct reader *reader)
{
	uint16_t big;
	memcpy(&big, take(reader, sizeof big), sizeof big);
	return be16toh(big);
}

static struct cell take_cell(struct reader *reader)
{
	uint32_t big;
	memcpy(&big, take(reader, sizeof big), sizeof big);
	uint32_t size = be32toh(big);
	return size == UINT32_MAX ? (struct cell){0} : (struct cell){.bytes = take(reader, size), .size = size};
}

static uint64_t number_of(const struct cell *cell, size_t size)
{
	uint64_t number = 0;
	target_require(cell->bytes != NULL && cell->size == size, "a number has the size of its column");
	if (cell->bytes == NULL)
		abort(); // what every analyser knows to end the process
	for (size_t i = 0; i < size; i++)
		number = number << 8 | cell->bytes[i];
	return number;
}

static bool is_text(const struct cell *cell, const char *text)
{
	return cell->bytes != NULL && cell->size == strlen(text) && memcmp(cell->bytes, text, cell->size) == 0;
}

/* fields */

static void *required(void *memory)
{
	if (memory == NULL)
		abort();
	return memory;
}

// An instant may be written in many ways: it is compared, and the text that was sent is taken.
static const char *instant_text(const struct contract_field *field, const struct cell *cell, const ProtobufCMessage *sent)
{
	date_instant instant;
	target_require(date_parse_instant(field_text(sent, field), &instant) && number_of(cell, 8) == (uint64_t)instant,
				   "an instant is stored as it was sent");
	return field_text(sent, field);
}

static const char *text_of(struct restoring *restoring, const struct contract_field *field, const struct cell *cell,
						   const ProtobufCMessage *sent)
{
	if (field->format == CONTRACT_TIMESTAMP)
		return instant_text(field, cell, sent);
	if (field->format == CONTRACT_FREE_TEXT)
		return required(arena_strndup(restoring->arena, (const char *)cell->bytes, cell->size));
	char *text = required(arena_alloc(restoring->arena, DATE_TEXT_SIZE));
	date_format((date_day)number_of(cell, 4), text);
	return text;
}

static int32_t enum_number(const struct contract_field *field, const struct cell *cell)
{
	for (size_t i = 0; i < field->enumeration->value_count; i++)
		if (is_text(cell, field->enumeration->values[i].label))
			return field->enumeration->values[i].number;
	target_require(false, "an enum's column has one of its labels");
	return 0;
}

static void set_field(struct restoring *restoring, const struct contract_field *field, const struct cell *cell,
					  const ProtobufCMessage *sent, ProtobufCMessage *message)
{
	void *slot = field_slot(message, field);

	switch (field->wire->type) {
	case PROTOBUF_C_TYPE_STRING:
		*(const char **)slot = text_of(restoring, field, cell, sent);
		return; // a text is there by its pointer
	case PROTOBUF_C_TYPE_ENUM:
		*(int32_t *)slot = enum_number(field, cell);
		break;
	case PROTOBUF_C_TYPE_UINT64:
		*(uint64_t *)slot = number_of(cell, 8);
		break;
	case PROTOBUF_C_TYPE_UINT32:
		*(uint32_t *)slot = (uint32_t)number_of(cell, 4);
		break;
	default:
		*(protobuf_c_boolean *)slot = (protobuf_c_boolean)number_of(cell, 1);
	}
	*(protobuf_c_boolean *)field_quantifier_slot(message, field) = 1;
}

/* rows */

static void check_column(const struct restoring *restoring, const struct layout_column *column, const struct cell *cell,
						 size_t line_no)
{
	const struct item *item = restoring->item;
	bool good = true;

	switch (column->source) {
	case LAYOUT_REPORT_NO:
		good = number_of(cell, 8) == (uint64_t)item->report_no;
		break;
	case LAYOUT_TOP_UNIT_ID:
		good = number_of(cell, 4) == (uint32_t)item->key.top_unit_id;
		break;
	case LAYOUT_LINE_NO:
		good = number_of(cell, 4) == line_no;
		break;
	case LAYOUT_UNIT_ID:
		good = number_of(cell, 4) == (uint32_t)item->key.unit_id;
		break;
	case LAYOUT_BODY:
		good = is_text(cell, item->body->name);
		break;
	case LAYOUT_CONTENT_DIGEST:
		good = cell->bytes != NULL && cell->size == DIGEST_SIZE && memcmp(cell->bytes, item->digest, DIGEST_SIZE) == 0;
		break;
	case LAYOUT_RAW:
		good = cell->bytes != NULL && cell->size == item->raw.size && memcmp(cell->bytes, item->raw.bytes, cell->size) == 0;
		break;
	default:
		good = cell->bytes != NULL;
	}
	target_require(good, column->name);
}

static void read_row(struct restoring *restoring, const struct layout_table *table, struct reader *reader, size_t line_no,
					 const ProtobufCMessage *sent, ProtobufCMessage *message)
{
	for (size_t i = 0; i < table->column_count; i++) {
		const struct layout_column *column = &table->columns[i];
		struct cell cell = take_cell(reader);
		target_require(cell.bytes != NULL || !column->not_null, "a column that must be given is given");
		if (column->source != LAYOUT_FIELD)
			check_column(restoring, column, &cell, line_no);
		else if (cell.bytes != NULL)
			set_field(restoring, column->field, &cell, sent, message);
	}
}

static ProtobufCMessage *new_message(struct restoring *restoring, const struct contract_message *about)
{
	ProtobufCMessage *message = required(arena_alloc(restoring->arena, about->wire->sizeof_message));
	protobuf_c_message_init(about->wire, message);
	return message;
}

static void read_lines(struct restoring *restoring, const struct layout_table *table, struct reader *reader,
					   const ProtobufCMessage *sent)
{
	size_t count = field_line_count(sent, table->lines);
	ProtobufCMessage **lines = required(arena_alloc(restoring->arena, (count + 1) * sizeof *lines));

	for (size_t i = 0; i < count; i++) {
		target_require(take_16(reader) == table->column_count, "a row has the columns of its table");
		lines[i] = new_message(restoring, table->message);
		read_row(restoring, table, reader, i + 1, field_line(sent, table->lines, i), lines[i]);
	}
	*(ProtobufCMessage ***)field_slot(restoring->body, table->lines) = lines;
	*(size_t *)field_quantifier_slot(restoring->body, table->lines) = count;
}

static void read_table(struct restoring *restoring, const struct layout_table *table, const struct copy *copy)
{
	static const char signature[] = "PGCOPY\n\377\r\n";
	const struct item *item = restoring->item;
	struct reader reader = {.at = copy->bytes, .end = copy->bytes + copy->used};

	target_require(memcmp(take(&reader, 19), signature, sizeof signature) == 0, "the header is COPY's");
	const ProtobufCMessage *body = field_message(item->report, item->body->member);
	if (table->lines != NULL && table->kind == item->body) {
		read_lines(restoring, table, &reader, body);
	} else if (table->kind == NULL || table->kind == item->body) {
		target_require(take_16(&reader) == table->column_count, "a row has the columns of its table");
		read_row(restoring, table, &reader, 0, table->kind == NULL ? item->report : body,
				 table->kind == NULL ? restoring->report : restoring->body);
	}
	target_require(take_16(&reader) == 0xFFFF && reader.at == reader.end, "nothing stands behind the last row");
}

ProtobufCMessage *restore_report(struct rows *rows, const struct item *item, struct arena *arena)
{
	struct restoring restoring = {.item = item, .arena = arena};

	restoring.report = new_message(&restoring, rows->contract->report);
	restoring.body = new_message(&restoring, item->body->body);
	for (size_t i = 0; i < rows->layout->table_count; i++) {
		rows_begin(rows, i);
		rows_add(rows, item);
		target_require(copy_end(&rows->copy), "there is memory for rows");
		read_table(&restoring, &rows->layout->tables[i], &rows->copy);
	}
	*(ProtobufCMessage **)field_slot(restoring.report, item->body->member) = restoring.body;
	*(uint32_t *)field_quantifier_slot(restoring.report, item->body->member) = item->body->member->wire->id;
	return restoring.report;
}
