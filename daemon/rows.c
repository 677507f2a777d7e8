#include "rows.h"

#include <stdlib.h>
#include <string.h>

#include "field.h"

// What the columns of one row are taken from.
struct origin {
	const struct rows *rows;
	const struct item *item;
	const ProtobufCMessage *message; // report, body or line
	size_t line_no;                  // from 1; 0 when the row is no line
};

void rows_init(struct rows *rows, const struct contract *contract, const struct layout *layout)
{
	*rows = (struct rows){.contract = contract, .layout = layout};
}

void rows_clear(struct rows *rows)
{
	copy_clear(&rows->copy);
}

void rows_begin(struct rows *rows, size_t table)
{
	rows->table = table;
	copy_begin(&rows->copy);
}

static void add_label(struct copy *copy, const struct contract_enum *enumeration, int32_t number)
{
	const struct contract_value *value = contract_value_by_number(enumeration, number);
	if (value == NULL)
		copy_null(copy); // cannot be: the judge has refused it
	else
		copy_bytes(copy, value->label, strlen(value->label));
}

// The judge has made sure that dates and times can be read.
static void add_text(struct copy *copy, const struct contract_field *field, const char *text)
{
	date_day day = 0;
	date_instant instant = 0;

	switch (field->format) {
	case CONTRACT_DATE:
		(void)date_parse(text, &day);
		copy_int32(copy, day);
		break;
	case CONTRACT_TIMESTAMP:
		(void)date_parse_instant(text, &instant);
		copy_int64(copy, instant);
		break;
	default:
		copy_bytes(copy, text, strlen(text));
	}
}

static void add_field(struct copy *copy, const struct contract_field *field, const ProtobufCMessage *message)
{
	if (!field_is_present(message, field)) {
		copy_null(copy);
		return;
	}
	switch (field->wire->type) {
	case PROTOBUF_C_TYPE_STRING:
		add_text(copy, field, field_text(message, field));
		break;
	case PROTOBUF_C_TYPE_ENUM:
		add_label(copy, field->enumeration, field_enum(message, field));
		break;
	case PROTOBUF_C_TYPE_UINT64:
		copy_int64(copy, (int64_t)field_number(message, field));
		break;
	case PROTOBUF_C_TYPE_UINT32:
		copy_int32(copy, (int32_t)field_number(message, field));
		break;
	default:
		copy_bool(copy, field_number(message, field) != 0);
	}
}

static void add_column(struct copy *copy, const struct layout_column *column, const struct origin *origin)
{
	const struct item *item = origin->item;

	switch (column->source) {
	case LAYOUT_FIELD:
		add_field(copy, column->field, origin->message);
		break;
	case LAYOUT_REPORT_NO:
		copy_int64(copy, item->report_no);
		break;
	case LAYOUT_TOP_UNIT_ID:
		copy_int32(copy, item->key.top_unit_id);
		break;
	case LAYOUT_LINE_NO:
		copy_int32(copy, (int32_t)origin->line_no);
		break;
	case LAYOUT_UNIT_ID:
		copy_int32(copy, item->key.unit_id);
		break;
	case LAYOUT_KIND:
		add_label(copy, origin->rows->contract->kind_enum, item->key.kind);
		break;
	case LAYOUT_BODY:
		add_label(copy, origin->rows->contract->kind_enum, item->body->number);
		break;
	case LAYOUT_RECEIVED_AT:
		copy_int64(copy, item->submission->received_at);
		break;
	case LAYOUT_COLLECTOR_ID:
		copy_int32(copy, item->submission->collector_id);
		break;
	case LAYOUT_CONTENT_DIGEST:
		copy_bytes(copy, item->digest, sizeof item->digest);
		break;
	case LAYOUT_RAW:
		copy_bytes(copy, item->raw.bytes, item->raw.size);
		break;
	}
}

static void add_row(struct rows *rows, const struct origin *origin)
{
	const struct layout_table *layout = &rows->layout->tables[rows->table];

	copy_row(&rows->copy, (int)layout->column_count);
	for (size_t i = 0; i < layout->column_count; i++)
		add_column(&rows->copy, &layout->columns[i], origin);
}

static void add_lines(struct rows *rows, struct origin origin)
{
	const struct contract_field *lines = rows->layout->tables[rows->table].lines;
	const ProtobufCMessage *body = origin.message;
	size_t count = field_line_count(body, lines);

	for (size_t i = 0; i < count; i++) {
		origin.message = field_line(body, lines, i);
		origin.line_no = i + 1;
		add_row(rows, &origin);
	}
}

void rows_add(struct rows *rows, const struct item *item)
{
	const struct layout_table *table = &rows->layout->tables[rows->table];
	struct origin origin = {.rows = rows, .item = item, .message = item->report};

	if (table->kind != NULL && table->kind != item->body)
		return;
	if (table->kind != NULL)
		origin.message = field_message(item->report, item->body->member);
	if (table->lines == NULL)
		add_row(rows, &origin);
	else
		add_lines(rows, origin);
}
