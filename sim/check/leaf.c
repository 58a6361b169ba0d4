/* SPDX-License-Identifier: GPL-2.0-only */
/* A leaf that appears, against what L1 and the host give at that moment. */
#include "checker.h"

struct given {
	bool perm_raised;		   /* only permissions are new */
	struct perm perm;		   /* that are new */
	uint64_t holes, first_hole;	   /* bytes that L1 does not map */
	uint64_t wrong, first_wrong;	   /* bytes that lead elsewhere */
	uint64_t denied, first_denied;	   /* bytes that L1 permits less of */
	uint64_t locked, first_locked;	   /* bytes that the host has read-only */
	uint64_t aged, first_aged;	   /* bytes that L1's access flag is not set for */
	uint64_t unlogged, first_unlogged; /* bytes that were not reported dirty */
	bool unknown;
};

static uint64_t span_last(uint64_t addr, unsigned int shift)
{
	return shift > 63 ? UINT64_MAX : addr | ((1ull << shift) - 1);
}

static void add(uint64_t *sum, uint64_t *first, uint64_t at, uint64_t size)
{
	if (!*sum)
		*first = at;
	*sum += size;
}

static bool exceeds(const struct perm *a, const struct perm *b)
{
	return (a->r && !b->r) || (a->w && !b->w) || (a->x_el0 && !b->x_el0) ||
	       (a->x_el1 && !b->x_el1);
}

static void check_dirty_pages(struct check *c, struct given *g, uint64_t at, uint64_t l1,
			      uint64_t size)
{
	unsigned int shift = c->machine.page_shift;
	uint64_t page;

	for (page = 0; page < size; page += 1ull << shift)
		if (!host_is_dirty(&c->host, (l1 + page) >> shift))
			add(&g->unlogged, &g->first_unlogged, at + page, 1ull << shift);
}

/* [at, at + size) of the leaf, behind all of which lies what `b` tells. */
static void check_behind(struct check *c, const struct leaf *leaf, struct given *g, uint64_t at,
			 uint64_t l1, uint64_t size, const struct behind *b)
{
	uint64_t pa = desc_pa(c, leaf->desc) + (at - leaf->start);

	if (!b->slot) {
		add(&g->wrong, &g->first_wrong, at, size);
		return;
	}
	if (!b->backing)
		g->unknown = true;
	else if (!g->perm_raised && b->pa_known && b->pa != pa)
		add(&g->wrong, &g->first_wrong, at, size);
	if (!g->perm.w)
		return;
	if ((b->slot->flags & NVT_SLOT_READONLY) || (b->backing && !b->backing->writable))
		add(&g->locked, &g->first_locked, at, size);
	if ((b->slot->flags & NVT_SLOT_LOG) && !(b->slot->flags & NVT_SLOT_READONLY))
		check_dirty_pages(c, g, at, l1, size);
}

/* [at, last] of the leaf lies at l1 upwards; `first` is set to what is behind it. */
static void check_piece(struct check *c, const struct leaf *leaf, struct given *g, uint64_t at,
			uint64_t last, uint64_t l1, struct behind *first)
{
	struct behind b = *first = host_behind(&c->host, l1);

	for (;;) {
		/* Where there is no memory, look again at the next page. */
		uint64_t room = b.room ? b.room : 1ull << c->machine.page_shift;
		uint64_t size = min64(last - at + 1, room);

		check_behind(c, leaf, g, at, l1, size, &b);
		if (last - at < size)
			return;
		at += size;
		l1 += size;
		b = host_behind(&c->host, l1);
	}
}

/* ---- form (spec 4.7) ---- */

#define MEMATTR_SHIFT  2
#define ATTR_NORMAL    0xfu
#define ATTR_FWB       6u
#define ATTR_UNCACHED  5u
#define ATTR_DEVICE    1u
#define DESC_SOFT_FREE (3ull << 57) /* for software, which the tag leaves unused */

static uint64_t known_bits(const struct check *c)
{
	uint64_t oa = 0x0000fffffffff000ull;

	if (c->machine.lpa2 && c->machine.page_shift != 16)
		oa = 0x0003fffffffff000ull;
	return oa | DESC_TYPE | DESC_MEMATTR | DESC_READ | DESC_WRITE | DESC_SH | DESC_AF |
	       DESC_CONTIGUOUS | DESC_XN | DESC_TAG | DESC_SOFT_FREE;
}

static const char *memory_problem(const struct check *c, const struct leaf *leaf,
				  const struct behind *b)
{
	unsigned int attr = leaf->desc >> MEMATTR_SHIFT & 0xf, want;
	struct perm p = desc_perm(leaf->desc, true);
	bool device = b->backing && b->backing->device;

	if (!b->slot || (b->slot->flags & NVT_SLOT_GUEST_MEMFD))
		return NULL;
	want = c->machine.fwb ? ATTR_FWB : ATTR_NORMAL;
	if (device)
		want = b->backing->any_uncached ? ATTR_UNCACHED : ATTR_DEVICE;
	if (attr != want)
		return "is not of the memory type that the host's memory asks for";
	if (device && (p.x_el0 || p.x_el1))
		return "lets device memory be executed";
	return NULL;
}

static const char *form_problem(const struct check *c, const struct leaf *leaf)
{
	bool wide = c->machine.lpa2 && c->machine.page_shift != 16;

	if (!(leaf->desc & DESC_AF))
		return "has no access flag";
	if (leaf->desc & ~known_bits(c))
		return "has bits that must be 0";
	if (!wide && (leaf->desc & DESC_SH) != DESC_SH)
		return "is not inner shareable";
	if (leaf->level < (c->machine.page_shift == 12 ? 1 : 2))
		return "is of a level that has no leaves";
	if ((leaf->desc & DESC_TYPE) != (leaf->level == 3 ? 3u : 1u))
		return "has the type of another level";
	if (desc_pa(c, leaf->desc) & (leaf->size - 1))
		return "has an output that is not aligned to its size";
	return NULL;
}

static void check_form(struct check *c, const struct context *x, const struct leaf *leaf,
		       const struct behind *b)
{
	const char *problem = form_problem(c, leaf);

	if (!problem)
		problem = memory_problem(c, leaf, b);
	if (problem)
		check_found(c, CHECK_FORM, x->index, leaf->start, leaf->size, "the leaf 0x%llx %s",
			    (unsigned long long)leaf->desc, problem);
	if ((leaf->desc & DESC_CONTIGUOUS) && leaf->level != 3)
		check_found(c, CHECK_CONTIGUOUS, x->index, leaf->start, leaf->size,
			    "a block is marked as contiguous");
}

/* ---- the findings of one leaf ---- */

static void report(struct check *c, const struct context *x, const struct leaf *leaf,
		   const struct given *g)
{
	unsigned long long size = leaf->size, holes = g->holes, wrong = g->wrong;

	c->result.unsound_pages += (g->holes + g->wrong) >> c->machine.page_shift;
	c->result.unknown_backing += g->unknown;
	if (g->holes)
		check_found(c, CHECK_MAPPED, x->index, g->first_hole, g->holes,
			    "L1 does not map 0x%llx bytes of a leaf of 0x%llx", holes, size);
	if (g->wrong)
		check_found(
			c, CHECK_OUTPUT, x->index, g->first_wrong, g->wrong,
			"0x%llx bytes of a leaf of 0x%llx lead to 0x%llx, which is not what lies "
			"there",
			wrong, size,
			(unsigned long long)(desc_pa(c, leaf->desc) +
					     (g->first_wrong - leaf->start)));
	if (g->denied)
		check_found(c, CHECK_L1_PERM, x->index, g->first_denied, g->denied,
			    "the leaf 0x%llx permits what L1's does not",
			    (unsigned long long)leaf->desc);
	if (g->locked)
		check_found(c, CHECK_HOST_PERM, x->index, g->first_locked, g->locked,
			    "a leaf is writable where the memslot or the host's page is not");
	if (g->aged)
		check_found(c, CHECK_ACCESS_FLAG, x->index, g->first_aged, g->aged,
			    "L1's access flag is clear for 0x%llx bytes of a leaf of 0x%llx",
			    (unsigned long long)g->aged, size);
	if (g->unlogged)
		check_found(c, CHECK_DIRTY, x->index, g->first_unlogged, g->unlogged,
			    "0x%llx bytes are writable in a slot that logs, and were not reported "
			    "dirty",
			    (unsigned long long)g->unlogged);
}

static void check_tag(struct check *c, const struct context *x, const struct leaf *leaf,
		      unsigned int level)
{
	unsigned int tag = leaf->desc >> DESC_TAG_SHIFT & 3;

	if (tag != level)
		check_found(c, CHECK_TAG, x->index, leaf->start, leaf->size,
			    "the level tag is %u, but L1's leaf is of level %u", tag, level);
}

static struct perm new_perms(uint64_t old, uint64_t desc)
{
	struct perm now = desc_perm(desc, true), was = desc_perm(old, true);

	if (!old)
		return now;
	return (struct perm){now.r && !was.r, now.w && !was.w, now.x_el0 && !was.x_el0,
			     now.x_el1 && !was.x_el1};
}

/* L1's own table, and that of a guest without a stage 2: one to one. */
static void check_identity(struct check *c, struct context *x, const struct leaf *leaf,
			   struct given *g, uint64_t *canonical, uint8_t *l1_shift)
{
	struct behind b;

	check_piece(c, leaf, g, leaf->start, leaf->start + (leaf->size - 1), leaf->start, &b);
	*canonical = leaf->start;
	*l1_shift = 0;
	if (g->perm_raised)
		return;
	check_tag(c, x, leaf, 0);
	check_form(c, x, leaf, &b);
}

/* What a leaf was made of, by the first of its bytes that L1 maps. */
struct made_of {
	bool mapped;
	struct l1_walk walk;
	uint64_t canonical; /* of the leaf's first byte */
	struct behind behind;
};

/* The leaves of one mapping often lie within one leaf of L1: it is walked to once an event. */
static struct l1_walk walk_at(struct check *c, const struct context *x, uint64_t at)
{
	struct walked *k = &c->walked;
	struct l1_regs regs = {x->now.vttbr, x->now.vtcr, x->big_endian};
	struct l1_walk w;

	if (!k->walk.ok || k->x != x || k->ordinal != c->ordinal || (at ^ k->at) >> k->walk.shift) {
		*k = (struct walked){x, c->ordinal, at, l1_walk(c, &regs, at)};
		return k->walk;
	}
	w = k->walk;
	w.output += at - k->at;
	return w;
}

static struct made_of check_l1_leaves(struct check *c, const struct context *x,
				      const struct leaf *leaf, struct given *g)
{
	uint64_t at = leaf->start, last = leaf->start + (leaf->size - 1), end;
	struct made_of m = {.canonical = UINT64_MAX};

	for (;; at = end + 1) {
		struct l1_walk w = walk_at(c, x, at);
		struct behind b;

		end = min64(span_last(at, w.shift), last);
		if (w.ok) {
			check_piece(c, leaf, g, at, end, w.output, &b);
			if (!m.mapped)
				m = (struct made_of){true, w, w.output - (at - leaf->start), b};
			if (!w.accessed && !g->perm_raised)
				add(&g->aged, &g->first_aged, at, end - at + 1);
			if (exceeds(&g->perm, &w.perm))
				add(&g->denied, &g->first_denied, at, end - at + 1);
		} else if (g->perm_raised) {
			add(&g->denied, &g->first_denied, at, end - at + 1);
		} else {
			add(&g->holes, &g->first_hole, at, end - at + 1);
		}
		if (end >= last)
			return m;
	}
}

static void check_shadow(struct check *c, struct context *x, const struct leaf *leaf,
			 struct given *g, uint64_t *canonical, uint8_t *l1_shift)
{
	struct made_of m = check_l1_leaves(c, x, leaf, g);

	if (g->perm_raised)
		return;
	*canonical = m.canonical;
	*l1_shift = m.walk.shift;
	if (m.mapped)
		check_tag(c, x, leaf, (unsigned int)m.walk.level);
	check_form(c, x, leaf, &m.behind);
}

void leaf_check(struct check *c, struct context *x, const struct leaf *leaf, uint64_t old,
		uint64_t *canonical, uint8_t *l1_shift)
{
	struct given g = {.perm_raised = old != 0, .perm = new_perms(old, leaf->desc)};

	if (x->index != NVT_CANONICAL_CONTEXT && x->now.enabled)
		check_shadow(c, x, leaf, &g, canonical, l1_shift);
	else
		check_identity(c, x, leaf, &g, canonical, l1_shift);
	report(c, x, leaf, &g);
}
