/* SPDX-License-Identifier: GPL-2.0-only */
#include "port.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"

#define VTCR		  0x80020058ull
#define VTTBR(vmid, base) ((uint64_t)(vmid) << 48 | (base))
#define A		  VTTBR(5, 0x80000000)
#define B		  VTTBR(6, 0x90000000)
#define C		  VTTBR(7, 0xa0000000)

static const struct s2_prot rw = {.perm = {.r = true, .w = true}, .tag = 3};

static int setup_with(void **state, uint32_t quirks)
{
	struct world *w = calloc(1, sizeof(*w));
	struct s2_config cfg = world_config(12);

	cfg.quirks = quirks;
	world_start(w, &cfg, 2 * S2_CONTEXTS_PER_VCPU);
	*state = w;
	return 0;
}

static int setup(void **state)
{
	return setup_with(state, S2_QUIRKS_KVM);
}

static int teardown(void **state)
{
	world_stop(*state);
	free(*state);
	return 0;
}

static struct s2_switch enter(struct world *w, unsigned int vcpu, uint64_t vttbr)
{
	return world_enter(w, vcpu, vttbr, VTCR, 1);
}

static void put_page(struct world *w, struct s2_mmu *mmu, uint64_t ipa)
{
	struct s2_map_result r = s2_map(&w->vm, mmu, (struct table_ipa){ipa}, 4096,
					(struct host_pa){0x880000000 + ipa}, &rw);

	assert_int_equal(r.status, S2_MAP_OK);
	port_settle(w->port);
}

static uint64_t page_at(struct world *w, const struct s2_mmu *mmu, uint64_t ipa)
{
	return port_leaf(w->port, mmu, ipa);
}

/* ---- init ---- */

static void contexts_are_invalid_at_first(void **state)
{
	struct world *w = *state;
	unsigned int i;

	assert_int_equal(w->vm.context_count, 4); /* G1: two for each of two vCPUs */
	for (i = 0; i < 4; i++) {
		assert_false(s2_mmu_valid(&w->contexts[i]));
		assert_int_equal(w->contexts[i].vttbr, 1);
		assert_int_equal(w->contexts[i].index, i);
		assert_true(w->contexts[i].nested && !w->contexts[i].enabled);
		assert_int_equal(w->contexts[i].table.input_bits, 48);
	}
	assert_false(w->vm.canonical.nested || w->vm.canonical.enabled);
	assert_int_equal(w->vm.canonical.table.input_bits, 40);
	assert_true(w->vcpu[0].hyp);
	assert_ptr_equal(w->vcpu[0].mmu, &w->vm.canonical);
}

static void init_frees_everything_where_one_root_cannot_be_had(void **state)
{
	unsigned int n;

	(void)state;
	for (n = 1; n <= 5; n++) {
		struct s2_config cfg = world_config(12);
		struct port *p = port_new(12);
		struct s2_mmu contexts[4];
		struct s2_vm vm;

		p->fail_alloc = n;
		assert_false(s2_vm_init(&vm, &cfg, &p->s2, p, contexts, 4));
		assert_int_equal(p->live, 0);
		port_delete(p);
	}
}

/* ---- lookup ---- */

static void a_context_is_found_again(void **state)
{
	struct world *w = *state;
	struct s2_switch sw = enter(w, 0, A); /* G2 */

	assert_true(sw.context == 0 && !sw.hit && !sw.emptied);
	sw = enter(w, 0, B);
	assert_true(sw.context == 1 && !sw.hit && !sw.emptied);
	sw = enter(w, 0, A);
	assert_true(sw.context == 0 && sw.hit && !sw.emptied);
}

static void CnP_is_no_part_of_the_key(void **state)
{
	struct world *w = *state;

	enter(w, 0, A | 1); /* G3 */
	assert_int_equal(w->vcpu[0].mmu->vttbr, A);
	assert_true(enter(w, 0, A).hit);
	assert_true(enter(w, 0, A | 1).hit);
}

static void every_other_bit_of_VTTBR_is(void **state)
{
	struct world *w = *state;

	enter(w, 0, A);
	assert_false(enter(w, 0, A ^ 1ull << 63).hit);
	assert_false(enter(w, 0, A ^ 2).hit);
}

static void every_bit_of_VTCR_is_part_of_the_key(void **state)
{
	struct world *w = *state;

	world_enter(w, 0, A, VTCR, 1); /* G4 */
	assert_int_equal(world_enter(w, 0, A, VTCR ^ 1ull << 8, 1).context, 1);
	assert_int_equal(world_enter(w, 0, A, VTCR, 1).context, 0);
}

static void without_Q25_only_what_the_walk_looks_at_is(void **state)
{
	struct world *w = *state;

	w->vm.cfg.quirks &= ~S2_QUIRK(S2_Q25_VTCR_KEY);
	world_enter(w, 0, A, VTCR, 1);
	assert_true(world_enter(w, 0, A, VTCR ^ 1ull << 8, 1).hit);   /* IRGN0 */
	assert_true(world_enter(w, 0, A, VTCR ^ 1ull << 12, 1).hit);  /* SH0 */
	assert_false(world_enter(w, 0, A, VTCR ^ 1ull << 21, 1).hit); /* HA */
	assert_false(world_enter(w, 0, A, VTCR ^ 1ull << 14, 1).hit); /* TG0 */
	assert_false(world_enter(w, 0, A, VTCR ^ 1ull << 16, 1).hit); /* PS */
}

static void with_stage_2_off_the_VMID_alone_is_the_key(void **state)
{
	struct world *w = *state;

	world_enter(w, 0, A, VTCR, 0); /* G5 */
	assert_false(w->vcpu[0].mmu->enabled);
	assert_true(world_enter(w, 0, VTTBR(5, 0x123450000), 0, 0).hit);
	assert_false(world_enter(w, 0, B, VTCR, 0).hit);
	assert_false(world_enter(w, 0, A, VTCR, 1).hit);
	assert_true(w->vcpu[0].mmu->enabled);
}

static void VMIDs_have_eight_bits_where_the_host_has_no_more(void **state)
{
	struct world *w = *state;

	w->vm.cfg.vmid16 = false;
	world_enter(w, 0, VTTBR(0x0105, 0), VTCR, 0);
	assert_true(world_enter(w, 0, VTTBR(0x0205, 0), VTCR, 0).hit);
	w->vm.cfg.vmid16 = true;
	assert_false(world_enter(w, 0, VTTBR(0x0305, 0), VTCR, 0).hit);
}

/* ---- recycling ---- */

static void the_victim_is_the_next_in_turn_and_is_emptied(void **state)
{
	struct world *w = *state;
	struct s2_switch sw;
	struct s2_mmu *first;

	enter(w, 0, A);
	first = w->vcpu[0].mmu;
	put_page(w, first, 0x1000);
	enter(w, 0, B);
	enter(w, 0, C);
	enter(w, 0, VTTBR(8, 0));
	port_forget(w->port);
	sw = enter(w, 0, VTTBR(9, 0)); /* G6, with four */
	assert_true(sw.context == 0 && !sw.hit && sw.emptied);
	assert_int_equal(sw.swept.leaves, 1);
	assert_int_equal(page_at(w, first, 0x1000), 0);
	assert_false(first->pending_unmap);
	assert_int_equal(w->port->tlb[w->port->tlb_count - 1].op, S2_TLB_RANGE);
	assert_int_equal(enter(w, 0, A).context, 1);
}

static void a_context_in_use_is_no_victim(void **state)
{
	struct world *w = *state;
	unsigned int i;

	enter(w, 1, A);
	for (i = 0; i < 8; i++)
		assert_int_not_equal(enter(w, 0, VTTBR(16 + i, 0)).context, 0);
	assert_int_equal(w->contexts[0].vttbr, A);
}

/* In a process of its own, without the handlers of cmocka. */
static void where_all_are_in_use_the_caller_is_stopped(void **state)
{
	struct world *w = *state;
	int status;
	pid_t pid;

	enter(w, 0, A);
	w->vm.context_count = 1;
	w->vm.next = 0;
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){0});
		signal(SIGILL, SIG_DFL);
		signal(SIGTRAP, SIG_DFL);
		alarm(10);
		enter(w, 1, B);
		_exit(0);
	}
	w->vm.context_count = 4;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_true(WTERMSIG(status) == SIGILL || WTERMSIG(status) == SIGTRAP);
}

static void a_context_can_be_shared(void **state)
{
	struct world *w = *state;

	enter(w, 0, A);
	assert_true(enter(w, 1, A).hit);
	assert_int_equal(w->contexts[0].refs, 2);
	s2_enter_l1(&w->vcpu[0]);
	assert_int_equal(w->contexts[0].refs, 1);
	assert_ptr_equal(w->vcpu[0].mmu, &w->vm.canonical);
	assert_true(w->vcpu[0].hyp);
	s2_enter_l1(&w->vcpu[1]);
	assert_int_equal(w->contexts[0].refs, 0);
	assert_true(s2_mmu_valid(&w->contexts[0])); /* what it holds is a cache */
}

/* ---- scheduling ---- */

static void a_preempted_vCPU_keeps_its_context(void **state)
{
	struct world *w = *state;
	unsigned int i;
	struct s2_switch sw;

	enter(w, 0, A);
	s2_vcpu_put(&w->vcpu[0], false); /* G10 */
	assert_int_equal(w->contexts[0].refs, 1);
	for (i = 0; i < 8; i++)
		enter(w, 1, VTTBR(16 + i, 0));
	sw = s2_vcpu_load(&w->vcpu[0]);
	assert_true(sw.hit && !sw.emptied && sw.context == 0);
	assert_int_equal(w->contexts[0].refs, 1);
}

static void a_waiting_vCPU_gives_its_context_back(void **state)
{
	struct world *w = *state;
	unsigned int i;
	struct s2_switch sw;

	enter(w, 0, A);
	s2_vcpu_put(&w->vcpu[0], true);
	assert_int_equal(w->contexts[0].refs, 0);
	sw = s2_vcpu_load(&w->vcpu[0]);
	assert_true(sw.hit && sw.context == 0);
	s2_vcpu_put(&w->vcpu[0], true);
	for (i = 0; i < 4; i++)
		enter(w, 1, VTTBR(16 + i, 0));
	sw = s2_vcpu_load(&w->vcpu[0]);
	assert_true(!sw.hit && sw.emptied);
}

static void a_clone_of_a_vCPU_has_the_contexts_of_its_own_VM(void **state)
{
	struct world *w = *state;
	struct s2_mmu contexts[WORLD_CONTEXTS];
	struct s2_vcpu clone;
	struct s2_vm vm;

	s2_vm_clone(&vm, &w->vm, &w->port->s2, w->port, contexts);
	s2_vcpu_clone(&clone, &w->vcpu[0], &vm);
	assert_ptr_equal(clone.mmu, &vm.canonical);
	enter(w, 0, A);
	s2_vcpu_clone(&clone, &w->vcpu[0], &vm);
	assert_ptr_equal(clone.vm, &vm);
	assert_ptr_equal(clone.mmu, &contexts[w->vcpu[0].mmu->index]);
	s2_vcpu_put(&w->vcpu[0], true);
	s2_vcpu_clone(&clone, &w->vcpu[0], &vm);
	assert_null(clone.mmu);
}

static void in_L1_there_is_nothing_to_keep(void **state)
{
	struct world *w = *state;

	s2_vcpu_put(&w->vcpu[0], true);
	assert_true(s2_vcpu_load(&w->vcpu[0]).hit);
	assert_ptr_equal(w->vcpu[0].mmu, &w->vm.canonical);
	s2_vcpu_put(&w->vcpu[0], false);
	s2_vcpu_load(&w->vcpu[0]);
	assert_ptr_equal(w->vcpu[0].mmu, &w->vm.canonical);
}

/* ---- the host ---- */

static void fill_all(struct world *w)
{
	unsigned int i;

	put_page(w, &w->vm.canonical, 0x1000);
	put_page(w, &w->vm.canonical, 0x2000);
	for (i = 0; i < 3; i++) {
		world_enter(w, 0, VTTBR(5 + i, 0), VTCR, i != 2);
		put_page(w, w->vcpu[0].mmu, 0x5000);
		put_page(w, w->vcpu[0].mmu, 0x40000000);
	}
	port_forget(w->port);
}

static void a_host_unmap_empties_every_context(void **state)
{
	struct world *w = *state;
	struct s2_host_swept s;
	unsigned int i;

	fill_all(w);
	s = s2_host_unmap(&w->vm, (struct l1_ipa){0x1000}, 0x1000); /* G9 */
	port_settle(w->port);
	assert_int_equal(s.canonical.leaves, 1);
	assert_int_equal(s.nested.leaves, 6);
	assert_int_equal(s.nested.bytes, 6 * 4096);
	assert_true(s.nested.visited >= s.nested.leaves);
	assert_int_equal(page_at(w, &w->vm.canonical, 0x1000), 0);
	assert_true(page_at(w, &w->vm.canonical, 0x2000) & 1);
	for (i = 0; i < 3; i++) {
		assert_int_equal(w->contexts[i].table.root_valid, 0);
		assert_true(s2_mmu_valid(&w->contexts[i]));
	}
}

static void write_protection_meets_whole_contexts(void **state)
{
	struct world *w = *state;
	struct s2_host_swept s;
	unsigned int i;

	fill_all(w);
	s = s2_host_write_protect(&w->vm, (struct l1_ipa){0x1000}, 0x1000);
	port_settle(w->port);
	assert_int_equal(s.canonical.leaves, 1);
	assert_int_equal(s.nested.leaves, 6);
	assert_true(page_at(w, &w->vm.canonical, 0x2000) & 0x80);
	for (i = 0; i < 3; i++)
		assert_int_equal(page_at(w, &w->contexts[i], 0x5000) & 0x81, 1);
}

static unsigned int nested_flushes(const struct world *w)
{
	unsigned int i, n = 0;

	for (i = 0; i < w->port->tlb_count; i++)
		n += w->port->tlb[i].mmu->nested;
	return n;
}

static void write_protection_flushes_no_context(void **state)
{
	struct world *w = *state;

	fill_all(w);
	s2_host_write_protect(&w->vm, (struct l1_ipa){0}, 1 << 20);
	assert_int_equal(w->port->tlb_count, 1);
	assert_int_equal(nested_flushes(w), 0);
}

static void without_Q17_it_flushes_each(void **state)
{
	struct world *w = *state;

	w->vm.cfg.quirks &= ~S2_QUIRK(S2_Q17_NO_WP_TLBI);
	fill_all(w);
	s2_host_write_protect(&w->vm, (struct l1_ipa){0}, 1 << 20);
	assert_int_equal(nested_flushes(w), 3);
}

static void ageing_looks_at_the_canonical_table_alone(void **state)
{
	struct world *w = *state;

	fill_all(w);
	assert_true(s2_host_age(&w->vm, (struct l1_ipa){0x1000}, 0x1000));
	assert_false(s2_host_age(&w->vm, (struct l1_ipa){0x1000}, 0x1000));
	assert_true(page_at(w, &w->contexts[0], 0x5000) & 1 << 10);
	assert_true(s2_host_age(&w->vm, (struct l1_ipa){0x2000}, 0x1000));
}

static void without_Q18_contexts_are_aged_too(void **state)
{
	struct world *w = *state;

	w->vm.cfg.quirks &= ~S2_QUIRK(S2_Q18_NO_SHADOW_AGE);
	fill_all(w);
	assert_true(s2_host_age(&w->vm, (struct l1_ipa){1 << 30}, 0x1000));
	assert_false(page_at(w, &w->contexts[0], 0x5000) & 1 << 10);
	assert_false(s2_host_age(&w->vm, (struct l1_ipa){1 << 30}, 0x1000));
}

static void invalid_contexts_are_left_alone(void **state)
{
	struct world *w = *state;

	put_page(w, &w->contexts[3], 0x5000);
	s2_host_unmap(&w->vm, (struct l1_ipa){0}, 0x1000);
	s2_host_write_protect(&w->vm, (struct l1_ipa){0}, 0x1000);
	assert_int_equal(page_at(w, &w->contexts[3], 0x5000) & 0x81, 0x81);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(contexts_are_invalid_at_first),
		cmocka_unit_test(init_frees_everything_where_one_root_cannot_be_had),
		TEST(a_context_is_found_again),
		TEST(CnP_is_no_part_of_the_key),
		TEST(every_other_bit_of_VTTBR_is),
		TEST(every_bit_of_VTCR_is_part_of_the_key),
		TEST(without_Q25_only_what_the_walk_looks_at_is),
		TEST(with_stage_2_off_the_VMID_alone_is_the_key),
		TEST(VMIDs_have_eight_bits_where_the_host_has_no_more),
		TEST(the_victim_is_the_next_in_turn_and_is_emptied),
		TEST(a_context_in_use_is_no_victim),
		TEST(where_all_are_in_use_the_caller_is_stopped),
		TEST(a_context_can_be_shared),
		TEST(a_preempted_vCPU_keeps_its_context),
		TEST(a_waiting_vCPU_gives_its_context_back),
		TEST(a_clone_of_a_vCPU_has_the_contexts_of_its_own_VM),
		TEST(in_L1_there_is_nothing_to_keep),
		TEST(a_host_unmap_empties_every_context),
		TEST(write_protection_meets_whole_contexts),
		TEST(write_protection_flushes_no_context),
		TEST(without_Q17_it_flushes_each),
		TEST(ageing_looks_at_the_canonical_table_alone),
		TEST(without_Q18_contexts_are_aged_too),
		TEST(invalid_contexts_are_left_alone),
	};

	return cmocka_run_group_tests_name("mmu", tests, NULL, NULL);
}
