/* SPDX-License-Identifier: GPL-2.0-only */
/* Exception entry to virtual EL2 (spec 6.2; Arm ARM D1.3.1). */
#include "internal.h"

#define PSTATE_NZCV    mask(31, 28)
#define PSTATE_TCO     BIT(25)
#define PSTATE_DIT     BIT(24)
#define PSTATE_PAN     BIT(22)
#define PSTATE_SSBS    BIT(12)
#define PSTATE_DAIF    mask(9, 6)
#define PSTATE_AARCH32 BIT(4)
#define PSTATE_EL2T    0x8u
#define PSTATE_EL2H    0x9u
#define SCTLR_SPAN     BIT(23)
#define SCTLR_DSSBS    BIT(44)

/* Which quarter of the vector table: by where the exception comes from. */
static uint64_t vector_offset(uint64_t pstate)
{
	if (pstate & PSTATE_AARCH32)
		return 0x600;
	switch (pstate & PSTATE_M_MASK) {
	case PSTATE_EL2T:
		return 0x000;
	case PSTATE_EL2H:
		return 0x200;
	default:
		return 0x400;
	}
}

struct s2_entry_out s2_vel2_entry(const struct s2_entry_in *in)
{
	uint64_t pstate = in->pstate & (PSTATE_NZCV | PSTATE_DIT | PSTATE_PAN);

	if (in->mte)
		pstate |= PSTATE_TCO;
	if (!(in->sctlr & SCTLR_SPAN))
		pstate |= PSTATE_PAN;
	if (in->sctlr & SCTLR_DSSBS)
		pstate |= PSTATE_SSBS;
	return (struct s2_entry_out){
		.elr = in->pc,
		.spsr = in->pstate,
		.pc = in->vbar + vector_offset(in->pstate) + in->type,
		.pstate = pstate | PSTATE_DAIF | PSTATE_EL2H,
	};
}
