/* SPDX-License-Identifier: GPL-2.0-only */
/* Assembly: what each known event means for the fault, vCPU or VM that it belongs to. */
#include <stdlib.h>
#include <string.h>

#include "import/build.h"
#include "import/l1side.h"
#include "utf8.h"

#define HPFAR_VALID ((uint64_t)1 << 63)
#define HCR_TGE	    ((uint64_t)1 << 27)
#define EC(esr)	    ((esr) >> 26 & 0x3f)
#define EC_IABT_LOW 0x20
#define EC_DABT_LOW 0x24
#define FOLL_WRITE  1u

static struct imp_fault *orphan(struct imp_builder *b)
{
	b->stats->orphan_count++;
	return NULL;
}

/* The open fault of the vCPU that the record names, or NULL. */
static struct imp_fault *fault_of_pointer(struct imp_builder *b, const struct imp_record *r,
					  struct imp_vcpu **v)
{
	*v = imp_vcpu_of_pointer(b, r);
	return *v && (*v)->fault.open ? &(*v)->fault : orphan(b);
}

/* The same where the record names none: the vCPU whose thread it is. */
static struct imp_fault *fault_of_thread(struct imp_builder *b, const struct imp_record *r,
					 struct imp_vcpu **v)
{
	*v = imp_known_thread(b, r);
	return *v && (*v)->fault.open ? &(*v)->fault : orphan(b);
}

/* What was going on in this vCPU is over: its next fault or change of context is here. */
static enum nvt_status conclude(struct imp_builder *b, struct imp_vcpu *v, uint64_t time_ns)
{
	enum nvt_status status = imp_finish(b, v, time_ns);

	return status == NVT_OK ? imp_flush_pending(b, v, time_ns) : status;
}

static void take_abort(struct imp_fault *f, const struct imp_record *r)
{
	*f = (struct imp_fault){.open = true,
				.start_ns = r->time_ns,
				.stage2 = r->v[IMP_S2EN] != 0,
				.fault = {.esr = r->v[IMP_ESR],
					  .far = r->v[IMP_FAR],
					  .hpfar = r->v[IMP_HPFAR],
					  .pc = r->v[IMP_PC],
					  .pstate = r->v[IMP_PSTATE]}};
	if (r->has >> IMP_VTTBR & r->has >> IMP_VTCR & 1) {
		f->vttbr = r->v[IMP_VTTBR];
		f->vtcr = r->v[IMP_VTCR];
	}
}

IMP_HANDLER(imp_on_abort)
{
	struct imp_vcpu *v = imp_vcpu_of_pointer(b, r);
	enum nvt_status status;
	struct imp_mmu mmu;

	if (!v)
		return imp_no_memory(b);
	status = conclude(b, v, r->time_ns);
	if (status == NVT_OK)
		status = imp_mmu_used(b, r->v[IMP_MMU], !r->v[IMP_S2EN] && v->hyp != IMP_HYP_NO,
				      &mmu);
	if (status != NVT_OK)
		return status;
	imp_vcpu_joins(b, v, mmu.vm);
	imp_vm_runs(b, mmu.vm);
	v->hyp = mmu.context == NVT_CANONICAL_CONTEXT ? IMP_HYP_YES : IMP_HYP_NO;
	take_abort(&v->fault, r);
	v->fault.truth.has = NVT_TRUTH_CONTEXT;
	v->fault.truth.context = mmu.context;
	if (v->fault.stage2)
		return imp_l1_uses(b, v, v->fault.vttbr, v->fault.vtcr, r->time_ns);
	return NVT_OK;
}

IMP_HANDLER(imp_on_abort_ret)
{
	struct imp_vcpu *v;
	struct imp_fault *f = fault_of_pointer(b, r, &v);
	uint64_t duration;

	if (!f)
		return NVT_OK;
	f->truth.has |= NVT_TRUTH_RET;
	f->truth.ret = (int32_t)r->v[IMP_RET];
	duration = f->light ? 0 : r->time_ns - f->start_ns;
	f->fault.duration_ns = duration > UINT32_MAX ? UINT32_MAX : (uint32_t)duration;
	return imp_finish(b, v, r->time_ns);
}

IMP_HANDLER(imp_on_walk)
{
	struct imp_vcpu *v;
	struct imp_fault *f = fault_of_pointer(b, r, &v);
	struct nvt_fault_truth *t;

	if (!f)
		return NVT_OK;
	t = &f->truth;
	t->has |= NVT_TRUTH_WALK;
	t->walk_ret = (int32_t)r->v[IMP_RET];
	t->walk_esr = (uint32_t)r->v[IMP_ESR];
	t->walk_desc = r->v[IMP_DESC];
	/* On failure the rest is what the stack held (doc/probes.md). */
	if (t->walk_ret)
		return NVT_OK;
	t->walk_out = r->v[IMP_OUT];
	t->walk_size = r->v[IMP_SIZE];
	t->walk_level = (int8_t)r->v[IMP_LEVEL];
	t->walk_rw = (uint8_t)((r->v[IMP_READABLE] != 0) | (r->v[IMP_WRITABLE] != 0) << 1);
	return NVT_OK;
}

IMP_HANDLER(imp_on_permchk)
{
	struct imp_vcpu *v;
	struct imp_fault *f = fault_of_pointer(b, r, &v);

	if (!f)
		return NVT_OK;
	f->truth.has |= NVT_TRUTH_PERM;
	f->truth.perm_ret = (int32_t)r->v[IMP_RET];
	f->truth.perm_esr = (uint32_t)r->v[IMP_ESR];
	return NVT_OK;
}

IMP_HANDLER(imp_on_inject)
{
	struct imp_vcpu *v;
	struct imp_fault *f = fault_of_pointer(b, r, &v);
	enum nvt_status status;

	if (!f)
		return NVT_OK;
	f->truth.has |= NVT_TRUTH_INJECT;
	f->truth.inject_esr = r->v[IMP_ESR];
	f->truth.inject_far = r->v[IMP_FAR];
	f->truth.inject_hpfar = r->v[IMP_HPFAR];
	f->truth.inject_context = NVT_CANONICAL_CONTEXT;
	status = imp_place(b, v, r->time_ns);
	return status == NVT_OK ? imp_l1_injected(b, v, r) : status;
}

IMP_HANDLER(imp_on_faultin)
{
	struct imp_vcpu *v;
	struct imp_fault *f = fault_of_thread(b, r, &v);

	if (!f)
		return NVT_OK;
	f->truth.has |= NVT_TRUTH_FAULTIN;
	f->truth.faultin_gfn = r->v[IMP_GFN];
	f->truth.faultin_pfn = r->v[IMP_PFN];
	f->truth.faultin_write = r->v[IMP_FOLL] & FOLL_WRITE;
	f->truth.faultin_writable = r->v[IMP_WRITABLE] != 0;
	return NVT_OK;
}

IMP_HANDLER(imp_on_map)
{
	struct imp_vcpu *v;
	struct imp_fault *f = fault_of_thread(b, r, &v);

	if (!f)
		return NVT_OK;
	f->truth.has |= NVT_TRUTH_MAP;
	f->truth.map_addr = r->v[IMP_ADDR];
	f->truth.map_size = r->v[IMP_SIZE];
	f->truth.map_pa = r->v[IMP_PHYS];
	f->truth.map_prot = r->v[IMP_PROT];
	return imp_place(b, v, r->time_ns);
}

IMP_HANDLER(imp_on_relax)
{
	struct imp_vcpu *v;
	struct imp_fault *f = fault_of_thread(b, r, &v);

	if (!f)
		return NVT_OK;
	f->truth.has |= NVT_TRUTH_RELAX;
	f->truth.map_addr = r->v[IMP_ADDR];
	f->truth.map_prot = r->v[IMP_PROT];
	return imp_place(b, v, r->time_ns);
}

static enum nvt_status mapper_returned(struct imp_builder *b, const struct imp_record *r,
				       uint16_t part)
{
	struct imp_vcpu *v;
	struct imp_fault *f = fault_of_thread(b, r, &v);

	if (f && f->truth.has & part)
		f->truth.map_ret = (int32_t)r->v[IMP_RET];
	return NVT_OK;
}

IMP_HANDLER(imp_on_map_ret)
{
	return mapper_returned(b, r, NVT_TRUTH_MAP);
}

IMP_HANDLER(imp_on_relax_ret)
{
	return mapper_returned(b, r, NVT_TRUTH_RELAX);
}

/* Which context this is if its pointer is new: spec 8.2's state machine, and what s2en says. */
static bool looks_canonical(const struct imp_vcpu *v, const struct imp_record *r)
{
	return !r->v[IMP_S2EN] && v->hyp != IMP_HYP_NO;
}

static enum nvt_status context_loaded(struct imp_builder *b, struct imp_vcpu *v,
				      const struct imp_record *r, const struct imp_mmu *mmu)
{
	struct imp_entry *e = imp_append(b, mmu->vm, NVT_CONTEXT, r->time_ns);
	struct nvt_context *c;

	if (!e)
		return imp_no_memory(b);
	e->event.vcpu = v->index;
	c = &e->event.context;
	c->reason = v->pending ? (uint8_t)(v->pending - 1) : NVT_LOAD;
	c->flags = NVT_CONTEXT_TRUTH;
	if (r->v[IMP_S2EN])
		c->flags |= NVT_CONTEXT_S2_ENABLED;
	if (mmu->context == NVT_CANONICAL_CONTEXT)
		c->flags |= NVT_CONTEXT_HYP;
	c->context = mmu->context;
	c->vttbr = r->v[IMP_VTTBR];
	c->vtcr = r->v[IMP_VTCR];
	c->hcr = r->v[IMP_HCR];
	c->pstate = v->pending ? v->pending_pstate : 0;
	v->pending = 0;
	return NVT_OK;
}

IMP_HANDLER(imp_on_loadmmu)
{
	struct imp_vcpu *v = imp_vcpu_of_pointer(b, r);
	enum nvt_status status;
	struct imp_mmu mmu;

	if (!v)
		return imp_no_memory(b);
	status = imp_mmu_used(b, r->v[IMP_MMU], looks_canonical(v, r), &mmu);
	if (status != NVT_OK)
		return status;
	imp_vcpu_joins(b, v, mmu.vm);
	v->hyp = mmu.context == NVT_CANONICAL_CONTEXT ? IMP_HYP_YES : IMP_HYP_NO;
	if (r->has >> IMP_HWVTCR & 1)
		imp_note_vtcr(&b->vms[mmu.vm], v->hyp == IMP_HYP_YES, r->v[IMP_HWVTCR]);
	if (!v->fault.open || !v->fault.exception)
		return context_loaded(b, v, r, &mmu);
	v->fault.exception = false;
	v->fault.truth.inject_context = mmu.context;
	return NVT_OK;
}

IMP_HANDLER(imp_on_initmmu)
{
	uint64_t vtcr = r->has >> IMP_HWVTCR & 1 ? r->v[IMP_HWVTCR] : 0;

	return imp_mmu_created(b, r->v[IMP_KVM], r->v[IMP_MMU], vtcr);
}

static struct nvt_slot *slot_of_id(struct imp_vm *vm, uint16_t id)
{
	for (size_t i = 0; i < vm->slot_count; i++)
		if (vm->slots[i].id == id)
			return &vm->slots[i];
	return NULL;
}

/* Keeps the VM's list of memslots. NULL: out of memory. */
static struct nvt_slot *keep_slot(struct imp_vm *vm, const struct nvt_slot *slot)
{
	struct nvt_slot *known = slot_of_id(vm, slot->id);
	struct nvt_slot *bigger;

	if (!known) {
		bigger = realloc(vm->slots, (vm->slot_count + 1) * sizeof(*bigger));
		if (!bigger)
			return NULL;
		vm->slots = bigger;
		known = &vm->slots[vm->slot_count++];
	}
	*known = *slot;
	return known;
}

/* Whether a slot, counted in host pages, is this range, counted in bytes. */
static bool is_range(const struct imp_vm *vm, const struct nvt_slot *s, uint64_t base,
		     uint64_t size)
{
	for (unsigned int shift = 12; shift <= 16; shift += 2) {
		if (imp_page_known(vm) && shift != imp_page_shift(vm))
			continue;
		if (s->size && s->base << shift == base && s->size << shift == size)
			return true;
	}
	return false;
}

/*
 * Before KVM deletes or moves a slot it takes the slot's whole range out of
 * the canonical context, and then empties the others. That is where the event
 * belongs; what it says is known when the change is committed.
 */
static enum nvt_status slot_flushed(struct imp_builder *b, const struct imp_record *r, uint16_t vm)
{
	struct imp_vm *v = &b->vms[vm];
	struct imp_entry *e = imp_end_flush(b, vm);

	if (e)
		e->none = true;
	for (size_t i = 0; i < v->slot_count; i++) {
		if (!is_range(v, &v->slots[i], r->v[IMP_ADDR], r->v[IMP_SIZE]))
			continue;
		e = imp_append(b, vm, NVT_SLOT, r->time_ns);
		if (!e)
			return imp_no_memory(b);
		e->event.slot = v->slots[i];
		e->open = true;
		v->flush = b->queue_tail - 1;
		v->flushing = true;
		break;
	}
	return NVT_OK;
}

/* The entry of a slot that changes; a deleted one is named by the flush, the probe has no slot. */
static struct imp_entry *slot_entry(struct imp_builder *b, uint16_t vm, struct nvt_slot *slot,
				    uint64_t time_ns)
{
	struct imp_entry *e = imp_end_flush(b, vm);

	if (e && slot->change == NVT_SLOT_DELETE) {
		*slot = e->event.slot;
		slot->change = NVT_SLOT_DELETE;
		return e;
	}
	if (e && slot->change == NVT_SLOT_MOVE && e->event.slot.id == slot->id)
		return e;
	if (e)
		e->none = true;
	return imp_append(b, vm, NVT_SLOT, time_ns);
}

/* In host pages: how large these are may not be known yet. */
static struct nvt_slot slot_of(const struct imp_record *r)
{
	return (struct nvt_slot){.base = r->v[IMP_GFN],
				 .size = r->v[IMP_NPAGES],
				 .uaddr = r->v[IMP_UADDR],
				 .flags = (uint32_t)r->v[IMP_FLAGS] &
					  (NVT_SLOT_LOG | NVT_SLOT_READONLY | NVT_SLOT_GUEST_MEMFD),
				 .id = (uint16_t)r->v[IMP_ID],
				 .change = (uint8_t)(r->v[IMP_CHANGE] & 3)};
}

/* Switching logging on write-protects the slot; the range comes next and is implied. */
static void expect_protection(struct imp_vm *vm, const struct nvt_slot *slot)
{
	const struct nvt_slot *before = slot_of_id(vm, slot->id);

	vm->log.size = 0;
	if (slot->change != NVT_SLOT_FLAGS || !(slot->flags & NVT_SLOT_LOG) ||
	    (before && before->flags & NVT_SLOT_LOG))
		return;
	vm->log = *slot;
}

IMP_HANDLER(imp_on_memslot)
{
	enum nvt_status status;
	struct nvt_slot slot;
	struct imp_entry *e;
	uint16_t vm;

	status = imp_vm_of_kvm(b, r->v[IMP_KVM], &vm);
	if (status != NVT_OK)
		return status;
	slot = slot_of(r);
	if (slot.change == NVT_SLOT_DELETE && !b->vms[vm].flushing) {
		imp_warn(b, "a memslot was deleted and no event tells which");
		return NVT_OK;
	}
	expect_protection(&b->vms[vm], &slot);
	e = slot_entry(b, vm, &slot, r->time_ns);
	if (!e)
		return imp_no_memory(b);
	e->event.slot = slot;
	if (slot.change == NVT_SLOT_DELETE)
		slot.size = 0;
	return keep_slot(&b->vms[vm], &slot) ? NVT_OK : imp_no_memory(b);
}

/* The number of the vCPU on whose thread this happens, 0 for other threads. */
static uint16_t vcpu_here(struct imp_builder *b, const struct imp_record *r, uint16_t vm)
{
	const struct imp_vcpu *v = imp_known_thread(b, r);

	return v && v->vm == vm && v->index != IMP_NO_INDEX ? v->index : 0;
}

IMP_HANDLER(imp_on_gfn_range)
{
	bool age = r->event == IMP_EV_MMUN_AGE;
	enum nvt_status status;
	struct imp_entry *e;
	uint16_t vm;

	status = imp_vm_of_kvm(b, r->v[IMP_KVM], &vm);
	if (status != NVT_OK)
		return status;
	e = imp_append(b, vm, age ? NVT_HOST_AGE : NVT_HOST_UNMAP, r->time_ns);
	if (!e)
		return imp_no_memory(b);
	e->event.vcpu = vcpu_here(b, r, vm);
	e->event.range =
		(struct nvt_range){.base = r->v[IMP_GFN], .size = r->v[IMP_END] - r->v[IMP_GFN]};
	return NVT_OK;
}

static enum nvt_status extent(struct imp_builder *b, const struct imp_record *r,
			      const struct imp_mmu *mmu, uint64_t size, uint8_t what)
{
	struct imp_entry *e = imp_append(b, mmu->vm, NVT_EXTENT, r->time_ns);

	if (!e)
		return imp_no_memory(b);
	e->event.vcpu = vcpu_here(b, r, mmu->vm);
	e->event.extent = (struct nvt_extent){
		.start = r->v[IMP_ADDR], .size = size, .context = mmu->context, .what = what};
	return NVT_OK;
}

IMP_HANDLER(imp_on_unmap_range)
{
	const struct imp_mmu *mmu = imp_mmu_find(b, r->v[IMP_MMU]);

	if (!mmu) {
		orphan(b);
		return NVT_OK;
	}
	if (mmu->context != NVT_CANONICAL_CONTEXT)
		return extent(b, r, mmu, r->v[IMP_SIZE], NVT_UNMAPPED);
	return slot_flushed(b, r, mmu->vm);
}

IMP_HANDLER(imp_on_wp_range)
{
	const struct imp_mmu *mmu = imp_mmu_find(b, r->v[IMP_MMU]);
	uint64_t size = r->v[IMP_END] - r->v[IMP_ADDR];
	struct imp_vm *vm;
	struct imp_entry *e;
	bool implied;

	if (!mmu) {
		orphan(b);
		return NVT_OK;
	}
	if (mmu->context != NVT_CANONICAL_CONTEXT)
		return extent(b, r, mmu, size, NVT_WRITE_PROTECTED);
	vm = &b->vms[mmu->vm];
	implied = is_range(vm, &vm->log, r->v[IMP_ADDR], size);
	vm->log.size = 0;
	if (implied)
		return NVT_OK;
	e = imp_append(b, mmu->vm, NVT_WRITE_PROTECT, r->time_ns);
	if (!e)
		return imp_no_memory(b);
	e->event.vcpu = vcpu_here(b, r, mmu->vm);
	e->event.range = (struct nvt_range){.base = r->v[IMP_ADDR], .size = size};
	return NVT_OK;
}

IMP_HANDLER(imp_on_tlbi)
{
	struct imp_vcpu *v = imp_vcpu_of_pointer(b, r);
	struct imp_entry *e = v ? imp_append(b, v->vm, NVT_TLBI, r->time_ns) : NULL;

	if (!e)
		return imp_no_memory(b);
	e->event.vcpu = v->index == IMP_NO_INDEX ? 0 : v->index;
	e->event.tlbi =
		(struct nvt_tlbi){.xt = r->v[IMP_VALUE],
				  .vttbr = r->v[IMP_VTTBR],
				  .op = NVT_SYS_OP((r->v[IMP_OP1] & 7), (r->v[IMP_CRN] & 15),
						   (r->v[IMP_CRM] & 15), (r->v[IMP_OP2] & 7))};
	return NVT_OK;
}

/* A vCPU that no probe has tied to a VM belongs to the VM without a name. */
static enum nvt_status join_unknown(struct imp_builder *b, struct imp_vcpu *v)
{
	enum nvt_status status = NVT_OK;
	uint16_t vm;

	if (v->vm != IMP_ANY_VM)
		return NVT_OK;
	status = imp_vm_of_kvm(b, 0, &vm);
	if (status == NVT_OK)
		imp_vcpu_joins(b, v, vm);
	return status;
}

/* Without the probes this is all there is of a fault; with them it adds nothing to `abort`. */
IMP_HANDLER(imp_on_guest_fault)
{
	struct imp_vcpu *v = imp_vcpu_of_thread(b, r);
	enum nvt_status status;
	uint8_t flags = NVT_FAULT_NO_PSTATE;

	if (!v)
		return imp_no_memory(b);
	if (v->fault.open && !v->fault.light)
		return NVT_OK;
	status = conclude(b, v, r->time_ns);
	if (status == NVT_OK)
		status = join_unknown(b, v);
	if (status != NVT_OK)
		return status;
	imp_vm_runs(b, v->vm);
	if (v->hyp == IMP_HYP_UNKNOWN)
		flags |= NVT_FAULT_UNKNOWN_CONTEXT;
	v->fault = (struct imp_fault){.open = true,
				      .light = true,
				      .start_ns = r->time_ns,
				      .fault = {.esr = r->v[IMP_ESR],
						.far = r->v[IMP_FAR],
						.hpfar = r->v[IMP_IPA] >> 12 << 4 | HPFAR_VALID,
						.pc = r->v[IMP_PC],
						.flags = flags}};
	return imp_place(b, v, r->time_ns);
}

/* Where no load is recorded, a change of context waits for none. */
static enum nvt_status change_begins(struct imp_builder *b, struct imp_vcpu *v,
				     const struct imp_record *r, enum nvt_context_reason reason)
{
	v->pending = (uint8_t)(reason + 1);
	v->pending_hcr = r->v[IMP_HCR];
	return b->known_count[IMP_EV_LOADMMU] ? NVT_OK : imp_flush_pending(b, v, r->time_ns);
}

/* spec 8.2: EL2, or EL0 under TGE, is still L1 */
static bool enters_hyp(uint64_t spsr, uint64_t hcr)
{
	unsigned int mode = spsr & 0x1f;

	return mode == 8 || mode == 9 || ((mode == 0 || mode == 16) && hcr & HCR_TGE);
}

IMP_HANDLER(imp_on_eret)
{
	struct imp_vcpu *v = imp_vcpu_of_thread(b, r);
	enum nvt_status status;

	if (!v)
		return imp_no_memory(b);
	status = conclude(b, v, r->time_ns);
	if (status == NVT_OK)
		status = join_unknown(b, v);
	if (status != NVT_OK)
		return status;
	v->hyp = enters_hyp(r->v[IMP_PSTATE], r->v[IMP_HCR]) ? IMP_HYP_YES : IMP_HYP_NO;
	v->pending_pstate = r->v[IMP_PSTATE];
	return change_begins(b, v, r, NVT_ERET);
}

/* PSTATE after an exception to EL2h (spec 6.2): NZCV, DIT and PAN stay, DAIF is set. */
static uint64_t exception_pstate(uint64_t spsr)
{
	return (spsr & 0xf1400000u) | 0x3c9;
}

static bool is_stage2_abort(uint64_t esr)
{
	return EC(esr) == EC_IABT_LOW || EC(esr) == EC_DABT_LOW;
}

IMP_HANDLER(imp_on_exception)
{
	struct imp_vcpu *v = imp_vcpu_of_thread(b, r);
	enum nvt_status status;

	if (!v)
		return imp_no_memory(b);
	if (v->fault.open && (!v->fault.light || is_stage2_abort(r->v[IMP_ESR]))) {
		v->hyp = IMP_HYP_YES;
		v->fault.exception = true;
		if (v->fault.truth.has & NVT_TRUTH_INJECT)
			return NVT_OK;
		/* Not a reflected fault, or no probe on it: only the syndrome is known. */
		v->fault.truth.has |= NVT_TRUTH_INJECT;
		v->fault.truth.inject_esr = r->v[IMP_ESR];
		v->fault.truth.inject_context = NVT_CANONICAL_CONTEXT;
		return imp_place(b, v, r->time_ns);
	}
	status = conclude(b, v, r->time_ns);
	if (status == NVT_OK)
		status = join_unknown(b, v);
	if (status != NVT_OK)
		return status;
	v->hyp = IMP_HYP_YES;
	v->pending_pstate = exception_pstate(r->v[IMP_PSTATE]);
	return change_begins(b, v, r, NVT_EXCEPTION);
}

IMP_HANDLER(imp_on_access_fault)
{
	struct imp_vcpu *v = imp_known_thread(b, r);

	if (v && v->fault.open)
		v->fault.truth.has |= NVT_TRUTH_ACCESS;
	return NVT_OK;
}

/* The data of a read comes when user space is back: that is no part of the fault any more. */
IMP_HANDLER(imp_on_mmio)
{
	struct imp_vcpu *v = imp_known_thread(b, r);
	struct nvt_fault_truth *t;

	if (!v || !v->fault.open)
		return NVT_OK;
	t = &v->fault.truth;
	if (v->fault.light && (t->has & NVT_TRUTH_MMIO || r->v[IMP_TYPE] == 1))
		return NVT_OK;
	t->has |= NVT_TRUTH_MMIO;
	t->mmio_type = (uint8_t)r->v[IMP_TYPE];
	t->mmio_len = (uint8_t)r->v[IMP_LEN];
	t->mmio_gpa = r->v[IMP_IPA];
	t->mmio_val = r->v[IMP_VALUE];
	return NVT_OK;
}

/* The guest is entered or left: a fault that lacks its end has ended. */
IMP_HANDLER(imp_on_boundary)
{
	struct imp_vcpu *v = imp_known_thread(b, r);

	return v ? imp_finish(b, v, r->time_ns) : NVT_OK;
}

/* A mark's text as it may stand in a trace: UTF-8 without control characters. */
static uint32_t clean_text(const char *from, size_t length, char *to)
{
	uint32_t used = 0, code;

	while (length) {
		size_t taken = nvt_utf8(from, length, &code);
		bool kept = taken && nvt_utf8_is_plain(code);
		size_t put = kept ? taken : 1;

		if (used + put > NVT_MARK_MAX)
			break;
		memcpy(to + used, kept ? from : "?", put);
		used += (uint32_t)put;
		taken = taken ? taken : 1;
		from += taken;
		length -= taken;
	}
	to[used] = '\0';
	return used;
}

IMP_HANDLER(imp_on_mark)
{
	struct imp_entry *e = imp_append(b, IMP_ANY_VM, NVT_MARK, r->time_ns);
	size_t length;

	if (!e)
		return imp_no_memory(b);
	length = r->text_length < NVT_MARK_MAX ? r->text_length : NVT_MARK_MAX;
	e->text = malloc(length + 1);
	if (!e->text)
		return imp_no_memory(b);
	e->event.mark.text = e->text;
	e->event.mark.length = clean_text(r->text, r->text_length, e->text);
	return NVT_OK;
}
