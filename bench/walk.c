/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The walk of L1's tables alone, as the handler offers it: with what VTCR and VTTBR mean worked out
 * each time. There are 8192 leaves side by side, 64K of last descriptors, and each is walked to
 * once a round, in scattered order.
 */
#include "handler.h"

#include <stdlib.h>

#include "trial.h"
#include "world.h"

#define LEAVES 8192u

struct walk {
	struct world w; /* first */
	uint64_t *at;
	unsigned int rounds;
	uint8_t reads; /* that each walk is to make, */
	uint64_t size; /* and the leaf that it is to end at */
	struct s2_syndrome syn;
};

uint64_t walk_run(void *state)
{
	struct walk *s = state;
	const struct s2_vm *vm = &s->w.vms[0];
	uint64_t right = 0;

	for (unsigned int round = 0; round < s->rounds; round++) {
		for (unsigned int i = 0; i < LEAVES; i++) {
			struct s2_walk walk =
				s2_walk(vm, &s->w.regs, &s->syn, false, (struct l2_ipa){s->at[i]});

			right += walk.status == S2_WALK_OK && walk.reads == s->reads &&
				 walk.leaf_size == s->size;
		}
	}
	return bench_done(right, (uint64_t)s->rounds * LEAVES);
}

void walk_finish(void *state)
{
	struct walk *s = state;

	world_close(&s->w);
	free(s->at);
	free(s);
}

/* Room for the leaves, and what a start table spans at least. */
static uint8_t ipa_bits(unsigned int shift, int start_level, unsigned int leaf_shift)
{
	unsigned int bits = leaf_shift + 13,
		     least = (shift - 3) * (4u - (unsigned int)start_level) + 4;

	return (uint8_t)(bits > least ? bits : least < 25 ? 25 : least);
}

static bool set_up(struct walk *s, const struct bench_row *row)
{
	unsigned int shift = (unsigned int)row->param[0];
	int start = (int)row->param[1], level = (int)row->param[2];
	unsigned int leaf_shift = s2_level_shift(shift, level);
	struct bench_places places = {.step_shift = leaf_shift};
	struct world_shape shape = {
		.host_shift = (uint8_t)shift,
		.l1_shift = (uint8_t)shift,
		.ipa_bits = ipa_bits(shift, start, leaf_shift),
		.start_level = (int8_t)start,
		.user_leaf = 1ull << shift,
		.vm_count = 1,
		.guest_count = 1,
	};

	if (!world_open(&s->w, &shape))
		return false;
	s->at = bench_scattered(&places, LEAVES);
	for (uint64_t i = 0; s->at && i < LEAVES; i++)
		if (!world_l1_map(&s->w, bench_place(&places, i), level, WORLD_RW))
			return false;
	s->reads = (uint8_t)(level - start + 1);
	s->size = 1ull << leaf_shift;
	s->syn = s2_syndrome(&s->w.vms[0].cfg, WORLD_READ);
	return s->at != NULL;
}

void *walk_prepare(const struct bench_env *env, const struct bench_row *row, struct nvt_error *err)
{
	struct walk *s = calloc(1, sizeof(*s));

	if (!s)
		return bench_fail(err, NVT_ENOMEM, "out of memory");
	s->rounds = env->quick ? 8 : 40;
	if (!set_up(s, row))
		bench_fail(err, NVT_ENOMEM, "out of memory");
	else if (bench_trial(row, s, (uint64_t)s->rounds * LEAVES, err))
		return s;
	walk_finish(s);
	return NULL;
}
