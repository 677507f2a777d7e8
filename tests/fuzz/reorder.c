#include "reorder.h"

#include <stdlib.h>
#include <string.h>

#include "target.h"

struct part {
	uint64_t number;
	const uint8_t *start, *end; // with its key
	const uint8_t *payload;     // of a length-delimited field, behind its length
};

struct output {
	uint8_t *at;
};

// abort() is what every analyser knows to end the process.
static void *room_for(struct arena *arena, size_t size)
{
	void *room = arena_alloc(arena, size);

	if (room == NULL)
		abort();
	return room;
}

static uint64_t take_varint(const uint8_t **at)
{
	uint64_t value = 0;
	for (unsigned shift = 0;; shift += 7) {
		uint8_t byte = *(*at)++;
		value |= (uint64_t)(byte & 0x7F) << shift;
		if ((byte & 0x80) == 0)
			return value;
	}
}

static void put_varint(struct output *output, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		*output->at++ = (uint8_t)(value | 0x80);
	*output->at++ = (uint8_t)value;
}

static struct part take_part(const uint8_t **at)
{
	struct part part = {.start = *at};
	uint64_t key = take_varint(at);

	part.number = key >> 3;
	switch (key & 7) {
	case 0:
		(void)take_varint(at);
		break;
	case 1:
		*at += 8;
		break;
	case 2: {
		uint64_t size = take_varint(at);
		part.payload = *at;
		*at += size;
		break;
	}
	default: // 5, as the scan refuses groups
		*at += 4;
	}
	part.end = *at;
	return part;
}

static int compare(const void *a, const void *b)
{
	const struct part *left = a, *right = b;
	if (left->number != right->number)
		return left->number < right->number ? 1 : -1;
	return left->start < right->start ? -1 : 1;
}

static const struct contract_message *message_of(const struct contract_message *about, uint64_t number)
{
	for (size_t i = 0; i < about->field_count; i++)
		if (about->fields[i].wire->id == number)
			return about->fields[i].message;
	return NULL;
}

static void reorder(const struct contract_message *about, const uint8_t *at, const uint8_t *end, struct output *output,
					struct arena *arena)
{
	size_t count = 0;
	struct part *parts = room_for(arena, ((size_t)(end - at) / 2 + 1) * sizeof *parts); // of two bytes at least

	while (at < end)
		parts[count++] = take_part(&at);
	qsort(parts, count, sizeof *parts, compare);
	for (size_t i = 0; i < count; i++) {
		const struct contract_message *inner = message_of(about, parts[i].number);
		size_t size = (size_t)(parts[i].end - parts[i].start);
		if (inner == NULL || parts[i].payload == NULL) {
			memcpy(output->at, parts[i].start, size);
			output->at += size;
			continue;
		}
		uint8_t *room = room_for(arena, size + 1);
		struct output inside = {.at = room};
		reorder(inner, parts[i].payload, parts[i].end, &inside, arena);
		put_varint(output, parts[i].number << 3 | 2);
		put_varint(output, (uint64_t)(inside.at - room));
		memcpy(output->at, room, (size_t)(inside.at - room));
		output->at += inside.at - room;
	}
}

struct scan_slice reorder_report(const struct contract *contract, const struct scan_slice *report, struct arena *arena)
{
	uint8_t *bytes = room_for(arena, report->size + 1); // numbers get no longer than they were
	struct output output = {.at = bytes};

	reorder(contract->report, report->bytes, report->bytes + report->size, &output, arena);
	return (struct scan_slice){.bytes = bytes, .size = (size_t)(output.at - bytes)};
}
