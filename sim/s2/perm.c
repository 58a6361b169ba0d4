/* SPDX-License-Identifier: GPL-2.0-only */
/* Stage 3 of the path: is this L1's permission fault? */
#include "internal.h"

/* The four values of S2AP: none, read, write, both. */
#define WITH_EXECUTION(el0, el1)                                                                   \
	{0, 0, el0, el1}, {1, 0, el0, el1}, {0, 1, el0, el1},                                      \
	{                                                                                          \
		1, 1, el0, el1                                                                     \
	}

const _Alignas(4) struct s2_perm s2_perms[16] = {
	WITH_EXECUTION(1, 1),
	WITH_EXECUTION(1, 0),
	WITH_EXECUTION(0, 0),
	WITH_EXECUTION(0, 1),
};

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
	if (!s2_permissions_judged(cfg, syn->fsc_class) || !s2_denies(cfg, syn, el0, &walk->perm))
		return (struct s2_forward){0};
	/* The level is that of L1's leaf: the hardware's is of a table that L1 never sees. */
	return (struct s2_forward){
		.forward = true,
		.esr = esr_with_fsc(syn->esr, FSC_PERMISSION | (unsigned int)walk->level),
	};
}
