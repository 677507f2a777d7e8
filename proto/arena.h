// A bump allocator with a hard cap: the memory of one submission. Everything that is decoded from a submission or said
// about it lives here and goes in one call. The cap is the defence against messages that grow when they are decoded.
//
// Not thread-safe: an arena belongs to whoever holds its submission.
#ifndef BAOCAO_ARENA_H
#define BAOCAO_ARENA_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

struct arena;

// Makes an arena that hands out at most cap bytes. NULL when memory is out. The caller owns it.
struct arena *arena_create(size_t cap);

// Frees the arena and everything in it; NULL-safe; clears the caller's pointer.
void arena_destroy(struct arena **arena);

// Zeroed memory aligned for any type, or NULL when the cap or the machine's memory is reached. Never freed singly.
void *arena_alloc(struct arena *arena, size_t size);

// Copies len bytes and adds a NUL; NULL as arena_alloc().
char *arena_strndup(struct arena *arena, const char *text, size_t len);

// printf into the arena; NULL as arena_alloc().
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

// The arena as protobuf-c wants it; its free does nothing. Valid as long as the arena.
ProtobufCAllocator *arena_allocator(struct arena *arena);

// Bytes held from the system so far.
size_t arena_held(const struct arena *arena);

// Whether the cap, and not the machine, has refused memory so far.
bool arena_hit_cap(const struct arena *arena);

// Lets the arena hand out so many bytes more.
void arena_raise_cap(struct arena *arena, size_t by);

// A count that begins at 0 and lives as long as the arena: verdict.c keeps in it what the texts of all its verdicts take.
size_t *arena_tally(struct arena *arena);

#endif
