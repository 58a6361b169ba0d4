/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdlib.h>

#include "import/leaves.h"

#define VTTBR_CNP  1u
#define DESC_VALID 1u
#define DESC_TABLE 2u /* also: page, at level 3 */
#define DESC_AF	   (1u << 10)

/*
 * An entry that was seen at one level. `cleared` is when a walk last ended at
 * this very level: anything seen below before that is gone for good, even if
 * a later walk shows that there is a table here again.
 */
struct leaf_entry {
	uint64_t desc;
	uint64_t stamp;
	uint64_t cleared;
	uint8_t flags;
	uint8_t is_table;
};

/* The tables of one pair of registers. */
struct leaf_table {
	uint64_t number; /* from 1 */
	bool complete;	 /* entries of which nothing was told are not valid */
};

/* The shape of the tables that VTCR asks for (spec 1.1). */
struct geometry {
	unsigned int shift; /* log2 of the granule */
	unsigned int stride;
	unsigned int input_bits;
	unsigned int output_bits;
	int start;
};

void imp_leaves_init(struct imp_leaves *m)
{
	imp_map_init(&m->tables, sizeof(struct leaf_table));
	imp_map_init(&m->entries, sizeof(struct leaf_entry));
	m->stamp = 0;
}

void imp_leaves_free(struct imp_leaves *m)
{
	imp_map_free(&m->tables);
	imp_map_free(&m->entries);
}

static struct geometry geometry_of(uint64_t vtcr, uint8_t page_shift, uint8_t ipa_limit)
{
	static const uint8_t granule[4] = {12, 16, 14, 16};
	static const uint8_t output[8] = {32, 36, 40, 42, 44, 48, 48, 48};
	int sl0 = (int)(vtcr >> 6 & 3);
	struct geometry g = {.shift = granule[vtcr >> 14 & 3],
			     .input_bits = 64 - (unsigned int)(vtcr & 63),
			     .output_bits = output[vtcr >> 16 & 7]};

	/* L1 is not offered a granule below the host's; KVM takes the host's instead. */
	if (g.shift < page_shift)
		g.shift = page_shift;
	g.stride = g.shift - 3;
	g.start = (g.shift == 12 ? 2 : 3) - sl0;
	if (g.output_bits > ipa_limit)
		g.output_bits = ipa_limit;
	return g;
}

static unsigned int level_shift(const struct geometry *g, int level)
{
	return (unsigned int)(3 - level) * g->stride + g->shift;
}

/* Whether the start table lies beyond the output size (S5): no descriptor was read then. */
static bool base_out_of_range(const struct imp_walk *w, const struct geometry *g)
{
	unsigned int table_bits = g->input_bits - level_shift(g, g->start) + 3;
	uint64_t base;

	if (table_bits >= 48 || g->output_bits >= 48)
		return false;
	base = w->vttbr & (((uint64_t)1 << 48) - 1) & ~(((uint64_t)1 << table_bits) - 1);
	return base >> g->output_bits;
}

/*
 * A descriptor that makes a walk fail the way it failed, for a recorder that
 * kept none: AF clear, or an output beyond what VTCR allows.
 */
static uint64_t failing_desc(uint8_t fsc, int level)
{
	uint64_t leaf = level == 3 ? DESC_VALID | DESC_TABLE : DESC_VALID;

	if ((fsc & 0x3c) == 0x08)
		return leaf;
	return (fsc & 0x3c) == 0x00 ? leaf | DESC_AF | (uint64_t)1 << 47 : 0;
}

/*
 * Level, descriptor and flags of the entry that a failed walk ended at, from
 * the fault status. False: it ended before a descriptor was read.
 */
static bool failed_entry(const struct imp_walk *w, const struct geometry *g,
			 struct nvt_l1_leaf *leaf)
{
	uint8_t fsc = w->truth->walk_esr & 0x3f;
	bool sea = fsc >= 0x14 && fsc <= 0x17;

	if (fsc > 0x0b && !sea)
		return false;
	leaf->level = (int8_t)(fsc & 3);
	leaf->desc = w->truth->walk_desc;
	/* A negative result is an unreadable table, or else a check that came before any read. */
	if (w->truth->walk_ret < 0) {
		leaf->flags = NVT_LEAF_UNREADABLE;
		leaf->desc = 0;
		return sea;
	}
	if (!fsc && base_out_of_range(w, g))
		return false;
	if (!leaf->desc)
		leaf->desc = failing_desc(sea ? 0x08 : fsc, leaf->level);
	return true;
}

#define EAGAIN_RESULT (-11)

static bool decided_entry(const struct imp_walk *w, const struct geometry *g,
			  struct nvt_l1_leaf *leaf)
{
	*leaf = (struct nvt_l1_leaf){.vttbr = w->vttbr, .vtcr = w->vtcr, .origin = NVT_OWN_TRUTH};
	if (w->truth->walk_ret == EAGAIN_RESULT)
		return false;
	if (w->truth->walk_ret) {
		if (!failed_entry(w, g, leaf))
			return false;
	} else {
		leaf->level = w->truth->walk_level;
		leaf->desc = w->truth->walk_desc;
	}
	if (leaf->level < g->start || leaf->level < 0 || leaf->level > 3)
		return false;
	leaf->ipa = w->ipa & (((uint64_t)1 << g->input_bits) - 1) &
		    ~(((uint64_t)1 << level_shift(g, leaf->level)) - 1);
	return true;
}

static struct leaf_table *table_of(struct imp_leaves *m, uint64_t vttbr, uint64_t vtcr)
{
	struct leaf_table *t = imp_map_put(&m->tables, vttbr & ~(uint64_t)VTTBR_CNP, vtcr);

	if (t && !t->number)
		t->number = m->tables.count;
	return t;
}

bool imp_leaves_complete(struct imp_leaves *m, uint64_t vttbr, uint64_t vtcr)
{
	struct leaf_table *t = table_of(m, vttbr, vtcr);

	if (t)
		t->complete = true;
	return t;
}

static uint64_t entry_key(uint64_t table, int level)
{
	return table << 2 | (unsigned int)level;
}

static const struct leaf_entry not_valid;

/* The entry at which a walk in the model ends; NULL: nothing is known of this address. */
static const struct leaf_entry *predict(const struct imp_leaves *m, const struct leaf_table *t,
					const struct geometry *g, uint64_t ipa, int *level)
{
	uint64_t cleared = 0;

	for (*level = g->start < 0 ? 0 : g->start; *level <= 3; (*level)++) {
		const struct leaf_entry *e = imp_map_get(&m->entries, entry_key(t->number, *level),
							 ipa >> level_shift(g, *level));

		if (!e || e->stamp < cleared) {
			if (t->complete)
				return &not_valid;
			continue;
		}
		if (!e->is_table)
			return e;
		if (e->cleared > cleared)
			cleared = e->cleared;
	}
	return NULL;
}

/*
 * Above a leaf there are tables, whatever was seen there before. Where all is known, the first
 * leaf below one tells of it.
 */
static bool open_tables(struct imp_leaves *m, const struct leaf_table *t, const struct geometry *g,
			uint64_t ipa, int level)
{
	for (int i = g->start < 0 ? 0 : g->start; i < level; i++) {
		uint64_t key = entry_key(t->number, i), index = ipa >> level_shift(g, i);
		struct leaf_entry *e = t->complete ? imp_map_put(&m->entries, key, index)
						   : imp_map_get(&m->entries, key, index);

		if (!e && t->complete)
			return false;
		if (!e)
			continue;
		if (t->complete && !e->is_table)
			e->stamp = e->cleared = ++m->stamp;
		e->is_table = 1;
	}
	return true;
}

static int enter(struct imp_leaves *m, const struct leaf_table *t, const struct geometry *g,
		 const struct nvt_l1_leaf *leaf)
{
	struct leaf_entry *e;

	if (!open_tables(m, t, g, leaf->ipa, leaf->level))
		return -1;
	e = imp_map_put(&m->entries, entry_key(t->number, leaf->level),
			leaf->ipa >> level_shift(g, leaf->level));
	if (!e)
		return -1;
	m->stamp++;
	*e = (struct leaf_entry){
		.desc = leaf->desc, .stamp = m->stamp, .cleared = m->stamp, .flags = leaf->flags};
	return 1;
}

/* Enters an entry, unless the model has it so. */
static int take(struct imp_leaves *m, const struct geometry *g, const struct nvt_l1_leaf *leaf)
{
	const struct leaf_table *t = table_of(m, leaf->vttbr, leaf->vtcr);
	const struct leaf_entry *e;
	int level;

	if (!t)
		return -1;
	e = predict(m, t, g, leaf->ipa, &level);
	if (e && level == leaf->level && e->desc == leaf->desc && e->flags == leaf->flags)
		return 0;
	return enter(m, t, g, leaf);
}

int imp_leaves_state(struct imp_leaves *m, const struct nvt_l1_leaf *leaf, uint8_t page_shift)
{
	struct geometry g = geometry_of(leaf->vtcr, page_shift, 48);

	if (leaf->level < g.start || leaf->level > 3)
		return 0;
	return take(m, &g, leaf);
}

int imp_leaves_observe(struct imp_leaves *m, const struct imp_walk *walk, struct nvt_l1_leaf *leaf)
{
	struct geometry g = geometry_of(walk->vtcr, walk->page_shift, walk->ipa_limit);

	/* S1: sizes that KVM refuses before it reads anything. */
	if (g.input_bits < 25 || g.input_bits > 48 || !decided_entry(walk, &g, leaf))
		return 0;
	return take(m, &g, leaf);
}

bool imp_leaves_decided(const struct imp_walk *walk, struct nvt_l1_leaf *leaf)
{
	struct geometry g = geometry_of(walk->vtcr, walk->page_shift, walk->ipa_limit);

	return g.input_bits >= 25 && g.input_bits <= 48 && decided_entry(walk, &g, leaf);
}
