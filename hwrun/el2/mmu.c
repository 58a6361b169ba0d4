/* SPDX-License-Identifier: GPL-2.0-only */
/* Stage 1 of EL2 (or of EL1, where the image finds itself there): the identity, 4K granule. */
#include "boot.h"
#include "cpu.h"

#define PAGE		 4096ull
#define TABLES		 64u
#define ADDRESS_BITS	 48u
#define DESC_VALID	 1ull
#define DESC_TABLE	 3ull
#define DESC_PAGE	 3ull
#define DESC_AF		 (1ull << 10)
#define DESC_INNER	 (3ull << 8)
#define DESC_READ_ONLY	 (1ull << 7)
#define DESC_EL0	 (1ull << 6) /* AP[1]: RES1 at EL2 */
#define DESC_UXN	 (1ull << 54)
#define DESC_PXN	 (1ull << 53) /* EL1 only */
#define DESC_NORMAL	 (0ull << 2)
#define DESC_DEVICE	 (1ull << 2)
#define DESC_ADDRESS	 0x0000fffffffff000ull
#define MAIR		 0x00ffull /* 0: Normal, write-back; 1: Device-nGnRnE */
#define TCR_T0SZ	 (64u - ADDRESS_BITS)
#define TCR_CACHED_INNER (1u << 8 | 1u << 10 | 3u << 12) /* walks: write-back, inner-shareable */
#define SCTLR_ON	 (1u << 0 | 1u << 2 | 1u << 12)	 /* MMU, data cache, instruction cache */

struct mmu_registers mmu_registers;

static uint64_t tables[TABLES][512] __attribute__((aligned(4096)));
static unsigned int tables_used;
static bool at_el1;

static unsigned int pa_range(void)
{
	unsigned int range = field(sysreg_read(id_aa64mmfr0_el1), 0, 4);

	return range > 5 ? 5 : range; /* 52 bits take another granule, or FEAT_LPA2 */
}

void mmu_init(void)
{
	uint64_t tcr = TCR_T0SZ | TCR_CACHED_INNER;
	uint64_t range = pa_range();

	at_el1 = current_el() == 1;
	tables_used = 1;
	mmu_registers.mair = MAIR;
	mmu_registers.ttbr = (uint64_t)tables[0];
	if (at_el1) {
		mmu_registers.tcr = tcr | 1ull << 23 | range << 32;
		mmu_registers.sctlr = SCTLR_EL1_OFF | SCTLR_ON;
	} else {
		mmu_registers.tcr = tcr | 1ull << 23 | 1ull << 31 | range << 16;
		mmu_registers.sctlr = SCTLR_EL2_OFF | SCTLR_ON;
	}
}

static uint64_t attributes(enum mmu_kind kind)
{
	uint64_t never = at_el1 ? DESC_UXN | DESC_PXN : DESC_UXN;
	uint64_t common = DESC_AF | (at_el1 ? 0 : DESC_EL0);

	if (kind == MMU_CODE)
		return common | DESC_NORMAL | DESC_INNER | DESC_READ_ONLY;
	if (kind == MMU_DEVICE)
		return common | DESC_DEVICE | never;
	return common | DESC_NORMAL | DESC_INNER | never;
}

static uint64_t *next_table(uint64_t *entry)
{
	if (!(*entry & DESC_VALID)) {
		if (tables_used == TABLES)
			return NULL;
		*entry = (uint64_t)tables[tables_used++] | DESC_TABLE;
	}
	return (uint64_t *)(*entry & DESC_ADDRESS);
}

/* Maps one page, or the block that begins there where it is within `size`: the bytes mapped.
 * 0: no table left. */
static uint64_t map_one(uint64_t pa, uint64_t size, uint64_t bits)
{
	uint64_t *table = tables[0];
	unsigned int shift;

	for (shift = 39;; shift -= 9) {
		uint64_t *entry = &table[pa >> shift & 511];
		uint64_t bytes = 1ull << shift;

		if ((*entry & DESC_VALID) && (shift == 12 || (*entry & 3) != DESC_TABLE))
			return bytes - (pa & (bytes - 1));
		if (shift == 12) {
			*entry = pa | bits | DESC_PAGE;
			return bytes;
		}
		if (shift <= 30 && !(*entry & DESC_VALID) && !(pa & (bytes - 1)) && size >= bytes) {
			*entry = pa | bits | DESC_VALID;
			return bytes;
		}
		table = next_table(entry);
		if (!table)
			return 0;
	}
}

unsigned int mmu_pa_bits(void)
{
	static const uint8_t bits[] = {32, 36, 40, 42, 44, 48, 52, 56};

	return bits[field(sysreg_read(id_aa64mmfr0_el1), 0, 3)];
}

bool mmu_map(uint64_t pa, uint64_t size, enum mmu_kind kind)
{
	unsigned int bits = mmu_pa_bits();
	uint64_t limit = 1ull << (bits < ADDRESS_BITS ? bits : ADDRESS_BITS);
	uint64_t end = (pa + size + PAGE - 1) & ~(PAGE - 1);

	if (pa >= limit || size > limit - pa)
		return false;
	for (pa &= ~(PAGE - 1); pa < end;) {
		uint64_t bytes = map_one(pa, end - pa, attributes(kind));

		if (!bytes)
			return false;
		pa += bytes;
	}
	dsb(ishst);
	isb();
	return true;
}
