/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the host backs its virtual memory with, as intervals. There may be as many as pages,
 * in any order: they are kept in short runs, so that one more moves few of the others.
 */
#ifndef NVSIM_REPLAY_BACKING_H
#define NVSIM_REPLAY_BACKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* [hva, hva + size) lies at pa upwards. */
struct backing {
	uint64_t hva, size, pa;
	uint64_t user_leaf; /* bytes; 0: not present */
	uint8_t vma_shift;
	bool writable, device, any_uncached;
	bool no_pa;	/* pa is not known: 0 */
	uint8_t origin; /* the caller's; not looked at here */
};

#define BACKING_RUN    256u
#define BACKING_RECENT 256u

struct backing_run {
	size_t count;
	struct backing at[BACKING_RUN]; /* ascending; those from `count` on are of size 0 */
	struct backing_run *next_free;	/* of those that are spare */
};

/* All 0: nothing is backed. */
struct backings {
	struct backing_run **runs; /* ascending, none is empty */
	size_t run_count, run_room;
	size_t count; /* intervals of all runs */
	struct backing_run *spare;
	size_t spare_count;
	const struct backing *recent[BACKING_RECENT]; /* found last, by address: a guess */
};

void backings_free(struct backings *b);
/* False: no memory; nothing is left allocated. */
bool backings_clone(struct backings *to, const struct backings *from);
/*
 * Sets an interval of at least one byte, whose end is within the address space; what it covers
 * of older ones goes. False: no memory, and nothing has changed.
 */
bool backings_set(struct backings *b, const struct backing *one);
/* The first interval that does not end below hva; NULL: none. */
const struct backing *backings_from(const struct backings *b, uint64_t hva);

static inline bool backing_holds(const struct backing *one, uint64_t hva)
{
	return hva - one->hva < one->size;
}

const struct backing *backings_search(struct backings *b, uint64_t hva);
/*
 * The interval that holds hva where it was found last, or NULL: then it is to be searched for.
 * Few intervals are smaller than a block. They are disjoint: one that holds hva is the right
 * one, however old the guess.
 */
static inline const struct backing *backings_guess(const struct backings *b, uint64_t hva)
{
	const struct backing *one = b->recent[(hva >> 21) % BACKING_RECENT];

	return one && backing_holds(one, hva) ? one : NULL;
}

/* The interval that holds hva, or NULL. Valid until the next one is set. */
static inline const struct backing *backings_find(struct backings *b, uint64_t hva)
{
	const struct backing *one = backings_guess(b, hva);

	return one ? one : backings_search(b, hva);
}

#endif
