/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import/history_internal.h"
#include "import/ptdump.h"

#define DESC_TABLE 3u
#define DESC_AF	   ((uint64_t)1 << 10)

/* ---- what is there to read ---- */

static enum nvt_status want(struct imp_history *h, uint64_t vttbr, uint64_t vtcr,
			    struct nvt_error *err)
{
	struct history_wanted *more =
		realloc(h->wanted, (h->wanted_count + 1) * sizeof(*h->wanted));

	if (!more) {
		*err = (struct nvt_error){NVT_ENOMEM, "out of memory"};
		return NVT_ENOMEM;
	}
	h->wanted = more;
	h->wanted[h->wanted_count++] = (struct history_wanted){vttbr, vtcr};
	return NVT_OK;
}

/* Only a nested context's dump says where L1's tables are. */
static enum nvt_status want_of_ptdump(struct imp_history *h, const char *path,
				      struct nvt_error *err)
{
	struct nvt_ptdump d;
	enum nvt_status status = nvt_ptdump_read(path, &d, err);

	if (status != NVT_OK)
		return status;
	if (d.header && d.enabled) {
		status = want(h, d.vttbr, d.vtcr, err);
	} else {
		snprintf(
			err->text, sizeof(err->text),
			"%s: line 1: no VTCR and VTTBR of an enabled stage 2: give the dump of the "
			"nested context (nested_mmuN)",
			path);
		err->status = status = NVT_EINPUT;
	}
	nvt_ptdump_free(&d);
	return status;
}

struct imp_history *imp_history_open(const struct nvt_import_options *o, struct nvt_error *err)
{
	struct imp_history *h = calloc(1, sizeof(*h));
	enum nvt_status status = NVT_OK;

	if (!h) {
		*err = (struct nvt_error){NVT_ENOMEM, "out of memory"};
		return NULL;
	}
	h->options = o;
	imp_map_init(&h->entries, sizeof(struct history_entry));
	imp_map_init(&h->now, sizeof(struct history_now));
	h->core = imp_core_open(o->core, err);
	if (!h->core)
		status = err->status;
	if (status == NVT_OK && o->has_vttbr)
		status = want(h, o->vttbr, o->vtcr, err);
	for (size_t i = 0; i < o->ptdump_count && status == NVT_OK; i++)
		status = want_of_ptdump(h, o->ptdumps[i], err);
	if (status == NVT_OK)
		return h;
	imp_history_free(h);
	return NULL;
}

void imp_history_free(struct imp_history *h)
{
	if (!h)
		return;
	imp_core_close(h->core);
	imp_map_free(&h->entries);
	imp_map_free(&h->now);
	free(h->wanted);
	free(h->roots);
	free(h->tables);
	free(h->placed);
	free(h->words);
	free(h);
}

/* ---- tables and entries ---- */

uint32_t imp_history_new_table(struct imp_history *h, uint32_t root, int level)
{
	if (h->table_count >= h->table_room) {
		size_t room = h->table_room ? h->table_room * 2 : 64;
		void *bigger = realloc(h->tables, room * sizeof(*h->tables));

		if (!bigger)
			return 0;
		h->tables = bigger;
		h->table_room = room;
		if (!h->table_count)
			h->tables[h->table_count++] = (struct history_table){0};
	}
	h->tables[h->table_count] = (struct history_table){.root = root, .level = (int8_t)level};
	return (uint32_t)h->table_count++;
}

static bool is_wanted(const struct imp_history *h, const struct imp_shape *s, uint64_t base,
		      const struct imp_walk *walk)
{
	struct imp_shape other;

	for (size_t i = 0; i < h->wanted_count; i++)
		if (imp_shape_of(h->wanted[i].vtcr, walk->page_shift, walk->ipa_limit, &other) &&
		    !memcmp(&other, s, sizeof(other)) &&
		    imp_shape_root(&other, h->wanted[i].vttbr) == base)
			return true;
	return !h->wanted_count;
}

static enum nvt_status read_root(struct imp_history *h, struct history_root *r,
				 struct nvt_error *err)
{
	enum nvt_status status = imp_core_read_tables(h->core, &r->shape, r->base, &r->there, err);

	if (status != NVT_OK || r->there || !h->wanted_count)
		return status;
	snprintf(err->text, sizeof(err->text),
		 "%s: no memory at %#llx, where the tables of VTTBR %#llx begin", h->options->core,
		 (unsigned long long)r->base, (unsigned long long)r->vttbr);
	return err->status = NVT_EINPUT;
}

/* The start table that a walk used; *root is its place. */
static enum nvt_status root_of(struct imp_builder *b, const struct imp_walk *walk,
			       const struct imp_shape *s, uint32_t *root)
{
	struct imp_history *h = b->history;
	uint64_t base = imp_shape_root(s, walk->vttbr);
	struct history_root *bigger, *r;

	for (*root = 0; *root < h->root_count; ++*root) {
		r = &h->roots[*root];
		if (r->base == base && !memcmp(&r->shape, s, sizeof(*s)))
			return NVT_OK;
	}
	bigger = realloc(h->roots, (h->root_count + 1) * sizeof(*bigger));
	if (!bigger)
		return imp_no_memory(b);
	h->roots = bigger;
	r = &bigger[h->root_count];
	*r = (struct history_root){.vttbr = walk->vttbr,
				   .vtcr = walk->vtcr,
				   .base = base,
				   .shape = *s,
				   .wanted = is_wanted(h, s, base, walk)};
	h->root_count++;
	r->table = imp_history_new_table(h, *root, s->start);
	if (!r->table)
		return imp_no_memory(b);
	if (!r->wanted)
		return NVT_OK;
	if (read_root(h, r, b->err) != NVT_OK)
		return b->err->status;
	if (h->past && r->there)
		h->tables[r->table].words =
			imp_core_words(h->core, base, imp_shape_count(s, s->start));
	return NVT_OK;
}

/* L1 has replaced the leaf that was here. */
static void leaf_gone(struct history_root *r, struct history_entry *e)
{
	if (e->counted && !e->judged)
		r->changed++;
	e->counted = e->judged = e->leaf = false;
}

/* An entry that is first met after the core's moment has been as the core has it. */
static bool begin_entry(struct imp_history *h, struct history_entry *e, uint32_t table,
			uint32_t index)
{
	const struct history_table t = h->tables[table];
	const struct imp_shape *s = &h->roots[t.root].shape;
	const uint64_t *words;
	uint64_t next;

	e->born = e->seen = h->clock;
	if (!h->past || !t.words)
		return true;
	e->from_core = true;
	e->first = e->value = t.words[index];
	e->leaf = imp_shape_leaf(s, t.level, e->value);
	words = imp_shape_next(s, t.level, e->value, &next)
			? imp_core_words(h->core, next, imp_shape_count(s, t.level + 1))
			: NULL;
	if (!words)
		return true;
	e->value = imp_history_new_table(h, t.root, t.level + 1);
	e->is_table = true;
	if (!e->value)
		return false;
	h->tables[e->value].words = words;
	h->tables[e->value].addr = next;
	return true;
}

/* A walk went on below the entry. */
static bool pass(struct imp_history *h, struct history_entry *e, uint32_t table, bool fresh)
{
	const struct history_table t = h->tables[table];

	if (!e->is_table) {
		leaf_gone(&h->roots[t.root], e);
		e->value = imp_history_new_table(h, t.root, t.level + 1);
		e->is_table = true;
		if (!e->value)
			return false;
	}
	if (fresh && !e->from_core) {
		e->first = e->value;
		e->first_table = true;
	}
	e->seen = h->clock;
	e->invalidated = false;
	return true;
}

static bool is_explained(const struct imp_history *h, const struct history_root *r,
			 const struct history_entry *e)
{
	return e->invalidated || r->flushed > e->seen || h->lost > e->seen;
}

/* A leaf that a walk found after the core was taken, against what the core says. */
static void judge_later_leaf(struct imp_history *h, struct history_root *r,
			     const struct history_entry *e, bool in_core, uint64_t ipa,
			     uint64_t desc)
{
	r->seen++;
	if (in_core && e->leaf && e->value == desc) {
		r->same++;
	} else if (!in_core || !e->leaf || is_explained(h, r, e) ||
		   !((e->value ^ desc) & ~DESC_AF)) {
		r->changed++;
	} else if (!r->contradicted++ && !h->contradiction[0]) {
		snprintf(h->contradiction, sizeof(h->contradiction),
			 "L2 IPA %#llx: %#llx in the core, then %#llx", (unsigned long long)ipa,
			 (unsigned long long)e->value, (unsigned long long)desc);
	}
}

/* A walk ended at the entry. */
static void stop(struct imp_history *h, struct history_entry *e, uint32_t table, bool fresh,
		 bool found, const struct nvt_l1_leaf *leaf)
{
	const struct history_table *t = &h->tables[table];
	struct history_root *r = &h->roots[t->root];
	bool known = e->counted && e->leaf && !e->is_table && e->value == leaf->desc;

	if (found && !known) {
		bool as_in_core = e->leaf && e->value == leaf->desc;

		if (h->past)
			judge_later_leaf(h, r, e, t->words != NULL, leaf->ipa, leaf->desc);
		else
			r->seen++;
		if (!as_in_core)
			leaf_gone(r, e);
		e->counted = true;
		e->judged = h->past;
	} else if (!found) {
		leaf_gone(r, e);
	}
	e->leaf = found;
	e->value = leaf->desc;
	e->is_table = false;
	if (fresh && !e->from_core)
		e->first = leaf->desc;
	e->seen = h->clock;
	e->invalidated = false;
}

/* The tables and entries that a walk went through, by level. */
struct path {
	uint32_t table[4], index[4];
};

static enum nvt_status follow(struct imp_builder *b, uint32_t root, const struct nvt_l1_leaf *leaf,
			      bool found, struct path *path)
{
	struct imp_history *h = b->history;
	const struct imp_shape shape = h->roots[root].shape;
	uint32_t table = h->roots[root].table;

	h->clock++;
	for (int level = shape.start;; level++) {
		uint32_t index = imp_shape_index(&shape, level, leaf->ipa);
		struct history_entry *e = imp_map_put(&h->entries, table, index);
		bool fresh = e && !e->born;

		if (!e || (fresh && !begin_entry(h, e, table, index)))
			return imp_no_memory(b);
		path->table[level] = table;
		path->index[level] = index;
		if (level == leaf->level) {
			stop(h, e, table, fresh, found, leaf);
			return NVT_OK;
		}
		if (!pass(h, e, table, fresh))
			return imp_no_memory(b);
		table = (uint32_t)e->value;
	}
}

/* ---- the second pass: what has to be written ---- */

static uint64_t first_word(const struct imp_history *h, uint64_t addr)
{
	size_t low = 0, high = h->word_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (h->words[middle].addr == addr)
			return h->words[middle].value;
		if (h->words[middle].addr < addr)
			low = middle + 1;
		else
			high = middle;
	}
	return 0;
}

static struct history_now *now_at(struct imp_history *h, uint64_t addr)
{
	struct history_now *n = imp_map_put(&h->now, addr, 0);

	if (n && !n->known)
		*n = (struct history_now){.value = first_word(h, addr), .known = true};
	return n;
}

static enum nvt_status write_word(struct imp_builder *b, const struct nvt_event *at, uint64_t addr,
				  uint64_t value)
{
	struct history_now *n = now_at(b->history, addr);
	struct nvt_event ev = {.time_ns = at->time_ns, .vcpu = at->vcpu, .kind = NVT_L1_WRITE};

	if (!n)
		return imp_no_memory(b);
	if (n->value == value)
		return NVT_OK;
	ev.l1_write = (struct nvt_l1_write){addr, n->value, value};
	n->value = value;
	b->history->stats.write_count++;
	return imp_emit_event(b, &ev);
}

/* A table's descriptor as the core has it, or one that says no more than where it lies. */
static uint64_t table_word(const struct imp_history *h, const struct history_table *above,
			   uint32_t index, const struct history_table *below)
{
	const struct imp_shape *s = &h->roots[above->root].shape;
	uint64_t next;

	if (above->words && imp_shape_next(s, above->level, above->words[index], &next) &&
	    next == below->addr)
		return above->words[index];
	return below->addr | DESC_TABLE;
}

/* From the entry that decides upwards: no table is linked before it is complete. */
static enum nvt_status write_path(struct imp_builder *b, const struct nvt_event *at, uint32_t root,
				  const struct nvt_l1_leaf *leaf, const struct path *path)
{
	struct imp_history *h = b->history;
	enum nvt_status status = NVT_OK;
	int level;

	if (h->table_count > h->placed_count)
		return imp_fail(b, NVT_EINPUT, "the recording has changed while it was read");
	for (level = leaf->level; level >= h->roots[root].shape.start && status == NVT_OK;
	     level--) {
		const struct history_table *t = &h->placed[path->table[level]];
		uint64_t value = leaf->desc;

		if (level < leaf->level)
			value = table_word(h, t, path->index[level],
					   &h->placed[path->table[level + 1]]);
		status = write_word(b, at, t->addr + 8ull * path->index[level], value);
	}
	return status;
}

/* Whether the core has what the walk ended at. */
static bool core_says_so(const struct imp_history *h, const struct nvt_l1_leaf *leaf,
			 const struct path *path)
{
	const struct history_table *t = &h->placed[path->table[leaf->level]];

	return t->words && t->words[path->index[leaf->level]] == leaf->desc;
}

/*
 * What is concluded from a walk alone is told as such once more, although the tables have it by
 * now: the walk then proves nothing.
 */
static enum nvt_status own_up(struct imp_builder *b, const struct nvt_event *at,
			      const struct imp_walk *walk, const struct path *path)
{
	struct nvt_event ev = {.time_ns = at->time_ns, .vcpu = at->vcpu, .kind = NVT_L1_LEAF};
	int news = imp_leaves_observe(&b->leaves, walk, &ev.l1_leaf);
	const struct history_now *now;

	if (news < 0)
		return imp_no_memory(b);
	if (!news || core_says_so(b->history, &ev.l1_leaf, path))
		return NVT_OK;
	now = now_at(b->history, b->history->placed[path->table[ev.l1_leaf.level]].addr +
					 8ull * path->index[ev.l1_leaf.level]);
	if (!now)
		return imp_no_memory(b);
	/* Tables that lead to themselves cannot read so. */
	if (now->value != ev.l1_leaf.desc)
		return NVT_OK;
	b->stats->own_leaf_count++;
	return imp_emit_event(b, &ev);
}

static int by_value(const void *a, const void *b)
{
	const struct nvt_word *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

/* What was seen otherwise than the core has it becomes as the core has it. */
static enum nvt_status write_core(struct imp_builder *b, const struct nvt_event *at)
{
	struct imp_history *h = b->history;
	struct nvt_word *list = malloc((h->entries.count + 1) * sizeof(*list));
	enum nvt_status status = list ? NVT_OK : imp_no_memory(b);
	uint64_t table, index, before = h->stats.write_count;
	size_t position = 0, count = 0;

	while (list && imp_map_next(&h->entries, &position, &table, &index)) {
		const struct history_table *t = &h->placed[table];

		if (t->words)
			list[count++] = (struct nvt_word){t->addr + 8 * index, t->words[index]};
	}
	if (count)
		qsort(list, count, sizeof(*list), by_value);
	for (size_t i = 0; i < count && status == NVT_OK; i++)
		status = write_word(b, at, list[i].addr, list[i].value);
	free(list);
	h->stats.final_count = h->stats.write_count - before;
	return status;
}

/* ---- hooks ---- */

enum nvt_status imp_history_walk(struct imp_builder *b, const struct nvt_event *at,
				 const struct imp_walk *walk)
{
	struct imp_history *h = b->history;
	enum nvt_status status;
	struct imp_shape shape;
	struct nvt_l1_leaf leaf;
	struct path path;
	uint32_t root;

	if (!imp_leaves_decided(walk, &leaf) ||
	    !imp_shape_of(walk->vtcr, walk->page_shift, walk->ipa_limit, &shape))
		return NVT_OK;
	if (leaf.flags & NVT_LEAF_UNREADABLE) {
		h->unreadable_count++;
		return NVT_OK;
	}
	status = root_of(b, walk, &shape, &root);
	if (status != NVT_OK)
		return status;
	h->roots[root].walked = true;
	if (!h->roots[root].there)
		return NVT_OK;
	status = follow(b, root, &leaf, !walk->truth->walk_ret, &path);
	if (status == NVT_OK && h->writing)
		status = write_path(b, at, root, &leaf, &path);
	if (status == NVT_OK && h->writing)
		status = own_up(b, at, walk, &path);
	return status;
}

/* L1 has invalidated the entries on the way to an address: they may have changed. */
static void invalidate(struct imp_history *h, const struct history_root *r, uint64_t ipa)
{
	uint32_t table = r->table;

	for (int level = r->shape.start; level <= 3; level++) {
		struct history_entry *e =
			imp_map_get(&h->entries, table, imp_shape_index(&r->shape, level, ipa));

		if (!e)
			return;
		e->invalidated = true;
		if (!e->is_table)
			return;
		table = (uint32_t)e->value;
	}
}

/*
 * Stage-2 invalidations of L1 (spec 7.5). All that is asked of them is whether a change of an
 * entry has a cause: those of ranges count for all of the VMID.
 */
static void note_tlbi(struct imp_history *h, const struct nvt_tlbi *tlbi)
{
	unsigned int op1 = tlbi->op >> 11 & 7, crn = tlbi->op >> 7 & 15, crm = tlbi->op >> 3 & 15,
		     op2 = tlbi->op & 7;
	bool ipa = (crm == 0 && (op2 & 3) == 1) || (crm == 4 && !(op2 & 2));
	bool range = (crm == 0 && (op2 & 3) == 2) || (crm == 4 && op2 & 2);
	bool all = crm == 1 || crm == 3 || crm == 7;

	if (op1 != 4 || (crn != 8 && crn != 9))
		return;
	if (all && op2 != 4 && op2 != 6)
		return;
	h->clock++;
	for (size_t i = 0; i < h->root_count; i++) {
		struct history_root *r = &h->roots[i];

		if (r->vttbr >> 48 != tlbi->vttbr >> 48 && !(all && op2 == 4))
			continue;
		if (ipa)
			invalidate(h, r, (tlbi->xt & 0xfffffffffull) << 12);
		else if (range || all)
			r->flushed = h->clock;
	}
}

/* The core was taken here. */
static enum nvt_status core_moment(struct imp_builder *b, const struct nvt_event *at)
{
	struct imp_history *h = b->history;
	enum nvt_status status = NVT_OK;

	h->clock++;
	if (h->writing)
		status = write_core(b, at);
	if (status == NVT_OK)
		status = imp_history_meet_core(b);
	h->past = true;
	return status;
}

static enum nvt_status note_mark(struct imp_builder *b, const struct nvt_event *ev)
{
	struct imp_history *h = b->history;

	if (!h->options->core_at || !strstr(ev->mark.text, h->options->core_at))
		return NVT_OK;
	return h->mark_count++ ? NVT_OK : core_moment(b, ev);
}

enum nvt_status imp_history_event(struct imp_builder *b, const struct nvt_event *ev)
{
	switch (ev->kind) {
	case NVT_TLBI:
		note_tlbi(b->history, &ev->tlbi);
		return NVT_OK;
	case NVT_LOST:
		b->history->lost = ++b->history->clock;
		return NVT_OK;
	case NVT_MARK:
		return note_mark(b, ev);
	default:
		return NVT_OK;
	}
}

enum nvt_status imp_history_end(struct imp_builder *b)
{
	const struct nvt_event at = {.time_ns = b->last_ns};
	struct imp_history *h = b->history;
	const char *mark = h->options->core_at;

	if (mark && h->mark_count != 1)
		return imp_fail(b, NVT_EINPUT,
				h->mark_count
					? "%llu marks have '%.64s' in their text: give more of "
					  "it"
					: "%llu marks have '%.64s' in their text",
				(unsigned long long)h->mark_count, mark);
	return h->past ? NVT_OK : core_moment(b, &at);
}

/* ---- between the passes ---- */

/* Whether the core has L1's tables of these registers; if not the reason is told. */
static bool is_covered(struct imp_history *h, const struct history_root *r)
{
	const char *why = NULL;

	if (!r->wanted)
		why = "neither --vttbr nor --ptdump names it";
	else if (!r->there)
		why = "the core has no memory there";
	else if (r->contradicted)
		why = "the core contradicts what walks have read: it is of another run or moment";
	else if (r->seen && !r->same)
		why = "none of its leaves is in the core: of another run, or gone by then";
	if (!why)
		return true;
	snprintf(h->reason, sizeof(h->reason), "VTTBR %#llx, VTCR %#llx: %s",
		 (unsigned long long)r->vttbr, (unsigned long long)r->vtcr, why);
	return false;
}

static void find_reason(struct imp_builder *b)
{
	struct imp_history *h = b->history;

	if (imp_class(b) != NVT_FULL)
		snprintf(h->reason, sizeof(h->reason),
			 "the recording lacks what an observed trace needs");
	else if (h->unreadable_count)
		snprintf(h->reason, sizeof(h->reason), "%llu walks met a table that cannot be read",
			 (unsigned long long)h->unreadable_count);
	for (size_t i = 0; i < h->root_count && !h->reason[0]; i++)
		is_covered(h, &h->roots[i]);
}

/* Tables that are named, but were not walked while it was recorded, are in the trace all the same.
 */
static enum nvt_status read_unwalked(struct imp_builder *b)
{
	struct imp_history *h = b->history;
	enum nvt_status status = NVT_OK;
	struct nvt_machine machine;

	imp_machine(b, &machine);
	for (size_t i = 0; i < h->wanted_count && status == NVT_OK; i++) {
		struct history_root r = {.vttbr = h->wanted[i].vttbr, .vtcr = h->wanted[i].vtcr};

		if (!imp_shape_of(r.vtcr, machine.page_shift, machine.ipa_limit, &r.shape))
			return imp_fail(b, NVT_EINPUT, "VTCR %#llx is none that KVM walks with",
					(unsigned long long)r.vtcr);
		r.base = imp_shape_root(&r.shape, r.vttbr);
		status = read_root(h, &r, b->err);
	}
	return status;
}

static void add_up(struct imp_history *h)
{
	struct imp_core_totals totals = imp_core_totals(h->core);

	h->stats = (struct nvt_import_core){.file_size = imp_core_file_size(h->core),
					    .table_count = totals.table_count,
					    .leaf_count = totals.leaf_count,
					    .outside_count = totals.outside_count};
	for (size_t i = 0; i < h->root_count; i++) {
		const struct history_root *r = &h->roots[i];

		h->stats.seen_count += r->seen;
		h->stats.same_count += r->same;
		h->stats.changed_count += r->changed;
		h->stats.contradicted_count += r->contradicted;
	}
}

/* Both passes go the same way: the second begins with nothing again. */
static void begin_again(struct imp_history *h)
{
	h->placed = h->tables;
	h->placed_count = h->table_count;
	h->tables = NULL;
	h->table_count = h->table_room = h->root_count = 0;
	imp_map_free(&h->entries);
	h->clock = h->lost = h->mark_count = 0;
	h->past = false;
	h->writing = true;
}

enum nvt_status imp_history_settle(struct imp_builder *b, const char **reason)
{
	struct imp_history *h = b->history;
	enum nvt_status status = read_unwalked(b);

	if (status != NVT_OK)
		return status;
	add_up(h);
	find_reason(b);
	if (!h->reason[0])
		status = imp_history_place(b);
	if (status == NVT_OK && !h->reason[0])
		status = imp_history_make_words(b);
	*reason = h->reason[0] ? h->reason : NULL;
	snprintf(h->stats.reason, sizeof(h->stats.reason), "%s", h->reason);
	if (h->contradiction[0])
		snprintf(h->stats.contradiction, sizeof(h->stats.contradiction), "%s",
			 h->contradiction);
	begin_again(h);
	return status;
}

const struct nvt_word *imp_history_words(const struct imp_history *h, size_t *count)
{
	*count = h->word_count;
	return h->words;
}

struct nvt_import_core imp_history_stats(const struct imp_history *h)
{
	return h->stats;
}
