/* SPDX-License-Identifier: GPL-2.0-only */
#include "trial.h"

#include <stdlib.h>

bool bench_trial(const struct bench_row *row, void *state, uint64_t expected, struct nvt_error *err)
{
	uint64_t done = expected;

	for (int i = 0; i < 2 && done == expected; i++) {
		if (row->reset)
			row->reset(state);
		done = row->run(state);
	}
	if (done == expected)
		return true;
	bench_fail(err, NVT_EENV,
		   "not every operation did what the row is named for: not measured");
	return false;
}

uint64_t bench_place(const struct bench_places *p, uint64_t number)
{
	unsigned int half;

	if (!p->table_shift)
		return number << p->step_shift;
	half = p->table_shift - p->step_shift - 1;
	return number >> half << p->table_shift | 1ull << (p->table_shift - 1) |
	       (number & ((1ull << half) - 1)) << p->step_shift;
}

/* Steps that map 0..mask onto itself: an odd factor, and a shift. */
static uint64_t mixed(uint64_t i, uint64_t mask)
{
	i = i * 0x9e3779b1u & mask;
	i ^= i >> 5;
	return i * 0x85ebca6bu & mask;
}

uint64_t *bench_scattered(const struct bench_places *p, uint64_t count)
{
	uint64_t mask = (count < 8192 ? count : 8192) - 1, i;
	uint64_t *at = malloc(count * sizeof(*at));

	for (i = 0; at && i < count; i++)
		at[i] = bench_place(p, (i & ~mask) | mixed(i & mask, mask));
	return at;
}
