/* SPDX-License-Identifier: GPL-2.0-only */
/* The range of an arena: RAM that VTTBR_EL2 can point at. */
#include "arena.h"
#include "platform.h"

#define RANGE_MAX (1ull << 30)
#define RANGE_MIN (1ull << 20)
/* Of what is free in one piece: the rest is for the heap and for whoever takes next. */
#define SHARE 8u
/* The largest root: 16 pages of 64K. */
#define ALIGN (1ull << 20)

bool arena_init(struct arena *a, unsigned int page_shift)
{
	uint64_t size = RANGE_MAX;

	while (size > RANGE_MIN && size > platform_free() / SHARE)
		size /= 2;
	*a = (struct arena){.page_shift = page_shift, .size = size};
	a->base = platform_take(size, ALIGN);
	a->entries = platform_take((size >> page_shift) * sizeof(*a->entries), 16);
	a->pa = (uint64_t)a->base;
	return a->base && a->entries;
}

bool arena_reach(struct arena *a, size_t top)
{
	(void)a;
	(void)top;
	return true;
}

/* What was taken is never given back. */
void arena_destroy(struct arena *a)
{
	a->base = NULL;
}
