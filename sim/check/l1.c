/* SPDX-License-Identifier: GPL-2.0-only */
/* L1's stage 2: its words, and a walk of them, or of leaves that were shown. */
#include "checker.h"

/* ---- words ---- */

bool l1_set_word(struct l1 *l, uint64_t addr, uint64_t word)
{
	uint64_t *p = memory_make(l->memory, addr);
	uint64_t *known = memory_make(l->known, addr / 512 * 8);

	if (!p || !known)
		return false;
	*p = word;
	*known |= 1ull << addr / 8 % 64;
	return true;
}

bool l1_word(const struct l1 *l, uint64_t addr, uint64_t *word)
{
	const uint64_t *known = memory_find(l->known, addr / 512 * 8);

	if (!known || !(*known >> addr / 8 % 64 & 1))
		return false;
	*word = *memory_find(l->memory, addr);
	return true;
}

/* ---- geometry (spec 1.1, 1.2) ---- */

static unsigned int granule_shift(const struct check *c, uint64_t vtcr)
{
	static const uint8_t by_tg0[4] = {12, 16, 14, 16};
	unsigned int asked = by_tg0[vtcr >> 14 & 3], host = c->machine.page_shift, i;
	unsigned int offered = c->machine.s2_granules;
	const unsigned int order[] = {asked, host, 12, 14, 16};

	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (offered >> (order[i] - 12) / 2 & 1)
			return order[i];
	return host;
}

static unsigned int output_bits(const struct check *c, uint64_t vtcr)
{
	static const uint8_t by_ps[8] = {32, 36, 40, 42, 44, 48, 48, 48};
	unsigned int bits = by_ps[vtcr >> 16 & 7];

	return bits < c->machine.ipa_limit ? bits : c->machine.ipa_limit;
}

static bool level_allowed(const struct check *c, const struct geometry *g)
{
	if (g->page_shift == 12)
		return g->start_level > 0 || (g->start_level == 0 && c->machine.ipa_limit > 42);
	return g->start_level > 1 ||
	       (g->start_level == 1 && c->machine.ipa_limit > (g->page_shift == 14 ? 40u : 42u));
}

static unsigned int l1_shift_at(const struct geometry *g, int level)
{
	return (unsigned int)(3 - level) * g->stride + g->page_shift;
}

enum geometry_status l1_geometry(const struct check *c, uint64_t vttbr, uint64_t vtcr,
				 struct geometry *g)
{
	unsigned int sl0 = vtcr >> 6 & 3, below;

	g->page_shift = granule_shift(c, vtcr);
	g->stride = g->page_shift - 3;
	g->input_bits = 64 - (unsigned int)(vtcr & 0x3f);
	g->start_level = (g->page_shift == 12 ? 2 : 3) - (int)sl0;
	g->max_oa = output_bits(c, vtcr);
	if (g->input_bits < 25 || g->input_bits > 48)
		return BAD_SIZE;
	if (!level_allowed(c, g) || g->input_bits > c->machine.ipa_limit)
		return BAD_START;
	below = l1_shift_at(g, g->start_level);
	if (g->input_bits < below + 1 || g->input_bits > below + g->stride + 4)
		return BAD_START;
	g->start_bits = g->input_bits - below;
	g->root = vttbr & ((1ull << 48) - 1) & ~((1ull << (g->start_bits + 3)) - 1);
	return FINE;
}

uint64_t l1_index(const struct geometry *g, int level, uint64_t ipa)
{
	unsigned int bits = level == g->start_level ? g->start_bits : g->stride;

	return ipa >> l1_shift_at(g, level) & ((1ull << bits) - 1);
}

bool l1_init(struct l1 *l)
{
	l->memory = memory_new();
	l->known = memory_new();
	return l->memory && l->known;
}

void l1_free(struct l1 *l)
{
	shown_free(l);
	memory_free(l->memory);
	memory_free(l->known);
}

bool l1_copy(struct l1 *to, const struct l1 *from)
{
	*to = (struct l1){.memory = memory_clone(from->memory),
			  .known = memory_clone(from->known),
			  .ha_seen = from->ha_seen};
	return to->memory && to->known && shown_copy(to, from);
}

/* ---- the walk (spec 1.3, 1.4) ---- */

#define VTCR_HA	     (1ull << 21)
#define OUTPUT	     0x0000fffffffff000ull
#define TRANSLATION  0x04
#define ACCESS_FLAG  0x08
#define ADDRESS_SIZE 0x00
#define WALK_ABORT   0x14

/* A place in L1's tables: an address, and where only leaves were shown, what was shown there. */
struct place {
	uint64_t addr;
	const struct shown_node *node;
	const struct shown_entry *entry;
};

struct walker {
	struct check *c;
	struct geometry g;
	bool observed, big_endian;
};

/* False: it cannot be read. */
static bool read_entry(const struct walker *w, const struct place *at, int level, uint64_t *desc)
{
	bool memory = host_slot(&w->c->host, at->addr);
	const uint64_t *word;

	if (w->observed) {
		/* Where tables below the first lie is not known: those that were shown are there.
		 */
		bool there = level == w->g.start_level || !at->node ? memory : true;

		*desc = at->entry ? at->entry->desc : 0;
		return there && !(at->entry && at->entry->unreadable);
	}
	if (!memory)
		return false;
	word = memory_find(w->c->l1.memory, at->addr);
	*desc = !word ? 0 : w->big_endian ? __builtin_bswap64(*word) : *word;
	return true;
}

static struct place first_place(const struct walker *w, uint64_t index)
{
	struct place at = {.addr = w->g.root + index * 8};
	const struct shown *s = w->observed ? shown_find(&w->c->l1, &w->g) : NULL;

	if (s) {
		at.node = s->node;
		at.entry = &s->node->entries[index];
	}
	return at;
}

static struct place next_place(const struct walker *w, const struct place *at, uint64_t desc,
			       uint64_t index)
{
	uint64_t table = desc & OUTPUT & ~((1ull << w->g.page_shift) - 1);
	const struct shown_node *below = at->entry ? at->entry->below : NULL;

	return (struct place){
		.addr = table + index * 8,
		.node = below,
		.entry = below ? &below->entries[index] : NULL,
	};
}

static bool beyond_output(const struct walker *w, uint64_t desc)
{
	return w->g.max_oa < 48 && (desc & OUTPUT) >> w->g.max_oa;
}

struct perm desc_perm(uint64_t desc, bool xnx)
{
	unsigned int xn = (unsigned int)(desc >> 53 & 3);

	if (!xnx)
		xn &= 2;
	return (struct perm){
		.r = desc & DESC_READ,
		.w = desc & DESC_WRITE,
		.x_el0 = xn == 0 || xn == 1,
		.x_el1 = xn == 0 || xn == 3,
	};
}

static unsigned int contiguous_shift(const struct geometry *g, int level, uint64_t desc)
{
	if (!(desc & DESC_CONTIGUOUS))
		return 0;
	if (g->page_shift == 12)
		return 4;
	return g->page_shift == 14 && level == 3 ? 7 : 5;
}

static struct l1_walk stopped(const struct walker *w, int level, unsigned int fsc)
{
	return (struct l1_walk){.fsc = (uint8_t)(fsc | (unsigned int)level),
				.level = (int8_t)level,
				.shift = (uint8_t)l1_shift_at(&w->g, level)};
}

/* The access flag can be set unless the table lies where L1 cannot write. */
static bool flag_refused(const struct walker *w, const struct place *at)
{
	const struct slot *s = host_slot(&w->c->host, at->addr);

	return s && (s->flags & NVT_SLOT_READONLY);
}

static struct l1_walk leaf_result(const struct walker *w, const struct place *at, int level,
				  uint64_t desc, uint64_t vtcr, uint64_t ipa)
{
	unsigned int shift = l1_shift_at(&w->g, level);
	unsigned int low = shift + contiguous_shift(&w->g, level, desc);
	struct l1_walk r = stopped(w, level, WALK_ABORT);

	if (level < (w->g.page_shift == 12 ? 1 : 2))
		return stopped(w, level, TRANSLATION);
	if (beyond_output(w, desc))
		return stopped(w, level, ADDRESS_SIZE);
	if (!(desc & DESC_AF) && !(vtcr & VTCR_HA))
		return stopped(w, level, ACCESS_FLAG);
	r.accessed = desc & DESC_AF;
	r.flag_refused = !r.accessed && flag_refused(w, at);
	r.ok = !r.flag_refused;
	r.output = (desc & OUTPUT & ~((1ull << low) - 1)) | (ipa & ((1ull << low) - 1));
	r.perm = desc_perm(desc, w->c->machine.xnx);
	return r;
}

static struct l1_walk static_fault(unsigned int fsc)
{
	return (struct l1_walk){.fsc = (uint8_t)fsc, .shift = 64};
}

struct l1_walk l1_walk(struct check *c, const struct l1_regs *regs, uint64_t ipa)
{
	struct walker w = {
		.c = c, .observed = c->class != NVT_FULL, .big_endian = regs->big_endian};
	struct place at;
	int level;

	switch (l1_geometry(c, regs->vttbr, regs->vtcr, &w.g)) {
	case BAD_SIZE:
		return static_fault(quirk(c, Q_T0SZ_FSC) ? ADDRESS_SIZE : TRANSLATION);
	case BAD_START:
		return static_fault(TRANSLATION);
	case FINE:
		break;
	}
	if (beyond_output(&w, w.g.root))
		return static_fault(ADDRESS_SIZE);
	if (!quirk(c, Q_ALIAS) && ipa >> w.g.input_bits)
		return static_fault(TRANSLATION);
	at = first_place(&w, l1_index(&w.g, w.g.start_level, ipa));
	for (level = w.g.start_level;; level++) {
		uint64_t desc;

		if (!read_entry(&w, &at, level, &desc))
			return stopped(&w, level, WALK_ABORT);
		if (!(desc & DESC_VALID) || (level == 3 && (desc & DESC_TYPE) != DESC_TABLE))
			return stopped(&w, level, TRANSLATION);
		if (level == 3 || (desc & DESC_TYPE) != DESC_TABLE)
			return leaf_result(&w, &at, level, desc, regs->vtcr, ipa);
		if (beyond_output(&w, desc))
			return stopped(&w, level, ADDRESS_SIZE);
		at = next_place(&w, &at, desc, l1_index(&w.g, level + 1, ipa));
	}
}
