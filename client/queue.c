#include "queue.h"

#include <stdio.h>
#include <stdlib.h>

#include "digest.h"
#include "import.h"
#include "language.h"
#include "report.pb-c.h"
#include "series.h"
#include "show.h"

struct queueing {
	struct outbox *outbox;
	const struct contract *contract;
	struct import import;
	bool unchecked;
	struct queued *queued;
};

static bool out_of_memory(void)
{
	(void)fprintf(stderr, "baocao: %s\n", _("out of memory"));
	return false;
}

bool queue_add(const struct contract *contract, struct outbox *outbox, const ProtobufCMessage *report, const char *path,
               size_t line, int64_t *ret_entry_no)
{
	char series[SERIES_TEXT_SIZE];
	uint8_t digest[DIGEST_SIZE];
	size_t size = protobuf_c_message_get_packed_size(report);
	uint8_t *bytes = malloc(size + 1);

	if (bytes == NULL)
		return out_of_memory();
	(void)protobuf_c_message_pack(report, bytes);
	series_text(contract, report, series);
	digest_report(contract, report, digest);
	bool good = outbox_add(outbox,
	                       &(struct outbox_report){.bytes = bytes,
	                                               .size = size,
	                                               .series = series,
	                                               .revision = ((const Baocao__Report *)report)->revision,
	                                               .digest = digest,
	                                               .path = path,
	                                               .line = line},
	                       ret_entry_no);
	free(bytes);
	return good;
}

static bool add(struct queueing *queueing, const struct imported *origin)
{
	struct queued *queued = queueing->queued;
	bool good = queue_add(queueing->contract, queueing->outbox, origin->report, origin->path, origin->line,
	                      &queued->entries[queued->count]);
	queued->count += good;
	return good;
}

// What could not be read is never sent: it would be another report than the file says.
static bool add_if_right(struct queueing *queueing, const struct imported *origin)
{
	if (origin->readable && origin->problem_count == 0)
		return add(queueing, origin);
	queueing->queued->invalid++;
	return true;
}

static bool queue_imported(struct queueing *queueing)
{
	struct import *import = &queueing->import;

	if (queueing->queued->entries == NULL || !import_judge(import, !queueing->unchecked) || import->out_of_memory)
		return out_of_memory();
	show_problems(import, stdout, stderr);
	if (!outbox_begin(queueing->outbox))
		return false;
	for (size_t i = 0; i < import->count; i++)
		if (!add_if_right(queueing, &import->reports[i]))
			return false; // the outbox takes back what was added when it closes
	return outbox_commit(queueing->outbox);
}

bool queue_files(struct outbox *outbox, char **paths, bool unchecked, struct queued *ret)
{
	struct queueing queueing = {.outbox = outbox, .unchecked = unchecked, .queued = ret};
	char *error = NULL;
	struct contract *contract = contract_load(&error);
	bool good = false;

	*ret = (struct queued){0};
	queueing.contract = contract;
	if (contract == NULL || !import_init(&queueing.import, contract)) {
		(void)fprintf(stderr, "baocao: %s\n", error == NULL ? _("out of memory") : error);
	} else {
		for (; *paths != NULL; paths++)
			import_file(&queueing.import, *paths);
		ret->reports = queueing.import.count;
		ret->entries = calloc(ret->reports + 1, sizeof *ret->entries);
		good = queue_imported(&queueing);
		ret->unreadable = queueing.import.unreadable;
	}
	free(error);
	import_clear(&queueing.import);
	contract_destroy(&contract);
	return good;
}

void queued_clear(struct queued *queued)
{
	free(queued->entries);
	*queued = (struct queued){0};
}
