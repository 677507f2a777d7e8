#include "arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The first chunk holds a submission of a few reports; each further chunk doubles, up to the largest: at most so much of an arena
// is unused.
enum { CHUNK_FIRST = 4096, CHUNK_LARGEST = 64 << 10 };

struct chunk {
	struct chunk *next;
	size_t size; // bytes of data
	size_t used;
	alignas(max_align_t) unsigned char data[];
};

struct arena {
	struct chunk *chunks; // the newest first; only it is filled
	size_t next_size;
	size_t held;
	size_t cap;
	size_t tally;
	bool hit_cap;
	ProtobufCAllocator allocator;
};

static void *allocator_alloc(void *data, size_t size)
{
	return arena_alloc(data, size);
}

static void allocator_free(void *data, void *pointer)
{
	(void)data; // the arena frees all at once
	(void)pointer;
}

struct arena *arena_create(size_t cap)
{
	struct arena *arena = calloc(1, sizeof *arena);
	if (arena == NULL)
		return NULL;
	arena->cap = cap;
	arena->next_size = CHUNK_FIRST;
	arena->allocator = (ProtobufCAllocator){.alloc = allocator_alloc, .free = allocator_free, .allocator_data = arena};
	return arena;
}

void arena_destroy(struct arena **arena)
{
	if (*arena == NULL)
		return;
	for (struct chunk *chunk = (*arena)->chunks, *next; chunk != NULL; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	free(*arena);
	*arena = NULL;
}

static struct chunk *chunk_add(struct arena *arena, size_t at_least)
{
	size_t size = at_least > arena->next_size ? at_least : arena->next_size;
	size_t left = arena->cap - arena->held;

	if (at_least > left) {
		arena->hit_cap = true;
		return NULL;
	}
	if (size > left)
		size = left;
	struct chunk *chunk = malloc(sizeof *chunk + size);
	if (chunk == NULL)
		return NULL;
	chunk->size = size;
	chunk->used = 0;
	chunk->next = arena->chunks;
	arena->chunks = chunk;
	arena->held += size;
	if (arena->next_size < CHUNK_LARGEST)
		arena->next_size *= 2;
	return chunk;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct chunk *chunk = arena->chunks;

	if (size > SIZE_MAX - align)
		return NULL;
	size = (size + align - 1) / align * align;
	if (chunk == NULL || size > chunk->size - chunk->used)
		chunk = chunk_add(arena, size);
	if (chunk == NULL)
		return NULL;
	void *memory = chunk->data + chunk->used;
	chunk->used += size;
	return memset(memory, 0, size); // here and not chunk by chunk: what is not used is not touched, what is used is warm
}

char *arena_strndup(struct arena *arena, const char *text, size_t len)
{
	char *copy = arena_alloc(arena, len + 1);
	if (copy != NULL)
		memcpy(copy, text, len);
	return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0)
		return NULL;

	char *text = arena_alloc(arena, (size_t)len + 1);
	if (text == NULL)
		return NULL;
	va_start(args, format);
	(void)vsnprintf(text, (size_t)len + 1, format, args);
	va_end(args);
	return text;
}

ProtobufCAllocator *arena_allocator(struct arena *arena)
{
	return &arena->allocator;
}

size_t arena_held(const struct arena *arena)
{
	return arena->held;
}

bool arena_hit_cap(const struct arena *arena)
{
	return arena->hit_cap;
}

void arena_raise_cap(struct arena *arena, size_t by)
{
	arena->cap += by;
}

size_t *arena_tally(struct arena *arena)
{
	return &arena->tally;
}
