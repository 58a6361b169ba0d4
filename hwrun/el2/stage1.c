/* SPDX-License-Identifier: GPL-2.0-only */
#include "stage1.h"

#include "cpu.h"
#include "stage2.h"

/* SCTLR_EL1, TCR_EL1, MAIR_EL1 of the guest */
#define SCTLR_GUEST   0x34d00800ull /* RES1; cache maintenance at EL0 */
#define SCTLR_STAGE1  (1ull << 12 | 1ull << 2 | 1ull << 0)
#define TCR_HALF      ((64 - STAGE1_SIZE) | 1ull << 8 | 1ull << 10 | 3ull << 12)
#define TCR_GUEST     (TCR_HALF | TCR_HALF << 16 | 2ull << 30)
#define TCR_IPS_SHIFT 32
#define MAIR_GUEST    0xffull

#define BLOCK	   0x701ull /* inner-shareable, write-back, accessed */
#define BLOCK_DATA (1ull << 6 | 1ull << 53 | 1ull << 54)
#define BLOCK_CODE (3ull << 6) /* read-only: code of both EL0 and EL1 */

uint64_t stage1_code(uint64_t stub)
{
	return stub | BLOCK | BLOCK_CODE;
}

uint64_t stage1_data(uint64_t stub)
{
	return stub | BLOCK | BLOCK_DATA;
}

void line_out(uint64_t pa)
{
	__asm__ volatile("dc civac, %0" : : "r"(pa) : "memory");
	dsb(sy);
}

void stage1_on(uint64_t stub, uint64_t table)
{
	uint64_t *own = stage2_page(STUB_STAGE1);
	uint64_t range = field(sysreg_read(id_aa64mmfr0_el1), 0, 4);

	own[0] = stage1_code(stub);
	line_out((uint64_t)own);
	sysreg_write(ttbr0_el1, table);
	sysreg_write(ttbr1_el1, stub + stage2_stub_offset(STUB_STAGE1));
	sysreg_write(tcr_el1, TCR_GUEST | (range > 5 ? 5 : range) << TCR_IPS_SHIFT);
	sysreg_write(mair_el1, MAIR_GUEST);
	sysreg_write(sctlr_el1, SCTLR_GUEST | SCTLR_STAGE1);
	isb();
	stage2_flush_stage1();
}

void stage1_off(void)
{
	sysreg_write(sctlr_el1, SCTLR_GUEST);
	isb();
	stage2_flush_stage1();
}
