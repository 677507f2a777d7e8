#include "say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "language.h"
#include "verdict.h"

enum { NAME_SIZE = 100, LABELS_SIZE = 300 };

const struct contract_field *say_field(const struct contract *contract, const char *path)
{
	const struct contract_message *about = contract->report;
	const struct contract_field *field = NULL;

	while (*path != '\0' && about != NULL) {
		char name[NAME_SIZE];
		size_t len = strcspn(path, "[.");
		(void)snprintf(name, sizeof name, "%.*s", (int)len, path);
		field = contract_field_by_name(about, name);
		about = field == NULL ? NULL : field->message;
		path += len;
		path += strcspn(path, ".");
		path += *path == '.';
	}
	return *path == '\0' ? field : NULL;
}

// The label of an enum's value, of the field's own enum or of the first that has it.
static const char *label_of(const struct contract *contract, const struct contract_field *field, const char *name)
{
	const struct contract_value *value =
		field == NULL || field->enumeration == NULL ? NULL : contract_value_by_label(field->enumeration, name);

	for (size_t i = 0; i < contract->enum_count && value == NULL; i++)
		value = contract_value_by_label(&contract->enums[i], name);
	return value == NULL ? name : language_label(value->vi, value->en);
}

static const char *unique_labels(const struct contract_field *field, char labels[static LABELS_SIZE])
{
	size_t used = 0;

	labels[0] = '\0';
	for (size_t i = 0; i < field->unique_by_count && used < LABELS_SIZE; i++)
		used += (size_t)snprintf(labels + used, LABELS_SIZE - used, "%s%s", i > 0 ? ", " : "",
		                         language_label(field->unique_by[i]->vi, field->unique_by[i]->en));
	return labels;
}

const char *say_violation(const struct contract *contract, struct arena *arena, const char *path, const char *rule,
                          const char *value, const char *limit, const char *otherwise)
{
	const struct contract_field *field = say_field(contract, path);
	struct violation_words words = {.field = field, .value = value, .limit = limit};
	char labels[LABELS_SIZE];
	enum rule known;

	if (!rule_by_id(rule, &known))
		return otherwise;
	switch (known) {
	case RULE_NONE_OF:
	case RULE_DECISION_REQUIRED:
		words.value = value == NULL ? NULL : label_of(contract, field, value);
		break;
	case RULE_NO_FORM:
		words.limit = limit == NULL ? NULL : label_of(contract, field, limit);
		break;
	case RULE_NOT_ABOVE:
		words.other = field == NULL ? NULL : field->not_above;
		break;
	case RULE_UNIQUE_BY:
		words.limit = field == NULL ? limit : unique_labels(field, labels);
		break;
	case RULE_PATTERN:
		words.limit = field == NULL || field->example == NULL ? limit : field->example;
		break;
	case RULE_MALFORMED:
		words.value = value == NULL || value[0] == '\0' ? value : _(value);
		break;
	default:
		break;
	}
	bool lacks = (words.field == NULL && path[0] != '\0') || (known == RULE_NOT_ABOVE && words.other == NULL) ||
	             (words.value == NULL && strstr(rule_text(known)->en, "{value}") != NULL) ||
	             (words.limit == NULL && strstr(rule_text(known)->en, "{limit}") != NULL);
	const char *said = lacks ? NULL : rule_say(arena, known, &words, language_is_vietnamese());
	return said == NULL ? otherwise : said;
}
