/* SPDX-License-Identifier: GPL-2.0-only */
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
		memcpy(&page, page, sizeof(page));
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

static void count(struct arena *a, size_t size)
{
	a->pages_now += size >> a->page_shift;
	if (a->pages_now > a->pages_peak)
		a->pages_peak = a->pages_now;
}

void *arena_alloc(struct arena *a, size_t size)
{
	/* mmap aligns to 4K only: alignment is relative to the range, as PAs are. */
	size_t start = (a->top + size - 1) & ~(size - 1);
	void *p = a->free_pages;

	if (size == (size_t)1 << a->page_shift && p) {
		memcpy(&a->free_pages, p, sizeof(p));
		memset(p, 0, size);
	} else {
		if (start > a->size || size > a->size - start)
			return NULL;
		a->top = start + size;
		p = a->base + start;
	}
	count(a, size);
	return p;
}

/* Larger pieces are roots: they live as long as the range. */
void arena_free(struct arena *a, void *p, size_t size)
{
	a->pages_now -= size >> a->page_shift;
	if (size != (size_t)1 << a->page_shift)
		return;
	memcpy(p, &a->free_pages, sizeof(a->free_pages));
	a->free_pages = p;
}
