// Templates as CSV and JSON.
#include <stdlib.h>
#include <string.h>

#include "csv_text.h"
#include "example.h"
#include "language.h"
#include "template.h"

// UTF-8 with a byte order mark, by which Excel knows the encoding. Labels in one row, paths in the next.
bool template_write_csv(const struct contract *contract, const struct contract_kind *kind, FILE *file)
{
	struct table_column columns[TABLE_COLUMNS_MAX];
	size_t count = template_columns(contract, kind, columns);
	char text[CELL_FOLDED_SIZE];

	(void)fputs("\xef\xbb\xbf#", file);
	for (size_t i = 0; i < count; i++)
		csv_text_write(file, ',', false, template_heading(&columns[i], text));
	(void)fputs("\r\n#", file);
	for (size_t i = 0; i < count; i++)
		csv_text_write(file, ',', false, template_path(&columns[i], text));
	(void)fprintf(file, "\r\n%s", template_mark());
	for (size_t i = 0; i < count; i++)
		csv_text_write(file, ',', false, example_text(columns[i].field, text));
	(void)fputs("\r\n", file);
	return true;
}

bool template_write_json(const struct contract *contract, const struct contract_kind *kind, FILE *file)
{
	json_t *object = json_object(), *example = example_object(contract, kind);
	bool good = json_object_set_new(object, "#", json_string(template_mark() + strlen("# "))) == 0 && example != NULL &&
	            json_object_update(object, example) == 0;

	good = good && json_dumpf(object, file, 0) == 0 && fputc('\n', file) != EOF;
	json_decref(object);
	json_decref(example);
	return good;
}
