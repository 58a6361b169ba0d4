/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage-2 tables in the architecture's own descriptor format (Arm ARM D8.3),
 * so that VTTBR_EL2 can point at them.
 *
 * A table page is freed as soon as its last entry goes. How many entries of a
 * page are valid is kept beside the pages, in s2_port.tables_entries; the
 * root's count is in struct s2_table and the root is never freed.
 *
 * A valid entry is never overwritten by another valid one of different
 * address, size or memory type: break_entry() comes between (break-before-make).
 *
 * A contiguous group is a run of pages with the contiguous hint, aligned in input
 * and output, of which hardware may keep any number in one TLB entry (Arm ARM D8.7.1).
 * So there is no part of a group: its pages agree in all but the address, they come
 * and go together, and whatever is done to one of them is done to all.
 */
#include "internal.h"

static inline unsigned int page_shift(const struct s2_vm *vm)
{
	return vm->cfg.page_shift;
}

static inline uint64_t *table_at(const struct s2_vm *vm, struct host_pa pa)
{
	return (uint64_t *)(void *)(vm->port->tables + (pa.v - vm->port->tables_pa.v));
}

static struct host_pa pa_of(const struct s2_vm *vm, const uint64_t *table)
{
	uint64_t offset = (uint64_t)((const unsigned char *)table - vm->port->tables);

	return (struct host_pa){vm->port->tables_pa.v + offset};
}

static uint16_t *entries_of(const struct s2_vm *vm, const uint64_t *table)
{
	return s2_entries_of(vm, table);
}

/* Output addresses of 52 bits: the two layouts of Arm ARM D8.3.1 and the plain one. */
static inline uint64_t pa_to_desc(const struct s2_config *cfg, struct host_pa pa)
{
	if (cfg->page_shift == 16)
		return (pa.v & mask(47, 16)) | field(pa.v, 51, 48) << 12;
	if (cfg->lpa2)
		return (pa.v & mask(49, cfg->page_shift)) | field(pa.v, 51, 50) << 8;
	return pa.v & mask(47, cfg->page_shift);
}

static inline struct host_pa desc_to_pa(const struct s2_config *cfg, uint64_t desc)
{
	if (cfg->page_shift == 16)
		return (struct host_pa){(desc & mask(47, 16)) | field(desc, 15, 12) << 48};
	if (cfg->lpa2)
		return (struct host_pa){(desc & mask(49, cfg->page_shift)) | field(desc, 9, 8)
										     << 50};
	return (struct host_pa){desc & mask(47, cfg->page_shift)};
}

static uint64_t table_desc(const struct s2_vm *vm, const uint64_t *table)
{
	return pa_to_desc(&vm->cfg, pa_of(vm, table)) | DESC_TABLE | DESC_VALID;
}

/* Table pages lie below 2^48, where all layouts are the same. */
static inline uint64_t *child_of(const struct s2_vm *vm, uint64_t desc)
{
	return table_at(vm, (struct host_pa){desc & mask(47, 12)});
}

static uint64_t root_size(const struct s2_vm *vm, const struct s2_table *t)
{
	uint64_t size = 8ull << (t->input_bits - s2_level_shift(page_shift(vm), t->start_level));

	return size < BIT(page_shift(vm)) ? BIT(page_shift(vm)) : size;
}

/*
 * Fewest levels, with up to 16 concatenated start tables, and no fewer than
 * two: with a single level every block of the host would be split.
 */
bool s2_table_init(struct s2_vm *vm, struct s2_table *t, unsigned int input_bits)
{
	unsigned int levels = (input_bits - 8) / (page_shift(vm) - 3);
	uint64_t *root;

	if (levels < 2)
		levels = 2;
	*t = (struct s2_table){
		.start_level = (uint8_t)(4 - levels),
		.input_bits = (uint8_t)input_bits,
	};
	root = vm->port->alloc_table(vm->port_ctx, root_size(vm, t), S2_PAGE_TABLE);
	if (!root)
		return false;
	t->root = pa_of(vm, root);
	t->page_count = (uint32_t)(root_size(vm, t) >> page_shift(vm));
	return true;
}

void s2_table_destroy(struct s2_vm *vm, struct s2_mmu *mmu)
{
	struct s2_table *t = &mmu->table;

	s2_unmap_all(vm, mmu);
	s2_rmap_clear(vm, mmu);
	vm->port->free_table(vm->port_ctx, table_at(vm, t->root), root_size(vm, t), S2_PAGE_TABLE);
	*t = (struct s2_table){0};
}

static bool in_range(const struct s2_table *t, uint64_t ipa)
{
	return !(ipa >> t->input_bits);
}

/* ---- one entry on the way down ---- */

/* Walks of these tables are the hottest loops: hence `inline`, and a shift that is kept. */
struct cursor {
	uint64_t *table;
	uint64_t *entry;
	int level;
	unsigned int shift; /* log2 of what an entry spans */
	bool root;	    /* table is the root */
};

static inline unsigned int index_bits(const struct s2_vm *vm)
{
	return page_shift(vm) - 3;
}

static inline struct cursor cursor_root(const struct s2_vm *vm, const struct s2_table *t,
					uint64_t ipa)
{
	struct cursor c = {
		.table = table_at(vm, t->root),
		.level = t->start_level,
		.shift = s2_level_shift(page_shift(vm), t->start_level),
		.root = true,
	};

	c.entry = &c.table[ipa >> c.shift];
	return c;
}

/* The entry for ipa in a table that is not the root. */
static inline uint64_t *entry_in(const struct s2_vm *vm, uint64_t *table, unsigned int shift,
				 uint64_t ipa)
{
	return &table[ipa >> shift & (BIT(index_bits(vm)) - 1)];
}

static inline void cursor_down(const struct s2_vm *vm, struct cursor *c, uint64_t ipa)
{
	c->table = child_of(vm, *c->entry);
	c->level++;
	c->shift -= index_bits(vm);
	c->root = false;
	c->entry = entry_in(vm, c->table, c->shift, ipa);
}

/* The number of the table of level-2 entries that ipa belongs to; never 0, which stands for "none".
 */
static inline uint64_t recent_key(const struct s2_vm *vm, uint64_t ipa)
{
	return (ipa >> (page_shift(vm) + 2 * index_bits(vm))) + 1;
}

static void remember(const struct s2_vm *vm, struct s2_table *t, const struct cursor *c,
		     uint64_t ipa)
{
	uint64_t key = recent_key(vm, ipa);

	t->recent[key % S2_RECENT_TABLES] = (struct s2_recent){key, c->table};
}

static void forget(struct s2_table *t, const uint64_t *table)
{
	unsigned int i;

	for (i = 0; i < S2_RECENT_TABLES; i++)
		if (t->recent[i].table == table)
			t->recent[i] = (struct s2_recent){0};
}

/* As far down as ipa can be found without reading an entry. */
static inline struct cursor cursor_top(const struct s2_vm *vm, const struct s2_table *t,
				       uint64_t ipa)
{
	uint64_t key = recent_key(vm, ipa);
	const struct s2_recent *r = &t->recent[key % S2_RECENT_TABLES];
	unsigned int shift = page_shift(vm) + index_bits(vm);

	if (r->key != key)
		return cursor_root(vm, t, ipa);
	return (struct cursor){
		.table = r->table,
		.entry = entry_in(vm, r->table, shift, ipa),
		.level = 2,
		.shift = shift,
	};
}

/* The entry that maps ipa, or the invalid one that stops the walk. */
static inline __attribute__((always_inline)) struct cursor
cursor_at(const struct s2_vm *vm, struct s2_table *t, uint64_t ipa)
{
	struct cursor c = cursor_top(vm, t, ipa);

	while (desc_is_table(*c.entry, c.level)) {
		cursor_down(vm, &c, ipa);
		if (c.level == 2)
			remember(vm, t, &c, ipa);
	}
	return c;
}

static void count_entry(struct s2_vm *vm, struct s2_table *t, const struct cursor *c, int delta)
{
	if (c->root)
		t->root_valid = (uint32_t)((int64_t)t->root_valid + delta);
	else
		*entries_of(vm, c->table) = (uint16_t)(*entries_of(vm, c->table) + delta);
}

static void flush(const struct s2_vm *vm, const struct s2_mmu *mmu, enum s2_tlb_op op, uint64_t ipa,
		  uint64_t size)
{
	vm->port->tlb(vm->port_ctx, mmu, op, (struct table_ipa){ipa}, size);
}

/* Break-before-make, first half: the entry is gone from memory and from every TLB. */
static void break_entry(struct s2_vm *vm, struct s2_mmu *mmu, const struct cursor *c, uint64_t ipa)
{
	uint64_t span = level_size(page_shift(vm), c->level);

	*c->entry = 0;
	flush(vm, mmu, S2_TLB_IPA, floor_to(ipa, span), span);
}

static void free_page(struct s2_vm *vm, struct s2_table *t, uint64_t *table)
{
	*entries_of(vm, table) = 0;
	vm->port->free_table(vm->port_ctx, table, BIT(page_shift(vm)), S2_PAGE_TABLE);
	t->page_count--;
	forget(t, table);
}

/* A subtree that no entry and no TLB refers to any more. */
static void free_subtree(struct s2_vm *vm, struct s2_table *t, uint64_t *table, int level)
{
	unsigned int i, left = *entries_of(vm, table);

	if (level == 3) {
		t->leaf_count[3] -= left;
		left = 0;
	}
	for (i = 0; left; i++) {
		if (!(table[i] & DESC_VALID))
			continue;
		left--;
		if (desc_is_table(table[i], level))
			free_subtree(vm, t, child_of(vm, table[i]), level + 1);
		else
			t->leaf_count[level]--;
	}
	free_page(vm, t, table);
}

/* ---- contiguous groups ---- */

/* The only group size of pages that a granule has: 16, 128, 32 pages of 4K, 16K, 64K. */
static uint64_t group_size(const struct s2_vm *vm)
{
	return page_shift(vm) == 12 ? BIT(16) : BIT(21);
}

static uint64_t group_pages(const struct s2_vm *vm)
{
	return group_size(vm) >> page_shift(vm);
}

/* The first of the group's entries in a table of pages. */
static uint64_t *group_entries(const struct s2_vm *vm, const struct cursor *c, uint64_t ipa)
{
	return entry_in(vm, c->table, c->shift, floor_to(ipa, group_size(vm)));
}

/*
 * Breaks what is valid where a group is or shall be, a group or pages. All of it is
 * gone before one flush of the whole range: with an invalidation of single pages, a
 * TLB could keep the group by another of them.
 */
static void break_group(struct s2_vm *vm, struct s2_mmu *mmu, const struct cursor *c, uint64_t ipa)
{
	uint64_t *entry = group_entries(vm, c, ipa), i;
	int broken = 0;

	for (i = 0; i < group_pages(vm); i++) {
		broken += (int)(entry[i] & DESC_VALID);
		entry[i] = 0;
	}
	if (!broken)
		return;
	count_entry(vm, &mmu->table, c, -broken);
	mmu->table.leaf_count[3] -= (uint64_t)broken;
	flush(vm, mmu, S2_TLB_RANGE, floor_to(ipa, group_size(vm)), group_size(vm));
}

/*
 * For a page that is to differ from its group: as with a block, nothing but the new
 * page remains. It is counted; the caller writes it.
 */
static void leave_group(struct s2_vm *vm, struct s2_mmu *mmu, const struct cursor *c, uint64_t ipa)
{
	break_group(vm, mmu, c, ipa);
	count_entry(vm, &mmu->table, c, 1);
	mmu->table.leaf_count[3]++;
}

/* ---- map ---- */

/* The level of the largest leaf that may stand at ipa. */
static int leaf_level(const struct s2_vm *vm, const struct s2_table *t, uint64_t ipa, uint64_t size,
		      uint64_t pa)
{
	int level = first_block_level(page_shift(vm));

	if (size < level_size(page_shift(vm), 2))
		return 3;
	if (level < t->start_level)
		level = t->start_level;
	for (; level < 3; level++) {
		uint64_t span = level_size(page_shift(vm), level);

		if (size >= span && !((ipa | pa) & (span - 1)))
			break;
	}
	return level;
}

/* Puts an empty table where there is none; a block there is split by forgetting it. */
static bool make_table(struct s2_vm *vm, struct s2_mmu *mmu, const struct cursor *c, uint64_t ipa,
		       struct s2_map_result *r)
{
	uint64_t *child = vm->port->alloc_table(vm->port_ctx, BIT(page_shift(vm)), S2_PAGE_TABLE);

	if (!child)
		return false;
	mmu->table.page_count++;
	if (*c->entry & DESC_VALID) {
		break_entry(vm, mmu, c, ipa);
		mmu->table.leaf_count[c->level]--;
		r->split = true;
	} else {
		count_entry(vm, &mmu->table, c, 1);
	}
	*c->entry = table_desc(vm, child);
	return true;
}

/*
 * Two valid leaves that differ in permissions only are left to a later
 * permission fault; the level tag is no permission (spec 4.6).
 */
static bool needs_update(uint64_t old, uint64_t new)
{
	return !(old & DESC_VALID) || ((old ^ new) & ~DESC_PERMS);
}

static enum s2_map_status install_leaf(struct s2_vm *vm, struct s2_mmu *mmu, const struct cursor *c,
				       uint64_t ipa, uint64_t leaf, struct s2_map_result *r)
{
	uint64_t old = *c->entry;
	bool was_table = desc_is_table(old, c->level);

	if (!needs_update(old, leaf))
		return S2_MAP_AGAIN;
	if (!(old & DESC_VALID))
		count_entry(vm, &mmu->table, c, 1);
	else if (old & DESC_CONTIG)
		leave_group(vm, mmu, c, ipa);
	else
		break_entry(vm, mmu, c, ipa);
	if (was_table) {
		free_subtree(vm, &mmu->table, child_of(vm, old), c->level + 1);
		r->collapsed = true;
	}
	if (was_table || !(old & DESC_VALID))
		mmu->table.leaf_count[c->level]++;
	*c->entry = leaf;
	return S2_MAP_OK;
}

/* Goes down to the entry for ipa at `level`, with tables made on the way. False: no memory. */
static inline __attribute__((always_inline)) bool descend(struct s2_vm *vm, struct s2_mmu *mmu,
							  struct cursor *c, uint64_t ipa, int level,
							  struct s2_map_result *r)
{
	*c = level < 2 ? cursor_root(vm, &mmu->table, ipa) : cursor_top(vm, &mmu->table, ipa);
	while (c->level < level) {
		if (!desc_is_table(*c->entry, c->level) && !make_table(vm, mmu, c, ipa, r))
			return false;
		cursor_down(vm, c, ipa);
		if (c->level == 2)
			remember(vm, &mmu->table, c, ipa);
	}
	return true;
}

/*
 * A page where there is none, in a table that is there: what most faults come to. Below
 * 2^48 all layouts of a descriptor are the same.
 */
uint64_t s2_map_new_page(const struct s2_vm *vm, struct s2_mmu *mmu, struct table_ipa ipa,
			 struct host_pa pa, uint64_t attributes)
{
	struct s2_table *t = &mmu->table;
	unsigned int shift = page_shift(vm);
	uint64_t key = recent_key(vm, ipa.v), *table, *entry, desc, leaf;
	const struct s2_recent *r = &t->recent[key % S2_RECENT_TABLES];

	if (r->key != key || !in_range(t, ipa.v) || pa.v >> 48)
		return 0;
	desc = *entry_in(vm, r->table, shift + index_bits(vm), ipa.v);
	if (!desc_is_table(desc, 2))
		return 0;
	table = child_of(vm, desc);
	entry = entry_in(vm, table, shift, ipa.v);
	if (*entry & DESC_VALID)
		return 0;
	++*entries_of(vm, table);
	t->leaf_count[3]++;
	leaf = floor_to(pa.v, BIT(shift)) | attributes | DESC_TABLE | DESC_VALID;
	*entry = leaf;
	return leaf;
}

static enum s2_map_status map_leaf(struct s2_vm *vm, struct s2_mmu *mmu, uint64_t ipa, int level,
				   uint64_t leaf, struct s2_map_result *r)
{
	struct cursor c;

	if (!descend(vm, mmu, &c, ipa, level, r))
		return S2_MAP_NOMEM;
	return install_leaf(vm, mmu, &c, ipa, leaf, r);
}

/* A leaf's permissions raised to those of `want`; XN is one field, and no X leaves it. */
static inline uint64_t raised(uint64_t leaf, uint64_t want, const struct s2_perm *perm)
{
	leaf |= want & (DESC_R | DESC_W);
	if (perm->x_el0 || perm->x_el1)
		leaf = (leaf & ~DESC_XN) | (want & DESC_XN);
	return leaf;
}

/*
 * `leaf` is the descriptor of the first page. Permissions of a group are not raised
 * in place: until the last entry was written, its pages would differ. So the group is
 * remade, with what it had before, as relaxing never takes anything away. If it
 * has all of that already, the fault was another vCPU's, too, and is over.
 */
static enum s2_map_status map_group(struct s2_vm *vm, struct s2_mmu *mmu, uint64_t ipa,
				    uint64_t leaf, const struct s2_perm *perm,
				    struct s2_map_result *r)
{
	uint64_t *entry, i;
	struct cursor c;

	if (!descend(vm, mmu, &c, ipa, 3, r))
		return S2_MAP_NOMEM;
	entry = group_entries(vm, &c, ipa);
	if (!((*entry ^ leaf) & ~(DESC_PERMS | DESC_AF)))
		leaf = raised(*entry | DESC_AF, leaf, perm);
	if (leaf == *entry)
		return S2_MAP_AGAIN;
	break_group(vm, mmu, &c, ipa);
	for (i = 0; i < group_pages(vm); i++) /* aligned: only plain address bits change */
		entry[i] = leaf + (i << page_shift(vm));
	count_entry(vm, &mmu->table, &c, (int)group_pages(vm));
	mmu->table.leaf_count[3] += group_pages(vm);
	r->pte = leaf;
	return S2_MAP_OK;
}

struct s2_map_result s2_map(struct s2_vm *vm, struct s2_mmu *mmu, struct table_ipa ipa,
			    uint64_t size, struct host_pa pa, const struct s2_prot *prot)
{
	uint64_t attr = s2_leaf_attributes(&vm->cfg, prot), done = 0;
	uint64_t limit = BIT(mmu->table.input_bits);
	struct s2_map_result r = {.status = S2_MAP_OK};

	/* A permission fault may name an address that only aliasing lets L1's walk accept (Q1). */
	if (size > limit || ipa.v > limit - size)
		return (struct s2_map_result){.status = S2_MAP_RANGE};
	if (size == BIT(page_shift(vm)) && !prot->contig) {
		r.pte = s2_map_new_page(vm, mmu, ipa, pa, attr);
		if (r.pte)
			return r;
		r.pte = pa_to_desc(&vm->cfg, pa) | attr | DESC_VALID | DESC_TABLE;
		r.status = map_leaf(vm, mmu, ipa.v, 3, r.pte, &r);
		return r;
	}
	if (prot->contig && size == group_size(vm) && !((ipa.v | pa.v) & (size - 1))) {
		r.status = map_group(vm, mmu, ipa.v,
				     pa_to_desc(&vm->cfg, pa) | attr | DESC_CONTIG | DESC_TABLE |
					     DESC_VALID,
				     &prot->perm, &r);
		return r;
	}
	while (done < size && r.status == S2_MAP_OK) {
		int level = leaf_level(vm, &mmu->table, ipa.v + done, size - done, pa.v + done);
		uint64_t leaf = pa_to_desc(&vm->cfg, (struct host_pa){pa.v + done}) | attr |
				DESC_VALID | (level == 3 ? DESC_TABLE : 0);

		r.status = map_leaf(vm, mmu, ipa.v + done, level, leaf, &r);
		if (!done)
			r.pte = leaf;
		done += level_size(page_shift(vm), level);
	}
	return r;
}

/* ---- one leaf in place ---- */

uint64_t s2_descriptor(const struct s2_vm *vm, struct s2_mmu *mmu, struct table_ipa ipa, int *level)
{
	struct s2_table *t = &mmu->table;
	struct cursor c;

	*level = t->start_level;
	if (!in_range(t, ipa.v))
		return 0;
	c = cursor_at(vm, t, ipa.v);
	*level = c.level;
	return *c.entry;
}

struct s2_leaf s2_lookup(const struct s2_vm *vm, struct s2_mmu *mmu, struct table_ipa ipa)
{
	struct s2_leaf leaf = {.level = (int8_t)mmu->table.start_level};
	struct cursor c;

	if (!in_range(&mmu->table, ipa.v))
		return leaf;
	c = cursor_at(vm, &mmu->table, ipa.v);
	leaf.level = (int8_t)c.level;
	leaf.size = BIT(c.shift);
	leaf.start.v = floor_to(ipa.v, leaf.size);
	leaf.desc = *c.entry;
	leaf.valid = leaf.desc & DESC_VALID;
	if (leaf.valid)
		leaf.pa = desc_to_pa(&vm->cfg, leaf.desc);
	return leaf;
}

struct s2_map_result s2_relax(struct s2_vm *vm, struct s2_mmu *mmu, struct table_ipa ipa,
			      const struct s2_prot *prot)
{
	uint64_t new, want = s2_leaf_attributes(&vm->cfg, prot);
	struct cursor c;

	if (!in_range(&mmu->table, ipa.v))
		return (struct s2_map_result){.status = S2_MAP_RANGE};
	c = cursor_at(vm, &mmu->table, ipa.v);
	new = *c.entry;
	if (!(new &DESC_VALID))
		return (struct s2_map_result){.status = S2_MAP_AGAIN};
	/* One page is to have more than the rest of its group: it remains alone. */
	if (new &DESC_CONTIG)
		leave_group(vm, mmu, &c, ipa.v);
	new &= ~DESC_CONTIG;
	new = raised(new, want, &prot->perm);
	*c.entry = new;
	flush(vm, mmu, S2_TLB_PERMS, floor_to(ipa.v, level_size(page_shift(vm), c.level)),
	      level_size(page_shift(vm), c.level));
	return (struct s2_map_result){.status = S2_MAP_OK, .pte = new};
}

void s2_make_young(struct s2_vm *vm, struct s2_mmu *mmu, struct table_ipa ipa)
{
	uint64_t i;
	struct cursor c;

	if (!in_range(&mmu->table, ipa.v))
		return;
	c = cursor_at(vm, &mmu->table, ipa.v);
	if (!(*c.entry & DESC_VALID))
		return;
	if (!(*c.entry & DESC_CONTIG)) {
		*c.entry |= DESC_AF;
		return;
	}
	/* In place: no TLB holds an entry without the flag. */
	for (i = 0; i < group_pages(vm); i++)
		group_entries(vm, &c, ipa.v)[i] |= DESC_AF;
}

/* ---- ranges ---- */

enum sweep_op { SWEEP_UNMAP, SWEEP_PROTECT, SWEEP_AGE };

struct sweep {
	struct s2_vm *vm;
	struct s2_mmu *mmu;
	enum sweep_op op;
	uint64_t start, last; /* of what TLBs are told, both included */
	bool tell;	      /* the port, of each leaf that goes */
	struct s2_swept done;
};

static inline void sweep_leaf(struct sweep *s, const struct cursor *c, uint64_t ipa)
{
	uint64_t span = level_size(page_shift(s->vm), c->level);
	static const uint64_t cleared_bit[] = {
		[SWEEP_UNMAP] = DESC_VALID, [SWEEP_PROTECT] = DESC_W, [SWEEP_AGE] = DESC_AF};

	if (!(*c->entry & cleared_bit[s->op]))
		return;
	if (s->op == SWEEP_UNMAP) {
		*c->entry = 0;
		count_entry(s->vm, &s->mmu->table, c, -1);
		s->mmu->table.leaf_count[c->level]--;
		if (s->tell)
			s->vm->port->dropped(s->vm->port_ctx, s->mmu,
					     (struct table_ipa){floor_to(ipa, span)}, span);
	} else {
		*c->entry &= ~cleared_bit[s->op];
	}
	s->done.leaves++;
	s->done.bytes += span;
}

/*
 * Removes a group, or takes the same from all its pages, whichever of them the range
 * meets; every one is told to TLBs. Taking W or AF needs no break: while pages
 * differ, hardware may use the old or the new permission, and what is old is flushed.
 */
static void sweep_group(struct sweep *s, const struct cursor *c, uint64_t ipa)
{
	uint64_t start = floor_to(ipa, group_size(s->vm)), last = start + group_size(s->vm) - 1, i;
	struct cursor page = *c;

	page.entry = group_entries(s->vm, c, ipa);
	for (i = 0; i < group_pages(s->vm); i++, page.entry++)
		sweep_leaf(s, &page, start + (i << page_shift(s->vm)));
	if (start < s->start)
		s->start = start;
	if (last > s->last)
		s->last = last;
}

/* The table below lost its last entry: unlink, make every walker forget it, free. */
static void drop_empty_table(struct sweep *s, const struct cursor *c, uint64_t ipa)
{
	uint64_t *child = child_of(s->vm, *c->entry);

	break_entry(s->vm, s->mmu, c, ipa);
	count_entry(s->vm, &s->mmu->table, c, -1);
	free_page(s->vm, &s->mmu->table, child);
}

static uint64_t valid_entries(const struct sweep *s, const struct cursor *c)
{
	return c->root ? s->mmu->table.root_valid : *entries_of(s->vm, c->table);
}

/*
 * Visits the entries of one table that meet the range; `from` is the first address of them.
 * A group, which lies in one table, is swept where its first page in the range is.
 */
static void sweep_table(struct sweep *s, struct cursor c, uint64_t from, uint64_t last)
{
	uint64_t span = level_size(page_shift(s->vm), c.level), ipa;

	for (ipa = from; ipa <= last; ipa = floor_to(ipa, span) + span, c.entry++) {
		uint64_t end = floor_to(ipa, span) + span - 1;

		if (s->op == SWEEP_UNMAP && !valid_entries(s, &c))
			break;
		s->done.visited++;
		if (!(*c.entry & DESC_VALID))
			continue;
		if (!desc_is_table(*c.entry, c.level)) {
			if (!(*c.entry & DESC_CONTIG))
				sweep_leaf(s, &c, ipa);
			else if (ipa == from || ipa == floor_to(ipa, group_size(s->vm)))
				sweep_group(s, &c, ipa);
			continue;
		}
		struct cursor child = c;

		cursor_down(s->vm, &child, ipa);
		sweep_table(s, child, ipa, end < last ? end : last);
		if (s->op == SWEEP_UNMAP && !*entries_of(s->vm, child.table))
			drop_empty_table(s, &c, ipa);
	}
}

static struct s2_swept run_sweep(struct sweep *s, uint64_t size, bool with_flush)
{
	struct s2_table *t = &s->mmu->table;
	uint64_t top = mask(t->input_bits - 1u, 0), start = s->start;

	if (!size || start > top)
		return s->done;
	s->last = size - 1 > top - start ? top : start + size - 1;
	sweep_table(s, cursor_root(s->vm, t, start), start, s->last);
	if (s->done.leaves && with_flush)
		flush(s->vm, s->mmu, S2_TLB_RANGE, s->start, s->last - s->start + 1);
	return s->done;
}

static struct s2_swept sweep(struct s2_vm *vm, struct s2_mmu *mmu, enum sweep_op op, uint64_t start,
			     uint64_t size, bool with_flush)
{
	struct sweep s = {.vm = vm, .mmu = mmu, .op = op, .start = start};

	return run_sweep(&s, size, with_flush);
}

struct s2_swept s2_unmap(struct s2_vm *vm, struct s2_mmu *mmu, struct table_ipa start,
			 uint64_t size)
{
	return sweep(vm, mmu, SWEEP_UNMAP, start.v, size, true);
}

struct s2_swept s2_unmap_all(struct s2_vm *vm, struct s2_mmu *mmu)
{
	return sweep(vm, mmu, SWEEP_UNMAP, 0, BIT(mmu->table.input_bits), true);
}

struct s2_swept s2_unmap_for_host(struct s2_vm *vm, struct s2_mmu *mmu, struct table_ipa start,
				  uint64_t size)
{
	struct sweep s = {.vm = vm,
			  .mmu = mmu,
			  .op = SWEEP_UNMAP,
			  .start = start.v,
			  .tell = vm->port->dropped != NULL};

	return run_sweep(&s, size, true);
}

struct s2_swept s2_protect(struct s2_vm *vm, struct s2_mmu *mmu, struct table_ipa start,
			   uint64_t size, bool with_flush)
{
	return sweep(vm, mmu, SWEEP_PROTECT, start.v, size, with_flush);
}

struct s2_swept s2_age(struct s2_vm *vm, struct s2_mmu *mmu, struct table_ipa start, uint64_t size)
{
	return sweep(vm, mmu, SWEEP_AGE, start.v, size, true);
}

static void visit_entries(const struct s2_vm *vm, struct cursor c, uint64_t ipa, uint64_t count,
			  s2_entry_fn *fn, void *arg)
{
	uint64_t span = level_size(page_shift(vm), c.level);

	for (; count; count--, ipa += span, c.entry++) {
		struct cursor child = c;

		if (!desc_is_table(*c.entry, c.level)) {
			fn(arg, (struct table_ipa){ipa}, c.level, span, *c.entry);
			continue;
		}
		cursor_down(vm, &child, ipa);
		visit_entries(vm, child, ipa, BIT(page_shift(vm) - 3), fn, arg);
	}
}

void s2_for_each_entry(const struct s2_vm *vm, const struct s2_mmu *mmu, s2_entry_fn *fn, void *arg)
{
	const struct s2_table *t = &mmu->table;
	uint64_t count = BIT(t->input_bits - s2_level_shift(page_shift(vm), t->start_level));

	visit_entries(vm, cursor_root(vm, t, 0), 0, count, fn, arg);
}
