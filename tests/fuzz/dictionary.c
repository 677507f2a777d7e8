#include "dictionary.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "protocol.pb-c.h"

enum { KEY_MAX = 10 };

static const char *const texts[] = {"01",          "001",
									"00001",       "99",
									"A05",         "2022-08-01",
									"2022-08-20",  "2022-02-29",
									"2999-12-31",  "2022-08-21T08:00:00+07:00",
									"Hoa\xcc\x80", "\xcc\xa3\xcc\x80",
									"\xef\xbb\xbf"};

static const char *const xml[] = {"<row r=\"", "<c r=\"", " t=\"s\"", " t=\"inlineStr\"", " t=\"str\"", " t=\"b\"", " t=\"e\"",
								  "<v>", "</v></c>", "<is><t>", "</t></is></c>", "<f>", "</row>", "<sheetData>", "<sheet name=\"",
								  "<Relationship Id=\"", "Target=\"", "<!DOCTYPE", "<!ENTITY", "&#", "<![CDATA[", "]]>", "<?xml ",
								  "<conditionalFormatting>20050819", "<legacyDrawing r:id=\"", "[baocao] ", "date1904=\"1\"", "PK\x05\x06",
								  "PK\x01\x02", "PK\x03\x04"};

static void write_entry(FILE *file, const void *bytes, size_t size)
{
	if (size == 0)
		return;
	(void)fputc('"', file);
	for (size_t i = 0; i < size; i++)
		(void)fprintf(file, "\\x%02X", ((const uint8_t *)bytes)[i]);
	(void)fputs("\"\n", file);
}

static void write_text(FILE *file, const char *before, const char *text, const char *after)
{
	char whole[300];
	int size = snprintf(whole, sizeof whole, "%s%s%s", before, text, after);
	write_entry(file, whole, (size_t)size < sizeof whole ? (size_t)size : sizeof whole - 1);
}

/* protobuf */

static void write_keys(FILE *file, const ProtobufCMessageDescriptor *type)
{
	for (unsigned i = 0; i < type->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &type->fields[i];
		bool length = field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_BYTES ||
					  field->type == PROTOBUF_C_TYPE_MESSAGE;
		uint32_t key = field->id << 3 | (length ? 2 : 0);
		uint8_t bytes[KEY_MAX];
		size_t used = 0;
		for (; key >= 0x80; key >>= 7)
			bytes[used++] = (uint8_t)(key | 0x80);
		bytes[used++] = (uint8_t)key;
		write_entry(file, bytes, used);
		if (field->type == PROTOBUF_C_TYPE_MESSAGE)
			write_keys(file, field->descriptor);
	}
}

/* names and labels */

static void write_names(FILE *file, const struct contract_message *about, const char *path, bool csv)
{
	for (size_t i = 0; i < about->field_count; i++) {
		const struct contract_field *field = &about->fields[i];
		char inner[200];
		(void)snprintf(inner, sizeof inner, "%s%s%s", path, path[0] == '\0' ? "" : ".", field->name);
		if (csv && field->message == NULL)
			write_text(file, "", inner, ",");
		else if (!csv)
			write_text(file, "\"", field->name, "\":");
		if (field->message != NULL)
			write_names(file, field->message, inner, csv);
	}
}

static void write_labels(FILE *file, const struct contract *contract, const char *quote)
{
	for (size_t i = 0; i < contract->enum_count; i++)
		for (size_t j = 0; j < contract->enums[i].value_count; j++)
			write_text(file, quote, contract->enums[i].values[j].label, quote);
}

/* configuration */

static void write_options(FILE *file)
{
	struct config config;
	char *text = NULL, *saved = NULL;
	size_t size = 0;
	FILE *printed = config_init(&config) ? open_memstream(&text, &size) : NULL;

	if (printed == NULL)
		return;
	config_print(&config, printed);
	(void)fclose(printed);
	for (char *line = strtok_r(text, "\n", &saved); line != NULL; line = strtok_r(NULL, "\n", &saved)) {
		line[strcspn(line, "=")] = '\0';
		if (line[0] != '#')
			write_text(file, line, "= ", "");
	}
	free(text);
	config_clear(&config);
}

void dictionary_write(FILE *file, const struct contract *contract, const char *target)
{
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		write_text(file, "", texts[i], "");
	if (strcmp(target, "submission") == 0)
		write_keys(file, &baocao__submission__descriptor);
	if (strcmp(target, "receipt") == 0)
		write_keys(file, &baocao__receipt__descriptor);
	for (size_t i = 0; i < sizeof xml / sizeof xml[0] && strcmp(target, "xlsx") == 0; i++)
		write_text(file, "", xml[i], "");
	if (strcmp(target, "xlsx") == 0)
		write_labels(file, contract, "");
	if (strcmp(target, "json") == 0 || strcmp(target, "csv") == 0) {
		write_names(file, contract->report, "", target[0] == 'c');
		write_labels(file, contract, target[0] == 'c' ? "" : "\"");
	}
	if (strcmp(target, "config") == 0)
		write_options(file);
}
