#include "merkle.h"

#include <sodium.h>
#include <string.h>

enum { PREFIX_LEAF = 0, PREFIX_NODE = 1 };

void merkle_leaf(uint8_t *room, size_t size, merkle_hash ret)
{
	room[0] = PREFIX_LEAF;
	(void)crypto_generichash(ret, MERKLE_HASH_SIZE, room, 1 + size, NULL, 0);
}

static void join(const uint8_t *left, const uint8_t *right, uint8_t *ret)
{
	uint8_t bytes[1 + 2 * MERKLE_HASH_SIZE] = {PREFIX_NODE};

	memcpy(bytes + 1, left, MERKLE_HASH_SIZE);
	memcpy(bytes + 1 + MERKLE_HASH_SIZE, right, MERKLE_HASH_SIZE);
	(void)crypto_generichash(ret, MERKLE_HASH_SIZE, bytes, sizeof bytes, NULL, 0);
}

static size_t above(size_t width)
{
	return width / 2 + width % 2;
}

size_t merkle_nodes(size_t leaves)
{
	size_t nodes = leaves;

	for (size_t width = leaves; width > 1;) {
		width = above(width);
		nodes += width;
	}
	return nodes;
}

const uint8_t *merkle_build(merkle_hash *nodes, size_t leaves)
{
	merkle_hash *level = nodes;

	for (size_t width = leaves; width > 1; width = above(width)) {
		merkle_hash *next = level + width;
		for (size_t i = 0; i + 1 < width; i += 2)
			join(level[i], level[i + 1], next[i / 2]);
		if (width % 2 != 0)
			memcpy(next[width / 2], level[width - 1], MERKLE_HASH_SIZE);
		level = next;
	}
	return level[0];
}

size_t merkle_path(const merkle_hash *nodes, size_t leaves, size_t index, merkle_step steps[static MERKLE_STEPS_MAX])
{
	const merkle_hash *level = nodes;
	size_t count = 0;

	for (size_t width = leaves; width > 1; width = above(width)) {
		size_t other = index ^ 1;
		if (other < width) {
			steps[count][0] = other < index ? MERKLE_LEFT : MERKLE_RIGHT;
			memcpy(steps[count++] + 1, level[other], MERKLE_HASH_SIZE);
		}
		level += width;
		index /= 2;
	}
	return count;
}

void merkle_climb(merkle_hash hash, const merkle_step *steps, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const uint8_t *other = steps[i] + 1;
		if (steps[i][0] == MERKLE_LEFT) {
			join(other, hash, hash);
		} else if (steps[i][0] == MERKLE_RIGHT) {
			join(hash, other, hash);
		} else {
			memset(hash, 0, MERKLE_HASH_SIZE);
			return;
		}
	}
}
