/* SPDX-License-Identifier: GPL-2.0-only */
#include "port.h"

#define K(n)	    ((uint64_t)(n) << 10)
#define M(n)	    ((uint64_t)(n) << 20)
#define G(n)	    ((uint64_t)(n) << 30)
#define VTTBR(vmid) ((uint64_t)(vmid) << 48)

static int setup_shift(void **state, unsigned int shift)
{
	struct world *w = calloc(1, sizeof(*w));
	struct s2_config cfg = world_config(shift);

	world_start(w, &cfg, 4);
	world_enter(w, 0, VTTBR(5), l1_vtcr(shift), 1);
	*state = w;
	return 0;
}

static int setup(void **state)
{
	return setup_shift(state, 12);
}

static int setup_64k(void **state)
{
	return setup_shift(state, 16);
}

static int teardown(void **state)
{
	world_stop(*state);
	free(*state);
	return 0;
}

/* ---- decode ---- */

/* Spec 7.5, written down again: Op1 = 4, by CRm and Op2. */
#define IPA S2_TLBI_IPA
#define RNG S2_TLBI_IPA_RANGE
#define VMD S2_TLBI_VMID
#define ALL S2_TLBI_ALL
static const uint8_t el2_forms[16][8] = {
	[0] = {0, IPA, RNG, 0, 0, IPA, RNG, 0}, [1] = {0, 0, 0, 0, ALL, 0, VMD, 0},
	[3] = {0, 0, 0, 0, ALL, 0, VMD, 0},	[4] = {IPA, IPA, RNG, RNG, IPA, IPA, RNG, RNG},
	[7] = {0, 0, 0, 0, ALL, 0, VMD, 0},
};

static void every_encoding_has_its_instruction(void **state)
{
	struct s2_config cfg = world_config(12);
	unsigned int op1, crn, crm, op2;

	(void)state;
	for (op1 = 0; op1 < 8; op1++)
		for (crn = 0; crn < 16; crn++)
			for (crm = 0; crm < 16; crm++)
				for (op2 = 0; op2 < 8; op2++) {
					int want = S2_TLBI_NONE;

					if ((crn == 8 || crn == 9) && op1 == 4)
						want = el2_forms[crm][op2];
					if ((crn == 8 || crn == 9) && op1 == 0 &&
					    (0xeeu >> crm & 1 && crm < 8))
						want = S2_TLBI_STAGE1;
					assert_int_equal(s2_tlbi_decode(&cfg, op1, crn, crm, op2),
							 want);
				}
}

static void nXS_forms_need_FEAT_XS(void **state)
{
	struct s2_config cfg = world_config(12);

	(void)state;
	cfg.xs = false;
	assert_int_equal(s2_tlbi_decode(&cfg, 4, 9, 4, 1), S2_TLBI_UNDEF);
	assert_int_equal(s2_tlbi_decode(&cfg, 4, 8, 4, 1), S2_TLBI_IPA);
}

static void outer_shareable_forms_need_FEAT_TLBIOS(void **state)
{
	static const uint8_t forms[][2] = {{1, 4}, {1, 6}, {4, 0}, {4, 4}, {4, 3}, {4, 7}};
	struct s2_config cfg = world_config(12);
	size_t i;

	(void)state;
	cfg.tlbios = false;
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		assert_int_equal(s2_tlbi_decode(&cfg, 4, 8, forms[i][0], forms[i][1]),
				 S2_TLBI_UNDEF);
	assert_int_equal(s2_tlbi_decode(&cfg, 0, 8, 1, 0), S2_TLBI_UNDEF);
	assert_int_equal(s2_tlbi_decode(&cfg, 0, 8, 5, 1), S2_TLBI_UNDEF);
	assert_int_equal(s2_tlbi_decode(&cfg, 0, 8, 3, 0), S2_TLBI_STAGE1);
}

static void range_forms_need_FEAT_TLBIRANGE(void **state)
{
	static const uint8_t forms[][2] = {{0, 2}, {0, 6}, {4, 3}, {4, 7}};
	struct s2_config cfg = world_config(12);
	size_t i;

	(void)state;
	cfg.tlbirange = false;
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		assert_int_equal(s2_tlbi_decode(&cfg, 4, 8, forms[i][0], forms[i][1]),
				 S2_TLBI_UNDEF);
	assert_int_equal(s2_tlbi_decode(&cfg, 0, 8, 2, 1), S2_TLBI_UNDEF);
	assert_int_equal(s2_tlbi_decode(&cfg, 0, 8, 6, 1), S2_TLBI_UNDEF);
	/* Q15: but for two of them. */
	assert_int_equal(s2_tlbi_decode(&cfg, 4, 8, 4, 2), S2_TLBI_IPA_RANGE);
	assert_int_equal(s2_tlbi_decode(&cfg, 4, 8, 4, 6), S2_TLBI_IPA_RANGE);
	cfg.quirks &= ~S2_QUIRK(S2_Q15_RIPAS2_UNGATED);
	assert_int_equal(s2_tlbi_decode(&cfg, 4, 8, 4, 2), S2_TLBI_UNDEF);
	assert_int_equal(s2_tlbi_decode(&cfg, 4, 8, 4, 6), S2_TLBI_UNDEF);
	cfg.tlbirange = true;
	assert_int_equal(s2_tlbi_decode(&cfg, 4, 8, 4, 2), S2_TLBI_IPA_RANGE);
}

/* ---- by address ---- */

static uint64_t xt(unsigned int ttl, uint64_t addr)
{
	return (uint64_t)ttl << 44 | addr >> 12;
}

static void covers(struct world *w, uint64_t operand, uint64_t start, uint64_t size)
{
	struct s2_extent e = s2_tlbi_extent(&w->vm, w->vcpu[0].mmu, S2_TLBI_IPA, operand);

	assert_int_equal(e.size, size);
	assert_int_equal(e.start.v, start);
}

static void put_leaf(struct world *w, uint64_t ipa, uint64_t size, unsigned int tag)
{
	struct s2_prot prot = {.perm = {.r = true}, .tag = (uint8_t)tag};

	assert_int_equal(s2_map(&w->vm, w->vcpu[0].mmu, (struct table_ipa){ipa}, size,
				(struct host_pa){ipa}, &prot)
				 .status,
			 S2_MAP_OK);
	port_settle(w->port);
}

static void the_TTL_field_tells_the_size(void **state)
{
	struct world *w = *state;

	covers(w, xt(0x6, 0x40301000), 0x40200000, M(2));  /* T1 */
	covers(w, xt(0x7, 0x40301000), 0x40301000, K(4));  /* T2 */
	covers(w, xt(0x5, 0x40301000), 0x40000000, G(1));  /* T3 */
	covers(w, xt(0xa, 0x43301000), 0x42000000, M(32)); /* T5 */
	covers(w, xt(0xb, 0x43301000), 0x43300000, K(16));
	covers(w, xt(0xe, 0x43301000), 0x40000000, M(512));
	covers(w, xt(0xf, 0x43301000), 0x43300000, K(64));
}

static void a_TTL_that_means_nothing_asks_for_the_largest_block(void **state)
{
	static const uint8_t bad[] = {0x4, 0x1, 0x2, 0x3, 0x8, 0x9, 0xc, 0xd};
	struct world *w = *state;
	size_t i;

	put_leaf(w, 0x40301000, K(4), 3); /* T4: it is not consulted */
	for (i = 0; i < sizeof(bad); i++)
		covers(w, xt(bad[i], 0x40301000), 0x40000000, G(1));
}

static void upper_operand_bits_do_not_count(void **state)
{
	covers(*state, xt(0x7, 0x40301000) | 0xffff0ff000000000, 0x40301000, K(4));
}

static void without_TTL_an_empty_shadow_gives_the_largest_block(void **state)
{
	struct world *w = *state;

	covers(w, xt(0, 0x40301000), 0x40000000, G(1)); /* T6 */
	w->vcpu[0].mmu->vtcr = l1_vtcr(14);
	covers(w, xt(0, 0x43301000), 0x42000000, M(32)); /* T12 */
	w->vcpu[0].mmu->vtcr = l1_vtcr(16);
	covers(w, xt(0, 0x43301000), 0x40000000, M(512));
}

static void the_tag_of_a_shadow_leaf_tells_the_size(void **state)
{
	struct world *w = *state;

	put_leaf(w, 0x40200000, K(4), 3);
	covers(w, xt(0, 0x40200000), 0x40200000, K(4)); /* T7 */
	covers(w, xt(0, 0x40201000), 0x40000000, G(1)); /* T8: found, but does not cover */
}

static void a_block_with_tag_2_is_2M(void **state)
{
	put_leaf(*state, 0x40200000, M(2), 2);
	covers(*state, xt(0, 0x40301000), 0x40200000, M(2)); /* T9 */
}

static void a_block_with_tag_1_is_1G(void **state)
{
	put_leaf(*state, 0x40200000, M(2), 1);
	covers(*state, xt(0, 0x40301000), 0x40000000, G(1)); /* T10 */
}

static void a_page_at_the_start_of_a_1G_leaf_is_enough(void **state)
{
	put_leaf(*state, 0x40000000, K(4), 1);
	covers(*state, xt(0, 0x7ffff000), 0x40000000, G(1)); /* T11 */
}

static void a_leaf_without_tag_tells_nothing(void **state)
{
	put_leaf(*state, 0x40301000, K(4), 0);
	put_leaf(*state, 0x40200000, K(4), 2);
	covers(*state, xt(0, 0x40301000), 0x40200000, M(2)); /* the next rung does */
}

static void a_tag_that_the_granule_does_not_have_asks_for_the_largest(void **state)
{
	struct world *w = *state;

	w->vcpu[0].mmu->vtcr = l1_vtcr(14);
	put_leaf(w, 0x42000000, K(4), 1); /* 16K has no leaf at level 1 */
	covers(w, xt(0, 0x42000000), 0x42000000, M(32));
}

static void without_FEAT_TTL_the_field_is_ignored(void **state)
{
	struct world *w = *state;

	put_leaf(w, 0x40200000, M(2), 2);
	w->vm.cfg.ttl = false;
	covers(w, xt(0x7, 0x40301000), 0x40200000, M(2));
}

static void without_Q20_tags_are_not_looked_at(void **state)
{
	struct world *w = *state;

	w->vm.cfg.quirks &= ~S2_QUIRK(S2_Q20_BLOCK_START);
	put_leaf(w, 0x40200000, M(2), 2);
	covers(w, xt(0, 0x40301000), 0x40000000, G(1));
	covers(w, xt(0x6, 0x40301000), 0x40200000, M(2));
}

static void tags_count_in_tables_of_64K(void **state)
{
	struct world *w = *state;

	put_leaf(w, 0x60000000, K(64), 3);
	covers(w, xt(0, 0x60003000), 0x60000000, K(64)); /* T13 */
}

/* ---- by range ---- */

static void range(struct world *w, unsigned int tg, unsigned int scale, unsigned int num,
		  uint64_t base, uint64_t start, uint64_t size)
{
	uint64_t operand = (uint64_t)tg << 46 | (uint64_t)scale << 44 | (uint64_t)num << 39 | base;
	struct s2_extent e = s2_tlbi_extent(&w->vm, w->vcpu[0].mmu, S2_TLBI_IPA_RANGE, operand);

	assert_int_equal(e.size, size);
	if (size)
		assert_int_equal(e.start.v, start);
}

static void ranges_are_decoded(void **state)
{
	struct world *w = *state;

	range(w, 1, 0, 0, 0x40000, 0x40000000, K(8));  /* T14 */
	range(w, 1, 3, 31, 0x40000, 0x40000000, G(8)); /* T15 */
	range(w, 2, 1, 3, 0x10000, 0x40000000, M(4));  /* T16 */
	range(w, 0, 0, 1, 0x4000, 0x40000000, K(256)); /* T17: TG 0 is 64K */
	range(w, 3, 0, 1, 0x4000, 0x40000000, K(256));
}

static void a_range_in_the_upper_half_is_nothing(void **state)
{
	struct world *w = *state;

	range(w, 1, 0, 0, 0x1000000000, 0, 0); /* T18 */
	range(w, 3, 0, 0, 0x1fffffffff, 0, 0);
}

static void ranges_end_with_the_address_space(void **state)
{
	struct world *w = *state;

	range(w, 1, 3, 31, 0xfffffffff, 0xfffffffff000, K(4));
	w->vm.cfg.ipa_limit = 40;
	range(w, 1, 3, 31, 0xfffffff, 0xfffffff000, K(4));
	range(w, 1, 0, 0, 0x10000000, 0, 0);
	w->vm.cfg.ipa_limit = 48;
}

/* ---- carried out ---- */

static void a_page_takes_its_whole_block_along(void **state)
{
	struct world *w = *state;
	struct s2_swept s;

	put_leaf(w, 0x40200000, M(2), 2); /* T19 */
	put_leaf(w, 0x40400000, M(2), 2);
	s = s2_tlbi(&w->vm, w->vcpu[0].mmu, S2_TLBI_IPA, xt(0x7, 0x40301000));
	port_settle(w->port);
	assert_int_equal(s.leaves, 1);
	assert_int_equal(s.bytes, M(2));
	assert_int_equal(port_leaf(w->port, w->vcpu[0].mmu, 0x40200000), 0);
	assert_true(port_leaf(w->port, w->vcpu[0].mmu, 0x40400000) & 1);
}

static void an_address_beyond_the_table_does_nothing(void **state)
{
	struct world *w = *state;

	w->vm.cfg.ipa_limit = 40; /* Q16 */
	put_leaf(w, 0x40200000, M(2), 2);
	assert_int_equal(s2_tlbi(&w->vm, w->vcpu[0].mmu, S2_TLBI_IPA, xt(0x7, 1ull << 47)).leaves,
			 0);
	w->vm.cfg.ipa_limit = 48;
}

static void small_pages_of_L1_take_the_hosts_page_along(void **state)
{
	struct world *w = *state;

	put_leaf(w, 0x60000000, K(64), 3); /* Q16 */
	put_leaf(w, 0x60010000, K(64), 3);
	assert_int_equal(s2_tlbi(&w->vm, w->vcpu[0].mmu, S2_TLBI_IPA, xt(0x7, 0x60003000)).leaves,
			 1);
	port_settle(w->port);
	assert_true(port_leaf(w->port, w->vcpu[0].mmu, 0x60010000) & 1);
}

/* Two 4K pages from the last of a host page on: they reach into the next host page. */
static void a_range_within_a_chunk_loses_the_page_it_reaches_into(void **state)
{
	uint64_t operand = 1ull << 46 | 0x6000f;
	struct world *w = *state;

	put_leaf(w, 0x60000000, K(64), 3);
	put_leaf(w, 0x60010000, K(64), 3);
	assert_int_equal(s2_tlbi(&w->vm, w->vcpu[0].mmu, S2_TLBI_IPA_RANGE, operand).leaves, 1);
	assert_int_equal(port_leaf(w->port, w->vcpu[0].mmu, 0x60000000), 0);
	assert_true(port_leaf(w->port, w->vcpu[0].mmu, 0x60010000) & 1);
	w->vm.cfg.quirks &= ~S2_QUIRK(S2_Q16_ROUNDED_END);
	assert_int_equal(s2_tlbi(&w->vm, w->vcpu[0].mmu, S2_TLBI_IPA_RANGE, operand).leaves, 1);
	assert_int_equal(port_leaf(w->port, w->vcpu[0].mmu, 0x60010000), 0);
	w->vm.cfg.quirks |= S2_QUIRK(S2_Q16_ROUNDED_END);
}

static void a_range_over_two_chunks_loses_nothing(void **state)
{
	struct world *w = *state;

	put_leaf(w, 0x7fff0000, K(64), 3);
	put_leaf(w, 0x80000000, K(64), 3);
	assert_int_equal(
		s2_tlbi(&w->vm, w->vcpu[0].mmu, S2_TLBI_IPA_RANGE, 1ull << 46 | 0x7ffff).leaves, 2);
}

static void a_VMID_is_emptied_whole(void **state)
{
	struct world *w = *state;

	put_leaf(w, 0, K(4), 3);
	put_leaf(w, (1ull << 48) - K(4), K(4), 3);
	assert_int_equal(s2_tlbi(&w->vm, w->vcpu[0].mmu, S2_TLBI_VMID, 0).leaves, 2);
	port_settle(w->port);
	put_leaf(w, 0, K(4), 3);
	assert_int_equal(s2_tlbi(&w->vm, w->vcpu[0].mmu, S2_TLBI_ALL, 0).leaves, 1);
}

static void stage_1_leaves_shadow_tables_alone(void **state)
{
	struct world *w = *state;

	put_leaf(w, 0, K(4), 3);
	port_forget(w->port);
	assert_int_equal(s2_tlbi(&w->vm, w->vcpu[0].mmu, S2_TLBI_STAGE1, 0).leaves, 0);
	assert_true(port_leaf(w->port, w->vcpu[0].mmu, 0) & 1);
	assert_int_equal(w->port->tlb_count, 1);
	assert_int_equal(w->port->tlb[0].op, S2_TLB_S1);
	assert_int_equal(s2_tlbi(&w->vm, w->vcpu[0].mmu, S2_TLBI_NONE, 0).leaves, 0);
}

static void contexts_match_by_VMID_whatever_else(void **state)
{
	struct world *w = *state;
	struct s2_mmu *on = w->vcpu[0].mmu, *off_mmu;

	world_enter(w, 0, VTTBR(5) | 0x123450000, 0, 0); /* G7: stage 2 off too */
	off_mmu = w->vcpu[0].mmu;
	assert_true(s2_tlbi_matches(&w->vm, on, S2_TLBI_VMID, VTTBR(5) | 0xabc0000 | 1));
	assert_true(s2_tlbi_matches(&w->vm, off_mmu, S2_TLBI_VMID, VTTBR(5)));
	assert_true(s2_tlbi_matches(&w->vm, on, S2_TLBI_IPA, VTTBR(5)));
	assert_true(s2_tlbi_matches(&w->vm, on, S2_TLBI_STAGE1, VTTBR(5)));
	assert_false(s2_tlbi_matches(&w->vm, on, S2_TLBI_VMID, VTTBR(6)));
	assert_true(s2_tlbi_matches(&w->vm, on, S2_TLBI_ALL, VTTBR(6))); /* G8 */
	assert_false(s2_tlbi_matches(&w->vm, &w->contexts[3], S2_TLBI_ALL, VTTBR(6)));
	assert_false(s2_tlbi_matches(&w->vm, on, S2_TLBI_NONE, VTTBR(5)));
	assert_false(s2_tlbi_matches(&w->vm, on, S2_TLBI_UNDEF, VTTBR(5)));
}

static void VMIDs_match_in_eight_bits_where_there_are_no_more(void **state)
{
	struct world *w = *state;

	assert_false(s2_tlbi_matches(&w->vm, w->vcpu[0].mmu, S2_TLBI_VMID, VTTBR(0x105)));
	w->vm.cfg.vmid16 = false;
	assert_true(s2_tlbi_matches(&w->vm, w->vcpu[0].mmu, S2_TLBI_VMID, VTTBR(0x105)));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_encoding_has_its_instruction),
		cmocka_unit_test(nXS_forms_need_FEAT_XS),
		cmocka_unit_test(outer_shareable_forms_need_FEAT_TLBIOS),
		cmocka_unit_test(range_forms_need_FEAT_TLBIRANGE),
		TEST(the_TTL_field_tells_the_size),
		TEST(a_TTL_that_means_nothing_asks_for_the_largest_block),
		TEST(upper_operand_bits_do_not_count),
		TEST(without_TTL_an_empty_shadow_gives_the_largest_block),
		TEST(the_tag_of_a_shadow_leaf_tells_the_size),
		TEST(a_block_with_tag_2_is_2M),
		TEST(a_block_with_tag_1_is_1G),
		TEST(a_page_at_the_start_of_a_1G_leaf_is_enough),
		TEST(a_leaf_without_tag_tells_nothing),
		TEST(a_tag_that_the_granule_does_not_have_asks_for_the_largest),
		TEST(without_FEAT_TTL_the_field_is_ignored),
		TEST(without_Q20_tags_are_not_looked_at),
		cmocka_unit_test_setup_teardown(tags_count_in_tables_of_64K, setup_64k, teardown),
		TEST(ranges_are_decoded),
		TEST(a_range_in_the_upper_half_is_nothing),
		TEST(ranges_end_with_the_address_space),
		TEST(a_page_takes_its_whole_block_along),
		TEST(an_address_beyond_the_table_does_nothing),
		cmocka_unit_test_setup_teardown(small_pages_of_L1_take_the_hosts_page_along,
						setup_64k, teardown),
		cmocka_unit_test_setup_teardown(
			a_range_within_a_chunk_loses_the_page_it_reaches_into, setup_64k, teardown),
		cmocka_unit_test_setup_teardown(a_range_over_two_chunks_loses_nothing, setup_64k,
						teardown),
		TEST(a_VMID_is_emptied_whole),
		TEST(stage_1_leaves_shadow_tables_alone),
		TEST(contexts_match_by_VMID_whatever_else),
		TEST(VMIDs_match_in_eight_bits_where_there_are_no_more),
	};

	return cmocka_run_group_tests_name("tlbi", tests, NULL, NULL);
}
