/* SPDX-License-Identifier: GPL-2.0-only */
/* Room for table pages: one range, so that pointer and PA differ by a constant. */
#ifndef NVSIM_REPLAY_ARENA_H
#define NVSIM_REPLAY_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena {
	unsigned char *base;
	uint64_t pa;	   /* of its first byte, as tables name it */
	uint16_t *entries; /* one number a page */
	unsigned int page_shift;
	size_t size;	  /* of the range */
	size_t reached;	  /* bytes of it, and of what entries say of it, that can be used */
	bool refused;	  /* there was no memory for a page */
	size_t top;	  /* bytes handed out at least once */
	void *free_pages; /* single pages, linked through their first word */
	uint64_t pages_now, pages_peak;
};

/* False: no address space. */
bool arena_init(struct arena *a, unsigned int page_shift);
void arena_destroy(struct arena *a);
/* A range of its own with the same pages at the same distances. False: no address space. */
bool arena_clone(struct arena *to, const struct arena *from);
/* Makes the range usable up to `top` bytes, which are within it. False: no memory. */
bool arena_reach(struct arena *a, size_t top);
/* Zeroed, aligned to size, a power of two of at least a page. NULL: full. */
void *arena_alloc(struct arena *a, size_t size);
void arena_free(struct arena *a, void *p, size_t size);

#endif
