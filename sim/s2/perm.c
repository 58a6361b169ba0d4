/* SPDX-License-Identifier: GPL-2.0-only */
/* Stage 3 of the path: is this L1's permission fault? */
#include "internal.h"

/*
 * XN of a stage-2 descriptor (spec 1.5; Arm ARM D8.4.2): with FEAT_XNX both
 * bits count and tell EL0 from EL1, without it only the upper one does.
 */
struct s2_perm s2_desc_perm(const struct s2_config *cfg, uint64_t desc)
{
	unsigned int xn = (unsigned int)(desc >> DESC_XN_SHIFT & 3);

	if (!cfg->xnx)
		xn &= 2;
	return (struct s2_perm){
		.r = desc & DESC_R,
		.w = desc & DESC_W,
		.x_el0 = xn == 0 || xn == 1,
		.x_el1 = xn == 0 || (xn == 3 && cfg->xnx),
	};
}

/* Whether `perm` refuses the access. */
bool s2_denies(const struct s2_config *cfg, const struct s2_syndrome *syn, bool el0,
	       const struct s2_perm *perm)
{
	bool walk_as_data = syn->s1ptw && !quirk(cfg, S2_Q10_S1PTW_XN);

	if (syn->iabt && !walk_as_data)
		return el0 ? !perm->x_el0 : !perm->x_el1;
	if (syn->s1ptw && !quirk(cfg, S2_Q11_S1PTW_WRITE))
		return !perm->r || (syn->write && !perm->w);
	return syn->write ? !perm->w : !perm->r;
}

struct s2_forward s2_permission_forward(const struct s2_config *cfg, const struct s2_syndrome *syn,
					bool el0, const struct s2_walk *walk)
{
	bool judged = syn->class == S2_FSC_PERMISSION ||
		      (syn->class == S2_FSC_TRANSLATION && !quirk(cfg, S2_Q24_LATE_FORWARD));

	if (!judged || !s2_denies(cfg, syn, el0, &walk->perm))
		return (struct s2_forward){0};
	/* The level is that of L1's leaf: the hardware's is of a table that L1 never sees. */
	return (struct s2_forward){
		.forward = true,
		.esr = esr_with_fsc(syn->esr, FSC_PERMISSION | (unsigned int)walk->level),
	};
}
