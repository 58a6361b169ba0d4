/* SPDX-License-Identifier: GPL-2.0-only */
#include "port.h"

#include "internal.h"

#define BLOCK_SHIFT(p) (2 * (p)-3) /* what a level-2 entry spans */

static const struct s2_prot rw = {.perm = {.r = true, .w = true}, .tag = 3};
static const struct s2_prot ro = {.perm = {.r = true}, .tag = 3};
static const struct s2_prot rx = {.perm = {.r = true, .x_el0 = true}, .tag = 3};

struct fixture {
	struct world w;
	struct s2_mmu *mmu;
	unsigned int shift;
	uint64_t page, block;
};

static int setup_shift(void **state, unsigned int shift)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct s2_config cfg = world_config(shift);

	world_start(&f->w, &cfg, 1);
	world_enter(&f->w, 0, 0, 0, 1);
	f->mmu = f->w.vcpu[0].mmu;
	f->shift = shift;
	f->page = 1ull << shift;
	f->block = 1ull << BLOCK_SHIFT(shift);
	*state = f;
	return 0;
}

static int setup_4k(void **state)
{
	return setup_shift(state, 12);
}

static int setup_16k(void **state)
{
	return setup_shift(state, 14);
}

static int setup_64k(void **state)
{
	return setup_shift(state, 16);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	world_stop(&f->w);
	free(f);
	return 0;
}

static struct s2_map_result map(struct fixture *f, uint64_t ipa, uint64_t size, uint64_t pa,
				const struct s2_prot *prot)
{
	struct s2_map_result r =
		s2_map(&f->w.vm, f->mmu, (struct table_ipa){ipa}, size, (struct host_pa){pa}, prot);

	port_settle(f->w.port);
	return r;
}

static struct s2_swept unmap(struct fixture *f, uint64_t ipa, uint64_t size)
{
	struct s2_swept s = s2_unmap(&f->w.vm, f->mmu, (struct table_ipa){ipa}, size);

	port_settle(f->w.port);
	return s;
}

static uint64_t leaf(struct fixture *f, uint64_t ipa)
{
	return port_leaf(f->w.port, f->mmu, ipa);
}

static int level_at(struct fixture *f, uint64_t ipa)
{
	int level;

	port_entry(f->w.port, f->mmu, ipa, &level);
	return level;
}

static unsigned int tables(const struct fixture *f)
{
	return f->mmu->table.page_count;
}

static unsigned int flushes(const struct fixture *f, enum s2_tlb_op op)
{
	unsigned int i, n = 0;

	for (i = 0; i < f->w.port->tlb_count; i++)
		n += f->w.port->tlb[i].op == op;
	return n;
}

#define OK(call) assert_int_equal((call).status, S2_MAP_OK)

/* ---- map ---- */

static void a_page_is_a_page_descriptor_in_the_last_level(void **state)
{
	struct fixture *f = *state;
	struct s2_map_result r = map(f, 7 * f->page, f->page, 0x880000000, &rw);

	OK(r);
	assert_int_equal(level_at(f, 7 * f->page), 3);
	/* Page, Normal (FWB), RW, inner shareable, AF, XN, tag. */
	assert_int_equal(leaf(f, 7 * f->page), 0x01c00008800007db);
	assert_int_equal(r.pte, leaf(f, 7 * f->page));
	assert_int_equal(leaf(f, 6 * f->page), 0);
	assert_int_equal(leaf(f, 8 * f->page), 0);
	assert_false(r.split || r.collapsed);
	assert_int_equal(f->w.port->tlb_count, 0);
}

static void an_aligned_range_becomes_a_block(void **state)
{
	struct fixture *f = *state;

	OK(map(f, 3 * f->block, f->block, 5 * f->block, &rw));
	assert_int_equal(level_at(f, 3 * f->block), 2);
	assert_int_equal(leaf(f, 3 * f->block), 0x01c00000000007d9 | 5 * f->block);
}

static void a_range_that_is_not_aligned_becomes_pages(void **state)
{
	struct fixture *f = *state;

	OK(map(f, 3 * f->block, f->block, 5 * f->block + f->page, &rw));
	assert_int_equal(level_at(f, 3 * f->block), 3);
	assert_int_equal(level_at(f, 4 * f->block - f->page), 3);
	assert_int_equal(leaf(f, 4 * f->block - f->page) & mask(47, 12), 6 * f->block);
}

static void a_1G_range_is_a_block_on_4K_hosts_only(void **state)
{
	struct fixture *f = *state;
	uint64_t size = 1ull << (3 * f->shift - 6);

	if (f->shift == 16)
		size = 4 * f->block; /* 4T is too much for a test */
	OK(map(f, size, size, size, &rw));
	assert_int_equal(level_at(f, size), f->shift == 12 ? 1 : 2);
}

static void a_range_takes_the_largest_leaves_that_fit(void **state)
{
	struct fixture *f = *state;
	uint64_t start = f->block - f->page;

	OK(map(f, start, f->block + 2 * f->page, start, &rw));
	assert_int_equal(level_at(f, start), 3);
	assert_int_equal(level_at(f, f->block), 2);
	assert_int_equal(level_at(f, 2 * f->block), 3);
	assert_int_equal(leaf(f, 2 * f->block + f->page), 0);
}

static void the_same_again_changes_nothing(void **state)
{
	struct fixture *f = *state;

	OK(map(f, f->page, f->page, f->page, &rw));
	assert_int_equal(map(f, f->page, f->page, f->page, &rw).status, S2_MAP_AGAIN);
	assert_int_equal(f->w.port->tlb_count, 0);
}

static void a_difference_in_permissions_is_left_alone(void **state)
{
	struct fixture *f = *state;
	uint64_t before;

	OK(map(f, f->page, f->page, f->page, &ro));
	before = leaf(f, f->page);
	assert_int_equal(map(f, f->page, f->page, f->page, &rw).status, S2_MAP_AGAIN);
	assert_int_equal(map(f, f->page, f->page, f->page, &rx).status, S2_MAP_AGAIN);
	assert_int_equal(leaf(f, f->page), before);
}

static void a_different_tag_is_broken_before_it_is_made(void **state)
{
	struct fixture *f = *state;
	struct s2_prot other = rw;

	other.tag = 2;
	OK(map(f, f->page, f->page, f->page, &rw));
	OK(map(f, f->page, f->page, f->page, &other));
	assert_int_equal(flushes(f, S2_TLB_IPA), 1);
	assert_int_equal(f->w.port->tlb[0].ipa, f->page);
	assert_int_equal(f->w.port->tlb[0].size, f->page);
	assert_int_equal(leaf(f, f->page) >> 55 & 3, 2);
}

static void a_different_frame_is_broken_before_it_is_made(void **state)
{
	struct fixture *f = *state;

	OK(map(f, f->page, f->page, f->page, &rw));
	OK(map(f, f->page, f->page, 9 * f->page, &rw));
	assert_int_equal(flushes(f, S2_TLB_IPA), 1);
	assert_int_equal(leaf(f, f->page) & mask(47, 12), 9 * f->page);
}

static void an_old_page_is_mapped_again(void **state)
{
	struct fixture *f = *state;

	OK(map(f, f->page, f->page, f->page, &rw));
	s2_age(&f->w.vm, f->mmu, (struct table_ipa){f->page}, f->page);
	port_settle(f->w.port);
	OK(map(f, f->page, f->page, f->page, &rw)); /* AF is no permission */
	assert_true(s2_leaf_af(leaf(f, f->page)));
}

/* ---- block and table ---- */

static void a_block_replaced_by_a_page_loses_the_rest(void **state)
{
	struct fixture *f = *state;
	struct s2_map_result r;
	unsigned int before;

	OK(map(f, f->block, f->block, f->block, &rw));
	before = tables(f);
	r = map(f, f->block + f->page, f->page, f->block + f->page, &rw);
	OK(r);
	assert_true(r.split);
	assert_int_equal(tables(f), before + 1);
	assert_int_equal(leaf(f, f->block), 0);
	assert_int_equal(level_at(f, f->block + f->page), 3);
	assert_int_equal(flushes(f, S2_TLB_IPA), 1);
	assert_int_equal(f->w.port->tlb[0].size, f->block);
}

static void a_table_replaced_by_a_block_is_freed(void **state)
{
	struct fixture *f = *state;
	struct s2_map_result r;
	unsigned int i;

	for (i = 0; i < 5; i++)
		OK(map(f, f->block + i * 3 * f->page, f->page, i * f->page, &rw));
	i = tables(f);
	r = map(f, f->block, f->block, f->block, &rw);
	OK(r);
	assert_true(r.collapsed);
	assert_int_equal(tables(f), i - 1);
	assert_int_equal(level_at(f, f->block + 3 * f->page), 2);
}

static void tables_below_tables_are_freed_with_them(void **state)
{
	struct fixture *f = *state;
	unsigned int before = tables(f), i;

	for (i = 1; i < 12; i += 2) /* with gaps */
		OK(map(f, (1ull << 30) + i * f->block, f->page * (i % 3 + 1), 0, &rw));
	OK(map(f, (1ull << 30) + 14 * f->block, f->block, 0, &rw));
	OK(map(f, (2ull << 30) - f->page, f->page, 0, &rw));
	OK(map(f, 1ull << 30, 1ull << 30, 1ull << 30, &rw));
	assert_int_equal(level_at(f, (1ull << 30) + 5 * f->block), 1);
	assert_int_equal(tables(f), before + 1);
}

static void the_table_used_last_is_forgotten_when_it_goes(void **state)
{
	struct fixture *f = *state;

	OK(map(f, f->block, f->page, f->block, &rw));  /* remembers the table */
	OK(map(f, f->block, f->block, f->block, &rw)); /* frees it */
	assert_int_equal(level_at(f, f->block), 2);
	assert_true(s2_lookup(&f->w.vm, f->mmu, (struct table_ipa){f->block}).level == 2);
	OK(map(f, f->block + f->page, f->page, 0, &rw));
	unmap(f, f->block, f->block);
	assert_false(s2_lookup(&f->w.vm, f->mmu, (struct table_ipa){f->block + f->page}).valid);
	OK(map(f, f->block, f->page, f->block, &rw));
}

/* ---- no memory ---- */

static void each_allocation_can_fail(void **state)
{
	struct fixture *f = *state;
	unsigned int n, needed, empty = tables(f);

	OK(map(f, 0, f->page, 0, &rw));
	needed = f->w.port->allocs;
	unmap(f, 0, f->page);
	for (n = 1; n <= needed; n++) {
		f->w.port->fail_alloc = n;
		assert_int_equal(map(f, 0, f->page, 0, &rw).status, S2_MAP_NOMEM);
		assert_int_equal(leaf(f, 0), 0);
		/* Tables that were made by then go with the next invalidation. */
		unmap(f, 0, f->page);
		assert_int_equal(tables(f), empty);
	}
	OK(map(f, 0, f->page, 0, &rw));
}

static void a_block_stays_whole_when_it_cannot_be_split(void **state)
{
	struct fixture *f = *state;
	uint64_t before;

	OK(map(f, 0, f->block, 0, &rw));
	before = leaf(f, 0);
	f->w.port->fail_alloc = 1;
	assert_int_equal(map(f, 0, f->page, 0, &rw).status, S2_MAP_NOMEM);
	assert_int_equal(leaf(f, 0), before);
	assert_int_equal(f->w.port->tlb_count, 0);
}

static void a_long_mapping_stops_where_memory_ends(void **state)
{
	struct fixture *f = *state;

	OK(map(f, 0, f->page, 0, &rw));
	f->w.port->fail_alloc = 1;
	assert_int_equal(map(f, f->block - f->page, 2 * f->page, 0, &rw).status, S2_MAP_NOMEM);
	assert_true(leaf(f, f->block - f->page) & 1);
	assert_int_equal(leaf(f, f->block), 0);
}

/* ---- one leaf ---- */

static struct s2_map_result relax(struct fixture *f, uint64_t ipa, const struct s2_prot *prot)
{
	struct s2_map_result r = s2_relax(&f->w.vm, f->mmu, (struct table_ipa){ipa}, prot);

	port_settle(f->w.port);
	return r;
}

static void relaxing_adds_and_never_removes(void **state)
{
	struct fixture *f = *state;
	struct s2_prot none = {0};

	OK(map(f, 0, f->page, 0, &ro));
	OK(relax(f, 0, &rw));
	assert_int_equal(leaf(f, 0) & 0xc0, 0xc0);
	OK(relax(f, 0, &none));
	assert_int_equal(leaf(f, 0) & 0xc0, 0xc0);
	assert_int_equal(leaf(f, 0) >> 53 & 3, 2);
	assert_int_equal(flushes(f, S2_TLB_PERMS), 2);
	assert_int_equal(f->w.port->tlb[0].size, f->page);
}

static void relaxing_replaces_XN_where_execution_is_asked_for(void **state)
{
	struct fixture *f = *state;
	struct s2_prot x1 = {.perm = {.x_el1 = true}};

	OK(map(f, 0, f->page, 0, &rw));
	OK(relax(f, 0, &rx));
	assert_int_equal(leaf(f, 0) >> 53 & 3, 1);
	OK(relax(f, 0, &rw)); /* no execution asked for */
	assert_int_equal(leaf(f, 0) >> 53 & 3, 1);
	OK(relax(f, 0, &x1)); /* replaced, not added */
	assert_int_equal(leaf(f, 0) >> 53 & 3, 3);
}

static void relaxing_keeps_tag_frame_and_type(void **state)
{
	struct fixture *f = *state;
	struct s2_prot other = {.perm = {.w = true}, .memory = S2_DEVICE, .tag = 1};
	uint64_t before;

	OK(map(f, 0, f->block, f->block, &ro));
	before = leaf(f, 0);
	OK(relax(f, 3 * f->page, &other));
	assert_int_equal(leaf(f, 0), before | 0x80);
	assert_int_equal(f->w.port->tlb[0].size, f->block);
}

static void nothing_there_cannot_be_relaxed(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(relax(f, 0, &rw).status, S2_MAP_AGAIN);
	OK(map(f, 0, f->page, 0, &rw));
	assert_int_equal(relax(f, f->page, &rw).status, S2_MAP_AGAIN);
	assert_int_equal(leaf(f, f->page), 0);
}

static void making_young_sets_the_flag_of_a_leaf_if_there_is_one(void **state)
{
	struct fixture *f = *state;

	OK(map(f, 0, f->page, 0, &rw));
	s2_age(&f->w.vm, f->mmu, (struct table_ipa){0}, f->page);
	assert_false(s2_leaf_af(leaf(f, 0)));
	s2_make_young(&f->w.vm, f->mmu, (struct table_ipa){0});
	assert_true(s2_leaf_af(leaf(f, 0)));
	s2_make_young(&f->w.vm, f->mmu, (struct table_ipa){f->page});
	s2_make_young(&f->w.vm, f->mmu, (struct table_ipa){f->block});
	assert_int_equal(leaf(f, f->page), 0);
	assert_int_equal(leaf(f, f->block), 0);
}

static void what_is_no_whole_group_is_mapped_without_the_hint(void **state)
{
	struct fixture *f = *state;
	struct s2_prot prot = rw;

	prot.contig = true;
	OK(map(f, f->page, f->page, f->page, &prot));
	OK(map(f, 2 * f->page, 2 * f->page, 2 * f->page, &prot));
	assert_true(leaf(f, f->page) & leaf(f, 2 * f->page) & leaf(f, 3 * f->page) & 1);
	assert_false((leaf(f, f->page) | leaf(f, 2 * f->page)) & 1ull << 52);
}

static void addresses_beyond_the_table_are_refused(void **state)
{
	struct fixture *f = *state;
	uint64_t end = 1ull << 48;
	unsigned int before = tables(f);

	assert_int_equal(map(f, end, f->page, 0, &rw).status, S2_MAP_RANGE);
	assert_int_equal(map(f, end - f->page, 2 * f->page, 0, &rw).status, S2_MAP_RANGE);
	assert_int_equal(map(f, ~0ull << f->shift, f->page, 0, &rw).status, S2_MAP_RANGE);
	assert_int_equal(map(f, 0, end + f->page, 0, &rw).status, S2_MAP_RANGE);
	assert_int_equal(relax(f, end, &rw).status, S2_MAP_RANGE);
	s2_make_young(&f->w.vm, f->mmu, (struct table_ipa){end});
	assert_false(s2_lookup(&f->w.vm, f->mmu, (struct table_ipa){end}).valid);
	assert_int_equal(unmap(f, end, f->page).leaves, 0);
	assert_int_equal(tables(f), before);
	OK(map(f, end - f->page, f->page, 0, &rw));
	assert_int_equal(unmap(f, end - f->page, ~0ull).leaves, 1);
}

/* ---- lookup ---- */

static void a_lookup_tells_leaf_level_size_and_frame(void **state)
{
	struct fixture *f = *state;
	struct s2_leaf l;
	int level;

	OK(map(f, f->block, f->block, 5 * f->block, &rw));
	l = s2_lookup(&f->w.vm, f->mmu, (struct table_ipa){f->block + 3 * f->page + 8});
	assert_true(l.valid);
	assert_int_equal(l.level, 2);
	assert_int_equal(l.start.v, f->block);
	assert_int_equal(l.size, f->block);
	assert_int_equal(l.pa.v, 5 * f->block);
	assert_int_equal(l.desc, leaf(f, f->block));
	assert_int_equal(s2_descriptor(&f->w.vm, f->mmu, (struct table_ipa){f->block}, &level),
			 l.desc);
	assert_int_equal(level, 2);
	assert_int_equal(s2_descriptor(&f->w.vm, f->mmu, (struct table_ipa){1ull << 48}, &level),
			 0);
	l = s2_lookup(&f->w.vm, f->mmu, (struct table_ipa){2 * f->block});
	assert_false(l.valid);
	assert_int_equal(l.level, 2);
	assert_int_equal(l.size, f->block);
}

struct visited {
	uint64_t next; /* entries come without a gap */
	unsigned int valid;
	uint64_t bytes;
};

static void visit(void *arg, struct table_ipa start, int level, uint64_t size, uint64_t desc)
{
	struct visited *v = arg;

	assert_int_equal(start.v, v->next);
	assert_true(level <= 3);
	v->next += size;
	if (desc & 1) {
		v->valid++;
		v->bytes += size;
	}
}

static void every_entry_is_visited_once_in_order(void **state)
{
	struct fixture *f = *state;
	struct visited v = {0};

	OK(map(f, 0, f->page, 0, &rw));
	OK(map(f, 2 * f->block, f->block, 0, &rw));
	OK(map(f, (1ull << 48) - f->page, f->page, 0, &rw));
	s2_for_each_entry(&f->w.vm, f->mmu, visit, &v);
	assert_int_equal(v.next, 1ull << 48);
	assert_int_equal(v.valid, 3);
	assert_int_equal(v.bytes, 2 * f->page + f->block);
}

/* ---- ranges ---- */

static void unmapping_removes_whole_leaves(void **state)
{
	struct fixture *f = *state;
	struct s2_swept s;

	OK(map(f, f->block, f->block, 0, &rw));
	OK(map(f, 2 * f->block, f->page, 0, &rw));
	s = unmap(f, f->block + f->page, f->page);
	assert_int_equal(s.leaves, 1);
	assert_int_equal(s.bytes, f->block);
	assert_int_equal(leaf(f, f->block), 0);
	assert_true(leaf(f, 2 * f->block) & 1);
}

static void unmapping_frees_tables_that_it_leaves_empty(void **state)
{
	struct fixture *f = *state;
	unsigned int empty = tables(f), i;

	for (i = 0; i < 4; i++)
		OK(map(f, i * f->page, f->page, 0, &rw));
	assert_true(tables(f) > empty);
	unmap(f, 0, 2 * f->page);
	assert_true(tables(f) > empty);
	unmap(f, 2 * f->page, f->page);
	assert_true(tables(f) > empty);
	unmap(f, 3 * f->page, f->page);
	assert_int_equal(tables(f), empty);
	assert_int_equal(flushes(f, S2_TLB_RANGE), 3);
}

static void unmapping_an_empty_range_flushes_nothing(void **state)
{
	struct fixture *f = *state;

	OK(map(f, 0, f->page, 0, &rw));
	assert_int_equal(unmap(f, f->page, f->block).leaves, 0);
	assert_int_equal(unmap(f, 0, 0).leaves, 0);
	assert_int_equal(f->w.port->tlb_count, 0);
}

static void emptying_visits_no_more_than_it_must(void **state)
{
	struct fixture *f = *state;
	struct s2_swept s = s2_unmap_all(&f->w.vm, f->mmu);

	assert_true(s.visited <= 1);
	OK(map(f, 0, f->page, 0, &rw));
	s = s2_unmap_all(&f->w.vm, f->mmu);
	port_settle(f->w.port);
	assert_int_equal(s.leaves, 1);
	assert_true(s.visited <= 4);
}

static void protecting_clears_W_and_nothing_else(void **state)
{
	struct fixture *f = *state;
	struct s2_swept s;
	uint64_t before;

	OK(map(f, 0, f->block, 0, &rw));
	OK(map(f, f->block, f->page, 0, &ro));
	before = leaf(f, 0);
	s = s2_protect(&f->w.vm, f->mmu, (struct table_ipa){f->page}, f->block, true);
	port_settle(f->w.port);
	assert_int_equal(s.leaves, 1);
	assert_int_equal(leaf(f, 0), before & ~0x80ull);
	assert_int_equal(flushes(f, S2_TLB_RANGE), 1);
	s = s2_protect(&f->w.vm, f->mmu, (struct table_ipa){0}, f->block, true);
	assert_int_equal(s.leaves, 0);
	assert_int_equal(flushes(f, S2_TLB_RANGE), 1);
}

static void protecting_can_go_without_a_flush(void **state)
{
	struct fixture *f = *state;

	OK(map(f, 0, f->page, 0, &rw));
	s2_protect(&f->w.vm, f->mmu, (struct table_ipa){0}, f->page, false);
	assert_int_equal(f->w.port->tlb_count, 0);
}

static void ageing_tells_who_was_young(void **state)
{
	struct fixture *f = *state;

	OK(map(f, 0, 2 * f->page, 0, &rw));
	assert_int_equal(s2_age(&f->w.vm, f->mmu, (struct table_ipa){0}, f->page).leaves, 1);
	assert_int_equal(s2_age(&f->w.vm, f->mmu, (struct table_ipa){0}, f->block).leaves, 1);
	assert_int_equal(s2_age(&f->w.vm, f->mmu, (struct table_ipa){0}, f->block).leaves, 0);
	assert_true(leaf(f, 0) & 1);
}

/* ---- roots ---- */

static void roots_have_the_fewest_levels_and_at_least_two(void **state)
{
	struct fixture *f = *state;
	unsigned int bits;

	for (bits = 32; bits <= 52; bits++) {
		unsigned int stride = f->shift - 3, levels = 2, root_bits;
		struct s2_mmu mmu = {.nested = true};

		while (bits > f->shift + levels * stride + 4)
			levels++;
		assert_true(s2_table_init(&f->w.vm, &mmu.table, bits));
		assert_int_equal(mmu.table.start_level, 4 - levels);
		root_bits = bits - (f->shift + (levels - 1) * stride);
		assert_int_equal(mmu.table.page_count,
				 root_bits > stride ? 1u << (root_bits - stride) : 1);
		/* VTTBR_EL2.BADDR is aligned to the size of the root. */
		assert_int_equal(mmu.table.root.v & ((8ull << root_bits) - 1), 0);
		s2_table_destroy(&f->w.vm, &mmu);
		assert_int_equal(mmu.table.page_count, 0);
	}
}

static void a_root_of_many_pages_is_one_table(void **state)
{
	struct s2_config cfg = world_config(12);
	struct world w;
	struct s2_mmu *mmu;
	uint64_t at[] = {0, 1ull << 34, (1ull << 43) - 4096};
	size_t i;

	(void)state;
	cfg.ipa_limit = 43; /* 4K: 3 levels, 16 start tables */
	world_start(&w, &cfg, 1);
	world_enter(&w, 0, 0, 0, 1);
	mmu = w.vcpu[0].mmu;
	assert_int_equal(mmu->table.page_count, 16);
	for (i = 0; i < 3; i++)
		OK(s2_map(&w.vm, mmu, (struct table_ipa){at[i]}, 4096, (struct host_pa){0}, &rw));
	port_settle(w.port);
	for (i = 0; i < 3; i++)
		assert_true(port_leaf(w.port, mmu, at[i]) & 1);
	assert_int_equal(s2_unmap_all(&w.vm, mmu).leaves, 3);
	assert_int_equal(mmu->table.page_count, 16);
	world_stop(&w);
}

static void no_block_is_larger_than_an_entry_of_the_root(void **state)
{
	struct s2_config cfg = world_config(12);
	struct world w;
	struct s2_mmu *mmu;
	int level;

	(void)state;
	cfg.ipa_limit = cfg.canonical_bits = 32; /* two levels */
	world_start(&w, &cfg, 1);
	world_enter(&w, 0, 0, 0, 1);
	mmu = w.vcpu[0].mmu;
	OK(s2_map(&w.vm, mmu, (struct table_ipa){1 << 30}, 1 << 30, (struct host_pa){0}, &rw));
	port_settle(w.port);
	assert_true(*port_entry(w.port, mmu, 1 << 30, &level) & 1);
	assert_int_equal(level, 2);
	assert_true(*port_entry(w.port, mmu, (2u << 30) - 4096, &level) & 1);
	assert_int_equal(s2_unmap_all(&w.vm, mmu).leaves, 512);
	port_settle(w.port);
	world_stop(&w);
}

/* ---- 52-bit frames ---- */

static void check_frame(unsigned int shift, bool lpa2, uint64_t pa, uint64_t expected)
{
	struct s2_config cfg = world_config(shift);
	struct s2_prot none = {0};
	struct s2_mmu *mmu;
	struct world w;

	cfg.lpa2 = lpa2;
	cfg.ipa_limit = 52;
	world_start(&w, &cfg, 1);
	world_enter(&w, 0, 0, 0, 1);
	mmu = w.vcpu[0].mmu;
	OK(s2_map(&w.vm, mmu, (struct table_ipa){0}, 1ull << shift, (struct host_pa){pa}, &none));
	port_settle(w.port);
	assert_int_equal(port_leaf(w.port, mmu, 0) & (mask(49, 12) | mask(9, 8)), expected);
	assert_int_equal(s2_lookup(&w.vm, mmu, (struct table_ipa){0}).pa.v, pa);
	world_stop(&w);
}

static void frames_beyond_48_bits_have_their_own_layouts(void **state)
{
	(void)state;
	check_frame(16, false, 0xa123456780000, 0x123456780000 | 0xa000 | 0x300);
	check_frame(12, true, 0xd123456789000, 0x1123456789000 | 0x300);
	check_frame(14, true, 0xa123456788000, 0x2123456788000 | 0x200);
}

int main(void)
{
#define TEST(name)                                                                                 \
	{#name " 4K", name, setup_4k, teardown, NULL},                                             \
		{#name " 16K", name, setup_16k, teardown, NULL},                                   \
	{                                                                                          \
#name " 64K", name, setup_64k, teardown, NULL                                      \
	}
	static const struct CMUnitTest tests[] = {
		TEST(a_page_is_a_page_descriptor_in_the_last_level),
		TEST(an_aligned_range_becomes_a_block),
		TEST(a_range_that_is_not_aligned_becomes_pages),
		TEST(a_1G_range_is_a_block_on_4K_hosts_only),
		TEST(a_range_takes_the_largest_leaves_that_fit),
		TEST(the_same_again_changes_nothing),
		TEST(a_difference_in_permissions_is_left_alone),
		TEST(a_different_tag_is_broken_before_it_is_made),
		TEST(a_different_frame_is_broken_before_it_is_made),
		TEST(an_old_page_is_mapped_again),
		TEST(a_block_replaced_by_a_page_loses_the_rest),
		TEST(a_table_replaced_by_a_block_is_freed),
		cmocka_unit_test_setup_teardown(tables_below_tables_are_freed_with_them, setup_4k,
						teardown),
		TEST(the_table_used_last_is_forgotten_when_it_goes),
		TEST(each_allocation_can_fail),
		TEST(a_block_stays_whole_when_it_cannot_be_split),
		TEST(a_long_mapping_stops_where_memory_ends),
		TEST(relaxing_adds_and_never_removes),
		TEST(relaxing_replaces_XN_where_execution_is_asked_for),
		TEST(relaxing_keeps_tag_frame_and_type),
		TEST(nothing_there_cannot_be_relaxed),
		TEST(making_young_sets_the_flag_of_a_leaf_if_there_is_one),
		TEST(what_is_no_whole_group_is_mapped_without_the_hint),
		TEST(addresses_beyond_the_table_are_refused),
		TEST(a_lookup_tells_leaf_level_size_and_frame),
		TEST(every_entry_is_visited_once_in_order),
		TEST(unmapping_removes_whole_leaves),
		TEST(unmapping_frees_tables_that_it_leaves_empty),
		TEST(unmapping_an_empty_range_flushes_nothing),
		TEST(emptying_visits_no_more_than_it_must),
		TEST(protecting_clears_W_and_nothing_else),
		TEST(protecting_can_go_without_a_flush),
		TEST(ageing_tells_who_was_young),
		TEST(roots_have_the_fewest_levels_and_at_least_two),
		cmocka_unit_test(a_root_of_many_pages_is_one_table),
		cmocka_unit_test(no_block_is_larger_than_an_entry_of_the_root),
		cmocka_unit_test(frames_beyond_48_bits_have_their_own_layouts),
	};

	return cmocka_run_group_tests_name("pgtable", tests, NULL, NULL);
}
