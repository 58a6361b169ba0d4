/* SPDX-License-Identifier: GPL-2.0-only */
/* What is counted, event by event. The figures made of it are the table's business. */
#include "replay/failing.h"
#include "replay/world.h"
#include "tally.h"

static void open_guest(struct world *w)
{
	struct engine_options o = world_options();

	world_open(w, &o, NVT_FULL);
	enter(w, 0, 0);
}

static const struct metrics *metrics_of(const struct world *w)
{
	return &w->e->metrics;
}

/* ---- walks and injections ---- */

static void walks_are_counted_by_their_reads(void **state)
{
	struct world w;
	const struct metrics *m;

	(void)state;
	open_guest(&w);
	m = metrics_of(&w);
	l1_map(&w, 0, 0, 3, (RAM + 0x5000) | L1_RW | L1_PAGE);
	l1_map(&w, 0, 4 * MIB, 2, (RAM + 4 * MIB) | L1_RW | L1_BLOCK);
	l1_map(&w, 0, GIB, 1, L1_RW | L1_BLOCK | RAM);
	touch(&w, ESR_READ, 0);
	touch(&w, ESR_READ, 4 * MIB);
	touch(&w, ESR_READ, GIB);
	assert_int_equal(m->walk_reads[3], 1);
	assert_int_equal(m->walk_reads[2], 1);
	assert_int_equal(m->walk_reads[1], 1);
	touch(&w, ESR_READ, 0x1000); /* no page at level 3 */
	enter(&w, 0, 0);
	touch(&w, ESR_READ, 6 * MIB); /* nothing at level 2 */
	enter(&w, 0, 0);
	touch(&w, ESR_READ, 2 * GIB); /* nothing at level 1 */
	assert_int_equal(m->walk_reads_failed[3], 1);
	assert_int_equal(m->walk_reads_failed[2], 1);
	assert_int_equal(m->walk_reads_failed[1], 1);
	assert_int_equal(m->injected[INJECT_TRANSLATION][3], 1);
	assert_int_equal(m->injected[INJECT_TRANSLATION][2], 1);
	assert_int_equal(m->injected[INJECT_TRANSLATION][1], 1);
	world_close(&w);
}

static void injections_are_counted_by_class_and_level(void **state)
{
	struct world w;
	const struct metrics *m;

	(void)state;
	open_guest(&w);
	m = metrics_of(&w);
	l1_map(&w, 0, 0, 3, (RAM + 0x5000) | L1_R | L1_PAGE);
	l1_map(&w, 0, 0x1000, 3, ((RAM + 0x6000) | L1_RW | L1_PAGE) & ~L1_AF);
	l1_map(&w, 0, 2 * MIB, 2, (1ull << 41) | L1_RW | L1_BLOCK);
	l1_map(&w, 0, GIB, 1, (1ull << 38) | 3);
	touch(&w, ESR_WRITE, 0);
	enter(&w, 0, 0);
	touch(&w, ESR_READ, 0x1000);
	enter(&w, 0, 0);
	touch(&w, ESR_READ, 2 * MIB); /* beyond 40 bits of output */
	enter(&w, 0, 0);
	touch(&w, ESR_READ, GIB); /* a table where there is no memory */
	assert_int_equal(m->injected[INJECT_PERMISSION][3], 1);
	assert_int_equal(m->injected[INJECT_ACCESS_FLAG][3], 1);
	assert_int_equal(m->injected[INJECT_SIZE][2], 1);
	assert_int_equal(m->injected[INJECT_SEA][2], 1);
	assert_int_equal(m->outcome[SCOPE_SHADOW][S2_INJECTED], 4);
	world_close(&w);
}

static void faults_of_L1_do_not_enter_what_is_said_of_shadow_tables(void **state)
{
	struct engine_options o = world_options();
	const struct metrics *m;
	struct world w;

	(void)state;
	world_open(&w, &o, NVT_FULL);
	m = metrics_of(&w);
	fault(&w, FSC(ESR_READ, 4), RAM);
	fault(&w, FSC(ESR_READ, 4), 8 * GIB);
	assert_int_equal(m->delivered[SCOPE_CANONICAL], 2);
	assert_int_equal(m->outcome[SCOPE_CANONICAL][S2_MAPPED], 1);
	assert_int_equal(m->outcome[SCOPE_CANONICAL][S2_MMIO], 1);
	assert_int_equal(m->delivered[SCOPE_SHADOW], 0);
	assert_int_equal(m->mapped_bytes, 0);
	assert_int_equal(m->fills, 0);
	assert_int_equal(m->total_bytes, 0);
	world_close(&w);
}

/* ---- sizes ---- */

static void a_page_of_L1_on_a_block_of_the_host_is_bound_by_L1(void **state)
{
	struct world w;
	const struct metrics *m;

	(void)state;
	open_guest(&w);
	m = metrics_of(&w);
	l1_map(&w, 0, 0, 3, (RAM + 0x5000) | L1_RW | L1_PAGE);
	touch(&w, ESR_READ, 0);
	assert_int_equal(m->clamp[S2_CLAMP_L1_LEAF].faults, 1);
	assert_int_equal(m->clamp[S2_CLAMP_L1_LEAF].bytes, 4096);
	assert_int_equal(m->mapped_bytes, 4096);
	assert_int_equal(m->sound_bytes, 4096);
	assert_int_equal(m->splinter_pages, 0);
	world_close(&w);
}

static void a_block_of_L1_on_pages_of_the_host_is_splintered(void **state)
{
	struct world w;
	const struct metrics *m;

	(void)state;
	open_guest(&w);
	m = metrics_of(&w);
	send(&w, backing_event(RAM, 2 * MIB, 12));
	l1_map(&w, 0, 0, 2, RAM | L1_RW | L1_BLOCK);
	l1_map(&w, 0, GIB, 1, RAM | L1_RW | L1_BLOCK);
	touch(&w, ESR_READ, 0x3000);
	assert_int_equal(m->splinter_pages, 9);
	touch(&w, ESR_READ, GIB);
	assert_int_equal(m->splinter_pages, 9 + 18);
	assert_int_equal(m->clamp[S2_CLAMP_BACKING].faults, 2);
	/* A block under a gigabyte of L1 is 512 pages, each smaller by 9 halvings. */
	touch(&w, ESR_READ, GIB + 2 * MIB);
	assert_int_equal(m->splinter_pages, 9 + 18 + 512 * 9);
	assert_int_equal(m->mapped_bytes, 2 * 4096 + 2 * MIB);
	world_close(&w);
}

static void a_page_where_a_block_was_sound_counts_as_less(void **state)
{
	struct engine_options o = world_options();
	struct world w;
	const struct metrics *m;
	unsigned int i;

	(void)state;
	for (i = 0; strcmp(s2_policies[i].name, "page") != 0; i++)
		;
	o.policy = &s2_policies[i];
	world_open(&w, &o, NVT_FULL);
	m = metrics_of(&w);
	enter(&w, 0, 0);
	l1_map(&w, 0, 0, 2, RAM | L1_RW | L1_BLOCK);
	touch(&w, ESR_READ, 0);
	assert_int_equal(m->mapped_bytes, 4096);
	assert_int_equal(m->sound_bytes, 2 * MIB);
	assert_int_equal(m->clamp[S2_CLAMP_POLICY].faults, 1);
	world_close(&w);
}

/* ---- amplification and refaults ---- */

static void a_leaf_of_L1_counts_once_however_many_faults_fill_it(void **state)
{
	struct world w;
	const struct metrics *m;
	unsigned int i;

	(void)state;
	open_guest(&w);
	m = metrics_of(&w);
	send(&w, backing_event(RAM, 4 * MIB, 12));
	l1_map(&w, 0, 0, 2, RAM | L1_RW | L1_BLOCK);
	l1_map(&w, 0, 2 * MIB, 2, (RAM + 2 * MIB) | L1_RW | L1_BLOCK);
	for (i = 0; i < 10; i++)
		touch(&w, ESR_READ, i * 4096);
	touch(&w, ESR_READ, 2 * MIB);
	assert_int_equal(m->fills, 11);
	assert_int_equal(m->leaves_touched, 2);
	assert_int_equal(m->refaults, 0);
	world_close(&w);
}

static void a_fault_on_what_was_mapped_before_is_a_refault(void **state)
{
	struct world w;
	const struct metrics *m;

	(void)state;
	open_guest(&w);
	m = metrics_of(&w);
	l1_map(&w, 0, 0, 2, RAM | L1_RW | L1_BLOCK);
	touch(&w, ESR_READ, 0);
	tlbi(&w, TLBI_ALLE1IS, 0, 0);
	/* Another page of the same block. */
	touch(&w, ESR_READ, 0x1ff000);
	assert_int_equal(m->refaults, 1);
	assert_int_equal(m->leaves_touched, 1);
	assert_int_equal(m->fills, 2);
	world_close(&w);
}

static void contexts_that_are_recycled_keep_their_history_apart(void **state)
{
	struct engine_options o = world_options();
	const struct metrics *m;
	struct world w;
	unsigned int round, guest;

	(void)state;
	world_open(&w, &o, NVT_FULL);
	m = metrics_of(&w);
	for (round = 0; round < 2; round++)
		for (guest = 0; guest < 6; guest++) {
			if (!round)
				l1_map(&w, guest, 0, 3, (RAM + 0x5000) | L1_RW | L1_PAGE);
			enter(&w, 0, guest);
			touch(&w, ESR_READ, 0);
			leave(&w, 0, guest);
			assert_int_equal(m->refaults, round ? guest + 1 : 0);
		}
	assert_int_equal(m->context_count, 6);
	assert_int_equal(m->leaves_touched, 6);
	assert_int_equal(m->fills, 12);
	world_close(&w);
}

static void a_relaxed_mapping_fills_and_maps_nothing_new(void **state)
{
	struct world w;
	const struct metrics *m;

	(void)state;
	open_guest(&w);
	m = metrics_of(&w);
	l1_map(&w, 0, 0, 3, (RAM + 0x5000) | L1_RW | L1_PAGE);
	touch(&w, ESR_READ, 0);
	on_range(&w, NVT_WRITE_PROTECT, RAM, RAM_SIZE);
	touch(&w, ESR_WRITE, 0);
	assert_int_equal(m->outcome[SCOPE_SHADOW][S2_RELAXED], 1);
	assert_int_equal(m->fills, 2);
	assert_int_equal(m->mapped_bytes, 4096);
	assert_int_equal(m->refaults, 1);
	world_close(&w);
}

/* ---- what stands, and how long ---- */

static void bytes_are_known_by_level_after_each_change(void **state)
{
	struct world w;
	const struct metrics *m;

	(void)state;
	open_guest(&w);
	m = metrics_of(&w);
	l1_map(&w, 0, 0, 2, RAM | L1_RW | L1_BLOCK);
	l1_map(&w, 0, 2 * MIB, 3, (RAM + 0x5000) | L1_RW | L1_PAGE);
	touch(&w, ESR_READ, 0);
	touch(&w, ESR_READ, 2 * MIB);
	assert_int_equal(m->leaf_bytes[2], 2 * MIB);
	assert_int_equal(m->leaf_bytes[3], 4096);
	assert_int_equal(m->block_bytes, 2 * MIB);
	assert_int_equal(m->total_bytes, 2 * MIB + 4096);
	tlbi(&w, TLBI_IPAS2E1IS, 6ull << 44, 0);
	assert_int_equal(m->block_bytes, 0);
	assert_int_equal(m->total_bytes, 4096);
	on_range(&w, NVT_HOST_UNMAP, RAM, 4096);
	assert_int_equal(m->total_bytes, 0);
	world_close(&w);
}

static void a_gigabyte_is_a_block_too(void **state)
{
	struct nvt_event huge = backing_event(RAM, RAM_SIZE, 30);
	const struct metrics *m;
	struct world w;

	(void)state;
	open_guest(&w);
	m = metrics_of(&w);
	huge.backing.vma_shift = 30;
	send(&w, huge);
	l1_map(&w, 0, 0, 1, RAM | L1_RW | L1_BLOCK);
	touch(&w, ESR_READ, 0);
	assert_int_equal(m->leaf_bytes[1], GIB);
	assert_int_equal(m->block_bytes, GIB);
	assert_int_equal(m->total_bytes, GIB);
	assert_int_equal(m->clamp[S2_CLAMP_NONE].faults, 1);
	world_close(&w);
}

static void a_split_block_is_no_block_any_more(void **state)
{
	struct world w;
	const struct metrics *m;

	(void)state;
	open_guest(&w);
	m = metrics_of(&w);
	l1_map(&w, 0, 0, 2, RAM | L1_RW | L1_BLOCK);
	touch(&w, ESR_READ, 0);
	log_writes(&w, true);
	touch(&w, ESR_WRITE, 0x1000);
	assert_int_equal(m->block_bytes, 0);
	assert_int_equal(m->total_bytes, 4096);
	/* And the other way round: pages give way to a block. */
	log_writes(&w, false);
	touch(&w, ESR_READ, 0x2000);
	assert_int_equal(m->block_bytes, 2 * MIB);
	assert_int_equal(m->total_bytes, 2 * MIB);
	world_close(&w);
}

static void an_emptied_context_takes_its_bytes_along(void **state)
{
	struct engine_options o = world_options();
	const struct metrics *m;
	struct world w;
	unsigned int guest;

	(void)state;
	world_open(&w, &o, NVT_FULL);
	m = metrics_of(&w);
	for (guest = 0; guest < 6; guest++) {
		l1_map(&w, guest, 0, 3, (RAM + 0x5000) | L1_RW | L1_PAGE);
		enter(&w, 0, guest);
		touch(&w, ESR_READ, 0);
		leave(&w, 0, guest);
		assert_int_equal(m->total_bytes, 4096 * (guest < 4 ? guest + 1 : 4));
	}
	world_close(&w);
}

/* Whatever happened between, the sums are those of the tables. */
static void the_sums_agree_with_the_tables_after_any_mixture(void **state)
{
	struct engine_options o = world_options();
	const struct metrics *m;
	struct world w;
	unsigned int i, guest;

	(void)state;
	srand(3);
	world_open(&w, &o, NVT_FULL);
	m = metrics_of(&w);
	for (guest = 0; guest < 6; guest++)
		for (i = 0; i < 8; i++)
			l1_map(&w, guest, i * 2 * MIB, i % 2 ? 2 : 3,
			       (RAM + i * 2 * MIB) | L1_RW | (i % 2 ? L1_BLOCK : L1_PAGE));
	for (i = 0; i < 4000; i++) {
		uint64_t ipa = (unsigned int)rand() % 8 * 2 * MIB, leaves = 0, pages = 0;
		uint16_t c;

		guest = (unsigned int)rand() % 6;
		w.e->measuring = rand() % 8 != 0;
		if (rand() % 16 == 0)
			enter(&w, rand() % 2, guest);
		else if (rand() % 16 == 0)
			tlbi(&w, TLBI_VMALLS12E1IS, 0, guest);
		else if (rand() % 64 == 0)
			slot(&w, NVT_SLOT_MOVE, 0, RAM, RAM_SIZE, 0);
		w.e->measuring = rand() % 8 != 0;
		if (!touch(&w, ESR_READ, ipa)->delivered || !w.e->measuring || !w.e->step.shadow ||
		    w.e->step.outcome.kind != S2_MAPPED)
			continue;
		for (c = 0; c < w.e->vm.context_count; c++) {
			leaves += w.e->contexts[c].table.leaf_count[3] * 4096 +
				  w.e->contexts[c].table.leaf_count[2] * 2 * MIB;
			pages += w.e->contexts[c].table.page_count;
		}
		assert_int_equal(m->total_bytes, leaves);
		assert_int_equal(m->table_pages_now, pages);
	}
	world_close(&w);
}

static void time_weighs_what_stood_until_the_change(void **state)
{
	struct s2_mmu mmu = {.enabled = true, .nested = true};
	struct s2_vm vm = {.contexts = &mmu, .context_count = 1};
	struct metrics m;

	(void)state;
	assert_true(metrics_init(&m, 12, NVT_FULL));
	mmu.table.leaf_count[2] = 1;
	metrics_tables(&m, &vm, 100);
	mmu.table.leaf_count[2] = 0;
	mmu.table.leaf_count[3] = 3;
	metrics_tables(&m, &vm, 150);
	assert_true(m.block_time == (unsigned __int128)50 * 2 * MIB);
	assert_true(m.total_time == (unsigned __int128)50 * 2 * MIB);
	metrics_tables(&m, &vm, 160);
	assert_true(m.block_time == (unsigned __int128)50 * 2 * MIB);
	assert_true(m.total_time == (unsigned __int128)50 * 2 * MIB + 10 * 3 * 4096);
	/* A context that is not valid, or not walked, is none of the shadow tables. */
	mmu.vttbr = 1;
	metrics_tables(&m, &vm, 170);
	assert_int_equal(m.total_bytes, 0);
	mmu.vttbr = 0;
	mmu.enabled = false;
	metrics_tables(&m, &vm, 180);
	assert_int_equal(m.total_bytes, 0);
	metrics_destroy(&m);
}

static void sizes_follow_the_host_page(void **state)
{
	struct s2_mmu mmu = {.enabled = true, .nested = true};
	struct s2_vm vm = {.contexts = &mmu, .context_count = 1};
	struct metrics m;

	(void)state;
	mmu.table.leaf_count[2] = 1;
	mmu.table.leaf_count[3] = 1;
	assert_true(metrics_init(&m, 14, NVT_FULL));
	metrics_tables(&m, &vm, 1);
	assert_int_equal(m.total_bytes, 32 * MIB + 16 * KIB);
	metrics_destroy(&m);
	assert_true(metrics_init(&m, 16, NVT_FULL));
	metrics_tables(&m, &vm, 1);
	assert_int_equal(m.total_bytes, 512 * MIB + 64 * KIB);
	metrics_destroy(&m);
}

/* ---- invalidations ---- */

static void what_was_asked_and_what_went_are_told_apart(void **state)
{
	struct world w;
	const struct metrics *m;

	(void)state;
	open_guest(&w);
	m = metrics_of(&w);
	l1_map(&w, 0, 0, 2, RAM | L1_RW | L1_BLOCK);
	touch(&w, ESR_READ, 0);
	/* One page is asked for, by TTL; the block goes. */
	tlbi(&w, TLBI_IPAS2E1IS, 7ull << 44 | 1, 0);
	assert_int_equal(m->tlbi.asked, 4096);
	assert_int_equal(m->tlbi.unmapped, 2 * MIB);
	/* Without TTL a page is meant, whatever is searched for. */
	touch(&w, ESR_READ, 0);
	tlbi(&w, TLBI_IPAS2E1IS, 0, 0);
	assert_int_equal(m->tlbi.asked, 2 * 4096);
	assert_int_equal(m->tlbi.unmapped, 4 * MIB);
	assert_true(m->tlbi.visited > 0);
	assert_int_equal(m->tlbi.count, 2);
	world_close(&w);
}

/* ---- memory ---- */

static void without_memory_there_are_no_metrics_or_incomplete_ones(void **state)
{
	struct s2_mmu mmu = {.nested = true, .enabled = true};
	struct s2_outcome out = {.kind = S2_RETRY};
	struct metrics m;

	(void)state;
	heap_left = 0;
	assert_false(metrics_init(&m, 12, NVT_FULL));
	memory_is_back();
	assert_true(metrics_init(&m, 12, NVT_FULL));
	heap_left = 0;
	metrics_fault(&m, SCOPE_SHADOW, &mmu, 0, &out);
	memory_is_back();
	assert_true(m.pages.full);
	assert_int_equal(m.delivered[SCOPE_SHADOW], 1);
	metrics_destroy(&m);
}

static void many_contexts_are_told_apart(void **state)
{
	struct s2_outcome out = {.kind = S2_RETRY};
	struct s2_mmu mmu = {.nested = true, .enabled = true};
	struct metrics m;

	(void)state;
	assert_true(metrics_init(&m, 12, NVT_FULL));
	for (mmu.vtcr = 0; mmu.vtcr < 20000; mmu.vtcr++)
		metrics_fault(&m, SCOPE_SHADOW, &mmu, 0, &out);
	assert_false(m.pages.full);
	assert_int_equal(m.context_count, 20000);
	metrics_destroy(&m);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(walks_are_counted_by_their_reads),
		TEST(injections_are_counted_by_class_and_level),
		TEST(faults_of_L1_do_not_enter_what_is_said_of_shadow_tables),
		TEST(a_page_of_L1_on_a_block_of_the_host_is_bound_by_L1),
		TEST(a_block_of_L1_on_pages_of_the_host_is_splintered),
		TEST(a_page_where_a_block_was_sound_counts_as_less),
		TEST(a_leaf_of_L1_counts_once_however_many_faults_fill_it),
		TEST(a_fault_on_what_was_mapped_before_is_a_refault),
		TEST(contexts_that_are_recycled_keep_their_history_apart),
		TEST(a_relaxed_mapping_fills_and_maps_nothing_new),
		TEST(bytes_are_known_by_level_after_each_change),
		TEST(a_gigabyte_is_a_block_too),
		TEST(a_split_block_is_no_block_any_more),
		TEST(an_emptied_context_takes_its_bytes_along),
		TEST(the_sums_agree_with_the_tables_after_any_mixture),
		TEST(time_weighs_what_stood_until_the_change),
		TEST(sizes_follow_the_host_page),
		TEST(what_was_asked_and_what_went_are_told_apart),
		TEST(without_memory_there_are_no_metrics_or_incomplete_ones),
		TEST(many_contexts_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
