/* SPDX-License-Identifier: GPL-2.0-only */
/* A set of page numbers in which the next member after any number is found at once. */
#ifndef NVSIM_TRACES_GEN_FREEMAP_H
#define NVSIM_TRACES_GEN_FREEMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FREEMAP_LEVELS 5

/* A bit of level k + 1 tells whether a word of level k has any. */
struct freemap {
	uint64_t *level[FREEMAP_LEVELS];
	unsigned int level_count;
	uint64_t size;	/* numbers are 0 .. size - 1 */
	uint64_t count; /* members */
};

/* An empty set. False: out of memory. */
bool freemap_init(struct freemap *m, uint64_t size);
void freemap_free(struct freemap *m);

void freemap_add_range(struct freemap *m, uint64_t start, uint64_t end);
/* `n` is a member. */
void freemap_remove(struct freemap *m, uint64_t n);
/* Members in [start, end). */
uint64_t freemap_count(const struct freemap *m, uint64_t start, uint64_t end);
/* The first member at or after `start`, or else the first of all. There is one. */
uint64_t freemap_next(const struct freemap *m, uint64_t start);

#endif
