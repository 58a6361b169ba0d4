/* SPDX-License-Identifier: GPL-2.0-only */
/* The core's moment: what walks have shown so far meets what L1's memory holds. */
#include <stdio.h>
#include <stdlib.h>

#include "import/history_internal.h"

#define DESC_AF ((uint64_t)1 << 10)

/* Entries by table, for going down from the start tables. */
struct listed {
	uint32_t table, index;
	struct history_entry *entry;
};

struct meeting {
	struct imp_builder *b;
	struct imp_history *h;
	struct listed *list;
	size_t count;
};

/* Of one table on the way down. */
struct place {
	uint32_t table;
	uint64_t ipa;	/* L2 IPA of its first entry */
	bool gone;	/* the core does not have it */
	bool explained; /* and L1 has invalidated what led to it */
};

static int by_place(const void *a, const void *b)
{
	const struct listed *x = a, *y = b;

	if (x->table != y->table)
		return x->table < y->table ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

static size_t first_of(const struct meeting *m, uint32_t table)
{
	size_t low = 0, high = m->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (m->list[middle].table < table)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void judge(struct meeting *m, struct history_root *r, struct history_entry *e,
		  const struct place *at, uint64_t ipa, uint64_t word)
{
	bool explained = at->explained || e->invalidated || r->flushed > e->seen ||
			 m->h->lost > e->seen || (!at->gone && !((word ^ e->value) & ~DESC_AF));

	if (!e->counted || e->judged)
		return;
	e->judged = true;
	if (!at->gone && e->value == word)
		r->same++;
	else if (explained)
		r->changed++;
	else if (!r->contradicted++ && !m->h->contradiction[0])
		snprintf(m->h->contradiction, sizeof(m->h->contradiction),
			 "L2 IPA %#llx: %#llx for a walk, %#llx in the core",
			 (unsigned long long)ipa, (unsigned long long)e->value,
			 (unsigned long long)word);
}

/* The table below an entry, as the core has it. False: out of memory. */
static bool bind_table(struct meeting *m, const struct history_table *t, struct history_entry *e,
		       uint64_t next, const uint64_t *words)
{
	struct imp_history *h = m->h;
	uint32_t root = t->root;
	int level = t->level + 1;

	if (!e->is_table) {
		e->value = imp_history_new_table(h, root, level);
		e->is_table = true;
		e->leaf = e->counted = e->judged = false;
	}
	if (!e->value)
		return false;
	h->tables[e->value].words = words;
	h->tables[e->value].addr = next;
	return true;
}

static bool meet_table(struct meeting *m, struct place at);

/* False: out of memory. */
static bool meet_entry(struct meeting *m, const struct place *at, const struct listed *l)
{
	struct imp_history *h = m->h;
	const struct history_table t = h->tables[at->table];
	struct history_root *r = &h->roots[t.root];
	struct history_entry *e = l->entry;
	uint64_t word = at->gone ? 0 : t.words[l->index], next = 0;
	const uint64_t *words = NULL;
	bool had_table = e->is_table;
	struct place below = {.table = (uint32_t)e->value,
			      .ipa = at->ipa +
				     ((uint64_t)l->index << imp_shape_shift(&r->shape, t.level)),
			      .gone = true,
			      .explained = at->explained || e->invalidated ||
					   r->flushed > e->seen || h->lost > e->seen};

	if (!had_table && e->leaf)
		judge(m, r, e, at, below.ipa, word);
	if (!at->gone && imp_shape_next(&r->shape, t.level, word, &next))
		words = imp_core_words(h->core, next, imp_shape_count(&r->shape, t.level + 1));
	if (words) {
		if (!bind_table(m, &t, e, next, words))
			return false;
		below.gone = false;
		below.explained = false;
	}
	if (had_table && !meet_table(m, below))
		return false;
	if (!words) {
		e->leaf = !at->gone && imp_shape_leaf(&r->shape, t.level, word);
		e->counted = e->judged = e->leaf && e->counted && !had_table && e->value == word;
		e->value = word;
		e->is_table = false;
	}
	e->seen = h->clock;
	e->invalidated = false;
	return true;
}

static bool meet_table(struct meeting *m, struct place at)
{
	for (size_t i = first_of(m, at.table); i < m->count && m->list[i].table == at.table; i++)
		if (!meet_entry(m, &at, &m->list[i]))
			return false;
	return true;
}

/* What is in no table that is still linked was replaced while it was recorded. */
static void judge_rest(struct meeting *m)
{
	for (size_t i = 0; i < m->count; i++) {
		struct history_entry *e = m->list[i].entry;

		if (e->leaf && e->counted && !e->judged) {
			e->judged = true;
			m->h->roots[m->h->tables[m->list[i].table].root].changed++;
		}
	}
}

static bool make_list(struct meeting *m)
{
	struct history_entry *e;
	uint64_t table, index;
	size_t position = 0;

	m->list = malloc((m->h->entries.count + 1) * sizeof(*m->list));
	if (!m->list)
		return false;
	while ((e = imp_map_next(&m->h->entries, &position, &table, &index)))
		m->list[m->count++] = (struct listed){(uint32_t)table, (uint32_t)index, e};
	qsort(m->list, m->count, sizeof(*m->list), by_place);
	return true;
}

enum nvt_status imp_history_meet_core(struct imp_builder *b)
{
	struct imp_history *h = b->history;
	struct meeting m = {.b = b, .h = h};
	bool ok = make_list(&m);

	for (size_t i = 0; i < h->root_count && ok; i++) {
		const struct history_root *r = &h->roots[i];
		struct history_table *t = &h->tables[r->table];

		if (!r->there)
			continue;
		t->words = imp_core_words(h->core, r->base,
					  imp_shape_count(&r->shape, r->shape.start));
		t->addr = r->base;
		ok = meet_table(&m, (struct place){.table = r->table});
	}
	if (ok)
		judge_rest(&m);
	free(m.list);
	return ok ? NVT_OK : imp_no_memory(b);
}
