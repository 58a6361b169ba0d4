/* SPDX-License-Identifier: GPL-2.0-only */
/* L1's tables made up of single leaves: the handler's own walk must read what was told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "l1tables.h"
#include "replay/failing.h"

#define ROOM	 0x10000ull /* address space of a made-up table */
#define PAGE	 0x7c3ull   /* normal memory, R, W, access flag */
#define BLOCK	 0x7c1ull
#define SCTLR_EE (1ull << 25)
#define RAM	 0x40000000ull
#define VTTBR	 (0x0001000000000000ull | RAM)
/* 40 bits in and out, granule 4K, walks begin at level 1. */
#define VTCR 0x80020058ull

struct world {
	struct machine m;
	struct l1tables t;
	struct s2_vm vm;
	struct s2_mmu mmu;
	bool big_endian;
};

static void open_limited(struct world *w, unsigned int ipa_limit)
{
	struct s2_config cfg = {.page_shift = 12,
				.ipa_limit = (uint8_t)ipa_limit,
				.canonical_bits = 40,
				.granules = 7,
				.xnx = true,
				.quirks = S2_QUIRKS_KVM,
				.policy = s2_policy_default};
	struct s2_slot ram = {.base = {RAM}, .size = 1 << 20, .uaddr = {0x7f0000000000}};

	*w = (struct world){0};
	assert_true(machine_init(&w->m, 12));
	assert_true(s2_vm_init(&w->vm, &cfg, &w->m.port, &w->m, &w->mmu, 1));
	assert_true(machine_set_slot(&w->m, 0, &ram));
	l1tables_init(&w->t, &w->m, &w->vm.cfg);
}

static void open_world(struct world *w)
{
	open_limited(w, 48);
}

static void close_world(struct world *w)
{
	l1tables_destroy(&w->t);
	machine_destroy(&w->m);
}

static struct nvt_l1_leaf leaf_of(uint64_t vtcr, uint64_t ipa, int level, uint64_t desc)
{
	return (struct nvt_l1_leaf){
		.ipa = ipa, .vttbr = VTTBR, .vtcr = vtcr, .desc = desc, .level = (int8_t)level};
}

static void set(struct world *w, uint64_t vtcr, uint64_t ipa, int level, uint64_t desc)
{
	struct nvt_l1_leaf leaf = leaf_of(vtcr, ipa, level, desc);

	assert_true(l1tables_set(&w->t, &leaf, w->big_endian));
}

static void set_unreadable(struct world *w, uint64_t ipa, int level)
{
	struct nvt_l1_leaf leaf = leaf_of(VTCR, ipa, level, 0);

	leaf.flags = NVT_LEAF_UNREADABLE;
	assert_true(l1tables_set(&w->t, &leaf, w->big_endian));
}

static struct s2_walk walk(struct world *w, uint64_t vtcr, uint64_t ipa)
{
	struct s2_l1_regs regs = {
		.vtcr = vtcr, .vttbr = VTTBR, .hcr = 1, .sctlr = w->big_endian ? SCTLR_EE : 0};
	struct s2_syndrome syn = s2_syndrome(&w->vm.cfg, 0x93c08007);

	return s2_walk(&w->vm, &regs, &syn, false, (struct l2_ipa){ipa});
}

static void expect_leaf(struct world *w, uint64_t vtcr, uint64_t ipa, int level, uint64_t desc)
{
	struct s2_walk got = walk(w, vtcr, ipa);

	assert_int_equal(got.status, S2_WALK_OK);
	assert_int_equal(got.level, level);
	assert_int_equal(got.desc, desc);
}

static void expect_fault(struct world *w, uint64_t ipa, enum s2_walk_status status,
			 unsigned int fsc)
{
	struct s2_walk got = walk(w, VTCR, ipa);

	assert_int_equal(got.status, status);
	assert_int_equal(got.esr & 0x3f, fsc);
}

/* ---- every geometry ---- */

/* TG0, PS, SL0, T0SZ as VTCR has them. */
static uint64_t vtcr_of(unsigned int page_shift, unsigned int start_level, unsigned int input_bits)
{
	static const uint64_t tg0[] = {[12] = 0, [14] = 2, [16] = 1};
	unsigned int sl0 = (page_shift == 12 ? 2 : 3) - start_level;

	return 1ull << 31 | 5ull << 16 | tg0[page_shift] << 14 | (uint64_t)sl0 << 6 |
	       (64 - input_bits);
}

static unsigned int span_shift(unsigned int page_shift, int level)
{
	return (unsigned int)(3 - level) * (page_shift - 3) + page_shift;
}

/* Leaves of each level at the first and the last address that the tables translate. */
static void try_geometry(unsigned int page_shift, unsigned int start_level, unsigned int input_bits)
{
	uint64_t vtcr = vtcr_of(page_shift, start_level, input_bits);
	uint64_t ends[2] = {0, (1ull << input_bits) - 8};
	int level, first = page_shift == 12 ? 1 : 2;
	unsigned int i;

	if (first < (int)start_level)
		first = (int)start_level;
	for (level = first; level <= 3; level++)
		for (i = 0; i < 2; i++) {
			uint64_t span = 1ull << span_shift(page_shift, level);
			uint64_t desc = (1ull << 44) | (level == 3 ? PAGE : BLOCK);
			struct world w;

			open_world(&w);
			desc &= ~(span - 1) | 0xfff;
			set(&w, vtcr, ends[i], level, desc);
			expect_leaf(&w, vtcr, ends[i], level, desc);
			assert_int_equal(walk(&w, vtcr, ends[i]).output.v,
					 (1ull << 44) + (ends[i] & (span - 1)));
			/* The other end knows nothing of it. */
			assert_int_equal(walk(&w, vtcr, ends[!i]).status, S2_WALK_FAULT);
			close_world(&w);
		}
}

static void every_granule_start_level_and_concatenation_is_walked_as_told(void **state)
{
	unsigned int page_shift, start, bits, tried = 0;

	(void)state;
	for (page_shift = 12; page_shift <= 16; page_shift += 2)
		for (start = page_shift == 12 ? 0 : 1; start <= 2; start++)
			for (bits = 25; bits <= 48; bits++) {
				unsigned int index = bits - span_shift(page_shift, (int)start);

				/* A table of one entry at least, 16 tables side by side at most. */
				if (bits <= span_shift(page_shift, (int)start) ||
				    index > page_shift - 3 + 4)
					continue;
				try_geometry(page_shift, start, bits);
				tried++;
			}
	assert_in_range(tried, 60, 120);
}

/* ---- leaves that change ---- */

static void leaves_side_by_side_share_their_tables(void **state)
{
	struct world w;
	uint64_t i, next;

	(void)state;
	open_world(&w);
	set(&w, VTCR, 0, 3, 0x5000 | PAGE);
	next = w.t.next;
	for (i = 1; i < 512; i++)
		set(&w, VTCR, i * 4096, 3, i << 20 | PAGE);
	assert_int_equal(w.t.next, next);
	expect_leaf(&w, VTCR, 0, 3, 0x5000 | PAGE);
	for (i = 1; i < 512; i++)
		expect_leaf(&w, VTCR, i * 4096, 3, i << 20 | PAGE);
	close_world(&w);
}

static void a_block_replaced_by_a_table_and_back_leaves_nothing_behind(void **state)
{
	struct world w;
	uint64_t next;
	int round;

	(void)state;
	open_world(&w);
	set(&w, VTCR, 0, 2, 0x200000 | BLOCK);
	expect_leaf(&w, VTCR, 0x1000, 2, 0x200000 | BLOCK);
	set(&w, VTCR, 0x1000, 3, 0x7000 | PAGE);
	next = w.t.next;
	for (round = 0; round < 100; round++) {
		expect_leaf(&w, VTCR, 0x1000, 3, 0x7000 | PAGE);
		expect_fault(&w, 0, S2_WALK_FAULT, 0x07);
		set(&w, VTCR, 0, 2, 0x400000 | BLOCK);
		expect_leaf(&w, VTCR, 0x1000, 2, 0x400000 | BLOCK);
		/* The table that comes is used again, and empty. */
		set(&w, VTCR, 0x1000, 3, 0x7000 | PAGE);
		expect_fault(&w, 0x2000, S2_WALK_FAULT, 0x07);
	}
	assert_int_equal(w.t.next, next);
	close_world(&w);
}

static void a_table_used_again_has_forgotten_its_leaves(void **state)
{
	struct world w;
	uint64_t next;

	(void)state;
	open_world(&w);
	set(&w, VTCR, 0x1000, 3, 0x7000 | PAGE);
	set(&w, VTCR, 0x2000, 3, 0x8000 | PAGE);
	set(&w, VTCR, 0, 2, 0x200000 | BLOCK);
	next = w.t.next;
	set(&w, VTCR, 0x201000, 3, 0x9000 | PAGE);
	assert_int_equal(w.t.next, next);
	expect_leaf(&w, VTCR, 0x201000, 3, 0x9000 | PAGE);
	expect_fault(&w, 0x202000, S2_WALK_FAULT, 0x07);
	close_world(&w);
}

static void a_block_high_up_drops_all_tables_below(void **state)
{
	struct world w;
	uint64_t i, next;

	(void)state;
	open_world(&w);
	for (i = 0; i < 20; i++)
		set(&w, VTCR, i << 21, 3, i << 12 | PAGE);
	next = w.t.next;
	set(&w, VTCR, 0, 1, 1 << 30 | BLOCK);
	expect_leaf(&w, VTCR, 19 << 21, 1, 1 << 30 | BLOCK);
	assert_int_equal(w.t.free_count, 21);
	for (i = 0; i < 20; i++)
		set(&w, VTCR, i << 21, 3, (i + 1) << 12 | PAGE);
	assert_int_equal(w.t.next, next);
	for (i = 0; i < 20; i++) {
		expect_leaf(&w, VTCR, i << 21, 3, (i + 1) << 12 | PAGE);
		expect_fault(&w, (i << 21) + 0x1000, S2_WALK_FAULT, 0x07);
	}
	close_world(&w);
}

static void an_invalid_entry_is_read_as_one(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	set(&w, VTCR, 0x1000, 3, 0x7000 | PAGE);
	set(&w, VTCR, 0x1000, 3, 0);
	expect_fault(&w, 0x1000, S2_WALK_FAULT, 0x07);
	set(&w, VTCR, 0x1000, 2, 0);
	expect_fault(&w, 0x1000, S2_WALK_FAULT, 0x06);
	set(&w, VTCR, 0x1000, 1, 0);
	expect_fault(&w, 0x1000, S2_WALK_FAULT, 0x05);
	close_world(&w);
}

static void guests_do_not_see_each_others_leaves(void **state)
{
	struct nvt_l1_leaf other = leaf_of(VTCR, 0x1000, 3, 0x9000 | PAGE);
	struct world w;

	(void)state;
	open_world(&w);
	other.vttbr = 0x0002000000000000ull | (RAM + 0x2000);
	set(&w, VTCR, 0x1000, 3, 0x7000 | PAGE);
	assert_true(l1tables_set(&w.t, &other, false));
	expect_leaf(&w, VTCR, 0x1000, 3, 0x7000 | PAGE);
	close_world(&w);
}

static void a_table_that_L1_itself_has_is_followed_and_kept(void **state)
{
	uint64_t table = RAM + 0x8000;
	struct world w;

	(void)state;
	open_world(&w);
	assert_true(machine_write(&w.m, RAM, table | 3));
	set(&w, VTCR, 0x200000, 2, 0x600000 | BLOCK);
	assert_int_equal(machine_peek(&w.m, table + 8), 0x600000 | BLOCK);
	/* It is no made-up one: it is not handed out to anybody. */
	set(&w, VTCR, 0, 1, 1 << 30 | BLOCK);
	assert_int_equal(w.t.free_count, 0);
	assert_int_equal(machine_peek(&w.m, table + 8), 0x600000 | BLOCK);
	close_world(&w);
}

/* ---- byte order, unreadable words ---- */

static void big_endian_tables_are_stored_swapped(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	w.big_endian = true;
	set(&w, VTCR, 0x1000, 3, 0x7000 | PAGE);
	set(&w, VTCR, 0x200000, 2, 0x600000 | BLOCK);
	expect_leaf(&w, VTCR, 0x1000, 3, 0x7000 | PAGE);
	expect_leaf(&w, VTCR, 0x200000, 2, 0x600000 | BLOCK);
	set(&w, VTCR, 0, 2, 0x200000 | BLOCK);
	expect_leaf(&w, VTCR, 0x1000, 2, 0x200000 | BLOCK);
	assert_int_equal(w.t.free_count, 1);
	w.big_endian = false;
	expect_fault(&w, 0x1000, S2_WALK_FAULT, 0x05);
	close_world(&w);
}

static void an_unreadable_entry_does_not_read_until_it_is_told_anew(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	set(&w, VTCR, 0x2000, 3, 0x8000 | PAGE);
	set_unreadable(&w, 0x1000, 3);
	expect_fault(&w, 0x1000, S2_WALK_FATAL, 0x17);
	expect_leaf(&w, VTCR, 0x2000, 3, 0x8000 | PAGE);
	set(&w, VTCR, 0x1000, 3, 0x7000 | PAGE);
	expect_leaf(&w, VTCR, 0x1000, 3, 0x7000 | PAGE);
	close_world(&w);
}

static void what_lies_below_an_entry_shows_that_it_was_read(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	set_unreadable(&w, 0x1000, 2);
	expect_fault(&w, 0x1000, S2_WALK_FATAL, 0x16);
	set(&w, VTCR, 0x1000, 3, 0x7000 | PAGE);
	expect_leaf(&w, VTCR, 0x1000, 3, 0x7000 | PAGE);
	close_world(&w);
}

static void a_dropped_table_takes_its_unreadable_entry_along(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	set_unreadable(&w, 0x1000, 3);
	set(&w, VTCR, 0x1000, 2, 0x200000 | BLOCK);
	/* The same table serves another address. */
	set(&w, VTCR, 0x200000, 3, 0x7000 | PAGE);
	expect_fault(&w, 0x201000, S2_WALK_FAULT, 0x07);
	close_world(&w);
}

/* ---- where the tables lie ---- */

static void tables_lie_at_the_end_of_the_output_range(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	set(&w, VTCR, 0, 3, PAGE);
	assert_int_equal(w.m.tables_base + w.m.tables_size, 1ull << 40);
	close_world(&w);

	/* The host's limit is the smaller one. */
	open_limited(&w, 36);
	set(&w, vtcr_of(12, 1, 36), 0, 3, PAGE);
	expect_leaf(&w, vtcr_of(12, 1, 36), 0, 3, PAGE);
	assert_int_equal(w.m.tables_base + w.m.tables_size, 1ull << 36);
	close_world(&w);
}

static void add_slot(struct world *w, uint16_t id, uint64_t base, uint64_t size)
{
	struct s2_slot slot = {.base = {base}, .size = size, .uaddr = {base}};

	assert_true(machine_set_slot(&w->m, id, &slot));
}

static bool meets_a_slot(const struct world *w)
{
	unsigned int i;

	for (i = 0; i < w->m.slot_count; i++) {
		const struct s2_slot *s = &w->m.slots[i].s2;

		if (s->base.v < w->m.tables_base + w->m.tables_size &&
		    w->m.tables_base < s->base.v + s->size)
			return true;
	}
	return false;
}

static void slots_in_the_way_are_avoided_in_any_order(void **state)
{
	static const uint64_t bases[][3] = {
		{(1ull << 40) - 0x1000, (1ull << 40) - 0x100001000, (1ull << 40) - 0x300000000},
		{(1ull << 40) - 0x300000000, (1ull << 40) - 0x100001000, (1ull << 40) - 0x1000},
		{(1ull << 40) - 0x100001000, (1ull << 40) - 0x1000, (1ull << 40) - 0x300000000},
	};
	unsigned int order, i;

	(void)state;
	for (order = 0; order < 3; order++) {
		struct world w;

		open_world(&w);
		for (i = 0; i < 3; i++)
			add_slot(&w, (uint16_t)(i + 1), bases[order][i], 0x1000);
		set(&w, VTCR, 0x1000, 3, 0x7000 | PAGE);
		assert_false(meets_a_slot(&w));
		assert_int_equal(w.m.tables_base % ROOM, 0);
		expect_leaf(&w, VTCR, 0x1000, 3, 0x7000 | PAGE);
		close_world(&w);
	}
}

static void a_full_range_refuses_more_tables(void **state)
{
	struct nvt_l1_leaf leaf = leaf_of(VTCR, 0, 3, PAGE);
	struct world w;

	(void)state;
	open_world(&w);
	set(&w, VTCR, 0, 3, PAGE);
	w.t.next = w.m.tables_base + w.m.tables_size - ROOM;
	set(&w, VTCR, 1 << 21, 3, PAGE);
	leaf.ipa = 2 << 21;
	assert_false(l1tables_set(&w.t, &leaf, false));
	/* A dropped table makes room. */
	set(&w, VTCR, 0, 2, 0);
	assert_true(l1tables_set(&w.t, &leaf, false));
	close_world(&w);
}

/* ---- what cannot be ---- */

static void entries_that_no_walk_reads_are_refused(void **state)
{
	static const struct {
		uint64_t vtcr;
		int level;
	} bad[] = {
		{VTCR, 0}, /* above the start level */
		{VTCR, -1},
		{VTCR, 4},
		{VTCR | 0x80, 3},	     /* SL0 = 3: level -1 */
		{0x80020058 & ~0x3full, 3},  /* 64 bits of input */
		{(VTCR & ~0x3full) | 15, 3}, /* 49 */
		{(VTCR & ~0x3full) | 34, 3}, /* 30: not one entry at level 1 */
	};
	unsigned int i;
	struct world w;

	(void)state;
	open_world(&w);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct nvt_l1_leaf leaf = leaf_of(bad[i].vtcr, 0, bad[i].level, PAGE);

		assert_false(l1tables_set(&w.t, &leaf, false));
	}
	assert_int_equal(w.m.tables_size, 0);
	close_world(&w);
}

static void without_memory_a_leaf_is_refused(void **state)
{
	struct nvt_l1_leaf leaf = leaf_of(VTCR, 0, 3, PAGE);
	struct world w;
	uint64_t n;
	bool set_at_last = false;

	(void)state;
	open_world(&w);
	for (n = 0; !set_at_last; n++) {
		heap_left = n;
		set_at_last = l1tables_set(&w.t, &leaf, false);
		memory_is_back();
	}
	assert_int_equal(n, 3);
	expect_leaf(&w, VTCR, 0, 3, PAGE);
	/* A list of free tables needs memory too. */
	leaf = leaf_of(VTCR, 0, 2, BLOCK);
	heap_left = 0;
	assert_false(l1tables_set(&w.t, &leaf, false));
	memory_is_back();
	assert_true(l1tables_set(&w.t, &leaf, false));
	expect_leaf(&w, VTCR, 0x1000, 2, BLOCK);
	close_world(&w);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_granule_start_level_and_concatenation_is_walked_as_told),
		TEST(leaves_side_by_side_share_their_tables),
		TEST(a_block_replaced_by_a_table_and_back_leaves_nothing_behind),
		TEST(a_table_used_again_has_forgotten_its_leaves),
		TEST(a_block_high_up_drops_all_tables_below),
		TEST(an_invalid_entry_is_read_as_one),
		TEST(guests_do_not_see_each_others_leaves),
		TEST(a_table_that_L1_itself_has_is_followed_and_kept),
		TEST(big_endian_tables_are_stored_swapped),
		TEST(an_unreadable_entry_does_not_read_until_it_is_told_anew),
		TEST(what_lies_below_an_entry_shows_that_it_was_read),
		TEST(a_dropped_table_takes_its_unreadable_entry_along),
		TEST(tables_lie_at_the_end_of_the_output_range),
		TEST(slots_in_the_way_are_avoided_in_any_order),
		TEST(a_full_range_refuses_more_tables),
		TEST(entries_that_no_walk_reads_are_refused),
		TEST(without_memory_a_leaf_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
