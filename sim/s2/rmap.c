/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reverse map of a nested context: from L1's memory to the leaves of the
 * shadow table that map it. Linux 7.3 has none (spec 4.7): the invalidation
 * policies `rmap` and `exact` are what it could do with one.
 *
 * For each leaf size there is a radix tree, keyed by the canonical address in
 * units of that size, of table pages from the port. A slot holds records
 * {input address, PA}. A record is a hint: it counts only while the table has a
 * leaf of that size at that address with that PA. What L1 invalidates, replaces
 * or splits thus needs no look at the map; its records are stale, and dropped
 * when their slot is touched next, or when they outnumber the live ones.
 *
 * Why a host unmap leaves no leaf behind that maps memory of its range. Leaves
 * are written by s2_map() alone, and for the fault handler s2_rmap_add() follows
 * each call, whatever its status: it looks up what stands in the table and
 * records every leaf that leads to the memory asked for, under every slot of
 * the leaf's size that this memory meets. The PA of a leaf that stays valid never
 * changes, so its record stays live; live records are not dropped. Where a record
 * cannot be kept (no page for it, an address beyond the map), the map is lost as
 * a whole; where a slot under `rmap` would need two, it is marked. An unmap visits
 * every slot of every size that meets its range. It removes the leaves of live
 * records, and where it meets a mark, or the map is lost, all leaves. The map
 * starts anew only where the table is empty.
 *
 * Under `exact` a slot has as many records as its memory has live aliases, and
 * an insertion looks at each: L1 can make that long. `rmap` bounds both.
 */
#include "internal.h"

/* What a slot holds, in the low bits of its input address. */
enum slot_state { SLOT_EMPTY, SLOT_ONE, SLOT_SEVERAL, SLOT_CHAIN };
#define SLOT_STATE 3ull
#define SLOT_SHIFT 4 /* log2 of its size */

struct record {
	uint64_t input;
	uint64_t pa;
};

struct slot {
	uint64_t input; /* SLOT_ONE: with the state in it */
	union {
		uint64_t pa;		    /* SLOT_ONE */
		struct s2_rmap_cell *chain; /* SLOT_CHAIN */
	} u;
};

struct s2_rmap_cell {
	struct record record;
	struct s2_rmap_cell *next;
};

_Static_assert(sizeof(struct slot) == 1u << SLOT_SHIFT, "slots are indexed by shifts");
_Static_assert(sizeof(void *) == 8, "and so are pages of pointers");

/* Collecting stale records of fewer than these is not worth a visit of the map. */
#define COLLECT_MIN 512u

static enum slot_state state_of(const struct slot *slot)
{
	return (enum slot_state)(slot->input & SLOT_STATE);
}

static struct record record_of(const struct slot *slot)
{
	return (struct record){slot->input & ~SLOT_STATE, slot->u.pa};
}

static bool same(struct record a, struct record b)
{
	return a.input == b.input && a.pa == b.pa;
}

/* Whether the table still has the leaf. */
static bool is_live(const struct s2_vm *vm, struct s2_mmu *mmu, int level, struct record r)
{
	struct s2_leaf leaf = s2_lookup(vm, mmu, (struct table_ipa){r.input});

	return leaf.valid && leaf.level == level && leaf.start.v == r.input && leaf.pa.v == r.pa;
}

/* ---- pages ---- */

static void *new_page(struct s2_vm *vm, struct s2_rmap *map)
{
	void *page = vm->port->alloc_table(vm->port_ctx, BIT(vm->cfg.page_shift), S2_PAGE_RMAP);

	if (!page)
		return NULL;
	map->page_count++;
	if (++vm->rmap_pages > vm->rmap_pages_peak)
		vm->rmap_pages_peak = vm->rmap_pages;
	return page;
}

static void free_page(struct s2_vm *vm, struct s2_rmap *map, void *page)
{
	*s2_entries_of(vm, page) = 0;
	vm->port->free_table(vm->port_ctx, page, BIT(vm->cfg.page_shift), S2_PAGE_RMAP);
	map->page_count--;
	vm->rmap_pages--;
}

/* ---- cells of chains: the first of a page links the pages ---- */

static bool refill_cells(struct s2_vm *vm, struct s2_rmap *map)
{
	uint64_t count = BIT(vm->cfg.page_shift) / sizeof(struct s2_rmap_cell), i;
	struct s2_rmap_cell *cells = new_page(vm, map);

	if (!cells)
		return false;
	cells[0].next = map->cell_pages;
	map->cell_pages = cells;
	for (i = 1; i < count; i++) {
		cells[i].next = map->free_cells;
		map->free_cells = &cells[i];
	}
	return true;
}

static bool push_cell(struct s2_vm *vm, struct s2_rmap *map, struct s2_rmap_cell **chain,
		      struct record r)
{
	struct s2_rmap_cell *cell;

	if (!map->free_cells && !refill_cells(vm, map))
		return false;
	cell = map->free_cells;
	map->free_cells = cell->next;
	*cell = (struct s2_rmap_cell){r, *chain};
	*chain = cell;
	return true;
}

static void drop_cell(struct s2_rmap *map, struct s2_rmap_cell **link)
{
	struct s2_rmap_cell *cell = *link;

	*link = cell->next;
	cell->next = map->free_cells;
	map->free_cells = cell;
}

/* ---- trees: pages of slots at height 0, pages of pointers above ---- */

static unsigned int index_bits(const struct s2_vm *vm, unsigned int height)
{
	return vm->cfg.page_shift - (height ? 3u : (unsigned int)SLOT_SHIFT);
}

/* log2 of the slots under one entry of a page at `height`. */
static unsigned int entry_shift(const struct s2_vm *vm, unsigned int height)
{
	return height ? index_bits(vm, 0) + (height - 1) * index_bits(vm, 1) : 0;
}

static uint64_t index_of(const struct s2_vm *vm, unsigned int height, uint64_t key)
{
	return key >> entry_shift(vm, height) & (BIT(index_bits(vm, height)) - 1);
}

/* The tree grows at its top: memory that lies low needs few levels. */
static bool make_reach(struct s2_vm *vm, struct s2_rmap *map, struct s2_rmap_tree *t, uint64_t key)
{
	if (!t->root)
		t->root = new_page(vm, map);
	while (t->root && key >> entry_shift(vm, t->height + 1u)) {
		void **page = new_page(vm, map);

		if (!page)
			return false;
		page[0] = t->root;
		*s2_entries_of(vm, page) = 1;
		t->root = page;
		t->height++;
	}
	return t->root != NULL;
}

static struct slot *make_slot(struct s2_vm *vm, struct s2_rmap *map, struct s2_rmap_tree *t,
			      uint64_t key)
{
	unsigned int height;
	struct slot *slot;
	void *page;

	if (!make_reach(vm, map, t, key))
		return NULL;
	page = t->root;
	for (height = t->height; height; height--) {
		void **entry = (void **)page + index_of(vm, height, key);

		if (!*entry) {
			*entry = new_page(vm, map);
			if (!*entry)
				return NULL;
			++*s2_entries_of(vm, page);
		}
		page = *entry;
	}
	slot = (struct slot *)page + index_of(vm, 0, key);
	if (state_of(slot) == SLOT_EMPTY)
		++*s2_entries_of(vm, page);
	return slot;
}

static void free_tree(struct s2_vm *vm, struct s2_rmap *map, void *page, unsigned int height)
{
	uint64_t i, left = height ? *s2_entries_of(vm, page) : 0;

	for (i = 0; left; i++) {
		void *child = ((void **)page)[i];

		if (!child)
			continue;
		free_tree(vm, map, child, height - 1);
		left--;
	}
	free_page(vm, map, page);
}

void s2_rmap_clear(struct s2_vm *vm, struct s2_mmu *mmu)
{
	struct s2_rmap *map = &mmu->rmap;
	int level;

	for (level = 1; level < 4; level++)
		if (map->tree[level].root)
			free_tree(vm, map, map->tree[level].root, map->tree[level].height);
	while (map->cell_pages) {
		struct s2_rmap_cell *page = map->cell_pages;

		map->cell_pages = page->next;
		free_page(vm, map, page);
	}
	*map = (struct s2_rmap){0};
}

void s2_rmap_trim(struct s2_vm *vm, struct s2_mmu *mmu)
{
	if (!mmu->table.root_valid)
		s2_rmap_clear(vm, mmu);
}

/* Of what the table maps, not everything is recorded: until it is empty nothing is known. */
static void lose(struct s2_vm *vm, struct s2_mmu *mmu)
{
	s2_rmap_clear(vm, mmu);
	mmu->rmap.lost = true;
}

/* ---- visits ---- */

struct visit {
	struct s2_vm *vm;
	struct s2_mmu *mmu;
	int level;
	bool unmap;	      /* remove live leaves; else drop stale records alone */
	bool several;	      /* an unmap met a slot that does not know */
	struct s2_swept done; /* unmap */
};

/* Deals with the leaf of a record, and tells whether the record is to be kept. */
static bool keeps(struct visit *v, struct record r)
{
	struct s2_swept done;

	if (!is_live(v->vm, v->mmu, v->level, r))
		return false;
	if (!v->unmap)
		return true;
	done = s2_unmap_for_host(v->vm, v->mmu, (struct table_ipa){r.input},
				 level_size(v->vm->cfg.page_shift, v->level));
	v->done.bytes += done.bytes;
	v->done.leaves += done.leaves;
	v->done.visited += done.visited;
	return false;
}

static void visit_chain(struct visit *v, struct slot *slot)
{
	struct s2_rmap_cell **link = &slot->u.chain;

	while (*link) {
		if (keeps(v, (*link)->record)) {
			link = &(*link)->next;
			continue;
		}
		drop_cell(&v->mmu->rmap, link);
		v->mmu->rmap.record_count--;
	}
	if (!slot->u.chain)
		slot->input = SLOT_EMPTY;
}

static void visit_slot(struct visit *v, struct slot *slot)
{
	switch (state_of(slot)) {
	case SLOT_EMPTY:
		break;
	case SLOT_ONE:
		if (keeps(v, record_of(slot)))
			break;
		*slot = (struct slot){0};
		v->mmu->rmap.record_count--;
		break;
	case SLOT_SEVERAL:
		v->several |= v->unmap;
		break;
	case SLOT_CHAIN:
		visit_chain(v, slot);
		break;
	}
}

/* Slots of one page with keys first..last, both included. */
static void visit_slots(struct visit *v, struct slot *slots, uint64_t first, uint64_t last)
{
	uint16_t *used = s2_entries_of(v->vm, slots);
	uint64_t i;

	for (i = first; i <= last && *used && !v->several; i++) {
		v->done.visited++;
		if (state_of(&slots[i]) == SLOT_EMPTY)
			continue;
		visit_slot(v, &slots[i]);
		if (state_of(&slots[i]) == SLOT_EMPTY)
			--*used;
	}
}

/* Descends to what is there: the size of a range costs nothing where the map is empty. */
static void visit_page(struct visit *v, void *page, unsigned int height, uint64_t first,
		       uint64_t last)
{
	unsigned int shift = entry_shift(v->vm, height);
	uint64_t low = BIT(shift) - 1, i;
	uint16_t *used = s2_entries_of(v->vm, page);

	if (!height) {
		visit_slots(v, page, first, last);
		return;
	}
	for (i = first >> shift; i <= last >> shift && *used && !v->several; i++) {
		void **child = (void **)page + i;

		v->done.visited++;
		if (!*child)
			continue;
		visit_page(v, *child, height - 1, i == first >> shift ? first & low : 0,
			   i == last >> shift ? last & low : low);
		if (*s2_entries_of(v->vm, *child))
			continue;
		free_page(v->vm, &v->mmu->rmap, *child);
		*child = NULL;
		--*used;
	}
}

/* Canonical addresses first..last, both included, at the level of the visit. */
static void visit_tree(struct visit *v, uint64_t first, uint64_t last)
{
	struct s2_rmap_tree *t = &v->mmu->rmap.tree[v->level];
	unsigned int shift = s2_level_shift(v->vm->cfg.page_shift, v->level);
	uint64_t reach;

	if (!t->root)
		return;
	reach = BIT(entry_shift(v->vm, t->height + 1u)) - 1;
	if (first >> shift > reach)
		return;
	last = last >> shift < reach ? last >> shift : reach;
	visit_page(v, t->root, t->height, first >> shift, last);
	if (!*s2_entries_of(v->vm, t->root)) {
		free_page(v->vm, &v->mmu->rmap, t->root);
		*t = (struct s2_rmap_tree){0};
	}
}

/* Stale records may be as many as live ones: then all go, at a cost that inserting them had. */
static void collect(struct s2_vm *vm, struct s2_mmu *mmu)
{
	struct s2_rmap *map = &mmu->rmap;
	struct visit v = {.vm = vm, .mmu = mmu};

	if (map->record_count < COLLECT_MIN || map->record_count < map->collect_at)
		return;
	for (v.level = 1; v.level < 4; v.level++)
		visit_tree(&v, 0, ~0ull);
	map->collect_at = 2 * map->record_count;
}

/* ---- insertion ---- */

static bool in_chain(const struct s2_rmap_cell *cell, struct record r)
{
	while (cell && !same(cell->record, r))
		cell = cell->next;
	return cell != NULL;
}

/* A slot that has a live record gets another. False: no memory. */
static bool add_alias(struct visit *v, struct slot *slot, struct record r)
{
	struct s2_rmap *map = &v->mmu->rmap;
	struct slot chained = {.input = SLOT_CHAIN};

	if (v->vm->cfg.invalidation->kind == S2_INVALIDATE_RMAP) {
		*slot = (struct slot){.input = SLOT_SEVERAL};
		return true;
	}
	if (state_of(slot) == SLOT_CHAIN)
		chained = *slot;
	else if (!push_cell(v->vm, map, &chained.u.chain, record_of(slot)))
		return false;
	map->record_count++;
	if (!push_cell(v->vm, map, &chained.u.chain, r))
		return false;
	*slot = chained;
	return true;
}

static bool add_record(struct visit *v, struct slot *slot, struct record r)
{
	if (state_of(slot) == SLOT_SEVERAL)
		return true;
	if (state_of(slot) == SLOT_ONE && same(record_of(slot), r))
		return true;
	visit_slot(v, slot);
	if (state_of(slot) == SLOT_CHAIN && in_chain(slot->u.chain, r))
		return true;
	if (state_of(slot) != SLOT_EMPTY)
		return add_alias(v, slot, r);
	*slot = (struct slot){.input = r.input | SLOT_ONE, .u.pa = r.pa};
	v->mmu->rmap.record_count++;
	return true;
}

/*
 * A leaf that maps L1's memory from `canonical` on. That is a multiple of the
 * leaf's size with sound policies; with others the leaf may meet two slots.
 */
static bool add_leaf(struct s2_vm *vm, struct s2_mmu *mmu, const struct s2_leaf *leaf,
		     uint64_t canonical)
{
	struct visit v = {.vm = vm, .mmu = mmu, .level = leaf->level};
	struct record r = {leaf->start.v, leaf->pa.v};
	unsigned int shift = s2_level_shift(vm->cfg.page_shift, leaf->level);
	uint64_t key, last = canonical + leaf->size - 1;

	if (last < canonical || last >> vm->cfg.ipa_limit)
		return false;
	for (key = canonical >> shift; key <= last >> shift; key++) {
		struct slot *slot = make_slot(vm, &mmu->rmap, &mmu->rmap.tree[leaf->level], key);

		if (!slot || !add_record(&v, slot, r))
			return false;
	}
	return true;
}

void s2_rmap_add(struct s2_vm *vm, struct s2_mmu *mmu, const struct s2_mapping *m)
{
	uint64_t done = 0;

	/* What was split or cut short is looked up: the table tells what came of the mapping. */
	while (done < m->size && !mmu->rmap.lost) {
		struct s2_leaf leaf = s2_lookup(vm, mmu, (struct table_ipa){m->addr.v + done});
		uint64_t offset = leaf.start.v - m->addr.v; /* of a larger leaf: below 0 */

		if (leaf.valid && leaf.pa.v == m->pa.v + offset &&
		    !add_leaf(vm, mmu, &leaf, m->canonical.v + offset))
			lose(vm, mmu);
		done = offset + leaf.size;
	}
	collect(vm, mmu);
}

/* ---- host unmap ---- */

struct s2_swept s2_rmap_unmap(struct s2_vm *vm, struct s2_mmu *mmu, struct l1_ipa base,
			      uint64_t size)
{
	struct visit v = {.vm = vm, .mmu = mmu, .unmap = true, .several = mmu->rmap.lost};
	uint64_t last = size - 1 > ~0ull - base.v ? ~0ull : base.v + (size - 1);
	struct s2_swept rest;

	for (v.level = 1; size && v.level < 4 && !v.several; v.level++)
		visit_tree(&v, base.v, last);
	v.done.gave_up = size && v.several;
	if (v.done.gave_up) {
		rest = s2_unmap_for_host(vm, mmu, (struct table_ipa){0},
					 BIT(mmu->table.input_bits));
		v.done.bytes += rest.bytes;
		v.done.leaves += rest.leaves;
		v.done.visited += rest.visited;
	}
	s2_rmap_trim(vm, mmu);
	return v.done;
}
