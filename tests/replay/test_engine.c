/* SPDX-License-Identifier: GPL-2.0-only */
/* Events in, decisions out. */
#include "replay/failing.h"
#include "replay/world.h"

static void open_world(struct world *w)
{
	struct engine_options o = world_options();

	world_open(w, &o, NVT_FULL);
}

/* A world in which vCPU 0 runs guest 0, whose page 0 is L1's page at RAM + 0x5000. */
static void open_guest(struct world *w, const struct engine_options *o)
{
	world_open(w, o, NVT_FULL);
	l1_map(w, 0, 0, 3, (RAM + 0x5000) | L1_RW | L1_PAGE);
	enter(w, 0, 0);
}

/* ---- faults ---- */

static void a_fault_of_L1_maps_a_block_of_its_own_memory(void **state)
{
	const struct engine_step *s;
	struct world w;

	(void)state;
	open_world(&w);
	s = fault(&w, FSC(ESR_READ, 4), RAM + 0x234567);
	assert_true(s->delivered && !s->avoided && !s->shadow);
	assert_int_equal(s->context, NVT_CANONICAL_CONTEXT);
	assert_int_equal(s->outcome.kind, S2_MAPPED);
	assert_int_equal(s->outcome.map.size, 2 * MIB);
	assert_int_equal(s->outcome.map.pa.v, PA(RAM + 0x200000));
	assert_int_equal(s->backing->pa, PA(RAM));
	assert_true(canonical_at(&w, RAM + 0x3fffff).valid);
	world_close(&w);
}

static void a_fault_of_L2_is_walked_and_mapped_in_its_context(void **state)
{
	struct engine_options o = world_options();
	const struct engine_step *s;
	struct world w;

	(void)state;
	open_guest(&w, &o);
	s = fault(&w, ESR_READ, 0);
	assert_true(s->shadow);
	assert_int_equal(s->context, 0);
	assert_int_equal(s->outcome.kind, S2_MAPPED);
	assert_int_equal(s->outcome.walk.reads, 3);
	assert_int_equal(s->outcome.map.size, 4096);
	assert_int_equal(leaf_at(&w, 0, 0).pa.v, PA(RAM + 0x5000));
	assert_false(canonical_at(&w, RAM + 0x5000).valid);
	world_close(&w);
}

static void a_recorded_fault_on_what_is_mapped_is_avoided(void **state)
{
	struct engine_options o = world_options();
	const struct engine_step *s;
	struct world w;

	(void)state;
	open_guest(&w, &o);
	fault(&w, ESR_READ, 0);
	s = fault(&w, ESR_READ, 0x10);
	assert_true(s->avoided);
	assert_false(s->delivered);
	assert_int_equal(s->hw_fsc, 0);
	assert_int_equal(w.e->metrics.avoided[SCOPE_SHADOW], 1);
	assert_int_equal(w.e->metrics.delivered[SCOPE_SHADOW], 1);
	world_close(&w);
}

static void as_recorded_nothing_is_avoided(void **state)
{
	struct engine_options o = world_options();
	const struct engine_step *s;
	struct world w;

	(void)state;
	o.as_recorded = true;
	open_guest(&w, &o);
	fault(&w, ESR_READ, 0);
	s = fault(&w, ESR_READ, 0);
	assert_true(s->delivered);
	assert_false(s->avoided);
	assert_int_equal(s->hw_fsc, 0);
	/* The same leaf again: the handler leaves it as it is. */
	assert_int_equal(s->outcome.kind, S2_RETRY);
	world_close(&w);
}

static void a_fault_comes_with_the_code_that_these_tables_give(void **state)
{
	struct engine_options o = world_options();
	const struct engine_step *s;
	struct world w;

	(void)state;
	open_guest(&w, &o);
	l1_map(&w, 0, 0x1000, 3, (RAM + 0x6000) | L1_R | L1_PAGE);
	/* Nothing at all is mapped: the walk ends in the root, at level 0. */
	s = fault(&w, ESR_READ, 0);
	assert_int_equal(s->hw_fsc, 0x04);
	assert_int_equal(w.e->metrics.fsc_rewritten, 1);
	/* The table is there now: level 3, as recorded. */
	s = fault(&w, ESR_WRITE, 0x1000);
	assert_int_equal(s->hw_fsc, 0x07);
	assert_int_equal(w.e->metrics.fsc_rewritten, 1);
	/* Recorded as translation, here a permission fault, which is L1's business. */
	s = fault(&w, ESR_WRITE, 0x1000);
	assert_int_equal(s->hw_fsc, 0x0f);
	assert_int_equal(s->outcome.kind, S2_INJECTED);
	assert_int_equal(s->outcome.inject.esr & 0x3f, 0x0f);
	assert_int_equal(w.e->metrics.fsc_rewritten, 2);
	assert_true(w.e->vcpus[0].hyp);
	world_close(&w);
}

static void as_recorded_the_code_stays(void **state)
{
	struct engine_options o = world_options();
	const struct engine_step *s;
	struct world w;

	(void)state;
	o.as_recorded = true;
	open_guest(&w, &o);
	s = fault(&w, ESR_READ, 0);
	assert_int_equal(s->hw_fsc, 0x04);
	assert_int_equal(s->outcome.kind, S2_MAPPED);
	assert_int_equal(w.e->metrics.fsc_rewritten, 0);
	world_close(&w);
}

static void a_fault_that_does_not_depend_on_tables_is_always_delivered(void **state)
{
	struct engine_options o = world_options();
	const struct engine_step *s;
	struct world w;

	(void)state;
	open_guest(&w, &o);
	fault(&w, ESR_READ, 0);
	s = fault(&w, FSC(ESR_READ, 0x35), 0); /* unsupported exclusive */
	assert_true(s->delivered);
	assert_int_equal(s->outcome.kind, S2_INJECTED_EXCL);
	enter(&w, 0, 0);
	s = fault(&w, FSC(ESR_READ, 0x10), 0); /* external abort */
	assert_true(s->delivered);
	assert_int_equal(s->outcome.kind, S2_INJECTED_SERROR);
	world_close(&w);
}

static void without_a_valid_HPFAR_the_handler_decides(void **state)
{
	struct engine_options o = world_options();
	struct nvt_event ev = fault_event(ESR_READ, 0);
	const struct engine_step *s;
	struct world w;

	(void)state;
	open_guest(&w, &o);
	fault(&w, ESR_READ, 0);
	ev.fault.hpfar = 0;
	s = send(&w, ev);
	assert_true(s->delivered);
	assert_int_equal(s->outcome.kind, S2_ERROR);
	assert_int_equal(s->outcome.row, 2);
	world_close(&w);
}

static void an_address_beyond_the_table_is_a_fault_at_level_0(void **state)
{
	struct engine_options o = world_options();
	const struct engine_step *s;
	struct world w;

	(void)state;
	open_guest(&w, &o);
	fault(&w, ESR_READ, 0);
	s = fault(&w, FSC(ESR_READ, 5), 1ull << 48);
	assert_int_equal(s->hw_fsc, 0x04);
	assert_int_equal(s->outcome.kind, S2_INJECTED_SIZE);
	world_close(&w);
}

static void a_cleared_access_flag_is_an_access_flag_fault(void **state)
{
	const struct engine_step *s;
	struct world w;

	(void)state;
	open_world(&w);
	fault(&w, FSC(ESR_READ, 4), RAM);
	on_range(&w, NVT_HOST_AGE, RAM, 4096);
	s = fault(&w, FSC(ESR_READ, 0x0a), RAM);
	assert_int_equal(s->hw_fsc, 0x0a);
	assert_int_equal(s->outcome.kind, S2_AF_SET);
	assert_true(fault(&w, FSC(ESR_READ, 0x0a), RAM)->avoided);
	world_close(&w);
}

static void hardware_that_sets_the_access_flag_takes_no_such_fault(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	w.e->hw_af = true;
	fault(&w, FSC(ESR_READ, 4), RAM);
	on_range(&w, NVT_HOST_AGE, RAM, 4096);
	assert_false(s2_leaf_af(canonical_at(&w, RAM).desc));
	assert_true(touch(&w, ESR_READ, RAM)->avoided);
	assert_true(s2_leaf_af(canonical_at(&w, RAM).desc));
	world_close(&w);
}

static void a_vcpu_that_was_not_announced_is_refused(void **state)
{
	struct nvt_event ev = fault_event(ESR_READ, RAM);
	struct world w;

	(void)state;
	open_world(&w);
	ev.vcpu = 2;
	assert_int_equal(try_event(&w, ev), ENGINE_BAD_EVENT);
	world_close(&w);
}

/* ---- the recording leads ---- */

static const struct nvt_fault_truth injected = {.has = NVT_TRUTH_INJECT};
static const struct nvt_fault_truth resumed = {.has = NVT_TRUTH_RET, .ret = 1};

static const struct engine_step *fault_with(struct world *w, uint64_t esr, uint64_t ipa,
					    const struct nvt_fault_truth *truth)
{
	struct nvt_event ev = fault_event(esr, ipa);

	ev.fault.truth = truth;
	return send(w, ev);
}

static void a_fault_that_the_recording_injected_leads_to_L1_though_it_is_avoided(void **state)
{
	struct engine_options o = world_options();
	struct world w;

	(void)state;
	open_guest(&w, &o);
	fault(&w, ESR_READ, 0);
	assert_true(fault_with(&w, ESR_READ, 0, &injected)->avoided);
	assert_true(w.e->vcpus[0].hyp);
	assert_ptr_equal(w.e->vcpus[0].mmu, &w.e->vm.canonical);
	assert_int_equal(w.e->contexts[0].refs, 0);
	world_close(&w);
}

static void a_fault_that_the_recording_resumed_stays_in_L2_though_it_is_injected(void **state)
{
	struct engine_options o = world_options();
	const struct engine_step *s;
	struct world w;

	(void)state;
	open_guest(&w, &o);
	s = fault_with(&w, ESR_READ, 0x7000, &resumed);
	assert_int_equal(s->outcome.kind, S2_INJECTED);
	assert_false(w.e->vcpus[0].hyp);
	assert_ptr_equal(w.e->vcpus[0].mmu, &w.e->contexts[0]);
	assert_int_equal(w.e->contexts[0].refs, 1);
	/* Without any truth, the injection is believed. */
	fault(&w, ESR_READ, 0x7000);
	assert_true(w.e->vcpus[0].hyp);
	world_close(&w);
}

static void a_fault_mapped_here_and_injected_there_leads_to_L1(void **state)
{
	struct engine_options o = world_options();
	struct world w;

	(void)state;
	open_guest(&w, &o);
	assert_int_equal(fault_with(&w, ESR_READ, 0, &injected)->outcome.kind, S2_MAPPED);
	assert_true(w.e->vcpus[0].hyp);
	world_close(&w);
}

static void a_fault_of_L1_keeps_the_vcpu_in_L1(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	fault_with(&w, FSC(ESR_READ, 4), RAM, &resumed);
	assert_true(w.e->vcpus[0].hyp);
	fault_with(&w, FSC(ESR_READ, 4), RAM, &resumed);
	assert_true(w.e->vcpus[0].hyp);
	world_close(&w);
}

/* ---- touches ---- */

static void a_touch_of_what_is_not_mapped_maps_it_and_then_hits(void **state)
{
	struct engine_options o = world_options();
	const struct engine_step *s;
	struct world w;

	(void)state;
	open_guest(&w, &o);
	s = touch(&w, ESR_READ, 0x18);
	assert_true(s->delivered && !s->avoided);
	assert_int_equal(s->outcome.kind, S2_MAPPED);
	assert_int_equal(w.e->metrics.delivered[SCOPE_SHADOW], 1);
	s = touch(&w, ESR_WRITE, 0x20);
	assert_true(s->avoided && !s->delivered);
	assert_int_equal(w.e->metrics.touches, 2);
	assert_int_equal(w.e->metrics.avoided[SCOPE_SHADOW], 1);
	assert_int_equal(w.e->metrics.faults_recorded, 0);
	world_close(&w);
}

/* Q24: the mapping comes first, without W; the second exit is forwarded. */
static void a_write_where_L1_allows_reads_alone_takes_two_exits(void **state)
{
	struct engine_options o = world_options();
	const struct engine_step *s;
	struct world w;

	(void)state;
	open_guest(&w, &o);
	l1_map(&w, 0, 0x1000, 3, (RAM + 0x6000) | L1_R | L1_PAGE);
	s = touch(&w, ESR_WRITE, 0x1000);
	assert_int_equal(s->outcome.kind, S2_INJECTED);
	assert_int_equal(s->hw_fsc, 0x0f);
	assert_int_equal(w.e->metrics.delivered[SCOPE_SHADOW], 2);
	assert_int_equal(w.e->metrics.outcome[SCOPE_SHADOW][S2_MAPPED], 1);
	assert_true(w.e->vcpus[0].hyp);
	/* The next one finds the page and goes to L1 at once. */
	enter(&w, 0, 0);
	touch(&w, ESR_WRITE, 0x1000);
	assert_int_equal(w.e->metrics.delivered[SCOPE_SHADOW], 3);
	world_close(&w);
}

static void a_touch_that_L1_does_not_map_is_injected_once(void **state)
{
	struct engine_options o = world_options();
	const struct engine_step *s;
	struct world w;

	(void)state;
	open_guest(&w, &o);
	s = touch(&w, ESR_READ, 0x7000);
	assert_int_equal(s->outcome.kind, S2_INJECTED);
	assert_int_equal(w.e->metrics.delivered[SCOPE_SHADOW], 1);
	assert_int_equal(w.e->metrics.injected[INJECT_TRANSLATION][3], 1);
	assert_true(w.e->vcpus[0].hyp);
	world_close(&w);
}

static void a_fetch_needs_execution_and_a_walk_needs_reads(void **state)
{
	struct engine_options o = world_options();
	const struct engine_step *s;
	struct world w;

	(void)state;
	open_guest(&w, &o);
	l1_map(&w, 0, 0x1000, 3, (RAM + 0x6000) | L1_RW | L1_NX | L1_PAGE);
	l1_map(&w, 0, 0x2000, 3, (RAM + 0x7000) | L1_R | L1_PAGE);
	touch(&w, ESR_READ, 0x1000);
	s = touch(&w, ESR_EXEC, 0x1000);
	assert_int_equal(s->outcome.kind, S2_INJECTED);
	assert_int_equal(s->hw_fsc, 0x0f);
	enter(&w, 0, 0);
	touch(&w, ESR_READ, 0x2000);
	assert_true(touch(&w, ESR_WALK, 0x2000)->avoided);
	assert_true(touch(&w, ESR_EXEC, 0x2000)->avoided);
	world_close(&w);
}

static void a_recorded_walk_update_needs_writes(void **state)
{
	struct engine_options o = world_options();
	const struct engine_step *s;
	struct world w;

	(void)state;
	open_guest(&w, &o);
	l1_map(&w, 0, 0x2000, 3, (RAM + 0x7000) | L1_R | L1_PAGE);
	touch(&w, ESR_READ, 0x2000);
	s = fault(&w, FSC(ESR_WALK, 0x0f), 0x2000);
	assert_int_equal(s->hw_fsc, 0x0f);
	assert_int_equal(s->outcome.kind, S2_INJECTED);
	enter(&w, 0, 0);
	touch(&w, ESR_READ, 0);
	assert_true(fault(&w, FSC(ESR_WALK, 0x0f), 0)->avoided);
	world_close(&w);
}

static void cache_maintenance_reads_as_far_as_tables_go(void **state)
{
	struct engine_options o = world_options();
	struct world w;

	(void)state;
	open_guest(&w, &o);
	l1_map(&w, 0, 0x2000, 3, (RAM + 0x7000) | L1_R | L1_PAGE);
	touch(&w, ESR_READ, 0x2000);
	assert_true(touch(&w, 0x92000140, 0x2000)->avoided);
	world_close(&w);
}

static void execution_at_EL0_and_EL1_differs(void **state)
{
	struct engine_options o = world_options();
	struct nvt_event ev;
	struct world w;

	(void)state;
	open_guest(&w, &o);
	/* XN 01: EL0 alone executes. */
	l1_map(&w, 0, 0x3000, 3, (RAM + 0x8000) | 1ull << 53 | L1_RW | L1_PAGE);
	touch(&w, ESR_READ, 0x3000);
	ev = fault_event(TOUCH(ESR_EXEC), 0x3000);
	ev.kind = NVT_TOUCH;
	ev.fault.pstate = 0;
	assert_true(send(&w, ev)->avoided);
	ev.fault.pstate = 0x10; /* User mode of AArch32 */
	assert_true(send(&w, ev)->avoided);
	ev.fault.pstate = EL1H;
	assert_int_equal(send(&w, ev)->outcome.kind, S2_INJECTED);
	world_close(&w);
}

/* ---- contexts ---- */

static void two_guests_have_two_contexts_and_find_them_again(void **state)
{
	const struct engine_step *s;
	struct world w;

	(void)state;
	open_world(&w);
	s = enter(&w, 0, 0);
	assert_true(s->switched && !s->sw.hit && !s->sw.emptied);
	assert_int_equal(s->sw.context, 0);
	leave(&w, 0, 0);
	assert_int_equal(enter(&w, 0, 1)->sw.context, 1);
	leave(&w, 0, 1);
	s = enter(&w, 0, 0);
	assert_true(s->sw.hit);
	assert_int_equal(s->sw.context, 0);
	world_close(&w);
}

static void a_recycled_context_is_emptied_and_says_so(void **state)
{
	const struct engine_step *s;
	struct world w;
	unsigned int guest;

	(void)state;
	open_world(&w);
	for (guest = 0; guest < 5; guest++) {
		l1_map(&w, guest, 0, 3, (RAM + 0x5000) | L1_RW | L1_PAGE);
		s = enter(&w, 0, guest);
		assert_int_equal(s->sw.context, guest % 4);
		assert_int_equal(s->sw.emptied, guest == 4);
		if (guest < 4)
			assert_int_equal(s->extent_count, 0);
		touch(&w, ESR_READ, 0);
		leave(&w, 0, guest);
	}
	assert_int_equal(w.e->metrics.delivered[SCOPE_SHADOW], 5);
	/* Guest 0 comes back to another context, which was guest 1's. */
	s = enter(&w, 0, 0);
	assert_int_equal(s->sw.context, 1);
	assert_true(s->sw.emptied);
	assert_int_equal(s->sw.swept.leaves, 1);
	assert_int_equal(s->extent_count, 1);
	assert_int_equal(w.e->extents[0].context, 1);
	assert_int_equal(w.e->extents[0].start, 0);
	assert_int_equal(w.e->extents[0].size, 1ull << 48);
	assert_false(leaf_at(&w, 1, 0).valid);
	world_close(&w);
}

static void a_vcpu_scheduled_out_keeps_its_context_unless_it_waits(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	enter(&w, 0, 0);
	send(&w, context_event(0, NVT_PUT, 0));
	assert_int_equal(w.e->contexts[0].refs, 1);
	send(&w, context_event(0, NVT_LOAD, 0));
	assert_int_equal(w.e->contexts[0].refs, 1);
	send(&w, context_event(0, NVT_PUT_WFI, 0));
	assert_int_equal(w.e->contexts[0].refs, 0);
	assert_null(w.e->vcpus[0].mmu);
	assert_true(send(&w, context_event(0, NVT_LOAD, 0))->sw.hit);
	assert_int_equal(w.e->contexts[0].refs, 1);
	world_close(&w);
}

static void a_fault_of_a_vcpu_that_was_not_loaded_loads_it(void **state)
{
	struct engine_options o = world_options();
	const struct engine_step *s;
	struct world w;

	(void)state;
	open_guest(&w, &o);
	send(&w, context_event(0, NVT_PUT_WFI, 0));
	s = fault(&w, ESR_READ, 0);
	assert_int_equal(s->context, 0);
	assert_int_equal(s->outcome.kind, S2_MAPPED);
	world_close(&w);
}

static void registers_that_are_not_known_stay_as_they_were(void **state)
{
	struct nvt_event ev = context_event(0, NVT_ERET, 3);
	struct world w;

	(void)state;
	open_world(&w);
	enter(&w, 0, 0);
	leave(&w, 0, 0);
	ev.context.flags |= NVT_CONTEXT_NO_REGS;
	assert_int_equal(send(&w, ev)->sw.context, 0);
	assert_int_equal(w.e->vcpus[0].regs.vttbr, VTTBR(0));
	world_close(&w);
}

static void with_stage_2_off_nothing_is_walked(void **state)
{
	struct nvt_event ev = context_event(0, NVT_ERET, 0);
	const struct engine_step *s;
	struct world w;

	(void)state;
	open_world(&w);
	ev.context.hcr = 0;
	send(&w, ev);
	s = fault(&w, FSC(ESR_READ, 4), RAM);
	assert_false(s->shadow);
	assert_int_equal(s->context, 0);
	assert_int_equal(s->outcome.map.size, 2 * MIB);
	assert_int_equal(w.e->metrics.delivered[SCOPE_S2_OFF], 1);
	world_close(&w);
}

/* ---- L1's invalidations ---- */

static void a_TLBI_by_address_empties_the_leaf_in_its_VMID_alone(void **state)
{
	const struct engine_step *s;
	struct world w;
	unsigned int guest;

	(void)state;
	open_world(&w);
	for (guest = 0; guest < 2; guest++) {
		l1_map(&w, guest, 0x1000, 3, (RAM + 0x5000) | L1_RW | L1_PAGE);
		l1_map(&w, guest, 0x2000, 3, (RAM + 0x6000) | L1_RW | L1_PAGE);
		enter(&w, 0, guest);
		touch(&w, ESR_READ, 0x1000);
		touch(&w, ESR_READ, 0x2000);
		leave(&w, 0, guest);
	}
	s = tlbi(&w, TLBI_IPAS2E1IS, 7ull << 44 | 1, 1);
	assert_int_equal(s->tlbi, S2_TLBI_IPA);
	assert_int_equal(s->extent_count, 1);
	assert_int_equal(w.e->extents[0].context, 1);
	assert_int_equal(w.e->extents[0].start, 0x1000);
	assert_int_equal(w.e->extents[0].size, 0x1000);
	assert_false(leaf_at(&w, 1, 0x1000).valid);
	assert_true(leaf_at(&w, 1, 0x2000).valid);
	assert_true(leaf_at(&w, 0, 0x1000).valid);
	assert_int_equal(w.e->metrics.tlbi.count, 1);
	assert_int_equal(w.e->metrics.tlbi.asked, 0x1000);
	assert_int_equal(w.e->metrics.tlbi.unmapped, 0x1000);
	world_close(&w);
}

static void a_TLBI_of_all_empties_every_context(void **state)
{
	const struct engine_step *s;
	struct world w;
	unsigned int guest;

	(void)state;
	open_world(&w);
	for (guest = 0; guest < 3; guest++) {
		l1_map(&w, guest, 0, 2, RAM | L1_RW | L1_BLOCK);
		enter(&w, 0, guest);
		touch(&w, ESR_READ, 0);
		leave(&w, 0, guest);
	}
	s = tlbi(&w, TLBI_ALLE1IS, 0, 0);
	assert_int_equal(s->extent_count, 3);
	for (guest = 0; guest < 3; guest++)
		assert_false(leaf_at(&w, guest, 0).valid);
	/* What stood is what was asked for. */
	assert_int_equal(w.e->metrics.tlbi.asked, 3 * 2 * MIB);
	assert_int_equal(w.e->metrics.tlbi.unmapped, 3 * 2 * MIB);
	world_close(&w);
}

static void a_stage_1_TLBI_changes_nothing(void **state)
{
	struct engine_options o = world_options();
	const struct engine_step *s;
	struct world w;

	(void)state;
	open_guest(&w, &o);
	touch(&w, ESR_READ, 0);
	s = tlbi(&w, TLBI_VMALLE1IS, 0, 0);
	assert_int_equal(s->extent_count, 0);
	assert_true(leaf_at(&w, 0, 0).valid);
	assert_int_equal(w.e->metrics.tlbi.count, 0);
	world_close(&w);
}

/* ---- host events ---- */

/* Two contexts with a page each, and L1's own block. */
static void open_two_with(struct world *w, bool staged, enum s2_invalidation_kind kind)
{
	struct engine_options o = world_options();
	unsigned int guest;

	o.staged = staged;
	o.invalidation = &s2_invalidations[kind]; /* rows are in the order of kinds */
	assert_int_equal(o.invalidation->kind, kind);
	world_open(w, &o, NVT_FULL);
	fault(w, FSC(ESR_READ, 4), RAM);
	for (guest = 0; guest < 2; guest++) {
		l1_map(w, guest, 0, 3, (RAM + 0x5000) | L1_RW | L1_PAGE);
		enter(w, 0, guest);
		touch(w, ESR_WRITE, 0);
		leave(w, 0, guest);
	}
}

static void open_two(struct world *w, bool staged)
{
	open_two_with(w, staged, S2_INVALIDATE_WHOLE);
}

static void an_unmap_of_the_host_empties_all_contexts_at_once(void **state)
{
	const struct engine_step *s;
	struct world w;

	(void)state;
	open_two(&w, false);
	s = on_range(&w, NVT_HOST_UNMAP, RAM + 0x7000, 0x1000);
	assert_int_equal(s->extent_count, 2);
	assert_false(leaf_at(&w, 0, 0).valid);
	assert_false(leaf_at(&w, 1, 0).valid);
	assert_false(canonical_at(&w, RAM).valid);
	assert_int_equal(w.e->metrics.host_unmap.count, 1);
	assert_int_equal(w.e->metrics.host_unmap.asked, 0x1000);
	/* Of the shadow tables alone: L1's own is asked for. */
	assert_int_equal(w.e->metrics.host_unmap.unmapped, 2 * 4096);
	world_close(&w);
}

static void staged_each_context_waits_for_its_turn(void **state)
{
	struct world w;

	(void)state;
	open_two(&w, true);
	on_range(&w, NVT_HOST_UNMAP, RAM + 0x7000, 0x1000);
	assert_false(canonical_at(&w, RAM).valid);
	assert_true(leaf_at(&w, 0, 0).valid);
	assert_true(leaf_at(&w, 1, 0).valid);
	extent(&w, 0, NVT_UNMAPPED);
	assert_false(leaf_at(&w, 0, 0).valid);
	assert_true(leaf_at(&w, 1, 0).valid);
	/* What a vCPU maps after its context's turn stays. */
	enter(&w, 0, 0);
	touch(&w, ESR_READ, 0);
	extent(&w, 1, NVT_UNMAPPED);
	assert_true(leaf_at(&w, 0, 0).valid);
	assert_false(leaf_at(&w, 1, 0).valid);
	/* A turn that nobody waits for changes nothing. */
	extent(&w, 0, NVT_UNMAPPED);
	assert_true(leaf_at(&w, 0, 0).valid);
	world_close(&w);
}

static void with_a_reverse_map_only_what_was_taken_goes(void **state)
{
	enum s2_invalidation_kind kind;

	(void)state;
	for (kind = S2_INVALIDATE_RMAP; kind <= S2_INVALIDATE_EXACT; kind++) {
		struct world w;

		open_two_with(&w, false, kind);
		on_range(&w, NVT_HOST_UNMAP, RAM + 0x7000, 0x1000);
		assert_true(leaf_at(&w, 0, 0).valid && leaf_at(&w, 1, 0).valid);
		on_range(&w, NVT_HOST_UNMAP, RAM + 0x5000, 0x1000);
		assert_false(leaf_at(&w, 0, 0).valid || leaf_at(&w, 1, 0).valid);
		assert_int_equal(w.e->metrics.host_unmap.leaves, 2);
		assert_int_equal(w.e->metrics.host_unmap.give_ups, 0);
		world_close(&w);
	}
}

static void staged_a_range_waits_for_each_contexts_turn(void **state)
{
	struct world w;

	(void)state;
	open_two_with(&w, true, S2_INVALIDATE_EXACT);
	on_range(&w, NVT_HOST_UNMAP, RAM + 0x5000, 0x1000);
	extent(&w, 0, NVT_UNMAPPED);
	assert_false(leaf_at(&w, 0, 0).valid);
	assert_true(leaf_at(&w, 1, 0).valid);
	/* The range is that of the event whose turn it is, not of the next. */
	on_range(&w, NVT_HOST_UNMAP, RAM + 0x9000, 0x1000);
	assert_false(leaf_at(&w, 1, 0).valid);
	world_close(&w);
}

static void a_slot_that_goes_takes_what_it_backed(void **state)
{
	struct world w;

	(void)state;
	open_two_with(&w, false, S2_INVALIDATE_RMAP);
	slot(&w, NVT_SLOT_CREATE, 1, RAM + RAM_SIZE, MIB, 0);
	slot(&w, NVT_SLOT_DELETE, 1, RAM + RAM_SIZE, MIB, 0);
	assert_true(leaf_at(&w, 0, 0).valid && leaf_at(&w, 1, 0).valid);
	slot(&w, NVT_SLOT_DELETE, 0, RAM, RAM_SIZE, 0);
	assert_false(leaf_at(&w, 0, 0).valid || leaf_at(&w, 1, 0).valid);
	world_close(&w);
}

static void a_host_refault_maps_what_the_host_took(void **state)
{
	struct world w;

	(void)state;
	open_two(&w, false);
	on_range(&w, NVT_HOST_UNMAP, RAM + 0x7000, 0x1000); /* whole: both pages go */
	assert_int_equal(w.e->metrics.host_refaults, 0);
	enter(&w, 0, 0);
	touch(&w, ESR_READ, 0);
	assert_int_equal(w.e->metrics.host_refaults, 1);
	/* L1's own invalidation takes it again: that is not the host's doing. */
	leave(&w, 0, 0);
	tlbi(&w, TLBI_ALLE1IS, 0, 0);
	enter(&w, 0, 0);
	touch(&w, ESR_READ, 0);
	assert_int_equal(w.e->metrics.host_refaults, 1);
	/* The other guest's page is another page. */
	leave(&w, 0, 0);
	enter(&w, 0, 1);
	touch(&w, ESR_READ, 0);
	assert_int_equal(w.e->metrics.host_refaults, 2);
	world_close(&w);
}

static void what_is_left_of_a_host_event_ends_with_the_next(void **state)
{
	struct world w;

	(void)state;
	open_two(&w, true);
	on_range(&w, NVT_HOST_UNMAP, RAM, 0x1000);
	extent(&w, 1, NVT_UNMAPPED);
	assert_true(leaf_at(&w, 0, 0).valid);
	on_range(&w, NVT_WRITE_PROTECT, RAM, 0x1000);
	assert_false(leaf_at(&w, 0, 0).valid);
	world_close(&w);
}

static void a_turn_of_the_wrong_sort_does_not_count(void **state)
{
	struct world w;

	(void)state;
	open_two(&w, true);
	on_range(&w, NVT_WRITE_PROTECT, RAM, 0x1000);
	extent(&w, 0, NVT_UNMAPPED);
	assert_true(s2_leaf_prot(leaf_at(&w, 0, 0).desc).perm.w);
	extent(&w, 0, NVT_WRITE_PROTECTED);
	assert_true(leaf_at(&w, 0, 0).valid);
	assert_false(s2_leaf_prot(leaf_at(&w, 0, 0).desc).perm.w);
	assert_true(s2_leaf_prot(leaf_at(&w, 1, 0).desc).perm.w);
	/* Of contexts that there are not, nothing is expected. */
	extent(&w, 4, NVT_WRITE_PROTECTED);
	extent(&w, NVT_CANONICAL_CONTEXT, NVT_WRITE_PROTECTED);
	world_close(&w);
}

/* ---- slots, logging, backing ---- */

static void logging_takes_writes_away_and_makes_pages(void **state)
{
	const struct engine_step *s;
	struct world w;

	(void)state;
	open_world(&w);
	fault(&w, FSC(ESR_WRITE, 4), RAM);
	assert_true(s2_leaf_prot(canonical_at(&w, RAM).desc).perm.w);
	s = log_writes(&w, true);
	assert_int_equal(s->extent_count, 0); /* no context is valid */
	assert_false(s2_leaf_prot(canonical_at(&w, RAM).desc).perm.w);
	/* A write splits the block; a read elsewhere gets a page without W. */
	s = fault(&w, FSC(ESR_WRITE, 0x0e), RAM + 0x3000);
	assert_int_equal(s->outcome.map.size, 4096);
	assert_true(s->outcome.map.split && s->outcome.map.dirty);
	s = fault(&w, FSC(ESR_READ, 4), RAM + 2 * MIB);
	assert_int_equal(s->outcome.map.size, 4096);
	assert_false(s->outcome.map.prot.perm.w);
	/* Already on: nothing is protected again. */
	log_writes(&w, true);
	assert_true(s2_leaf_prot(canonical_at(&w, RAM + 0x3000).desc).perm.w);
	/* Off, and blocks come back where there is nothing. */
	log_writes(&w, false);
	s = fault(&w, FSC(ESR_READ, 4), RAM + 4 * MIB);
	assert_int_equal(s->outcome.map.size, 2 * MIB);
	world_close(&w);
}

static void logging_protects_the_contexts_too(void **state)
{
	const struct engine_step *s;
	struct world w;

	(void)state;
	open_two(&w, false);
	s = log_writes(&w, true);
	assert_int_equal(s->extent_count, 2);
	assert_false(s2_leaf_prot(leaf_at(&w, 0, 0).desc).perm.w);
	enter(&w, 0, 1);
	s = touch(&w, ESR_WRITE, 0);
	assert_int_equal(s->hw_fsc, 0x0f);
	assert_int_equal(s->outcome.kind, S2_RELAXED);
	assert_true(s->outcome.map.dirty);
	world_close(&w);
}

static void a_deleted_slot_is_unmapped_and_gone(void **state)
{
	const struct engine_step *s;
	struct world w;

	(void)state;
	open_two(&w, false);
	s = slot(&w, NVT_SLOT_DELETE, 0, RAM, RAM_SIZE, 0);
	assert_int_equal(s->extent_count, 2);
	assert_false(canonical_at(&w, RAM).valid);
	assert_false(leaf_at(&w, 0, 0).valid);
	s = fault(&w, FSC(ESR_READ, 4), RAM);
	assert_int_equal(s->outcome.kind, S2_MMIO);
	/* Once more: there is nothing to delete. */
	assert_int_equal(slot(&w, NVT_SLOT_DELETE, 0, RAM, RAM_SIZE, 0)->extent_count, 0);
	world_close(&w);
}

static void a_moved_slot_is_unmapped_where_it_was(void **state)
{
	struct world w;

	(void)state;
	open_two(&w, false);
	slot(&w, NVT_SLOT_MOVE, 0, 4 * GIB, RAM_SIZE, 0);
	assert_false(canonical_at(&w, RAM).valid);
	assert_int_equal(fault(&w, FSC(ESR_READ, 4), RAM)->outcome.kind, S2_MMIO);
	assert_int_equal(fault(&w, FSC(ESR_READ, 4), 4 * GIB)->outcome.kind, S2_MAPPED);
	assert_int_equal(w.e->machine.slot_count, 1);
	world_close(&w);
}

/* Every context is dealt with twice in one event. */
static void a_slot_that_moves_and_begins_to_log_unmaps_and_protects(void **state)
{
	const struct engine_step *s;
	struct world w;
	unsigned int guest;

	(void)state;
	open_two(&w, false);
	for (guest = 2; guest < 4; guest++) {
		enter(&w, 0, guest);
		leave(&w, 0, guest);
	}
	s = slot(&w, NVT_SLOT_MOVE, 0, 4 * GIB, RAM_SIZE, NVT_SLOT_LOG);
	assert_int_equal(s->extent_count, 8);
	assert_false(leaf_at(&w, 0, 0).valid);
	assert_int_equal(fault(&w, FSC(ESR_READ, 4), 4 * GIB)->outcome.map.size, 4096);
	world_close(&w);
}

static void a_write_to_a_read_only_slot_is_emulated(void **state)
{
	const struct engine_step *s;
	struct world w;

	(void)state;
	open_world(&w);
	slot(&w, NVT_SLOT_CREATE, 1, 2 * GIB, MIB, NVT_SLOT_READONLY);
	s = fault(&w, FSC(ESR_WRITE, 4), 2 * GIB);
	assert_int_equal(s->outcome.kind, S2_MMIO);
	s = fault(&w, FSC(ESR_READ, 4), 2 * GIB);
	assert_int_equal(s->outcome.kind, S2_MAPPED);
	assert_false(s->outcome.map.prot.perm.w);
	world_close(&w);
}

static void too_many_slots_are_an_event_that_cannot_be(void **state)
{
	struct world w;
	unsigned int id;

	(void)state;
	open_world(&w);
	for (id = 1; id < MACHINE_SLOTS_MAX; id++)
		slot(&w, NVT_SLOT_CREATE, id, 4 * GIB + id * MIB, MIB, 0);
	assert_int_equal(try_event(&w, slot_event(NVT_SLOT_CREATE, id, 0, MIB, 0)),
			 ENGINE_BAD_EVENT);
	assert_string_equal(w.e->problem, "more than 512 memslots");
	world_close(&w);
}

static void backing_that_changes_is_asked_anew(void **state)
{
	struct nvt_event ev = backing_event(RAM, 2 * MIB, 12);
	const struct engine_step *s;
	struct world w;

	(void)state;
	open_world(&w);
	ev.backing.pa = 0x123456000;
	ev.backing.origin = NVT_EARLIER;
	send(&w, ev);
	s = fault(&w, FSC(ESR_READ, 4), RAM + 0x1000);
	assert_int_equal(s->outcome.map.size, 4096);
	assert_int_equal(s->outcome.map.pa.v, 0x123457000);
	assert_int_equal(s->backing->origin, NVT_EARLIER);
	s = fault(&w, FSC(ESR_READ, 4), RAM + 2 * MIB);
	assert_int_equal(s->outcome.map.pa.v, PA(RAM + 2 * MIB));
	world_close(&w);
}

static void a_backing_that_is_nothing_or_wraps_cannot_be(void **state)
{
	struct nvt_event ev = backing_event(RAM, 0, 12);
	struct world w;

	(void)state;
	open_world(&w);
	assert_int_equal(try_event(&w, ev), ENGINE_BAD_EVENT);
	ev.backing.hva = ~0xfffull;
	ev.backing.size = 0x2000;
	assert_int_equal(try_event(&w, ev), ENGINE_BAD_EVENT);
	ev.backing.size = 0x1000;
	assert_int_equal(try_event(&w, ev), ENGINE_OK);
	world_close(&w);
}

/* ---- the rest ---- */

static void of_a_partial_trace_faults_are_counted_alone(void **state)
{
	struct engine_options o = world_options();
	const struct engine_step *s;
	struct world w;

	(void)state;
	world_open(&w, &o, NVT_PARTIAL);
	assert_false(enter(&w, 0, 0)->switched);
	s = fault(&w, ESR_READ, 0);
	assert_false(s->delivered || s->avoided);
	fault_with(&w, ESR_READ, 0, &resumed);
	fault_with(&w, ESR_READ, 0, &injected);
	/* That one led to L1. */
	fault_with(&w, ESR_READ, 0, &resumed);
	tlbi(&w, TLBI_ALLE1IS, 0, 0);
	assert_int_equal(w.e->metrics.faults_recorded, 4);
	assert_int_equal(w.e->metrics.recorded[SCOPE_SHADOW], 3);
	assert_int_equal(w.e->metrics.recorded[SCOPE_CANONICAL], 1);
	assert_int_equal(w.e->metrics.recorded_unknown, 0);
	assert_int_equal(w.e->metrics.recorded_injected, 1);
	assert_int_equal(w.e->metrics.tlbi.count, 0);
	world_close(&w);
}

static void an_L1_leaf_without_a_place_cannot_be(void **state)
{
	struct world w;
	struct nvt_event ev = {.kind = NVT_L1_LEAF,
			       .l1_leaf = {.vttbr = VTTBR(0), .vtcr = VTCR, .level = 0}};

	(void)state;
	open_world(&w);
	assert_int_equal(try_event(&w, ev), ENGINE_BAD_EVENT);
	assert_string_equal(w.e->problem, "L1's stage 2 (VTCR 0x80020058) has no entry at level 0");
	world_close(&w);
}

static void big_endian_tables_are_made_as_L1_reads_them(void **state)
{
	struct engine_options o = world_options();
	struct nvt_event regs = context_event(0, NVT_ERET, 5);
	struct nvt_event ev = {.kind = NVT_L1_LEAF,
			       .l1_leaf = {.vttbr = VTTBR(5),
					   .vtcr = VTCR,
					   .desc = (RAM + 0x9000) | L1_RW | L1_PAGE,
					   .level = 3}};
	const struct engine_step *s;
	struct world w;

	(void)state;
	world_open(&w, &o, NVT_OBSERVED);
	regs.context.sctlr = 1 << 25;
	send(&w, regs);
	send(&w, ev);
	s = touch(&w, ESR_READ, 0);
	assert_int_equal(s->outcome.kind, S2_MAPPED);
	assert_int_equal(s->outcome.map.pa.v, PA(RAM + 0x9000));
	world_close(&w);
}

static void initial_words_are_L1s_memory(void **state)
{
	const struct nvt_word words[] = {{RAM, 1}, {RAM + 8, 2}, {4 * GIB, 3}};
	struct world w;

	(void)state;
	open_world(&w);
	assert_int_equal(engine_l1mem(w.e, words, 3), ENGINE_OK);
	assert_int_equal(machine_peek(&w.e->machine, RAM + 8), 2);
	assert_int_equal(machine_peek(&w.e->machine, 4 * GIB), 3);
	world_close(&w);
}

static void lost_events_are_counted_as_far_as_known(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	send(&w, (struct nvt_event){.kind = NVT_LOST, .lost = {.count = 7}});
	send(&w, (struct nvt_event){.kind = NVT_LOST, .lost = {.count = 0}});
	send(&w, (struct nvt_event){.kind = NVT_MARK, .mark = {.text = "", .length = 0}});
	assert_int_equal(w.e->metrics.lost, 7);
	assert_int_equal(w.e->metrics.lost_unknown, 1);
	world_close(&w);
}

static void unmeasured_events_have_their_effect_and_no_count(void **state)
{
	struct engine_options o = world_options();
	struct metrics before;
	struct world w;

	(void)state;
	open_guest(&w, &o);
	before = w.e->metrics;
	w.e->measuring = false;
	touch(&w, ESR_READ, 0);
	fault(&w, ESR_READ, 0);
	tlbi(&w, TLBI_ALLE1IS, 0, 0);
	touch(&w, ESR_READ, 0);
	assert_true(leaf_at(&w, 0, 0).valid);
	assert_memory_equal(&before, &w.e->metrics, sizeof(before));
	world_close(&w);
}

static struct s2_digest digest_of(bool digest, uint64_t second)
{
	struct engine_options o = world_options();
	struct s2_digest d;
	struct world w;

	o.digest = digest;
	open_guest(&w, &o);
	fault(&w, ESR_READ, 0);
	fault(&w, ESR_READ, second);
	d = w.e->digest;
	world_close(&w);
	return d;
}

static void the_digest_is_of_decisions_and_their_order(void **state)
{
	struct s2_digest a = digest_of(true, 0x7000), b = digest_of(true, 0x7000),
			 c = digest_of(true, 0x8000), none = digest_of(false, 0x7000), empty;

	(void)state;
	s2_digest_init(&empty);
	assert_memory_equal(&a, &b, sizeof(a));
	assert_memory_not_equal(&a, &c, sizeof(a));
	assert_memory_equal(&none, &empty, sizeof(none));
}

static void the_engine_can_run_out_of_memory_anywhere_at_its_start(void **state)
{
	struct nvt_machine machine = world_machine();
	struct engine_options o = world_options();
	struct engine *e = NULL;
	uint64_t n;

	(void)state;
	for (n = 0; !e; n++) {
		heap_left = n;
		e = engine_new(&machine, NVT_FULL, &o);
		memory_is_back();
	}
	assert_true(n > 5);
	engine_free(e);
	for (n = 0, e = NULL; !e; n++) {
		map_size_max = 16 * MIB;
		maps_left = n;
		e = engine_new(&machine, NVT_FULL, &o);
		memory_is_back();
	}
	engine_free(e);
	engine_free(NULL);
}

static void without_memory_an_event_says_so(void **state)
{
	struct nvt_event write = {.kind = NVT_L1_WRITE, .l1_write = {RAM + 0x123000, 0, 1}};
	const struct nvt_word word = {RAM + 0x456000, 1};
	struct world w;

	(void)state;
	open_world(&w);
	heap_left = 0;
	assert_int_equal(try_event(&w, write), ENGINE_NOMEM);
	assert_int_equal(engine_l1mem(w.e, &word, 1), ENGINE_NOMEM);
	memory_is_back();
	assert_int_equal(try_event(&w, write), ENGINE_OK);
	world_close(&w);
}

/* More contexts than the machine says, where its vCPUs need them. */
static void there_are_two_contexts_a_vcpu_at_least(void **state)
{
	struct nvt_machine machine = world_machine();
	struct engine_options o = world_options();
	struct engine *e;

	(void)state;
	machine.vcpu_count = 5;
	machine.context_count = 0;
	e = engine_new(&machine, NVT_FULL, &o);
	assert_int_equal(e->vm.context_count, 10);
	engine_free(e);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_fault_of_L1_maps_a_block_of_its_own_memory),
		TEST(a_fault_of_L2_is_walked_and_mapped_in_its_context),
		TEST(a_recorded_fault_on_what_is_mapped_is_avoided),
		TEST(as_recorded_nothing_is_avoided),
		TEST(a_fault_comes_with_the_code_that_these_tables_give),
		TEST(as_recorded_the_code_stays),
		TEST(a_fault_that_does_not_depend_on_tables_is_always_delivered),
		TEST(without_a_valid_HPFAR_the_handler_decides),
		TEST(an_address_beyond_the_table_is_a_fault_at_level_0),
		TEST(a_cleared_access_flag_is_an_access_flag_fault),
		TEST(hardware_that_sets_the_access_flag_takes_no_such_fault),
		TEST(a_vcpu_that_was_not_announced_is_refused),
		TEST(a_fault_that_the_recording_injected_leads_to_L1_though_it_is_avoided),
		TEST(a_fault_that_the_recording_resumed_stays_in_L2_though_it_is_injected),
		TEST(a_fault_mapped_here_and_injected_there_leads_to_L1),
		TEST(a_fault_of_L1_keeps_the_vcpu_in_L1),
		TEST(a_touch_of_what_is_not_mapped_maps_it_and_then_hits),
		TEST(a_write_where_L1_allows_reads_alone_takes_two_exits),
		TEST(a_touch_that_L1_does_not_map_is_injected_once),
		TEST(a_fetch_needs_execution_and_a_walk_needs_reads),
		TEST(a_recorded_walk_update_needs_writes),
		TEST(cache_maintenance_reads_as_far_as_tables_go),
		TEST(execution_at_EL0_and_EL1_differs),
		TEST(two_guests_have_two_contexts_and_find_them_again),
		TEST(a_recycled_context_is_emptied_and_says_so),
		TEST(a_vcpu_scheduled_out_keeps_its_context_unless_it_waits),
		TEST(a_fault_of_a_vcpu_that_was_not_loaded_loads_it),
		TEST(registers_that_are_not_known_stay_as_they_were),
		TEST(with_stage_2_off_nothing_is_walked),
		TEST(a_TLBI_by_address_empties_the_leaf_in_its_VMID_alone),
		TEST(a_TLBI_of_all_empties_every_context),
		TEST(a_stage_1_TLBI_changes_nothing),
		TEST(an_unmap_of_the_host_empties_all_contexts_at_once),
		TEST(staged_each_context_waits_for_its_turn),
		TEST(with_a_reverse_map_only_what_was_taken_goes),
		TEST(staged_a_range_waits_for_each_contexts_turn),
		TEST(a_slot_that_goes_takes_what_it_backed),
		TEST(a_host_refault_maps_what_the_host_took),
		TEST(what_is_left_of_a_host_event_ends_with_the_next),
		TEST(a_turn_of_the_wrong_sort_does_not_count),
		TEST(logging_takes_writes_away_and_makes_pages),
		TEST(logging_protects_the_contexts_too),
		TEST(a_deleted_slot_is_unmapped_and_gone),
		TEST(a_moved_slot_is_unmapped_where_it_was),
		TEST(a_slot_that_moves_and_begins_to_log_unmaps_and_protects),
		TEST(a_write_to_a_read_only_slot_is_emulated),
		TEST(too_many_slots_are_an_event_that_cannot_be),
		TEST(backing_that_changes_is_asked_anew),
		TEST(a_backing_that_is_nothing_or_wraps_cannot_be),
		TEST(of_a_partial_trace_faults_are_counted_alone),
		TEST(an_L1_leaf_without_a_place_cannot_be),
		TEST(big_endian_tables_are_made_as_L1_reads_them),
		TEST(initial_words_are_L1s_memory),
		TEST(lost_events_are_counted_as_far_as_known),
		TEST(unmeasured_events_have_their_effect_and_no_count),
		TEST(the_digest_is_of_decisions_and_their_order),
		TEST(the_engine_can_run_out_of_memory_anywhere_at_its_start),
		TEST(without_memory_an_event_says_so),
		TEST(there_are_two_contexts_a_vcpu_at_least),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
