/* SPDX-License-Identifier: GPL-2.0-only */
#include "arena.h"

#include <string.h>

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
		memcpy(&a->free_pages, p, sizeof(a->free_pages));
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
