/* SPDX-License-Identifier: GPL-2.0-only */
/* Sparse words: L1's physical memory, as far as anything was written to it. */
#ifndef NVSIM_REPLAY_MEMORY_H
#define NVSIM_REPLAY_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Words are kept in chunks of this many bytes. */
#define MEMORY_CHUNK_SIZE 4096u
/* More than this is refused: a hostile trace must not eat the machine. */
#define MEMORY_BYTES_MAX (4ull << 30)

#define MEMORY_RECENT 256u

struct memory_chunk {
	uint64_t key; /* chunk number + 1; 0: free place */
	uint64_t *words;
};

struct memory {
	struct memory_chunk *table; /* open addressing, at most half full */
	size_t room, count;
	struct memory_chunk recent[MEMORY_RECENT]; /* direct-mapped cache in front of it */
};

/* NULL: no memory. */
struct memory *memory_new(void);
void memory_free(struct memory *m);
/* The same words, apart from those of m. NULL: no memory. */
struct memory *memory_clone(const struct memory *m);

/* The chunk that holds addr, or NULL where it was never written; remembers it. */
const struct memory_chunk *memory_search(const struct memory *m, uint64_t addr);
/* addr: a multiple of 8. The word there, or NULL where its chunk was never written. */
static inline uint64_t *memory_find(const struct memory *m, uint64_t addr)
{
	uint64_t key = addr / MEMORY_CHUNK_SIZE + 1;
	const struct memory_chunk *c = &m->recent[key % MEMORY_RECENT];

	if (c->key != key)
		c = memory_search(m, addr);
	return c ? &c->words[addr % MEMORY_CHUNK_SIZE / 8] : NULL;
}
/* The same, made (all zero) where it is not there. NULL: no room. */
uint64_t *memory_make(struct memory *m, uint64_t addr);

#endif
