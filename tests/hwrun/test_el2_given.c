/* SPDX-License-Identifier: GPL-2.0-only */
/* Which translations count as given by L1, and when they no longer do. */
#include "replay/world.h"

#include "names.h"

#include "../../hwrun/el2/given.c"

#define BLOCK (2 * MIB)

static void note(void *arg, const struct engine_access *a, struct s2_outcome *out)
{
	(void)arg;
	s2_handle_abort_into(a->vcpu, &a->trap, out);
	if (out->kind == S2_MAPPED || out->kind == S2_RELAXED)
		assert_true(given_note(a, out->map.addr.v, out->map.size));
}

static const struct engine_hw hw = {.handle = note};

static void open_as(struct world *w, const char *policy)
{
	static const struct check_options check = {.quirks = S2_QUIRKS_KVM};
	struct engine_options o = world_options();
	struct nvt_machine machine = world_machine();

	o.policy = policy_named(policy);
	o.check = &check;
	o.hw = &hw;
	*w = (struct world){0};
	w->e = engine_new(&machine, NVT_FULL, &o);
	assert_non_null(w->e);
	assert_true(given_start(w->e));
	slot(w, NVT_SLOT_CREATE, 0, RAM, RAM_SIZE, 0);
	send(w, backing_event(RAM, RAM_SIZE, 21));
	enter(w, 0, 0);
}

static void close_world(struct world *w)
{
	for (unsigned int i = 0; i <= w->e->vm.context_count; i++)
		memory_free(g.words[i]);
	free(g.words);
	world_close(w);
}

static const struct s2_mmu *context(struct world *w)
{
	return &w->e->contexts[0];
}

static bool is_given_at(struct world *w, uint64_t ipa)
{
	struct s2_leaf leaf = leaf_at(w, 0, ipa);

	assert_true(leaf.valid);
	return given_before(context(w), &leaf);
}

static void what_l1_maps_is_given_until_it_is_taken_back(void **state)
{
	struct world w;

	(void)state;
	open_as(&w, "kvm-7.3");
	l1_map(&w, 0, 0x5000, 3, RAM | 0x5000 | L1_PAGE | L1_RW);
	touch(&w, ESR_WRITE, 0x5000);
	assert_true(is_given_at(&w, 0x5000));
	l1_map(&w, 0, 0x5000, 3, 0);
	assert_true(is_given_at(&w, 0x5000));
	given_forget(context(&w), 0x4000, 0x1000);
	given_forget(context(&w), 0x6000, 0x1000);
	assert_true(is_given_at(&w, 0x5000));
	given_forget(context(&w), 0x5000, 0x1000);
	assert_false(is_given_at(&w, 0x5000));
	close_world(&w);
}

static void a_block_over_one_page_is_not_given(void **state)
{
	struct world w;

	(void)state;
	open_as(&w, "unclamped");
	l1_map(&w, 0, 0x5000, 3, RAM | 0x5000 | L1_PAGE | L1_RW);
	touch(&w, ESR_READ, 0x5000);
	assert_int_equal(leaf_at(&w, 0, 0x5000).size, BLOCK);
	assert_false(is_given_at(&w, 0x5000));
	close_world(&w);
}

static void a_block_over_leaves_that_permit_less_is_not_given(void **state)
{
	struct world w;
	uint64_t at;

	(void)state;
	open_as(&w, "unclamped");
	for (at = 0; at < BLOCK; at += 4096)
		l1_map(&w, 0, at, 3, (RAM + at) | L1_PAGE | (at == 0x7000 ? L1_R : L1_RW));
	touch(&w, ESR_READ, 0x5000);
	assert_int_equal(leaf_at(&w, 0, 0x5000).size, BLOCK);
	assert_false(is_given_at(&w, 0x5000));
	close_world(&w);
}

static void a_block_over_a_block_is_given(void **state)
{
	struct world w;

	(void)state;
	open_as(&w, "kvm-7.3");
	l1_map(&w, 0, BLOCK, 2, (RAM + BLOCK) | L1_BLOCK | L1_RW);
	touch(&w, ESR_READ, BLOCK + 0x5000);
	assert_int_equal(leaf_at(&w, 0, BLOCK).size, BLOCK);
	assert_true(is_given_at(&w, BLOCK + 0x1ff000));
	/* Whatever of it is taken back, all of it is. */
	given_forget(context(&w), BLOCK + 0x9000, 0x1000);
	assert_false(is_given_at(&w, BLOCK));
	close_world(&w);
}

static void a_wide_range_takes_all_that_begins_in_it(void **state)
{
	struct world w;
	uint64_t at, last = 3 * BLOCK - 4096;

	(void)state;
	open_as(&w, "page");
	for (at = 0; at <= last; at += 0x3000) {
		l1_map(&w, 0, at, 3, (RAM + at) | L1_PAGE | L1_RW);
		touch(&w, ESR_READ, at);
	}
	given_forget(context(&w), 0x6000, 2 * BLOCK);
	for (at = 0; at <= last; at += 0x3000)
		if (is_given_at(&w, at) != (at < 0x6000 || at >= 0x6000 + 2 * BLOCK))
			fail_msg("0x%llx", (unsigned long long)at);
	given_forget(context(&w), 0, 1ull << context(&w)->table.input_bits);
	for (at = 0; at <= last; at += 0x3000)
		assert_false(is_given_at(&w, at));
	close_world(&w);
}

static void what_is_relaxed_is_looked_at_again(void **state)
{
	struct world w;

	(void)state;
	open_as(&w, "kvm-7.3");
	log_writes(&w, true);
	l1_map(&w, 0, 0x5000, 3, RAM | 0x5000 | L1_PAGE | L1_RW);
	touch(&w, ESR_READ, 0x5000);
	assert_true(is_given_at(&w, 0x5000));
	given_forget(context(&w), 0x5000, 0x1000);
	assert_int_equal(touch(&w, ESR_WRITE, 0x5000)->outcome.kind, S2_RELAXED);
	assert_true(is_given_at(&w, 0x5000));
	close_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_l1_maps_is_given_until_it_is_taken_back),
		cmocka_unit_test(a_block_over_one_page_is_not_given),
		cmocka_unit_test(a_block_over_leaves_that_permit_less_is_not_given),
		cmocka_unit_test(a_block_over_a_block_is_given),
		cmocka_unit_test(a_wide_range_takes_all_that_begins_in_it),
		cmocka_unit_test(what_is_relaxed_is_looked_at_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
