/* SPDX-License-Identifier: GPL-2.0-only */
#include "memo.h"

/*
 * Where the block of a PUD is within the slot, so are the smaller ones of it: all its addresses
 * have the same bounds. Where it is not, those of a PMD have.
 */
static uint64_t equal_bounds(const struct s2_size_in *in)
{
	return in->in_bounds_pud ? in->pud : in->pmd;
}

/* Writes matter where they are logged, fetches where mappings are not executable for good. */
static uint64_t what_matters(const struct s2_config *cfg, const struct s2_fill *f)
{
	bool write = f->slot->log_dirty, exec = !cfg->dic || f->backing.device;

	return ~s2_access(!write, !exec, NULL);
}

void s2_remember(struct s2_memo *m, const struct s2_config *cfg, const struct s2_fill *f,
		 const struct s2_size *size, const struct s2_size_out *out,
		 const struct s2_prot *prot)
{
	/*
	 * The level of a permission fault would be one size more, and where frames are not of whole
	 * pages, which only odd backings lead to, the address in the page would be another.
	 */
	if (!cfg->policy->by_sizes || f->syn->class != S2_FSC_TRANSLATION || size->retry ||
	    out->frame_align < size->in.page)
		return;
	m->policy = cfg->policy;
	m->slot = *f->slot;
	m->backing = f->backing;
	m->l1_leaf = size->in.l1_leaf;
	m->access = s2_access(f->syn->write, f->syn->exec, f->walk);
	m->matters = what_matters(cfg, f);
	m->span = equal_bounds(&size->in);
	m->start.v = floor_to(f->hva.v, m->span);
	m->size = *size;
	m->addr_align = out->addr_align;
	m->frame_align = out->frame_align;
	m->prot = *prot;
	m->attributes = size->size == size->in.page ? s2_leaf_attributes(cfg, prot) : 0;
}
