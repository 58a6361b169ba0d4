/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * L1's hypervisor: it maps what its guest touches, and invalidates. Every
 * invalidation takes the pages it covers out of what `page` has mapped, by the
 * rules of spec 7.5; operands carry the level (TTL) or are ranges, so that what
 * they cover does not depend on what the shadow tables hold.
 */
#include "gen/internal.h"

/* SYS operations of vEL2 (spec 7.5): inner shareable */
#define TLBI_IPAS2E1IS	  NVT_SYS_OP(4, 8, 0, 1)
#define TLBI_RIPAS2E1IS	  NVT_SYS_OP(4, 8, 0, 2)
#define TLBI_IPAS2LE1IS	  NVT_SYS_OP(4, 8, 0, 5)
#define TLBI_RIPAS2LE1IS  NVT_SYS_OP(4, 8, 0, 6)
#define TLBI_ALLE1IS	  NVT_SYS_OP(4, 8, 3, 4)
#define TLBI_VMALLS12E1IS NVT_SYS_OP(4, 8, 3, 6)
#define TLBI_VMALLE1IS	  NVT_SYS_OP(0, 8, 3, 0)

/* Xt of a range (spec 7.5.2) */
#define RANGE_NUM_MAX	31u
#define RANGE_SCALE_MAX 3
#define RANGE_TG(tg)	((uint64_t)(tg) << 46)
#define RANGE_SCALE(s)	((uint64_t)(s) << 44)
#define RANGE_NUM(n)	((uint64_t)(n) << 39)
#define RANGE_BASE_MASK (BIT(37) - 1)
/* Xt of an IPA: TTL, and bits 47 to 12 of the address */
#define IPA_TTL(tg, lvl) ((uint64_t)((tg) << 2 | (lvl)) << 44)

#define WRITE_NS 150
#define TLBI_NS	 400

/* Bit 55 of a descriptor is software's: L1 notes something there. */
#define DESC_NOTE BIT(55)

/* Pages that are unmapped together. */
#define ZAP_PAGES 16

/* Tries to find a region of which at least half is mapped. */
#define REGION_TRIES 8

/* One invalidation under way. */
struct action {
	struct nvt_gen *g;
	struct vcpu *v;
	const struct chunk *c; /* where it was meant to be */
};

/* ---- events ---- */

static void write_word(const struct action *a, uint32_t word, uint64_t value)
{
	struct tables *t = &a->g->tables;
	struct nvt_event ev = {.vcpu = a->v->index,
			       .kind = NVT_L1_WRITE,
			       .l1_write = {t->base + word * 8ull, t->now[word], value}};

	t->now[word] = value;
	gen_emit(a->g, &ev, WRITE_NS);
}

static void tlbi(const struct action *a, uint16_t op, uint64_t xt)
{
	struct nvt_event ev = {.vcpu = a->v->index,
			       .kind = NVT_TLBI,
			       .tlbi = {.op = op, .xt = xt, .vttbr = a->v->guest->vttbr}};

	gen_emit(a->g, &ev, TLBI_NS);
}

/* ---- what an invalidation frees ---- */

/* The first chunk that ends after `ipa`. */
static uint64_t chunk_after(const struct guest *guest, uint64_t ipa)
{
	uint64_t low = 0, high = guest->chunk_count;

	while (low < high) {
		uint64_t middle = (low + high) / 2;

		if (guest->chunks[middle].ipa + CHUNK_SIZE > ipa)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static void free_ipa(const struct action *a, uint64_t ipa, uint64_t size)
{
	struct guest *guest = a->v->guest;
	unsigned int page_shift = a->g->geo.page_shift;
	uint64_t i = chunk_after(guest, ipa), end = ipa + size;

	for (; i < guest->chunk_count && guest->chunks[i].ipa < end; i++) {
		uint64_t at = guest->chunks[i].ipa, page = i << (CHUNK_SHIFT - page_shift);
		uint64_t from = ipa > at ? ipa - at : 0;
		uint64_t to = end - at < CHUNK_SIZE ? end - at : CHUNK_SIZE;

		freemap_add_range(&guest->free, page + (from >> page_shift),
				  page + ((to - 1) >> page_shift) + 1);
	}
}

static unsigned int tg_field(const struct geometry *geo)
{
	return geo->granule_shift / 2 - 5;
}

/* `level`: of the leaf that holds `ipa`. `last`: no table was changed, only the leaf. */
static void invalidate_leaf(const struct action *a, uint64_t ipa, unsigned int level, bool last)
{
	const struct geometry *geo = &a->g->geo;
	uint64_t size = BIT(level_shift(geo, level));

	ipa &= ~(size - 1);
	tlbi(a, last ? TLBI_IPAS2LE1IS : TLBI_IPAS2E1IS, IPA_TTL(tg_field(geo), level) | ipa >> 12);
	free_ipa(a, ipa, size);
}

/* As few operations as the encoding allows: large scales last, odd pages first. */
static void invalidate_range(const struct action *a, uint64_t ipa, uint64_t size, bool last)
{
	const struct geometry *geo = &a->g->geo;
	unsigned int shift = geo->granule_shift;
	uint64_t left = size >> shift, at = ipa;

	if (left & 1) {
		invalidate_leaf(a, at, 3, last);
		at += BIT(shift);
		left--;
	}
	for (unsigned int scale = 0; left && scale <= RANGE_SCALE_MAX; scale++) {
		unsigned int unit = 5 * scale + 1;
		uint64_t num = left >> unit & RANGE_NUM_MAX;

		if (!num)
			continue;
		tlbi(a, last ? TLBI_RIPAS2LE1IS : TLBI_RIPAS2E1IS,
		     RANGE_TG(tg_field(geo)) | RANGE_SCALE(scale) | RANGE_NUM(num - 1) |
			     (at >> shift & RANGE_BASE_MASK));
		at += num << unit << shift;
		left -= num << unit;
	}
	free_ipa(a, ipa, size);
}

/* ---- mapping ---- */

/* The entries that L1 treats as one: a contiguous group, or a single leaf. */
static uint32_t unit_entries(const struct geometry *geo, const struct chunk *c)
{
	return 1u << (geo->unit_shift[c->leaf_kind] - geo->entry_shift[c->leaf_kind]);
}

static uint32_t first_of_unit(const struct nvt_gen *g, const struct chunk *c, uint64_t offset)
{
	uint32_t index = gen_leaf_entry(g, c, offset) - c->leaf;

	return c->leaf + (index & ~(unit_entries(&g->geo, c) - 1));
}

void gen_l1_maps(struct nvt_gen *g, struct vcpu *v, const struct chunk *c, uint64_t offset)
{
	struct tables *t = &g->tables;
	struct action a = {g, v, c};
	uint32_t first = first_of_unit(g, c, offset), count = unit_entries(&g->geo, c);

	if (!(t->now[c->link] & 1))
		write_word(&a, c->link, t->want[c->link]);
	for (uint32_t i = first; i < first + count; i++)
		if (!(t->now[i] & 1))
			write_word(&a, i, t->want[i]);
	gen_context(g, v, NVT_ERET);
}

/* ---- invalidations, a function each ---- */

static bool is_block(const struct chunk *c)
{
	return c->leaf_kind >= LEAF_BLOCK;
}

static unsigned int block_level(const struct chunk *c)
{
	return c->leaf_kind == LEAF_BLOCK ? 2 : 1;
}

static bool chunk_mapped(const struct action *a)
{
	return a->g->tables.now[a->c->link] & 1;
}

/* The tables stay as they are: what an L1 does that is not sure, or in batches. */
static void drop_region(const struct action *a)
{
	const struct chunk *end = a->v->guest->chunks + a->v->guest->chunk_count, *c = a->c;
	uint64_t size = CHUNK_SIZE;

	while (++c < end && c->ipa == a->c->ipa + size && size < a->g->o.region)
		size += CHUNK_SIZE;
	invalidate_range(a, a->c->ipa, size, false);
}

static void drop_block(const struct action *a)
{
	if (is_block(a->c))
		invalidate_leaf(a, a->c->ipa, block_level(a->c), true);
	else
		drop_region(a);
}

/* Takes the table with all its leaves out; a later fault puts it back as it is. */
static void unlink_table(const struct action *a)
{
	uint64_t size = BIT(level_shift(&a->g->geo, 2));

	write_word(a, a->c->link, 0);
	invalidate_range(a, a->c->ipa & ~(size - 1), size, false);
}

static void zap_pages(const struct action *a)
{
	const struct geometry *geo = &a->g->geo;
	uint32_t count = a->c->leaf_kind == LEAF_PAGE ? ZAP_PAGES : unit_entries(geo, a->c);
	uint64_t size = (uint64_t)count << geo->granule_shift;
	uint64_t offset = rng_below(&a->g->rng, CHUNK_SIZE / size) * size;
	uint32_t first = gen_leaf_entry(a->g, a->c, offset);

	for (uint32_t i = first; i < first + count; i++)
		if (a->g->tables.now[i] & 1)
			write_word(a, i, 0);
	invalidate_range(a, a->c->ipa + offset, size, true);
}

static void unmap(const struct action *a)
{
	if (!chunk_mapped(a)) {
		drop_region(a);
	} else if (is_block(a->c)) {
		write_word(a, a->c->leaf, 0);
		invalidate_leaf(a, a->c->ipa, block_level(a->c), true);
	} else if (rng_next(&a->g->rng) >> 63) {
		unlink_table(a);
	} else {
		zap_pages(a);
	}
}

/* Two mapped leaves exchange their outputs: break both, invalidate, make both. */
struct exchange {
	uint32_t entry[2];
	uint64_t ipa[2];
	unsigned int level;
};

static void exchange(const struct action *a, const struct exchange *x)
{
	struct tables *t = &a->g->tables;
	uint64_t was[2] = {t->now[x->entry[0]], t->now[x->entry[1]]};

	for (unsigned int i = 0; i < 2; i++) {
		write_word(a, x->entry[i], 0);
		invalidate_leaf(a, x->ipa[i], x->level, true);
	}
	for (unsigned int i = 0; i < 2; i++) {
		write_word(a, x->entry[i], was[1 - i]);
		t->want[x->entry[i]] = was[1 - i];
	}
}

/* No partner: the output stays, a note of L1's in the leaf changes. */
static void annotate(const struct action *a)
{
	struct tables *t = &a->g->tables;
	uint32_t first = a->c->leaf, count = unit_entries(&a->g->geo, a->c);
	uint64_t size = BIT(a->g->geo.unit_shift[a->c->leaf_kind]);

	if (!(t->now[first] & 1)) {
		drop_block(a);
		return;
	}
	for (uint32_t i = first; i < first + count; i++)
		write_word(a, i, 0);
	invalidate_range(a, a->c->ipa & ~(size - 1), size, true);
	for (uint32_t i = first; i < first + count; i++) {
		t->want[i] ^= DESC_NOTE;
		write_word(a, i, t->want[i]);
	}
}

/* Two pages of the chunk; false: not both are mapped. */
static bool choose_pages(const struct action *a, struct exchange *x)
{
	const struct nvt_gen *g = a->g;
	uint32_t count = (uint32_t)(CHUNK_SIZE >> g->geo.granule_shift);
	uint32_t p = (uint32_t)rng_below(&a->g->rng, count);
	uint32_t q = (p + 1 + (uint32_t)rng_below(&a->g->rng, count - 1)) % count;

	*x = (struct exchange){
		.entry = {a->c->leaf + p, a->c->leaf + q},
		.ipa = {a->c->ipa + ((uint64_t)p << g->geo.granule_shift),
			a->c->ipa + ((uint64_t)q << g->geo.granule_shift)},
		.level = 3,
	};
	return g->tables.now[x->entry[0]] & g->tables.now[x->entry[1]] & 1;
}

/* The block of another chunk; false: the one met is not mapped, or of another kind. */
static bool choose_block(const struct action *a, struct exchange *x)
{
	const struct guest *guest = a->v->guest;
	const struct chunk *c = &guest->chunks[rng_below(&a->g->rng, guest->chunk_count)];
	const uint64_t *now = a->g->tables.now;

	*x = (struct exchange){.entry = {a->c->leaf, c->leaf},
			       .ipa = {a->c->ipa, c->ipa},
			       .level = block_level(a->c)};
	return c->leaf_kind == a->c->leaf_kind && c->leaf != a->c->leaf && now[a->c->leaf] & 1 &&
	       now[c->leaf] & 1;
}

static void remap(const struct action *a)
{
	struct exchange x;

	if (!chunk_mapped(a))
		drop_region(a);
	else if (a->c->leaf_kind == LEAF_PAGE && choose_pages(a, &x))
		exchange(a, &x);
	else if (is_block(a->c) && choose_block(a, &x))
		exchange(a, &x);
	else
		annotate(a);
}

static void flush_guest(const struct action *a)
{
	tlbi(a, TLBI_VMALLS12E1IS, 0);
	freemap_add_range(&a->v->guest->free, 0, a->v->guest->page_count);
}

/* What a rollover of VMIDs does. */
static void flush_all(const struct action *a)
{
	tlbi(a, TLBI_ALLE1IS, 0);
	for (uint64_t i = 0; i < a->g->o.guests; i++) {
		struct guest *guest = &a->g->guests[i];

		freemap_add_range(&guest->free, 0, guest->page_count);
	}
}

/* ---- which of them ---- */

static void invalidate(const struct action *a)
{
	struct rng *rng = &a->g->rng;
	uint64_t draw = rng_below(rng, 100);

	if (rng_below(rng, 1000) < a->g->o.flushes)
		(rng_next(rng) >> 62 ? flush_guest : flush_all)(a);
	else if (draw < a->g->o.unmaps)
		unmap(a);
	else if (draw < a->g->o.unmaps + a->g->o.remaps)
		remap(a);
	else
		(rng_next(rng) >> 62 ? drop_region : drop_block)(a);
}

/* A chunk of which at least half is mapped in the shadow; NULL: none was met. */
static const struct chunk *choose_chunk(struct nvt_gen *g, const struct guest *guest)
{
	uint64_t pages = CHUNK_SIZE >> g->geo.page_shift;

	for (unsigned int i = 0; i < REGION_TRIES; i++) {
		uint64_t k = rng_below(&g->rng, guest->chunk_count);

		if (freemap_count(&guest->free, k * pages, (k + 1) * pages) <= pages / 2)
			return &guest->chunks[k];
	}
	return NULL;
}

void gen_l1_reclaims(struct nvt_gen *g, struct vcpu *v)
{
	struct guest *guest = v->guest;
	struct action a = {.g = g, .v = v};

	gen_context(g, v, NVT_EXCEPTION);
	while (guest->free.count <= guest->low_mark) {
		a.c = choose_chunk(g, guest);
		if (a.c)
			invalidate(&a);
		else
			flush_guest(&a);
		g->stats.invalidation_count++;
	}
	/* L2's own translations were made of those that went: as Linux does. */
	tlbi(&a, TLBI_VMALLE1IS, 0);
	gen_context(g, v, NVT_ERET);
}
