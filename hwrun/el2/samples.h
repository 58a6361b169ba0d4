/* SPDX-License-Identifier: GPL-2.0-only */
/* What faults took: histograms of all of them, and the last ones one by one. */
#ifndef NVSIM_EL2_SAMPLES_H
#define NVSIM_EL2_SAMPLES_H

#include "cost.h"
#include "guest.h"

struct sample {
	uint64_t ordinal;
	enum hw_class class;
	struct stamp phase[HW_PHASE_COUNT]; /* differences */
};

/* Without `singly` nobody asks for faults one by one. False: no memory. */
bool samples_start(bool singly);
/* has: the phases that were measured. */
void samples_add(const struct sample *s, const bool has[HW_PHASE_COUNT]);
/* As frames. */
void samples_report(void);

#endif
