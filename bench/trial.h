/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What rows that are measured in this process have in common. Their run() returns the operations
 * that came to what the row is named for, and not those that it tried: a repetition in which one
 * came to something else shows by its number.
 */
#ifndef NVSIM_BENCH_TRIAL_H
#define NVSIM_BENCH_TRIAL_H

#include "bench.h"

/*
 * Two repetitions that nobody times, after which every further one finds the same state: memory
 * given back in the first is taken again in the second. False: fewer than `expected` operations
 * did what the row is named for, and *err says so.
 */
bool bench_trial(const struct bench_row *row, void *state, uint64_t expected,
		 struct nvt_error *err);
/* Fills *err; NULL, for prepare() to return. */
void *bench_no_memory(const struct bench_row *row, struct nvt_error *err);

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
