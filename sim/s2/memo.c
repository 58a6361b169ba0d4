/* SPDX-License-Identifier: GPL-2.0-only */
#include "memo.h"

static uint64_t round_up(uint64_t v, uint64_t size)
{
	return floor_to(v + (size - 1), size);
}

/* The addresses around hva where blocks have the same bounds: [m->start, m->start + m->span). */
static void note_bounds(struct s2_memo *m, const struct s2_size_in *in, uint64_t hva)
{
	uint64_t start = m->slot.uaddr.v, end = start + m->slot.size, pud_start, pud_end;

	m->start.v = floor_to(hva, in->pmd);
	m->span = in->pmd;
	if (!in->in_bounds_pmd || end < start || end > UINT64_MAX - in->pud)
		return;
	pud_start = round_up(start, in->pud);
	pud_end = floor_to(end, in->pud);
	start = round_up(start, in->pmd);
	end = floor_to(end, in->pmd);
	if (in->in_bounds_pud) {
		start = pud_start;
		end = pud_end;
	} else if (pud_start < pud_end) {
		start = hva < pud_start ? start : pud_end;
		end = hva < pud_start ? pud_start : end;
	}
	m->start.v = start;
	m->span = end - start;
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
	note_bounds(m, &size->in, f->hva.v);
	m->size = *size;
	m->addr_align = out->addr_align;
	m->frame_align = out->frame_align;
	m->prot = *prot;
	m->attributes = size->size == size->in.page ? s2_leaf_attributes(cfg, prot) : 0;
}
