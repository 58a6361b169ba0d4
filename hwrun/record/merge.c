/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdlib.h>
#include <string.h>

#include "merge.h"

struct record_lane {
	unsigned char *bytes;
	size_t start, limit, room;
};

/* An item and its data, in whole words. */
static size_t space_of(const struct record_item *item)
{
	return sizeof(*item) + ((item->size + 7u) & ~(size_t)7);
}

static const struct record_item *head_of(const struct record_merge *m, uint32_t lane)
{
	return (const struct record_item *)(m->lanes[lane].bytes + m->lanes[lane].start);
}

/* Items of the same time come by lane, so that the order does not depend on luck. */
static bool is_before(const struct record_merge *m, uint32_t a, uint32_t b)
{
	uint64_t ta = head_of(m, a)->time_ns, tb = head_of(m, b)->time_ns;

	return ta < tb || (ta == tb && a < b);
}

static void swap(struct record_merge *m, uint32_t i, uint32_t j)
{
	uint32_t lane = m->heap[i];

	m->heap[i] = m->heap[j];
	m->heap[j] = lane;
}

static void sift_down(struct record_merge *m)
{
	for (uint32_t i = 0, child; (child = 2 * i + 1) < m->heap_count; i = child) {
		if (child + 1 < m->heap_count && is_before(m, m->heap[child + 1], m->heap[child]))
			child++;
		if (!is_before(m, m->heap[child], m->heap[i]))
			return;
		swap(m, i, child);
	}
}

static void enter(struct record_merge *m, uint32_t lane)
{
	uint32_t i = m->heap_count++;

	m->heap[i] = lane;
	for (; i && is_before(m, m->heap[i], m->heap[(i - 1) / 2]); i = (i - 1) / 2)
		swap(m, i, (i - 1) / 2);
}

bool record_merge_init(struct record_merge *m, uint32_t lane_count)
{
	*m = (struct record_merge){.lanes = calloc(lane_count, sizeof(*m->lanes)),
				   .heap = calloc(lane_count, sizeof(*m->heap)),
				   .lane_count = lane_count};
	return m->lanes && m->heap;
}

void record_merge_free(struct record_merge *m)
{
	for (uint32_t i = 0; m->lanes && i < m->lane_count; i++)
		free(m->lanes[i].bytes);
	free(m->lanes);
	free(m->heap);
}

/* Room behind what waits: what was taken gives its place back first. */
static bool make_room(struct record_lane *l, size_t size)
{
	unsigned char *bigger;
	size_t room = l->room ? l->room : 4096;

	if (l->room - l->limit >= size)
		return true;
	if (l->start >= l->room / 2 && l->start) {
		memmove(l->bytes, l->bytes + l->start, l->limit - l->start);
		l->limit -= l->start;
		l->start = 0;
	}
	while (room - l->limit < size)
		room *= 2;
	if (room == l->room)
		return true;
	bigger = realloc(l->bytes, room);
	if (!bigger)
		return false;
	l->bytes = bigger;
	l->room = room;
	return true;
}

bool record_merge_add(struct record_merge *m, uint32_t lane, const struct record_item *item,
		      const void *data)
{
	struct record_lane *l = &m->lanes[lane];
	size_t space = space_of(item);
	bool empty = l->start == l->limit;

	if (empty)
		l->start = l->limit = 0;
	if (!make_room(l, space))
		return false;
	memcpy(l->bytes + l->limit, item, sizeof(*item));
	if (item->size)
		memcpy(l->bytes + l->limit + sizeof(*item), data, item->size);
	l->limit += space;
	m->held_size += space;
	if (empty)
		enter(m, lane);
	return true;
}

const struct record_item *record_merge_take(struct record_merge *m, uint64_t until,
					    const void **data)
{
	const struct record_item *item;
	struct record_lane *l;

	if (!m->heap_count)
		return NULL;
	l = &m->lanes[m->heap[0]];
	item = head_of(m, m->heap[0]);
	if (item->time_ns > until)
		return NULL;
	*data = item + 1;
	l->start += space_of(item);
	m->held_size -= space_of(item);
	if (l->start == l->limit)
		m->heap[0] = m->heap[--m->heap_count];
	sift_down(m);
	return item;
}
