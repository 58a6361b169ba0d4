/* SPDX-License-Identifier: GPL-2.0-only */
/* What rows that are measured in this process have in common. */
#ifndef NVSIM_BENCH_TRIAL_H
#define NVSIM_BENCH_TRIAL_H

#include "bench.h"

/*
 * What run() returns: the operations tried, if as many did what the row is named for; else the
 * repetition failed, and there is no figure.
 */
static inline uint64_t bench_done(uint64_t right, uint64_t tried)
{
	return right == tried ? tried : 0;
}
/*
 * Two repetitions that nobody times, after which every further one finds the same state: memory
 * given back in the first is taken again in the second. False: one of the `expected` operations
 * did not do what the row is named for, and *err says so.
 */
bool bench_trial(const struct bench_row *row, void *state, uint64_t expected,
		 struct nvt_error *err);
/*
 * The addresses of `count` places, a power of two, in the order in which they are used: 8192 at a
 * time, all over these, so that no prefetcher knows the next one. NULL: no memory.
 */
struct bench_places {
	unsigned int step_shift;  /* log2 of the bytes from one place to the next */
	unsigned int table_shift; /* log2 of the bytes that a table spans whose lower half is left
				     out; 0: none is */
};
uint64_t bench_place(const struct bench_places *p, uint64_t number);
uint64_t *bench_scattered(const struct bench_places *p, uint64_t count);

#endif
