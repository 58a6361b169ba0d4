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

#define TABLE (DESC_TABLE | DESC_VALID)
#define PAGE  (TABLE | DESC_AF) /* at level 3, accessed */

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

/* The walk found no leaf: all that stop_at() does not set. */
static void fail(struct s2_walk *out, enum s2_walk_status status, uint32_t esr)
{
	out->status = status;
	out->esr = esr;
	out->output.v = out->leaf_size = 0;
	out->set_af = false;
	out->perm = (struct s2_perm){0};
	out->table_shift = out->hint_shift = 0;
}

static void fault(struct s2_walk *out, uint64_t esr, enum s2_walk_status status, unsigned int fsc)
{
	fail(out, status, esr_with_fsc(esr, fsc));
}

static void fault_at_level(struct s2_walk *out, uint64_t esr, unsigned int fsc_base)
{
	fault(out, esr, S2_WALK_FAULT, fsc_base | ((unsigned int)out->level & 3));
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
	l1->start = mask(start_bits + 2, 3);
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
		.next_base = mask(L1_OA_BITS - 1, shift),
		.offsets = mask(shift - 1, 3),
		.page_shift = (uint8_t)shift,
		.stride = (uint8_t)(shift - 3),
		.input_bits = (uint8_t)(64 - VTCR_T0SZ(regs->vtcr)),
		.bottom = (uint8_t)((unsigned int)(3 - level) * (shift - 3) + shift),
		.start_level = (int8_t)level,
		.ha = regs->vtcr & VTCR_HA,
		.status = S2_WALK_OK,
	};

	l1.table_bits = l1.excess | TABLE;
	l1.page_bits = l1.excess | PAGE | DESC_CONTIG;
	l1.last = quirk(cfg, S2_Q1_ALIAS) ? ~0ull : mask(l1.input_bits - 1u, 0);
	l1.page_table_shift = level == 3 ? l1.input_bits : (uint8_t)(2 * shift - 3);
	check_tables(cfg, &l1);
	return l1;
}

/* Where a walk stopped, and after how many descriptors. */
static inline void stop_at(struct s2_walk *out, struct l1_ipa entry, uint64_t desc, int level,
			   int reads, bool big_endian)
{
	out->entry = entry;
	out->desc = desc;
	out->level = (int8_t)level;
	out->reads = (uint8_t)reads;
	out->big_endian = big_endian;
}

/* The registers alone end the walk. */
static RARE void not_walked(const struct s2_l1_tables *l1, uint64_t esr, bool big_endian,
			    struct s2_walk *out)
{
	stop_at(out, (struct l1_ipa){0}, 0, l1->start_level, 0, big_endian);
	if (l1->status != S2_WALK_OK)
		fault(out, esr, (enum s2_walk_status)l1->status, l1->fsc);
	else
		fault(out, esr, S2_WALK_FAULT, FSC_TRANSLATION);
}

/* ---- the descent ---- */

static RARE void unreadable(const struct s2_config *cfg, uint64_t esr, struct s2_walk *out)
{
	bool fatal = quirk(cfg, S2_Q2_READ_FAILS_RUN);

	out->reads--;
	fault(out, esr, fatal ? S2_WALK_FATAL : S2_WALK_FAULT,
	      FSC_SEA_WALK + (unsigned int)out->level);
}

static RARE uint64_t swapped(uint64_t word)
{
	return __builtin_bswap64(word);
}

/* Emulates the hardware's update of the access flag (VTCR.HA). False: the walk ended. */
static bool set_access_flag(const struct s2_vm *vm, uint64_t esr, struct s2_walk *out)
{
	bool big_endian = out->big_endian;
	struct l1_ipa entry = out->entry;
	const struct s2_slot *slot;
	uint64_t old = out->desc, new = old | DESC_AF;

	switch (vm->port->swap(vm->port_ctx, entry, big_endian ? swapped(old) : old,
			       big_endian ? swapped(new) : new)) {
	case S2_IO_OK:
		break;
	case S2_IO_AGAIN:
		fail(out, S2_WALK_RETRY, 0);
		return false;
	default:
		/* Unlike a failed read this does not fail the run (Q26). */
		fault(out, esr, S2_WALK_FAULT, FSC_SEA_WALK + (unsigned int)out->level);
		return false;
	}
	out->desc = new;
	out->set_af = true;
	slot = vm->port->slot(vm->port_ctx, entry);
	if (slot && slot->log_dirty)
		vm->port->dirty(vm->port_ctx, slot, entry);
	return true;
}

/* The leaf is without its access flag. False: the walk ended. */
static __attribute__((noinline)) bool access_flag(const struct s2_vm *vm, bool ha,
						  const struct s2_trap *trap, struct s2_walk *out)
{
	struct s2_syndrome syn = syndrome(&vm->cfg, trap->esr);
	struct s2_perm perm = s2_desc_perm(&vm->cfg, out->desc);

	if (!ha) {
		fault_at_level(out, trap->esr, FSC_ACCESS);
		return false;
	}
	if (!quirk(&vm->cfg, S2_Q6_AF_FIRST) && s2_permissions_judged(&vm->cfg, syn.fsc_class) &&
	    s2_denies(&vm->cfg, &syn, pstate_el0(trap->pstate), &perm))
		return true;
	return set_access_flag(vm, trap->esr, out);
}

/* Extra address bits that the contiguous hint takes from the IPA (spec 1.5, Q9). */
static inline unsigned int contiguous_shift(const struct s2_l1_tables *l1, uint64_t desc, int level)
{
	if (!(desc & DESC_CONTIG))
		return 0;
	switch (l1->page_shift) {
	case 12:
		return 4;
	case 14:
		return level == 2 ? 5 : 7;
	default:
		return 5;
	}
}

/* False: the last descriptor is no leaf that L1 may have there, or not one that is accessed. */
static inline bool is_leaf(const struct s2_vm *vm, const struct s2_l1_tables *l1,
			   const struct s2_trap *trap, struct s2_walk *out)
{
	uint64_t desc = out->desc;
	int level = out->level;

	/* At level 3 the table bit must be there, and then it is a page; above, it is a table. */
	if (!(desc & DESC_VALID) ||
	    (!(desc & DESC_TABLE) && (level == 3 || level < first_block_level(l1->page_shift)))) {
		fault_at_level(out, trap->esr, FSC_TRANSLATION);
		return false;
	}
	/* Tables come here for their output alone. */
	if (desc & l1->excess) {
		fault_at_level(out, trap->esr, FSC_SIZE);
		return false;
	}
	out->set_af = false;
	return (desc & DESC_AF) || access_flag(vm, l1->ha, trap, out);
}

/* What a walk stopped at, but for plain pages: blocks, contiguous leaves, and what is a fault. */
static __attribute__((noinline)) void end_walk(const struct s2_vm *vm,
					       const struct s2_l1_tables *l1,
					       const struct s2_trap *trap, struct l2_ipa ipa,
					       struct s2_walk *out)
{
	int level = out->level;
	unsigned int bottom = l1->page_shift + (unsigned int)(3 - level) * l1->stride;
	uint64_t span;

	if (!is_leaf(vm, l1, trap, out))
		return;
	out->status = S2_WALK_OK;
	out->esr = 0;
	out->leaf_size = BIT(bottom);
	out->table_shift =
		(uint8_t)(level == l1->start_level ? l1->input_bits : bottom + l1->stride);
	bottom += contiguous_shift(l1, out->desc, level);
	span = BIT(bottom);
	out->output.v =
		(floor_to(out->desc, span) & mask(L1_OA_BITS - 1, 0)) | (ipa.v & (span - 1));
	out->perm = s2_desc_perm(&vm->cfg, out->desc);
	out->hint_shift = (uint8_t)bottom;
}

static inline void take_page(const struct s2_config *cfg, const struct s2_l1_tables *l1,
			     struct l2_ipa ipa, struct s2_walk *out)
{
	uint64_t size = BIT(l1->page_shift);

	out->status = S2_WALK_OK;
	out->esr = 0;
	out->output.v = (out->desc & l1->next_base) | (ipa.v & (size - 1));
	out->leaf_size = size;
	out->set_af = false;
	out->perm = s2_desc_perm(cfg, out->desc);
	out->table_shift = l1->page_table_shift;
	out->hint_shift = l1->page_shift;
}

/*
 * Descends to a leaf and takes it. Scalars stay scalars here, and all that only few walks come to
 * is elsewhere. An entry that cannot be read ends the descent as one that is not valid does.
 */
static inline __attribute__((always_inline)) void
descend(const struct s2_vm *vm, const struct s2_l1_tables *l1, const struct s2_trap *trap,
	struct l2_ipa ipa, bool big_endian, struct s2_walk *out)
{
	const struct s2_port *port = vm->port;
	unsigned int shift = l1->bottom - 3u; /* to the offsets of entries in the table at hand */
	uint64_t base = l1->base, offsets = l1->start, desc;
	int level = l1->start_level;
	enum s2_io io = S2_IO_OK;
	struct l1_ipa entry;

	for (;;) {
		entry.v = base | (ipa.v >> shift & offsets);
		desc = port->read(vm->port_ctx, entry, &io);
		if (big_endian)
			desc = __builtin_bswap64(desc);
		if ((desc & l1->table_bits) != TABLE || level == 3)
			break;
		base = desc & l1->next_base;
		offsets = l1->offsets;
		shift -= l1->stride;
		level++;
	}
	stop_at(out, entry, desc, level, level - l1->start_level + 1, big_endian);
	if (io != S2_IO_OK)
		unreadable(&vm->cfg, trap->esr, out);
	else if (level == 3 && (desc & l1->page_bits) == PAGE)
		take_page(&vm->cfg, l1, ipa, out);
	else
		end_walk(vm, l1, trap, ipa, out);
}

static RARE void descend_big_endian(const struct s2_vm *vm, const struct s2_l1_tables *l1,
				    const struct s2_trap *trap, struct l2_ipa ipa,
				    struct s2_walk *out)
{
	descend(vm, l1, trap, ipa, true, out);
}

/* Not inline: the caller needs the same registers. */
__attribute__((noinline)) void s2_walk_into(const struct s2_vm *vm, const struct s2_l1_regs *regs,
					    const struct s2_l1_tables *l1,
					    const struct s2_trap *trap, struct l2_ipa ipa,
					    struct s2_walk *out)
{
	if (ipa.v > l1->last || l1->status != S2_WALK_OK)
		not_walked(l1, trap->esr, regs->sctlr & SCTLR_EE, out);
	else if (regs->sctlr & SCTLR_EE)
		descend_big_endian(vm, l1, trap, ipa, out);
	else
		descend(vm, l1, trap, ipa, false, out);
}

struct s2_walk s2_walk(const struct s2_vm *vm, const struct s2_l1_regs *regs,
		       const struct s2_syndrome *syn, bool el0, struct l2_ipa ipa)
{
	struct s2_l1_tables l1 = s2_l1_tables(&vm->cfg, regs);
	struct s2_trap trap = {.esr = syn->esr, .pstate = el0 ? PSTATE_EL0T : PSTATE_EL1H};
	struct s2_walk out;

	s2_walk_into(vm, regs, &l1, &trap, ipa, &out);
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
	struct l1_ipa entry = {n->table + index * 8};
	enum s2_io io = S2_IO_OK;
	uint64_t word = port->read(n->vm->port_ctx, entry, &io);
	uint64_t expected = n->first + index * n->step;

	if (io != S2_IO_OK)
		return false;
	++*reads;
	word = n->big_endian ? swapped(word) : word;
	return !((word ^ expected) & n->bits);
}

/*
 * Output bits under the hint's span are not compared: they come from the IPA
 * (Q7, Q9). Bits beyond VTCR.PS need no check of their own: they are those of the fault's
 * own leaf, whose output passed it. Its access flag is set: no walk that is filled ends without.
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
	if (size > BIT(w->table_shift))
		return false;
	/* From the fault's own entry on: tables that fill with demand end behind it. */
	count = size / w->leaf_size;
	for (i = 1; i < count; i++)
		if (!is_alike(&n, (own + i) % count, reads))
			return false;
	return true;
}
