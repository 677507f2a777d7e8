#include "describe.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "contract.h"
#include "words.h"

static void describe_values(const struct contract_enum *enumeration, int indent)
{
	for (size_t i = 0; i < enumeration->value_count; i++)
		(void)printf("%*s%-28s %s / %s\n", indent, "", enumeration->values[i].label, enumeration->values[i].vi,
		             enumeration->values[i].en);
}

static void describe_rules(const struct contract_field *field)
{
	if (field->required)
		(void)fputs(_(", required"), stdout);
	if (field->has_min)
		(void)printf(_(", at least %" PRIu64), field->min);
	if (field->has_max)
		(void)printf(_(", at most %" PRIu64), field->max);
	if (field->wire->type == PROTOBUF_C_TYPE_STRING)
		(void)printf(_(", at most %" PRIu32 " characters"), field->max_len);
	if (field->wire->label == PROTOBUF_C_LABEL_REPEATED)
		(void)printf(_(", %" PRIu32 " to %" PRIu32 " lines"), field->min_items, field->max_items);
	if (field->pattern != NULL)
		(void)printf(_(", of the form %s"), field->pattern);
	if (field->format == CONTRACT_DATE)
		(void)fputs(_(", a date like 2022-08-19"), stdout);
	if (field->format == CONTRACT_TIMESTAMP)
		(void)fputs(_(", a time like 2022-08-19T08:00:00+07:00"), stdout);
	if (field->not_above != NULL)
		(void)printf(_(", not above %s"), field->not_above->name);
	for (size_t i = 0; i < field->unique_by_count; i++)
		(void)printf("%s%s", i == 0 ? _(", one line for each ") : _(" and "), field->unique_by[i]->name);
	if (field->measure[0] != '\0')
		(void)printf(" [%s]", field->measure);
}

static void describe_message(const struct contract_message *message, int indent)
{
	for (size_t i = 0; i < message->field_count; i++) {
		const struct contract_field *field = &message->fields[i];
		if (field->in_body_oneof)
			continue;
		(void)printf("%*s%s: %s / %s", indent, "", field->name, field->vi, field->en);
		describe_rules(field);
		(void)printf("\n%*s%s\n", indent + 4, "", field->comment);
		if (field->enumeration != NULL)
			describe_values(field->enumeration, indent + 4);
		if (field->message != NULL)
			describe_message(field->message, indent + 4);
	}
}

static int describe_kind(const struct contract *contract, const char *name)
{
	const struct contract_kind *kind = contract_kind_by_name(contract, name);
	if (kind == NULL) {
		(void)fprintf(stderr, _("baocao: there is no kind %s; see baocao describe\n"), name);
		return 2;
	}
	(void)printf("%s: %s / %s\n%s\n\n%s\n", kind->name, kind->body->vi, kind->body->en, kind->body->comment, _("every report:"));
	describe_message(contract->report, 2);
	(void)printf("\n%s:\n", kind->name);
	describe_message(kind->body, 2);
	return 0;
}

int describe(const struct options *options)
{
	char *error = NULL;
	struct contract *contract = contract_load(&error);
	int status = 0;

	if (contract == NULL) {
		(void)fprintf(stderr, "baocao: %s\n", error == NULL ? _("out of memory") : error);
		status = 2;
	} else if (options->operand_count == 1) {
		status = describe_kind(contract, options->operands[0]);
	} else {
		for (size_t i = 0; i < contract->kind_count; i++)
			(void)printf("%-18s %s / %s\n", contract->kinds[i].name, contract->kinds[i].body->vi,
			             contract->kinds[i].body->en);
	}
	free(error);
	contract_destroy(&contract);
	return status;
}
