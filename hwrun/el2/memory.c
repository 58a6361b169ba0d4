/* SPDX-License-Identifier: GPL-2.0-only */
/* Free RAM: ranges; the heap grows in one from below, platform_take() takes from above. */
#include <string.h>

#include "boot.h"

#define RANGES	    256u
#define KEPT	    8u
#define PAGE	    4096ull
#define RANGE_LEAST (1ull << 20)

static struct range ranges[RANGES]; /* none empty, none overlap; in no order */
static unsigned int range_count;
static struct range *heap; /* that the heap grows in; NULL: none yet */

static uint64_t range_size(const struct range *r)
{
	return r->end - r->start;
}

static void drop(unsigned int i)
{
	ranges[i] = ranges[--range_count];
}

/* Where there are too many the smallest is given up. */
static void put(uint64_t start, uint64_t end)
{
	unsigned int i, least = 0;

	if (start >= end)
		return;
	if (range_count == RANGES) {
		for (i = 1; i < range_count; i++)
			if (range_size(&ranges[i]) < range_size(&ranges[least]))
				least = i;
		if (range_size(&ranges[least]) >= end - start)
			return;
		drop(least);
	}
	ranges[range_count++] = (struct range){start, end};
}

static void cut(uint64_t start, uint64_t end)
{
	unsigned int i = 0;

	while (i < range_count) {
		struct range r = ranges[i];

		if (r.end <= start || r.start >= end) {
			i++;
			continue;
		}
		drop(i);
		put(r.start, start < r.end ? start : r.end);
		put(end > r.start ? end : r.start, r.end);
		i = 0;
	}
}

static uint64_t page_down(uint64_t address)
{
	return address & ~(PAGE - 1);
}

/* The last page of all stays out of everything. */
static uint64_t page_up(uint64_t address)
{
	return address > ~(PAGE - 1) ? ~(PAGE - 1) : page_down(address + PAGE - 1);
}

static uint64_t end_of(uint64_t start, uint64_t size)
{
	return start + size < start ? ~0ull : start + size;
}

void memory_add(uint64_t start, uint64_t size)
{
	uint64_t end = page_down(end_of(start, size));
	unsigned int i = 0;

	/* The page at 0 is not worth an exception from what NULL means. */
	start = start ? page_up(start) : PAGE;
	if (start >= end)
		return;
	cut(start, end);
	while (i < range_count) {
		struct range r = ranges[i];

		if (r.start != end && r.end != start) {
			i++;
			continue;
		}
		start = r.start < start ? r.start : start;
		end = r.end > end ? r.end : end;
		drop(i);
		i = 0;
	}
	put(start, end);
}

void memory_remove(uint64_t start, uint64_t size)
{
	if (size)
		cut(page_down(start), page_up(end_of(start, size)));
}

uint64_t memory_room(uint64_t address)
{
	unsigned int i;

	for (i = 0; i < range_count; i++)
		if (address >= ranges[i].start && address < ranges[i].end)
			return ranges[i].end - address;
	return 0;
}

static void largest_first(void)
{
	unsigned int i, j;

	for (i = 0; i < range_count; i++)
		for (j = i + 1; j < range_count; j++)
			if (range_size(&ranges[j]) > range_size(&ranges[i])) {
				struct range r = ranges[i];

				ranges[i] = ranges[j];
				ranges[j] = r;
			}
}

void memory_start(void)
{
	unsigned int i;

	largest_first();
	if (range_count > KEPT)
		range_count = KEPT;
	while (range_count && range_size(&ranges[range_count - 1]) < RANGE_LEAST)
		range_count--;
	for (i = 0; i < range_count;)
		if (mmu_map(ranges[i].start, range_size(&ranges[i]), MMU_DATA))
			i++;
		else
			drop(i);
}

void *memory_grow(uint64_t size)
{
	void *p;

	if (!heap || size > range_size(heap))
		return NULL;
	p = (void *)heap->start;
	heap->start += size;
	return p;
}

void *memory_grow_elsewhere(uint64_t size)
{
	unsigned int i;

	for (i = 0; i < range_count; i++)
		if (!heap || range_size(&ranges[i]) > range_size(heap))
			heap = &ranges[i];
	return memory_grow(size);
}

uint64_t memory_total(void)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < range_count; i++)
		sum += range_size(&ranges[i]);
	return sum;
}

/* The highest fitting address; 0: none. */
static uint64_t fit(const struct range *r, uint64_t size, uint64_t align)
{
	uint64_t start;

	if (size > range_size(r))
		return 0;
	start = (r->end - size) & ~(align - 1);
	return start >= r->start ? start : 0;
}

void *platform_take(uint64_t size, uint64_t align)
{
	struct range *best = NULL;
	uint64_t start, end;
	unsigned int i;

	if (!size)
		return NULL;
	for (i = 0; i < range_count; i++)
		if (fit(&ranges[i], size, align) &&
		    (!best || range_size(&ranges[i]) < range_size(best)))
			best = &ranges[i];
	if (!best)
		return NULL;
	start = fit(best, size, align);
	end = best->end;
	best->end = start;
	/* What lies above is a range of its own; the others stay in their places. */
	if (range_count < RANGES && start + size < end)
		put(start + size, end);
	/* NOLINTNEXTLINE: the range has room for it */
	memset((void *)start, 0, size);
	return (void *)start;
}

uint64_t platform_free(void)
{
	uint64_t most = 0;
	unsigned int i;

	for (i = 0; i < range_count; i++)
		if (range_size(&ranges[i]) > most)
			most = range_size(&ranges[i]);
	return most;
}
