// The contract as tables: message = table, scalar = column, repeated message = line table, enum = PostgreSQL enum of the
// same labels. The writer, the start-up check of the live database and the DDL all walk this and nothing else.
//
// Built once from a contract, which must outlive it; read-only and shared by all threads afterwards.
#ifndef BAOCAO_LAYOUT_H
#define BAOCAO_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "contract.h"

// Where the value of a column comes from.
enum layout_source {
	LAYOUT_FIELD,          // a field of the table's message
	LAYOUT_REPORT_NO,      // bigint
	LAYOUT_TOP_UNIT_ID,    // integer
	LAYOUT_LINE_NO,        // integer, from 1
	LAYOUT_UNIT_ID,        // integer
	LAYOUT_KIND,           // the kind of the natural key
	LAYOUT_BODY,           // the kind whose tables hold the body
	LAYOUT_RECEIVED_AT,    // timestamptz
	LAYOUT_COLLECTOR_ID,   // integer
	LAYOUT_CONTENT_DIGEST, // bytea
	LAYOUT_RAW             // bytea
};

struct layout_column {
	const char *name;
	const char *sql_type; // bigint, integer, boolean, text, date, timestamptz, bytea, or baocao.<enum>
	enum layout_source source;
	const struct contract_field *field; // when source is LAYOUT_FIELD, else NULL
	bool not_null;
	const char *vi, *en, *comment, *measure; // never NULL; measure is "" when the column is no count
};

struct layout_table {
	const char *name; // without the schema
	size_t column_count;
	const struct layout_column *columns;
	const struct contract_kind *kind;       // NULL for report and report_raw
	const struct contract_field *lines;     // the repeated field of a line table, else NULL
	const struct contract_message *message; // whose fields the columns are; NULL for report_raw
};

enum { LAYOUT_REPORT, LAYOUT_REPORT_RAW }; // the first two tables

// Every kind follows in the contract's order: its body table if its message has scalars, then one table for each
// repeated field.
struct layout {
	size_t table_count;
	const struct layout_table *tables;
};

// NULL when memory is out. The layout is the caller's.
struct layout *layout_create(const struct contract *contract);

// NULL-safe; clears the caller's pointer.
void layout_destroy(struct layout **layout);

// Index of the body table (lines NULL) or of a line table of a kind; -1 when there is none.
int layout_find(const struct layout *layout, const struct contract_kind *kind, const struct contract_field *lines);

#endif
