/* SPDX-License-Identifier: GPL-2.0-only */
/* What must be gone after an invalidation of L1's, or after the host took memory away. */
#include "checker.h"

void check_tlb(struct check *c, uint16_t context, enum check_tlb op, uint64_t ipa, uint64_t size)
{
	if (c->result.out_of_memory || !size)
		return;
	if (op == CHECK_TLB_BREAK || op == CHECK_TLB_REMOVE)
		tables_flushed(c, context_of(c, context), ipa, last_of(ipa, size));
}

/* Whether the tables still have a leaf of the picture; else it went without TLB maintenance. */
static bool still_there(struct check *c, struct context *x, uint64_t ipa, struct leaf *leaf)
{
	/* Looking reports what is gone, and takes it out of the picture. */
	tables_look(c, x, ipa, ipa);
	return tables_leaf(c, x, ipa, leaf);
}

/* ---- L1's invalidations (spec 7.5) ---- */

enum tlbi { TLBI_NONE, TLBI_IPA, TLBI_RANGE, TLBI_VMID, TLBI_ALL };

static enum tlbi decode(uint16_t op)
{
	static const struct {
		uint8_t crm, op2, kind;
	} table[] = {
		{0, 1, TLBI_IPA}, {0, 2, TLBI_RANGE}, {0, 5, TLBI_IPA},	  {0, 6, TLBI_RANGE},
		{1, 4, TLBI_ALL}, {1, 6, TLBI_VMID},  {3, 4, TLBI_ALL},	  {3, 6, TLBI_VMID},
		{4, 0, TLBI_IPA}, {4, 1, TLBI_IPA},   {4, 2, TLBI_RANGE}, {4, 3, TLBI_RANGE},
		{4, 4, TLBI_IPA}, {4, 5, TLBI_IPA},   {4, 6, TLBI_RANGE}, {4, 7, TLBI_RANGE},
		{7, 4, TLBI_ALL}, {7, 6, TLBI_VMID},
	};
	unsigned int crn = op >> 7 & 15, i;

	if (op >> 11 != 4 || (crn != 8 && crn != 9))
		return TLBI_NONE;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].crm == (op >> 3 & 15) && table[i].op2 == (op & 7))
			return (enum tlbi)table[i].kind;
	return TLBI_NONE;
}

/* log2 of the leaf that a granule (1 4K, 2 16K, 3 64K) and a level name; 0: none. */
static unsigned int hint_shift(unsigned int granule, unsigned int level)
{
	static const uint8_t shifts[4][4] = {
		[1] = {0, 30, 21, 12}, [2] = {0, 0, 25, 14}, [3] = {0, 0, 29, 16}};

	return shifts[granule][level];
}

struct asked {
	uint64_t lo, last;
	unsigned int shift; /* only leaves made of L1 leaves of 1 << shift; 0: all */
	bool range;
};

static struct asked asked_ipa(const struct check *c, uint64_t xt)
{
	uint64_t at = (xt & 0xfffffffffull) << 12;
	struct asked a = {at, at, 0, false};

	if (c->machine.ttl)
		a.shift = hint_shift(xt >> 46 & 3, xt >> 44 & 3);
	return a;
}

/* False: the range is not one of this machine. */
static bool asked_range(const struct check *c, uint64_t xt, struct asked *a)
{
	unsigned int granule = xt >> 46 & 3, scale = xt >> 44 & 3;
	unsigned int shift = granule == 1 ? 12 : granule == 2 ? 14 : 16;
	uint64_t base = (xt & 0x1fffffffffull) << shift;
	uint64_t size = ((xt >> 39 & 31) + 1) << (5 * scale + 1) << shift;
	unsigned int bits = c->machine.ipa_limit;

	if (base >> 48 || base >> bits)
		return false;
	if (size > (1ull << bits) - base)
		size = (1ull << bits) - base;
	*a = (struct asked){base, base + (size - 1), hint_shift(granule, xt >> 37 & 3), true};
	return true;
}

/* Whether L1's table still has the leaf that this one was made of. */
static bool still_mapped(struct check *c, const struct context *x, const struct leaf *leaf,
			 uint64_t canonical, unsigned int l1_shift)
{
	struct l1_regs regs = {x->now.vttbr, x->now.vtcr, x->big_endian};
	struct l1_walk w = l1_walk(c, &regs, leaf->start);
	struct perm p = desc_perm(leaf->desc, true);

	return w.ok && w.output == canonical && w.shift == l1_shift && (!p.r || w.perm.r) &&
	       (!p.w || w.perm.w) && (!p.x_el0 || w.perm.x_el0) && (!p.x_el1 || w.perm.x_el1);
}

static void must_be_gone(struct check *c, struct context *x, const struct leaf *leaf,
			 struct page *p, size_t entry, void *arg)
{
	const struct asked *a = arg;
	struct leaf now;

	/*
	 * A range may be a part of what one leaf of L1 maps. While that leaf stands, what
	 * lies beside the range is as it should be.
	 */
	if (a && a->range && (leaf->start > a->last || leaf->start + (leaf->size - 1) < a->lo) &&
	    still_mapped(c, x, leaf, p->canonical[entry], p->l1_shift[entry]))
		return;
	if (still_there(c, x, leaf->start, &now))
		check_found(c, CHECK_TLBI, x->index, leaf->start, leaf->size,
			    "a leaf made of an L1 leaf that L1 has invalidated is still there");
}

static void check_asked(struct check *c, struct context *x, struct asked *a)
{
	unsigned int shift;

	if (!x->now.enabled)
		return;
	/* Each size of L1's leaves makes a range of its own of what an address belongs to. */
	for (shift = c->machine.page_shift; shift <= 30; shift++) {
		uint64_t mask = (1ull << shift) - 1;

		if (!a->shift || a->shift == shift)
			tables_each(c, x, a->lo & ~mask, a->last | mask, 1ull << shift,
				    must_be_gone, a);
	}
}

static void check_empty(struct check *c, struct context *x)
{
	tables_each(c, x, 0, UINT64_MAX, UINT64_MAX, must_be_gone, NULL);
}

void tlbi_after(struct check *c, const struct nvt_tlbi *t)
{
	enum tlbi kind = decode(t->op);
	struct asked a = {0};
	uint16_t i;

	if (kind == TLBI_NONE)
		return;
	if (kind == TLBI_IPA)
		a = asked_ipa(c, t->xt);
	if (kind == TLBI_RANGE && !asked_range(c, t->xt, &a))
		return;
	for (i = 0; i < c->view.context_count; i++) {
		struct context *x = &c->contexts[i];

		if (!x->leaves)
			continue;
		x->now = c->view.context(c->view.arg, i);
		if (!x->now.valid || (kind != TLBI_ALL && !same_vmid(x->now.vttbr, t->vttbr)))
			continue;
		if (kind == TLBI_ALL || kind == TLBI_VMID)
			check_empty(c, x);
		else
			check_asked(c, x, &a);
	}
}

/* ---- the host (spec 7.6) ---- */

static void leaf_duty(struct check *c, struct context *x, const struct leaf *leaf, struct page *p,
		      size_t entry, void *arg)
{
	const struct duty *d = arg;
	uint64_t l1 = p->canonical[entry];
	struct leaf now;

	if (d->protect && !(leaf->desc & DESC_WRITE))
		return;
	if (l1 > d->last || last_of(l1, leaf->size) < d->base) {
		/* What was protected beyond the range has to ask for permission again, too. */
		if (d->protect)
			still_there(c, x, leaf->start, &now);
		return;
	}
	if (!still_there(c, x, leaf->start, &now))
		return;
	if (!d->protect)
		check_found(c, CHECK_HOST_UNMAP, x->index, leaf->start, leaf->size,
			    "a leaf of memory at 0x%llx, which the host took away, is still there",
			    (unsigned long long)l1);
	else if (now.desc & DESC_WRITE)
		check_found(
			c, CHECK_PROTECT, x->index, leaf->start, leaf->size,
			"a leaf of memory at 0x%llx, which was write-protected, is still writable",
			(unsigned long long)l1);
}

static void do_duty(struct check *c, struct context *x, struct duty *d)
{
	if (!x->leaves)
		return;
	x->now = c->view.context(c->view.arg, x->index);
	if (x->index == NVT_CANONICAL_CONTEXT)
		tables_each(c, x, d->base, d->last, UINT64_MAX, leaf_duty, d);
	else if (x->now.valid)
		tables_each(c, x, 0, UINT64_MAX, UINT64_MAX, leaf_duty, d);
}

void duty_done(struct check *c, struct context *x)
{
	struct duty d = x->duties[0];
	unsigned int i;

	if (!x->duty_count)
		return;
	x->duty_count--;
	for (i = 0; i < x->duty_count; i++)
		x->duties[i] = x->duties[i + 1];
	do_duty(c, x, &d);
}

void duty_add(struct check *c, bool protect, uint64_t base, uint64_t size)
{
	uint32_t i;

	if (!size)
		return;
	for (i = 0; i <= c->view.context_count; i++) {
		struct context *x = &c->contexts[i];

		x->now = c->view.context(c->view.arg, x->index);
		if (!x->now.valid && x->index != NVT_CANONICAL_CONTEXT)
			continue;
		if (x->duty_count == DUTIES_MAX)
			duty_done(c, x);
		x->duties[x->duty_count++] = (struct duty){protect, base, last_of(base, size)};
	}
}

/* After the event: L1's own table is through, and where no turns are told so are the others. */
void duties_done(struct check *c)
{
	uint32_t i;

	for (i = 0; i <= c->view.context_count; i++) {
		struct context *x = &c->contexts[i];

		while (x->duty_count && (!c->machine.extents || x->index == NVT_CANONICAL_CONTEXT))
			duty_done(c, x);
	}
}

void check_host_done(struct check *c, uint16_t context)
{
	if (!c->result.out_of_memory)
		duty_done(c, context_of(c, context));
}
