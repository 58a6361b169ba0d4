/* SPDX-License-Identifier: GPL-2.0-only */
/* Stage 1 of the path: what the trap's syndrome says. */
#include "internal.h"

/* Fault status codes by class (spec 0.4): exact codes, no ranges that swallow reserved ones. */
static enum s2_fsc_class fsc_class(unsigned int fsc)
{
	switch (fsc) {
	case 0x04 ... 0x07:
	case 0x2b: /* level -1 */
		return S2_FSC_TRANSLATION;
	case 0x08 ... 0x0b:
		return S2_FSC_ACCESS_FLAG;
	case 0x0c ... 0x0f:
		return S2_FSC_PERMISSION;
	case 0x10:
	case 0x13 ... 0x17: /* on a table walk */
	case 0x18:	    /* parity or ECC */
	case 0x1b ... 0x1f:
		return S2_FSC_SEA;
	case FSC_EXCLUSIVE:
		return S2_FSC_EXCLUSIVE;
	default:
		return S2_FSC_OTHER;
	}
}

/*
 * A stage-1 walk that needs an update reports a permission fault in a second
 * step: that one is the write, whatever WnR says (Q11). A fetch never writes.
 */
static bool is_write(const struct s2_config *cfg, const struct s2_syndrome *syn)
{
	if (syn->s1ptw && quirk(cfg, S2_Q11_S1PTW_WRITE))
		return syn->class == S2_FSC_PERMISSION;
	if (syn->iabt || (syn->cm && !quirk(cfg, S2_Q23_CMO_WRITES)))
		return false;
	return syn->esr & ESR_WNR;
}

struct s2_syndrome s2_syndrome(const struct s2_config *cfg, uint64_t esr)
{
	struct s2_syndrome syn = {
		.esr = esr,
		.fsc = (uint8_t)(esr & ESR_FSC_MASK),
		.iabt = ESR_EC(esr) == EC_IABT_LOW,
		.s1ptw = esr & ESR_S1PTW,
		.cm = esr & ESR_CM,
	};

	syn.class = fsc_class(syn.fsc);
	syn.write = is_write(cfg, &syn);
	syn.exec = syn.iabt && !syn.s1ptw;
	return syn;
}
