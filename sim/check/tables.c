/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The picture of the handler's tables: each entry as it was when it was last
 * looked at. What differs from the picture has changed since.
 */
#include "checker.h"

#include <stdlib.h>
#include <string.h>

/* ---- the handler's memory ---- */

static bool in_tables(const struct check *c, uint64_t pa)
{
	return pa - c->view.tables_pa < c->view.tables_size;
}

static size_t page_number(const struct check *c, uint64_t pa)
{
	return (size_t)((pa - c->view.tables_pa) >> c->machine.page_shift);
}

/* pa: within the range. */
static const uint64_t *words_at(const struct check *c, uint64_t pa)
{
	return (const uint64_t *)(const void *)(c->view.tables + (pa - c->view.tables_pa));
}

uint64_t desc_pa(const struct check *c, uint64_t desc)
{
	uint64_t page = ~((1ull << c->machine.page_shift) - 1);

	if (c->machine.page_shift == 16)
		return (desc & 0x0000ffffffff0000ull) | (desc >> 12 & 0xf) << 48;
	if (c->machine.lpa2)
		return (desc & 0x0003fffffffff000ull & page) | (desc >> 8 & 3) << 50;
	return desc & 0x0000fffffffff000ull & page;
}

/* ---- pages of the picture ---- */

void tables_free(struct check *c)
{
	size_t i;

	for (i = 0; i < c->page_top; i++)
		free(c->pages[i]);
	free(c->pages);
}

#define PAGE_ROOM_LEAST 64u

/* Room for page i, and for as many again. False: no memory. */
static bool pages_reach(struct check *c, size_t i)
{
	size_t room = c->page_room ? c->page_room : PAGE_ROOM_LEAST;
	struct page **pages;

	if (i < c->page_room)
		return true;
	while (room <= i)
		room *= 2;
	pages = realloc(c->pages, room * sizeof(*pages));
	if (!pages)
		return false;
	memset(pages + c->page_room, 0, (room - c->page_room) * sizeof(*pages));
	c->pages = pages;
	c->page_room = room;
	return true;
}

static size_t page_bytes(const struct check *c)
{
	return sizeof(struct page) + entries_per_page(c) * (2 * sizeof(uint64_t) + 1);
}

static void place_columns(const struct check *c, struct page *p)
{
	p->canonical = p->desc + entries_per_page(c);
	p->l1_shift = (uint8_t *)(p->canonical + entries_per_page(c));
}

bool tables_copy(struct check *to, const struct check *from)
{
	size_t i;

	if (from->page_top && !pages_reach(to, from->page_top - 1))
		return false;
	for (i = 0; i < from->page_top; i++) {
		if (!from->pages[i])
			continue;
		to->page_top = i + 1;
		to->pages[i] = malloc(page_bytes(from));
		if (!to->pages[i])
			return false;
		memcpy(to->pages[i], from->pages[i], page_bytes(from));
		place_columns(to, to->pages[i]);
	}
	return true;
}

/* pa: within the range. NULL: no memory. */
static struct page *page_make(struct check *c, uint64_t pa)
{
	size_t i = page_number(c, pa);
	bool room = pages_reach(c, i);

	if (room && c->pages[i])
		return c->pages[i];
	if (room)
		c->pages[i] = calloc(1, page_bytes(c));
	if (!room || !c->pages[i]) {
		check_out_of_memory(c);
		return NULL;
	}
	place_columns(c, c->pages[i]);
	if (i >= c->page_top)
		c->page_top = i + 1;
	return c->pages[i];
}

static struct page *page_at(const struct check *c, uint64_t pa)
{
	size_t i = page_number(c, pa);

	return in_tables(c, pa) && i < c->page_room ? c->pages[i] : NULL;
}

/* ---- pages taken and given back ---- */

static bool is_range(const struct check *c, uint64_t pa, uint64_t size)
{
	uint64_t page = 1ull << c->machine.page_shift;

	return !(pa % page) && !(size % page) && size && in_tables(c, pa) &&
	       size <= c->view.tables_size - (pa - c->view.tables_pa);
}

/* ---- contexts ---- */

static size_t root_entries(const struct check *c, const struct context *x)
{
	unsigned int shift = level_shift(c, x->now.start_level);

	return x->now.input_bits > shift ? (size_t)1 << (x->now.input_bits - shift) : 1;
}

static bool refresh(struct check *c, struct context *x)
{
	x->now = c->view.context(c->view.arg, x->index);
	return in_tables(c, x->now.root) && x->now.start_level <= 3;
}

/* Roots were taken before anybody listened. */
static void adopt_root(struct check *c, struct context *x)
{
	uint64_t step = 1ull << c->machine.page_shift, at, end;

	if (!refresh(c, x))
		return;
	end = x->now.root + root_entries(c, x) * 8;
	for (at = x->now.root; at < end && in_tables(c, at); at += step) {
		struct page *p = page_make(c, at);

		if (!p)
			return;
		p->taken = true;
	}
}

void tables_start(struct check *c)
{
	uint32_t i;

	if (c->started)
		return;
	c->started = true;
	for (i = 0; i <= c->view.context_count; i++)
		adopt_root(c, &c->contexts[i]);
}

/* ---- what leaves the picture ---- */

static struct page *child_of(const struct check *c, uint64_t desc, uint64_t entry_pa)
{
	struct page *p = page_at(c, desc_pa(c, desc));

	return p && p->parent == entry_pa ? p : NULL;
}

static uint64_t drop_entry(struct check *c, struct context *x, struct page *p, uint64_t pa,
			   size_t j, int level);

/* Returns the bytes of the leaves that were there. */
static uint64_t drop_table(struct check *c, struct context *x, uint64_t pa, struct page *p,
			   int level)
{
	uint64_t bytes = 0;
	size_t j;

	for (j = 0; p->count && j < entries_per_page(c); j++)
		if (p->desc[j])
			bytes += drop_entry(c, x, p, pa, j, level);
	return bytes;
}

static uint64_t drop_entry(struct check *c, struct context *x, struct page *p, uint64_t pa,
			   size_t j, int level)
{
	uint64_t desc = p->desc[j], bytes = 0;

	p->desc[j] = 0;
	if (!--p->count)
		p->shifts = 0;
	if (is_table(desc, level)) {
		struct page *child = child_of(c, desc, pa + j * 8);

		if (!child)
			return 0;
		child->parent = 0;
		return drop_table(c, x, desc_pa(c, desc), child, level + 1);
	}
	x->leaves--;
	bytes = 1ull << level_shift(c, level);
	return bytes;
}

/* The entry that led to a page leads nowhere now. */
static uint64_t unlink_page(struct check *c, struct page *p, uint64_t pa)
{
	struct page *parent = p->parent ? page_at(c, p->parent) : NULL;
	uint64_t mask = (1ull << c->machine.page_shift) - 1;
	size_t j = (size_t)((p->parent & mask) / 8);

	if (!parent || !is_table(parent->desc[j], p->level - 1) ||
	    desc_pa(c, parent->desc[j]) != pa)
		return 0;
	return drop_entry(c, context_of(c, p->context), parent, p->parent & ~mask, j, p->level - 1);
}

/* Leaves may still be cached of what the page was before. */
static void reuse_page(struct check *c, struct page *p, uint64_t pa)
{
	uint64_t bytes = unlink_page(c, p, pa);

	if (bytes)
		check_found(
			c, CHECK_FLUSH, p->context, 0, bytes,
			"the table page at 0x%llx is used again before TLBs were told of 0x%llx "
			"bytes of leaves",
			(unsigned long long)pa, (unsigned long long)bytes);
	memset(p->desc, 0, entries_per_page(c) * sizeof(p->desc[0]));
	p->parent = 0;
	p->count = 0;
	p->shifts = 0;
	p->audit = 0;
}

void check_table_taken(struct check *c, uint64_t pa, uint64_t size)
{
	uint64_t step = 1ull << c->machine.page_shift, at;

	if (!is_range(c, pa, size)) {
		check_found(c, CHECK_PAGES, NVT_CANONICAL_CONTEXT, 0, size,
			    "a table page at 0x%llx is not of the range of table pages",
			    (unsigned long long)pa);
		return;
	}
	for (at = pa; at < pa + size; at += step) {
		struct page *p = page_make(c, at);

		if (!p)
			return;
		if (p->taken)
			check_found(c, CHECK_PAGES, NVT_CANONICAL_CONTEXT, 0, step,
				    "the table page at 0x%llx is taken twice",
				    (unsigned long long)at);
		reuse_page(c, p, at);
		p->taken = true;
	}
}

void check_table_freed(struct check *c, uint64_t pa, uint64_t size)
{
	uint64_t step = 1ull << c->machine.page_shift, at;

	for (at = pa; at < pa + size; at += step) {
		struct page *p = page_at(c, at);

		if (!p || !p->taken) {
			check_found(c, CHECK_PAGES, NVT_CANONICAL_CONTEXT, 0, step,
				    "the table page at 0x%llx is given back, but was not taken",
				    (unsigned long long)at);
			continue;
		}
		p->taken = false;
		/* Otherwise TLBs are still to be told. */
		if (!p->count)
			unlink_page(c, p, at);
	}
}

/* ---- leaves of the picture ---- */

bool tables_leaf(struct check *c, const struct context *x, uint64_t ipa, struct leaf *leaf)
{
	uint64_t pa = x->now.root, i = ipa >> level_shift(c, x->now.start_level);
	int level = x->now.start_level;

	if (!in_tables(c, pa) || i >= root_entries(c, x))
		return false;
	for (;; level++) {
		struct page *p = page_at(c, pa + i * 8);
		uint64_t desc = p ? p->desc[i % entries_per_page(c)] : 0;

		if (!desc)
			return false;
		if (!is_table(desc, level)) {
			uint64_t size = 1ull << level_shift(c, level);

			*leaf = (struct leaf){ipa & ~(size - 1), size, desc, level};
			return true;
		}
		pa = desc_pa(c, desc);
		i = ipa >> level_shift(c, level + 1) & (entries_per_page(c) - 1);
	}
}

/* ---- a walk of picture and tables side by side ---- */

struct look {
	struct check *c;
	struct context *x;
	uint64_t lo, last;
	bool audit;
};

/* A table hangs at an entry from now on. */
static void link_table(struct look *k, uint64_t entry_pa, uint64_t desc, int level, uint64_t start)
{
	struct check *c = k->c;
	uint64_t pa = desc_pa(c, desc);
	struct page *p = page_at(c, pa);

	if (!p || !p->taken || p->parent) {
		check_found(c, CHECK_PAGES, k->x->index, start, 0, "the table page at 0x%llx is %s",
			    (unsigned long long)pa,
			    !p		? "not one that was taken"
			    : !p->taken ? "linked, but was given back"
					: "linked twice");
		return;
	}
	p->parent = entry_pa;
	p->context = k->x->index;
	p->level = (uint8_t)(level + 1);
}

#define DESC_TABLE_OTHER (0xfffull << 52 | 0x8fcull)

static void check_table_form(struct look *k, uint64_t desc, uint64_t start)
{
	if (desc & DESC_TABLE_OTHER)
		check_found(k->c, CHECK_FORM, k->x->index, start, 0,
			    "the table descriptor 0x%llx has bits that must be 0",
			    (unsigned long long)desc);
}

static void new_leaf(struct look *k, struct page *p, size_t j, int level, uint64_t start,
		     uint64_t old)
{
	struct check *c = k->c;
	struct leaf leaf = {start, 1ull << level_shift(c, level), p->desc[j], level};

	if (!old) {
		k->x->leaves++;
		c->result.leaves++;
	}
	if (k->audit)
		check_found(c, CHECK_UNACCOUNTED, k->x->index, start, leaf.size,
			    old ? "a leaf gives more than it did, and no fault asked for it"
				: "a leaf is there that no fault asked for");
	if ((leaf.desc & DESC_CONTIGUOUS) && level == 3)
		group_note(c, k->x, start);
	leaf_check(c, k->x, &leaf, old, &p->canonical[j], &p->l1_shift[j]);
}

/* Bits of a permission that the old descriptor did not give. */
static bool gives_more(uint64_t old, uint64_t now)
{
	struct perm a = desc_perm(old, true), b = desc_perm(now, true);

	return (b.r && !a.r) || (b.w && !a.w) || (b.x_el0 && !a.x_el0) || (b.x_el1 && !a.x_el1);
}

static void gone_unflushed(struct look *k, struct page *p, uint64_t pa, size_t j, int level,
			   uint64_t start)
{
	uint64_t bytes = drop_entry(k->c, k->x, p, pa, j, level);

	if (bytes)
		check_found(k->c, CHECK_FLUSH, k->x->index, start, bytes,
			    "0x%llx bytes of leaves at 0x%llx are gone, and no TLB was told",
			    (unsigned long long)bytes, (unsigned long long)start);
}

/* The entry is not what the picture has. */
static void change(struct look *k, struct page *p, uint64_t pa, size_t j, int level, uint64_t start,
		   uint64_t now)
{
	struct check *c = k->c;
	uint64_t was = p->desc[j];

	if (!(now & DESC_VALID)) {
		if (was)
			gone_unflushed(k, p, pa, j, level, start);
		return;
	}
	if (was && !is_table(was, level) && !is_table(now, level) &&
	    !((was ^ now) & ~(DESC_PERM | DESC_SOFT))) {
		p->desc[j] = now;
		if (gives_more(was, now))
			new_leaf(k, p, j, level, start, was);
		return;
	}
	if (was) {
		check_found(c, CHECK_BREAK, k->x->index, start, 1ull << level_shift(c, level),
			    "the entry went from 0x%llx to 0x%llx without being invalid in between",
			    (unsigned long long)was, (unsigned long long)now);
		drop_entry(c, k->x, p, pa, j, level);
	}
	p->desc[j] = now;
	p->count++;
	if (is_table(now, level)) {
		check_table_form(k, now, start);
		link_table(k, pa + j * 8, now, level, start);
		return;
	}
	new_leaf(k, p, j, level, start, 0);
}

static uint64_t look_table(struct look *k, uint64_t pa, size_t entries, int level, uint64_t base);

static uint64_t look_below(struct look *k, struct page *p, uint64_t pa, size_t j, int level,
			   uint64_t start)
{
	struct check *c = k->c;
	uint64_t desc = p->desc[j];
	struct page *child = child_of(c, desc, pa + j * 8);

	if (!child)
		return 0;
	if (!child->taken) {
		check_found(c, CHECK_PAGES, k->x->index, start, 0,
			    "the table page at 0x%llx is linked, but was given back",
			    (unsigned long long)desc_pa(c, desc));
		return 0;
	}
	return look_table(k, desc_pa(c, desc), entries_per_page(c), level + 1, start);
}

/* Entries [i, end) of a table that lie in one page. */
static uint64_t look_page(struct look *k, uint64_t pa, size_t i, size_t end, int level,
			  uint64_t base)
{
	struct check *c = k->c;
	unsigned int shift = level_shift(c, level);
	struct page *p = page_make(c, pa);
	const uint64_t *now = words_at(c, pa);
	uint64_t shifts;

	if (!p)
		return 0;
	if (k->audit) {
		p->audit = c->audit;
		c->audit_entries += end - i;
	}
	for (shifts = p->shifts; i < end; i++) {
		uint64_t start = base + ((uint64_t)i << shift), desc = now[i];

		if ((desc ^ p->desc[i]) & ~DESC_SOFT)
			change(k, p, pa, i, level, start, desc);
		if (is_table(p->desc[i], level))
			shifts |= look_below(k, p, pa, i, level, start);
		else if (p->desc[i])
			shifts |= 1ull << p->l1_shift[i];
	}
	p->shifts = p->count ? shifts : 0;
	if (k->audit && level == 3)
		groups_check_page(c, k->x, p, base);
	return p->shifts;
}

static uint64_t look_table(struct look *k, uint64_t pa, size_t entries, int level, uint64_t base)
{
	unsigned int shift = level_shift(k->c, level);
	size_t per_page = entries_per_page(k->c), i, end;
	uint64_t shifts = 0;

	i = k->lo > base ? (size_t)((k->lo - base) >> shift) : 0;
	end = (size_t)((k->last - base) >> shift);
	end = end < entries ? end + 1 : entries;
	while (i < end) {
		size_t first = i / per_page * per_page;
		size_t stop = first + per_page < end ? first + per_page : end;

		if (!in_tables(k->c, pa + first * 8))
			break;
		shifts |= look_page(k, pa + first * 8, i - first, stop - first, level,
				    base + ((uint64_t)first << shift));
		i = stop;
	}
	return shifts;
}

void tables_look(struct check *c, struct context *x, uint64_t lo, uint64_t last)
{
	struct look k = {c, x, lo, last, false};

	if (refresh(c, x) && lo <= last)
		look_table(&k, x->now.root, root_entries(c, x), x->now.start_level, 0);
}

/* ---- whole tables ---- */

static void find_lost_pages(struct check *c)
{
	size_t i;

	for (i = 0; i < c->page_top; i++) {
		struct page *p = c->pages[i];
		uint64_t pa = c->view.tables_pa + ((uint64_t)i << c->machine.page_shift);

		if (p && p->taken && p->audit != c->audit)
			check_found(c, CHECK_PAGES, NVT_CANONICAL_CONTEXT, 0,
				    1ull << c->machine.page_shift,
				    "the table page at 0x%llx is linked nowhere",
				    (unsigned long long)pa);
	}
}

void tables_audit(struct check *c)
{
	uint32_t i;

	c->audit++;
	c->audit_entries = 0;
	c->since_audit = 0;
	c->result.audits++;
	for (i = 0; i <= c->view.context_count; i++) {
		struct context *x = &c->contexts[i];
		struct look k = {c, x, 0, UINT64_MAX, true};

		if (refresh(c, x))
			look_table(&k, x->now.root, root_entries(c, x), x->now.start_level, 0);
	}
	find_lost_pages(c);
	c->group_count = 0;
}

/* ---- TLB maintenance ---- */

struct flush {
	struct check *c;
	struct context *x;
	uint64_t lo, last;
};

static void flush_table(struct flush *f, uint64_t pa, size_t entries, int level, uint64_t base,
			bool gone);

static void flush_entry(struct flush *f, struct page *p, uint64_t pa, size_t j, int level,
			uint64_t start, bool gone)
{
	uint64_t was = p->desc[j];
	struct page *child;

	if (!is_table(was, level)) {
		if (gone)
			drop_entry(f->c, f->x, p, pa, j, level);
		return;
	}
	child = child_of(f->c, was, pa + j * 8);
	if (child)
		flush_table(f, desc_pa(f->c, was), entries_per_page(f->c), level + 1, start, gone);
	if (gone && (!child || !child->count))
		drop_entry(f->c, f->x, p, pa, j, level);
}

static void flush_page(struct flush *f, uint64_t pa, size_t i, size_t end, int level, uint64_t base,
		       bool gone)
{
	unsigned int shift = level_shift(f->c, level);
	struct page *p = page_at(f->c, pa);
	const uint64_t *now;
	uint32_t left;

	if (!p || !p->count)
		return;
	now = words_at(f->c, pa);
	for (left = p->count; left && i < end; i++) {
		uint64_t was = p->desc[i];
		bool here = gone || !(now[i] & DESC_VALID);

		if (!was)
			continue;
		left--;
		/* A table that another took the place of is not looked into: that is no break. */
		if (here || (is_table(was, level) && !((was ^ now[i]) & ~DESC_SOFT)))
			flush_entry(f, p, pa, i, level, base + ((uint64_t)i << shift), here);
	}
}

static void flush_table(struct flush *f, uint64_t pa, size_t entries, int level, uint64_t base,
			bool gone)
{
	unsigned int shift = level_shift(f->c, level);
	size_t per_page = entries_per_page(f->c), i, end;

	i = f->lo > base ? (size_t)((f->lo - base) >> shift) : 0;
	end = (size_t)((f->last - base) >> shift);
	end = end < entries ? end + 1 : entries;
	while (i < end) {
		size_t first = i / per_page * per_page;
		size_t stop = first + per_page < end ? first + per_page : end;

		flush_page(f, pa + first * 8, i - first, stop - first, level,
			   base + ((uint64_t)first << shift), gone);
		i = stop;
	}
}

void tables_flushed(struct check *c, struct context *x, uint64_t lo, uint64_t last)
{
	struct flush f = {c, x, lo, last};

	if (x->leaves && refresh(c, x))
		flush_table(&f, x->now.root, root_entries(c, x), x->now.start_level, 0, false);
}

/* ---- each leaf of the picture ---- */

struct each {
	struct check *c;
	struct context *x;
	uint64_t lo, last, shifts;
	picture_fn *fn;
	void *arg;
};

static void each_table(struct each *e, uint64_t pa, size_t entries, int level, uint64_t base);

static void each_page(struct each *e, uint64_t pa, size_t i, size_t end, int level, uint64_t base)
{
	struct check *c = e->c;
	struct page *p = page_at(c, pa);

	if (!p || !p->count || !(p->shifts & e->shifts))
		return;
	for (; i < end; i++) {
		uint64_t start = base + ((uint64_t)i << level_shift(c, level));
		uint64_t desc = p->desc[i];

		if (is_table(desc, level) && child_of(c, desc, pa + i * 8)) {
			each_table(e, desc_pa(c, desc), entries_per_page(c), level + 1, start);
		} else if (desc && !is_table(desc, level) && e->shifts >> p->l1_shift[i] & 1) {
			struct leaf leaf = {start, 1ull << level_shift(c, level), desc, level};

			e->fn(c, e->x, &leaf, p, i, e->arg);
		}
	}
}

static void each_table(struct each *e, uint64_t pa, size_t entries, int level, uint64_t base)
{
	unsigned int shift = level_shift(e->c, level);
	size_t per_page = entries_per_page(e->c), i, end;

	i = e->lo > base ? (size_t)((e->lo - base) >> shift) : 0;
	end = (size_t)((e->last - base) >> shift);
	end = end < entries ? end + 1 : entries;
	while (i < end) {
		size_t first = i / per_page * per_page;
		size_t stop = first + per_page < end ? first + per_page : end;

		each_page(e, pa + first * 8, i - first, stop - first, level,
			  base + ((uint64_t)first << shift));
		i = stop;
	}
}

void tables_each(struct check *c, struct context *x, uint64_t lo, uint64_t last, uint64_t shifts,
		 picture_fn *fn, void *arg)
{
	struct each e = {c, x, lo, last, shifts, fn, arg};

	if (x->leaves && lo <= last)
		each_table(&e, x->now.root, root_entries(c, x), x->now.start_level, 0);
}
