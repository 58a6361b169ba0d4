/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where memory lies. The footprint is cut into chunks of 2 MiB, each with a
 * kind of L1 leaf and a kind of backing. A chunk whose leaf and backing are no
 * larger than itself goes anywhere; the others share windows as large as the
 * larger of the two, one window after another for each pair of kinds.
 */
#include <stdlib.h>

#include "error.h"
#include "gen/internal.h"

#define PA_BASE 0x800000000ull

static unsigned int max_uint(unsigned int a, unsigned int b)
{
	return a > b ? a : b;
}

static unsigned int min_uint(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

void gen_geometry(struct nvt_gen *g)
{
	struct geometry *geo = &g->geo;
	unsigned int page = (unsigned int)__builtin_ctzll(g->o.host_page);
	unsigned int granule = (unsigned int)__builtin_ctzll(g->o.l1_granule);
	unsigned int contig = granule == 12 ? 4 : granule == 14 ? 7 : 5;
	unsigned int block = 2 * granule - 3;

	*geo = (struct geometry){
		.page_shift = page,
		.granule_shift = granule,
		.ipa_bits = (unsigned int)g->o.ipa_bits,
		.entry_shift = {granule, granule, block, 30},
		.unit_shift = {granule, granule + contig, block, 30},
		.back_shift = {page, 2 * page - 3, 2 * page - 3, 30},
	};
	/* Up to 16 concatenated tables at the start, as few levels as that and blocks allow. */
	geo->start_level = 4 - (geo->ipa_bits - 4 - 4) / (granule - 3);
	geo->start_level = min_uint(geo->start_level, g->o.leaf_1g ? 1 : 2);
}

static uint64_t align_up(uint64_t x, unsigned int shift)
{
	return (x + BIT(shift) - 1) >> shift << shift;
}

/* ---- kinds ---- */

/* Kinds by exact shares of `n`, the rounding going to the largest share; then shuffled. */
static void deal(struct nvt_gen *g, uint8_t *kinds, uint64_t n, const uint64_t share[4])
{
	uint64_t count[4], left = n;
	unsigned int largest = 0;

	for (unsigned int k = 0; k < 4; k++) {
		count[k] = n * share[k] / 100;
		left -= count[k];
		if (share[k] > share[largest])
			largest = k;
	}
	count[largest] += left;
	for (uint64_t i = 0, k = 0; i < n; i++) {
		while (!count[k])
			k++;
		kinds[i] = (uint8_t)k;
		count[k]--;
	}
	for (uint64_t i = n; i > 1; i--) {
		uint64_t j = rng_below(&g->rng, i);
		uint8_t kind = kinds[j];

		kinds[j] = kinds[i - 1];
		kinds[i - 1] = kind;
	}
}

static bool deal_kinds(struct nvt_gen *g)
{
	const uint64_t leaf[] = {g->o.leaf_page, g->o.leaf_contig, g->o.leaf_block, g->o.leaf_1g};
	const uint64_t back[] = {g->o.back_base, g->o.back_thp, g->o.back_huge, g->o.back_1g};
	uint8_t *kinds = malloc(2 * g->chunk_count);

	if (!kinds)
		return false;
	deal(g, kinds, g->chunk_count, leaf);
	deal(g, kinds + g->chunk_count, g->chunk_count, back);
	for (uint64_t i = 0; i < g->chunk_count; i++) {
		g->chunks[i].leaf_kind = kinds[i];
		g->chunks[i].back_kind = kinds[g->chunk_count + i];
	}
	free(kinds);
	return true;
}

/* ---- places ---- */

static bool small_leaf(const struct nvt_gen *g, const struct chunk *c)
{
	return g->geo.unit_shift[c->leaf_kind] <= CHUNK_SHIFT;
}

static unsigned int window_shift(const struct nvt_gen *g, const struct chunk *c)
{
	return max_uint(g->geo.unit_shift[c->leaf_kind], g->geo.back_shift[c->back_kind]);
}

/* Shuffled places for the chunks that need no window, over all guests. */
static bool place_small(struct nvt_gen *g)
{
	uint64_t *places = calloc(g->chunk_count, sizeof(*places)), n = 0;

	if (!places)
		return false;
	for (uint64_t i = 0; i < g->chunk_count; i++) {
		if (window_shift(g, &g->chunks[i]) > CHUNK_SHIFT)
			continue;
		/* Shuffle as they come: the newcomer changes places with any before it. */
		uint64_t j = rng_below(&g->rng, ++n);

		places[n - 1] = places[j];
		places[j] = n - 1;
	}
	for (uint64_t i = 0, k = 0; i < g->chunk_count; i++)
		if (window_shift(g, &g->chunks[i]) <= CHUNK_SHIFT)
			g->chunks[i].l1_ipa = RAM_BASE + (places[k++] << CHUNK_SHIFT);
	g->l1_end = RAM_BASE + (n << CHUNK_SHIFT);
	free(places);
	return true;
}

/* ---- aliases ---- */

/* Tries to find a chunk whose memory can be lent. */
#define LENDER_TRIES 16

/* Chunks of the guest at hand, or of all others. */
static struct chunk *any_chunk(struct nvt_gen *g, const struct guest *guest, bool own)
{
	uint64_t first = (uint64_t)(guest->chunks - g->chunks), k;

	if (own)
		return &guest->chunks[rng_below(&g->rng, guest->chunk_count)];
	k = rng_below(&g->rng, g->chunk_count - guest->chunk_count);
	return &g->chunks[k < first ? k : k + guest->chunk_count];
}

/* Leaves may differ in size: each maps the whole chunk. The backing is of the memory. */
static void borrow(struct nvt_gen *g, const struct guest *guest, struct chunk *c)
{
	bool own = g->o.guests == 1 || rng_below(&g->rng, 2);

	for (unsigned int i = 0; i < LENDER_TRIES; i++) {
		struct chunk *lender = any_chunk(g, guest, own);

		if (lender == c || lender->borrowed || window_shift(g, lender) > CHUNK_SHIFT)
			continue;
		c->l1_ipa = lender->l1_ipa;
		c->back_kind = lender->back_kind;
		c->borrowed = lender->lends = true;
		return;
	}
}

/* What was laid out for an alias stays without backing: nobody touches it. */
static void make_aliases(struct nvt_gen *g)
{
	for (uint64_t i = 0; i < g->o.guests; i++)
		for (uint64_t k = 0; k < g->guests[i].chunk_count; k++) {
			struct chunk *c = &g->guests[i].chunks[k];

			if (window_shift(g, c) <= CHUNK_SHIFT && !c->lends &&
			    rng_below(&g->rng, 100) < g->o.alias)
				borrow(g, &g->guests[i], c);
		}
}

/* ---- windows ---- */

/* The window that chunks of one pair of kinds fill. */
struct window {
	uint64_t l1_ipa, ipa, used;
};

static void place_in_window(struct nvt_gen *g, struct window *w, struct chunk *c, uint64_t *ipa_end)
{
	unsigned int shift = window_shift(g, c);

	if (!(w->used & (BIT(shift) - 1))) {
		w->l1_ipa = align_up(g->l1_end, shift);
		g->l1_end = w->l1_ipa + BIT(shift);
		w->used = 0;
		if (!small_leaf(g, c)) {
			w->ipa = align_up(*ipa_end, shift);
			*ipa_end = w->ipa + BIT(shift);
		}
	}
	c->l1_ipa = w->l1_ipa + w->used;
	if (!small_leaf(g, c))
		c->ipa = w->ipa + w->used;
	w->used += CHUNK_SIZE;
}

static int by_ipa(const void *a, const void *b)
{
	const struct chunk *x = a, *y = b;

	return x->ipa < y->ipa ? -1 : x->ipa > y->ipa;
}

/* Small leaves first, in one piece; then the windows. Returns the end. */
static uint64_t place_guest(struct nvt_gen *g, struct guest *guest)
{
	struct window windows[LEAF_KINDS][BACK_KINDS] = {0};
	uint64_t end = RAM_BASE;

	for (uint64_t i = 0; i < guest->chunk_count; i++) {
		if (!small_leaf(g, &guest->chunks[i]))
			continue;
		guest->chunks[i].ipa = end;
		end += CHUNK_SIZE;
	}
	for (uint64_t i = 0; i < guest->chunk_count; i++) {
		struct chunk *c = &guest->chunks[i];

		if (window_shift(g, c) > CHUNK_SHIFT)
			place_in_window(g, &windows[c->leaf_kind][c->back_kind], c, &end);
	}
	qsort(guest->chunks, guest->chunk_count, sizeof(*guest->chunks), by_ipa);
	return end;
}

static enum nvt_status place_all(struct nvt_gen *g, struct nvt_error *err)
{
	for (uint64_t i = 0; i < g->o.guests; i++)
		if (place_guest(g, &g->guests[i]) > BIT(g->geo.ipa_bits))
			return nvt_fail(err, NVT_EINPUT,
					"ipa-bits: too few for the footprint of a guest");
	return NVT_OK;
}

/* ---- backing ---- */

/*
 * Backs the place of a chunk, or with the first chunk of a window all of the
 * window: L1 may exchange whole leaves. Only counts where there is no room yet.
 */
static void back_place(struct nvt_gen *g, const struct chunk *c, uint64_t *pa)
{
	uint64_t place = BIT(max_uint(window_shift(g, c), CHUNK_SHIFT));
	unsigned int shift = max_uint(g->geo.back_shift[c->back_kind], CHUNK_SHIFT);

	if (c->borrowed || c->l1_ipa & (place - 1))
		return;
	for (uint64_t at = 0; at < place; at += BIT(shift)) {
		struct extent e = {c->l1_ipa + at, BIT(shift), align_up(*pa, shift), c->back_kind};

		*pa = e.pa + e.size;
		if (g->extents)
			g->extents[g->extent_count] = e;
		g->extent_count++;
	}
}

/* In the order of the guests' own addresses: L1's and the host's order differ. */
static bool back_all(struct nvt_gen *g)
{
	for (unsigned int pass = 0; pass < 2; pass++) {
		uint64_t pa = PA_BASE;

		g->extent_count = 0;
		for (uint64_t i = 0; i < g->chunk_count; i++)
			back_place(g, &g->chunks[i], &pa);
		if (!g->extents)
			g->extents = calloc(g->extent_count + 1, sizeof(*g->extents));
		if (!g->extents)
			return false;
	}
	return true;
}

/* Moves the extents that the host may take away to the front. */
static void sort_extents(struct nvt_gen *g)
{
	for (uint64_t i = 0; i < g->extent_count; i++) {
		struct extent e = g->extents[i];

		if (e.back_kind > BACK_THP)
			continue;
		g->extents[i] = g->extents[g->unmappable_count];
		g->extents[g->unmappable_count++] = e;
	}
}

/* ---- guests ---- */

static bool make_guest(struct nvt_gen *g, struct guest *guest, uint64_t first, uint64_t count)
{
	guest->chunks = g->chunks + first;
	guest->chunk_count = count;
	guest->page_count = count << (CHUNK_SHIFT - g->geo.page_shift);
	guest->low_mark = guest->page_count / 8;
	if (!freemap_init(&guest->free, guest->page_count))
		return false;
	freemap_add_range(&guest->free, 0, guest->page_count);
	return true;
}

static bool make_guests(struct nvt_gen *g)
{
	uint64_t each = g->chunk_count / g->o.guests, more = g->chunk_count % g->o.guests;
	uint64_t first = 0;

	for (uint64_t i = 0; i < g->o.guests; i++) {
		uint64_t count = each + (i < more);

		if (!make_guest(g, &g->guests[i], first, count))
			return false;
		first += count;
	}
	return true;
}

static void make_vcpus(struct nvt_gen *g)
{
	uint64_t sharing = (g->o.vcpus + g->o.guests - 1) / g->o.guests;

	for (uint64_t i = 0; i < g->o.vcpus; i++) {
		struct guest *guest = &g->guests[i % g->o.guests];

		/* vCPUs that share a guest begin in different parts of it. */
		g->vcpus[i] = (struct vcpu){
			.guest = guest,
			.cursor = i / g->o.guests * guest->page_count / sharing,
			.until_exit = g->o.exit_every,
			.index = (uint16_t)i,
		};
	}
}

enum nvt_status gen_layout(struct nvt_gen *g, struct nvt_error *err)
{
	enum nvt_status status;

	g->chunk_count = g->o.footprint >> CHUNK_SHIFT;
	g->stats.footprint_pages = g->o.footprint >> g->geo.page_shift;
	g->chunks = calloc(g->chunk_count, sizeof(*g->chunks));
	g->guests = calloc(g->o.guests, sizeof(*g->guests));
	g->vcpus = calloc(g->o.vcpus, sizeof(*g->vcpus));
	if (!g->chunks || !g->guests || !g->vcpus || !make_guests(g) || !deal_kinds(g) ||
	    !place_small(g))
		return nvt_fail(err, NVT_ENOMEM, "out of memory");
	if (g->o.alias)
		make_aliases(g);
	make_vcpus(g);
	status = place_all(g, err);
	if (status == NVT_OK && !back_all(g))
		return nvt_fail(err, NVT_ENOMEM, "out of memory");
	sort_extents(g);
	return status;
}
