/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The heap: blocks with their sizes at both ends, so that neighbours that are free become one at
 * once, and lists of free blocks by size, four to each power of two.
 */
#include <stdlib.h>

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "heap.h"

#define USED	   ((size_t)1)
#define HEAD	   offsetof(struct block, next)
#define ALIGN	   16u
#define LEAST	   sizeof(struct block)
#define BINS	   256u
#define GROW_LEAST ((size_t)1 << 20)

/* What lies below belongs to this block's neighbour while that is in use, but for its size. */
struct block {
	size_t below;		       /* size of the block below; 0: none */
	size_t size;		       /* head included; bit 0: in use */
	struct block *next, *previous; /* while it is free */
};

static struct block *bins[BINS];
static uint64_t bin_map[BINS / 64]; /* those that are not empty */
static struct block *top;	    /* the end of what was grown last: in use, of size 0 */

static size_t block_size(const struct block *b)
{
	return b->size & ~USED;
}

static struct block *above(struct block *b)
{
	return (struct block *)((uint8_t *)b + block_size(b));
}

static struct block *below(struct block *b)
{
	return b->below ? (struct block *)((uint8_t *)b - b->below) : NULL;
}

/* The bin that blocks of this size are kept in. */
static unsigned int bin_of(size_t size)
{
	unsigned int power = 63u - (unsigned int)__builtin_clzll(size);

	return power * 4 + (unsigned int)(size >> (power - 2) & 3);
}

static void keep(struct block *b)
{
	unsigned int bin = bin_of(b->size);

	b->previous = NULL;
	b->next = bins[bin];
	if (b->next)
		b->next->previous = b;
	bins[bin] = b;
	bin_map[bin / 64] |= 1ull << bin % 64;
	above(b)->below = b->size;
}

static void unkeep(struct block *b)
{
	unsigned int bin = bin_of(b->size);

	if (b->next)
		b->next->previous = b->previous;
	if (b->previous)
		b->previous->next = b->next;
	else
		bins[bin] = b->next;
	if (!bins[bin])
		bin_map[bin / 64] &= ~(1ull << bin % 64);
}

/* b is in use and leaves it. */
static void release(struct block *b)
{
	struct block *other = above(b);

	b->size &= ~USED;
	if (!(other->size & USED)) {
		unkeep(other);
		b->size += other->size;
	}
	other = below(b);
	if (other && !(other->size & USED)) {
		unkeep(other);
		other->size += b->size;
		b = other;
	}
	keep(b);
}

/* Gives back what of a block in use is beyond `size`, if it makes a block. */
static void trim(struct block *b, size_t size)
{
	size_t rest = block_size(b) - size;
	struct block *r;

	if (rest < LEAST)
		return;
	b->size = size | USED;
	r = above(b);
	r->below = size;
	r->size = rest | USED;
	above(r)->below = rest;
	release(r);
}

static struct block *first_fit(struct block *b, size_t size)
{
	while (b && b->size < size)
		b = b->next;
	return b;
}

/* A free block of at least `size` bytes. NULL: none. */
static struct block *find(size_t size)
{
	unsigned int bin = bin_of(size);
	struct block *b = first_fit(bins[bin], size);
	unsigned int word;
	uint64_t map;

	if (b || ++bin == BINS)
		return b;
	word = bin / 64;
	map = bin_map[word] & ~0ull << bin % 64;
	while (!map && ++word < BINS / 64)
		map = bin_map[word];
	return map ? bins[word * 64 + (unsigned int)__builtin_ctzll(map)] : NULL;
}

/* Bytes of the free block at the heap's end. */
static size_t free_at_end(void)
{
	struct block *last = top ? below(top) : NULL;

	return last && !(last->size & USED) ? last->size : 0;
}

/* Makes room from b on, at the end of it a block of no size, into one that is free. */
static void add_room(struct block *b, size_t size)
{
	b->size = (size - HEAD) | USED;
	top = above(b);
	top->below = block_size(b);
	top->size = USED;
	release(b);
}

/* More memory, so that there is a free block of at least `size`, which no block has yet: behind
 * the heap's end, or where that cannot be, apart from it. */
static bool grow(size_t size)
{
	size_t least = size - free_at_end() + HEAD, more = least > GROW_LEAST ? least : GROW_LEAST;
	struct block *b = top ? memory_grow(more) : NULL;

	if (!b && top)
		b = memory_grow(more = least);
	if (b) {
		add_room(top, more + HEAD);
		return true;
	}
	least = size + 2 * HEAD;
	more = least > GROW_LEAST ? least : GROW_LEAST;
	b = memory_grow_elsewhere(more);
	if (!b)
		b = memory_grow_elsewhere(more = least);
	if (!b)
		return false;
	b->below = 0;
	add_room(b, more);
	return true;
}

/* Of a block for so many bytes. 0: there is no such block. */
static size_t needed(size_t size)
{
	if (size > SIZE_MAX / 2)
		return 0;
	size = (size + HEAD + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	return size < LEAST ? LEAST : size;
}

void *malloc(size_t bytes)
{
	size_t size = needed(bytes);
	struct block *b;

	if (!size)
		return NULL;
	b = find(size);
	if (!b && grow(size))
		b = find(size);
	if (!b)
		return NULL;
	unkeep(b);
	b->size |= USED;
	trim(b, size);
	return (uint8_t *)b + HEAD;
}

static struct block *block_of(void *p)
{
	return (struct block *)((uint8_t *)p - HEAD);
}

void free(void *p)
{
	if (p)
		release(block_of(p));
}

void *calloc(size_t count, size_t size)
{
	size_t bytes;
	void *p;

	if (__builtin_mul_overflow(count, size, &bytes))
		return NULL;
	p = malloc(bytes);
	if (p)
		memset(p, 0, bytes);
	return p;
}

void *realloc(void *p, size_t bytes)
{
	size_t size = needed(bytes);
	struct block *b, *next;
	void *q;

	if (!p)
		return malloc(bytes);
	if (!size)
		return NULL;
	b = block_of(p);
	next = above(b);
	if (block_size(b) < size && !(next->size & USED) && block_size(b) + next->size >= size) {
		unkeep(next);
		b->size += next->size;
		above(b)->below = block_size(b);
	}
	if (block_size(b) >= size) {
		trim(b, size);
		return p;
	}
	q = malloc(bytes);
	if (q) {
		memcpy(q, p, block_size(b) - HEAD);
		free(p);
	}
	return q;
}
