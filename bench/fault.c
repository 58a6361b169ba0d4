/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The whole of an abort, s2_handle_abort_into(), by what comes of it. The stream is one of one
 * kind: what the handler keeps of the last decision mostly holds. L1's memory, slots and backing
 * are those of the replay.
 *
 * Faults go over 8192 places at a time, in scattered order: 64K of L1's last descriptors and 64K of
 * the shadow's, where these are pages side by side. To have tables stay when what was mapped is
 * taken back, their first entry is mapped and no fault's, and the lower half is left out.
 */
#include "handler.h"

#include <stdlib.h>

#include "trial.h"
#include "world.h"

struct fault_row {
	int8_t l1_level; /* of the entries that L1's walk ends at */
	bool blocks;	 /* the host has a block where L1 has one; else pages */
	bool tables_stay;
	bool filled;	   /* each place is mapped before the first repetition, */
	bool filled_write; /* by a store */
	bool logged;
	uint64_t l1;		   /* attributes of L1's entries */
	uint64_t esr;		   /* of the faults */
	enum s2_outcome_kind kind; /* that is to come of each, */
	uint8_t tables;		   /* with so many new tables, */
	uint8_t fsc;		   /* and this status for L1 */
	bool repeats;		   /* what comes of one fault does not change the next */
};

static const struct fault_row fault_rows[] = {
	[FAULT_PAGE] = {.l1_level = 3,
			.tables_stay = true,
			.l1 = WORLD_RW,
			.esr = WORLD_WRITE,
			.kind = S2_MAPPED},
	[FAULT_TABLE] = {.l1_level = 2,
			 .tables_stay = true,
			 .l1 = WORLD_RW,
			 .esr = WORLD_WRITE,
			 .kind = S2_MAPPED,
			 .tables = 1},
	[FAULT_BLOCK] = {.l1_level = 2,
			 .blocks = true,
			 .tables_stay = true,
			 .l1 = WORLD_RW,
			 .esr = WORLD_WRITE,
			 .kind = S2_MAPPED},
	[FAULT_RELAX] = {.l1_level = 3,
			 .filled = true,
			 .filled_write = true,
			 .logged = true,
			 .l1 = WORLD_RW,
			 .esr = WORLD_WRITE | WORLD_PERMISSION,
			 .kind = S2_RELAXED},
	[FAULT_INJECT_TRANSLATION] = {.l1_level = 3,
				      .tables_stay = true,
				      .l1 = WORLD_NONE,
				      .esr = WORLD_WRITE,
				      .kind = S2_INJECTED,
				      .fsc = 0x07,
				      .repeats = true},
	[FAULT_INJECT_PERMISSION] = {.l1_level = 3,
				     .filled = true,
				     .l1 = WORLD_R,
				     .esr = WORLD_WRITE | WORLD_PERMISSION,
				     .kind = S2_INJECTED,
				     .fsc = 0x0f,
				     .repeats = true},
};

struct fault {
	struct world w; /* first */
	const struct fault_row *row;
	struct bench_places places;
	uint64_t *at, count;
	unsigned int rounds;
	uint64_t size;	      /* of what is mapped */
	uint32_t tables_idle; /* table pages before a repetition */
	bool ready;	      /* the last reset found what it should */
	struct s2_outcome out;
};

/* ---- before each repetition ---- */

void fault_unmap(void *state)
{
	struct fault *s = state;
	struct s2_mmu *mmu = world_context(&s->w);
	unsigned int granule = (s->w.shape.l1_shift - 12u) / 2 + 1;
	uint64_t ttl = (uint64_t)(granule << 2 | (unsigned int)s->row->l1_level) << 44;

	for (uint64_t i = 0; i < s->count; i++)
		s2_tlbi(s->w.vcpu.vm, mmu, S2_TLBI_IPA, ttl | s->at[i] >> 12);
	s->ready = mmu->table.page_count == s->tables_idle;
}

void fault_protect(void *state)
{
	struct fault *s = state;
	struct s2_host_swept swept =
		s2_host_write_protect(s->w.vcpu.vm, (struct l1_ipa){WORLD_RAM}, s->count * s->size);

	s->ready = swept.nested.leaves == s->count;
}

/* ---- the repetition ---- */

static inline void one_fault(struct fault *s, struct s2_trap *trap, uint64_t ipa)
{
	world_trap_at(trap, ipa);
	s2_handle_abort_into(&s->w.vcpu, trap, &s->out);
}

uint64_t fault_run(void *state)
{
	struct fault *s = state;
	struct s2_trap trap = WORLD_TRAP(s->row->esr);
	uint64_t right = 0, tables = s->tables_idle + s->row->tables * s->count;

	for (uint64_t i = 0; i < s->count; i++) {
		one_fault(s, &trap, s->at[i]);
		right += s->out.kind == s->row->kind && s->out.map.size == s->size;
	}
	if (!s->ready || world_context(&s->w)->table.page_count != tables)
		return 0;
	return bench_done(right, s->count);
}

/* L1 returns to its guest at once. */
uint64_t fault_run_injected(void *state)
{
	struct fault *s = state;
	struct s2_trap trap = WORLD_TRAP(s->row->esr);
	uint64_t right = 0;

	for (unsigned int round = 0; round < s->rounds; round++) {
		for (uint64_t i = 0; i < s->count; i++) {
			one_fault(s, &trap, s->at[i]);
			s2_enter_l2(&s->w.vcpu);
			right += s->out.kind == s->row->kind &&
				 (s->out.inject.esr & 0x3f) == s->row->fsc;
		}
	}
	return bench_done(right, s->rounds * s->count);
}

/* ---- before all ---- */

void fault_finish(void *state)
{
	struct fault *s = state;

	world_close(&s->w);
	free(s->at);
	free(s);
}

static struct world_shape shape_of(const struct fault *s, unsigned int shift, uint64_t count)
{
	uint64_t last = bench_place(&s->places, count - 1);
	unsigned int bits = 64u - (unsigned int)__builtin_clzll(last);

	return (struct world_shape){
		.host_shift = (uint8_t)shift,
		.l1_shift = (uint8_t)shift,
		.ipa_bits = (uint8_t)(bits < 40 ? 40 : bits),
		.start_level = -1,
		.logged = s->row->logged,
		.user_leaf = s->row->blocks ? 1ull << s2_level_shift(shift, 2) : 1ull << shift,
		.vm_count = 1,
		.guest_count = 1,
	};
}

/* The first entry of each table, which stays. */
static bool fill_first_entries(struct fault *s)
{
	uint64_t table = 1ull << s->places.table_shift, ipa;

	for (ipa = 0; ipa <= bench_place(&s->places, s->count - 1); ipa += table) {
		if (!world_l1_map(&s->w, ipa, s->row->l1_level, WORLD_RW))
			return false;
		world_fill(&s->w, ipa, true);
	}
	return true;
}

static bool set_up(struct fault *s, unsigned int shift, uint64_t count)
{
	unsigned int step = s2_level_shift(shift, s->row->l1_level);
	struct world_shape shape;

	s->places.step_shift = step;
	if (s->row->tables_stay)
		s->places.table_shift = step + shift - 3;
	s->size = s->row->blocks ? 1ull << step : 1ull << shift;
	s->count = s->row->repeats && count > 8192 ? 8192 : count;
	s->rounds = (unsigned int)(count / s->count);
	shape = shape_of(s, shift, s->count);
	s->at = bench_scattered(&s->places, s->count);
	if (!s->at || !world_open(&s->w, &shape))
		return false;
	world_enter(&s->w, 0, 0);
	if (s->row->tables_stay && !fill_first_entries(s))
		return false;
	for (uint64_t i = 0; i < s->count; i++)
		if (!world_l1_map(&s->w, bench_place(&s->places, i), s->row->l1_level, s->row->l1))
			return false;
	for (uint64_t i = 0; s->row->filled && i < s->count; i++)
		world_fill(&s->w, bench_place(&s->places, i), s->row->filled_write);
	s->tables_idle = world_context(&s->w)->table.page_count;
	return true;
}

void *fault_prepare(const struct bench_env *env, const struct bench_row *row, struct nvt_error *err)
{
	struct fault *s = calloc(1, sizeof(*s));
	uint64_t count = row->param[2];

	if (!s)
		return bench_fail(err, NVT_ENOMEM, "out of memory");
	s->row = &fault_rows[row->param[0]];
	/* New tables are memory to be cleared: 32M of it, of which every further one costs more. */
	if (env->quick && !s->row->tables)
		count /= 4;
	if (!set_up(s, (unsigned int)row->param[1], count))
		bench_fail(err, NVT_ENOMEM, "out of memory");
	else if (bench_trial(row, s, count, err))
		return s;
	fault_finish(s);
	return NULL;
}
