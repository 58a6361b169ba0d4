/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host takes one page of L1's memory, which a guest has mapped by pages: s2_host_unmap(). What
 * has to go in the guest's shadow table is for the invalidation policy to find out. Where that is
 * the table as a whole, there is one operation a VM, and as many VMs as make a repetition long
 * enough; else one for every eighth page of each, in scattered order. The two policies with a map
 * differ where L1 maps memory twice, and nowhere else.
 */
#include "handler.h"

#include <stdlib.h>

#include "trial.h"
#include "world.h"

#define SECOND (1ull << 39) /* from the first IPA of some memory to the other one */

struct unmap {
	struct world w; /* first */
	struct bench_places places;
	bool twice;
	uint64_t *at, pages; /* of each VM */
	uint64_t taken;	     /* pages of each VM that the host takes, the first of `at`, */
	uint64_t going;	     /* and those that are unmapped: as many, or all */
	uint64_t leaves;     /* that go with each page taken, */
	bool gives_up;	     /* because the map does not know which */
};

static void fill(struct unmap *s, uint64_t from, uint64_t to)
{
	for (uint32_t vm = 0; vm < s->w.shape.vm_count; vm++) {
		world_enter(&s->w, vm, 0);
		for (uint64_t i = from; i < to; i++) {
			world_fill(&s->w, s->at[i], true);
			if (s->twice)
				world_fill(&s->w, s->at[i] + SECOND, true);
		}
	}
}

void unmap_populate(void *state)
{
	struct unmap *s = state;

	fill(s, 0, s->going);
}

uint64_t unmap_run(void *state)
{
	struct unmap *s = state;
	uint64_t right = 0, page = 1ull << s->w.shape.host_shift;

	for (uint32_t vm = 0; vm < s->w.shape.vm_count; vm++) {
		for (uint64_t i = 0; i < s->taken; i++) {
			struct l1_ipa base = {WORLD_RAM + s->at[i]};
			struct s2_swept swept = s2_host_unmap(&s->w.vms[vm], base, page).nested;

			right += swept.leaves == s->leaves && swept.gave_up == s->gives_up;
		}
	}
	return bench_done(right, s->w.shape.vm_count * s->taken);
}

void unmap_finish(void *state)
{
	struct unmap *s = state;

	world_close(&s->w);
	free(s->at);
	free(s);
}

/* Those that make a repetition long enough, as far as memory is to be had for their tables. */
static uint32_t vms_for(const struct bench_env *env, uint64_t leaves, bool all)
{
	uint64_t count = (1ull << (all ? 20 : 18)) / leaves, most = 1024;

	if (env->quick) {
		count /= 4;
		most /= 4;
	}
	count = count < most ? count : most;
	return count ? (uint32_t)count : 1;
}

/* What has to come of it, by the rules of the invalidation policies. */
static void expect(struct unmap *s, enum s2_invalidation_kind kind)
{
	unsigned int times = s->twice ? 2 : 1;
	bool all;

	s->gives_up = s->twice && kind == S2_INVALIDATE_RMAP;
	all = s->gives_up || kind == S2_INVALIDATE_WHOLE;
	s->taken = all ? 1 : s->pages / 8;
	s->going = all ? s->pages : s->taken;
	s->leaves = all ? s->pages * times : times;
}

static bool map_all(struct unmap *s)
{
	for (uint64_t i = 0; i < s->pages; i++) {
		uint64_t ipa = s->at[i];

		if (!world_l1_map(&s->w, ipa, 3, WORLD_RW) ||
		    (s->twice && !world_l1_map_to(&s->w, ipa + SECOND, ipa, 3, WORLD_RW)))
			return false;
	}
	return true;
}

static bool set_up(struct unmap *s, const struct bench_env *env, const struct bench_row *row)
{
	unsigned int shift = (unsigned int)row->param[1];
	struct world_shape shape = {
		.host_shift = (uint8_t)shift,
		.l1_shift = (uint8_t)shift,
		.ipa_bits = 40,
		.start_level = -1,
		.user_leaf = 1ull << shift,
		.invalidation = &s2_invalidations[row->param[0] & ~(uint64_t)UNMAP_TWICE],
		.guest_count = 1,
	};

	s->twice = row->param[0] & UNMAP_TWICE;
	s->pages = row->param[2] >> shift;
	expect(s, shape.invalidation->kind);
	shape.vm_count = vms_for(env, s->pages << s->twice, s->going == s->pages);
	s->places.step_shift = shift;
	s->at = bench_scattered(&s->places, s->pages);
	if (!s->at || !world_open(&s->w, &shape) || !map_all(s))
		return false;
	fill(s, s->going, s->pages);
	return true;
}

void *unmap_prepare(const struct bench_env *env, const struct bench_row *row, struct nvt_error *err)
{
	struct unmap *s = calloc(1, sizeof(*s));

	if (!s)
		return bench_fail(err, NVT_ENOMEM, "out of memory");
	if (!set_up(s, env, row))
		bench_fail(err, NVT_ENOMEM, "out of memory");
	else if (bench_trial(row, s, s->w.shape.vm_count * s->taken, err))
		return s;
	unmap_finish(s);
	return NULL;
}
