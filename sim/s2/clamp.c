/* SPDX-License-Identifier: GPL-2.0-only */
/* Stage 5 of the path: how large a mapping may be (spec 4.2, 4.3), and what bound it. */
#include "internal.h"

/* The largest level size of the host, of P, D and (where it can be a block) U, up to `limit`. */
static uint64_t level_at_most(const struct s2_size_in *in, uint64_t limit)
{
	if (limit >= in->pud && first_block_level((unsigned int)__builtin_ctzll(in->page)) == 1)
		return in->pud;
	return limit >= in->pmd ? in->pmd : in->page;
}

static uint64_t largest_allowed(const struct s2_size_in *in, bool pmd, bool pud)
{
	return level_at_most(in, pud ? in->pud : pmd ? in->pmd : in->page);
}

static uint64_t l1_leaf_limit(const struct s2_size_in *in)
{
	return level_at_most(in, in->l1_leaf ? in->l1_leaf : in->pud);
}

static uint64_t backing_limit(const struct s2_size_in *in)
{
	return level_at_most(in, in->vma_size > in->user_leaf ? in->vma_size : in->user_leaf);
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* The largest mapping that exposes nothing that L1 and the host do not map alike. */
static uint64_t sound_max(const struct s2_size_in *in)
{
	uint64_t size = largest_allowed(in, in->supports_pmd, in->supports_pud);

	if (in->logging)
		return in->page;
	return min_u64(size, min_u64(l1_leaf_limit(in), backing_limit(in)));
}

/*
 * The first cause, in the order of enum s2_clamp, that alone would have kept
 * the mapping this small.
 */
static enum s2_clamp binding_clamp(const struct s2_size_in *in, const struct s2_slot *slot,
				   uint64_t size)
{
	uint64_t leaf = l1_leaf_limit(in);

	if (size >= level_at_most(in, in->pud))
		return S2_CLAMP_NONE;
	if (in->logging)
		return S2_CLAMP_LOGGING;
	if (in->l1_leaf && leaf <= size)
		return leaf == in->l1_leaf ? S2_CLAMP_L1_LEAF : S2_CLAMP_ROUNDING;
	if (largest_allowed(in, in->in_bounds_pmd, in->in_bounds_pud) <= size)
		return S2_CLAMP_BOUNDS;
	if (largest_allowed(in, s2_slot_congruent(slot, in->pmd),
			    s2_slot_congruent(slot, in->pud)) <= size)
		return S2_CLAMP_ALIGNMENT;
	if (backing_limit(in) <= size)
		return S2_CLAMP_BACKING;
	return in->device ? S2_CLAMP_DEVICE : S2_CLAMP_POLICY;
}

static struct s2_size_in gather(const struct s2_config *cfg, const struct s2_fill *f)
{
	const struct s2_slot *slot = f->slot;
	uint64_t pmd = level_size(cfg->page_shift, 2), pud = level_size(cfg->page_shift, 1);
	bool permission = f->syn->class == S2_FSC_PERMISSION;
	struct s2_size_in in = {
		.page = BIT(cfg->page_shift),
		.pmd = pmd,
		.pud = pud,
		.vma_size = BIT(f->backing.vma_shift),
		.user_leaf = f->backing.user_leaf,
		.l1_leaf = f->walk ? f->walk->leaf_size : 0,
		/* The host's geometry, although the level is of a shadow table of the same. */
		.granule = permission ? level_size(cfg->page_shift, f->syn->fsc & 3) : 0,
		.in_bounds_pmd = s2_slot_holds_block(slot, f->hva, pmd),
		.in_bounds_pud = s2_slot_holds_block(slot, f->hva, pud),
		.logging = slot->log_dirty && !slot->readonly,
		.device = f->backing.device,
	};

	in.supports_pmd = in.in_bounds_pmd && s2_slot_congruent(slot, pmd);
	in.supports_pud = in.in_bounds_pud && s2_slot_congruent(slot, pud);
	return in;
}

struct s2_size s2_fault_size(const struct s2_config *cfg, const struct s2_fill *fill)
{
	struct s2_size_in in = gather(cfg, fill);
	struct s2_size_out out = cfg->policy->size(&in);
	uint64_t align = out.thp ? out.size : out.vma;

	return (struct s2_size){
		.retry = out.retry,
		.relax = in.granule && in.granule == out.size,
		.vma = out.vma,
		.size = out.size,
		.addr = {floor_to(fill->fault_ipa.v, align)},
		.canonical = {floor_to(fill->ipa.v, align)},
		.clamp = binding_clamp(&in, fill->slot, out.size),
		.sound_max = sound_max(&in),
	};
}
