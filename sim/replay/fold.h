/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Recorded host PAs brought into memory that is there: a window of a power of two bytes,
 * aligned to its size. Alignment up to that size is kept, and so are the blocks that fit.
 */
#ifndef NVSIM_REPLAY_FOLD_H
#define NVSIM_REPLAY_FOLD_H

#include <stdint.h>

/* All 0: PAs stay as they are. */
struct pa_fold {
	uint64_t base; /* a multiple of size */
	uint64_t size;
};

static inline uint64_t pa_folded(const struct pa_fold *f, uint64_t pa)
{
	return f->size ? f->base | (pa & (f->size - 1)) : pa;
}

#endif
