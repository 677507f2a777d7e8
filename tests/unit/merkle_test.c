#include "cmocka_all.h"

#include <sodium.h>
#include <string.h>

#include "merkle.h"

enum { LEAVES_MAX = 70 };

static void fill_leaf(merkle_hash hash, size_t number)
{
	uint8_t room[2] = {0, (uint8_t)number};
	merkle_leaf(room, 1, hash);
}

static void every_path_of_every_tree_leads_to_its_root(void **state)
{
	(void)state;
	merkle_hash nodes[2 * LEAVES_MAX + 16], hash;
	merkle_step steps[MERKLE_STEPS_MAX];

	for (size_t leaves = 1; leaves <= LEAVES_MAX; leaves++) {
		for (size_t i = 0; i < leaves; i++)
			fill_leaf(nodes[i], i);
		const uint8_t *root = merkle_build(nodes, leaves);
		assert_ptr_equal(root, nodes[merkle_nodes(leaves) - 1]);
		for (size_t i = 0; i < leaves; i++) {
			size_t count = merkle_path((const merkle_hash *)nodes, leaves, i, steps);
			fill_leaf(hash, i);
			merkle_climb(hash, (const merkle_step *)steps, count);
			assert_memory_equal(hash, root, sizeof hash);
			fill_leaf(hash, i + 1);
			merkle_climb(hash, (const merkle_step *)steps, count);
			assert_memory_not_equal(hash, root, sizeof hash);
		}
	}
}

// RFC 6962, 2.1: the tree over n leaves splits at the largest power of two below n.
static void root_by_the_rfc(const merkle_hash *leaves, size_t count, merkle_hash ret)
{
	uint8_t bytes[1 + 2 * MERKLE_HASH_SIZE] = {1};
	size_t split = 1;

	if (count == 1) {
		memcpy(ret, leaves[0], MERKLE_HASH_SIZE);
		return;
	}
	while (2 * split < count)
		split *= 2;
	root_by_the_rfc(leaves, split, bytes + 1);
	root_by_the_rfc(leaves + split, count - split, bytes + 1 + MERKLE_HASH_SIZE);
	(void)crypto_generichash(ret, MERKLE_HASH_SIZE, bytes, sizeof bytes, NULL, 0);
}

static void the_root_is_that_of_rfc_6962(void **state)
{
	(void)state;
	merkle_hash nodes[2 * LEAVES_MAX + 16], wanted;

	for (size_t leaves = 1; leaves <= LEAVES_MAX; leaves++) {
		for (size_t i = 0; i < leaves; i++)
			fill_leaf(nodes[i], i);
		root_by_the_rfc((const merkle_hash *)nodes, leaves, wanted);
		assert_memory_equal(merkle_build(nodes, leaves), wanted, sizeof wanted);
	}
}

static void a_node_is_no_leaf(void **state)
{
	(void)state;
	merkle_hash nodes[3], hash;
	uint8_t room[1 + 2 * MERKLE_HASH_SIZE];

	fill_leaf(nodes[0], 0);
	fill_leaf(nodes[1], 1);
	memcpy(room + 1, nodes[0], MERKLE_HASH_SIZE);
	memcpy(room + 1 + MERKLE_HASH_SIZE, nodes[1], MERKLE_HASH_SIZE);
	merkle_leaf(room, sizeof room - 1, hash);
	assert_memory_not_equal(merkle_build(nodes, 2), hash, sizeof hash);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_path_of_every_tree_leads_to_its_root),
		cmocka_unit_test(the_root_is_that_of_rfc_6962),
		cmocka_unit_test(a_node_is_no_leaf),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
