/* SPDX-License-Identifier: GPL-2.0-only */
#include "memo.h"

_Static_assert(sizeof(struct s2_memo) == 256, "a power of two");

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

/*
 * Permissions have the same place in L1's descriptor as in the host's. Execution is L1's matter
 * where the host grants it at all, which is to both ELs, and by the upper bit alone without
 * FEAT_XNX.
 */
static uint64_t granted_by_l1(const struct s2_config *cfg, const struct s2_perm *host)
{
	uint64_t granted = DESC_R | (host->w ? DESC_W : 0); /* reads are always granted */

	if (host->x_el0)
		granted |= cfg->xnx ? DESC_XN : 2ull << DESC_XN_SHIFT;
	return granted;
}

static void note_attributes(struct s2_memo *m, const struct s2_config *cfg, bool shadow)
{
	m->attributes = m->granted = 0;
	if (m->size.out.size != m->size.in.page)
		return;
	m->attributes = s2_leaf_attributes(cfg, &m->prot);
	if (!shadow)
		return;
	m->granted = granted_by_l1(cfg, &m->prot.perm);
	m->attributes &= ~m->granted;
}

void s2_remember(struct s2_memo *m, const struct s2_config *cfg, const struct s2_fill *f,
		 const struct s2_size *size, const struct s2_prot *prot)
{
	/*
	 * The level of a permission fault would be one size more, and where frames are not of whole
	 * pages, which only odd backings lead to, the address in the page would be another.
	 */
	if (!cfg->policy->by_sizes || f->syn->fsc_class != S2_FSC_TRANSLATION || size->out.retry ||
	    size->out.frame_align < size->in.page)
		return;
	m->policy = cfg->policy;
	m->slot = *f->slot;
	m->backing_flags = s2_backing_flags(&f->backing);
	m->write = f->syn->write;
	note_bounds(m, &size->in, f->hva.v);
	m->size = *size;
	m->prot = *prot;
	if (f->walk)
		m->prot.tag = (uint8_t)f->walk->level;
	note_attributes(m, cfg, f->walk);
}
