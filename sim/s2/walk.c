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
	const struct s2_l1_tables *l1;
	const struct s2_syndrome *syn;
	bool el0;
	uint64_t ipa;
	unsigned int bottom; /* log2 of what an entry at this level spans */
	uint64_t stored;     /* the last descriptor, as stored */
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
	return addr & w->l1->excess;
}

/* ---- the registers: checks that need no memory (spec 1.2) ---- */

/* Start levels that a granule has for a PA size (spec 1.2 S2). */
static bool start_level_allowed(const struct s2_l1_tables *l1, unsigned int pa_bits)
{
	switch (l1->page_shift) {
	case 12:
		return l1->start_level > 0 || (l1->start_level == 0 && pa_bits > 42);
	case 14:
		return l1->start_level > 1 || (l1->start_level == 1 && pa_bits > 40);
	default:
		return l1->start_level > 1 || (l1->start_level == 1 && pa_bits > 42);
	}
}

static void refuse(struct s2_l1_tables *l1, bool fatal, unsigned int fsc)
{
	l1->status = fatal ? S2_WALK_FATAL : S2_WALK_FAULT;
	l1->fsc = (uint8_t)fsc;
}

static void check_tables(const struct s2_config *cfg, struct s2_l1_tables *l1)
{
	unsigned int start_bits = (unsigned int)l1->input_bits - l1->bottom;

	if (l1->input_bits < 25 || l1->input_bits > L1_OA_BITS) {
		bool kvm = quirk(cfg, S2_Q3_T0SZ_FSC);

		refuse(l1, kvm, kvm ? FSC_SIZE : FSC_TRANSLATION);
		return;
	}
	/* Up to 16 start tables may be concatenated; a bad level makes start_bits meaningless. */
	if (!start_level_allowed(l1, cfg->ipa_limit) || l1->input_bits > cfg->ipa_limit ||
	    start_bits < 1 || start_bits > l1->stride + 4u) {
		refuse(l1, quirk(cfg, S2_Q4_SL0_FAILS_RUN), FSC_TRANSLATION);
		return;
	}
	/* A base that is not aligned to its table is aligned down, silently. */
	l1->base = l1->vttbr & mask(L1_OA_BITS - 1, start_bits + 3);
	if (l1->base & l1->excess)
		refuse(l1, false, FSC_SIZE);
}

struct s2_l1_tables s2_l1_tables(const struct s2_config *cfg, const struct s2_l1_regs *regs)
{
	unsigned int shift = s2_l1_granule_shift(cfg, regs->vtcr);
	int level = (shift == 12 ? 2 : 3) - (int)VTCR_SL0(regs->vtcr);
	struct s2_l1_tables l1 = {
		.vtcr = regs->vtcr,
		.vttbr = regs->vttbr,
		.excess = excess_bits(cfg, regs->vtcr),
		.page_shift = (uint8_t)shift,
		.stride = (uint8_t)(shift - 3),
		.input_bits = (uint8_t)(64 - VTCR_T0SZ(regs->vtcr)),
		.bottom = (uint8_t)((unsigned int)(3 - level) * (shift - 3) + shift),
		.start_level = (int8_t)level,
		.ha = regs->vtcr & VTCR_HA,
		.status = S2_WALK_OK,
	};

	check_tables(cfg, &l1);
	return l1;
}

/* True: go on. */
static bool registers_allow(struct walk_state *w)
{
	const struct s2_config *cfg = &w->vm->cfg;

	if (w->l1->status != S2_WALK_OK) {
		fault(w, (enum s2_walk_status)w->l1->status, w->l1->fsc);
		return false;
	}
	if (!quirk(cfg, S2_Q1_ALIAS) && w->ipa >> w->l1->input_bits) {
		fault(w, S2_WALK_FAULT, FSC_TRANSLATION);
		return false;
	}
	return true;
}

/* ---- the descent ---- */

static void unreadable(struct walk_state *w)
{
	bool fatal = quirk(&w->vm->cfg, S2_Q2_READ_FAILS_RUN);

	fault(w, fatal ? S2_WALK_FATAL : S2_WALK_FAULT, FSC_SEA_WALK + (unsigned int)w->out->level);
}

static uint64_t cpu_order(const struct walk_state *w, uint64_t word)
{
	return w->out->big_endian ? __builtin_bswap64(word) : word;
}

/* Descends to a leaf. False: a fault. The port may do anything: what it cannot change is kept here.
 */
static bool find_leaf(struct walk_state *w)
{
	const struct s2_port *port = w->vm->port;
	const struct s2_l1_tables *l1 = w->l1;
	unsigned int bottom = l1->bottom, index_bits = l1->input_bits - bottom, reads = 0;
	uint64_t base = l1->base, desc = 0, stored;
	bool big_endian = w->out->big_endian;
	int level = l1->start_level;
	struct l1_ipa entry;
	enum s2_io io;

	for (;;) {
		entry.v = base | (w->ipa >> bottom & (BIT(index_bits) - 1)) << 3;
		io = port->read(w->vm->port_ctx, entry, &stored);
		if (io != S2_IO_OK)
			break;
		desc = big_endian ? __builtin_bswap64(stored) : stored;
		reads++;
		if (!desc_is_table(desc, level) || beyond_output(w, desc))
			break;
		base = desc & mask(L1_OA_BITS - 1, l1->page_shift);
		bottom -= l1->stride;
		index_bits = l1->stride;
		level++;
	}
	w->out->entry = entry;
	w->out->desc = desc;
	w->out->reads = (uint8_t)reads;
	w->out->level = (int8_t)level;
	if (io != S2_IO_OK) {
		unreadable(w);
		return false;
	}
	if (desc_is_table(desc, level)) {
		fault_at_level(w, FSC_SIZE);
		return false;
	}
	w->stored = stored;
	w->bottom = bottom;
	w->out->table_shift = (uint8_t)(bottom + index_bits);
	/* At level 3 the table bit must be there, and then it is a page. */
	if ((desc & DESC_VALID) && ((desc & DESC_TABLE) || level < 3))
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
	if (!w->l1->ha) {
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
	switch (w->l1->page_shift) {
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

	if (w->out->level < first_block_level(w->l1->page_shift)) {
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
		  const struct s2_l1_tables *l1, const struct s2_syndrome *syn, bool el0,
		  struct l2_ipa ipa, struct s2_walk *out)
{
	struct walk_state w = {
		.vm = vm, .l1 = l1, .syn = syn, .el0 = el0, .ipa = ipa.v, .out = out};

	*out = (struct s2_walk){.level = l1->start_level, .big_endian = regs->sctlr & SCTLR_EE};
	if (registers_allow(&w) && find_leaf(&w))
		take_leaf(&w);
}

struct s2_walk s2_walk(const struct s2_vm *vm, const struct s2_l1_regs *regs,
		       const struct s2_syndrome *syn, bool el0, struct l2_ipa ipa)
{
	struct s2_l1_tables l1 = s2_l1_tables(&vm->cfg, regs);
	struct s2_walk out;

	s2_walk_into(vm, regs, &l1, syn, el0, ipa, &out);
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
