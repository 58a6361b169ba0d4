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

struct memory;

/* NULL: no memory. */
struct memory *memory_new(void);
void memory_free(struct memory *m);

/* addr: a multiple of 8. The word there, or NULL where its chunk was never written. */
uint64_t *memory_find(const struct memory *m, uint64_t addr);
/* The same, made (all zero) where it is not there. NULL: no room. */
uint64_t *memory_make(struct memory *m, uint64_t addr);

#endif
