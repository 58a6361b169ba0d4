/* SPDX-License-Identifier: GPL-2.0-only */
/* Stage 7 of the path: contexts, which of them a vCPU uses, and what the host does to all. */
#include "internal.h"

#define VTTBR_CNP   BIT(0)
#define MMU_INVALID BIT(0) /* CnP is stripped from keys: the bit marks an unused context */

/* Fields of VTCR that the walk consults: HA, PS, TG0, SL0, T0SZ. */
#define VTCR_WALK_FIELDS (BIT(21) | mask(18, 14) | mask(7, 0))

static uint64_t vmid(const struct s2_vm *vm, uint64_t vttbr)
{
	return field(vttbr, vm->cfg.vmid16 ? 63 : 55, 48);
}

static bool init_context(struct s2_vm *vm, struct s2_mmu *mmu, unsigned int bits)
{
	*mmu = (struct s2_mmu){
		.vttbr = MMU_INVALID,
		.nested = true,
		.has_rmap = vm->cfg.invalidation->kind != S2_INVALIDATE_WHOLE,
	};
	return s2_table_init(vm, &mmu->table, bits);
}

void s2_vm_destroy(struct s2_vm *vm)
{
	uint16_t i;

	if (vm->canonical.table.page_count)
		s2_table_destroy(vm, &vm->canonical);
	for (i = 0; i < vm->context_count; i++)
		if (vm->contexts[i].table.page_count)
			s2_table_destroy(vm, &vm->contexts[i]);
}

bool s2_vm_init(struct s2_vm *vm, const struct s2_config *cfg, const struct s2_port *port,
		void *port_ctx, struct s2_mmu *contexts, uint16_t context_count)
{
	uint16_t i;

	*vm = (struct s2_vm){
		.cfg = *cfg,
		.port = port,
		.port_ctx = port_ctx,
		.contexts = contexts,
		.context_count = context_count,
	};
	if (!vm->cfg.invalidation)
		vm->cfg.invalidation = s2_invalidation_default;
	for (i = 0; i < context_count; i++)
		contexts[i] = (struct s2_mmu){0};
	if (!s2_table_init(vm, &vm->canonical.table, cfg->canonical_bits))
		goto fail;
	for (i = 0; i < context_count; i++) {
		if (!init_context(vm, &contexts[i], cfg->ipa_limit))
			goto fail;
		contexts[i].index = i;
	}
	return true;
fail:
	s2_vm_destroy(vm);
	return false;
}

void s2_vcpu_init(struct s2_vcpu *vcpu, struct s2_vm *vm)
{
	*vcpu = (struct s2_vcpu){.vm = vm, .mmu = &vm->canonical, .hyp = true};
}

/* Tables remembered by pointer lie elsewhere; what names them by PA holds. */
static void forget_recent(struct s2_table *t)
{
	unsigned int i;

	for (i = 0; i < S2_RECENT_TABLES; i++)
		t->recent[i] = (struct s2_recent){0};
}

void s2_vm_clone(struct s2_vm *to, const struct s2_vm *from, const struct s2_port *port,
		 void *port_ctx, struct s2_mmu *contexts)
{
	uint16_t i;

	*to = *from;
	to->port = port;
	to->port_ctx = port_ctx;
	to->contexts = contexts;
	forget_recent(&to->canonical.table);
	for (i = 0; i < from->context_count; i++) {
		contexts[i] = from->contexts[i];
		forget_recent(&contexts[i].table);
	}
}

void s2_vcpu_clone(struct s2_vcpu *to, const struct s2_vcpu *from, struct s2_vm *vm)
{
	*to = *from;
	to->vm = vm;
	if (from->mmu)
		to->mmu = from->mmu->nested ? &vm->contexts[from->mmu->index] : &vm->canonical;
}

/* ---- lookup and allocation (spec 7.2, 7.3) ---- */

static bool key_matches(const struct s2_vm *vm, const struct s2_mmu *mmu,
			const struct s2_l1_regs *regs)
{
	uint64_t vtcr_diff = mmu->vtcr ^ regs->vtcr;

	if (!s2_mmu_valid(mmu))
		return false;
	if (!(regs->hcr & HCR_VM))
		return !mmu->enabled && vmid(vm, mmu->vttbr) == vmid(vm, regs->vttbr);
	if (!quirk(&vm->cfg, S2_Q25_VTCR_KEY))
		vtcr_diff &= VTCR_WALK_FIELDS;
	return mmu->enabled && mmu->vttbr == (regs->vttbr & ~VTTBR_CNP) && !vtcr_diff;
}

static struct s2_mmu *find_context(struct s2_vm *vm, const struct s2_l1_regs *regs)
{
	uint16_t i;

	for (i = 0; i < vm->context_count; i++)
		if (key_matches(vm, &vm->contexts[i], regs))
			return &vm->contexts[i];
	return NULL;
}

/* The first from vm->next on that no vCPU holds. */
static struct s2_mmu *free_context(struct s2_vm *vm)
{
	uint16_t n;

	for (n = 0; n < vm->context_count; n++) {
		struct s2_mmu *mmu = &vm->contexts[vm->next];

		vm->next = (uint16_t)((vm->next + 1) % vm->context_count);
		if (!mmu->refs)
			return mmu;
	}
	/*
	 * Two contexts a vCPU and at most one reference a vCPU: there is always a free
	 * one, or the caller broke the contract of s2_vm_init(). To go on would have
	 * a guest run on another's table.
	 */
	__builtin_trap();
}

static struct s2_mmu *recycle_context(struct s2_vm *vm, const struct s2_l1_regs *regs)
{
	struct s2_mmu *mmu = free_context(vm);

	if (s2_mmu_valid(mmu))
		mmu->pending_unmap = true;
	mmu->vttbr = regs->vttbr & ~VTTBR_CNP;
	mmu->vtcr = regs->vtcr;
	mmu->enabled = regs->hcr & HCR_VM;
	return mmu;
}

static void release(struct s2_vcpu *vcpu)
{
	if (vcpu->mmu && vcpu->mmu->nested)
		vcpu->mmu->refs--;
	vcpu->mmu = NULL;
}

/* Chooses the table for what the vCPU is about to run, and makes it fit to be used. */
static struct s2_switch load(struct s2_vcpu *vcpu)
{
	struct s2_vm *vm = vcpu->vm;
	struct s2_switch sw = {.hit = true};

	if (vcpu->hyp) {
		vcpu->mmu = &vm->canonical;
		return sw;
	}
	if (!vcpu->mmu) {
		vcpu->mmu = find_context(vm, &vcpu->regs);
		sw.hit = vcpu->mmu != NULL;
		if (!sw.hit)
			vcpu->mmu = recycle_context(vm, &vcpu->regs);
		vcpu->mmu->refs++;
	}
	sw.context = vcpu->mmu->index;
	sw.emptied = vcpu->mmu->pending_unmap;
	if (sw.emptied) {
		sw.swept = s2_unmap_all(vm, vcpu->mmu);
		s2_rmap_clear(vm, vcpu->mmu);
		vcpu->mmu->pending_unmap = false;
	}
	return sw;
}

struct s2_switch s2_enter_l2(struct s2_vcpu *vcpu)
{
	release(vcpu);
	vcpu->hyp = false;
	return load(vcpu);
}

void s2_enter_l1(struct s2_vcpu *vcpu)
{
	release(vcpu);
	vcpu->hyp = true;
	load(vcpu);
}

void s2_vcpu_put(struct s2_vcpu *vcpu, bool wfi)
{
	if (wfi)
		release(vcpu);
}

struct s2_switch s2_vcpu_load(struct s2_vcpu *vcpu)
{
	return load(vcpu);
}

/* ---- host events (spec 7.6) ---- */

const struct s2_invalidation s2_invalidations[] = {
	{
		.name = "whole",
		.story = "a host unmap empties every shadow table: there is no reverse map",
		.source = "Linux 7.3",
		.kind = S2_INVALIDATE_WHOLE,
	},
	{
		.name = "rmap",
		.story = "a reverse map with one range for each piece of memory; one that is "
			 "mapped twice empties the context",
		.source = "nvsim",
		.kind = S2_INVALIDATE_RMAP,
	},
	{
		.name = "exact",
		.story = "a complete reverse map: the leaves that map the memory go, and no others",
		.source = "nvsim",
		.kind = S2_INVALIDATE_EXACT,
	},
};
const unsigned int s2_invalidation_count = sizeof(s2_invalidations) / sizeof(s2_invalidations[0]);
const struct s2_invalidation *const s2_invalidation_default = &s2_invalidations[0];

struct s2_swept s2_canonical_unmap(struct s2_vm *vm, struct l1_ipa base, uint64_t size)
{
	return s2_unmap(vm, &vm->canonical, canonical_input(base), size);
}

struct s2_swept s2_canonical_protect(struct s2_vm *vm, struct l1_ipa base, uint64_t size)
{
	return s2_protect(vm, &vm->canonical, canonical_input(base), size, true);
}

struct s2_swept s2_context_unmap(struct s2_vm *vm, struct s2_mmu *mmu, struct l1_ipa base,
				 uint64_t size)
{
	if (mmu->has_rmap)
		return s2_rmap_unmap(vm, mmu, base, size);
	return s2_unmap_for_host(vm, mmu, (struct table_ipa){0}, BIT(mmu->table.input_bits));
}

struct s2_swept s2_context_protect(struct s2_vm *vm, struct s2_mmu *mmu)
{
	return s2_protect(vm, mmu, (struct table_ipa){0}, BIT(mmu->table.input_bits),
			  !quirk(&vm->cfg, S2_Q17_NO_WP_TLBI));
}

/* What is to be done in each context, with the range of L1's memory that it is about. */
typedef struct s2_swept context_fn(struct s2_vm *vm, struct s2_mmu *mmu, struct l1_ipa base,
				   uint64_t size);

static struct s2_swept each_valid_context(struct s2_vm *vm, context_fn *fn, struct l1_ipa base,
					  uint64_t size)
{
	struct s2_swept sum = {0};
	uint16_t i;

	for (i = 0; i < vm->context_count; i++) {
		struct s2_swept done;

		if (!s2_mmu_valid(&vm->contexts[i]))
			continue;
		done = fn(vm, &vm->contexts[i], base, size);
		sum.bytes += done.bytes;
		sum.leaves += done.leaves;
		sum.visited += done.visited;
		sum.gave_up |= done.gave_up;
	}
	return sum;
}

struct s2_host_swept s2_host_unmap(struct s2_vm *vm, struct l1_ipa base, uint64_t size)
{
	return (struct s2_host_swept){
		.canonical = s2_canonical_unmap(vm, base, size),
		.nested = each_valid_context(vm, s2_context_unmap, base, size),
	};
}

static struct s2_swept protect_context(struct s2_vm *vm, struct s2_mmu *mmu, struct l1_ipa base,
				       uint64_t size)
{
	(void)base;
	(void)size;
	return s2_context_protect(vm, mmu);
}

struct s2_host_swept s2_host_write_protect(struct s2_vm *vm, struct l1_ipa base, uint64_t size)
{
	return (struct s2_host_swept){
		.canonical = s2_canonical_protect(vm, base, size),
		.nested = each_valid_context(vm, protect_context, base, size),
	};
}

static struct s2_swept age_context(struct s2_vm *vm, struct s2_mmu *mmu, struct l1_ipa base,
				   uint64_t size)
{
	(void)base;
	(void)size;
	return s2_age(vm, mmu, (struct table_ipa){0}, BIT(mmu->table.input_bits));
}

bool s2_host_age(struct s2_vm *vm, struct l1_ipa base, uint64_t size)
{
	bool young = s2_age(vm, &vm->canonical, canonical_input(base), size).leaves;

	if (!quirk(&vm->cfg, S2_Q18_NO_SHADOW_AGE))
		young |= each_valid_context(vm, age_context, base, size).leaves != 0;
	return young;
}
