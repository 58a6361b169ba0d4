/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the passes: where tables lie that the core does not have, and what all held at first. */
#include <stdio.h>
#include <stdlib.h>

#include "import/history_internal.h"

#define DESC_TABLE   3u
#define ADDRESS_BITS (((uint64_t)1 << 48) - 1)

/* ---- free pages ---- */

struct range {
	uint64_t start, end;
};

/* Memory of L1 that has a use: its tables, and what they map. */
struct used {
	struct range *ranges;
	size_t count, room;
};

static bool use(void *arg, uint64_t start, uint64_t size)
{
	struct used *u = arg;

	if (u->count == u->room) {
		size_t room = u->room ? u->room * 2 : 256;
		void *bigger = realloc(u->ranges, room * sizeof(*u->ranges));

		if (!bigger)
			return false;
		u->ranges = bigger;
		u->room = room;
	}
	u->ranges[u->count++] = (struct range){start, start + size};
	return true;
}

static bool use_leaf(struct used *u, const struct imp_shape *s, int level, uint64_t desc)
{
	uint64_t size = (uint64_t)1 << imp_shape_shift(s, level);

	return !imp_shape_leaf(s, level, desc) || use(u, desc & ADDRESS_BITS & ~(size - 1), size);
}

/* Leaves that walks have shown first and last; those in between are not kept. */
static bool use_seen(struct imp_history *h, struct used *u)
{
	const struct history_entry *e;
	uint64_t table, index;
	size_t position = 0;

	while ((e = imp_map_next(&h->entries, &position, &table, &index))) {
		const struct history_table *t = &h->tables[table];
		const struct imp_shape *s = &h->roots[t->root].shape;

		if ((!e->first_table && !use_leaf(u, s, t->level, e->first)) ||
		    (!e->is_table && !use_leaf(u, s, t->level, e->value)))
			return false;
	}
	return true;
}

static int by_start(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static bool find_used(struct imp_history *h, struct used *u)
{
	const struct imp_core_table *t;
	size_t kept = 0;

	for (size_t i = 0; (t = imp_core_table_at(h->core, i)); i++)
		if (!use(u, t->addr, t->count * sizeof(uint64_t)))
			return false;
	if (!imp_core_each_leaf(h->core, use, u) || !use_seen(h, u))
		return false;
	qsort(u->ranges, u->count, sizeof(*u->ranges), by_start);
	for (size_t i = 0; i < u->count; i++) {
		struct range *last = kept ? &u->ranges[kept - 1] : NULL;

		if (!last || u->ranges[i].start > last->end)
			u->ranges[kept++] = u->ranges[i];
		else if (u->ranges[i].end > last->end)
			last->end = u->ranges[i].end;
	}
	u->count = kept;
	return true;
}

/* The last range that begins before `end`, or NULL. */
static const struct range *before(const struct used *u, uint64_t end)
{
	size_t low = 0, high = u->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (u->ranges[middle].start < end)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &u->ranges[low - 1] : NULL;
}

/* The next free page below *limit, which moves down. False: none is left. */
static bool take_page(const struct used *u, uint64_t base, uint64_t size, uint64_t *limit,
		      uint64_t *page)
{
	for (;;) {
		const struct range *r;

		if (*limit < size || ((*limit - size) & ~(size - 1)) < base)
			return false;
		*page = (*limit - size) & ~(size - 1);
		r = before(u, *page + size);
		if (!r || r->end <= *page) {
			*limit = *page;
			return true;
		}
		*limit = r->start;
	}
}

/* In the memory that holds the first start table, from its end down, as far as VTCR allows. */
static bool free_memory(const struct imp_history *h, uint64_t *base, uint64_t *limit)
{
	for (size_t i = 0; i < h->root_count; i++) {
		const struct history_root *r = &h->roots[i];
		uint64_t size, most = (uint64_t)1 << r->shape.output_bits;

		if (!imp_core_segment(h->core, r->base, base, &size))
			continue;
		*limit = *base + size - 1 < most ? *base + size : most;
		return true;
	}
	return false;
}

enum nvt_status imp_history_place(struct imp_builder *b)
{
	struct imp_history *h = b->history;
	struct used u = {NULL, 0, 0};
	uint64_t base = 0, limit = 0;
	bool searched = false;

	for (size_t i = 1; i < h->table_count && !h->reason[0]; i++) {
		struct history_table *t = &h->tables[i];
		uint64_t size = (uint64_t)1 << h->roots[t->root].shape.granule_shift;

		if (t->words)
			continue;
		if (!searched && !find_used(h, &u)) {
			free(u.ranges);
			return imp_no_memory(b);
		}
		if (!searched && !free_memory(h, &base, &limit))
			limit = base;
		searched = true;
		if (!take_page(&u, base, size, &limit, &t->addr))
			snprintf(h->reason, sizeof(h->reason),
				 "no page of L1's memory is free for tables that the core no "
				 "longer has");
		h->stats.gone_count++;
	}
	free(u.ranges);
	return NVT_OK;
}

/* ---- contents ---- */

struct first {
	struct nvt_word word;
	uint64_t born; /* of several that lie in one place, the one seen first counts */
};

static int by_age(const void *a, const void *b)
{
	const struct first *x = a, *y = b;

	if (x->word.addr != y->word.addr)
		return x->word.addr < y->word.addr ? -1 : 1;
	return x->born < y->born ? -1 : x->born > y->born;
}

static size_t count_core_words(const struct imp_history *h)
{
	const struct imp_core_table *t;
	size_t count = 0;

	for (size_t i = 0; (t = imp_core_table_at(h->core, i)); i++)
		for (uint32_t j = 0; j < t->count; j++)
			count += t->words[j] != 0;
	return count;
}

static size_t list_core_words(const struct imp_history *h, struct first *list)
{
	const struct imp_core_table *t;
	size_t count = 0;

	for (size_t i = 0; (t = imp_core_table_at(h->core, i)); i++)
		for (uint32_t j = 0; j < t->count; j++)
			if (t->words[j])
				list[count++] = (struct first){{t->addr + 8ull * j, t->words[j]},
							       UINT64_MAX};
	return count;
}

static uint64_t first_value(const struct imp_history *h, const struct history_table *t,
			    uint32_t index, const struct history_entry *e)
{
	const struct history_table *below;
	uint64_t next;

	if (!e->first_table)
		return e->first;
	below = &h->tables[e->first];
	if (t->words &&
	    imp_shape_next(&h->roots[t->root].shape, t->level, t->words[index], &next) &&
	    next == below->addr)
		return t->words[index];
	return below->addr | DESC_TABLE;
}

/* What walks have seen first stands before what the core has. */
static size_t list_seen_words(const struct imp_history *h, struct first *list)
{
	const struct history_entry *e;
	uint64_t table, index;
	size_t position = 0, count = 0;

	while ((e = imp_map_next(&h->entries, &position, &table, &index))) {
		const struct history_table *t = &h->tables[table];

		if (!e->from_core)
			list[count++] = (struct first){
				{t->addr + 8 * index, first_value(h, t, (uint32_t)index, e)},
				e->born};
	}
	return count;
}

enum nvt_status imp_history_make_words(struct imp_builder *b)
{
	struct imp_history *h = b->history;
	struct first *list = malloc((count_core_words(h) + h->entries.count + 1) * sizeof(*list));
	size_t count;

	if (!list)
		return imp_no_memory(b);
	count = list_core_words(h, list);
	count += list_seen_words(h, list + count);
	qsort(list, count, sizeof(*list), by_age);
	h->words = malloc((count + 1) * sizeof(*h->words));
	for (size_t i = 0; i < count && h->words; i++)
		if ((!i || list[i].word.addr != list[i - 1].word.addr) && list[i].word.value)
			h->words[h->word_count++] = list[i].word;
	free(list);
	if (!h->words)
		return imp_no_memory(b);
	if (h->word_count > IMP_CORE_WORDS_MAX)
		snprintf(h->reason, sizeof(h->reason),
			 "L1's tables have more words than a trace "
			 "takes");
	return NVT_OK;
}
