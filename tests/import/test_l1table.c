/* SPDX-License-Identifier: GPL-2.0-only */
/* L1's tables as its KVM keeps them, against a list of leaves that knows no tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "import/l1table.h"

#define AF   (1ull << 10)
#define W    (1ull << 7)
#define R    (1ull << 6)
#define XN   (3ull << 53)
#define K(n) ((uint64_t)(n) << 10)
#define M(n) ((uint64_t)(n) << 20)

static uint64_t random_state = 88172645463325252ull;

static uint64_t random_below(uint64_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % n;
}

/* VTCR by granule: 32 bits of input; start level 2 in all three. */
static const struct host {
	uint64_t vtcr;
	unsigned int shift;
} hosts[] = {{0x20, 12}, {0x8060, 14}, {0x4060, 16}};

static unsigned int level_shift(const struct host *h, int level)
{
	return h->shift + (unsigned int)(3 - level) * (h->shift - 3);
}

/* ---- what was told ---- */

#define TOLD_MAX 65536u

struct told {
	const struct host *host;
	unsigned int count;
	struct {
		uint64_t ipa, desc;
		int level;
	} v[TOLD_MAX];
};

static bool note(void *arg, uint64_t ipa, int level, uint64_t desc)
{
	struct told *t = arg;

	assert_true(t->count < TOLD_MAX);
	assert_int_equal(ipa & ((1ull << level_shift(t->host, level)) - 1), 0);
	t->v[t->count].ipa = ipa;
	t->v[t->count].level = level;
	t->v[t->count++].desc = desc;
	return true;
}

/* What a walk reads by that: the last word on its address, at any level. */
static uint64_t read_told(const struct told *t, uint64_t ipa, int *level)
{
	int known = 2; /* the level that a walk comes to, as far as was told */
	uint64_t desc = 0;
	unsigned int i;

	for (i = 0; i < t->count; i++) {
		unsigned int shift = level_shift(t->host, t->v[i].level);

		if (t->v[i].ipa >> shift == ipa >> shift) {
			known = t->v[i].level;
			desc = t->v[i].desc;
		} else if (t->v[i].level == 3 &&
			   t->v[i].ipa >> level_shift(t->host, 2) ==
				   ipa >> level_shift(t->host, 2) &&
			   (known == 2 || !desc)) {
			/* A page beside it: there is a table, and nothing here. */
			known = 3;
			desc = 0;
		}
	}
	*level = known;
	return desc;
}

/* ---- what is so ---- */

#define LEAF_MAX 8192u

struct leaves {
	const struct host *host;
	unsigned int count;
	struct leaf {
		uint64_t ipa, desc;
		int level;
	} v[LEAF_MAX];
};

static uint64_t size_of(const struct leaves *l, const struct leaf *leaf)
{
	return 1ull << level_shift(l->host, leaf->level);
}

static void remove_range(struct leaves *l, uint64_t start, uint64_t end)
{
	unsigned int i, kept = 0;

	for (i = 0; i < l->count; i++)
		if (l->v[i].ipa >= end || l->v[i].ipa + size_of(l, &l->v[i]) <= start)
			l->v[kept++] = l->v[i];
	l->count = kept;
}

static struct leaf *find(struct leaves *l, uint64_t ipa)
{
	unsigned int i;

	for (i = 0; i < l->count; i++)
		if (ipa - l->v[i].ipa < size_of(l, &l->v[i]))
			return &l->v[i];
	return NULL;
}

static uint64_t read_leaves(struct leaves *l, uint64_t ipa, int *level)
{
	const struct leaf *leaf = find(l, ipa);
	unsigned int i;

	*level = leaf ? leaf->level : 2;
	if (leaf)
		return leaf->desc;
	for (i = 0; i < l->count; i++)
		if (l->v[i].level == 3 &&
		    l->v[i].ipa >> level_shift(l->host, 2) == ipa >> level_shift(l->host, 2))
			*level = 3;
	return 0;
}

static uint64_t expected_desc(uint64_t pa, uint64_t prot, int level)
{
	uint64_t xn = prot & 2 ? (prot & 1 ? 0 : 1) : (prot & 1 ? 3 : 2);
	uint64_t memattr = prot & 32 ? 5 : prot & 16 ? 1 : 6;

	return pa | (level == 3 ? 3 : 1) | memattr << 2 | (prot & 8 ? R : 0) | (prot & 4 ? W : 0) |
	       3 << 8 | AF | xn << 53;
}

static void set_leaf(struct leaves *l, uint64_t ipa, int level, uint64_t desc)
{
	struct leaf *old = find(l, ipa);
	uint64_t size = 1ull << level_shift(l->host, level);

	if (old && old->level == level && !((old->desc ^ desc) & ~(R | W | XN)))
		return;
	remove_range(l, ipa, ipa + size);
	assert_true(l->count < LEAF_MAX);
	l->v[l->count++] = (struct leaf){ipa, desc, level};
}

/* ---- both ---- */

static struct told told;
static struct leaves leaves;

static void one_step(struct imp_l1_table *t, const struct host *h)
{
	unsigned int block = level_shift(h, 2);
	uint64_t pages = 1ull << (block - h->shift), at = random_below(4) << block;
	uint64_t page = at + (random_below(pages < 24 ? pages : 24) << h->shift);
	uint64_t prot = random_below(64), pa = (random_below(64) + 1) << block;
	uint64_t end = page + (random_below(2 * pages) + 1) * (1ull << h->shift);
	unsigned int i;

	switch (random_below(8)) {
	case 0:
		assert_true(imp_l1_map(t, at, 1ull << block, pa, prot, note, &told));
		set_leaf(&leaves, at, 2, expected_desc(pa, prot, 2));
		break;
	case 1:
		assert_true(imp_l1_unmap(t, page, end, note, &told));
		remove_range(&leaves, page, end);
		break;
	case 2:
		assert_true(imp_l1_protect(t, page, end, note, &told));
		for (i = 0; i < leaves.count; i++)
			if (leaves.v[i].ipa < end &&
			    leaves.v[i].ipa + size_of(&leaves, &leaves.v[i]) > page)
				leaves.v[i].desc &= ~W;
		break;
	case 3: {
		struct leaf *leaf = find(&leaves, page);

		assert_true(imp_l1_relax(t, page, prot, note, &told));
		if (leaf)
			leaf->desc = ((prot & 3 ? leaf->desc & ~XN : leaf->desc) |
				      (prot & 8 ? R : 0) | (prot & 4 ? W : 0)) |
				     (prot & 3 ? expected_desc(0, prot, 3) & XN : 0);
		break;
	}
	default:
		pa += page;
		assert_true(imp_l1_map(t, page, 1ull << h->shift, pa, prot, note, &told));
		set_leaf(&leaves, page, 3, expected_desc(pa, prot, 3));
		break;
	}
}

static void compare(const struct host *h)
{
	unsigned int i;

	for (i = 0; i < 40; i++) {
		uint64_t ipa = random_below(5ull << level_shift(h, 2));
		int got, want;
		uint64_t g = read_told(&told, ipa, &got), w = read_leaves(&leaves, ipa, &want);

		if (got != want || g != w)
			fail_msg("granule 2^%u, %#llx: level %d %#llx, not level %d %#llx",
				 h->shift, (unsigned long long)ipa, got, (unsigned long long)g,
				 want, (unsigned long long)w);
	}
}

static void what_is_told_is_what_a_walk_reads(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		for (unsigned int round = 0; round < 40; round++) {
			struct imp_l1_table t;

			assert_true(imp_l1_table_init(&t, hosts[i].vtcr));
			told.count = leaves.count = 0;
			told.host = leaves.host = &hosts[i];
			for (unsigned int step = 0; step < 60; step++) {
				one_step(&t, &hosts[i]);
				compare(&hosts[i]);
			}
			imp_l1_table_free(&t);
		}
	}
}

static void all_is_told_again_when_asked(void **state)
{
	struct imp_l1_table t;

	(void)state;
	assert_true(imp_l1_table_init(&t, hosts[0].vtcr));
	told.count = leaves.count = 0;
	told.host = leaves.host = &hosts[0];
	for (unsigned int step = 0; step < 200; step++)
		one_step(&t, &hosts[0]);
	told.count = 0;
	assert_true(imp_l1_tell_all(&t, note, &told));
	assert_int_equal(told.count, leaves.count);
	compare(&hosts[0]);
	imp_l1_table_free(&t);
}

static bool refuse(void *arg, uint64_t ipa, int level, uint64_t desc)
{
	(void)arg, (void)ipa, (void)level, (void)desc;
	return false;
}

static void whoever_is_told_may_end_it(void **state)
{
	struct imp_l1_table t;

	(void)state;
	told.count = 0;
	told.host = &hosts[0];
	assert_true(imp_l1_table_init(&t, hosts[0].vtcr));
	assert_false(imp_l1_map(&t, 0, K(4), K(4), 0xf, refuse, NULL));
	assert_true(imp_l1_map(&t, K(8), K(4), K(4), 0xf, note, &told));
	assert_false(imp_l1_protect(&t, 0, M(2), refuse, NULL));
	assert_false(imp_l1_unmap(&t, 0, M(2), refuse, NULL));
	imp_l1_table_free(&t);
}

static void registers_that_no_table_has_are_refused(void **state)
{
	static const uint64_t vtcrs[] = {0, 0x3f, 0xe0, 0x4000, 0xc0 | 24};
	struct imp_l1_table t;

	(void)state;
	for (size_t i = 0; i < sizeof(vtcrs) / sizeof(vtcrs[0]); i++)
		assert_false(imp_l1_table_init(&t, vtcrs[i]));
}

/* As a hostile recording has them. */
static void absurd_ranges_do_nothing(void **state)
{
	struct imp_l1_table t;

	(void)state;
	told.count = 0;
	told.host = &hosts[0];
	assert_true(imp_l1_table_init(&t, hosts[0].vtcr));
	assert_true(imp_l1_map(&t, ~0ull << 12, K(8), 0, 0xf, note, &told));
	assert_true(imp_l1_map(&t, 0, 1ull << 40, 0, 0xf, note, &told));
	assert_true(imp_l1_unmap(&t, ~0ull, 0, note, &told));
	assert_true(imp_l1_unmap(&t, 0, ~0ull, note, &told));
	assert_true(imp_l1_relax(&t, ~0ull, 0xf, note, &told));
	assert_int_equal(told.count, 0);
	imp_l1_table_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_told_is_what_a_walk_reads),
		cmocka_unit_test(all_is_told_again_when_asked),
		cmocka_unit_test(whoever_is_told_may_end_it),
		cmocka_unit_test(registers_that_no_table_has_are_refused),
		cmocka_unit_test(absurd_ranges_do_nothing),
	};

	return cmocka_run_group_tests_name("l1table", tests, NULL, NULL);
}
