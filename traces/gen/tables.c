/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * L1's stage-2 tables: all table pages exist from the beginning, in one piece
 * of L1's memory; entries become valid and invalid as the stream goes on.
 */
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "gen/internal.h"

/* Stage-2 descriptors (spec 0.5) */
#define DESC_BLOCK  1ull
#define DESC_TABLE  3ull
#define DESC_PAGE   3ull
#define DESC_CONTIG BIT(52)
/* Normal write-back, readable, writable, inner shareable, AF */
#define DESC_ATTRS (0xfull << 2 | 3ull << 6 | 3ull << 8 | BIT(10))

/* Device-nGnRE, readable, writable, AF */
#define DESC_DEVICE_ATTRS (1ull << 2 | 3ull << 6 | BIT(10))

/* VTCR_EL2 (spec 0.6): write-back, inner shareable walks; RES1 */
#define VTCR_WALKS    (1ull << 8 | 1ull << 10 | 3ull << 12 | BIT(31))
#define VTCR_PS_40    (2ull << 16)
#define VTTBR_CNP     1ull
#define WORDS_MAX     UINT32_MAX
#define ROOT_LOG2_MAX 20

static uint64_t table_desc(const struct nvt_gen *g, uint32_t word)
{
	return (g->tables.base + (uint64_t)word * 8) | DESC_TABLE;
}

static uint32_t table_word(const struct nvt_gen *g, uint64_t desc)
{
	return (uint32_t)(((desc & ~DESC_TABLE) - g->tables.base) / 8);
}

static bool grow(struct tables *t, uint64_t count)
{
	uint64_t room = t->room ? t->room : 1 << 16;
	uint64_t *now, *want;

	while (room < count)
		room *= 2;
	now = realloc(t->now, room * sizeof(*now));
	if (now)
		t->now = now;
	want = realloc(t->want, room * sizeof(*want));
	if (want)
		t->want = want;
	if (!now || !want)
		return false;
	memset(now + t->room, 0, (room - t->room) * sizeof(*now));
	memset(want + t->room, 0, (room - t->room) * sizeof(*want));
	t->room = room;
	return true;
}

/* Room for a table of `count` words (a power of two), aligned to its size. */
static bool new_table(struct nvt_gen *g, uint64_t count, uint32_t *word)
{
	struct tables *t = &g->tables;
	uint64_t start = (t->count + count - 1) & ~(count - 1);

	if (start + count > WORDS_MAX || (start + count > t->room && !grow(t, start + count)))
		return false;
	*word = (uint32_t)start;
	t->count = start + count;
	return true;
}

static uint32_t entry_of(const struct nvt_gen *g, uint32_t table, unsigned int level, uint64_t ipa)
{
	const struct geometry *geo = &g->geo;
	unsigned int top = level == geo->start_level ? geo->ipa_bits : level_shift(geo, level - 1);

	return table + (uint32_t)((ipa & (BIT(top) - 1)) >> level_shift(geo, level));
}

/* The table under `entry`, made where it is not there. It is not linked by this. */
static bool child(struct nvt_gen *g, uint32_t entry, uint32_t *table)
{
	if (g->tables.want[entry]) {
		*table = table_word(g, g->tables.want[entry]);
		return true;
	}
	if (!new_table(g, BIT(g->geo.granule_shift - 3), table))
		return false;
	g->tables.want[entry] = table_desc(g, *table);
	return true;
}

/* The entry for `ipa` at `level`; tables above it are made and linked. */
static bool entry_at(struct nvt_gen *g, const struct guest *guest, unsigned int level, uint64_t ipa,
		     uint32_t *entry)
{
	uint32_t table = guest->root;

	for (unsigned int k = g->geo.start_level; k < level; k++) {
		uint32_t above = entry_of(g, table, k, ipa);

		if (!child(g, above, &table))
			return false;
		g->tables.now[above] = g->tables.want[above];
	}
	*entry = entry_of(g, table, level, ipa);
	return true;
}

uint32_t gen_leaf_entry(const struct nvt_gen *g, const struct chunk *c, uint64_t offset)
{
	unsigned int shift = g->geo.entry_shift[c->leaf_kind];

	return shift < CHUNK_SHIFT ? c->leaf + (uint32_t)(offset >> shift) : c->leaf;
}

static bool make_pages(struct nvt_gen *g, const struct guest *guest, struct chunk *c)
{
	uint64_t attrs = DESC_ATTRS | DESC_PAGE | (c->leaf_kind == LEAF_CONTIG ? DESC_CONTIG : 0);
	uint32_t table;

	if (!entry_at(g, guest, 2, c->ipa, &c->link) || !child(g, c->link, &table))
		return false;
	c->leaf = entry_of(g, table, 3, c->ipa);
	for (uint64_t at = 0; at < CHUNK_SIZE; at += g->o.l1_granule)
		g->tables.want[gen_leaf_entry(g, c, at)] = (c->l1_ipa + at) | attrs;
	return true;
}

static bool make_block(struct nvt_gen *g, const struct guest *guest, struct chunk *c)
{
	unsigned int level = c->leaf_kind == LEAF_BLOCK ? 2 : 1;
	uint64_t size = BIT(g->geo.unit_shift[c->leaf_kind]);

	if (!entry_at(g, guest, level, c->ipa, &c->leaf))
		return false;
	c->link = c->leaf;
	g->tables.want[c->leaf] = (c->l1_ipa & ~(size - 1)) | DESC_ATTRS | DESC_BLOCK;
	return true;
}

static bool make_device(struct nvt_gen *g, const struct guest *guest)
{
	uint32_t entry;

	if (!entry_at(g, guest, 3, DEVICE_BASE, &entry))
		return false;
	g->tables.want[entry] = DEVICE_BASE | DESC_DEVICE_ATTRS | DESC_PAGE;
	g->tables.now[entry] = g->tables.want[entry];
	return true;
}

static bool make_guest_tables(struct nvt_gen *g, struct guest *guest, uint64_t vmid)
{
	unsigned int bits = g->geo.ipa_bits - level_shift(&g->geo, g->geo.start_level);

	/* A start table smaller than a page has a page for itself. */
	if (bits < g->geo.granule_shift - 3)
		bits = g->geo.granule_shift - 3;
	if (!new_table(g, BIT(bits), &guest->root))
		return false;
	guest->vttbr = vmid << 48 | (g->tables.base + guest->root * 8ull) | VTTBR_CNP;
	for (uint64_t i = 0; i < guest->chunk_count; i++) {
		struct chunk *c = &guest->chunks[i];

		if (c->leaf_kind <= LEAF_CONTIG ? !make_pages(g, guest, c)
						: !make_block(g, guest, c))
			return false;
	}
	return !g->o.mmio || make_device(g, guest);
}

/* What L1 maps before the stream begins: by chunk, or by block where that is larger. */
static void premap(struct nvt_gen *g)
{
	struct tables *t = &g->tables;
	uint32_t last = UINT32_MAX;

	for (uint64_t i = 0; i < g->chunk_count; i++) {
		const struct chunk *c = &g->chunks[i];
		uint64_t step = BIT(g->geo.entry_shift[c->leaf_kind]);

		if (c->leaf == last)
			continue;
		last = c->leaf;
		if (rng_below(&g->rng, 100) >= g->o.premapped)
			continue;
		t->now[c->link] = t->want[c->link];
		for (uint64_t at = 0; at < CHUNK_SIZE; at += step) {
			uint32_t entry = gen_leaf_entry(g, c, at);

			t->now[entry] = t->want[entry];
		}
	}
}

static uint64_t make_vtcr(const struct geometry *geo)
{
	static const uint64_t tg0[] = {[12] = 0, [14] = 2, [16] = 1};
	uint64_t sl0 = (geo->granule_shift == 12 ? 2 : 3) - geo->start_level;

	return (64 - geo->ipa_bits) | sl0 << 6 | tg0[geo->granule_shift] << 14 | VTCR_PS_40 |
	       VTCR_WALKS;
}

enum nvt_status gen_tables(struct nvt_gen *g, struct nvt_error *err)
{
	uint64_t align = BIT(ROOT_LOG2_MAX);

	g->vtcr = make_vtcr(&g->geo);
	g->tables.base = (g->l1_end + align - 1) & ~(align - 1);
	for (uint64_t i = 0; i < g->o.guests; i++)
		if (!make_guest_tables(g, &g->guests[i], i + 1))
			return nvt_fail(err, NVT_EENV, "out of memory for L1's tables");
	premap(g);
	g->l1_end = (g->tables.base + g->tables.count * 8 + CHUNK_SIZE - 1) & ~(CHUNK_SIZE - 1);
	if (g->l1_end > BIT(L1_IPA_BITS))
		return nvt_fail(err, NVT_EINPUT,
				"footprint: with guests and page sizes as they "
				"are, L1 needs more than 2^40 bytes");
	return NVT_OK;
}

enum nvt_status gen_initial_words(struct nvt_gen *g, struct nvt_error *err)
{
	const struct tables *t = &g->tables;
	size_t n = 0;

	for (uint64_t i = 0; i < t->count; i++)
		n += t->now[i] != 0;
	g->l1mem = malloc((n + 1) * sizeof(*g->l1mem));
	if (!g->l1mem)
		return nvt_fail(err, NVT_EENV, "out of memory for L1's tables");
	for (uint64_t i = 0; i < t->count; i++)
		if (t->now[i])
			g->l1mem[g->l1mem_count++] = (struct nvt_word){t->base + i * 8, t->now[i]};
	return NVT_OK;
}
