#include "layout_sql.h"

#include <string.h>

/* pieces */

// Names come from the contract and may be words of SQL, so they are always quoted; protobuf allows no quotes in them.
static void print_literal(FILE *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			(void)fputc('\'', out);
		(void)fputc(*text, out);
	}
}

// One comment: 'vi (en). comment Measure: measure.'
static void print_labels(FILE *out, const char *vi, const char *en, const char *comment, const char *measure)
{
	print_literal(out, vi);
	(void)fputs(" (", out);
	print_literal(out, en);
	(void)fputs(")", out);
	if (comment != NULL && *comment != '\0') {
		(void)fputs(". ", out);
		print_literal(out, comment);
	}
	if (*measure != '\0') {
		(void)fputs(" Measure: ", out);
		print_literal(out, measure);
		(void)fputs(".", out);
	}
}

// What people call a table and what it holds.
static void table_texts(const struct layout *layout, const struct layout_table *table, const char **vi, const char **en,
                        const char **comment)
{
	if (table == &layout->tables[LAYOUT_REPORT_RAW]) {
		*vi = "bản gốc của báo cáo";
		*en = "raw report";
		*comment = "Every stored report as it was received, byte for byte.";
		return;
	}
	*vi = table->lines != NULL ? table->lines->vi : table->message->vi;
	*en = table->lines != NULL ? table->lines->en : table->message->en;
	*comment = table->lines != NULL ? table->lines->comment : table->message->comment;
}

/* enums */

static void print_enum_comment(FILE *out, const struct contract_enum *enumeration)
{
	(void)fprintf(out, "COMMENT ON TYPE baocao.\"%s\" IS '", enumeration->name);
	print_labels(out, enumeration->vi, enumeration->en, enumeration->comment, "");
	(void)fputs(" Values:", out);
	for (size_t i = 0; i < enumeration->value_count; i++) {
		(void)fprintf(out, "%s %s = ", i == 0 ? "" : ";", enumeration->values[i].label);
		print_labels(out, enumeration->values[i].vi, enumeration->values[i].en, "", "");
	}
	(void)fputs(".';\n\n", out);
}

static void print_enum(FILE *out, const struct contract_enum *enumeration)
{
	(void)fprintf(out, "CREATE TYPE baocao.\"%s\" AS ENUM (\n", enumeration->name);
	for (size_t i = 0; i < enumeration->value_count; i++)
		(void)fprintf(out, "\t'%s'%s\n", enumeration->values[i].label, i + 1 < enumeration->value_count ? "," : "");
	(void)fputs(");\n", out);
	print_enum_comment(out, enumeration);
}

// Whether the enum is used in that message or in its lines.
static bool message_uses(const struct contract_message *message, const struct contract_enum *enumeration)
{
	for (size_t i = 0; i < message->field_count; i++) {
		const struct contract_field *field = &message->fields[i];
		if (field->enumeration == enumeration)
			return true;
		if (field->message != NULL && !field->in_body_oneof && message_uses(field->message, enumeration))
			return true;
	}
	return false;
}

/* tables */

static void print_columns(FILE *out, const struct layout_table *table)
{
	for (size_t i = 0; i < table->column_count; i++)
		(void)fprintf(out, "\t\"%s\" %s%s,\n", table->columns[i].name, table->columns[i].sql_type,
		              table->columns[i].not_null ? " NOT NULL" : "");
}

static void print_constraints(FILE *out, const struct layout *layout, const struct layout_table *table)
{
	(void)fprintf(out, "\tCONSTRAINT \"%s_pkey\" PRIMARY KEY (top_unit_id, report_no%s)", table->name,
	              table->lines != NULL ? ", line_no" : "");
	if (table == &layout->tables[LAYOUT_REPORT])
		(void)fputs(",\n\tCONSTRAINT report_natural_key UNIQUE (top_unit_id, kind, period_last, period_first, period_type, "
		            "unit_id, revision)",
		            out);
	else
		(void)fprintf(out,
		              ",\n\tCONSTRAINT \"%s_report_fkey\" FOREIGN KEY (top_unit_id, report_no) REFERENCES baocao.report",
		              table->name);
	(void)fputs("\n);\n", out);
}

static void print_table_comments(FILE *out, const struct layout *layout, const struct layout_table *table)
{
	const char *vi, *en, *comment;
	table_texts(layout, table, &vi, &en, &comment);
	(void)fprintf(out, "COMMENT ON TABLE baocao.\"%s\" IS '", table->name);
	print_labels(out, vi, en, comment, "");
	(void)fputs("';\n", out);
	for (size_t i = 0; i < table->column_count; i++) {
		const struct layout_column *column = &table->columns[i];
		(void)fprintf(out, "COMMENT ON COLUMN baocao.\"%s\".\"%s\" IS '", table->name, column->name);
		print_labels(out, column->vi, column->en, column->comment, column->measure);
		(void)fputs("';\n", out);
	}
}

static void print_table(FILE *out, const struct layout *layout, const struct layout_table *table)
{
	(void)fprintf(out, "CREATE TABLE baocao.\"%s\" (\n", table->name);
	print_columns(out, table);
	print_constraints(out, layout, table);
	print_table_comments(out, layout, table);
	(void)fprintf(out, "GRANT INSERT ON baocao.\"%s\" TO baocao_ingest;\n", table->name);
	if (table == &layout->tables[LAYOUT_REPORT]) // the natural keys are looked up before they are written
		(void)fputs("GRANT SELECT ON baocao.report TO baocao_ingest;\n", out);
	if (table != &layout->tables[LAYOUT_REPORT_RAW]) // raw bytes may hold what no rule has seen yet
		(void)fprintf(out, "GRANT SELECT ON baocao.\"%s\" TO baocao_analyst;\n", table->name);
	(void)fputs("\n", out);
}

static void print_head(FILE *out)
{
	(void)fputs("-- Made from the contract by baocao-contract sql; every word of it comes from there.\n"
	            "SET LOCAL ROLE baocao_owner;\n\n",
	            out);
}

void layout_sql_all(FILE *out, const struct contract *contract, const struct layout *layout)
{
	print_head(out);
	for (size_t i = 0; i < contract->enum_count; i++)
		print_enum(out, &contract->enums[i]);
	for (size_t i = 0; i < layout->table_count; i++)
		print_table(out, layout, &layout->tables[i]);
}

/* single kinds */

static bool is_among(const struct contract_kind *kind, const struct contract_kind *const *kinds, size_t kind_count)
{
	for (size_t i = 0; i < kind_count; i++)
		if (kinds[i] == kind)
			return true;
	return false;
}

// Whether the enum is used by the given kinds and by nothing else.
static bool is_new(const struct contract *contract, const struct contract_enum *enumeration,
                   const struct contract_kind *const *kinds, size_t kind_count)
{
	bool used = false;
	if (enumeration == contract->kind_enum || message_uses(contract->report, enumeration))
		return false;
	for (size_t i = 0; i < contract->kind_count; i++) {
		if (!message_uses(contract->kinds[i].body, enumeration))
			continue;
		if (!is_among(&contract->kinds[i], kinds, kind_count))
			return false;
		used = true;
	}
	return used;
}

void layout_sql_kinds(FILE *out, const struct contract *contract, const struct layout *layout,
                      const struct contract_kind *const *kinds, size_t kind_count)
{
	print_head(out);
	(void)fputs("-- A value that is added to an enum can be used only after COMMIT: the rows of baocao.form for these kinds\n"
	            "-- belong in the next migration.\n",
	            out);
	for (size_t i = 0; i < kind_count; i++)
		(void)fprintf(out, "ALTER TYPE baocao.kind ADD VALUE '%s';\n", kinds[i]->name);
	print_enum_comment(out, contract->kind_enum);
	for (size_t i = 0; i < contract->enum_count; i++)
		if (is_new(contract, &contract->enums[i], kinds, kind_count))
			print_enum(out, &contract->enums[i]);
	for (size_t i = 0; i < layout->table_count; i++)
		if (layout->tables[i].kind != NULL && is_among(layout->tables[i].kind, kinds, kind_count))
			print_table(out, layout, &layout->tables[i]);
}

/* dictionary */

static void print_dictionary_table(FILE *out, const struct layout *layout, const struct layout_table *table)
{
	const char *vi, *en, *comment;
	table_texts(layout, table, &vi, &en, &comment);
	(void)fprintf(out, "### %s\n\n%s (%s). %s\n\n", table->name, vi, en, comment == NULL ? "" : comment);
	(void)fputs("| column | type | given | Vietnamese | English | measure | meaning |\n|---|---|---|---|---|---|---|\n",
	            out);
	for (size_t i = 0; i < table->column_count; i++) {
		const struct layout_column *column = &table->columns[i];
		(void)fprintf(out, "| %s | %s | %s | %s | %s | %s | %s |\n", column->name, column->sql_type,
		              column->not_null ? "always" : "may be missing", column->vi, column->en, column->measure,
		              column->comment);
	}
	(void)fputs("\n", out);
}

static void print_dictionary_enum(FILE *out, const struct contract_enum *enumeration)
{
	(void)fprintf(out, "### %s\n\n%s (%s). %s\n\n| value | Vietnamese | English | meaning |\n|---|---|---|---|\n",
	              enumeration->name, enumeration->vi, enumeration->en,
	              enumeration->comment == NULL ? "" : enumeration->comment);
	for (size_t i = 0; i < enumeration->value_count; i++) {
		const struct contract_value *value = &enumeration->values[i];
		(void)fprintf(out, "| %s | %s | %s | %s |\n", value->label, value->vi, value->en,
		              value->comment == NULL ? "" : value->comment);
	}
	(void)fputs("\n", out);
}

void layout_sql_dictionary(FILE *out, const struct contract *contract, const struct layout *layout)
{
	(void)fputs("# Data dictionary\n\nMade from the contract by `baocao-contract dictionary`. Tables and types are in the "
	            "schema `baocao`; a missing\nfigure is NULL and never zero.\n\n## Tables\n\n",
	            out);
	for (size_t i = 0; i < layout->table_count; i++)
		print_dictionary_table(out, layout, &layout->tables[i]);
	(void)fputs("## Types\n\n", out);
	for (size_t i = 0; i < contract->enum_count; i++)
		print_dictionary_enum(out, &contract->enums[i]);
}
