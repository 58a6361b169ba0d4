/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What L0 does when a TLB invalidation of L1's traps: it is decoded, the contexts that it is for
 * are found, and what it names is unmapped. Host and L1 have pages of 4K. Each operation finds what
 * it names mapped, and nothing else of that; tables of which more is mapped stay.
 */
#include "handler.h"

#include <stdlib.h>

#include "trial.h"
#include "world.h"

struct tlbi_row {
	uint8_t op1, crm, op2; /* of the instruction; CRn is 8 */
	uint8_t l1_level;      /* of L1's leaves */
	bool blocks;	       /* the host has a block where L1 has one; else pages */
	bool by_guest;	       /* each piece is what one guest has, from IPA 0 on */
	bool all;	       /* one operation names all pieces */
	uint8_t step_shift;    /* log2 of the bytes from one piece to the next */
	uint16_t leaves;       /* of a piece, that are mapped */
	uint64_t xt;	       /* the operand but for the address */
};

/* TTL of a granule of 4K; a range of 16 pages: TG, scale 0, num 7. */
#define TTL(level) ((uint64_t)(4 | (level)) << 44)
#define RANGE_16   (1ull << 46 | 7ull << 39)

static const struct tlbi_row tlbi_rows[] = {
	[TLBI_STAGE1] = {0, 3, 0, 3, .step_shift = 12},
	[TLBI_PAGE] = {4, 0, 1, 3, .step_shift = 12, .leaves = 1},
	[TLBI_PAGE_TTL] = {4, 0, 1, 3, .step_shift = 12, .leaves = 1, .xt = TTL(3)},
	[TLBI_BLOCK_TTL] = {4, 0, 1, 2, true, .step_shift = 21, .leaves = 1, .xt = TTL(2)},
	[TLBI_PAGES_TTL] = {4, 0, 1, 2, .step_shift = 21, .leaves = 512, .xt = TTL(2)},
	[TLBI_RANGE] = {4, 0, 2, 3, .step_shift = 16, .leaves = 16, .xt = RANGE_16},
	[TLBI_VMID] = {4, 3, 6, 3, .by_guest = true, .step_shift = 12, .leaves = 4096},
	[TLBI_ALL] = {4, 3, 4, 3, .by_guest = true, .all = true, .step_shift = 12, .leaves = 4096},
};

struct tlbi {
	struct world w; /* first */
	const struct tlbi_row *row;
	struct bench_places places;
	uint64_t *at, pieces; /* at: of pieces that one guest has */
	uint64_t page;	      /* bytes that a leaf maps */
};

static uint16_t guest_of(const struct tlbi *s, uint64_t piece)
{
	return s->row->by_guest ? (uint16_t)piece : 0;
}

static uint64_t ipa_of(const struct tlbi *s, uint64_t piece)
{
	return s->row->by_guest ? 0 : s->at[piece];
}

/* ---- before each repetition ---- */

void tlbi_populate(void *state)
{
	struct tlbi *s = state;

	for (uint64_t i = 0; i < s->pieces; i++) {
		if (s->row->by_guest)
			world_enter(&s->w, 0, guest_of(s, i));
		for (uint64_t leaf = 0; leaf < s->row->leaves; leaf++)
			world_fill(&s->w, ipa_of(s, i) + leaf * s->page, true);
	}
}

/* ---- the repetition ---- */

/* The leaves that went. */
static uint64_t carry_out(struct s2_vm *vm, const struct tlbi_row *row, uint64_t xt, uint64_t vttbr)
{
	enum s2_tlbi_kind kind = s2_tlbi_decode(&vm->cfg, row->op1, 8, row->crm, row->op2);
	uint64_t leaves = 0;

	for (uint16_t i = 0; i < vm->context_count; i++)
		if (s2_tlbi_matches(vm, &vm->contexts[i], kind, vttbr))
			leaves += s2_tlbi(vm, &vm->contexts[i], kind, xt).leaves;
	return leaves;
}

static uint64_t operations(const struct tlbi *s)
{
	return s->row->all ? 1 : s->pieces;
}

uint64_t tlbi_run(void *state)
{
	struct tlbi *s = state;
	struct s2_vm *vm = &s->w.vms[0];
	uint64_t right = 0, count = operations(s);
	uint64_t leaves = s->row->leaves * (s->row->all ? s->pieces : 1);
	uint64_t flushes = s->w.machine.stats.tlb_flushes;

	for (uint64_t i = 0; i < count; i++) {
		uint64_t xt = s->row->xt | ipa_of(s, i) >> 12;

		right += carry_out(vm, s->row, xt, world_vttbr(&s->w, guest_of(s, i))) == leaves;
	}
	if (s->w.machine.stats.tlb_flushes - flushes < count)
		return 0;
	return bench_done(right, count);
}

/* ---- before all ---- */

void tlbi_finish(void *state)
{
	struct tlbi *s = state;

	world_close(&s->w);
	free(s->at);
	free(s);
}

static bool map_piece(struct tlbi *s, uint64_t ipa)
{
	uint64_t step = 1ull << s2_level_shift(12, s->row->l1_level), done = 0;

	do {
		if (!world_l1_map(&s->w, ipa + done, s->row->l1_level, WORLD_RW))
			return false;
		done += step;
	} while (done < s->row->leaves * s->page);
	return true;
}

/* Pieces of one guest lie in the upper half of tables, whose first entry stays. */
static bool map_pieces(struct tlbi *s)
{
	uint64_t table = 1ull << s->places.table_shift, ipa;

	for (ipa = 0; ipa <= bench_place(&s->places, s->pieces - 1); ipa += table) {
		if (!world_l1_map(&s->w, ipa, s->row->l1_level, WORLD_RW))
			return false;
		world_fill(&s->w, ipa, true);
	}
	for (uint64_t i = 0; i < s->pieces; i++)
		if (!map_piece(s, bench_place(&s->places, i)))
			return false;
	return true;
}

static bool set_up(struct tlbi *s)
{
	struct world_shape shape = {
		.host_shift = 12,
		.l1_shift = 12,
		.ipa_bits = 40,
		.start_level = -1,
		.user_leaf = s->row->blocks ? 1ull << 21 : 1ull << 12,
		.vm_count = 1,
		.guest_count = s->row->by_guest ? (uint16_t)s->pieces : 1,
	};

	s->page = shape.user_leaf;
	s->places.step_shift = s->row->step_shift;
	s->places.table_shift = s2_level_shift(12, s->row->l1_level) + 9;
	s->at = bench_scattered(&s->places, s->pieces);
	if (!s->at || !world_open(&s->w, &shape))
		return false;
	world_enter(&s->w, 0, 0);
	return s->row->by_guest ? map_piece(s, 0) : map_pieces(s);
}

void *tlbi_prepare(const struct bench_env *env, const struct bench_row *row, struct nvt_error *err)
{
	struct tlbi *s = calloc(1, sizeof(*s));

	if (!s)
		return bench_fail(err, NVT_ENOMEM, "out of memory");
	s->row = &tlbi_rows[row->param[0]];
	s->pieces = row->param[1] / (env->quick ? 4 : 1);
	if (!set_up(s))
		bench_fail(err, NVT_ENOMEM, "out of memory");
	else if (bench_trial(row, s, operations(s), err))
		return s;
	tlbi_finish(s);
	return NULL;
}
