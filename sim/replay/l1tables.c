/* SPDX-License-Identifier: GPL-2.0-only */
#include "l1tables.h"

#include <stdlib.h>
#include <string.h>

#define TABLE_ROOM 0x10000ull /* address space a made-up table takes: the largest granule */
#define RANGE_SIZE (TABLE_ROOM << 16)
#define OA_BITS	   48u
#define DESC_TABLE 3u

void l1tables_init(struct l1tables *t, struct machine *m, const struct s2_config *cfg)
{
	*t = (struct l1tables){.machine = m, .cfg = cfg};
}

void l1tables_destroy(struct l1tables *t)
{
	free(t->free);
	t->free = NULL;
}

bool l1tables_clone(struct l1tables *to, const struct l1tables *from, struct machine *m,
		    const struct s2_config *cfg)
{
	*to = *from;
	to->machine = m;
	to->cfg = cfg;
	to->free = NULL;
	if (!from->free)
		return true;
	to->free = calloc(from->free_room, sizeof(*to->free));
	if (!to->free)
		return false;
	memcpy(to->free, from->free, from->free_count * sizeof(*to->free));
	return true;
}

/* Where a walk of one pair of registers begins and how it indexes. */
struct geometry {
	unsigned int page_shift, input_bits;
	int start_level;
	uint64_t root;
	bool big_endian;
};

static unsigned int shift_at(const struct geometry *g, int level)
{
	return (unsigned int)(3 - level) * (g->page_shift - 3) + g->page_shift;
}

static bool geometry_of(const struct l1tables *t, const struct nvt_l1_leaf *leaf, bool big_endian,
			struct geometry *g)
{
	unsigned int sl0 = leaf->vtcr >> 6 & 3, start_bits;

	g->page_shift = s2_l1_granule_shift(t->cfg, leaf->vtcr);
	g->input_bits = 64 - (leaf->vtcr & 0x3f);
	g->start_level = (g->page_shift == 12 ? 2 : 3) - (int)sl0;
	g->big_endian = big_endian;
	if (g->start_level < 0 || g->input_bits > OA_BITS ||
	    g->input_bits <= shift_at(g, g->start_level) || leaf->level < g->start_level ||
	    leaf->level > 3)
		return false;
	start_bits = g->input_bits - shift_at(g, g->start_level);
	g->root = leaf->vttbr & ((1ull << OA_BITS) - 1) & ~((1ull << (start_bits + 3)) - 1);
	return true;
}

static uint64_t entry_addr(const struct geometry *g, uint64_t table, int level, uint64_t ipa)
{
	unsigned int bits =
		level == g->start_level ? g->input_bits - shift_at(g, level) : g->page_shift - 3;

	return table + ((ipa >> shift_at(g, level) & ((1ull << bits) - 1)) << 3);
}

static uint64_t stored(const struct geometry *g, uint64_t desc)
{
	return g->big_endian ? __builtin_bswap64(desc) : desc;
}

static uint64_t load(const struct l1tables *t, const struct geometry *g, uint64_t addr)
{
	return stored(g, machine_peek(t->machine, addr));
}

static bool overlaps(const struct machine_slot *slot, uint64_t base)
{
	const struct s2_slot *s = &slot->s2;

	return s->base.v < base + RANGE_SIZE && base < s->base.v + s->size;
}

/* The range must not hold memory of L1, and be within the output size that VTCR states. */
static void place_range(struct l1tables *t, uint64_t vtcr)
{
	static const uint8_t ps_bits[8] = {32, 36, 40, 42, 44, 48, 48, 48};
	struct machine *m = t->machine;
	unsigned int bits = ps_bits[vtcr >> 16 & 7], i;
	uint64_t base;

	if (bits > t->cfg->ipa_limit)
		bits = t->cfg->ipa_limit;
	base = (1ull << bits) - RANGE_SIZE;
	for (i = 0; i < m->slot_count; i++)
		if (overlaps(&m->slots[i], base) && m->slots[i].s2.base.v >= RANGE_SIZE) {
			base = (m->slots[i].s2.base.v - RANGE_SIZE) & ~(TABLE_ROOM - 1);
			i = (unsigned int)-1; /* look at all again */
		}
	m->tables_base = base;
	m->tables_size = RANGE_SIZE;
	t->next = base;
}

/* 0: no room. */
static uint64_t new_table(struct l1tables *t, uint64_t vtcr)
{
	uint64_t addr;

	if (t->free_count)
		return t->free[--t->free_count];
	if (!t->machine->tables_size)
		place_range(t, vtcr);
	if (t->next == t->machine->tables_base + t->machine->tables_size)
		return 0;
	addr = t->next;
	t->next += TABLE_ROOM;
	return addr;
}

static bool keep_free(struct l1tables *t, uint64_t table)
{
	if (t->free_count == t->free_room) {
		size_t room = t->free_room * 2 + 16;
		uint64_t *p = realloc(t->free, room * sizeof(*p));

		if (!p)
			return false;
		t->free = p;
		t->free_room = room;
	}
	t->free[t->free_count++] = table;
	return true;
}

static bool is_table(uint64_t desc, int level)
{
	return level < 3 && (desc & 3) == DESC_TABLE;
}

/* A made-up table that nothing links to any more is emptied and kept for reuse. */
static bool drop_table(struct l1tables *t, const struct geometry *g, uint64_t desc, int level)
{
	uint64_t table = desc & ((1ull << OA_BITS) - 1) & ~((1ull << g->page_shift) - 1), addr;

	if (table - t->machine->tables_base >= t->machine->tables_size)
		return true;
	if (t->machine->unreadable - table < 1ull << g->page_shift)
		machine_set_unreadable(t->machine, ~0ull);
	for (addr = table; addr < table + (1ull << g->page_shift); addr += 8) {
		uint64_t child = load(t, g, addr);

		if (is_table(child, level + 1) && !drop_table(t, g, child, level + 1))
			return false;
		if (child && !machine_write(t->machine, addr, 0))
			return false;
	}
	return keep_free(t, table);
}

bool l1tables_set(struct l1tables *t, const struct nvt_l1_leaf *leaf, bool big_endian)
{
	struct geometry g;
	uint64_t table, addr, old;
	int level;

	if (!geometry_of(t, leaf, big_endian, &g))
		return false;
	for (table = g.root, level = g.start_level;; level++) {
		addr = entry_addr(&g, table, level, leaf->ipa);
		old = load(t, &g, addr);
		/* What lies above the entry was read, and so was the entry unless it says
		 * otherwise. */
		if (t->machine->unreadable == addr)
			machine_set_unreadable(t->machine, ~0ull);
		if (level == leaf->level)
			break;
		if (!is_table(old, level)) {
			uint64_t child = new_table(t, leaf->vtcr);

			if (!child ||
			    !machine_write(t->machine, addr, stored(&g, child | DESC_TABLE)))
				return false;
			old = child | DESC_TABLE;
		}
		table = old & ((1ull << OA_BITS) - 1) & ~((1ull << g.page_shift) - 1);
	}
	if (leaf->flags & NVT_LEAF_UNREADABLE)
		machine_set_unreadable(t->machine, addr);
	if (is_table(old, level) && !drop_table(t, &g, old, level))
		return false;
	return machine_write(t->machine, addr, stored(&g, leaf->desc));
}
