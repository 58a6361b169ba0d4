/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The decision tree (spec 3): rows are evaluated in order, the first that
 * matches decides. Each decision carries its row's number.
 */
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

static void decide(struct abort *a, enum row row, enum s2_outcome_kind kind, int ret)
{
	a->out->row = (uint8_t)row;
	a->out->kind = kind;
	a->out->ret = ret;
}

/* FAR's offset in the page, under a page address. */
static uint64_t with_far_offset(const struct abort *a, uint64_t page)
{
	return page | field(a->trap->far, 11, 0);
}

/* ---- injection (spec 6) ---- */

static void inject(struct abort *a, unsigned int el, uint64_t esr, uint64_t far)
{
	a->out->inject = (struct s2_injection){.el = (uint8_t)el, .esr = esr, .far = far};
	if (el == 2 && !a->vcpu->hyp)
		s2_enter_l1(a->vcpu);
}

/* A stage-2 fault that is L1's business (spec 6.1). */
static void inject_s2(struct abort *a, uint32_t esr)
{
	uint64_t hpfar = a->trap->hpfar;

	if (!quirk(&a->vm->cfg, S2_Q12_HPFAR_63))
		hpfar &= ~S2_HPFAR_VALID;
	inject(a, 2, esr, a->trap->far);
	a->out->inject.has_hpfar = true;
	a->out->inject.hpfar = hpfar;
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
	decide(a, row, a->out->size.relax ? S2_RELAXED : S2_MAPPED, 1);
	m->pte = r->pte;
	m->split = r->split;
	m->collapsed = r->collapsed;
	if (m->prot.perm.w && a->slot->log_dirty) {
		/* One page is marked, the first of the mapping. */
		a->vm->port->dirty(a->vm->port_ctx, a->slot, m->canonical);
		m->dirty = true;
	}
}

static void map_or_relax(struct abort *a, enum row row)
{
	struct s2_mapping *m = &a->out->map;
	struct s2_mmu *mmu = a->vcpu->mmu;
	struct s2_map_result r;

	if (a->out->size.relax)
		r = s2_relax(a->vm, mmu, m->addr, &m->prot);
	else
		r = s2_map(a->vm, mmu, m->addr, m->size, m->pa, &m->prot);
	finish_fill(a, row, &r);
	if (a->vcpu->mmu->has_rmap && r.status != S2_MAP_RANGE)
		s2_rmap_add(a->vm, a->vcpu->mmu, &a->out->map);
}

/* The page frame of the first byte mapped: that of the page asked for, less the way to it. */
static struct host_pa first_frame(const struct abort *a, const struct s2_fill *fill)
{
	uint64_t page = floor_to(fill->ipa.v, BIT(a->vm->cfg.page_shift));

	return (struct host_pa){fill->backing.pa.v - (page - a->out->size.canonical.v)};
}

static inline void begin_mapping(struct abort *a, struct host_pa pa, const struct s2_prot *prot)
{
	struct s2_mapping *m = &a->out->map;

	m->addr = a->out->size.addr;
	m->size = a->out->size.size;
	m->pa = pa;
	m->canonical = a->out->size.canonical;
	m->pte = 0;
	m->prot = *prot;
	m->split = m->collapsed = m->dirty = false;
}

static void fill_from_memfd(struct abort *a, struct s2_fill *fill, enum s2_host_status status)
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
	a->out->size = (struct s2_size){
		.relax = a->syn.class == S2_FSC_PERMISSION,
		.vma = page,
		.size = page,
		.addr = {floor_to(a->fault_ipa.v, page)},
		.canonical = {floor_to(fill->ipa.v, page)},
		.in = s2_page_backed(&a->vm->cfg),
	};
	a->out->filled = true;
	prot = s2_gmem_prot(&a->vm->cfg, fill);
	begin_mapping(a, fill->backing.pa, &prot);
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

static void fill_from_user(struct abort *a, struct s2_fill *fill, enum s2_host_status status)
{
	struct s2_prot prot;

	if (status == S2_HOST_NONE) {
		decide(a, ROW_USER_MEMORY, S2_ERROR, -S2_EFAULT);
		return;
	}
	decide(a, ROW_USER_MEMORY, S2_RETRY, 1);
	if (status == S2_HOST_POISONED)
		return;
	if (prot_refuses(a, s2_fault_prot(&a->vm->cfg, fill, &prot)) || status == S2_HOST_RETRY)
		return;
	s2_fault_size_into(a->vm, fill, &a->out->size);
	a->out->filled = true;
	if (a->out->size.retry)
		return;
	prot.contig = a->out->size.contig;
	begin_mapping(a, first_frame(a, fill), &prot);
	map_or_relax(a, ROW_USER_MEMORY);
}

static void fill(struct abort *a)
{
	enum s2_host_status status;
	struct s2_fill f;

	f.syn = &a->syn;
	f.fault_ipa = a->fault_ipa;
	f.ipa = a->out->ipa;
	f.walk = a->out->shadow ? &a->out->walk : NULL;
	f.slot = a->slot;
	f.hva = s2_slot_hva(&a->vm->cfg, a->slot, a->out->ipa);
	status = a->vm->port->backing(a->vm->port_ctx, a->slot, f.hva, a->syn.write, &f.backing);
	if (a->slot->guest_memfd)
		fill_from_memfd(a, &f, status);
	else
		fill_from_user(a, &f, status);
}

/* ---- rows 8 to 11: L1's table decides first. True: decided ---- */

static bool l1_decides(struct abort *a)
{
	const struct s2_walk *w = &a->out->walk;
	const struct s2_l1_regs *regs = &a->vcpu->regs;
	struct s2_l1_tables *l1 = &a->vcpu->l1;
	struct s2_forward fwd;

	a->out->shadow = true;
	if (l1->vtcr != regs->vtcr || l1->vttbr != regs->vttbr || !l1->vtcr)
		*l1 = s2_l1_tables(&a->vm->cfg, regs);
	s2_walk_into(a->vm, regs, l1, &a->syn, a->el0, (struct l2_ipa){a->fault_ipa.v},
		     &a->out->walk);
	if (w->status == S2_WALK_RETRY) {
		decide(a, ROW_WALK_RETRY, S2_RETRY, 1);
		return true;
	}
	if (w->status != S2_WALK_OK) {
		decide(a, ROW_WALK_FAULT, S2_INJECTED, w->status == S2_WALK_FATAL ? -S2_EFAULT : 1);
		inject_s2(a, w->esr);
		return true;
	}
	fwd = s2_permission_forward(&a->vm->cfg, &a->syn, a->el0, w);
	if (fwd.forward) {
		decide(a, ROW_FORWARD, S2_INJECTED, 1);
		inject_s2(a, fwd.esr);
		return true;
	}
	a->out->ipa = w->output;
	return false;
}

/* ---- rows 1 to 7: the trap itself. True: decided ---- */

static bool trap_decides(struct abort *a)
{
	const struct s2_config *cfg = &a->vm->cfg;
	struct s2_mmu *mmu = a->vcpu->mmu;
	bool translation = a->syn.class == S2_FSC_TRANSLATION;
	bool l1_checks = mmu->enabled && !quirk(cfg, S2_Q13_SIZE_TO_L2);

	if (a->syn.class == S2_FSC_SEA) {
		external_abort(a);
	} else if (!(a->trap->hpfar & S2_HPFAR_VALID)) {
		decide(a, ROW_NO_HPFAR, S2_ERROR, -S2_EFAULT);
	} else if (translation && a->fault_ipa.v >> cfg->ipa_limit && !l1_checks) {
		inject_size(a);
	} else if (translation && a->fault_ipa.v >> mmu->table.input_bits && !l1_checks) {
		inject_sea(a, ROW_BEYOND_INPUT, a->syn.iabt, with_far_offset(a, a->fault_ipa.v));
	} else if (a->syn.class == S2_FSC_OTHER) {
		decide(a, ROW_UNSUPPORTED, S2_ERROR, -S2_EFAULT);
	} else {
		return false;
	}
	return true;
}

void s2_handle_abort_into(struct s2_vcpu *vcpu, const struct s2_trap *trap, struct s2_outcome *out)
{
	struct abort a;

	a.vcpu = vcpu;
	a.vm = vcpu->vm;
	a.trap = trap;
	a.syn = syndrome(&vcpu->vm->cfg, trap->esr);
	a.fault_ipa.v = field(trap->hpfar, 47, 4) << 12;
	a.el0 = pstate_el0(trap->pstate);
	a.slot = NULL;
	a.out = out;
	out->shadow = out->filled = false;
	out->ipa.v = 0;
	if (trap_decides(&a))
		return;
	out->ipa.v = a.fault_ipa.v;
	if (vcpu->mmu->enabled && l1_decides(&a))
		return;
	a.slot = s2_slot_of(a.vm, out->ipa);
	if (no_memory(&a))
		return;
	if (a.syn.class == S2_FSC_ACCESS_FLAG) {
		s2_make_young(a.vm, vcpu->mmu, a.fault_ipa);
		decide(&a, ROW_ACCESS_FLAG, S2_AF_SET, 1);
		return;
	}
	fill(&a);
}

struct s2_outcome s2_handle_abort(struct s2_vcpu *vcpu, const struct s2_trap *trap)
{
	struct s2_outcome out = {.kind = S2_MAPPED};

	s2_handle_abort_into(vcpu, trap, &out);
	return out;
}
