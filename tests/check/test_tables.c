/* SPDX-License-Identifier: GPL-2.0-only */
/* Each rule of the tables is broken alone by what breaks it, and by nothing else. */
#include "bench.h"

/* ---- tables that are as they should be ---- */

static void right_tables_have_no_findings(void **state)
{
	struct bench *b = *state;

	map_well(b, 0x5000, 3, 3);
	map_well(b, 0x6000, 3, 3);
	map_well(b, BLOCK, 2, 2);
	map_well(b, 2 * BLOCK + 0x3000, 3, 2);
	map(b, 0, 0x40000000, 1, leaf_desc(MEMORY(0), 1, 1));
	clear(b, 0, 0x5000, 3);
	map_well(b, 0x5000, 3, 3);
	check_end(b->c);
	none_found(b);
	assert_int_equal(check_result(b->c)->leaves, 6);
	assert_int_equal(check_result(b->c)->audits, 1);
}

static void canonical_and_s2_off_are_one_to_one(void **state)
{
	struct bench *b = *state;

	send(b, switch_event(NVT_EXCEPTION, 0));
	map(b, CANONICAL, 0x40000000, 2, leaf_desc(0x40000000, 2, 0));
	none_found(b);
	map(b, CANONICAL, 0x40200000, 2, leaf_desc(0x40400000, 2, 0));
	only(b, CHECK_OUTPUT, 1);
	assert_int_equal(check_result(b->c)->unsound_pages, 512);
}

/* ---- what a leaf gives ---- */

static void a_hole_under_a_block(void **state)
{
	struct bench *b = *state;

	send(b, write_event(L1_T3 + 5 * 8, MEMORY(0x5000) | L1_PAGE, 0));
	map(b, 0, 0, 2, leaf_desc(MEMORY(0), 2, 3));
	only(b, CHECK_MAPPED, 1);
	assert_int_equal(check_result(b->c)->unsound_pages, 1);
	assert_int_equal(check_result(b->c)->kept[0].ipa, 0x5000);
	assert_int_equal(check_result(b->c)->kept[0].size, PAGE);
}

static void a_page_that_lies_elsewhere(void **state)
{
	struct bench *b = *state;

	map(b, 0, 0x5000, 3, leaf_desc(MEMORY(0x6000), 3, 3));
	only(b, CHECK_OUTPUT, 1);
}

static void one_page_of_a_block_lies_elsewhere(void **state)
{
	struct bench *b = *state;

	send(b, backing_event(MEMORY(BLOCK + 0x9000), PAGE, 0x123456000, NVT_BACKING_WRITABLE));
	map_well(b, BLOCK, 2, 2);
	only(b, CHECK_OUTPUT, 1);
	assert_int_equal(check_result(b->c)->kept[0].ipa, BLOCK + 0x9000);
	assert_int_equal(check_result(b->c)->unsound_pages, 1);
}

static void memory_without_a_slot(void **state)
{
	struct bench *b = *state;

	send(b, write_event(L1_T3 + 5 * 8, MEMORY(0x5000) | L1_PAGE, RAM_SIZE | L1_PAGE));
	map(b, 0, 0x5000, 3, leaf_desc(RAM_SIZE, 3, 3));
	only(b, CHECK_OUTPUT, 1);
}

static void what_l1_does_not_permit(void **state)
{
	struct bench *b = *state;

	send(b, write_event(L1_T3 + 5 * 8, MEMORY(0x5000) | L1_PAGE, MEMORY(0x5000) | L1_RO));
	map(b, 0, 0x5000, 3, leaf_desc(MEMORY(0x5000), 3, 3) & ~LEAF_W);
	none_found(b);
	put(b, 0, 0x5000, 3, leaf_desc(MEMORY(0x5000), 3, 3));
	answered(b, 0, CHECK_DID_RELAX, 0x5000, 0x5000, PAGE);
	only(b, CHECK_L1_PERM, 1);
}

static void what_the_host_does_not_permit(void **state)
{
	struct bench *b = *state;

	send(b, backing_event(MEMORY(0x5000), PAGE, PA(MEMORY(0x5000)), 0));
	map_well(b, 0x5000, 3, 3);
	only(b, CHECK_HOST_PERM, 1);
}

static void a_read_only_slot(void **state)
{
	struct bench *b = *state;

	send(b, slot_event(NVT_SLOT_FLAGS, 0, RAM_SIZE, NVT_SLOT_READONLY, 0));
	map(b, 0, 0x5000, 3, leaf_desc(MEMORY(0x5000), 3, 3) & ~LEAF_W);
	none_found(b);
	map_well(b, 0x6000, 3, 3);
	only(b, CHECK_HOST_PERM, 1);
}

static void a_tag_of_another_level(void **state)
{
	struct bench *b = *state;

	map_well(b, BLOCK, 2, 3);
	only(b, CHECK_TAG, 1);
}

static void unknown_backing_is_counted(void **state)
{
	struct bench *b = *state;

	send(b, slot_event(NVT_SLOT_CREATE, RAM_SIZE, BLOCK, 0, 1));
	send(b, write_event(L1_T3 + 5 * 8, MEMORY(0x5000) | L1_PAGE, RAM_SIZE | L1_PAGE));
	map(b, 0, 0x5000, 3, (leaf_desc(0, 3, 3) & ~0xfffffffff000ull));
	only(b, CHECK_BACKING, 1);
	assert_int_equal(check_result(b->c)->unknown_backing, 1);
}

static void forms(void **state)
{
	struct bench *b = *state;
	const uint64_t wrong[] = {LEAF_AF,    0x300, 1ull << 51, 1ull << 57,
				  1ull << 63, 0x3c,  1ull << 11};
	unsigned int i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		map(b, 0, i * PAGE, 3, leaf_desc(MEMORY(i * PAGE), 3, 3) ^ wrong[i]);
	only(b, CHECK_FORM, sizeof(wrong) / sizeof(wrong[0]) - 1); /* 1 << 57 is software's */
}

static void device_memory(void **state)
{
	struct bench *b = *state;
	uint64_t device = (leaf_desc(MEMORY(0x5000), 3, 3) & ~0x3cull) | 1 << 2 | 2ull << 53;

	send(b, backing_event(MEMORY(0x5000), 2 * PAGE, PA(MEMORY(0x5000)),
			      NVT_BACKING_WRITABLE | NVT_BACKING_DEVICE));
	map(b, 0, 0x5000, 3, device);
	none_found(b);
	map_well(b, 0x6000, 3, 3);
	only(b, CHECK_FORM, 1);
}

/* ---- contiguous groups ---- */

static void contiguous_groups(void **state)
{
	struct bench *b = *state;
	uint64_t page;

	for (page = 0; page < 16; page++)
		put(b, 0, 0x10000 + page * PAGE, 3,
		    leaf_desc(MEMORY(0x10000 + page * PAGE), 3, 3) | CONTIGUOUS);
	answered(b, 0, CHECK_DID_MAP, 0x12000, 0x10000, 0x10000);
	check_end(b->c);
	none_found(b);
	map(b, 0, 0x5000, 3, leaf_desc(MEMORY(0x5000), 3, 3) | CONTIGUOUS);
	only(b, CHECK_CONTIGUOUS, 1);
}

/* One mapping may be of more groups than are kept in mind. */
static void many_groups_at_once(void **state)
{
	struct check_options options = {.quirks = ~0u, .large_alone = true};
	struct nvt_machine m = bench_machine();
	struct bench *b;
	uint64_t page;

	(void)state;
	bench_open((void **)&b, &m, NVT_FULL, &options);
	send(b, switch_event(NVT_ERET, 0));
	for (page = 0; page < ENTRIES; page++)
		if (page != 0x3f && page != 0x1f3)
			put(b, 0, page * PAGE, 3,
			    leaf_desc(MEMORY(page * PAGE), 3, 3) | CONTIGUOUS);
	answered(b, 0, CHECK_DID_MAP, 0x1e5000, 0, BLOCK);
	only(b, CHECK_CONTIGUOUS, 2);
	assert_int_equal(check_result(b->c)->kept[0].ipa, 0x30000);
	assert_int_equal(check_result(b->c)->kept[1].ipa, 0x1f0000);
	bench_teardown((void **)&b);
}

static void a_page_of_a_group_goes(void **state)
{
	struct bench *b = *state;
	uint64_t page;

	for (page = 0; page < 16; page++)
		put(b, 0, page * PAGE, 3, leaf_desc(MEMORY(page * PAGE), 3, 3) | CONTIGUOUS);
	answered(b, 0, CHECK_DID_MAP, 0, 0, 0x10000);
	clear(b, 0, 0x3000, 3);
	check_end(b->c);
	only(b, CHECK_CONTIGUOUS, 1);
}

/* ---- changes ---- */

static void a_change_without_a_break(void **state)
{
	struct bench *b = *state;

	map_well(b, 0x5000, 3, 3);
	send(b, write_event(L1_T3 + 5 * 8, MEMORY(0x5000) | L1_PAGE, MEMORY(0x9000) | L1_PAGE));
	map(b, 0, 0x5000, 3, leaf_desc(MEMORY(0x9000), 3, 3));
	only(b, CHECK_BREAK, 1);
}

static void a_change_with_a_break(void **state)
{
	struct bench *b = *state;

	map_well(b, 0x5000, 3, 3);
	send(b, write_event(L1_T3 + 5 * 8, MEMORY(0x5000) | L1_PAGE, MEMORY(0x9000) | L1_PAGE));
	put(b, 0, 0x5000, 3, 0);
	check_tlb(b->c, 0, CHECK_TLB_BREAK, 0x5000, PAGE);
	map(b, 0, 0x5000, 3, leaf_desc(MEMORY(0x9000), 3, 3));
	none_found(b);
}

static void a_break_after_the_make(void **state)
{
	struct bench *b = *state;

	map_well(b, 0x5000, 3, 3);
	send(b, write_event(L1_T3 + 5 * 8, MEMORY(0x5000) | L1_PAGE, MEMORY(0x9000) | L1_PAGE));
	put(b, 0, 0x5000, 3, leaf_desc(MEMORY(0x9000), 3, 3));
	check_tlb(b->c, 0, CHECK_TLB_BREAK, 0x5000, PAGE);
	answered(b, 0, CHECK_DID_MAP, 0x5000, 0x5000, PAGE);
	only(b, CHECK_BREAK, 1);
}

static void a_block_is_split(void **state)
{
	struct bench *b = *state;

	map_well(b, BLOCK, 2, 2);
	put(b, 0, BLOCK, 2, 0);
	check_tlb(b->c, 0, CHECK_TLB_BREAK, BLOCK, BLOCK);
	map_well(b, BLOCK + 0x3000, 3, 2);
	check_end(b->c);
	none_found(b);
}

static void a_table_becomes_a_block(void **state)
{
	struct bench *b = *state;
	uint64_t table;

	map_well(b, BLOCK + 0x3000, 3, 2);
	map_well(b, BLOCK + 0x7000, 3, 2);
	table = *entry_of(b, 0, BLOCK, 2) & ~0xfffull;
	put(b, 0, BLOCK, 2, 0);
	check_tlb(b->c, 0, CHECK_TLB_BREAK, BLOCK, BLOCK);
	entries_at(b, table)[0] = 0xdeadbeef; /* its owner does with it what it likes */
	check_table_freed(b->c, table, PAGE);
	map_well(b, BLOCK, 2, 2);
	check_end(b->c);
	none_found(b);
}

static void a_leaf_goes_unflushed(void **state)
{
	struct bench *b = *state;

	map_well(b, 0x5000, 3, 3);
	map_well(b, 0x6000, 3, 3);
	put(b, 0, 0x5000, 3, 0);
	check_tlb(b->c, 0, CHECK_TLB_REMOVE, 0x6000, PAGE);
	check_tlb(b->c, 0, CHECK_TLB_RAISE, 0x5000, PAGE);
	check_end(b->c);
	only(b, CHECK_FLUSH, 1);
}

static void a_table_goes_unflushed(void **state)
{
	struct bench *b = *state;
	uint64_t table;

	map_well(b, BLOCK + 0x3000, 3, 2);
	table = *entry_of(b, 0, BLOCK, 2) & ~0xfffull;
	put(b, 0, BLOCK, 2, 0);
	check_table_freed(b->c, table, PAGE);
	check_table_taken(b->c, table, PAGE);
	only(b, CHECK_FLUSH, 1);
}

static void a_leaf_that_nobody_asked_for(void **state)
{
	struct bench *b = *state;

	map_well(b, 0x5000, 3, 3);
	put(b, 0, 0x6000, 3, leaf_desc(MEMORY(0x6000), 3, 3));
	check_end(b->c);
	only(b, CHECK_UNACCOUNTED, 1);
}

static void a_permission_that_nobody_asked_for(void **state)
{
	struct bench *b = *state;

	map(b, 0, 0x5000, 3, leaf_desc(MEMORY(0x5000), 3, 3) & ~LEAF_W);
	put(b, 0, 0x5000, 3, leaf_desc(MEMORY(0x5000), 3, 3));
	check_end(b->c);
	only(b, CHECK_UNACCOUNTED, 1);
}

static void access_flags_and_less_permission_are_free(void **state)
{
	struct bench *b = *state;

	map_well(b, 0x5000, 3, 3);
	*entry_of(b, 0, 0x5000, 3) &= ~(LEAF_AF | LEAF_W);
	check_end(b->c);
	none_found(b);
}

static void no_progress(void **state)
{
	struct bench *b = *state;

	map_well(b, 0x5000, 3, 3);
	answered(b, 0, CHECK_DID_MAP, 0x6000, 0x6000, PAGE);
	only(b, CHECK_PROGRESS, 1);
}

/* ---- table pages ---- */

/* It is looked at as far as it came, which need not be the page that faulted. */
static void a_mapping_that_ended_early(void **state)
{
	struct bench *b = *state;
	struct nvt_event ev = {.kind = NVT_TOUCH, .fault = {.esr = READ}};

	before(b, &ev);
	put(b, 0, 0x4000, 3, leaf_desc(MEMORY(0x4000), 3, 3));
	put(b, 0, 0x5000, 3, leaf_desc(MEMORY(0x5000), 3, 3));
	answered(b, 0, CHECK_DID_TRY, 0x7000, 0x4000, 4 * PAGE);
	check_after(b->c, &ev);
	check_end(b->c);
	none_found(b);
	before(b, &ev);
	put(b, 0, 0x8000, 3, leaf_desc(MEMORY(0x9000), 3, 3));
	answered(b, 0, CHECK_DID_TRY, 0xb000, 0x8000, 4 * PAGE);
	check_after(b->c, &ev);
	only(b, CHECK_OUTPUT, 1);
}

static void a_page_that_is_linked_nowhere(void **state)
{
	struct bench *b = *state;

	map_well(b, 0x5000, 3, 3);
	take(b);
	check_end(b->c);
	only(b, CHECK_PAGES, 1);
}

static void a_page_that_is_linked_twice(void **state)
{
	struct bench *b = *state;

	map_well(b, 0x5000, 3, 3);
	put(b, 0, 0x40000000, 1, *entry_of(b, 0, 0, 1));
	check_end(b->c);
	only(b, CHECK_PAGES, 1);
}

static void a_page_that_was_given_back(void **state)
{
	struct bench *b = *state;

	map_well(b, 0x5000, 3, 3);
	check_table_freed(b->c, *entry_of(b, 0, 0, 2) & ~0xfffull, PAGE);
	check_end(b->c);
	only(b, CHECK_PAGES, 1);
}

static void pages_that_are_none(void **state)
{
	struct bench *b = *state;

	check_table_taken(b->c, TABLES_PA - PAGE, PAGE);
	check_table_taken(b->c, TABLES_PA + PAGES * PAGE - PAGE, 2 * PAGE);
	check_table_taken(b->c, TABLES_PA + 8, PAGE);
	check_table_taken(b->c, page_pa(0), PAGE);
	check_table_freed(b->c, page_pa(60), PAGE);
	put(b, 0, 0x40000000, 1, 0x1234000 | 3); /* leads out of the range */
	check_end(b->c);
	only(b, CHECK_PAGES, 6);
}

/* ---- L1's invalidations ---- */

#define IPAS2E1	    4, 1
#define RIPAS2E1    4, 2
#define VMALLS12E1  7, 6
#define ALLE1	    7, 4
#define TTL(g, l)   ((uint64_t)((g) << 2 | (l)) << 44)
#define RANGE(n, b) (1ull << 46 | ((uint64_t)(n)-1) << 39 | (b) >> 12)

static void an_invalidated_leaf_stays(void **state)
{
	struct bench *b = *state;

	map_well(b, 0x5000, 3, 3);
	send(b, tlbi_event(IPAS2E1, 0x6000 >> 12));
	none_found(b);
	send(b, tlbi_event(IPAS2E1, 0x5000 >> 12));
	only(b, CHECK_TLBI, 1);
}

static void an_invalidated_leaf_goes(void **state)
{
	struct bench *b = *state;
	struct nvt_event ev = tlbi_event(IPAS2E1, 0x5000 >> 12);

	map_well(b, 0x5000, 3, 3);
	before(b, &ev);
	clear(b, 0, 0x5000, 3);
	check_after(b->c, &ev);
	check_end(b->c);
	none_found(b);
}

static void pieces_of_an_invalidated_block_stay(void **state)
{
	struct bench *b = *state;

	map_well(b, BLOCK + 0x3000, 3, 2);
	map_well(b, BLOCK + 0x9000, 3, 2);
	send(b, tlbi_event(IPAS2E1, TTL(1, 3) | (BLOCK + 0x8000) >> 12)); /* pages: none here */
	none_found(b);
	send(b, tlbi_event(IPAS2E1, TTL(1, 2) | (BLOCK + 0x8000) >> 12));
	only(b, CHECK_TLBI, 2);
}

static void a_range_is_held_to_what_it_names(void **state)
{
	struct bench *b = *state;

	map_well(b, BLOCK + 0x3000, 3, 2);
	send(b, tlbi_event(RIPAS2E1, RANGE(1, BLOCK + 0x8000)));
	none_found(b);
	send(b, write_event(L1_T2 + 8, MEMORY(BLOCK) | L1_BLOCK, 0));
	send(b, tlbi_event(RIPAS2E1, RANGE(1, BLOCK + 0x8000)));
	only(b, CHECK_TLBI, 1);
}

static void whole_contexts_stay(void **state)
{
	struct bench *b = *state;
	struct nvt_event other = tlbi_event(VMALLS12E1, 0);

	map_well(b, 0x5000, 3, 3);
	other.tlbi.vttbr = VTTBR(1);
	send(b, other);
	none_found(b);
	send(b, tlbi_event(VMALLS12E1, 0));
	only(b, CHECK_TLBI, 1);
	other.tlbi.op = NVT_SYS_OP(4, 9, 7, 4);
	send(b, other);
	only(b, CHECK_TLBI, 2);
}

/* ---- the host ---- */

static void host_memory_stays_mapped(void **state)
{
	struct bench *b = *state;

	map_well(b, 0x5000, 3, 3);
	send(b, range_event(NVT_HOST_UNMAP, 0x1000, PAGE));
	none_found(b);
	send(b, range_event(NVT_HOST_UNMAP, MEMORY(0x5000), PAGE));
	only(b, CHECK_HOST_UNMAP, 1);
}

static void a_deleted_slot_stays_mapped(void **state)
{
	struct bench *b = *state;

	map_well(b, 0x5000, 3, 3);
	send(b, slot_event(NVT_SLOT_DELETE, 0, RAM_SIZE, 0, 0));
	only(b, CHECK_HOST_UNMAP, 1);
}

static void protected_memory_stays_writable(void **state)
{
	struct bench *b = *state;
	struct nvt_event ev = range_event(NVT_WRITE_PROTECT, MEMORY(0x5000), PAGE);

	map_well(b, 0x5000, 3, 3);
	map_well(b, 0x6000, 3, 3);
	before(b, &ev);
	*entry_of(b, 0, 0x5000, 3) &= ~LEAF_W;
	check_after(b->c, &ev);
	none_found(b);
	send(b, range_event(NVT_WRITE_PROTECT, MEMORY(0x6000), PAGE));
	only(b, CHECK_PROTECT, 1);
}

static void turns_are_waited_for(void **state)
{
	struct nvt_machine m = bench_machine();
	struct check_options options = {.quirks = ~0u};
	struct bench *b;

	(void)state;
	m.extents = true;
	bench_open((void **)&b, &m, NVT_FULL, &options);
	map_well(b, 0x5000, 3, 3);
	send(b, range_event(NVT_HOST_UNMAP, MEMORY(0x5000), PAGE));
	none_found(b);
	check_host_done(b->c, 0);
	only(b, CHECK_HOST_UNMAP, 1);
	check_host_done(b->c, 0);
	only(b, CHECK_HOST_UNMAP, 1);
	bench_teardown((void **)&b);
}

static void writes_are_logged(void **state)
{
	struct bench *b = *state;

	send(b, slot_event(NVT_SLOT_FLAGS, 0, RAM_SIZE, NVT_SLOT_LOG, 0));
	check_dirty(b->c, MEMORY(0x5000));
	map_well(b, 0x5000, 3, 3);
	none_found(b);
	map_well(b, 0x6000, 3, 3);
	only(b, CHECK_DIRTY, 1);
}

static void a_protected_page_is_logged_anew(void **state)
{
	struct bench *b = *state;
	struct nvt_event ev = range_event(NVT_WRITE_PROTECT, MEMORY(0), BLOCK);

	send(b, slot_event(NVT_SLOT_FLAGS, 0, RAM_SIZE, NVT_SLOT_LOG, 0));
	check_dirty(b->c, MEMORY(0x5000));
	map_well(b, 0x5000, 3, 3);
	before(b, &ev);
	*entry_of(b, 0, 0x5000, 3) &= ~LEAF_W;
	check_after(b->c, &ev);
	none_found(b);
	*entry_of(b, 0, 0x5000, 3) |= LEAF_W;
	answered(b, 0, CHECK_DID_RELAX, 0x5000, 0x5000, PAGE);
	only(b, CHECK_DIRTY, 1);
}

/* ---- access flags ---- */

#define VTCR_HA (1ull << 21)

/* L1 lets hardware set the flags in its tables. */
static void enter_with_ha(struct bench *b)
{
	struct nvt_event ev = switch_event(NVT_ERET, 0);

	b->contexts[0].vtcr = ev.context.vtcr = VTCR | VTCR_HA;
	send(b, switch_event(NVT_EXCEPTION, 0));
	send(b, ev);
}

static void a_flag_of_L1s_is_not_set(void **state)
{
	struct bench *b = *state;

	enter_with_ha(b);
	send(b, write_event(L1_T2 + 8, MEMORY(BLOCK) | L1_BLOCK, MEMORY(BLOCK) | 0x3c1));
	send(b, write_event(L1_T2 + 16, MEMORY(2 * BLOCK) | L1_BLOCK, MEMORY(2 * BLOCK) | 0x3c1));
	check_access_flag(b->c, L1_T2 + 8, MEMORY(BLOCK) | L1_BLOCK);
	map_well(b, BLOCK, 2, 2);
	map_well(b, 2 * BLOCK + 0x5000, 3, 2);
	only(b, CHECK_ACCESS_FLAG, 1);
	assert_int_equal(check_result(b->c)->kept[0].ipa, 2 * BLOCK + 0x5000);
	check_access_flag(b->c, L1_T2 + 16, MEMORY(2 * BLOCK) | L1_BLOCK);
	map_well(b, 2 * BLOCK + 0x6000, 3, 2);
	check_end(b->c);
	only(b, CHECK_ACCESS_FLAG, 1);
}

/* The page that faulted has its flag, the others under the block do not. */
static void flags_of_neighbours_are_not_set(void **state)
{
	struct bench *b = *state;
	uint64_t i;

	enter_with_ha(b);
	for (i = 0; i < ENTRIES; i++)
		send(b, write_event(L1_T3 + 8 * i, MEMORY(i * PAGE) | L1_PAGE,
				    MEMORY(i * PAGE) | 0x3c3));
	check_access_flag(b->c, L1_T3 + 40, MEMORY(0x5000) | L1_PAGE);
	map(b, 0, 0x5000, 2, leaf_desc(MEMORY(0), 2, 3));
	only(b, CHECK_ACCESS_FLAG, 1);
	assert_int_equal(check_result(b->c)->kept[0].size, 511 * PAGE);
}

/* L1 may clear a flag while the shadow leaf stands: TLBs may have it, too. */
static void a_flag_that_was_cleared_later(void **state)
{
	struct bench *b = *state;

	enter_with_ha(b);
	map(b, 0, 0x5000, 3, leaf_desc(MEMORY(0x5000), 3, 3) & ~LEAF_W);
	send(b, write_event(L1_T3 + 40, MEMORY(0x5000) | L1_PAGE, MEMORY(0x5000) | 0x3c3));
	*entry_of(b, 0, 0x5000, 3) |= LEAF_W;
	answered(b, 0, CHECK_DID_RELAX, 0x5000, 0x5000, PAGE);
	check_end(b->c);
	none_found(b);
}

/* Where only leaves are known, the one that faulted is meant, wherever its table is said to lie. */
static void a_flag_in_a_leaf_that_was_shown(void **state)
{
	struct check_options options = {.quirks = ~0u};
	struct nvt_machine m = bench_machine();
	struct nvt_event leaf = {.kind = NVT_L1_LEAF,
				 .l1_leaf = {.vttbr = VTTBR(0), .vtcr = VTCR | VTCR_HA}};
	struct bench *b;
	unsigned int i;

	(void)state;
	bench_open((void **)&b, &m, NVT_OBSERVED, &options);
	enter_with_ha(b);
	for (i = 5; i < 8; i++) {
		leaf.l1_leaf.ipa = i * PAGE;
		leaf.l1_leaf.desc = MEMORY(i * PAGE) | 0x3c3;
		leaf.l1_leaf.level = 3;
		send(b, leaf);
	}
	check_access_flag(b->c, 0x123450, 1);
	map_well(b, 0x5000, 3, 3);
	none_found(b);
	map_well(b, 0x6000, 3, 3);
	only(b, CHECK_ACCESS_FLAG, 1);
	/* The address was shown nothing of. */
	check_access_flag(b->c, 0x123450, 1);
	answered(b, 0, CHECK_DID_OTHER, 1ull << 39, 0, 0);
	map_well(b, 0x7000, 3, 3);
	only(b, CHECK_ACCESS_FLAG, 2);
	bench_teardown((void **)&b);
}

/* ---- contexts and injections ---- */

static void a_recycled_context_keeps_leaves(void **state)
{
	struct bench *b = *state;

	map_well(b, 0x5000, 3, 3);
	b->contexts[0].vttbr = VTTBR(1);
	send(b, switch_event(NVT_EXCEPTION, 0));
	send(b, switch_event(NVT_ERET, 1));
	map_well(b, 0x6000, 3, 3);
	only(b, CHECK_RECYCLED, 1);
	map_well(b, 0x7000, 3, 3);
	only(b, CHECK_RECYCLED, 1);
}

static void another_guests_context(void **state)
{
	struct bench *b = *state;

	b->contexts[0].vttbr = VTTBR(1);
	map_well(b, 0x5000, 3, 3);
	only(b, CHECK_CONTEXT, 1);
}

static void l2_on_l1s_table(void **state)
{
	struct bench *b = *state;

	map(b, CANONICAL, 0x40000000, 2, leaf_desc(0x40000000, 2, 0));
	only(b, CHECK_CONTEXT, 1);
	check_vcpu_runs(b->c, 0, true);
	map(b, CANONICAL, 0x40200000, 2, leaf_desc(0x40200000, 2, 0));
	only(b, CHECK_CONTEXT, 1);
}

static void inject(struct bench *b, uint64_t esr, uint64_t ipa, unsigned int fsc)
{
	struct check_fault f = {.esr = esr,
				.ipa = ipa,
				.did = CHECK_DID_INJECT,
				.inject_esr = ((uint32_t)esr & ~0x3fu) | fsc};

	check_fault(b->c, &f);
}

static void injections(void **state)
{
	struct bench *b = *state;

	send(b, write_event(L1_T3 + 5 * 8, MEMORY(0x5000) | L1_PAGE, 0));
	send(b, write_event(L1_T3 + 6 * 8, MEMORY(0x6000) | L1_PAGE, MEMORY(0x6000) | L1_RO));
	inject(b, READ, 0x5000, 0x07);
	inject(b, (WRITE & ~0x3full) | 0x0f, 0x6000, 0x0f);
	none_found(b);
	inject(b, READ, 0x5000, 0x06);	/* another level */
	inject(b, READ, 0x7000, 0x07);	/* L1 maps that */
	inject(b, WRITE, 0x6000, 0x0f); /* not yet: Q24 */
	only(b, CHECK_INJECTED, 3);
}

/* ---- the checker itself ---- */

static void a_rule_is_switched_off(void **state)
{
	struct check_options options = {.quirks = ~0u, .disabled = 1u << CHECK_OUTPUT};
	struct nvt_machine m = bench_machine();
	struct bench *b;

	(void)state;
	bench_open((void **)&b, &m, NVT_FULL, &options);
	map(b, 0, 0x5000, 3, leaf_desc(MEMORY(0x6000), 3, 3));
	none_found(b);
	bench_teardown((void **)&b);
}

static void a_clone_goes_its_own_way(void **state)
{
	struct bench *b = *state, *other = malloc(sizeof(*other));
	struct check_view view;

	map_well(b, 0x5000, 3, 3);
	memcpy(other, b, sizeof(*other));
	view = bench_view(other);
	other->c = check_clone(b->c, &view);
	assert_non_null(other->c);
	map_well(b, 0x6000, 3, 3);
	check_end(other->c);
	none_found(other);
	put(other, 0, 0x5000, 3, 0);
	check_end(other->c);
	assert_int_equal(count_of(other, CHECK_FLUSH), 1);
	check_end(b->c);
	none_found(b);
	check_free(other->c);
	free(other);
}

/* What a clone finds in the event at hand is of the vCPU that the event is of. */
static void a_clone_is_made_in_the_middle_of_an_event(void **state)
{
	struct bench *b = *state, *other = malloc(sizeof(*other));
	struct nvt_event ev = {.kind = NVT_TOUCH, .vcpu = 1, .fault = {.esr = READ}};
	struct check_view view;

	before(b, &ev);
	memcpy(other, b, sizeof(*other));
	view = bench_view(other);
	other->c = check_clone(b->c, &view);
	assert_non_null(other->c);
	put(other, 0, 0x5000, 3, leaf_desc(MEMORY(0x6000), 3, 3));
	answered(other, 0, CHECK_DID_MAP, 0x5000, 0x5000, PAGE);
	assert_int_equal(count_of(other, CHECK_OUTPUT), 1);
	assert_int_equal(check_result(other->c)->kept[0].vcpu, 1);
	assert_int_equal(check_result(other->c)->kept[0].ordinal, b->ordinal - 1);
	none_found(b);
	check_free(other->c);
	free(other);
}

static void audits_come_when_they_are_asked_for(void **state)
{
	struct check_options options = {.quirks = ~0u, .audit_every = 2};
	struct nvt_machine m = bench_machine();
	struct bench *b;

	(void)state;
	bench_open((void **)&b, &m, NVT_FULL, &options);
	assert_int_equal(check_result(b->c)->audits, 1);
	put(b, 0, 0x6000, 3, leaf_desc(MEMORY(0x6000), 3, 3));
	send(b, switch_event(NVT_ERET, 0));
	none_found(b);
	send(b, switch_event(NVT_EXCEPTION, 0));
	only(b, CHECK_UNACCOUNTED, 1);
	bench_teardown((void **)&b);
}

/* Whatever tables hold, looking at them ends, and stays within them. */
static void arbitrary_tables_are_survived(void **state)
{
	struct bench *b = *state;
	uint64_t x = 88172645463325252ull;
	unsigned int round, i;

	for (i = 6; i < PAGES; i++)
		take(b);
	for (round = 0; round < 200; round++) {
		for (i = 0; i < 400; i++) {
			uint64_t desc;

			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			desc = x & 1 ? page_pa((unsigned int)(x >> 20) % PAGES) | 3 : x >> 3;
			b->tables[(x >> 32) % PAGES][(x >> 40) % ENTRIES] = x & 2 ? desc : 0;
		}
		check_tlb(b->c, 0, CHECK_TLB_REMOVE, x & 0xfffffff000, x >> 40);
		answered(b, 0, CHECK_DID_MAP, x & 0xfffffff000, x & 0xffffe00000, x >> 30);
		send(b, tlbi_event(IPAS2E1, x & 0xfffffff));
		send(b, range_event(NVT_WRITE_PROTECT, x, x >> 7));
		send(b, range_event(NVT_HOST_UNMAP, x >> 30, x));
		if (round % 16 == 0)
			check_end(b->c);
	}
	assert_true(check_result(b->c)->findings > 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(right_tables_have_no_findings),
		CASE(canonical_and_s2_off_are_one_to_one),
		CASE(a_hole_under_a_block),
		CASE(a_page_that_lies_elsewhere),
		CASE(one_page_of_a_block_lies_elsewhere),
		CASE(memory_without_a_slot),
		CASE(what_l1_does_not_permit),
		CASE(what_the_host_does_not_permit),
		CASE(a_read_only_slot),
		CASE(a_tag_of_another_level),
		CASE(unknown_backing_is_counted),
		CASE(forms),
		CASE(device_memory),
		CASE(contiguous_groups),
		cmocka_unit_test(many_groups_at_once),
		CASE(a_page_of_a_group_goes),
		CASE(a_change_without_a_break),
		CASE(a_change_with_a_break),
		CASE(a_break_after_the_make),
		CASE(a_block_is_split),
		CASE(a_table_becomes_a_block),
		CASE(a_leaf_goes_unflushed),
		CASE(a_table_goes_unflushed),
		CASE(a_leaf_that_nobody_asked_for),
		CASE(a_permission_that_nobody_asked_for),
		CASE(access_flags_and_less_permission_are_free),
		CASE(no_progress),
		CASE(a_mapping_that_ended_early),
		CASE(a_page_that_is_linked_nowhere),
		CASE(a_page_that_is_linked_twice),
		CASE(a_page_that_was_given_back),
		CASE(pages_that_are_none),
		CASE(an_invalidated_leaf_stays),
		CASE(an_invalidated_leaf_goes),
		CASE(pieces_of_an_invalidated_block_stay),
		CASE(a_range_is_held_to_what_it_names),
		CASE(whole_contexts_stay),
		CASE(host_memory_stays_mapped),
		CASE(a_deleted_slot_stays_mapped),
		CASE(protected_memory_stays_writable),
		cmocka_unit_test(turns_are_waited_for),
		CASE(writes_are_logged),
		CASE(a_protected_page_is_logged_anew),
		CASE(a_flag_of_L1s_is_not_set),
		CASE(flags_of_neighbours_are_not_set),
		CASE(a_flag_that_was_cleared_later),
		cmocka_unit_test(a_flag_in_a_leaf_that_was_shown),
		CASE(a_recycled_context_keeps_leaves),
		CASE(another_guests_context),
		CASE(l2_on_l1s_table),
		CASE(injections),
		cmocka_unit_test(a_rule_is_switched_off),
		CASE(a_clone_goes_its_own_way),
		CASE(a_clone_is_made_in_the_middle_of_an_event),
		cmocka_unit_test(audits_come_when_they_are_asked_for),
		CASE(arbitrary_tables_are_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
