/* SPDX-License-Identifier: GPL-2.0-only */
/* L1's TLB invalidations, which to L0 are invalidations of shadow tables (spec 7.5). */
#include "internal.h"

/* ---- decode (spec 7.5, Arm ARM C5.5) ---- */

#define OP_ALL_VARIANTS 4u /* ALLE1 */
#define OP_VMALLS12	6u

/* Features that a variant needs. */
enum { NEED_OS = 1, NEED_RANGE = 2, NEED_RANGE_ARCH = 4 };

struct tlbi_row {
	uint8_t crm, op2;
	uint8_t needs;
	uint8_t kind;
};

/* Op1 = 4, CRn = 8 or 9. */
static const struct tlbi_row el2_rows[] = {
	{0, 1, 0, S2_TLBI_IPA},				 /* IPAS2E1IS */
	{0, 2, NEED_RANGE, S2_TLBI_IPA_RANGE},		 /* RIPAS2E1IS */
	{0, 5, 0, S2_TLBI_IPA},				 /* IPAS2LE1IS */
	{0, 6, NEED_RANGE, S2_TLBI_IPA_RANGE},		 /* RIPAS2LE1IS */
	{1, OP_ALL_VARIANTS, NEED_OS, S2_TLBI_ALL},	 /* ALLE1OS */
	{1, OP_VMALLS12, NEED_OS, S2_TLBI_VMID},	 /* VMALLS12E1OS */
	{3, OP_ALL_VARIANTS, 0, S2_TLBI_ALL},		 /* ALLE1IS */
	{3, OP_VMALLS12, 0, S2_TLBI_VMID},		 /* VMALLS12E1IS */
	{4, 0, NEED_OS, S2_TLBI_IPA},			 /* IPAS2E1OS */
	{4, 1, 0, S2_TLBI_IPA},				 /* IPAS2E1 */
	{4, 2, NEED_RANGE_ARCH, S2_TLBI_IPA_RANGE},	 /* RIPAS2E1 (Q15) */
	{4, 3, NEED_OS | NEED_RANGE, S2_TLBI_IPA_RANGE}, /* RIPAS2E1OS */
	{4, 4, NEED_OS, S2_TLBI_IPA},			 /* IPAS2LE1OS */
	{4, 5, 0, S2_TLBI_IPA},				 /* IPAS2LE1 */
	{4, 6, NEED_RANGE_ARCH, S2_TLBI_IPA_RANGE},	 /* RIPAS2LE1 (Q15) */
	{4, 7, NEED_OS | NEED_RANGE, S2_TLBI_IPA_RANGE}, /* RIPAS2LE1OS */
	{7, OP_ALL_VARIANTS, 0, S2_TLBI_ALL},		 /* ALLE1 */
	{7, OP_VMALLS12, 0, S2_TLBI_VMID},		 /* VMALLS12E1 */
};

static bool has_features(const struct s2_config *cfg, unsigned int needs)
{
	if ((needs & NEED_OS) && !cfg->tlbios)
		return false;
	if ((needs & NEED_RANGE) && !cfg->tlbirange)
		return false;
	return !(needs & NEED_RANGE_ARCH) || cfg->tlbirange || quirk(cfg, S2_Q15_RIPAS2_UNGATED);
}

/* Stage-1 forms by CRm: 1 and 5 are outer shareable, 2, 5 and 6 are ranges. */
static enum s2_tlbi_kind decode_stage1(const struct s2_config *cfg, unsigned int crm)
{
	unsigned int needs = (crm == 1 || crm == 5 ? NEED_OS : 0) |
			     (crm == 2 || crm == 5 || crm == 6 ? NEED_RANGE : 0);

	if (!(BIT(crm) & (BIT(1) | BIT(2) | BIT(3) | BIT(5) | BIT(6) | BIT(7))))
		return S2_TLBI_NONE;
	return has_features(cfg, needs) ? S2_TLBI_STAGE1 : S2_TLBI_UNDEF;
}

enum s2_tlbi_kind s2_tlbi_decode(const struct s2_config *cfg, unsigned int op1, unsigned int crn,
				 unsigned int crm, unsigned int op2)
{
	unsigned int i;

	if (crn != 8 && crn != 9)
		return S2_TLBI_NONE;
	if (crn == 9 && !cfg->xs)
		return S2_TLBI_UNDEF;
	if (op1 == 0)
		return decode_stage1(cfg, crm);
	if (op1 != 4)
		return S2_TLBI_NONE;
	for (i = 0; i < sizeof(el2_rows) / sizeof(el2_rows[0]); i++)
		if (el2_rows[i].crm == crm && el2_rows[i].op2 == op2)
			return has_features(cfg, el2_rows[i].needs) ? el2_rows[i].kind
								    : S2_TLBI_UNDEF;
	return S2_TLBI_NONE;
}

/* ---- by address (spec 7.5.1) ---- */

/* The TTL field: granule in the upper half (1 4K, 2 16K, 3 64K), level in the lower. */
static unsigned int ttl_of(unsigned int granule_shift, unsigned int level)
{
	return ((granule_shift - 12) / 2 + 1) << 2 | level;
}

/* Bytes that a TTL stands for; 0: not known. */
static uint64_t ttl_size(unsigned int ttl)
{
	unsigned int shift = 10 + 2 * (ttl >> 2), level = ttl & 3;

	if (ttl < 4 || (int)level < first_block_level(shift))
		return 0;
	return level_size(shift, (int)level);
}

static uint64_t max_block(unsigned int granule_shift)
{
	return level_size(granule_shift, first_block_level(granule_shift));
}

/*
 * The size of L1's leaf at `addr` as the tags of the shadow leaves tell it.
 * Only the entry at the start of each candidate block is looked at (Q20): a
 * sparsely filled shadow of a large leaf gives no answer, which is safe.
 */
static uint64_t size_from_tags(const struct s2_vm *vm, struct s2_mmu *mmu,
			       unsigned int granule_shift, uint64_t addr)
{
	uint64_t t = addr;
	int level;

	for (level = 3; level >= first_block_level(granule_shift); level--) {
		struct s2_leaf leaf;
		unsigned int ttl;
		uint64_t size;

		t = floor_to(t, level_size(granule_shift, level));
		leaf = s2_lookup(vm, mmu, (struct table_ipa){t});
		if (!leaf.valid || !desc_tag(leaf.desc))
			continue;
		ttl = ttl_of(granule_shift, desc_tag(leaf.desc));
		size = ttl_size(ttl);
		return addr < t + (size ? size : BIT(30)) ? size : 0;
	}
	return 0;
}

static struct s2_extent ipa_extent(const struct s2_vm *vm, struct s2_mmu *mmu, uint64_t xt)
{
	unsigned int shift = s2_l1_granule_shift(&vm->cfg, mmu->vtcr);
	unsigned int ttl = (unsigned int)field(xt, 47, 44);
	uint64_t addr = field(xt, 35, 0) << 12, size = 0;

	if (ttl && vm->cfg.ttl)
		size = ttl_size(ttl);
	else if (quirk(&vm->cfg, S2_Q20_BLOCK_START))
		size = size_from_tags(vm, mmu, shift, addr);
	if (!size)
		size = max_block(shift);
	return (struct s2_extent){{floor_to(addr, size)}, size};
}

/* ---- by range (spec 7.5.2) ---- */

static struct s2_extent range_extent(const struct s2_vm *vm, uint64_t xt)
{
	static const uint8_t shift_of_tg[4] = {16, 12, 14, 16};
	unsigned int shift = shift_of_tg[field(xt, 47, 46)];
	unsigned int scale = (unsigned int)field(xt, 45, 44);
	uint64_t base = field(xt, 36, 0) << shift;
	uint64_t size = (field(xt, 43, 39) + 1) << (5 * scale + 1) << shift;
	uint64_t limit = BIT(vm->cfg.ipa_limit);

	/* Bit 48 is a sign: the range lies in one half of the address space. */
	base = field(base, 48, 0) | (base & BIT(48) ? mask(63, 49) : 0);
	if (base >= limit)
		return (struct s2_extent){0};
	if (size > BIT(48) - base)
		size = BIT(48) - base;
	return (struct s2_extent){{base}, size < limit - base ? size : limit - base};
}

struct s2_extent s2_tlbi_extent(const struct s2_vm *vm, struct s2_mmu *mmu, enum s2_tlbi_kind kind,
				uint64_t xt)
{
	switch (kind) {
	case S2_TLBI_IPA:
		return ipa_extent(vm, mmu, xt);
	case S2_TLBI_IPA_RANGE:
		return range_extent(vm, xt);
	case S2_TLBI_VMID:
	case S2_TLBI_ALL:
		return (struct s2_extent){{0}, BIT(mmu->table.input_bits)};
	default:
		return (struct s2_extent){0};
	}
}

bool s2_tlbi_matches(const struct s2_vm *vm, const struct s2_mmu *mmu, enum s2_tlbi_kind kind,
		     uint64_t vttbr)
{
	unsigned int top = vm->cfg.vmid16 ? 63 : 55;

	if (!s2_mmu_valid(mmu) || kind == S2_TLBI_NONE || kind == S2_TLBI_UNDEF)
		return false;
	return kind == S2_TLBI_ALL || field(mmu->vttbr, top, 48) == field(vttbr, top, 48);
}

/*
 * The host pages of an extent whose ends need not be on their bounds, where
 * L1's granule is smaller than the host's. KVM unmaps in chunks of the largest
 * block and gets the end of a chunk by adding its size to its rounded start: a
 * range within one chunk loses the last page that it reaches into (Q16).
 */
static struct s2_extent host_pages(const struct s2_config *cfg, struct s2_extent x)
{
	uint64_t start = floor_to(x.start.v, BIT(cfg->page_shift)), end = x.start.v + x.size;
	uint64_t chunk = max_block(cfg->page_shift);
	bool one_chunk = floor_to(x.start.v, chunk) == floor_to(end - 1, chunk);

	if (one_chunk && quirk(cfg, S2_Q16_ROUNDED_END))
		end = start + x.size;
	return (struct s2_extent){{start}, end - start};
}

struct s2_swept s2_tlbi(struct s2_vm *vm, struct s2_mmu *mmu, enum s2_tlbi_kind kind, uint64_t xt)
{
	struct s2_extent extent = s2_tlbi_extent(vm, mmu, kind, xt);
	struct s2_swept done;

	if (kind == S2_TLBI_STAGE1)
		vm->port->tlb(vm->port_ctx, mmu, S2_TLB_S1, extent.start, 0);
	if (!extent.size)
		return (struct s2_swept){0};
	extent = host_pages(&vm->cfg, extent);
	done = s2_unmap(vm, mmu, extent.start, extent.size);
	s2_rmap_trim(vm, mmu);
	return done;
}
