/* SPDX-License-Identifier: GPL-2.0-only */
/* The range of an arena, out of the address space of a process. */
#include "arena.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define RANGE_MAX (64ull << 30)
#define RANGE_MIN (16ull << 20)
/* Apart from what traces map, and not 0, so that a lost offset shows. */
#define RANGE_PA 0x100000000ull

/* Address space is reserved, not memory; under a limit only a part of it. */
static size_t range_size(void)
{
	size_t size = RANGE_MAX;
	struct rlimit limit;

	if (getrlimit(RLIMIT_AS, &limit) || limit.rlim_cur == RLIM_INFINITY)
		return size;
	while (size > RANGE_MIN && size > limit.rlim_cur / 4)
		size /= 2;
	return size;
}

static void *reserve(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static size_t entries_size(const struct arena *a)
{
	return (a->size >> a->page_shift) * sizeof(*a->entries);
}

bool arena_init(struct arena *a, unsigned int page_shift)
{
	*a = (struct arena){.pa = RANGE_PA, .page_shift = page_shift, .size = range_size()};
	do {
		a->base = reserve(a->size);
	} while (!a->base && a->size > RANGE_MIN && (a->size /= 2));
	if (!a->base)
		return false;
	a->entries = reserve(entries_size(a));
	if (!a->entries) {
		munmap(a->base, a->size);
		a->base = NULL;
		return false;
	}
	return true;
}

void arena_destroy(struct arena *a)
{
	if (!a->base)
		return;
	munmap(a->base, a->size);
	munmap(a->entries, entries_size(a));
	a->base = NULL;
}

/* Free pages are linked by pointers, which say another range now. */
static void relink(struct arena *to, const struct arena *from)
{
	void *page = from->free_pages;
	void **link = &to->free_pages;

	while (page) {
		*link = to->base + ((unsigned char *)page - from->base);
		link = *link;
		memcpy(&page, page, sizeof(void *));
	}
	*link = NULL;
}

bool arena_clone(struct arena *to, const struct arena *from)
{
	if (!arena_init(to, from->page_shift))
		return false;
	if (to->size < from->top) {
		arena_destroy(to);
		return false;
	}
	memcpy(to->base, from->base, from->top);
	memcpy(to->entries, from->entries,
	       (from->top >> from->page_shift) * sizeof(*from->entries));
	to->top = from->top;
	to->pages_now = from->pages_now;
	to->pages_peak = from->pages_peak;
	relink(to, from);
	return true;
}
