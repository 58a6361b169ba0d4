/* SPDX-License-Identifier: GPL-2.0-only */
/* Which pages and leaves a context has seen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "pages.h"
#include "replay/failing.h"

static void a_page_is_known_after_it_was_mapped(void **state)
{
	struct pages p;

	(void)state;
	assert_true(pages_init(&p, 12));
	assert_false(pages_was_mapped(&p, 0, 0x1000));
	pages_mark_mapped(&p, 0, 0x1000, 0x1000);
	assert_true(pages_was_mapped(&p, 0, 0x1000));
	assert_true(pages_was_mapped(&p, 0, 0x1fff));
	assert_false(pages_was_mapped(&p, 0, 0));
	assert_false(pages_was_mapped(&p, 0, 0x2000));
	pages_destroy(&p);
}

static void contexts_are_told_apart(void **state)
{
	static const uint32_t contexts[] = {0, 1, 2, 1u << 16, (1u << 20) - 1};
	struct pages p;
	unsigned int i, k;

	(void)state;
	assert_true(pages_init(&p, 12));
	for (i = 0; i < 5; i++) {
		for (k = 0; k < 5; k++)
			assert_int_equal(pages_was_mapped(&p, contexts[k], 0x40000000), k < i);
		pages_mark_mapped(&p, contexts[i], 0x40000000, 0x1000);
	}
	pages_destroy(&p);
}

static void a_leaf_is_fresh_once(void **state)
{
	struct pages p;

	(void)state;
	assert_true(pages_init(&p, 14));
	assert_true(pages_touch_leaf(&p, 3, 0x4000));
	assert_false(pages_touch_leaf(&p, 3, 0x4000));
	assert_true(pages_touch_leaf(&p, 3, 0x8000));
	assert_true(pages_touch_leaf(&p, 4, 0x4000));
	/* Touched is not mapped. */
	assert_false(pages_was_mapped(&p, 3, 0x4000));
	pages_destroy(&p);
}

static void a_block_maps_all_its_pages_and_no_other(void **state)
{
	static const unsigned int shifts[] = {12, 14, 16};
	unsigned int s;

	(void)state;
	for (s = 0; s < 3; s++) {
		uint64_t page = 1ull << shifts[s], block = page << (shifts[s] - 3),
			 base = 8 * block, a;
		struct pages p;

		assert_true(pages_init(&p, shifts[s]));
		pages_mark_mapped(&p, 7, base, block);
		assert_false(pages_was_mapped(&p, 7, base - page));
		assert_false(pages_was_mapped(&p, 7, base + block));
		for (a = base; a < base + block; a += page)
			assert_true(pages_was_mapped(&p, 7, a));
		pages_destroy(&p);
	}
}

/* Against an array of flags, for two contexts and ranges that cross regions anyhow. */
static void random_ranges_agree_with_a_plain_array(void **state)
{
	enum { COUNT = 4096, CONTEXTS = 2 };
	static bool mapped[CONTEXTS][COUNT], touched[CONTEXTS][COUNT];
	struct pages p;
	unsigned int round, i;

	(void)state;
	srand(1);
	assert_true(pages_init(&p, 12));
	for (round = 0; round < 300; round++) {
		unsigned int c = (unsigned int)rand() % CONTEXTS;
		unsigned int from = (unsigned int)rand() % COUNT, count = 1u << rand() % 11;

		if (from + count > COUNT)
			count = COUNT - from;
		if (rand() % 4) {
			assert_int_equal(pages_touch_leaf(&p, c, from * 4096ull),
					 !touched[c][from]);
			touched[c][from] = true;
		}
		if (round % 8 == 0) {
			pages_mark_mapped(&p, c, from * 4096ull, count * 4096ull);
			for (i = from; i < from + count; i++)
				mapped[c][i] = true;
		}
		i = (unsigned int)rand() % COUNT;
		assert_int_equal(pages_was_mapped(&p, c, i * 4096ull), mapped[c][i]);
	}
	for (i = 0; i < CONTEXTS * COUNT; i++)
		assert_int_equal(pages_was_mapped(&p, i / COUNT, i % COUNT * 4096ull),
				 mapped[i / COUNT][i % COUNT]);
	pages_destroy(&p);
}

static void regions_survive_growth(void **state)
{
	struct pages p;
	uint64_t i;

	(void)state;
	assert_true(pages_init(&p, 12));
	for (i = 0; i < 5000; i++) {
		assert_true(pages_touch_leaf(&p, 0, i << 21));
		/* The region found last lies elsewhere now. */
		assert_false(pages_touch_leaf(&p, 0, i << 21));
	}
	for (i = 0; i < 5000; i++)
		assert_false(pages_touch_leaf(&p, 0, i << 21));
	assert_false(p.full);
	assert_int_equal(p.count, 5000);
	pages_destroy(&p);
}

static void out_of_memory_makes_the_set_incomplete_and_says_so(void **state)
{
	struct pages p;
	uint64_t i;

	(void)state;
	heap_left = 0;
	assert_false(pages_init(&p, 12));
	memory_is_back();
	assert_true(pages_init(&p, 12));
	heap_left = 0;
	for (i = 0; i < 1000; i++)
		pages_mark_mapped(&p, 0, i << 21, 0x1000);
	assert_true(p.full);
	assert_true(pages_was_mapped(&p, 0, 0));
	assert_false(pages_was_mapped(&p, 0, 999ull << 21));
	/* Of a leaf that cannot be kept it is not claimed that it is fresh. */
	assert_false(pages_touch_leaf(&p, 0, 999ull << 21));
	pages_mark_mapped(&p, 0, 999ull << 21, 4ull << 21);
	memory_is_back();
	pages_destroy(&p);
}

static void an_exchange_tells_what_was_there(void **state)
{
	uint64_t region = 512ull << 12;
	struct pages p;

	(void)state;
	assert_true(pages_init(&p, 12));
	assert_false(pages_exchange_mapped(&p, 0, region - 0x1000, 0x2000, false));
	assert_int_equal(p.count, 0); /* what is not there takes no room */
	assert_false(pages_exchange_mapped(&p, 0, region - 0x1000, 0x2000, true));
	assert_true(pages_was_mapped(&p, 0, region - 0x1000) && pages_was_mapped(&p, 0, region));
	assert_false(pages_exchange_mapped(&p, 1, 0, 4 * region, false));
	assert_true(pages_exchange_mapped(&p, 0, region, 0x1000, false));
	assert_false(pages_exchange_mapped(&p, 0, region, 0x1000, false));
	assert_true(pages_exchange_mapped(&p, 0, 0, 4 * region, true));
	assert_true(pages_was_mapped(&p, 0, 4 * region - 1));
	assert_false(pages_was_mapped(&p, 0, 4 * region));
	pages_destroy(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_is_known_after_it_was_mapped),
		cmocka_unit_test(contexts_are_told_apart),
		cmocka_unit_test(a_leaf_is_fresh_once),
		cmocka_unit_test(a_block_maps_all_its_pages_and_no_other),
		cmocka_unit_test(random_ranges_agree_with_a_plain_array),
		cmocka_unit_test(regions_survive_growth),
		cmocka_unit_test(an_exchange_tells_what_was_there),
		cmocka_unit_test(out_of_memory_makes_the_set_incomplete_and_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
