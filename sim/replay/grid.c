/* SPDX-License-Identifier: GPL-2.0-only */
#include "grid.h"

#define KIB (1ull << 10)
#define MIB (1ull << 20)
#define GIB (1ull << 30)

/* ---- rows: the backings that KVM tells apart (spec 4.2) ---- */

/* A window that holds blocks of 2M, but none of 1G. */
#define WINDOW (512 * MIB)

#define ROW(name, host, ...)                                                                       \
	{                                                                                          \
		.backing = name, .page_shift = host, __VA_ARGS__                                   \
	}
#define LOGGED_TOO(name, host, ...)                                                                \
	ROW(name, host, __VA_ARGS__), ROW(name, host, .logging = true, __VA_ARGS__)

const struct grid_row grid_rows[] = {
	LOGGED_TOO("base pages", 12, .vma_shift = 12),
	LOGGED_TOO("THP 2M", 12, .leaf_shift = 21),
	LOGGED_TOO("THP 2M, supports(2M)=0", 12, .leaf_shift = 21, .skew = 4 * KIB),
	LOGGED_TOO("hugetlb 64K", 12, .vma_shift = 16),
	LOGGED_TOO("hugetlb 2M", 12, .vma_shift = 21, .leaf_shift = 21),
	LOGGED_TOO("hugetlb 2M, supports(2M)=0", 12, .vma_shift = 21, .leaf_shift = 21,
		   .skew = 4 * KIB),
	LOGGED_TOO("hugetlb 32M", 12, .vma_shift = 25, .leaf_shift = 21),
	LOGGED_TOO("hugetlb 1G", 12, .vma_shift = 30, .leaf_shift = 30),
	LOGGED_TOO("hugetlb 1G, supports(1G)=0", 12, .vma_shift = 30, .leaf_shift = 30,
		   .skew = 2 * MIB),
	LOGGED_TOO("hugetlb 1G, supports(2M)=0", 12, .vma_shift = 30, .leaf_shift = 30,
		   .skew = 4 * KIB),
	ROW("PFNMAP 2M, user leaf 2M", 12, .leaf_shift = 21, .device = true, .slot_size = WINDOW),
	ROW("PFNMAP 2M, user leaf 4K", 12, .leaf_shift = 12, .device = true, .slot_size = WINDOW),
	ROW("PFNMAP 1G, user leaf 1G", 12, .leaf_shift = 30, .device = true),
	ROW("THP 2M, permission fault on a block", 12, .leaf_shift = 21, .permission = true),
	LOGGED_TOO("base pages", 14, .vma_shift = 14),
	LOGGED_TOO("hugetlb 2M", 14, .vma_shift = 21),
	LOGGED_TOO("THP 32M", 14, .leaf_shift = 25),
	LOGGED_TOO("hugetlb 32M", 14, .vma_shift = 25, .leaf_shift = 25),
	LOGGED_TOO("hugetlb 1G", 14, .vma_shift = 30, .leaf_shift = 25),
	LOGGED_TOO("base pages", 16, .vma_shift = 16),
	LOGGED_TOO("hugetlb 2M", 16, .vma_shift = 21),
	LOGGED_TOO("THP 512M", 16, .leaf_shift = 29),
	LOGGED_TOO("hugetlb 512M", 16, .vma_shift = 29, .leaf_shift = 29),
	LOGGED_TOO("hugetlb 16G", 16, .vma_shift = 34, .leaf_shift = 29),
};
const size_t grid_row_count = sizeof(grid_rows) / sizeof(grid_rows[0]);

/* ---- columns: leaves that the granules of L1 can have (spec 1.4) ---- */

static const struct leaf {
	uint64_t size;
	uint64_t former; /* a larger one of the same granule; else the same */
	uint8_t granule_shift;
} leaves[] = {
	{4 * KIB, 2 * MIB, 12}, {16 * KIB, 32 * MIB, 14}, {64 * KIB, 512 * MIB, 16},
	{2 * MIB, GIB, 12},	{32 * MIB, 32 * MIB, 14}, {512 * MIB, 512 * MIB, 16},
	{GIB, GIB, 12},
};
#define LEAF_COUNT (sizeof(leaves) / sizeof(leaves[0]))

unsigned int grid_leaves(unsigned int page_shift, uint64_t sizes[GRID_LEAVES_MAX])
{
	unsigned int count = 0;
	size_t i;

	sizes[count++] = 0;
	for (i = 0; i < LEAF_COUNT; i++)
		if (leaves[i].granule_shift >= page_shift)
			sizes[count++] = leaves[i].size;
	return count;
}

static const struct leaf *find_leaf(uint64_t size)
{
	size_t i;

	for (i = 0; i < LEAF_COUNT; i++)
		if (leaves[i].size == size)
			return &leaves[i];
	return NULL;
}

/* ---- the scene of a cell ---- */

#define STEPS_MAX 5

struct question {
	const struct grid_row *row;
	const struct leaf *leaf; /* NULL: L1 itself faults */
	uint64_t ipa, out;	 /* what L1's leaf maps, and to where in its memory */
	uint64_t at;		 /* of the fault, from there */
	struct scene_step steps[STEPS_MAX];
	size_t step_count;
};

static void add(struct question *q, struct scene_step step)
{
	q->steps[q->step_count++] = step;
}

static void add_leaf(struct question *q, uint64_t size, uint64_t attr)
{
	add(q, (struct scene_step){.what = SCENE_L1_MAP,
				   .ipa = q->ipa & ~(size - 1),
				   .out = q->out & ~(size - 1),
				   .leaf = size,
				   .attr = attr});
}

/* A page that begins no block of any size, early enough for the smallest slot. */
static uint64_t inside(uint64_t size, uint64_t page)
{
	uint64_t half = size / 2 < 128 * MIB ? size / 2 : 128 * MIB + MIB;

	return size > page ? half + page : 0;
}

/* The two addresses agree modulo L1's leaf, and modulo nothing larger. */
static void place(struct question *q)
{
	const struct grid_row *row = q->row;
	uint64_t page = 1ull << row->page_shift, leaf, unit, slot = row->slot_size;

	if (!q->leaf) {
		q->out = q->ipa = SCENE_RAM;
		q->at = inside(GIB, page);
		return;
	}
	leaf = q->leaf->size;
	unit = row->permission ? q->leaf->former : leaf;
	q->out = SCENE_RAM + (slot && slot <= 3 * unit ? 0 : 3 * unit);
	q->ipa = 6 * unit;
	q->at = inside(leaf, page);
	if (leaf < unit) {
		q->out += 5 * leaf;
		q->ipa += 5 * leaf;
	}
}

/* A guest read under a larger leaf; L1 wrote the smaller one without an invalidation. */
static void ask(struct question *q)
{
	bool permission = q->leaf && q->row->permission;

	place(q);
	if (permission)
		add_leaf(q, q->leaf->former, SCENE_RO);
	else if (q->leaf)
		add_leaf(q, q->leaf->size, SCENE_RW);
	if (q->leaf)
		add(q, (struct scene_step){.what = SCENE_ENTER});
	if (permission) {
		add(q, (struct scene_step){.what = SCENE_READ, .ipa = q->ipa + q->at});
		add_leaf(q, q->leaf->size, SCENE_RW);
	}
	add(q, (struct scene_step){.what = SCENE_WRITE, .ipa = q->ipa + q->at});
}

/* ---- the answer ---- */

static bool host_level(const struct engine *e, uint64_t size)
{
	unsigned int shift = e->machine.page_shift;

	return size == 1ull << shift || size == 1ull << s2_level_shift(shift, 2) ||
	       (shift == 12 && size == 1ull << s2_level_shift(shift, 1));
}

/* What the handler mapped or raised, in the space of the table that faulted. */
static struct engine_extent answered(const struct s2_outcome *out, const struct s2_leaf *leaf)
{
	if (out->kind == S2_RELAXED)
		return (struct engine_extent){.start = leaf->start.v, .size = leaf->size};
	return (struct engine_extent){.start = out->map.addr.v, .size = out->map.size};
}

static void judge(const struct question *q, struct engine *e, uint64_t dirty_bytes,
		  struct grid_cell *cell)
{
	const struct s2_outcome *out = &e->step.outcome;
	struct table_ipa ipa = {q->ipa + q->at};
	struct s2_leaf leaf = s2_lookup(&e->vm, e->vcpus[0].mmu, ipa);
	uint64_t pa = leaf.pa.v + (ipa.v - leaf.start.v);
	struct engine_extent got;

	if (!e->step.delivered || (out->kind != S2_MAPPED && out->kind != S2_RELAXED))
		return;
	got = answered(out, &leaf);
	cell->size = out->map.size;
	cell->relaxed = out->kind == S2_RELAXED;
	if (q->leaf && (got.start < q->ipa || got.start + got.size > q->ipa + q->leaf->size))
		cell->marks |= GRID_BEYOND;
	if (!host_level(e, cell->size) && got.start % cell->size)
		cell->marks |= GRID_ODD;
	if (!leaf.valid || pa != SCENE_PA(q->out + q->at) + q->row->skew)
		cell->marks |= GRID_WRONG;
	if (q->row->logging && s2_leaf_perm(leaf.desc).w && dirty_bytes < got.size)
		cell->marks |= GRID_UNLOGGED;
}

static void count_dirty(void *arg, const struct s2_slot *slot, struct l1_ipa addr)
{
	(void)slot, (void)addr;
	++*(uint64_t *)arg;
}

static bool run(const struct question *q, const struct scene_stream *stream,
		const struct s2_policy *policy, struct grid_cell *cell)
{
	struct engine_options options = {.policy = policy, .quirks = S2_QUIRKS_KVM};
	struct engine *e = scene_engine(stream, &options);
	enum engine_status status = ENGINE_OK;
	uint64_t dirty = 0;
	size_t i;

	if (!e)
		return false;
	e->machine.on_dirty = count_dirty;
	e->machine.on_dirty_arg = &dirty;
	for (i = 0; i < stream->event_count && status == ENGINE_OK; i++)
		status = engine_event(e, &stream->events[i]);
	if (status == ENGINE_OK)
		judge(q, e, dirty << q->row->page_shift, cell);
	engine_free(e);
	return status == ENGINE_OK;
}

/* Becomes the stream of a cell that is there. */
static bool make(struct question *q, struct scene_stream *stream)
{
	const struct grid_row *row = q->row;
	struct scene scene = {.page_shift = row->page_shift,
			      .vma_shift = row->vma_shift,
			      .leaf_shift = row->leaf_shift,
			      .device = row->device,
			      .slot_flags = row->logging ? NVT_SLOT_LOG : 0,
			      .slot_size = row->slot_size,
			      .skew = row->skew,
			      .granule_shift = q->leaf ? q->leaf->granule_shift : 0,
			      .steps = q->steps};

	ask(q);
	scene.step_count = q->step_count;
	return scene_make(&scene, stream);
}

bool grid_stream(const struct grid_row *row, uint64_t l1_leaf, struct scene_stream *stream)
{
	struct question q = {.row = row, .leaf = find_leaf(l1_leaf)};

	return make(&q, stream);
}

bool grid_cell(const struct grid_row *row, uint64_t l1_leaf, const struct s2_policy *policy,
	       struct grid_cell *cell)
{
	struct question q = {.row = row, .leaf = find_leaf(l1_leaf)};
	struct scene_stream stream;
	bool done;

	*cell = (struct grid_cell){.there = q.leaf || !row->permission};
	if (!cell->there)
		return true;
	if (!make(&q, &stream))
		return false;
	done = run(&q, &stream, policy, cell);
	scene_free(&stream);
	return done;
}
