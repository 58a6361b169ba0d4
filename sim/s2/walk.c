/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stage 2 of the path: the walk of L1's stage-2 tables, as the hardware that
 * L1 believes to run on would do it (spec 1; Arm ARM D8.2, D8.3). L1's
 * tables are 48-bit: LPA2 and 52-bit addresses are not offered to it.
 */
#include "internal.h"

#define VTCR_T0SZ(vtcr) ((unsigned int)((vtcr)&0x3f))
#define VTCR_SL0(vtcr)	((unsigned int)((vtcr) >> 6 & 3))
#define VTCR_TG0(vtcr)	((unsigned int)((vtcr) >> 14 & 3))
#define VTCR_PS(vtcr)	((unsigned int)((vtcr) >> 16 & 7))
#define VTCR_HA		BIT(21)
#define SCTLR_EE	BIT(25)

#define L1_OA_BITS 48u /* the widest output address of L1's tables */

struct walk_state {
	const struct s2_vm *vm;
	const struct s2_syndrome *syn;
	bool el0;
	uint64_t ipa;
	uint64_t base;		 /* of the table being read */
	unsigned int page_shift; /* of L1's granule */
	unsigned int stride;	 /* index bits a level */
	unsigned int input_size; /* bits */
	uint64_t excess;	 /* output bits beyond what VTCR.PS allows */
	unsigned int bottom;	 /* log2 of what an entry at this level spans */
	bool ha;
	uint64_t stored; /* that descriptor as stored */
	struct s2_walk *out;
};

unsigned int s2_l1_granule_shift(const struct s2_config *cfg, uint64_t vtcr)
{
	static const uint8_t shift_of_tg0[4] = {12, 16, 14, 16};
	unsigned int shift = shift_of_tg0[VTCR_TG0(vtcr)], s;

	if (cfg->granules & 1u << (shift - 12) / 2)
		return shift;
	if (cfg->granules & 1u << (cfg->page_shift - 12u) / 2)
		return cfg->page_shift;
	for (s = 12; s <= 16; s += 2)
		if (cfg->granules & 1u << (s - 12) / 2)
			return s;
	return cfg->page_shift;
}

/* Output bits beyond what VTCR.PS allows; 48 and more are never checked (Q8). */
static uint64_t excess_bits(const struct s2_config *cfg, uint64_t vtcr)
{
	static const uint8_t ps_bits[8] = {32, 36, 40, 42, 44, 48, 48, 48};
	unsigned int ps = ps_bits[VTCR_PS(vtcr)];

	if (ps > cfg->ipa_limit)
		ps = cfg->ipa_limit;
	return ps < L1_OA_BITS ? mask(L1_OA_BITS - 1, ps) : 0;
}

static void fault(struct walk_state *w, enum s2_walk_status status, unsigned int fsc)
{
	w->out->status = status;
	w->out->esr = esr_with_fsc(w->syn->esr, fsc);
}

static void fault_at_level(struct walk_state *w, unsigned int fsc_base)
{
	fault(w, S2_WALK_FAULT, fsc_base | ((unsigned int)w->out->level & 3));
}

static bool beyond_output(const struct walk_state *w, uint64_t addr)
{
	return addr & w->excess;
}

/* Start levels that a granule has for a PA size (spec 1.2 S2). */
static bool start_level_allowed(const struct walk_state *w)
{
	unsigned int pa_bits = w->vm->cfg.ipa_limit;

	switch (w->page_shift) {
	case 12:
		return w->out->level > 0 || (w->out->level == 0 && pa_bits > 42);
	case 14:
		return w->out->level > 1 || (w->out->level == 1 && pa_bits > 40);
	default:
		return w->out->level > 1 || (w->out->level == 1 && pa_bits > 42);
	}
}

/* The checks that need no memory (spec 1.2). True: go on. */
static bool static_checks(struct walk_state *w, uint64_t vttbr)
{
	const struct s2_config *cfg = &w->vm->cfg;
	unsigned int start_bits;

	if (w->input_size < 25 || w->input_size > L1_OA_BITS) {
		bool kvm = quirk(cfg, S2_Q3_T0SZ_FSC);

		fault(w, kvm ? S2_WALK_FATAL : S2_WALK_FAULT, kvm ? FSC_SIZE : FSC_TRANSLATION);
		return false;
	}
	start_bits = w->input_size - w->bottom;
	/* Up to 16 start tables may be concatenated; a bad level makes start_bits meaningless. */
	if (!start_level_allowed(w) || w->input_size > cfg->ipa_limit || start_bits < 1 ||
	    start_bits > w->stride + 4) {
		fault(w, quirk(cfg, S2_Q4_SL0_FAILS_RUN) ? S2_WALK_FATAL : S2_WALK_FAULT,
		      FSC_TRANSLATION);
		return false;
	}
	/* A base that is not aligned to its table is aligned down, silently. */
	w->base = vttbr & mask(L1_OA_BITS - 1, start_bits + 3);
	if (beyond_output(w, w->base)) {
		fault(w, S2_WALK_FAULT, FSC_SIZE);
		return false;
	}
	if (!quirk(cfg, S2_Q1_ALIAS) && w->ipa >> w->input_size) {
		fault(w, S2_WALK_FAULT, FSC_TRANSLATION);
		return false;
	}
	return true;
}

static void unreadable(struct walk_state *w)
{
	bool fatal = quirk(&w->vm->cfg, S2_Q2_READ_FAILS_RUN);

	fault(w, fatal ? S2_WALK_FATAL : S2_WALK_FAULT, FSC_SEA_WALK + (unsigned int)w->out->level);
}

static uint64_t cpu_order(const struct walk_state *w, uint64_t word)
{
	return w->out->big_endian ? __builtin_bswap64(word) : word;
}

/* Descends to a leaf; level, bottom and base are those of the start table. False: a fault. */
static bool find_leaf(struct walk_state *w)
{
	const struct s2_vm *vm = w->vm;
	unsigned int bottom = w->bottom, index_bits = w->input_size - bottom;
	uint64_t base = w->base, desc;

	for (;;) {
		w->out->entry.v = base | (w->ipa >> bottom & (BIT(index_bits) - 1)) << 3;
		if (vm->port->read(vm->port_ctx, w->out->entry, &w->stored) != S2_IO_OK) {
			unreadable(w);
			return false;
		}
		desc = cpu_order(w, w->stored);
		w->out->desc = desc;
		w->out->reads++;
		if (!desc_is_table(desc, w->out->level))
			break;
		if (beyond_output(w, desc)) {
			fault_at_level(w, FSC_SIZE);
			return false;
		}
		base = desc & mask(L1_OA_BITS - 1, w->page_shift);
		bottom -= w->stride;
		index_bits = w->stride;
		w->out->level++;
	}
	w->bottom = bottom;
	w->out->table_shift = (uint8_t)(bottom + index_bits);
	/* At level 3 the table bit must be there, and then it is a page. */
	if ((desc & DESC_VALID) && ((desc & DESC_TABLE) || w->out->level < 3))
		return true;
	fault_at_level(w, FSC_TRANSLATION);
	return false;
}

/* Emulates the hardware's update of the access flag (VTCR.HA). False: the walk ended. */
static bool set_access_flag(struct walk_state *w)
{
	const struct s2_port *port = w->vm->port;
	void *ctx = w->vm->port_ctx;
	struct l1_ipa entry = w->out->entry;
	const struct s2_slot *slot;
	uint64_t new = w->out->desc | DESC_AF;

	switch (port->swap(ctx, entry, w->stored, cpu_order(w, new))) {
	case S2_IO_OK:
		break;
	case S2_IO_AGAIN:
		w->out->status = S2_WALK_RETRY;
		return false;
	default:
		/* Unlike a failed read this does not fail the run (Q26). */
		fault(w, S2_WALK_FAULT, FSC_SEA_WALK + (unsigned int)w->out->level);
		return false;
	}
	w->out->desc = new;
	w->out->set_af = true;
	slot = port->slot(ctx, entry);
	if (slot && slot->log_dirty)
		port->dirty(ctx, slot, entry);
	return true;
}

static bool check_access_flag(struct walk_state *w, const struct s2_perm *perm)
{
	const struct s2_config *cfg = &w->vm->cfg;

	if (w->out->desc & DESC_AF)
		return true;
	if (!w->ha) {
		fault_at_level(w, FSC_ACCESS);
		return false;
	}
	if (!quirk(cfg, S2_Q6_AF_FIRST) && s2_denies(cfg, w->syn, w->el0, perm))
		return true;
	return set_access_flag(w);
}

/* Extra address bits that the contiguous hint takes from the IPA (spec 1.5, Q9). */
static unsigned int contiguous_shift(const struct walk_state *w)
{
	if (!(w->out->desc & DESC_CONTIG))
		return 0;
	switch (w->page_shift) {
	case 12:
		return 4;
	case 14:
		return w->out->level == 2 ? 5 : 7;
	default:
		return 5;
	}
}

static void take_leaf(struct walk_state *w)
{
	unsigned int low = w->bottom + contiguous_shift(w);
	struct s2_perm perm = s2_desc_perm(&w->vm->cfg, w->out->desc);

	if (w->out->level < first_block_level(w->page_shift)) {
		fault_at_level(w, FSC_TRANSLATION);
		return;
	}
	if (beyond_output(w, w->out->desc)) {
		fault_at_level(w, FSC_SIZE);
		return;
	}
	if (!check_access_flag(w, &perm))
		return;
	w->out->output.v = (w->out->desc & mask(L1_OA_BITS - 1, low)) | (w->ipa & mask(low - 1, 0));
	w->out->leaf_size = BIT(w->bottom);
	w->out->perm = perm;
	w->out->hint_shift = (uint8_t)low;
}

void s2_walk_into(const struct s2_vm *vm, const struct s2_l1_regs *regs,
		  const struct s2_syndrome *syn, bool el0, struct l2_ipa ipa, struct s2_walk *out)
{
	unsigned int shift = s2_l1_granule_shift(&vm->cfg, regs->vtcr);
	int level = (shift == 12 ? 2 : 3) - (int)VTCR_SL0(regs->vtcr);
	struct walk_state w = {
		.vm = vm,
		.syn = syn,
		.el0 = el0,
		.ipa = ipa.v,
		.page_shift = shift,
		.stride = shift - 3,
		.input_size = 64 - VTCR_T0SZ(regs->vtcr),
		.excess = excess_bits(&vm->cfg, regs->vtcr),
		.bottom = (unsigned int)(3 - level) * (shift - 3) + shift,
		.ha = regs->vtcr & VTCR_HA,
		.out = out,
	};

	*out = (struct s2_walk){.level = (int8_t)level, .big_endian = regs->sctlr & SCTLR_EE};
	if (static_checks(&w, regs->vttbr) && find_leaf(&w))
		take_leaf(&w);
}

struct s2_walk s2_walk(const struct s2_vm *vm, const struct s2_l1_regs *regs,
		       const struct s2_syndrome *syn, bool el0, struct l2_ipa ipa)
{
	struct s2_walk out;

	s2_walk_into(vm, regs, syn, el0, ipa, &out);
	return out;
}

/* ---- the leaf's neighbours ---- */

uint64_t s2_near_hint(const struct s2_near *near)
{
	const struct s2_walk *w = near->fill->walk;

	return w->leaf_size > BIT(w->hint_shift) ? w->leaf_size : BIT(w->hint_shift);
}

/* Everything of a leaf but its output: type, MemAttr, S2AP, SH, AF, the hint and XN. */
#define DESC_LIKENESS (mask(11, 0) | DESC_CONTIG | DESC_XN)

struct neighbours {
	const struct s2_vm *vm;
	uint64_t table; /* address of the first entry */
	uint64_t first; /* what that should be */
	uint64_t bits;	/* of the entries, that matter */
	uint64_t step;	/* bytes of output from one to the next */
	bool big_endian;
};

static bool is_alike(const struct neighbours *n, uint64_t index, uint16_t *reads)
{
	const struct s2_port *port = n->vm->port;
	uint64_t word, expected = n->first + index * n->step;

	if (port->read(n->vm->port_ctx, (struct l1_ipa){n->table + index * 8}, &word) != S2_IO_OK)
		return false;
	++*reads;
	word = n->big_endian ? __builtin_bswap64(word) : word;
	return !((word ^ expected) & n->bits);
}

/*
 * Output bits under the hint's span are not compared: they come from the IPA
 * (Q7, Q9). Bits beyond VTCR.PS need no check of their own: they are those of the fault's
 * own leaf, whose output passed it.
 */
bool s2_near_alike(const struct s2_near *near, uint64_t size, uint16_t *reads)
{
	const struct s2_fill *f = near->fill;
	const struct s2_walk *w = f->walk;
	uint64_t own = (f->fault_ipa.v & (size - 1)) / w->leaf_size, count, i;
	struct neighbours n = {
		.vm = near->vm,
		.table = w->entry.v - own * 8,
		.first = (w->desc & DESC_LIKENESS) | floor_to(f->ipa.v, size),
		.bits = DESC_LIKENESS | mask(L1_OA_BITS - 1, w->hint_shift),
		.step = w->leaf_size,
		.big_endian = w->big_endian,
	};

	if ((f->fault_ipa.v ^ f->ipa.v) & (size - 1))
		return false;
	if (w->leaf_size >= size)
		return true;
	if (w->table_shift > 63 || size > BIT(w->table_shift) || !(w->desc & DESC_AF))
		return false;
	/* From the fault's own entry on: tables that fill with demand end behind it. */
	count = size / w->leaf_size;
	for (i = 1; i < count; i++)
		if (!is_alike(&n, (own + i) % count, reads))
			return false;
	return true;
}
