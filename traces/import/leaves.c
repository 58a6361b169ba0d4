/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdlib.h>

#include "import/leaves.h"
#include "import/shape.h"

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

/* Whether the start table lies beyond the output size (S5): no descriptor was read then. */
static bool base_out_of_range(const struct imp_walk *w, const struct imp_shape *s)
{
	return s->output_bits < 48 && imp_shape_root(s, w->vttbr) >> s->output_bits;
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
static bool failed_entry(const struct imp_walk *w, const struct imp_shape *s,
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
	if (!fsc && base_out_of_range(w, s))
		return false;
	if (!leaf->desc)
		leaf->desc = failing_desc(sea ? 0x08 : fsc, leaf->level);
	return true;
}

#define EAGAIN_RESULT (-11)

static bool decided_entry(const struct imp_walk *w, const struct imp_shape *s,
			  struct nvt_l1_leaf *leaf)
{
	*leaf = (struct nvt_l1_leaf){.vttbr = w->vttbr, .vtcr = w->vtcr, .origin = NVT_OWN_TRUTH};
	if (w->truth->walk_ret == EAGAIN_RESULT)
		return false;
	if (w->truth->walk_ret) {
		if (!failed_entry(w, s, leaf))
			return false;
	} else {
		leaf->level = w->truth->walk_level;
		leaf->desc = w->truth->walk_desc;
	}
	if (leaf->level < s->start || leaf->level > 3)
		return false;
	leaf->ipa = w->ipa & (((uint64_t)1 << s->input_bits) - 1) &
		    ~(((uint64_t)1 << imp_shape_shift(s, leaf->level)) - 1);
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
					const struct imp_shape *s, uint64_t ipa, int *level)
{
	uint64_t cleared = 0;

	for (*level = s->start; *level <= 3; (*level)++) {
		const struct leaf_entry *e = imp_map_get(&m->entries, entry_key(t->number, *level),
							 ipa >> imp_shape_shift(s, *level));

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
static bool open_tables(struct imp_leaves *m, const struct leaf_table *t, const struct imp_shape *s,
			uint64_t ipa, int level)
{
	for (int i = s->start; i < level; i++) {
		uint64_t key = entry_key(t->number, i), index = ipa >> imp_shape_shift(s, i);
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

static int enter(struct imp_leaves *m, const struct leaf_table *t, const struct imp_shape *s,
		 const struct nvt_l1_leaf *leaf)
{
	struct leaf_entry *e;

	if (!open_tables(m, t, s, leaf->ipa, leaf->level))
		return -1;
	e = imp_map_put(&m->entries, entry_key(t->number, leaf->level),
			leaf->ipa >> imp_shape_shift(s, leaf->level));
	if (!e)
		return -1;
	m->stamp++;
	*e = (struct leaf_entry){
		.desc = leaf->desc, .stamp = m->stamp, .cleared = m->stamp, .flags = leaf->flags};
	return 1;
}

/* Enters an entry, unless the model has it so. */
static int take(struct imp_leaves *m, const struct imp_shape *s, const struct nvt_l1_leaf *leaf)
{
	const struct leaf_table *t = table_of(m, leaf->vttbr, leaf->vtcr);
	const struct leaf_entry *e;
	int level;

	if (!t)
		return -1;
	e = predict(m, t, s, leaf->ipa, &level);
	if (e && level == leaf->level && e->desc == leaf->desc && e->flags == leaf->flags)
		return 0;
	return enter(m, t, s, leaf);
}

int imp_leaves_state(struct imp_leaves *m, const struct nvt_l1_leaf *leaf, uint8_t page_shift)
{
	struct imp_shape s;

	if (!imp_shape_of(leaf->vtcr, page_shift, 48, &s) || leaf->level < s.start)
		return 0;
	return take(m, &s, leaf);
}

/* What a walk ended at; false: KVM refuses the registers, or no descriptor that was read decided.
 */
static bool ended_at(const struct imp_walk *walk, struct imp_shape *s, struct nvt_l1_leaf *leaf)
{
	return imp_shape_of(walk->vtcr, walk->page_shift, walk->ipa_limit, s) &&
	       decided_entry(walk, s, leaf);
}

int imp_leaves_observe(struct imp_leaves *m, const struct imp_walk *walk, struct nvt_l1_leaf *leaf)
{
	struct imp_shape s;

	return ended_at(walk, &s, leaf) ? take(m, &s, leaf) : 0;
}

bool imp_leaves_decided(const struct imp_walk *walk, struct nvt_l1_leaf *leaf)
{
	struct imp_shape s;

	return ended_at(walk, &s, leaf);
}
