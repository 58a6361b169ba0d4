/* SPDX-License-Identifier: GPL-2.0-only */
/* Stage 1 of the path: what the trap's syndrome says. */
#include "internal.h"

/* Fault status codes by class (spec 0.4): exact codes, no ranges that swallow reserved ones. */
static const uint8_t fsc_class[64] = {
	[0x04 ... 0x07] = S2_FSC_TRANSLATION,
	[0x08 ... 0x0b] = S2_FSC_ACCESS_FLAG,
	[0x0c ... 0x0f] = S2_FSC_PERMISSION,
	[0x10] = S2_FSC_SEA,
	[0x13 ... 0x17] = S2_FSC_SEA, /* on a table walk */
	[0x18] = S2_FSC_SEA,	      /* parity or ECC */
	[0x1b ... 0x1f] = S2_FSC_SEA,
	[0x2b] = S2_FSC_TRANSLATION, /* level -1 */
	[FSC_EXCLUSIVE] = S2_FSC_EXCLUSIVE,
};

/*
 * A stage-1 walk that needs an update reports a permission fault in a second
 * step: that one is the write, whatever WnR says (Q11). A fetch never writes.
 */
static inline bool is_write(const struct s2_config *cfg, uint64_t esr, enum s2_fsc_class class)
{
	bool cm = esr & ESR_CM, iabt = ESR_EC(esr) == EC_IABT_LOW;

	if ((esr & ESR_S1PTW) && quirk(cfg, S2_Q11_S1PTW_WRITE))
		return class == S2_FSC_PERMISSION;
	if (iabt || (cm && !quirk(cfg, S2_Q23_CMO_WRITES)))
		return false;
	return esr & ESR_WNR;
}

struct s2_syndrome s2_syndrome(const struct s2_config *cfg, uint64_t esr)
{
	enum s2_fsc_class class = (enum s2_fsc_class)fsc_class[esr & ESR_FSC_MASK];
	bool iabt = ESR_EC(esr) == EC_IABT_LOW, s1ptw = esr & ESR_S1PTW;

	return (struct s2_syndrome){
		.esr = esr,
		.class = class,
		.fsc = (uint8_t)(esr & ESR_FSC_MASK),
		.iabt = iabt,
		.s1ptw = s1ptw,
		.cm = esr & ESR_CM,
		.write = is_write(cfg, esr, class),
		.exec = iabt && !s1ptw,
	};
}
