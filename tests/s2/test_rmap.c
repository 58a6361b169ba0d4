/* SPDX-License-Identifier: GPL-2.0-only */
/* Reverse maps: what a host unmap takes from nested contexts under `rmap` and `exact`. */
#include "port.h"

#include "internal.h"

static const unsigned int hosts[] = {12, 14, 16};

static const struct s2_invalidation *policy_of(enum s2_invalidation_kind kind)
{
	unsigned int i;

	for (i = 0; i < s2_invalidation_count; i++)
		if (s2_invalidations[i].kind == kind)
			return &s2_invalidations[i];
	fail_msg("no invalidation policy of kind %d", kind);
	return NULL;
}

/* A world with one guest, in which it runs; L1's granule is the host's. */
struct scene {
	struct world w;
	unsigned int shift;
	uint64_t page, block;
	uint64_t vttbr[2];
};

static struct scene *begin(enum s2_invalidation_kind kind, unsigned int shift)
{
	struct scene *s = calloc(1, sizeof(*s));
	struct s2_config cfg = world_config(shift);

	assert_non_null(s);
	cfg.invalidation = policy_of(kind);
	s->shift = shift;
	s->page = 1ull << shift;
	s->block = 1ull << (2 * shift - 3);
	world_start(&s->w, &cfg, WORLD_CONTEXTS);
	s->w.port->backing.user_leaf = s->block;
	s->w.port->backing.pa.v = 1ull << 40; /* congruent with the slot in every block */
	s->vttbr[0] = l1_root(&s->w, shift, 1);
	s->vttbr[1] = l1_root(&s->w, shift, 2);
	world_enter(&s->w, 0, s->vttbr[0], l1_vtcr(shift), 1);
	return s;
}

static void end(struct scene *s)
{
	world_stop(&s->w);
	assert_int_equal(s->w.vm.rmap_pages, 0);
	free(s);
}

static struct s2_mmu *mmu_of(struct scene *s)
{
	return s->w.vcpu[0].mmu;
}

/* L1 maps `ipa` of the guest that runs to its memory; nothing is invalidated. */
static void l1_map(struct scene *s, uint64_t ipa, int level, uint64_t l1)
{
	l1_set(&s->w, s->shift, mmu_of(s)->vttbr, ipa, level, l1_leaf(l1, level));
}

static void fill(struct scene *s, uint64_t ipa)
{
	assert_int_equal(world_fault(&s->w, ESR_READ, ipa, EL1H).kind, S2_MAPPED);
}

static void map_page(struct scene *s, uint64_t ipa, uint64_t l1)
{
	l1_map(s, ipa, 3, l1);
	fill(s, ipa);
}

static bool mapped(struct scene *s, uint64_t ipa)
{
	return port_leaf(s->w.port, mmu_of(s), ipa) & 1;
}

static struct s2_swept unmap(struct scene *s, uint64_t l1, uint64_t size)
{
	struct s2_swept nested;

	port_forget(s->w.port);
	nested = s2_host_unmap(&s->w.vm, (struct l1_ipa){l1}, size).nested;
	port_settle(s->w.port);
	/* The port was told of the leaves that went, and of no others. */
	assert_int_equal(s->w.port->dropped_count, nested.leaves);
	assert_int_equal(s->w.port->dropped_bytes, nested.bytes);
	return nested;
}

static void tlbi_page(struct scene *s, uint64_t ipa)
{
	s2_unmap(&s->w.vm, mmu_of(s), (struct table_ipa){ipa}, s->page);
	port_settle(s->w.port);
}

#define L1_MEMORY 0x4000000000ull /* a multiple of every block, apart from L1's tables */

/* ---- one leaf ---- */

static void the_page_asked_for_goes_and_its_neighbours_stay(enum s2_invalidation_kind kind,
							    unsigned int shift)
{
	struct scene *s = begin(kind, shift);
	uint64_t p = s->page, i;
	struct s2_swept done;

	for (i = 0; i < 3; i++)
		map_page(s, (7 + i) * p, L1_MEMORY + (90 + i) * p);
	done = unmap(s, L1_MEMORY + 91 * p, p);
	assert_true(done.leaves == 1 && done.bytes == p && !done.gave_up);
	assert_true(mapped(s, 7 * p) && !mapped(s, 8 * p) && mapped(s, 9 * p));
	assert_int_equal(unmap(s, L1_MEMORY + 91 * p, p).leaves, 0);
	/* The address in the guest says nothing. */
	assert_int_equal(unmap(s, 7 * p, 3 * p).leaves, 0);
	/* It comes back, and is found again. */
	fill(s, 8 * p);
	assert_int_equal(unmap(s, L1_MEMORY, 1000 * p).leaves, 3);
	assert_int_equal(s->w.vm.rmap_pages, 0);
	end(s);
}

static void pages_on_every_host(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		the_page_asked_for_goes_and_its_neighbours_stay(S2_INVALIDATE_RMAP, hosts[i]);
		the_page_asked_for_goes_and_its_neighbours_stay(S2_INVALIDATE_EXACT, hosts[i]);
	}
}

static void a_block_goes_whole_by_any_page_of_it(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct scene *s = begin(S2_INVALIDATE_EXACT, hosts[i]);
		struct s2_swept done;

		l1_map(s, 2 * s->block, 2, L1_MEMORY + 5 * s->block);
		fill(s, 2 * s->block + 3 * s->page);
		assert_int_equal(mmu_of(s)->table.leaf_count[2], 1);
		assert_int_equal(unmap(s, L1_MEMORY + 6 * s->block, s->block).leaves, 0);
		assert_int_equal(unmap(s, L1_MEMORY + 4 * s->block, s->block).leaves, 0);
		done = unmap(s, L1_MEMORY + 6 * s->block - s->page, s->page);
		assert_true(done.leaves == 1 && done.bytes == s->block);
		end(s);
	}
}

static void the_largest_block_of_a_4K_host_too(void **state)
{
	struct scene *s = begin(S2_INVALIDATE_RMAP, 12);

	(void)state;
	s->w.port->backing.user_leaf = 1ull << 30;
	s->w.port->backing.vma_shift = 30;
	l1_map(s, 1ull << 30, 1, L1_MEMORY);
	fill(s, (1ull << 30) + 0x12345000);
	assert_int_equal(mmu_of(s)->table.leaf_count[1], 1);
	assert_int_equal(unmap(s, L1_MEMORY + (1ull << 30) - 4096, 4096).bytes, 1ull << 30);
	end(s);
}

static void with_stage_2_off_addresses_are_L1s_own(void **state)
{
	struct scene *s = begin(S2_INVALIDATE_RMAP, 12);

	(void)state;
	world_enter(&s->w, 0, s->vttbr[1], l1_vtcr(12), 0);
	s->w.port->backing.user_leaf = 4096;
	fill(s, L1_MEMORY + 0x5000);
	fill(s, L1_MEMORY + 0x6000);
	assert_false(mmu_of(s)->enabled);
	assert_int_equal(unmap(s, L1_MEMORY + 0x5000, 0x1000).leaves, 1);
	assert_true(mapped(s, L1_MEMORY + 0x6000));
	end(s);
}

static void a_range_is_what_it_says(void **state)
{
	struct scene *s = begin(S2_INVALIDATE_EXACT, 12);

	(void)state;
	map_page(s, 0x1000, L1_MEMORY);
	assert_int_equal(unmap(s, L1_MEMORY, 0).leaves, 0);
	assert_int_equal(unmap(s, L1_MEMORY + 0x1000, ~0ull).leaves, 0);
	assert_int_equal(unmap(s, ~0ull - 0xfff, ~0ull).leaves, 0);
	/* Part of a page is the page; so is all there can be, at no cost of its own. */
	assert_int_equal(unmap(s, L1_MEMORY + 0xfff, 1).leaves, 1);
	map_page(s, 0x1000, L1_MEMORY);
	assert_true(unmap(s, 0, ~0ull).visited < 4000);
	assert_false(mapped(s, 0x1000));
	end(s);
}

/* ---- aliases ---- */

static void rmap_gives_up_on_an_alias_and_only_where_it_is_met(void **state)
{
	struct scene *s = begin(S2_INVALIDATE_RMAP, 12);
	struct s2_swept done;

	(void)state;
	map_page(s, 0x1000, L1_MEMORY);
	map_page(s, 0x2000, L1_MEMORY);
	map_page(s, 0x3000, L1_MEMORY + 0x1000);
	map_page(s, 0x4000, L1_MEMORY + 0x2000);
	done = unmap(s, L1_MEMORY + 0x2000, 0x1000);
	assert_true(done.leaves == 1 && !done.gave_up);
	done = unmap(s, L1_MEMORY, 0x1000);
	assert_true(done.leaves == 3 && done.gave_up);
	assert_int_equal(mmu_of(s)->table.root_valid, 0);
	assert_int_equal(s->w.vm.rmap_pages, 0);
	/* The map begins anew. */
	map_page(s, 0x1000, L1_MEMORY);
	map_page(s, 0x3000, L1_MEMORY + 0x1000);
	done = unmap(s, L1_MEMORY, 0x1000);
	assert_true(done.leaves == 1 && !done.gave_up);
	end(s);
}

static void exact_finds_every_alias(void **state)
{
	struct scene *s = begin(S2_INVALIDATE_EXACT, 12);
	struct s2_swept done;
	uint64_t i;

	(void)state;
	/* More than a page of the map has room for. */
	for (i = 0; i < 400; i++)
		map_page(s, 0x1000 + (i << 12), L1_MEMORY);
	map_page(s, 0x1000000, L1_MEMORY + 0x1000);
	done = unmap(s, L1_MEMORY, 0x1000);
	assert_true(done.leaves == 400 && !done.gave_up);
	assert_true(mapped(s, 0x1000000));
	end(s);
}

static void the_same_memory_in_two_guests_is_no_alias(void **state)
{
	struct scene *s = begin(S2_INVALIDATE_RMAP, 12);
	struct s2_swept done;

	(void)state;
	map_page(s, 0x1000, L1_MEMORY);
	world_enter(&s->w, 0, s->vttbr[1], l1_vtcr(12), 1);
	map_page(s, 0x2000, L1_MEMORY);
	done = unmap(s, L1_MEMORY, 0x1000);
	assert_true(done.leaves == 2 && !done.gave_up);
	end(s);
}

/* Page and block are in trees of their own: neither makes the other doubtful. */
static void an_alias_of_another_size_is_found(void **state)
{
	struct scene *s = begin(S2_INVALIDATE_RMAP, 12);
	struct s2_swept done;

	(void)state;
	l1_map(s, 0x200000, 2, L1_MEMORY);
	fill(s, 0x200000);
	map_page(s, 0x1000, L1_MEMORY + 0x7000);
	done = unmap(s, L1_MEMORY + 0x7000, 0x1000);
	assert_true(done.leaves == 2 && !done.gave_up);
	end(s);
}

/* ---- records that are no longer true ---- */

static void what_L1_invalidated_is_no_alias(void **state)
{
	struct scene *s = begin(S2_INVALIDATE_RMAP, 12);

	(void)state;
	map_page(s, 0x1000, L1_MEMORY);
	map_page(s, 0x9000, L1_MEMORY + 0x9000); /* keeps the table from being empty */
	tlbi_page(s, 0x1000);
	map_page(s, 0x2000, L1_MEMORY);
	assert_false(unmap(s, L1_MEMORY, 0x1000).gave_up);
	assert_true(mapped(s, 0x9000));
	end(s);
}

static void what_L1_moved_is_found_where_it_is(void **state)
{
	struct scene *s = begin(S2_INVALIDATE_EXACT, 12);

	(void)state;
	map_page(s, 0x9000, L1_MEMORY + 0x9000);
	map_page(s, 0x1000, L1_MEMORY);
	map_page(s, 0x1000, L1_MEMORY + 0x1000); /* without an invalidation */
	assert_int_equal(unmap(s, L1_MEMORY, 0x1000).leaves, 0);
	assert_int_equal(unmap(s, L1_MEMORY + 0x1000, 0x1000).leaves, 1);
	assert_true(mapped(s, 0x9000));
	end(s);
}

static void a_split_block_leaves_its_page_to_be_found(void **state)
{
	struct scene *s = begin(S2_INVALIDATE_RMAP, 12);

	(void)state;
	l1_map(s, 0, 2, L1_MEMORY);
	fill(s, 0x5000);
	s->w.port->slots[0].log_dirty = true;
	assert_int_equal(world_fault(&s->w, ESR_WRITE, 0x6000, EL1H).kind, S2_MAPPED);
	assert_int_equal(mmu_of(s)->table.leaf_count[2], 0);
	assert_int_equal(unmap(s, L1_MEMORY + 0x5000, 0x1000).leaves, 0);
	assert_int_equal(unmap(s, L1_MEMORY + 0x6000, 0x1000).leaves, 1);
	end(s);
}

/* L1 rotates a guest through its memory: stale records are no leak. */
static void stale_records_are_collected(void **state)
{
	unsigned int kind;

	(void)state;
	for (kind = S2_INVALIDATE_RMAP; kind <= S2_INVALIDATE_EXACT; kind++) {
		struct scene *s = begin(kind, 12);
		uint64_t i;

		s->w.port->watch = false;
		map_page(s, 0x200000, L1_MEMORY);
		l1_map(s, 0x1000, 3, L1_MEMORY);
		for (i = 1; i < 5000; i++) {
			map_page(s, 0x1000, L1_MEMORY + (i << 14));
			assert_true(mmu_of(s)->rmap.record_count <= 513);
		}
		assert_int_equal(unmap(s, L1_MEMORY + ((i - 1) << 14), 0x1000).leaves, 1);
		assert_true(mapped(s, 0x200000));
		end(s);
	}
}

/* ---- contexts ---- */

static void an_emptied_context_has_no_map(void **state)
{
	struct scene *s = begin(S2_INVALIDATE_EXACT, 12);

	(void)state;
	map_page(s, 0x1000, L1_MEMORY);
	map_page(s, 0x2000, L1_MEMORY);
	assert_int_not_equal(s->w.vm.rmap_pages, 0);
	s2_tlbi(&s->w.vm, mmu_of(s), S2_TLBI_ALL, 0);
	port_settle(s->w.port);
	assert_int_equal(s->w.vm.rmap_pages, 0);
	assert_true(s->w.vm.rmap_pages_peak > 0);
	end(s);
}

static void a_recycled_context_forgets(void **state)
{
	struct scene *s = begin(S2_INVALIDATE_RMAP, 12);
	uint64_t i;

	(void)state;
	map_page(s, 0x1000, L1_MEMORY);
	for (i = 0; i < WORLD_CONTEXTS; i++)
		world_enter(&s->w, 0, l1_root(&s->w, 12, 10 + i), l1_vtcr(12), 1);
	assert_int_equal(s->w.vm.rmap_pages, 0);
	assert_int_equal(unmap(s, L1_MEMORY, 0x1000).leaves, 0);
	end(s);
}

static void whole_has_no_map_and_empties_every_context(void **state)
{
	struct scene *s = begin(S2_INVALIDATE_WHOLE, 12);
	struct s2_swept done;

	(void)state;
	map_page(s, 0x1000, L1_MEMORY);
	map_page(s, 0x2000, L1_MEMORY + 0x2000);
	assert_int_equal(s->w.vm.rmap_pages_peak, 0);
	done = unmap(s, 0, 0x1000);
	assert_true(done.leaves == 2 && !done.gave_up);
	end(s);
}

/* ---- no memory ---- */

/* Where the map cannot grow, the fault is served all the same, and nothing survives an unmap. */
static void memory_beyond_the_hosts_limit_loses_the_map(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct scene *s = begin(S2_INVALIDATE_EXACT, 12);
		struct s2_mapping m = {.size = s->page};

		map_page(s, s->page * 3, L1_MEMORY);
		m.addr.v = s->page * 3;
		m.pa.v = s2_lookup(&s->w.vm, mmu_of(s), m.addr).pa.v;
		/* What an unsound rule may come to: beyond the limit, or round the end. */
		m.canonical.v = i ? 0 - s->page / 2 : 1ull << 48;
		s2_rmap_add(&s->w.vm, mmu_of(s), &m);
		assert_true(mmu_of(s)->rmap.lost);
		assert_true(unmap(s, L1_MEMORY + s->block, s->page).gave_up);
		assert_false(mapped(s, s->page * 3));
		end(s);
	}
}

static void what_could_not_be_mapped_is_not_recorded(void **state)
{
	struct scene *s = begin(S2_INVALIDATE_EXACT, 12);
	uint64_t alias = 1ull << 48; /* that only Q1 lets L1's walk accept */

	(void)state;
	map_page(s, 0, L1_MEMORY);
	assert_int_equal(mmu_of(s)->rmap.record_count, 1);
	l1_map(s, s->page, 3, L1_MEMORY + s->page);
	assert_int_equal(world_fault(&s->w, ESR_WRITE_PERM, alias + s->page, EL1H).ret, -S2_ERANGE);
	assert_int_equal(mmu_of(s)->rmap.record_count, 1);
	end(s);
}

static void an_allocation_that_fails_loses_the_map_and_no_leaf(void **state)
{
	unsigned int kind, n, lost = 0;

	(void)state;
	for (kind = S2_INVALIDATE_RMAP; kind <= S2_INVALIDATE_EXACT; kind++)
		for (n = 1; n < 16; n++) {
			struct scene *s = begin(kind, 12);
			uint64_t ipa[] = {0x1000, 0x2000, 0x40000000, 0x8000000000};
			struct s2_swept done;
			unsigned int i;

			s->w.port->fail_alloc = n;
			for (i = 0; i < 4; i++) {
				/* The last lies high, for which the tree grows; two are aliases. */
				l1_map(s, ipa[i], 3, i < 2 ? 0x7000 : L1_MEMORY + ipa[i] / 16);
				world_fault(&s->w, ESR_READ, ipa[i], EL1H);
			}
			s->w.port->fail_alloc = 0;
			lost += mmu_of(s)->rmap.lost;
			assert_true(!mmu_of(s)->rmap.lost || !s->w.vm.rmap_pages);
			done = unmap(s, 0x7000, 0x1000);
			assert_false(mapped(s, 0x1000) || mapped(s, 0x2000));
			assert_true(!mmu_of(s)->rmap.lost && (done.gave_up || done.leaves));
			for (i = 2; i < 4; i++)
				unmap(s, L1_MEMORY + ipa[i] / 16, 0x1000);
			assert_int_equal(mmu_of(s)->table.leaf_count[3], 0);
			end(s);
		}
	assert_true(lost > 8);
}

/* ---- against a model ---- */

/* Blocks of L1's memory, and of each guest's; the model is a number for each page of a guest. */
#define MODEL_BLOCKS  3u
#define MODEL_GUESTS  3u
#define MODEL_UNKNOWN ~0ull

struct model {
	struct scene *s;
	uint64_t rng;
	struct s2_mmu *guest[MODEL_GUESTS]; /* the last one without stage 2 */
	uint64_t *canonical[MODEL_GUESTS];  /* of each page, as last mapped */
	uint64_t pages, base;		    /* of L1's memory */
	uint64_t kept, taken, gave_up;
};

static uint64_t draw(struct model *m, uint64_t below)
{
	m->rng ^= m->rng << 13;
	m->rng ^= m->rng >> 7;
	m->rng ^= m->rng << 17;
	return (m->rng >> 11) % below;
}

static void model_enter(struct model *m, unsigned int g)
{
	struct scene *s = m->s;
	bool off = g == MODEL_GUESTS - 1;

	world_enter(&s->w, 0, off ? 9ull << 48 : s->vttbr[g], l1_vtcr(s->shift), !off);
	m->guest[g] = mmu_of(s);
}

/* Where the pages of a guest begin: without stage 2 they are L1's memory. */
static uint64_t model_ipa(const struct model *m, unsigned int g)
{
	return g == MODEL_GUESTS - 1 ? m->base : 0;
}

static void model_fault(struct model *m)
{
	struct scene *s = m->s;
	unsigned int g = (unsigned int)draw(m, MODEL_GUESTS);
	uint64_t ipa = draw(m, m->pages) * s->page, l1 = draw(m, m->pages) * s->page, at;
	bool block = !draw(m, 3);
	struct s2_outcome out;

	model_enter(m, g);
	if (m->guest[g]->enabled && draw(m, 2)) {
		int level = block ? 2 : 3;

		l1 &= ~((block ? s->block : s->page) - 1);
		l1_map(s, ipa, level, m->base + l1);
	}
	s->w.port->slots[0].log_dirty = !draw(m, 4);
	port_forget(s->w.port);
	out = world_fault(&s->w, ESR_READ, model_ipa(m, g) + ipa, EL1H);
	if (out.kind != S2_MAPPED)
		return;
	for (at = 0; at < out.map.size; at += s->page)
		m->canonical[g][(out.map.addr.v + at - model_ipa(m, g)) >> s->shift] =
			out.map.canonical.v + at;
}

struct model_leaf {
	uint64_t start, size;
	bool asked;
};

struct model_leaves {
	const struct model *m;
	unsigned int guest;
	uint64_t from, last; /* of L1's memory that is unmapped */
	struct model_leaf *leaf;
	size_t count;
};

static void note_leaf(void *arg, struct table_ipa start, int level, uint64_t size, uint64_t desc)
{
	struct model_leaves *l = arg;
	uint64_t canonical;

	(void)level;
	if (!(desc & 1))
		return;
	canonical =
		l->m->canonical[l->guest][(start.v - model_ipa(l->m, l->guest)) >> l->m->s->shift];
	assert_int_not_equal(canonical, MODEL_UNKNOWN);
	l->leaf[l->count++] = (struct model_leaf){
		start.v, size, canonical <= l->last && l->from <= canonical + size - 1};
}

static struct model_leaves leaves_of(const struct model *m, unsigned int guest, uint64_t from,
				     uint64_t size)
{
	struct model_leaves l = {m, guest, from, from + size - 1, NULL, 0};

	l.leaf = calloc(m->pages, sizeof(*l.leaf));
	assert_non_null(l.leaf);
	if (m->guest[guest])
		s2_for_each_entry(&m->s->w.vm, m->guest[guest], note_leaf, &l);
	return l;
}

/* Never a survivor; no more than asked for, unless the map gave up. */
static void judge(struct model *m, const struct model_leaves *l)
{
	bool exact = m->s->w.vm.cfg.invalidation->kind == S2_INVALIDATE_EXACT;
	bool emptied = l->count && !m->guest[l->guest]->table.root_valid;
	size_t i;

	for (i = 0; i < l->count; i++) {
		bool there = port_leaf(m->s->w.port, m->guest[l->guest], l->leaf[i].start) & 1;

		assert_false(there && l->leaf[i].asked);
		assert_true(there || l->leaf[i].asked || (!exact && emptied));
		m->kept += there;
		m->taken += !there;
	}
}

static void model_unmap(struct model *m)
{
	struct scene *s = m->s;
	uint64_t pages = draw(m, 8) ? 1 + draw(m, 4) : 1 + draw(m, m->pages);
	uint64_t from = m->base + draw(m, m->pages) * s->page, size = pages * s->page;
	struct model_leaves before[MODEL_GUESTS];
	unsigned int g;

	for (g = 0; g < MODEL_GUESTS; g++)
		before[g] = leaves_of(m, g, from, size);
	m->gave_up += unmap(s, from, size).gave_up;
	for (g = 0; g < MODEL_GUESTS; g++) {
		judge(m, &before[g]);
		free(before[g].leaf);
	}
}

static void model_tlbi(struct model *m)
{
	unsigned int g = (unsigned int)draw(m, MODEL_GUESTS);
	uint64_t ipa = model_ipa(m, g) + draw(m, m->pages) * m->s->page;

	model_enter(m, g);
	if (!draw(m, 16))
		s2_tlbi(&m->s->w.vm, mmu_of(m->s), S2_TLBI_ALL, 0);
	else
		tlbi_page(m->s, ipa);
	port_settle(m->s->w.port);
}

static void run_model(enum s2_invalidation_kind kind, unsigned int shift, uint64_t seed)
{
	struct model m = {.s = begin(kind, shift), .rng = seed, .base = L1_MEMORY};
	unsigned int g, i;

	m.s->w.port->watch = false;
	m.pages = MODEL_BLOCKS * m.s->block >> shift;
	for (g = 0; g < MODEL_GUESTS; g++) {
		m.canonical[g] = malloc(m.pages * sizeof(uint64_t));
		assert_non_null(m.canonical[g]);
		memset(m.canonical[g], 0xff, m.pages * sizeof(uint64_t));
	}
	for (i = 0; i < (shift == 12 ? 4000u : 1500u); i++) {
		uint64_t what = draw(&m, 20);

		if (what == 0)
			model_unmap(&m);
		else if (what == 1)
			model_tlbi(&m);
		else
			model_fault(&m);
	}
	assert_true(m.kept > 100 && m.taken > 100);
	assert_true(kind == S2_INVALIDATE_EXACT ? m.gave_up == 0 : m.gave_up > 3);
	for (g = 0; g < MODEL_GUESTS; g++)
		free(m.canonical[g]);
	end(m.s);
}

static void random_streams_agree_with_a_model(void **state)
{
	unsigned int host, kind;

	(void)state;
	for (host = 0; host < 3; host++)
		for (kind = S2_INVALIDATE_RMAP; kind <= S2_INVALIDATE_EXACT; kind++)
			run_model(kind, hosts[host], 0x9e3779b97f4a7c15 + host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_on_every_host),
		cmocka_unit_test(a_block_goes_whole_by_any_page_of_it),
		cmocka_unit_test(the_largest_block_of_a_4K_host_too),
		cmocka_unit_test(with_stage_2_off_addresses_are_L1s_own),
		cmocka_unit_test(a_range_is_what_it_says),
		cmocka_unit_test(rmap_gives_up_on_an_alias_and_only_where_it_is_met),
		cmocka_unit_test(exact_finds_every_alias),
		cmocka_unit_test(the_same_memory_in_two_guests_is_no_alias),
		cmocka_unit_test(an_alias_of_another_size_is_found),
		cmocka_unit_test(what_L1_invalidated_is_no_alias),
		cmocka_unit_test(what_L1_moved_is_found_where_it_is),
		cmocka_unit_test(a_split_block_leaves_its_page_to_be_found),
		cmocka_unit_test(stale_records_are_collected),
		cmocka_unit_test(an_emptied_context_has_no_map),
		cmocka_unit_test(a_recycled_context_forgets),
		cmocka_unit_test(whole_has_no_map_and_empties_every_context),
		cmocka_unit_test(memory_beyond_the_hosts_limit_loses_the_map),
		cmocka_unit_test(what_could_not_be_mapped_is_not_recorded),
		cmocka_unit_test(an_allocation_that_fails_loses_the_map_and_no_leaf),
		cmocka_unit_test(random_streams_agree_with_a_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
