/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine under the handler: memory, slots, backing, and the port that shows them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "machine.h"
#include "replay/failing.h"

#define RAM 0x40000000ull
#define HVA 0x7f0000000000ull

static struct machine new_machine(void)
{
	struct machine m;

	assert_true(machine_init(&m, 12));
	return m;
}

static struct s2_slot slot_at(uint64_t base, uint64_t size)
{
	return (struct s2_slot){.base = {base}, .size = size, .uaddr = {HVA + base}};
}

static void set_slot(struct machine *m, uint16_t id, uint64_t base, uint64_t size)
{
	struct s2_slot slot = slot_at(base, size);

	assert_true(machine_set_slot(m, id, &slot));
}

static const struct s2_slot *slot_of(struct machine *m, uint64_t addr)
{
	return m->port.slot(m, (struct l1_ipa){addr});
}

/* ---- slots ---- */

static void a_slot_holds_its_range_and_nothing_beside_it(void **state)
{
	struct machine m = new_machine();

	(void)state;
	set_slot(&m, 3, RAM, 0x10000);
	assert_null(slot_of(&m, RAM - 1));
	assert_int_equal(slot_of(&m, RAM)->base.v, RAM);
	assert_non_null(slot_of(&m, RAM + 0xffff));
	assert_null(slot_of(&m, RAM + 0x10000));
	machine_destroy(&m);
}

static void a_slot_that_is_set_again_moves(void **state)
{
	struct machine m = new_machine();

	(void)state;
	set_slot(&m, 3, RAM, 0x10000);
	assert_non_null(slot_of(&m, RAM));
	set_slot(&m, 3, 2 * RAM, 0x1000);
	assert_int_equal(m.slot_count, 1);
	assert_null(slot_of(&m, RAM));
	assert_non_null(slot_of(&m, 2 * RAM));
	assert_int_equal(machine_find_slot(&m, 3)->s2.size, 0x1000);
	machine_destroy(&m);
}

static void a_removed_slot_is_gone_though_it_was_found_last(void **state)
{
	struct machine m = new_machine();
	uint16_t id;

	(void)state;
	for (id = 0; id < 4; id++)
		set_slot(&m, id, RAM + id * 0x10000ull, 0x10000);
	assert_non_null(slot_of(&m, RAM + 0x30000));
	machine_remove_slot(&m, 3);
	assert_null(slot_of(&m, RAM + 0x30000));
	/* Another takes the place of the first. */
	assert_non_null(slot_of(&m, RAM));
	machine_remove_slot(&m, 0);
	assert_null(slot_of(&m, RAM));
	assert_non_null(slot_of(&m, RAM + 0x10000));
	assert_non_null(slot_of(&m, RAM + 0x20000));
	assert_null(machine_find_slot(&m, 0));
	machine_remove_slot(&m, 0);
	assert_int_equal(m.slot_count, 2);
	machine_destroy(&m);
}

static void slots_beyond_the_limit_are_refused(void **state)
{
	struct machine m = new_machine();
	struct s2_slot more = slot_at(0, 0x1000);
	uint16_t id;

	(void)state;
	for (id = 0; id < MACHINE_SLOTS_MAX; id++)
		set_slot(&m, id, RAM + id * 0x1000ull, 0x1000);
	assert_false(machine_set_slot(&m, MACHINE_SLOTS_MAX, &more));
	/* One that is there can still be changed. */
	set_slot(&m, 7, 0, 0x1000);
	assert_int_equal(slot_of(&m, 0)->base.v, 0);
	assert_null(slot_of(&m, RAM + 7 * 0x1000));
	machine_remove_slot(&m, 7);
	assert_true(machine_set_slot(&m, MACHINE_SLOTS_MAX, &more));
	machine_destroy(&m);
}

static void a_slot_up_to_the_last_address_is_whole(void **state)
{
	struct machine m = new_machine();

	(void)state;
	set_slot(&m, 0, ~0xfffull, 0x1000);
	assert_non_null(slot_of(&m, ~0ull));
	assert_null(slot_of(&m, 0));
	assert_null(slot_of(&m, ~0x1000ull));
	machine_destroy(&m);
}

/* ---- L1's memory through the port ---- */

static enum s2_io read_word(struct machine *m, uint64_t addr, uint64_t *word)
{
	enum s2_io io = S2_IO_OK;

	*word = m->port.read(m, (struct l1_ipa){addr}, &io);
	return io;
}

static enum s2_io swap_word(struct machine *m, uint64_t addr, uint64_t old, uint64_t new)
{
	return m->port.swap(m, (struct l1_ipa){addr}, old, new);
}

static void memory_reads_where_a_slot_is(void **state)
{
	struct machine m = new_machine();
	uint64_t word = 1;

	(void)state;
	assert_int_equal(read_word(&m, RAM, &word), S2_IO_FAULT);
	set_slot(&m, 0, RAM, 0x1000);
	assert_int_equal(read_word(&m, RAM, &word), S2_IO_OK);
	assert_int_equal(word, 0);
	assert_true(machine_write(&m, RAM, 42));
	assert_int_equal(read_word(&m, RAM, &word), S2_IO_OK);
	assert_int_equal(word, 42);
	assert_int_equal(machine_peek(&m, RAM), 42);
	/* Contents outlive the slot; they do not show without one. */
	machine_remove_slot(&m, 0);
	assert_int_equal(read_word(&m, RAM, &word), S2_IO_FAULT);
	assert_int_equal(machine_peek(&m, RAM), 42);
	machine_destroy(&m);
}

static void a_slot_being_deleted_does_not_read(void **state)
{
	struct machine m = new_machine();
	struct s2_slot slot = slot_at(RAM, 0x1000);
	uint64_t word;

	(void)state;
	slot.invalid = true;
	assert_true(machine_set_slot(&m, 0, &slot));
	assert_int_equal(read_word(&m, RAM, &word), S2_IO_FAULT);
	assert_int_equal(swap_word(&m, RAM, 0, 1), S2_IO_FAULT);
	machine_destroy(&m);
}

static void one_word_can_be_unreadable(void **state)
{
	struct machine m = new_machine();
	uint64_t word;

	(void)state;
	set_slot(&m, 0, RAM, 0x1000);
	m.unreadable = RAM + 8;
	assert_int_equal(read_word(&m, RAM, &word), S2_IO_OK);
	assert_int_equal(read_word(&m, RAM + 8, &word), S2_IO_FAULT);
	assert_int_equal(swap_word(&m, RAM + 8, 0, 1), S2_IO_FAULT);
	assert_int_equal(read_word(&m, RAM + 16, &word), S2_IO_OK);
	machine_destroy(&m);
}

static void made_up_tables_read_without_a_slot(void **state)
{
	struct machine m = new_machine();
	uint64_t word;

	(void)state;
	m.tables_base = 0xff00000000;
	m.tables_size = 0x10000;
	assert_int_equal(read_word(&m, 0xff00000000, &word), S2_IO_OK);
	assert_int_equal(read_word(&m, 0xff0000fff8, &word), S2_IO_OK);
	assert_int_equal(read_word(&m, 0xff00010000, &word), S2_IO_FAULT);
	assert_int_equal(read_word(&m, 0xfefffffff8, &word), S2_IO_FAULT);
	assert_int_equal(swap_word(&m, 0xff00000000, 0, 9), S2_IO_OK);
	assert_int_equal(machine_peek(&m, 0xff00000000), 9);
	machine_destroy(&m);
}

static void a_swap_needs_the_old_value(void **state)
{
	struct machine m = new_machine();

	(void)state;
	set_slot(&m, 0, RAM, 0x1000);
	assert_int_equal(swap_word(&m, RAM, 1, 2), S2_IO_AGAIN);
	assert_int_equal(swap_word(&m, RAM, 0, 2), S2_IO_OK);
	assert_int_equal(machine_peek(&m, RAM), 2);
	m.swap = MACHINE_SWAP_LOSES;
	assert_int_equal(swap_word(&m, RAM, 2, 3), S2_IO_AGAIN);
	m.swap = MACHINE_SWAP_FAULTS;
	assert_int_equal(swap_word(&m, RAM, 2, 3), S2_IO_FAULT);
	assert_int_equal(machine_peek(&m, RAM), 2);
	machine_destroy(&m);
}

static void a_swap_fails_on_a_read_only_slot_and_without_memory(void **state)
{
	struct machine m = new_machine();
	struct s2_slot slot = slot_at(RAM, 0x1000);
	uint64_t word;

	(void)state;
	slot.readonly = true;
	assert_true(machine_set_slot(&m, 0, &slot));
	assert_int_equal(read_word(&m, RAM, &word), S2_IO_OK);
	assert_int_equal(swap_word(&m, RAM, 0, 2), S2_IO_FAULT);
	slot.readonly = false;
	assert_true(machine_set_slot(&m, 0, &slot));
	heap_left = 0;
	assert_int_equal(swap_word(&m, RAM, 0, 2), S2_IO_FAULT);
	assert_false(machine_write(&m, RAM, 2));
	memory_is_back();
	assert_int_equal(swap_word(&m, RAM, 0, 2), S2_IO_OK);
	machine_destroy(&m);
}

/* ---- backing ---- */

static struct backing interval(uint64_t hva, uint64_t size, uint64_t pa)
{
	return (struct backing){.hva = hva,
				.size = size,
				.pa = pa,
				.user_leaf = 4096,
				.vma_shift = 12,
				.writable = true};
}

static void back(struct machine *m, uint64_t hva, uint64_t size, uint64_t pa)
{
	struct backing b = interval(hva, size, pa);

	assert_true(backings_set(&m->backings, &b));
}

/* Every interval after the one before it, none empty, none beyond the end. */
static void check_order(const struct machine *m)
{
	const struct backing *b = backings_from(&m->backings, 0);
	uint64_t last = 0;
	size_t i;

	for (i = 0; b && last != UINT64_MAX; i++) {
		assert_true(b->size > 0);
		assert_true(b->size - 1 <= UINT64_MAX - b->hva);
		assert_true(!i || last < b->hva);
		last = b->hva + (b->size - 1);
		b = last == UINT64_MAX ? NULL : backings_from(&m->backings, last + 1);
	}
	assert_int_equal(i, m->backings.count);
}

static uint64_t pa_at(struct machine *m, uint64_t hva)
{
	const struct backing *b = backings_find(&m->backings, hva);

	assert_non_null(b);
	return b->pa + (hva - b->hva);
}

static void an_interval_inside_another_splits_it(void **state)
{
	struct machine m = new_machine();

	(void)state;
	back(&m, HVA, 0x10000, 0x100000);
	back(&m, HVA + 0x4000, 0x1000, 0x900000);
	assert_int_equal(m.backings.count, 3);
	check_order(&m);
	assert_int_equal(pa_at(&m, HVA + 0x3fff), 0x103fff);
	assert_int_equal(pa_at(&m, HVA + 0x4000), 0x900000);
	assert_int_equal(pa_at(&m, HVA + 0x5000), 0x105000);
	assert_null(backings_find(&m.backings, HVA + 0x10000));
	assert_null(backings_find(&m.backings, HVA - 1));
	machine_destroy(&m);
}

static void an_interval_over_others_swallows_and_trims_them(void **state)
{
	struct machine m = new_machine();
	uint64_t i;

	(void)state;
	for (i = 0; i < 8; i++)
		back(&m, HVA + i * 0x2000, 0x2000, 0x100000 * (i + 1));
	back(&m, HVA + 0x1000, 0xe000, 0x9000000);
	assert_int_equal(m.backings.count, 3);
	check_order(&m);
	assert_int_equal(pa_at(&m, HVA + 0xfff), 0x100fff);
	assert_int_equal(pa_at(&m, HVA + 0x1000), 0x9000000);
	assert_int_equal(pa_at(&m, HVA + 0xefff), 0x900dfff);
	assert_int_equal(pa_at(&m, HVA + 0xf000), 0x801000);
	machine_destroy(&m);
}

static void an_interval_of_one_byte_is_swallowed_at_either_end(void **state)
{
	struct machine m = new_machine();

	(void)state;
	back(&m, HVA, 1, 0x100000);
	back(&m, HVA + 0xfff, 1, 0x200000);
	back(&m, HVA, 0x1000, 0x300000);
	assert_int_equal(m.backings.count, 1);
	assert_int_equal(pa_at(&m, HVA + 0xfff), 0x300fff);
	machine_destroy(&m);
}

static void the_same_interval_again_replaces_it(void **state)
{
	struct machine m = new_machine();

	(void)state;
	back(&m, HVA, 0x1000, 0x100000);
	back(&m, HVA, 0x1000, 0x200000);
	assert_int_equal(m.backings.count, 1);
	assert_int_equal(pa_at(&m, HVA), 0x200000);
	machine_destroy(&m);
}

static void intervals_at_the_top_of_the_address_space_work(void **state)
{
	struct machine m = new_machine();

	(void)state;
	back(&m, ~0x3fffull, 0x4000, 0x100000);
	assert_int_equal(pa_at(&m, ~0ull), 0x103fff);
	back(&m, ~0xfffull, 0x1000, 0x900000);
	back(&m, ~0x2fffull, 0x1000, 0x800000);
	check_order(&m);
	assert_int_equal(m.backings.count, 4);
	assert_int_equal(pa_at(&m, ~0ull), 0x900fff);
	assert_int_equal(pa_at(&m, ~0xfffull), 0x900000);
	assert_int_equal(pa_at(&m, ~0x1fffull), 0x102000);
	assert_int_equal(pa_at(&m, ~0x2fffull), 0x800000);
	assert_null(backings_find(&m.backings, 0));
	/* The one that has all addresses but one page. */
	back(&m, 0x1000, ~0xfffull, 0x1000);
	assert_int_equal(m.backings.count, 1);
	assert_int_equal(pa_at(&m, ~0ull), ~0ull);
	assert_null(backings_find(&m.backings, 0xfff));
	machine_destroy(&m);
}

/* Against an array with one number a page, at the very top. */
static void random_intervals_agree_with_a_plain_array(void **state)
{
	enum { PAGES = 4 * BACKING_RUN };
	uint64_t base = -(uint64_t)PAGES * 4096, pa[PAGES] = {0};
	struct machine m = new_machine();
	unsigned int round, i;
	size_t most = 0;

	(void)state;
	srand(2);
	for (round = 0; round < 4000; round++) {
		unsigned int from = (unsigned int)rand() % PAGES;
		unsigned int count = 1 + (unsigned int)rand() % (rand() % 64 ? 2 : PAGES / 2);
		uint64_t at = (round + 1) * 0x1000000ull;

		if (count > PAGES - from)
			count = PAGES - from;
		back(&m, base + from * 4096ull, count * 4096ull, at);
		for (i = 0; i < count; i++)
			pa[from + i] = at + i * 4096ull;
		check_order(&m);
		most = m.backings.run_count > most ? m.backings.run_count : most;
		for (i = round % 16; i < PAGES; i += 16) {
			const struct backing *b =
				backings_find(&m.backings, base + i * 4096ull + 8);

			if (pa[i])
				assert_int_equal(pa_at(&m, base + i * 4096ull), pa[i]);
			else
				assert_null(b);
		}
	}
	assert_true(most > 3); /* runs were split, and emptied */
	machine_destroy(&m);
}

static void without_memory_the_intervals_stay_as_they_are(void **state)
{
	struct machine m = new_machine();
	struct backing b = interval(HVA, 0x1000, 0x7000);
	uint64_t i;

	(void)state;
	heap_left = 0;
	assert_false(backings_set(&m.backings, &b));
	memory_is_back();
	assert_null(backings_find(&m.backings, HVA));
	/* The last one splits a run, and so uses what was put by. */
	for (i = 0; m.backings.run_count < 2; i++)
		back(&m, HVA + i * 0x10000, 0x8000, i << 20);
	heap_left = 0;
	b.hva = HVA + 0x11000;
	assert_false(backings_set(&m.backings, &b));
	memory_is_back();
	check_order(&m);
	assert_int_equal(m.backings.count, i);
	assert_int_equal(pa_at(&m, HVA + 0x11000), (1 << 20) + 0x1000);
	machine_destroy(&m);
}

static struct s2_backing ask(struct machine *m, uint64_t hva)
{
	struct s2_slot slot = slot_at(RAM, 0x1000);
	struct s2_backing b;

	assert_int_equal(m->port.backing(m, &slot, (struct host_va){hva}, true, &b), S2_HOST_OK);
	return b;
}

static void the_port_tells_what_an_interval_says(void **state)
{
	struct machine m = new_machine();
	struct backing b = {.hva = HVA,
			    .size = 0x400000,
			    .pa = 0x80000000,
			    .user_leaf = 0x200000,
			    .vma_shift = 21,
			    .device = true,
			    .any_uncached = true};
	struct s2_backing got;

	(void)state;
	assert_true(backings_set(&m.backings, &b));
	got = ask(&m, HVA + 0x201000);
	assert_int_equal(got.pa.v, 0x80201000);
	assert_int_equal(got.user_leaf, 0x200000);
	assert_int_equal(got.vma_shift, 21);
	assert_false(got.writable);
	assert_true(got.device && got.any_uncached && got.mte_allowed);
	assert_false(got.vma_cacheable);
	assert_int_equal(m.last_backing->hva, HVA);
	assert_int_equal(m.stats.backing_unknown, 0);
	/* An address that is not known is 0, whatever stands in its place. */
	b.no_pa = true;
	assert_true(backings_set(&m.backings, &b));
	assert_int_equal(ask(&m, HVA + 0x1000).pa.v, 0);
	machine_destroy(&m);
}

static void unknown_memory_is_a_writable_page_at_0(void **state)
{
	struct machine m = new_machine();
	struct s2_backing got;

	(void)state;
	back(&m, HVA, 0x1000, 0x7000);
	got = ask(&m, HVA + 0x1000);
	assert_int_equal(got.pa.v, 0);
	assert_int_equal(got.user_leaf, 4096);
	assert_int_equal(got.vma_shift, 12);
	assert_true(got.writable);
	assert_null(m.last_backing);
	assert_int_equal(m.stats.backing_unknown, 1);
	machine_destroy(&m);
}

/* ---- the rest of the port ---- */

struct seen {
	unsigned int dirty, tlb;
	uint64_t addr, size;
};

static void see_dirty(void *arg, const struct s2_slot *slot, struct l1_ipa addr)
{
	struct seen *seen = arg;

	assert_int_equal(slot->base.v, RAM);
	seen->dirty++;
	seen->addr = addr.v;
}

static void see_tlb(void *arg, const struct s2_mmu *mmu, enum s2_tlb_op op, struct table_ipa ipa,
		    uint64_t size)
{
	struct seen *seen = arg;

	assert_null(mmu);
	assert_int_equal(op, S2_TLB_RANGE);
	seen->tlb++;
	seen->addr = ipa.v;
	seen->size = size;
}

static void dirty_pages_and_tlb_maintenance_are_passed_on(void **state)
{
	struct machine m = new_machine();
	struct s2_slot slot = slot_at(RAM, 0x1000);
	struct seen seen = {0};

	(void)state;
	/* Without anybody to tell, only counted. */
	m.port.dirty(&m, &slot, (struct l1_ipa){RAM});
	m.port.tlb(&m, NULL, S2_TLB_RANGE, (struct table_ipa){0}, 4096);
	assert_int_equal(m.stats.tlb_flushes, 1);
	m.on_dirty = see_dirty;
	m.on_tlb = see_tlb;
	m.on_dirty_arg = m.on_tlb_arg = &seen;
	m.port.dirty(&m, &slot, (struct l1_ipa){RAM + 8});
	assert_int_equal(seen.addr, RAM + 8);
	m.port.tlb(&m, NULL, S2_TLB_RANGE, (struct table_ipa){0x1000}, 0x2000);
	assert_int_equal(seen.addr, 0x1000);
	assert_int_equal(seen.size, 0x2000);
	assert_int_equal(seen.dirty, 1);
	assert_int_equal(m.stats.tlb_flushes, 2);
	machine_destroy(&m);
}

static void table_pages_lie_in_one_range_and_are_counted(void **state)
{
	struct machine m = new_machine();
	unsigned char *root = m.port.alloc_table(&m, 16384, S2_PAGE_TABLE);
	unsigned char *page = m.port.alloc_table(&m, 4096, S2_PAGE_TABLE);

	(void)state;
	assert_true(root >= m.port.tables && page > root);
	assert_int_equal((page - m.port.tables) % 4096, 0);
	assert_int_equal(machine_tables_now(&m), 5);
	m.port.free_table(&m, page, 4096, S2_PAGE_TABLE);
	assert_int_equal(machine_tables_now(&m), 4);
	assert_int_equal(machine_tables_peak(&m), 5);
	machine_destroy(&m);
}

static void a_machine_that_cannot_be_made_leaves_nothing(void **state)
{
	struct machine m;
	uint64_t n;

	(void)state;
	for (n = 0; n < 3; n++) {
		heap_left = n;
		assert_false(machine_init(&m, 12));
		memory_is_back();
		machine_destroy(&m);
	}
	for (n = 0; n < 2; n++) {
		map_size_max = n ? SIZE_MAX : 4096;
		maps_left = 1;
		assert_false(machine_init(&m, 12));
		memory_is_back();
		machine_destroy(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slot_holds_its_range_and_nothing_beside_it),
		cmocka_unit_test(a_slot_that_is_set_again_moves),
		cmocka_unit_test(a_removed_slot_is_gone_though_it_was_found_last),
		cmocka_unit_test(slots_beyond_the_limit_are_refused),
		cmocka_unit_test(a_slot_up_to_the_last_address_is_whole),
		cmocka_unit_test(memory_reads_where_a_slot_is),
		cmocka_unit_test(a_slot_being_deleted_does_not_read),
		cmocka_unit_test(one_word_can_be_unreadable),
		cmocka_unit_test(made_up_tables_read_without_a_slot),
		cmocka_unit_test(a_swap_needs_the_old_value),
		cmocka_unit_test(a_swap_fails_on_a_read_only_slot_and_without_memory),
		cmocka_unit_test(an_interval_inside_another_splits_it),
		cmocka_unit_test(an_interval_over_others_swallows_and_trims_them),
		cmocka_unit_test(an_interval_of_one_byte_is_swallowed_at_either_end),
		cmocka_unit_test(the_same_interval_again_replaces_it),
		cmocka_unit_test(intervals_at_the_top_of_the_address_space_work),
		cmocka_unit_test(random_intervals_agree_with_a_plain_array),
		cmocka_unit_test(without_memory_the_intervals_stay_as_they_are),
		cmocka_unit_test(the_port_tells_what_an_interval_says),
		cmocka_unit_test(unknown_memory_is_a_writable_page_at_0),
		cmocka_unit_test(dirty_pages_and_tlb_maintenance_are_passed_on),
		cmocka_unit_test(table_pages_lie_in_one_range_and_are_counted),
		cmocka_unit_test(a_machine_that_cannot_be_made_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
