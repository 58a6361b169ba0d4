/* SPDX-License-Identifier: GPL-2.0-only */
#include "port.h"

#include "internal.h"

#define L2    0x40000000ull  /* where L1 maps memory for L2: pages of one 2M block, */
#define MEM   0x12200000ull  /* ... which it has here, */
#define HOST  0x880000000ull /* ... which the host has here plus that address */
#define LIMIT 48

#define M(n) ((uint64_t)(n) << 20)

/* L2 runs; L1 maps one page of it at L2, read-write-execute. */
static int setup_shift(void **state, unsigned int shift)
{
	struct world *w = calloc(1, sizeof(*w));
	struct s2_config cfg = world_config(shift);

	world_start(w, &cfg, 4);
	world_enter(w, 0, l1_root(w, shift, 5), l1_vtcr(shift), 1);
	l1_set(w, shift, w->vcpu[0].regs.vttbr, L2, 3, l1_leaf(MEM, 3));
	port_forget(w->port);
	*state = w;
	return 0;
}

static int setup(void **state)
{
	return setup_shift(state, 12);
}

static int teardown(void **state)
{
	world_stop(*state);
	free(*state);
	return 0;
}

static void l1_maps(struct world *w, uint64_t ipa, int level, uint64_t desc)
{
	l1_set(w, 12, w->vcpu[0].regs.vttbr, ipa, level, desc);
}

/* L1 has a 2M block at L2 + 2M, the host backs it with one. */
static void use_block(struct world *w)
{
	l1_maps(w, L2 + M(2), 2, l1_leaf(MEM + M(2), 2));
	w->port->backing.user_leaf = M(2);
}
#define BLOCK (L2 + M(2))

static uint64_t shadow(struct world *w, uint64_t ipa)
{
	return port_leaf(w->port, &w->contexts[0], ipa);
}

static void off(struct world *w, enum s2_quirk q)
{
	w->vm.cfg.quirks &= ~S2_QUIRK(q);
}

/* Takes [MEM, +4G) out of the big slot. */
static void take_memory_away(struct world *w)
{
	w->port->slots[0].size = MEM;
	port_add_slot(w->port, 1ull << 30, (1ull << 40) - (1ull << 30), 1ull << 41);
}

/* A fault of L2, which runs again if it had been left. */
static struct s2_outcome fault(struct world *w, uint64_t esr, uint64_t ipa)
{
	if (w->vcpu[0].hyp)
		s2_enter_l2(&w->vcpu[0]);
	return world_fault(w, esr, ipa, EL1H);
}

static void decided(struct s2_outcome out, enum s2_outcome_kind kind, int row, int ret)
{
	assert_int_equal(out.kind, kind);
	assert_int_equal(out.row, row);
	assert_int_equal(out.ret, ret);
}

static void injected(struct s2_outcome out, unsigned int el, uint64_t esr, uint64_t far)
{
	assert_int_equal(out.inject.el, el);
	assert_int_equal(out.inject.esr, esr);
	assert_int_equal(out.inject.far, far);
}

/* ---- row 22: memory ---- */

static void a_fault_of_L2_is_mapped(void **state)
{
	struct world *w = *state;
	struct s2_outcome out = fault(w, ESR_READ, L2 + 0x678);

	decided(out, S2_MAPPED, 22, 1);
	assert_true(out.shadow && out.filled);
	assert_int_equal(out.walk.reads, 3);
	assert_int_equal(out.ipa.v, MEM); /* HPFAR has no offset */
	assert_int_equal(out.map.addr.v, L2);
	assert_int_equal(out.map.size, 4096);
	assert_int_equal(out.map.pa.v, HOST + MEM);
	assert_int_equal(out.map.canonical.v, MEM);
	assert_int_equal(out.map.pte, 0x01c00000000007db | (HOST + MEM));
	assert_int_equal(shadow(w, L2), out.map.pte);
	assert_false(out.map.dirty);
	assert_int_equal(port_leaf(w->port, &w->vm.canonical, MEM), 0);
}

static void a_block_is_mapped_from_its_start(void **state)
{
	struct world *w = *state;
	struct s2_outcome out;

	use_block(w);
	out = fault(w, ESR_READ, BLOCK + 0x12345);
	decided(out, S2_MAPPED, 22, 1);
	assert_int_equal(out.map.addr.v, BLOCK);
	assert_int_equal(out.map.size, M(2));
	assert_int_equal(out.map.pa.v, HOST + MEM + M(2));
	assert_int_equal(shadow(w, BLOCK) & 3, 1);
}

/* Both are pages for the host, at level 3 for L1. */
static void a_decision_is_not_kept_for_a_leaf_of_another_size(void **state)
{
	struct world *w = *state;
	struct s2_outcome out;

	out = fault(w, ESR_READ, L2);
	assert_int_equal(out.size->in.l1_leaf, 4096);
	assert_int_equal(s2_size_limits(out.size).clamp, S2_CLAMP_L1_LEAF);
	world_enter(w, 0, l1_root(w, 16, 6), l1_vtcr(16), 1);
	l1_set(w, 16, w->vcpu[0].regs.vttbr, L2, 3, l1_leaf(MEM, 3));
	out = fault(w, ESR_READ, L2);
	decided(out, S2_MAPPED, 22, 1);
	assert_int_equal(out.size->in.l1_leaf, 65536);
	assert_int_equal(s2_size_limits(out.size).clamp, S2_CLAMP_ROUNDING);
}

static void a_decision_is_not_kept_for_memory_of_another_kind(void **state)
{
	struct world *w = *state;

	l1_maps(w, L2 + 0x1000, 3, l1_leaf(MEM + 0x1000, 3));
	l1_maps(w, L2 + 0x2000, 3, l1_leaf(MEM + 0x2000, 3));
	fault(w, ESR_READ, L2);
	assert_true(shadow(w, L2) & 0x80);
	w->port->backing.writable = false;
	fault(w, ESR_READ, L2 + 0x1000);
	assert_false(shadow(w, L2 + 0x1000) & 0x80);
	w->port->backing.device = true;
	fault(w, ESR_READ, L2 + 0x2000);
	assert_int_equal(s2_leaf_prot(shadow(w, L2 + 0x2000)).memory, S2_DEVICE);
}

/* True: there was one. */
static bool forget_decisions(struct world *w)
{
	bool any = false;
	size_t i;

	for (i = 0; i < S2_MEMOS; i++) {
		any |= w->vcpu[0].memo[i].policy != NULL;
		w->vcpu[0].memo[i].policy = NULL;
	}
	return any;
}

static void a_kept_decision_tells_what_it_was_made_of(void **state)
{
	struct world *w = *state;
	struct s2_outcome out;

	l1_maps(w, L2 + 0x1000, 3, l1_leaf(MEM + 0x1000, 3));
	w->port->backing.user_leaf = 2 << 20;
	fault(w, ESR_READ, L2);
	w->port->backing.user_leaf = 1 << 30;
	out = fault(w, ESR_READ, L2 + 0x1000);
	assert_int_equal(out.size->in.user_leaf, 1 << 30);
}

static void writes_matter_to_what_is_kept_where_they_are_logged(void **state)
{
	struct world *w = *state;

	l1_maps(w, L2 + 0x1000, 3, l1_leaf(MEM + 0x1000, 3));
	l1_maps(w, L2 + 0x2000, 3, l1_leaf(MEM + 0x2000, 3));
	w->port->slots[0].log_dirty = true;
	fault(w, ESR_READ, L2);
	assert_false(shadow(w, L2) & 0x80);
	fault(w, ESR_WRITE, L2 + 0x1000);
	assert_true(shadow(w, L2 + 0x1000) & 0x80);
	fault(w, ESR_READ, L2 + 0x2000);
	assert_false(shadow(w, L2 + 0x2000) & 0x80);
}

static void same_prot(const struct s2_prot *a, const struct s2_prot *b)
{
	assert_memory_equal(&a->perm, &b->perm, sizeof(a->perm));
	assert_int_equal(a->memory, b->memory);
	assert_int_equal(a->tag, b->tag);
	assert_int_equal(a->contig, b->contig);
}

static void a_kept_decision_is_what_it_would_be_anew(void **state)
{
	struct world *w = *state;
	struct s2_outcome kept, anew;
	struct s2_size kept_size;

	l1_maps(w, L2 + 0x1000, 3, l1_leaf(MEM + 0x5000, 3));
	l1_maps(w, L2 + 0x2000, 3, l1_leaf(MEM + 0x3000, 3));
	fault(w, ESR_READ, L2);
	assert_true(forget_decisions(w));
	fault(w, ESR_READ, L2 + 0x2000);
	kept = fault(w, ESR_READ, L2 + 0x1000);
	decided(kept, S2_MAPPED, 22, 1);
	kept_size = *kept.size;
	s2_unmap(&w->vm, &w->contexts[0], (struct table_ipa){L2 + 0x1000}, 4096);
	assert_true(forget_decisions(w));
	anew = fault(w, ESR_READ, L2 + 0x1000);
	assert_true(kept.filled && kept.shadow);
	assert_memory_equal(&kept_size.in, &anew.size->in, sizeof(anew.size->in));
	assert_int_equal(kept_size.out.vma, anew.size->out.vma);
	assert_int_equal(kept_size.out.size, anew.size->out.size);
	assert_int_equal(kept_size.out.proven, anew.size->out.proven);
	assert_false(kept_size.out.retry || kept_size.out.contig || kept_size.out.reads);
	assert_false(kept_size.relax || anew.size->relax);
	same_prot(&kept.map.prot, &anew.map.prot);
	assert_int_equal(kept.ipa.v, anew.ipa.v);
	assert_int_equal(kept.map.addr.v, anew.map.addr.v);
	assert_int_equal(kept.map.size, anew.map.size);
	assert_int_equal(kept.map.pa.v, anew.map.pa.v);
	assert_int_equal(kept.map.canonical.v, anew.map.canonical.v);
	assert_int_equal(kept.map.pte, anew.map.pte);
	assert_int_equal(shadow(w, L2 + 0x1000), kept.map.pte);
}

/* The same fault, by what is kept and without. */
static void decided_alike(struct world *w, uint64_t esr, uint64_t ipa)
{
	struct s2_outcome kept = fault(w, esr, ipa), anew;

	s2_unmap(&w->vm, &w->contexts[0], (struct table_ipa){ipa}, 4096);
	forget_decisions(w);
	anew = fault(w, esr, ipa);
	assert_int_equal(kept.map.pte, anew.map.pte);
	same_prot(&kept.map.prot, &anew.map.prot);
}

static void a_kept_decision_follows_what_l1_permits(void **state)
{
	struct world *w = *state;
	unsigned int i, k;

	for (i = 0; i < 16; i++) {
		uint64_t leaf = l1_leaf(MEM + 0x1000, 3) & ~(0xc0ull | 3ull << 53);

		w->vm.cfg.xnx = i & 1;
		w->vm.cfg.dic = i & 2;
		w->port->backing.writable = i & 4;
		w->port->slots[0].log_dirty = i & 8;
		for (k = 0; k < 64; k++) {
			/* One before it, of other permissions, is what may be kept. */
			l1_maps(w, L2, 3, leaf | (k * 5 & 3ull) << 6 | (k * 3 >> 2 & 3ull) << 53);
			l1_maps(w, L2 + 0x1000, 3, leaf | (k & 3ull) << 6 | (k >> 2 & 3ull) << 53);
			s2_unmap_all(&w->vm, &w->contexts[0]);
			forget_decisions(w);
			fault(w, k & 16 ? ESR_FETCH : ESR_READ, L2);
			decided_alike(w,
				      k & 32   ? ESR_FETCH
				      : k & 16 ? ESR_WRITE
					       : ESR_READ,
				      L2 + 0x1000);
		}
	}
}

static void a_write_fault_asks_for_a_writable_page(void **state)
{
	struct world *w = *state;

	fault(w, ESR_READ, L2);
	assert_false(w->port->backing_write);
	fault(w, ESR_WRITE, L2);
	assert_true(w->port->backing_write);
}

static void an_L1_without_stage_2_has_a_copy_of_its_own(void **state) /* A17, Q21 */
{
	struct world *w = *state;
	struct s2_outcome out;

	world_enter(w, 0, 5ull << 48, 0, 0);
	port_forget(w->port);
	out = fault(w, ESR_READ, MEM);
	decided(out, S2_MAPPED, 22, 1);
	assert_false(out.shadow);
	assert_int_equal(w->port->reads, 0);
	assert_int_equal(port_leaf(w->port, &w->contexts[1], MEM),
			 0x00400000000007db | (HOST + MEM));
	assert_int_equal(port_leaf(w->port, &w->vm.canonical, MEM), 0);
}

static void a_fault_of_L1_goes_to_the_canonical_table(void **state)
{
	struct world *w = *state;
	struct s2_outcome out;

	s2_enter_l1(&w->vcpu[0]);
	out = world_fault(w, ESR_READ, MEM, EL2H);
	decided(out, S2_MAPPED, 22, 1);
	assert_false(out.shadow);
	assert_true(port_leaf(w->port, &w->vm.canonical, MEM) & 1);
}

static void a_write_on_a_page_that_L1_maps_read_only_costs_two_exits(void **state) /* Q24 */
{
	struct world *w = *state;
	struct s2_outcome out;

	l1_maps(w, L2, 3, l1_leaf(MEM, 3) & ~0x80ull);
	out = fault(w, ESR_WRITE, L2);
	decided(out, S2_MAPPED, 22, 1);
	assert_false(shadow(w, L2) & 0x80);
	out = fault(w, ESR_WRITE_PERM, L2);
	decided(out, S2_INJECTED, 10, 1);
	injected(out, 2, 0x9200004f, FAR);
}

static void without_Q24_it_costs_one(void **state)
{
	struct world *w = *state;
	struct s2_outcome out;

	off(w, S2_Q24_LATE_FORWARD);
	l1_maps(w, L2, 3, l1_leaf(MEM, 3) & ~0x80ull);
	out = fault(w, ESR_WRITE, L2);
	decided(out, S2_INJECTED, 10, 1);
	injected(out, 2, 0x93c0804f, FAR);
	assert_int_equal(shadow(w, L2), 0);
}

static void a_permission_fault_raises_permissions(void **state)
{
	struct world *w = *state;
	struct s2_outcome out;

	w->port->backing.writable = false;
	fault(w, ESR_READ, L2);
	assert_false(shadow(w, L2) & 0x80);
	w->port->backing.writable = true;
	out = fault(w, ESR_WRITE_PERM, L2);
	decided(out, S2_RELAXED, 22, 1);
	assert_int_equal(out.map.pte, shadow(w, L2));
	assert_true(shadow(w, L2) & 0x80);
	assert_int_equal(w->port->tlb[0].op, S2_TLB_PERMS);
}

static void a_leaf_that_is_gone_is_not_relaxed(void **state)
{
	struct s2_outcome out = fault(*state, ESR_WRITE_PERM, L2);

	decided(out, S2_RETRY, 22, 1);
	assert_int_equal(shadow(*state, L2), 0);
}

static void a_page_that_is_there_by_now_means_retry(void **state)
{
	struct world *w = *state;
	struct s2_outcome out;

	fault(w, ESR_READ, L2);
	out = fault(w, ESR_READ, L2);
	decided(out, S2_RETRY, 22, 1);
}

static void a_user_leaf_that_is_gone_means_retry(void **state)
{
	struct world *w = *state;
	struct s2_outcome out;

	use_block(w);
	w->port->backing.user_leaf = 0;
	out = fault(w, ESR_READ, BLOCK);
	decided(out, S2_RETRY, 22, 1);
	assert_int_equal(shadow(w, BLOCK), 0);
}

static void no_memory_for_tables_is_an_error(void **state)
{
	struct world *w = *state;
	unsigned int n;

	w->port->slots[0].log_dirty = true;
	for (n = 1; n <= 3; n++) {
		struct s2_outcome out;

		w->port->fail_alloc = n;
		out = fault(w, ESR_WRITE, L2);
		decided(out, S2_ERROR, 22, -12);
		assert_int_equal(shadow(w, L2), 0);
		assert_int_equal(w->port->dirty_count, 0);
		s2_host_unmap(&w->vm, (struct l1_ipa){0}, 1ull << 40);
	}
	assert_int_equal(fault(w, ESR_WRITE, L2).kind, S2_MAPPED);
}

static void an_address_that_only_aliasing_reaches_is_an_error(void **state)
{
	struct world *w = *state;
	struct s2_outcome out = fault(w, ESR_WRITE_PERM, 1ull << 50 | L2);

	decided(out, S2_ERROR, 22, -34); /* -ERANGE of the walk of the shadow table */
	use_block(w);
	out = fault(w, 0x9200004f, 1ull << 50 | BLOCK);
	decided(out, S2_ERROR, 22, -34);
	out = fault(w, 0x9200004b, 1ull << 50 | L2);
	decided(out, S2_AF_SET, 18, 1);
}

static void a_poisoned_page_resumes(void **state) /* A18 */
{
	struct world *w = *state;
	struct s2_outcome out;

	w->port->status = S2_HOST_POISONED;
	out = fault(w, ESR_READ, L2);
	decided(out, S2_RETRY, 22, 1);
	assert_int_equal(shadow(w, L2), 0);
}

static void an_invalidation_at_the_same_time_maps_nothing(void **state) /* A19 */
{
	struct world *w = *state;
	struct s2_outcome out;

	w->port->status = S2_HOST_RETRY;
	out = fault(w, ESR_READ, L2);
	decided(out, S2_RETRY, 22, 1);
	assert_int_equal(shadow(w, L2), 0);
	out = fault(w, 0x92000035, L2); /* refused before that is looked at */
	decided(out, S2_INJECTED_EXCL, 22, 1);
}

static void memory_without_VMA_is_an_error(void **state)
{
	struct world *w = *state;
	struct s2_outcome out;

	w->port->status = S2_HOST_NONE;
	out = fault(w, ESR_READ, L2);
	decided(out, S2_ERROR, 22, -14);
}

static void cacheable_device_memory_is_an_error_without_DIC(void **state)
{
	struct world *w = *state;
	struct s2_outcome out;

	w->port->backing.device = w->port->backing.vma_cacheable = true;
	out = fault(w, ESR_READ, L2);
	decided(out, S2_ERROR, 22, -14);
}

static void a_fetch_from_a_device_is_an_external_abort(void **state)
{
	struct world *w = *state;
	struct s2_outcome out;

	w->port->backing.device = true;
	out = fault(w, ESR_FETCH, L2);
	decided(out, S2_INJECTED_SEA, 22, 1);
	injected(out, 1, 0x86000010, FAR);
	out = fault(w, ESR_READ, L2);
	decided(out, S2_MAPPED, 22, 1);
	assert_int_equal(shadow(w, L2) >> 2 & 0xf, 1);
}

/* ---- logging ---- */

static void a_logged_write_marks_the_canonical_page(void **state) /* M21 */
{
	struct world *w = *state;
	struct s2_outcome out;

	w->port->slots[0].log_dirty = true;
	out = fault(w, ESR_READ, L2);
	assert_int_equal(shadow(w, L2) & 0xffff000000000fff, 0x01c000000000075b);
	assert_int_equal(w->port->dirty_count, 0);
	out = fault(w, ESR_WRITE_PERM, L2);
	decided(out, S2_RELAXED, 22, 1);
	assert_true(out.map.dirty);
	assert_int_equal(w->port->dirty_count, 1);
	assert_int_equal(w->port->dirty[0], MEM >> 12);
}

static void a_logged_write_splits_a_block(void **state)
{
	struct world *w = *state;
	struct s2_outcome out;

	use_block(w);
	fault(w, ESR_READ, BLOCK);
	w->port->slots[0].log_dirty = true;
	s2_host_write_protect(&w->vm, (struct l1_ipa){0}, 1ull << 40);
	out = fault(w, 0x9200004e, BLOCK + 0x3000);
	decided(out, S2_MAPPED, 22, 1);
	assert_true(out.map.split);
	assert_int_equal(out.map.size, 4096);
	assert_int_equal(shadow(w, BLOCK), 0);
	assert_true(shadow(w, BLOCK + 0x3000) & 0x80);
	assert_int_equal(w->port->dirty[0], (MEM + M(2) + 0x3000) >> 12);
}

static void a_device_is_writable_in_spite_of_the_log(void **state)
{
	struct world *w = *state;
	struct s2_outcome out;

	use_block(w);
	w->port->slots[0].log_dirty = true;
	w->port->backing.device = true;
	out = fault(w, ESR_READ, BLOCK + 0x3000);
	decided(out, S2_MAPPED, 22, 1);
	assert_int_equal(out.map.size, 4096);
	assert_int_equal(w->port->dirty[0], (MEM + M(2) + 0x3000) >> 12);
}

static struct s2_size_out always_a_block(const struct s2_policy *self, const struct s2_size_in *in)
{
	(void)self;
	return (struct s2_size_out){
		.vma = in->page, .size = in->pmd, .addr_align = in->pmd, .frame_align = in->pmd};
}

static void of_a_block_the_first_page_is_marked(void **state)
{
	static const struct s2_policy heedless = {.name = "heedless", .size = always_a_block};
	struct world *w = *state;
	struct s2_outcome out;

	use_block(w);
	w->vm.cfg.policy = &heedless; /* of logging: 7.3 has no such block */
	w->port->slots[0].log_dirty = true;
	out = fault(w, ESR_WRITE, BLOCK + 0x3000);
	decided(out, S2_MAPPED, 22, 1);
	assert_int_equal(out.map.size, M(2));
	assert_int_equal(w->port->dirty_count, 1);
	assert_int_equal(w->port->dirty[0], (MEM + M(2)) >> 12);
	w->vm.cfg.policy = s2_policy_default;
}

static void a_block_replaces_the_pages_when_logging_ends(void **state)
{
	struct world *w = *state;
	struct s2_outcome out;

	use_block(w);
	w->port->slots[0].log_dirty = true;
	fault(w, ESR_READ, BLOCK + 0x3000);
	w->port->slots[0].log_dirty = false;
	out = fault(w, ESR_WRITE_PERM, BLOCK + 0x3000);
	decided(out, S2_MAPPED, 22, 1);
	assert_true(out.map.collapsed);
	assert_int_equal(shadow(w, BLOCK) & 0x83, 0x81);
}

/* ---- rows 1 to 7: the trap ---- */

static void an_external_abort_becomes_an_SError(void **state) /* A1 */
{
	struct world *w = *state;
	struct s2_outcome out = fault(w, 0x92000010, L2);

	decided(out, S2_INJECTED_SERROR, 1, 1);
	assert_int_equal(out.inject.el, 1);
	assert_int_equal(out.inject.esr, 0xbf000000);
	assert_false(w->vcpu[0].hyp);
	w->vcpu[0].regs.hcr |= 1 << 5; /* AMO: physical SErrors are virtual EL2's */
	assert_int_equal(fault(w, 0x92000010, L2).inject.el, 2);
	assert_true(w->vcpu[0].hyp);
	assert_int_equal(world_fault(w, 0x92000010, L2, EL2H).inject.el, 2);
}

static void an_external_abort_is_the_VMMs_where_it_asked_for_it(void **state)
{
	struct world *w = *state;
	struct s2_outcome out;

	w->vm.cfg.sea_exits = true;
	out = fault(w, 0x92000010, L2);
	decided(out, S2_EXIT_SEA, 1, 0);
	assert_int_equal(out.mmio.addr.v, L2);
	out = fault(w, 0x1293fff950, L2); /* ISV, its fields and ISS2 are not told */
	decided(out, S2_EXIT_SEA, 1, 0);
	assert_int_equal(out.mmio.esr_iss, 0x92001950);
	assert_false(out.mmio.addr_unknown);
}

static void an_external_abort_may_come_without_address(void **state)
{
	struct world *w = *state;
	struct s2_trap trap = {.esr = 0x92000010, .far = FAR, .hpfar = L2 >> 8, .pstate = EL1H};
	struct s2_outcome out;

	w->vm.cfg.sea_exits = true;
	out = s2_handle_abort(&w->vcpu[0], &trap);
	decided(out, S2_EXIT_SEA, 1, 0);
	assert_true(out.mmio.addr_unknown);
	assert_int_equal(out.mmio.addr.v, 0); /* of a register that tells nothing */
}

static void some_external_aborts_are_the_hosts(void **state)
{
	struct world *w = *state;
	uint64_t esr;

	w->vm.cfg.sea_exits = true;
	for (esr = 0x92000093; esr <= 0x92000097; esr++) /* walk of stage 1 */
		assert_int_equal(fault(w, esr, L2).kind, S2_INJECTED_SERROR);
	for (esr = 0x9200009b; esr <= 0x9200009f; esr++) /* ECC on the same */
		assert_int_equal(fault(w, esr, L2).kind, S2_EXIT_SEA);
	assert_int_equal(fault(w, 0x92000098, L2).kind, S2_EXIT_SEA); /* ECC, no walk */
	assert_int_equal(fault(w, 0x92000017, L2).kind, S2_EXIT_SEA); /* of stage 2 */
	assert_int_equal(fault(w, 0x92000090, L2).kind, S2_EXIT_SEA); /* no walk */
	w->vm.cfg.ras = false;
	assert_int_equal(fault(w, 0x92000010, L2).kind, S2_INJECTED_SERROR);
	w->vm.cfg.ras = true;
	s2_enter_l1(&w->vcpu[0]);
	assert_int_equal(world_fault(w, 0x92002010, L2, EL2H).kind, S2_INJECTED_SERROR); /* VNCR */
	assert_int_equal(world_fault(w, 0x82002010, L2, EL2H).kind, S2_EXIT_SEA);
	assert_int_equal(world_fault(w, 0x92000010, L2, EL2H).kind, S2_EXIT_SEA);
}

static void a_fault_without_address_is_an_error(void **state)
{
	struct world *w = *state;
	struct s2_trap trap = {.esr = ESR_READ, .hpfar = L2 >> 8, .pstate = EL1H};
	struct s2_outcome out = s2_handle_abort(&w->vcpu[0], &trap);

	decided(out, S2_ERROR, 2, -14);
}

static void an_address_beyond_the_PA_size_is_L2s_own_fault(void **state) /* A2, Q13 */
{
	struct world *w = *state;
	uint64_t ipa = 1ull << LIMIT | 0x1000;
	struct s2_outcome out = fault(w, ESR_READ, ipa);

	decided(out, S2_INJECTED_SIZE, 4, 1);
	injected(out, 1, 0x96000000, ipa | (FAR & 0xfff));
	out = world_fault(w, ESR_READ, ipa, EL0T);
	injected(out, 1, 0x92000000, ipa | (FAR & 0xfff));
	out = fault(w, ESR_FETCH, ipa);
	injected(out, 1, 0x86000000, ipa | (FAR & 0xfff));
	assert_int_equal(w->port->reads, 0);
}

static void without_Q13_it_is_L1s_table_that_decides(void **state)
{
	struct world *w = *state;
	struct s2_outcome out;

	off(w, S2_Q13_SIZE_TO_L2);
	off(w, S2_Q1_ALIAS);
	out = fault(w, ESR_READ, 1ull << LIMIT | 0x1000);
	decided(out, S2_INJECTED, 9, 1);
	injected(out, 2, 0x93c08004, FAR);
	assert_int_equal(world_fault(w, ESR_READ, 1ull << LIMIT, EL2H).row, 4); /* in L1 still */
}

static void an_address_beyond_L1s_own_size_is_an_external_abort(void **state) /* A3 */
{
	struct world *w = *state;
	struct s2_outcome out;

	s2_enter_l1(&w->vcpu[0]);
	out = world_fault(w, ESR_READ, 1ull << 40, EL2H);
	decided(out, S2_INJECTED_SEA, 5, 1);
	injected(out, 2, 0x96000010, 1ull << 40 | (FAR & 0xfff));
	out = world_fault(w, ESR_FETCH, 1ull << 40, EL2H);
	injected(out, 2, 0x86000010, 1ull << 40 | (FAR & 0xfff));
	assert_int_equal(world_fault(w, ESR_READ, (1ull << 40) - 0x1000, EL2H).kind, S2_MAPPED);
	assert_int_equal(world_fault(w, ESR_READ, 1ull << 48, EL2H).row, 4);
}

static void before_the_walk_nothing_is_known_of_it(void **state)
{
	static const uint64_t esr[] = {0x92000010, 0x92000001};
	size_t i;

	for (i = 0; i < 2; i++) {
		struct s2_outcome out = fault(*state, esr[i], L2);

		assert_false(out.shadow || out.filled);
		assert_int_equal(out.ipa.v, 0);
	}
}

static void an_unknown_status_is_an_error(void **state) /* A4 */
{
	struct s2_outcome out = fault(*state, 0x92000001, L2);

	decided(out, S2_ERROR, 7, -14);
}

/* ---- rows 8 to 10: L1 decides ---- */

static void a_hole_in_L1s_table_is_L1s_fault(void **state)
{
	struct world *w = *state;
	struct s2_outcome out = fault(w, 0xabcdef93c08007, L2 + 0x5000);

	decided(out, S2_INJECTED, 9, 1);
	injected(out, 2, 0x93c08007, FAR); /* I3: no ISS2 */
	assert_true(out.inject.has_hpfar);
	assert_int_equal(out.inject.hpfar, S2_HPFAR_VALID | (L2 + 0x5000) >> 8); /* A20, Q12 */
	assert_true(w->vcpu[0].hyp);
	assert_ptr_equal(w->vcpu[0].mmu, &w->vm.canonical);
	assert_int_equal(w->contexts[0].refs, 0);
}

static void without_Q12_HPFAR_has_the_address_alone(void **state)
{
	off(*state, S2_Q12_HPFAR_63);
	assert_int_equal(fault(*state, ESR_READ, L2 + 0x5000).inject.hpfar, (L2 + 0x5000) >> 8);
}

static void an_unreadable_table_injects_and_fails_the_run(void **state) /* Q2 */
{
	struct world *w = *state;
	struct s2_outcome out;

	w->port->fail_read = 2;
	out = fault(w, ESR_READ, L2);
	decided(out, S2_INJECTED, 9, -14);
	injected(out, 2, 0x93c08016, FAR);
	assert_true(w->vcpu[0].hyp);
}

static void a_lost_race_resumes(void **state)
{
	struct world *w = *state;
	struct s2_outcome out;

	w->vcpu[0].regs.vtcr |= 1 << 21;
	l1_maps(w, L2, 3, l1_leaf(MEM, 3) & ~0x400ull);
	w->port->swap = S2_IO_AGAIN;
	out = fault(w, ESR_READ, L2);
	decided(out, S2_RETRY, 8, 1);
	assert_int_equal(shadow(w, L2), 0);
	w->port->swap = S2_IO_FAULT;
	out = fault(w, ESR_READ, L2);
	decided(out, S2_INJECTED, 9, 1); /* Q26 */
	assert_int_equal(out.inject.esr, 0x93c08017);
}

static void a_permission_that_L1_denies_is_L1s_fault(void **state)
{
	struct world *w = *state;
	struct s2_outcome out;

	l1_maps(w, L2 + M(2), 2, l1_leaf(MEM + M(2), 2) & ~0x80ull);
	out = fault(w, ESR_WRITE_PERM, BLOCK);
	decided(out, S2_INJECTED, 10, 1);
	injected(out, 2, 0x9200004e, FAR); /* the level of L1's leaf */
	assert_true(out.inject.has_hpfar);
}

/* ---- rows 12 to 16: no memory ---- */

static void a_load_without_memory_is_emulated(void **state) /* A5 */
{
	struct world *w = *state;
	struct s2_outcome out;

	take_memory_away(w);
	out = fault(w, ESR_READ, L2);
	decided(out, S2_MMIO, 16, 0);
	assert_int_equal(out.mmio.addr.v, MEM | (FAR & 0xfff));
	assert_int_equal(out.mmio.len, 8);
	assert_false(out.mmio.write || out.mmio.in_kernel);
	out = fault(w, 0x93408047, L2);
	assert_int_equal(out.mmio.len, 2);
	assert_true(out.mmio.write);
}

static void a_device_in_the_kernel_is_no_exit(void **state)
{
	struct world *w = *state;
	struct s2_outcome out;

	take_memory_away(w);
	w->port->device_claims = true;
	out = fault(w, ESR_READ, L2);
	decided(out, S2_MMIO, 16, 1);
	assert_true(out.mmio.in_kernel);
	w->port->s2.device = NULL;
	out = fault(w, ESR_READ, L2);
	decided(out, S2_MMIO, 16, 0);
}

static void emulation_needs_a_syndrome(void **state) /* A6 */
{
	struct world *w = *state;
	struct s2_outcome out;

	take_memory_away(w);
	out = fault(w, 0x92000047, L2);
	decided(out, S2_ERROR, 16, -38);
	w->vm.cfg.nisv_exits = true;
	out = fault(w, 0x92000047, L2);
	decided(out, S2_EXIT_NISV, 16, 0);
	assert_int_equal(out.mmio.esr_iss, 0x47);
	assert_int_equal(out.mmio.addr.v, MEM | (FAR & 0xfff));
}

static void cache_maintenance_without_memory_is_skipped(void **state) /* A7 */
{
	struct world *w = *state;
	struct s2_outcome out;

	take_memory_away(w);
	out = fault(w, 0x92000147, L2);
	decided(out, S2_SKIPPED, 15, 1);
	assert_false(w->vcpu[0].hyp);
}

static void cache_maintenance_on_read_only_memory_is_emulated(void **state) /* A8 */
{
	struct world *w = *state;
	struct s2_outcome out;

	w->port->slots[0].readonly = true;
	out = fault(w, 0x92000147, L2);
	decided(out, S2_ERROR, 16, -38);
	w->vm.cfg.nisv_exits = true;
	assert_int_equal(fault(w, 0x92000147, L2).mmio.esr_iss, 0x147);
}

static void a_write_to_read_only_memory_is_emulated(void **state) /* A9 */
{
	struct world *w = *state;
	struct s2_outcome out;

	w->port->slots[0].readonly = true;
	out = fault(w, ESR_WRITE, L2);
	decided(out, S2_MMIO, 16, 0);
	out = fault(w, ESR_READ, L2);
	decided(out, S2_MAPPED, 22, 1);
	assert_false(shadow(w, L2) & 0x80);
}

static void a_slot_that_is_being_deleted_is_no_memory(void **state)
{
	struct world *w = *state;

	take_memory_away(w);
	port_add_slot(w->port, MEM, M(2), 1ull << 45)->invalid = true;
	assert_int_equal(fault(w, ESR_READ, L2).kind, S2_MMIO);
}

static void a_fetch_without_memory_is_an_external_abort(void **state) /* A10 */
{
	struct world *w = *state;
	struct s2_outcome out;

	take_memory_away(w);
	out = fault(w, ESR_FETCH, L2);
	decided(out, S2_INJECTED_SEA, 13, 1);
	injected(out, 1, 0x86000010, FAR);
	assert_false(out.inject.has_hpfar);
	out = world_fault(w, ESR_FETCH, L2, EL0T);
	injected(out, 1, 0x82000010, FAR);
}

static void an_external_abort_is_L1s_where_it_asked_for_it(void **state) /* A11 */
{
	struct world *w = *state;
	struct s2_outcome out;

	take_memory_away(w);
	w->vcpu[0].regs.hcr |= 1ull << 37; /* TEA */
	out = fault(w, ESR_FETCH, L2);
	decided(out, S2_INJECTED_SEA, 13, 1);
	injected(out, 2, 0x82000010, FAR);
	assert_false(out.inject.has_hpfar);
	assert_true(w->vcpu[0].hyp);
}

static void with_EASE_virtual_EL2_takes_it_as_it_would_an_SError(void **state)
{
	struct world *w = *state;
	struct s2_outcome out;

	take_memory_away(w);
	w->vcpu[0].regs.sctlr2 = 1 << 19;
	out = fault(w, ESR_FETCH, L2);
	injected(out, 1, 0x86000010, FAR);
	assert_false(out.inject.serror_vector); /* L1's register, not L2's */
	w->vcpu[0].regs.hcr |= 1ull << 37;
	out = fault(w, ESR_FETCH, L2);
	injected(out, 2, 0x82000010, FAR);
	assert_true(out.inject.serror_vector);
	w->vcpu[0].regs.sctlr2 = ~(1ull << 19);
	assert_false(fault(w, ESR_FETCH, L2).inject.serror_vector);
}

static void masked_external_aborts_are_L1s_with_TMEA(void **state)
{
	struct world *w = *state;

	take_memory_away(w);
	w->vcpu[0].regs.hcrx = 1 << 19;
	assert_int_equal(fault(w, ESR_FETCH, L2).inject.el, 1);		     /* not masked */
	assert_int_equal(world_fault(w, ESR_FETCH, L2, 0x100).inject.el, 1); /* EL0 */
	assert_int_equal(world_fault(w, ESR_FETCH, L2, 0x110).inject.el, 1); /* AArch32's User */
	w->vcpu[0].regs.hcrx = 0;
	assert_int_equal(world_fault(w, ESR_FETCH, L2, 0x100 | EL1H).inject.el, 1);
	w->vcpu[0].regs.hcrx = 1 << 19;
	assert_int_equal(world_fault(w, ESR_FETCH, L2, 0x100 | EL1H).inject.el, 2);
}

static struct s2_outcome walk_fault(struct world *w, uint64_t esr, uint64_t ipa, int level)
{
	struct s2_trap trap = {.esr = esr,
			       .far = FAR,
			       .hpfar = (ipa >> 12) << 4 | S2_HPFAR_VALID,
			       .pstate = EL1H,
			       .s1_level = (int8_t)level};

	assert_false(w->vcpu[0].hyp);
	return s2_handle_abort(&w->vcpu[0], &trap);
}

static void an_external_abort_of_data_is_told_as_one(void **state)
{
	struct world *w = *state;
	struct s2_outcome out;

	take_memory_away(w);
	w->vcpu[0].regs.hcr |= 1ull << 37; /* TEA */
	out = walk_fault(w, ESR_READ | 1 << 7, L2, 3);
	decided(out, S2_INJECTED_SEA, 14, 1);
	assert_int_equal(out.inject.el, 2);
	assert_int_equal(out.inject.esr >> 26, 0x24);
}

static void a_stage_1_table_without_memory_is_an_external_abort_on_a_walk(void **state) /* A12 */
{
	struct world *w = *state;
	struct s2_outcome out;

	take_memory_away(w);
	out = walk_fault(w, 0x92000087, L2, 3);
	decided(out, S2_INJECTED_SEA, 14, 1);
	injected(out, 1, 0x96000017, FAR);
	out = walk_fault(w, 0x92000087, L2, 0);
	injected(out, 1, 0x96000014, FAR);
	out = walk_fault(w, 0x82000087, L2, 3);
	decided(out, S2_INJECTED_SEA, 13, 1);
	injected(out, 1, 0x86000017, FAR);
}

static void a_walk_whose_level_is_not_found_injects_nothing(void **state) /* Q27 */
{
	struct world *w = *state;
	struct s2_outcome out;

	take_memory_away(w);
	out = walk_fault(w, 0x92000087, L2, S2_NO_LEVEL);
	decided(out, S2_RETRY, 14, 1);
	out = walk_fault(w, 0x92000087, 1ull << LIMIT, S2_NO_LEVEL);
	decided(out, S2_RETRY, 4, 1);
	out = walk_fault(w, 0x92000087, 1ull << LIMIT, 2);
	decided(out, S2_INJECTED_SIZE, 4, 1);
	off(w, S2_Q27_S1PTW_SILENT);
	out = walk_fault(w, 0x92000087, L2, S2_NO_LEVEL);
	decided(out, S2_INJECTED_SEA, 14, 1);
	injected(out, 1, 0x96000010, FAR);
	out = walk_fault(w, 0x92000087, 1ull << LIMIT, S2_NO_LEVEL);
	decided(out, S2_INJECTED_SIZE, 4, 1);
}

static void a_walk_that_must_write_read_only_memory_is_an_external_abort(void **state)
{
	struct world *w = *state;
	struct s2_outcome out;

	w->port->slots[0].readonly = true;
	out = walk_fault(w, 0x9200008f, L2, 2);
	decided(out, S2_INJECTED_SEA, 14, 1);
	injected(out, 1, 0x96000016, FAR);
	assert_int_equal(walk_fault(w, 0x92000087, L2, 2).kind, S2_MAPPED);
}

static void loads_of_64_bytes_have_an_exit_of_their_own(void **state) /* A13 */
{
	struct world *w = *state;
	struct s2_outcome out;

	take_memory_away(w);
	out = fault(w, 0x93c08807, L2);
	decided(out, S2_EXIT_LDST64B, 16, 0);
	assert_int_equal(out.mmio.esr_iss, 0x93c08800);
	assert_int_equal(out.mmio.addr.v, MEM | (FAR & 0xfff));
	out = fault(w, 0x93c0882b, L2); /* level -1 */
	decided(out, S2_EXIT_LDST64B, 16, 0);
	out = fault(w, 0x93c08835, L2); /* the same bits of an exclusive mean nothing */
	decided(out, S2_MMIO, 16, 0);
}

/* ---- row 18 ---- */

static void an_access_flag_fault_sets_the_flag_in_the_shadow(void **state) /* A14 */
{
	struct world *w = *state;
	struct s2_outcome out;
	int level;

	fault(w, ESR_READ, L2);
	*port_entry(w->port, &w->contexts[0], L2, &level) &= ~0x400ull;
	out = fault(w, 0x9200000b, L2);
	decided(out, S2_AF_SET, 18, 1);
	assert_true(shadow(w, L2) & 0x400);
	l1_maps(w, BLOCK, 2, l1_leaf(MEM + M(2), 2));
	decided(fault(w, 0x9200000b, BLOCK), S2_AF_SET, 18, 1);
	assert_int_equal(shadow(w, BLOCK), 0);
}

static void an_access_flag_that_L1_keeps_clear_is_L1s_fault(void **state) /* A15 */
{
	struct world *w = *state;
	struct s2_outcome out;

	l1_maps(w, BLOCK, 2, l1_leaf(MEM + M(2), 2) & ~0x400ull);
	out = fault(w, 0x9200000b, BLOCK);
	decided(out, S2_INJECTED, 9, 1);
	injected(out, 2, 0x9200000a, FAR);
}

/* ---- exclusives ---- */

static void an_unsupported_exclusive_is_told_to_L1(void **state) /* A16 */
{
	struct world *w = *state;
	struct s2_outcome out = fault(w, 0x92000035, L2);

	decided(out, S2_INJECTED_EXCL, 22, 1);
	injected(out, 2, 0x92000035, FAR);
	assert_false(out.inject.has_hpfar);
	assert_true(w->vcpu[0].hyp);
}

static void or_to_whoever_runs_where_L1_has_no_stage_2(void **state)
{
	struct world *w = *state;
	struct s2_outcome out;

	world_enter(w, 0, 5ull << 48, 0, 0);
	out = fault(w, 0x92000035, MEM);
	decided(out, S2_INJECTED_EXCL, 22, 1);
	injected(out, 1, 0x96000035, FAR);
	s2_enter_l1(&w->vcpu[0]);
	out = world_fault(w, 0x92000035, MEM, EL2H);
	injected(out, 2, 0x96000035, FAR);
}

/* ---- row 21: guest_memfd ---- */

static void guest_memfd_is_mapped_by_pages(void **state)
{
	struct world *w = *state;
	struct s2_outcome out;

	use_block(w);
	w->port->slots[0].guest_memfd = true;
	out = fault(w, ESR_READ, BLOCK + 0x3000);
	decided(out, S2_MAPPED, 21, 1);
	assert_int_equal(out.map.size, 4096);
	assert_int_equal(out.map.addr.v, BLOCK + 0x3000);
	assert_int_equal(shadow(w, BLOCK + 0x3000),
			 0x01400000000007db | (HOST + MEM + M(2) + 0x3000));
	out = fault(w, 0x8200000e, BLOCK + 0x3000); /* whatever the level */
	decided(out, S2_RELAXED, 21, 1);
	assert_int_equal(shadow(w, BLOCK + 0x3000) >> 53 & 3, 0);
}

static void guest_memfd_that_cannot_be_had_is_the_VMMs(void **state) /* Q14 */
{
	struct world *w = *state;
	struct s2_outcome out;

	w->port->slots[0].guest_memfd = true;
	w->port->status = S2_HOST_NONE;
	out = fault(w, ESR_READ, L2);
	decided(out, S2_EXIT_MEMORY_FAULT, 21, -14);
	assert_int_equal(out.mmio.addr.v, L2); /* L2's address, which the VMM does not know */
	w->port->status = S2_HOST_POISONED;
	decided(fault(w, ESR_READ, L2), S2_EXIT_MEMORY_FAULT, 21, -14);
}

static void an_invalidation_of_guest_memfd_at_the_same_time_maps_nothing(void **state)
{
	struct world *w = *state;

	w->port->slots[0].guest_memfd = true;
	w->port->status = S2_HOST_RETRY;
	decided(fault(w, ESR_READ, L2), S2_RETRY, 21, 1);
	assert_int_equal(shadow(w, L2), 0);
}

/* ---- the result depends on nothing else ---- */

static void equal_faults_have_equal_outcomes(void **state)
{
	struct world *w = *state, other;
	struct s2_digest x, y;
	uint64_t esr;

	world_start(&other, &w->cfg, 4);
	world_enter(&other, 0, l1_root(&other, 12, 5), l1_vtcr(12), 1);
	l1_set(&other, 12, other.vcpu[0].regs.vttbr, L2, 3, l1_leaf(MEM, 3));
	s2_digest_init(&x);
	s2_digest_init(&y);
	for (esr = 0x92000000; esr < 0x92000080; esr++) {
		struct s2_outcome out;

		world_enter(w, 0, w->vcpu[0].regs.vttbr, l1_vtcr(12), 1);
		world_enter(&other, 0, other.vcpu[0].regs.vttbr, l1_vtcr(12), 1);
		out = fault(w, esr, L2);
		s2_digest_outcome(&x, &out);
		out = fault(&other, esr, L2);
		s2_digest_outcome(&y, &out);
		assert_int_equal(x.a, y.a);
		assert_int_equal(x.b, y.b);
	}
	world_stop(&other);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(a_fault_of_L2_is_mapped),
		TEST(a_block_is_mapped_from_its_start),
		TEST(a_decision_is_not_kept_for_a_leaf_of_another_size),
		TEST(a_decision_is_not_kept_for_memory_of_another_kind),
		TEST(a_kept_decision_tells_what_it_was_made_of),
		TEST(writes_matter_to_what_is_kept_where_they_are_logged),
		TEST(a_kept_decision_is_what_it_would_be_anew),
		TEST(a_kept_decision_follows_what_l1_permits),
		TEST(a_write_fault_asks_for_a_writable_page),
		TEST(an_L1_without_stage_2_has_a_copy_of_its_own),
		TEST(a_fault_of_L1_goes_to_the_canonical_table),
		TEST(a_write_on_a_page_that_L1_maps_read_only_costs_two_exits),
		TEST(without_Q24_it_costs_one),
		TEST(a_permission_fault_raises_permissions),
		TEST(a_leaf_that_is_gone_is_not_relaxed),
		TEST(a_page_that_is_there_by_now_means_retry),
		TEST(a_user_leaf_that_is_gone_means_retry),
		TEST(no_memory_for_tables_is_an_error),
		TEST(an_address_that_only_aliasing_reaches_is_an_error),
		TEST(a_poisoned_page_resumes),
		TEST(an_invalidation_at_the_same_time_maps_nothing),
		TEST(memory_without_VMA_is_an_error),
		TEST(cacheable_device_memory_is_an_error_without_DIC),
		TEST(a_fetch_from_a_device_is_an_external_abort),
		TEST(a_logged_write_marks_the_canonical_page),
		TEST(a_logged_write_splits_a_block),
		TEST(a_device_is_writable_in_spite_of_the_log),
		TEST(of_a_block_the_first_page_is_marked),
		TEST(a_block_replaces_the_pages_when_logging_ends),
		TEST(an_external_abort_becomes_an_SError),
		TEST(an_external_abort_is_the_VMMs_where_it_asked_for_it),
		TEST(an_external_abort_may_come_without_address),
		TEST(some_external_aborts_are_the_hosts),
		TEST(a_fault_without_address_is_an_error),
		TEST(an_address_beyond_the_PA_size_is_L2s_own_fault),
		TEST(without_Q13_it_is_L1s_table_that_decides),
		TEST(an_address_beyond_L1s_own_size_is_an_external_abort),
		TEST(before_the_walk_nothing_is_known_of_it),
		TEST(an_unknown_status_is_an_error),
		TEST(a_hole_in_L1s_table_is_L1s_fault),
		TEST(without_Q12_HPFAR_has_the_address_alone),
		TEST(an_unreadable_table_injects_and_fails_the_run),
		TEST(a_lost_race_resumes),
		TEST(a_permission_that_L1_denies_is_L1s_fault),
		TEST(a_load_without_memory_is_emulated),
		TEST(a_device_in_the_kernel_is_no_exit),
		TEST(emulation_needs_a_syndrome),
		TEST(cache_maintenance_without_memory_is_skipped),
		TEST(cache_maintenance_on_read_only_memory_is_emulated),
		TEST(a_write_to_read_only_memory_is_emulated),
		TEST(a_slot_that_is_being_deleted_is_no_memory),
		TEST(a_fetch_without_memory_is_an_external_abort),
		TEST(an_external_abort_is_L1s_where_it_asked_for_it),
		TEST(with_EASE_virtual_EL2_takes_it_as_it_would_an_SError),
		TEST(masked_external_aborts_are_L1s_with_TMEA),
		TEST(an_external_abort_of_data_is_told_as_one),
		TEST(a_stage_1_table_without_memory_is_an_external_abort_on_a_walk),
		TEST(a_walk_whose_level_is_not_found_injects_nothing),
		TEST(a_walk_that_must_write_read_only_memory_is_an_external_abort),
		TEST(loads_of_64_bytes_have_an_exit_of_their_own),
		TEST(an_access_flag_fault_sets_the_flag_in_the_shadow),
		TEST(an_access_flag_that_L1_keeps_clear_is_L1s_fault),
		TEST(an_unsupported_exclusive_is_told_to_L1),
		TEST(or_to_whoever_runs_where_L1_has_no_stage_2),
		TEST(guest_memfd_is_mapped_by_pages),
		TEST(guest_memfd_that_cannot_be_had_is_the_VMMs),
		TEST(an_invalidation_of_guest_memfd_at_the_same_time_maps_nothing),
		TEST(equal_faults_have_equal_outcomes),
	};

	return cmocka_run_group_tests_name("abort", tests, NULL, NULL);
}
