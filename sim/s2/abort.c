/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The decision tree (spec 3): rows are evaluated in order, the first that
 * matches decides. Each decision carries its row's number.
 */
#include "memo.h"
#include "slot.h"

enum row {
	ROW_SEA = 1,
	ROW_NO_HPFAR = 2,
	ROW_BEYOND_PA = 4,
	ROW_BEYOND_INPUT = 5,
	ROW_UNSUPPORTED = 7,
	ROW_WALK_RETRY = 8,
	ROW_WALK_FAULT = 9,
	ROW_FORWARD = 10,
	ROW_IABT_NO_SLOT = 13,
	ROW_S1PTW_NO_SLOT = 14,
	ROW_CACHE_MAINTENANCE = 15,
	ROW_MMIO = 16,
	ROW_ACCESS_FLAG = 18,
	ROW_GUEST_MEMFD = 21,
	ROW_USER_MEMORY = 22,
};

static inline uint64_t hpfar_ipa(uint64_t hpfar)
{
	return field(hpfar, 47, 4) << 12;
}

struct abort {
	struct s2_vcpu *vcpu;
	struct s2_vm *vm;
	const struct s2_trap *trap;
	struct s2_syndrome syn;
	struct table_ipa fault_ipa;
	bool el0;
	const struct s2_slot *slot;
	struct s2_outcome *out; /* in place: it is large */
};

static inline struct abort abort_of(struct s2_vcpu *vcpu, const struct s2_trap *trap,
				    const struct s2_slot *slot, struct s2_outcome *out)
{
	return (struct abort){
		.vcpu = vcpu,
		.vm = vcpu->vm,
		.trap = trap,
		.syn = syndrome(&vcpu->vm->cfg, trap->esr),
		.fault_ipa = {hpfar_ipa(trap->hpfar)},
		.el0 = pstate_el0(trap->pstate),
		.slot = slot,
		.out = out,
	};
}

static inline void conclude(struct s2_outcome *out, enum row row, enum s2_outcome_kind kind,
			    int ret)
{
	out->row = (uint8_t)row;
	out->kind = kind;
	out->ret = ret;
}

static inline void decide(struct abort *a, enum row row, enum s2_outcome_kind kind, int ret)
{
	conclude(a->out, row, kind, ret);
}

/* FAR's offset in the page, under a page address. */
static uint64_t with_far_offset(const struct abort *a, uint64_t page)
{
	return page | field(a->trap->far, 11, 0);
}

/* ---- injection (spec 6) ---- */

static inline void take_exception(struct s2_vcpu *vcpu, struct s2_outcome *out, unsigned int el,
				  uint64_t esr, uint64_t far)
{
	out->inject = (struct s2_injection){.el = (uint8_t)el, .esr = esr, .far = far};
	if (el == 2 && !vcpu->hyp)
		s2_enter_l1(vcpu);
}

static void inject(struct abort *a, unsigned int el, uint64_t esr, uint64_t far)
{
	take_exception(a->vcpu, a->out, el, esr, far);
}

/* A stage-2 fault that is L1's business (spec 6.1). */
static inline void inject_s2(struct s2_vcpu *vcpu, const struct s2_trap *trap,
			     struct s2_outcome *out, uint32_t esr)
{
	uint64_t hpfar = trap->hpfar;

	if (!quirk(&vcpu->vm->cfg, S2_Q12_HPFAR_63))
		hpfar &= ~S2_HPFAR_VALID;
	take_exception(vcpu, out, 2, esr, trap->far);
	out->inject.has_hpfar = true;
	out->inject.hpfar = hpfar;
}

/* An abort as the EL that runs would take it; class by side and by origin (spec 6.3). */
static uint64_t current_el_esr(const struct abort *a, bool iabt, unsigned int fsc)
{
	unsigned int ec = iabt ? EC_IABT_LOW : EC_DABT_LOW;

	if (!a->el0)
		ec++; /* taken from the same EL */
	return (uint64_t)ec << 26 | ESR_IL | fsc;
}

static unsigned int current_el(const struct abort *a)
{
	return a->vcpu->hyp ? 2 : 1;
}

/* FSC of an external abort; false: it is on a stage-1 walk and its level is not known (Q27). */
static bool sea_fsc(const struct abort *a, unsigned int *fsc)
{
	*fsc = FSC_SEA;
	if (!a->syn.s1ptw)
		return true;
	if (a->trap->s1_level != S2_NO_LEVEL) {
		*fsc = FSC_SEA_WALK + (unsigned int)a->trap->s1_level;
		return true;
	}
	return !quirk(&a->vm->cfg, S2_Q27_S1PTW_SILENT);
}

static bool sea_goes_to_vel2(const struct abort *a)
{
	const struct s2_l1_regs *regs = &a->vcpu->regs;

	if (a->vcpu->hyp)
		return false;
	return (regs->hcr & (HCR_TGE | HCR_TEA)) ||
	       (!a->el0 && (a->trap->pstate & PSTATE_A) && (regs->hcrx & HCRX_TMEA));
}

static void inject_sea(struct abort *a, enum row row, bool iabt, uint64_t far)
{
	unsigned int fsc;

	decide(a, row, S2_INJECTED_SEA, 1);
	if (sea_goes_to_vel2(a)) {
		uint64_t ec = iabt ? EC_IABT_LOW : EC_DABT_LOW;

		inject(a, 2, ec << 26 | ESR_IL | FSC_SEA, far);
		a->out->inject.serror_vector = a->vcpu->regs.sctlr2 & SCTLR2_EASE;
	} else if (sea_fsc(a, &fsc)) {
		inject(a, current_el(a), current_el_esr(a, iabt, fsc), far);
	} else {
		decide(a, row, S2_RETRY, 1);
	}
}

static void inject_size(struct abort *a)
{
	unsigned int fsc;

	decide(a, ROW_BEYOND_PA, S2_INJECTED_SIZE, 1);
	if (sea_fsc(a, &fsc))
		inject(a, current_el(a), current_el_esr(a, a->syn.iabt, FSC_SIZE),
		       with_far_offset(a, a->fault_ipa.v));
	else
		decide(a, ROW_BEYOND_PA, S2_RETRY, 1);
}

static void inject_excl(struct abort *a, enum row row)
{
	uint64_t lower = (uint64_t)EC_DABT_LOW << 26 | ESR_IL | FSC_EXCLUSIVE;

	decide(a, row, S2_INJECTED_EXCL, 1);
	if (!a->vcpu->hyp && (a->vcpu->regs.hcr & HCR_VM))
		inject(a, 2, lower, a->trap->far);
	else
		inject(a, current_el(a), current_el_esr(a, false, FSC_EXCLUSIVE), a->trap->far);
}

#define EC_SERROR  0x2full
#define SERROR_IDS BIT(24) /* implementation-defined syndrome */

static void inject_serror(struct abort *a)
{
	bool to_el2 = a->vcpu->hyp || (a->vcpu->regs.hcr & (HCR_AMO | HCR_TGE));

	decide(a, ROW_SEA, S2_INJECTED_SERROR, 1);
	inject(a, to_el2 ? 2 : 1, EC_SERROR << 26 | ESR_IL | SERROR_IDS, a->trap->far);
}

/* ---- row 1 ---- */

/* On a descriptor of stage 1, which is the host's to read. ECC errors are not of this class. */
static bool sea_on_s1_walk(const struct s2_syndrome *syn)
{
	return syn->s1ptw && syn->fsc >= FSC_SEA_WALK - 1 && syn->fsc <= FSC_SEA_WALK + 3;
}

static void external_abort(struct abort *a)
{
	const struct s2_config *cfg = &a->vm->cfg;
	bool addr_known = a->trap->hpfar & S2_HPFAR_VALID;
	bool vncr = a->vcpu->hyp && !a->syn.iabt && (a->syn.esr & ESR_VNCR);

	if (!cfg->sea_exits || !cfg->ras || vncr || sea_on_s1_walk(&a->syn)) {
		inject_serror(a);
		return;
	}
	decide(a, ROW_SEA, S2_EXIT_SEA, 0);
	a->out->mmio = (struct s2_mmio){
		.addr = {addr_known ? a->fault_ipa.v : 0},
		.addr_unknown = !addr_known,
		.esr_iss = a->syn.esr & (mask(31, 26) | ESR_IL | ESR_FNV | BIT(9) | ESR_CM |
					 ESR_WNR | ESR_FSC_MASK | mask(12, 11)),
	};
}

/* ---- rows 12 to 16: the slot ---- */

static bool fsc_of_ldst64b(unsigned int fsc)
{
	return (fsc >= 0x04 && fsc <= 0x0f) || fsc == 0x2a || fsc == 0x2b;
}

static void emulate(struct abort *a, struct l1_ipa page)
{
	uint64_t esr = a->syn.esr;
	struct s2_mmio *m = &a->out->mmio;

	*m = (struct s2_mmio){.addr = {with_far_offset(a, page.v)}, .write = esr & ESR_WNR};
	if (!(esr & ESR_ISV)) {
		m->esr_iss = esr & (ESR_CM | ESR_WNR | ESR_FSC_MASK);
		if (a->vm->cfg.nisv_exits)
			decide(a, ROW_MMIO, S2_EXIT_NISV, 0);
		else
			decide(a, ROW_MMIO, S2_ERROR, -S2_ENOSYS);
		return;
	}
	if (fsc_of_ldst64b(a->syn.fsc) && field(esr, 12, 11)) {
		m->esr_iss = esr & ~ESR_FSC_MASK;
		decide(a, ROW_MMIO, S2_EXIT_LDST64B, 0);
		return;
	}
	m->len = (uint8_t)(1u << field(esr, 23, 22));
	m->in_kernel = a->vm->port->device &&
		       a->vm->port->device(a->vm->port_ctx, m->addr, m->len, m->write);
	decide(a, ROW_MMIO, S2_MMIO, m->in_kernel);
}

/* There is no memory, or a write meets a read-only slot. True: decided. */
static bool no_memory(struct abort *a)
{
	if (a->slot && !(a->syn.write && a->slot->readonly))
		return false;
	if (a->syn.iabt)
		inject_sea(a, ROW_IABT_NO_SLOT, true, a->trap->far);
	else if (a->syn.s1ptw)
		inject_sea(a, ROW_S1PTW_NO_SLOT, false, a->trap->far);
	else if (!a->slot && a->syn.cm)
		decide(a, ROW_CACHE_MAINTENANCE, S2_SKIPPED, 1);
	else
		emulate(a, a->out->ipa);
	return true;
}

/* ---- rows 21 and 22: filling ---- */

static inline void report_dirty(const struct s2_vm *vm, const struct s2_slot *slot,
				struct s2_mapping *m)
{
	if (!slot->log_dirty || !m->prot.perm.w)
		return;
	/* One page is marked, the first of the mapping. */
	vm->port->dirty(vm->port_ctx, slot, m->canonical);
	m->dirty = true;
}

static void finish_fill(struct abort *a, enum row row, const struct s2_map_result *r)
{
	struct s2_mapping *m = &a->out->map;

	if (r->status == S2_MAP_NOMEM || r->status == S2_MAP_RANGE) {
		decide(a, row, S2_ERROR, r->status == S2_MAP_NOMEM ? -S2_ENOMEM : -S2_ERANGE);
		return;
	}
	if (r->status == S2_MAP_AGAIN) {
		decide(a, row, S2_RETRY, 1);
		return;
	}
	decide(a, row, a->out->size->relax ? S2_RELAXED : S2_MAPPED, 1);
	m->pte = r->pte;
	m->split = r->split;
	m->collapsed = r->collapsed;
	report_dirty(a->vm, a->slot, m);
}

static void map_or_relax(struct abort *a, enum row row)
{
	struct s2_mapping *m = &a->out->map;
	struct s2_mmu *mmu = a->vcpu->mmu;
	struct s2_map_result r;

	if (a->out->size->relax)
		r = s2_relax(a->vm, mmu, m->addr, &m->prot);
	else
		r = s2_map(a->vm, mmu, m->addr, m->size, m->pa, &m->prot);
	finish_fill(a, row, &r);
	if (a->vcpu->mmu->has_rmap && r.status != S2_MAP_RANGE)
		s2_rmap_add(a->vm, a->vcpu->mmu, &a->out->map);
}

/* The page frame of the first byte mapped: that of the page asked for, less the way to it. */
static inline struct host_pa first_frame(struct host_pa pa, struct l1_ipa page,
					 struct l1_ipa canonical)
{
	return (struct host_pa){pa.v - (page.v - canonical.v)};
}

static inline void filled(struct s2_outcome *out, const struct s2_size *size)
{
	out->filled = true;
	out->size = size;
}

static inline void begin_mapping(struct s2_outcome *out, struct table_ipa addr,
				 struct l1_ipa canonical, struct host_pa pa,
				 const struct s2_prot *prot)
{
	struct s2_mapping *m = &out->map;

	m->addr = addr;
	m->size = out->size->out.size;
	m->pa = pa;
	m->canonical = canonical;
	m->pte = 0;
	m->prot = *prot;
	m->split = m->collapsed = m->dirty = false;
}

static RARE void fill_from_memfd(struct abort *a, const struct s2_fill *fill,
				 enum s2_host_status status)
{
	uint64_t page = BIT(a->vm->cfg.page_shift);
	struct s2_prot prot;

	if (status == S2_HOST_RETRY) {
		decide(a, ROW_GUEST_MEMFD, S2_RETRY, 1);
		return;
	}
	if (status != S2_HOST_OK) {
		decide(a, ROW_GUEST_MEMFD, S2_EXIT_MEMORY_FAULT, -S2_EFAULT);
		a->out->mmio = (struct s2_mmio){.addr = {a->fault_ipa.v}}; /* L2's IPA (Q14) */
		return;
	}
	a->vcpu->size = (struct s2_size){
		.in = s2_page_backed(&a->vm->cfg),
		.out = {.vma = page, .size = page, .addr_align = page, .frame_align = page},
		.relax = a->syn.fsc_class == S2_FSC_PERMISSION,
	};
	filled(a->out, &a->vcpu->size);
	prot = s2_gmem_prot(&a->vm->cfg, fill);
	begin_mapping(a->out, (struct table_ipa){floor_to(a->fault_ipa.v, page)},
		      (struct l1_ipa){floor_to(fill->ipa.v, page)}, fill->backing.pa, &prot);
	map_or_relax(a, ROW_GUEST_MEMFD);
}

/* What step 9 of spec 4.1 makes of memory that may not be mapped as asked. True: decided. */
static bool prot_refuses(struct abort *a, enum s2_prot_status status)
{
	switch (status) {
	case S2_PROT_NOEXEC:
		inject_sea(a, ROW_USER_MEMORY, true, a->trap->far);
		return true;
	case S2_PROT_EXCL:
		inject_excl(a, ROW_USER_MEMORY);
		return true;
	case S2_PROT_FAULT:
		decide(a, ROW_USER_MEMORY, S2_ERROR, -S2_EFAULT);
		return true;
	default:
		return false;
	}
}

static void fill_from_user(struct abort *a, const struct s2_fill *fill, enum s2_host_status status)
{
	struct s2_size *size = &a->vcpu->size;
	struct l1_ipa canonical;
	struct s2_prot prot;

	if (status == S2_HOST_NONE) {
		decide(a, ROW_USER_MEMORY, S2_ERROR, -S2_EFAULT);
		return;
	}
	decide(a, ROW_USER_MEMORY, S2_RETRY, 1);
	if (status == S2_HOST_POISONED)
		return;
	if (prot_refuses(a, s2_host_prot(&a->vm->cfg, fill, &prot)) || status == S2_HOST_RETRY)
		return;
	s2_fault_size_into(a->vm, fill, size);
	filled(a->out, size);
	if (size->out.retry)
		return;
	prot.contig = size->out.contig;
	s2_remember(s2_memo_of(a->vcpu, &fill->backing, fill->walk, a->syn.exec), &a->vm->cfg, fill,
		    size, &prot);
	if (fill->walk)
		s2_reduce_to_l1(&prot, fill->walk);
	canonical = s2_size_canonical(size, fill->ipa);
	begin_mapping(a->out, s2_size_addr(size, a->fault_ipa), canonical,
		      first_frame(fill->backing.pa, s2_page_of(&a->vm->cfg, fill->ipa), canonical),
		      &prot);
	map_or_relax(a, ROW_USER_MEMORY);
}

static void fill(struct abort *a, const struct s2_backing *backing, enum s2_host_status status)
{
	struct s2_fill f = {
		.syn = &a->syn,
		.fault_ipa = a->fault_ipa,
		.ipa = a->out->ipa,
		.walk = a->out->shadow ? &a->out->walk : NULL,
		.slot = a->slot,
		.hva = s2_slot_hva(a->slot, s2_page_of(&a->vm->cfg, a->out->ipa)),
		.backing = *backing,
	};

	if (a->slot->guest_memfd)
		fill_from_memfd(a, &f, status);
	else
		fill_from_user(a, &f, status);
}

/* ---- rows 8 to 11: L1's table decides first ---- */

static __attribute__((noinline)) void walk_ended(struct s2_vcpu *vcpu, const struct s2_trap *trap,
						 struct s2_outcome *out)
{
	const struct s2_walk *w = &out->walk;

	if (w->status == S2_WALK_RETRY) {
		conclude(out, ROW_WALK_RETRY, S2_RETRY, 1);
		return;
	}
	conclude(out, ROW_WALK_FAULT, S2_INJECTED, w->status == S2_WALK_FATAL ? -S2_EFAULT : 1);
	inject_s2(vcpu, trap, out, w->esr);
}

/* L1 denies the access. True: decided. */
static __attribute__((noinline)) bool l1_denies(struct s2_vcpu *vcpu, const struct s2_trap *trap,
						struct s2_outcome *out)
{
	const struct s2_config *cfg = &vcpu->vm->cfg;
	struct s2_syndrome syn = syndrome(cfg, trap->esr);
	struct s2_forward fwd =
		s2_permission_forward(cfg, &syn, pstate_el0(trap->pstate), &out->walk);

	if (fwd.forward) {
		conclude(out, ROW_FORWARD, S2_INJECTED, 1);
		inject_s2(vcpu, trap, out, fwd.esr);
	}
	return fwd.forward;
}

/* ---- rows 1 to 7: the trap itself. True: decided ---- */

static bool trap_decides(struct abort *a)
{
	const struct s2_config *cfg = &a->vm->cfg;
	struct s2_mmu *mmu = a->vcpu->mmu;
	bool translation = a->syn.fsc_class == S2_FSC_TRANSLATION;
	bool l1_checks = mmu->enabled && !quirk(cfg, S2_Q13_SIZE_TO_L2);

	if (a->syn.fsc_class == S2_FSC_SEA) {
		external_abort(a);
	} else if (!(a->trap->hpfar & S2_HPFAR_VALID)) {
		decide(a, ROW_NO_HPFAR, S2_ERROR, -S2_EFAULT);
	} else if (translation && a->fault_ipa.v >> cfg->ipa_limit && !l1_checks) {
		inject_size(a);
	} else if (translation && a->fault_ipa.v >> mmu->table.input_bits && !l1_checks) {
		inject_sea(a, ROW_BEYOND_INPUT, a->syn.iabt, with_far_offset(a, a->fault_ipa.v));
	} else if (a->syn.fsc_class == S2_FSC_OTHER) {
		decide(a, ROW_UNSUPPORTED, S2_ERROR, -S2_EFAULT);
	} else {
		return false;
	}
	return true;
}

/*
 * ---- the straight way ----
 *
 * What most faults come to passes through here alone, with all that it needs in registers.
 * Where a fault leaves it, the stages above are given the whole of it.
 */

static RARE bool odd_trap(struct s2_vcpu *vcpu, const struct s2_trap *trap, struct s2_outcome *out)
{
	struct abort a = abort_of(vcpu, trap, NULL, out);

	return trap_decides(&a);
}

/* No fault of memory that may be mapped; `slot` may be NULL. True: decided. */
static __attribute__((noinline)) bool no_plain_fill(struct s2_vcpu *vcpu,
						    const struct s2_trap *trap,
						    const struct s2_slot *slot,
						    struct s2_outcome *out)
{
	struct abort a = abort_of(vcpu, trap, slot, out);

	if (no_memory(&a))
		return true;
	if (a.syn.fsc_class != S2_FSC_ACCESS_FLAG)
		return false;
	s2_make_young(a.vm, vcpu->mmu, a.fault_ipa);
	decide(&a, ROW_ACCESS_FLAG, S2_AF_SET, 1);
	return true;
}

static __attribute__((noinline)) void fill_anew(struct s2_vcpu *vcpu, const struct s2_trap *trap,
						const struct s2_slot *slot, struct s2_outcome *out,
						const struct s2_backing *backing,
						enum s2_host_status status)
{
	struct abort a = abort_of(vcpu, trap, slot, out);

	fill(&a, backing, status);
}

/* There is more to be done than one store to a table. */
static __attribute__((noinline)) void map_anew(struct s2_vcpu *vcpu, const struct s2_trap *trap,
					       const struct s2_slot *slot, struct s2_outcome *out)
{
	struct abort a = abort_of(vcpu, trap, slot, out);

	map_or_relax(&a, ROW_USER_MEMORY);
}

/* An address that the table takes, and a class that may be mended. */
static inline bool trap_is_plain(const struct s2_vcpu *vcpu, uint64_t hpfar, uint64_t ipa,
				 unsigned int class)
{
	uint64_t beyond = ipa >> vcpu->vm->cfg.ipa_limit | ipa >> vcpu->mmu->table.input_bits;

	_Static_assert(S2_FSC_PERMISSION - S2_FSC_TRANSLATION == 2, "three classes in a row");
	return class - S2_FSC_TRANSLATION <= 2 && (hpfar & S2_HPFAR_VALID) && !beyond;
}

static RARE void renew_l1_tables(struct s2_vcpu *vcpu)
{
	vcpu->l1 = s2_l1_tables(&vcpu->vm->cfg, &vcpu->regs);
}

static inline const struct s2_l1_tables *l1_tables(struct s2_vcpu *vcpu)
{
	uint64_t vtcr = vcpu->regs.vtcr, vttbr = vcpu->regs.vttbr;
	uint64_t differ = (vcpu->l1.vtcr ^ vtcr) | (vcpu->l1.vttbr ^ vttbr);

	if (differ || !vtcr)
		renew_l1_tables(vcpu);
	return &vcpu->l1;
}

/* With the size of a decision that was kept, and what the host grants by it. */
static inline void fill_as_before(struct s2_vm *vm, struct s2_vcpu *vcpu,
				  const struct s2_memo *memo, const struct s2_trap *trap,
				  const struct s2_slot *slot, const struct s2_walk *walk,
				  struct s2_outcome *out, struct table_ipa addr, struct l1_ipa page,
				  struct host_pa pa)
{
	struct l1_ipa canonical = s2_size_canonical(&memo->size, page);
	uint64_t attributes = memo->attributes, pte = 0;

	addr = s2_size_addr(&memo->size, addr);
	pa = first_frame(pa, page, canonical);
	filled(out, &memo->size);
	begin_mapping(out, addr, canonical, pa, &memo->prot);
	if (walk) {
		out->map.prot.perm = s2_perm_both(memo->prot.perm, walk->perm);
		attributes |= s2_granted(memo, walk);
	}
	if (memo->attributes)
		pte = s2_map_new_page(vm, vcpu->mmu, addr, pa, attributes);
	if (!pte) {
		map_anew(vcpu, trap, slot, out);
		return;
	}
	conclude(out, ROW_USER_MEMORY, S2_MAPPED, 1);
	out->map.pte = pte;
	report_dirty(vm, slot, &out->map);
	if (vcpu->mmu->has_rmap)
		s2_rmap_add(vm, vcpu->mmu, &out->map);
}

void s2_handle_abort_into(struct s2_vcpu *vcpu, const struct s2_trap *trap, struct s2_outcome *out)
{
	struct s2_vm *vm = vcpu->vm;
	struct s2_syndrome syn = syndrome(&vm->cfg, trap->esr);
	struct table_ipa fault_ipa = {hpfar_ipa(trap->hpfar)};
	struct l1_ipa ipa = {fault_ipa.v}, page;
	const struct s2_walk *walk = NULL;
	const struct s2_slot *slot;
	enum s2_host_status status;
	const struct s2_memo *memo;
	struct s2_backing backing;
	struct host_va hva;

	out->shadow = out->filled = false;
	out->ipa.v = 0;
	if (!trap_is_plain(vcpu, trap->hpfar, ipa.v, syn.fsc_class) && odd_trap(vcpu, trap, out))
		return;
	out->ipa = ipa;
	if (vcpu->mmu->enabled) {
		out->shadow = true;
		walk = &out->walk;
		s2_walk_into(vm, &vcpu->regs, l1_tables(vcpu), trap, (struct l2_ipa){ipa.v},
			     &out->walk);
		if (walk->status != S2_WALK_OK) {
			walk_ended(vcpu, trap, out);
			return;
		}
		if (s2_permissions_judged(&vm->cfg, syn.fsc_class) && l1_denies(vcpu, trap, out))
			return;
		ipa = walk->output;
		out->ipa = ipa;
	}
	slot = s2_slot_of(vm, ipa);
	if ((!slot || syn.fsc_class != S2_FSC_TRANSLATION || (syn.write && slot->readonly)) &&
	    no_plain_fill(vcpu, trap, slot, out))
		return;
	page = s2_page_of(&vm->cfg, ipa);
	hva = s2_slot_hva(slot, page);
	status = vm->port->backing(vm->port_ctx, slot, hva, syn.write, &backing);
	memo = s2_memo_of(vcpu, &backing, walk, syn.exec);
	if (status == S2_HOST_OK && syn.fsc_class == S2_FSC_TRANSLATION &&
	    s2_recalls(memo, vm->cfg.policy, slot, hva, &backing, walk ? walk->leaf_size : 0,
		       syn.write))
		fill_as_before(vm, vcpu, memo, trap, slot, walk, out, fault_ipa, page, backing.pa);
	else
		fill_anew(vcpu, trap, slot, out, &backing, status);
}

struct s2_outcome s2_handle_abort(struct s2_vcpu *vcpu, const struct s2_trap *trap)
{
	struct s2_outcome out = {.kind = S2_MAPPED};

	s2_handle_abort_into(vcpu, trap, &out);
	return out;
}
