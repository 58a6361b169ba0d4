/* SPDX-License-Identifier: GPL-2.0-only */
/* The CPU's counters at one time, and what lies between two. */
#ifndef NVSIM_EL2_STAMP_H
#define NVSIM_EL2_STAMP_H

#include "cpu.h"
#include "guest.h"
#include "pmu.h"

static inline void stamp_events(struct stamp *s)
{
	if (pmu_counters > 1)
		s->v[HW_EVENT] = sysreg_read(pmevcntr1_el0);
	if (pmu_counters > 2)
		s->v[HW_EVENT + 1] = sysreg_read(pmevcntr2_el0);
	if (pmu_counters > 3)
		s->v[HW_EVENT + 2] = sysreg_read(pmevcntr3_el0);
	if (pmu_counters > 4)
		s->v[HW_EVENT + 3] = sysreg_read(pmevcntr4_el0);
}

/* Counters as they stand when all that precedes is done. */
static inline void stamp_now(struct stamp *s)
{
	isb();
	if (pmu_counters) {
		s->v[HW_INSTRUCTIONS] = sysreg_read(pmevcntr0_el0);
		s->v[HW_CYCLES] = sysreg_read(pmccntr_el0);
		if (pmu_counters > 1)
			stamp_events(s);
	}
	s->v[HW_TICKS] = sysreg_read(cntvct_el0);
}

/* The same, for the beginning of what is measured: reading the counters is no part of it. */
static inline void stamp_from_now(struct stamp *s)
{
	isb();
	s->v[HW_TICKS] = sysreg_read(cntvct_el0);
	if (!pmu_counters)
		return;
	if (pmu_counters > 1)
		stamp_events(s);
	s->v[HW_CYCLES] = sysreg_read(pmccntr_el0);
	s->v[HW_INSTRUCTIONS] = sysreg_read(pmevcntr0_el0);
}

/* Differences, which may be added up. */
void stamp_add(struct stamp *sum, const struct stamp *part);
void stamp_add_span(struct stamp *sum, const struct stamp *from, const struct stamp *to);
struct stamp stamp_span(const struct stamp *from, const struct stamp *to);
/* What is taken away may be an estimate: nothing costs less than nothing. */
void stamp_take_away(struct stamp *sum, const struct stamp *part);
/* Each unit by itself. */
void stamp_lower(struct stamp *least, const struct stamp *s);

#endif
