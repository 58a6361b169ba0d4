/* SPDX-License-Identifier: GPL-2.0-only */
/* Visits of the guest: through the handler's tables, until it leaves. */
#ifndef NVSIM_EL2_VISIT_H
#define NVSIM_EL2_VISIT_H

#include "guest.h"
#include "plan.h"

enum visit {
	VISIT_FIRST,  /* at the access */
	VISIT_AGAIN,  /* the same, after a fault that was handled */
	VISIT_BEHIND, /* at what follows the access, which is emulated */
	VISIT_L1,     /* with an exception, at virtual EL2 or at the guest's own EL1 */
};

/* in: of VISIT_L1. False: there is no place for the guest's code. */
bool visit_guest(struct guest *g, struct plan *p, enum visit how, const struct s2_injection *in);

#endif
