#include "layout.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"

enum { LAYOUT_ARENA_CAP = 8 << 20 }; // far above a contract of a hundred forms

// Columns that no message describes, in their order; role: the tables that they stand in.
enum { IN_REPORT_HEAD = 1, IN_REPORT_TAIL = 2, IN_RAW = 4, IN_BODY = 8, IN_LINE = 16 };

static const struct {
	unsigned role;
	struct layout_column column;
} fixed[] = {
	{IN_REPORT_HEAD,
	 {"report_no", "bigint", LAYOUT_REPORT_NO, NULL, true, "số báo cáo", "report number",
	  "The number of the stored report; names it in receipts.", ""}},
	{IN_REPORT_HEAD | IN_RAW | IN_BODY | IN_LINE,
	 {"top_unit_id", "integer", LAYOUT_TOP_UNIT_ID, NULL, true, "tỉnh hoặc cục", "top unit",
	  "The province or department that the reporting unit hangs under; leads every key so that tables can be distributed.",
	  ""}},
	{IN_RAW | IN_BODY | IN_LINE,
	 {"report_no", "bigint", LAYOUT_REPORT_NO, NULL, true, "số báo cáo", "report number", "The report that this belongs to.",
	  ""}},
	{IN_LINE,
	 {"line_no", "integer", LAYOUT_LINE_NO, NULL, true, "số dòng", "line number", "Place of the line in the report, from 1.",
	  ""}},
	{IN_REPORT_HEAD,
	 {"unit_id", "integer", LAYOUT_UNIT_ID, NULL, true, "đơn vị", "unit",
	  "The unit that the code meant on the last day of the period.", ""}},
	{IN_REPORT_HEAD,
	 {"kind", "baocao.kind", LAYOUT_KIND, NULL, true, "loại báo cáo", "kind",
	  "The kind of the natural key; a withdrawal carries the kind that it withdraws.", ""}},
	{IN_REPORT_HEAD,
	 {"body", "baocao.kind", LAYOUT_BODY, NULL, true, "nội dung", "body",
	  "The kind whose tables hold the body: the kind itself, or withdrawal.", ""}},
	{IN_REPORT_TAIL,
	 {"received_at", "timestamptz", LAYOUT_RECEIVED_AT, NULL, true, "thời điểm nhận", "received at",
	  "When the server received the report.", ""}},
	{IN_REPORT_TAIL,
	 {"collector_id", "integer", LAYOUT_COLLECTOR_ID, NULL, true, "bên gửi", "collector",
	  "The registered sender, known by its key.", ""}},
	{IN_REPORT_TAIL,
	 {"content_digest", "bytea", LAYOUT_CONTENT_DIGEST, NULL, true, "dấu vân nội dung", "content digest",
	  "BLAKE2b-256 over the canonical form of natural key and body; tells a repeat from a conflict.", ""}},
	{IN_RAW,
	 {"raw", "bytea", LAYOUT_RAW, NULL, true, "bản gốc", "raw bytes",
	  "The report as received, unknown fields included.", ""}},
};

// The layout with what only its building and its end need.
struct built {
	struct layout layout; // first: the address is the same
	struct arena *arena;
};

static bool is_scalar(const struct contract_field *field)
{
	return field->wire->type != PROTOBUF_C_TYPE_MESSAGE;
}

static const char *sql_type(struct arena *arena, const struct contract_field *field)
{
	switch (field->wire->type) {
	case PROTOBUF_C_TYPE_UINT64:
		return "bigint"; // contract_load() holds every maximum below 2^63
	case PROTOBUF_C_TYPE_UINT32:
		return "integer";
	case PROTOBUF_C_TYPE_BOOL:
		return "boolean";
	case PROTOBUF_C_TYPE_ENUM:
		return arena_printf(arena, "baocao.%s", field->enumeration->name);
	default:
		return field->format == CONTRACT_DATE ? "date" : field->format == CONTRACT_TIMESTAMP ? "timestamptz" : "text";
	}
}

static size_t add_fixed(struct layout_column *columns, unsigned role)
{
	size_t count = 0;
	for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
		if (fixed[i].role & role)
			columns[count++] = fixed[i].column;
	return count;
}

// The number of columns added, or SIZE_MAX when memory is out.
static size_t add_fields(struct arena *arena, struct layout_column *columns, const struct contract_message *message)
{
	size_t count = 0;
	for (size_t i = 0; i < message->field_count; i++) {
		const struct contract_field *field = &message->fields[i];
		if (!is_scalar(field))
			continue;
		const char *type = sql_type(arena, field);
		if (type == NULL)
			return SIZE_MAX;
		columns[count++] = (struct layout_column){
			.name = field->name,
			.sql_type = type,
			.source = LAYOUT_FIELD,
			.field = field,
			.not_null = field->required || field->wire->default_value != NULL, // a default is never missing
			.vi = field->vi,
			.en = field->en,
			.comment = field->comment == NULL ? "" : field->comment,
			.measure = field->measure,
		};
	}
	return count;
}

// Fixed columns before, the message's scalars (none when message is NULL), fixed columns after.
static bool fill(struct built *built, struct layout_table *table, unsigned head, unsigned tail)
{
	const size_t fixed_count = sizeof fixed / sizeof fixed[0];
	size_t most = 2 * fixed_count + (table->message == NULL ? 0 : table->message->field_count);
	struct layout_column *columns = arena_alloc(built->arena, most * sizeof *columns);
	if (columns == NULL || table->name == NULL)
		return false;

	size_t count = add_fixed(columns, head);
	if (table->message != NULL) {
		size_t added = add_fields(built->arena, columns + count, table->message);
		if (added == SIZE_MAX)
			return false;
		count += added;
	}
	table->column_count = count + add_fixed(columns + count, tail);
	table->columns = columns;
	return true;
}

static bool has_scalars(const struct contract_message *message)
{
	for (size_t i = 0; i < message->field_count; i++)
		if (is_scalar(&message->fields[i]))
			return true;
	return false;
}

// The tables of one kind; returns how many, or SIZE_MAX when memory is out.
static size_t add_kind(struct built *built, struct layout_table *tables, const struct contract_kind *kind)
{
	size_t count = 0;
	const struct contract_message *body = kind->body;

	if (has_scalars(body)) {
		tables[count] = (struct layout_table){.name = kind->name, .kind = kind, .message = body};
		if (!fill(built, &tables[count++], IN_BODY, 0))
			return SIZE_MAX;
	}
	for (size_t i = 0; i < body->field_count; i++) {
		const struct contract_field *field = &body->fields[i];
		if (is_scalar(field))
			continue;
		tables[count] = (struct layout_table){
			.name = arena_printf(built->arena, "%s_%s", kind->name, field->name),
			.kind = kind,
			.lines = field,
			.message = field->message,
		};
		if (!fill(built, &tables[count++], IN_LINE, 0))
			return SIZE_MAX;
	}
	return count;
}

static bool build(struct built *built, const struct contract *contract)
{
	size_t most = 2;
	for (size_t i = 0; i < contract->kind_count; i++)
		most += 1 + contract->kinds[i].body->field_count;
	struct layout_table *tables = arena_alloc(built->arena, most * sizeof *tables);
	if (tables == NULL)
		return false;

	tables[LAYOUT_REPORT] = (struct layout_table){.name = "report", .message = contract->report};
	tables[LAYOUT_REPORT_RAW] = (struct layout_table){.name = "report_raw"};
	if (!fill(built, &tables[LAYOUT_REPORT], IN_REPORT_HEAD, IN_REPORT_TAIL) ||
	    !fill(built, &tables[LAYOUT_REPORT_RAW], IN_RAW, 0))
		return false;
	size_t count = 2;
	for (size_t i = 0; i < contract->kind_count; i++) {
		size_t added = add_kind(built, tables + count, &contract->kinds[i]);
		if (added == SIZE_MAX)
			return false;
		count += added;
	}
	built->layout = (struct layout){.table_count = count, .tables = tables};
	return true;
}

struct layout *layout_create(const struct contract *contract)
{
	struct built *built = calloc(1, sizeof *built);
	if (built == NULL)
		return NULL;
	struct layout *layout = &built->layout;
	built->arena = arena_create(LAYOUT_ARENA_CAP);
	if (built->arena == NULL || !build(built, contract))
		layout_destroy(&layout);
	return layout;
}

void layout_destroy(struct layout **layout)
{
	if (*layout == NULL)
		return;
	struct built *built = (struct built *)*layout;
	if (built->arena != NULL)
		arena_destroy(&built->arena);
	free(built);
	*layout = NULL;
}

int layout_find(const struct layout *layout, const struct contract_kind *kind, const struct contract_field *lines)
{
	for (size_t i = 0; i < layout->table_count; i++)
		if (layout->tables[i].kind == kind && layout->tables[i].lines == lines && kind != NULL)
			return (int)i;
	return -1;
}
