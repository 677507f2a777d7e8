// A hash tree over a list of leaves, as in RFC 6962, section 2.1, with BLAKE2b-256: one root stands for all leaves, and a
// path of a few hashes shows that a leaf is under it. Pure, any thread.
//
//     hash of a leaf = BLAKE2b-256(0x00, leaf)    hash of a node = BLAKE2b-256(0x01, left, right)
//
// Neighbours are paired level by level; the last one of an odd level goes up as it is.
#ifndef BAOCAO_MERKLE_H
#define BAOCAO_MERKLE_H

#include <stddef.h>
#include <stdint.h>

enum {
	MERKLE_HASH_SIZE = 32,
	MERKLE_STEP_SIZE = 1 + MERKLE_HASH_SIZE, // the side on which the other hash stands, and that hash
	MERKLE_STEPS_MAX = 40                    // of a path: more leaves than any memory holds
};

enum merkle_side { MERKLE_LEFT = 0, MERKLE_RIGHT = 1 };

typedef uint8_t merkle_hash[MERKLE_HASH_SIZE];
typedef uint8_t merkle_step[MERKLE_STEP_SIZE];

// The hash of a leaf, whose bytes begin at room + 1: the first byte is for the prefix, and is overwritten.
void merkle_leaf(uint8_t *room, size_t size, merkle_hash ret);

// Hashes that a tree over so many leaves takes, all levels together. 0 for none.
size_t merkle_nodes(size_t leaves);

// Fills in the levels above: the hashes of the leaves stand at the front of nodes, which has room for merkle_nodes(). Gives
// the root, which is the last of them. At least one leaf.
const uint8_t *merkle_build(merkle_hash *nodes, size_t leaves);

// The path of a leaf in a tree that was built; gives its number of steps.
size_t merkle_path(const merkle_hash *nodes, size_t leaves, size_t index, merkle_step steps[static MERKLE_STEPS_MAX]);

// Goes a path up: hash becomes that of the last node. Steps with another side than the two end nowhere: the hash is then
// filled with zeroes.
void merkle_climb(merkle_hash hash, const merkle_step *steps, size_t count);

#endif
