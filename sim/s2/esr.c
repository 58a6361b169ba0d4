/* SPDX-License-Identifier: GPL-2.0-only */
/* Stage 1 of the path: what the trap's syndrome says. */
#include "internal.h"

/* Fault status codes by class (spec 0.4): exact codes, no ranges that swallow reserved ones. */
const uint8_t s2_fsc_classes[64] = {
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

struct s2_syndrome s2_syndrome(const struct s2_config *cfg, uint64_t esr)
{
	return syndrome(cfg, esr);
}
