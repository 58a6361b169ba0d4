/* SPDX-License-Identifier: GPL-2.0-only */
/* Stage 5 of the path: how large a mapping may be (spec 4.2, 4.3), and what bound it. */
#include "slot.h"

/* Sizes that a host can map: P, D and (where it can be a block) U (spec 0.2). */
enum rank { RANK_PAGE, RANK_PMD, RANK_PUD };

/* The largest of them up to `limit`, which is at least P. */
static inline enum rank rank_at_most(const struct s2_size_in *in, uint64_t limit)
{
	if (limit >= in->pud && in->page == BIT(12))
		return RANK_PUD;
	return limit >= in->pmd ? RANK_PMD : RANK_PAGE;
}

static inline uint64_t rank_size(const struct s2_size_in *in, enum rank rank)
{
	return rank == RANK_PUD ? in->pud : rank == RANK_PMD ? in->pmd : in->page;
}

static inline enum rank largest_allowed(const struct s2_size_in *in, bool pmd, bool pud)
{
	return pud ? rank_at_most(in, in->pud) : pmd ? RANK_PMD : RANK_PAGE;
}

static inline enum rank l1_leaf_limit(const struct s2_size_in *in)
{
	return rank_at_most(in, in->l1_leaf ? in->l1_leaf : in->pud);
}

static inline enum rank backing_limit(const struct s2_size_in *in)
{
	/* Where there is a geometry, the pages of a device's memory are at least that alike. */
	if (in->geometry > in->user_leaf)
		return rank_at_most(in, in->geometry);
	return rank_at_most(in, in->vma_size > in->user_leaf ? in->vma_size : in->user_leaf);
}

static inline enum rank lesser(enum rank a, enum rank b)
{
	return a < b ? a : b;
}

/*
 * The largest mapping that L1's leaf alone makes sound: it exposes nothing that L1
 * and the host do not map alike. Rules that look at further leaves may prove more.
 */
static inline enum rank sound_by_leaf(const struct s2_size_in *in, enum rank leaf,
				      enum rank backing)
{
	if (in->logging)
		return RANK_PAGE;
	return lesser(largest_allowed(in, in->supports_pmd, in->supports_pud),
		      lesser(leaf, backing));
}

/*
 * The first cause, in the order of enum s2_clamp, that alone would have kept
 * the mapping this small.
 */
static enum s2_clamp binding_clamp(const struct s2_size_in *in, uint64_t size, enum rank leaf,
				   enum rank backing)
{
	enum rank rank = rank_at_most(in, size);

	if (rank >= rank_at_most(in, in->pud))
		return S2_CLAMP_NONE;
	if (in->logging && rank == RANK_PAGE)
		return S2_CLAMP_LOGGING;
	/* A leaf smaller than the mapping did not bind it. */
	if (in->l1_leaf && leaf == rank)
		return rank_size(in, leaf) == in->l1_leaf || size == in->l1_leaf
			       ? S2_CLAMP_L1_LEAF
			       : S2_CLAMP_ROUNDING;
	if (largest_allowed(in, in->in_bounds_pmd, in->in_bounds_pud) <= rank)
		return S2_CLAMP_BOUNDS;
	if (largest_allowed(in, in->aligned_pmd, in->aligned_pud) <= rank)
		return S2_CLAMP_ALIGNMENT;
	if (backing <= rank)
		return S2_CLAMP_BACKING;
	return in->device ? S2_CLAMP_DEVICE : S2_CLAMP_POLICY;
}

struct s2_limits s2_size_limits(const struct s2_size *size)
{
	const struct s2_size_in *in = &size->in;
	enum rank leaf = l1_leaf_limit(in), backing = backing_limit(in);
	uint64_t sound = rank_size(in, sound_by_leaf(in, leaf, backing));

	return (struct s2_limits){
		.clamp = binding_clamp(in, size->out.size, leaf, backing),
		.sound_max = sound < size->out.proven ? size->out.proven : sound,
	};
}

static inline void gather(const struct s2_config *cfg, const struct s2_fill *f,
			  const struct s2_near *near, struct s2_size_in *in)
{
	const struct s2_slot *slot = f->slot;
	bool permission = f->syn->fsc_class == S2_FSC_PERMISSION;

	in->page = BIT(cfg->page_shift);
	in->pmd = level_size(cfg->page_shift, 2);
	in->pud = level_size(cfg->page_shift, 1);
	in->vma_size = BIT(f->backing.vma_shift);
	in->geometry = f->backing.geometry;
	in->user_leaf = f->backing.user_leaf;
	in->l1_leaf = f->walk ? f->walk->leaf_size : 0;
	/* The host's geometry, although the level is of a shadow table of the same. */
	in->granule = permission ? level_size(cfg->page_shift, f->syn->fsc & 3) : 0;
	in->in_bounds_pmd = s2_slot_holds_block(slot, f->hva, in->pmd);
	in->in_bounds_pud = in->in_bounds_pmd && s2_slot_holds_block(slot, f->hva, in->pud);
	in->aligned_pmd = s2_slot_congruent(slot, in->pmd);
	in->aligned_pud = s2_slot_congruent(slot, in->pud);
	in->supports_pmd = in->in_bounds_pmd & in->aligned_pmd;
	in->supports_pud = in->in_bounds_pud & in->aligned_pud;
	in->logging = slot->log_dirty && !slot->readonly;
	in->device = f->backing.device;
	in->near = f->walk && !cfg->policy->by_sizes ? near : NULL;
}

struct s2_size_in s2_page_backed(const struct s2_config *cfg)
{
	uint64_t page = BIT(cfg->page_shift);

	return (struct s2_size_in){
		.page = page,
		.pmd = level_size(cfg->page_shift, 2),
		.pud = level_size(cfg->page_shift, 1),
		.vma_size = page,
		.user_leaf = page,
		.supports_pmd = true,
		.supports_pud = true,
		.in_bounds_pmd = true,
		.in_bounds_pud = true,
		.aligned_pmd = true,
		.aligned_pud = true,
	};
}

bool s2_near_supports(const struct s2_near *near, uint64_t size)
{
	const struct s2_fill *f = near->fill;

	return s2_slot_holds_block(f->slot, f->hva, size) && s2_slot_congruent(f->slot, size);
}

void s2_fault_size_into(const struct s2_vm *vm, const struct s2_fill *fill, struct s2_size *size)
{
	const struct s2_policy *policy = vm->cfg.policy;
	struct s2_near near = {vm, fill};

	gather(&vm->cfg, fill, &near, &size->in);
	size->out = policy->size(policy, &size->in);
	size->in.near = NULL;
	size->relax = size->in.granule == size->out.size; /* which is never 0 */
}

struct s2_size s2_fault_size(const struct s2_vm *vm, const struct s2_fill *fill)
{
	struct s2_size size;

	s2_fault_size_into(vm, fill, &size);
	return size;
}
