/* SPDX-License-Identifier: GPL-2.0-only */
/* What each fault costs, by counters of the CPU that are read around it and within. */
#ifndef NVSIM_EL2_MEASURE_H
#define NVSIM_EL2_MEASURE_H

#include "blob.h"
#include "cpu.h"
#include "engine.h"
#include "guest.h"

/* Sets up the first CPU's counters, and sends what there is none of as frames. False: no memory. */
bool measure_start(const struct hw_blob *blob, struct engine *e);
/* The counters of the CPU that runs, as those of the first. */
void measure_start_cpu(void);

/* Before an event: of the one before, nothing is waited for any more. */
void measure_event(void);
/* Calls the handler. */
void measure_handler(const struct engine_access *a, struct s2_outcome *out);

/* ---- faults that the MMU raised ---- */

/* The guest has left with an abort that is the next fault: its way in counts. */
void measure_arrived(const struct guest *g);
/* The way back to the guest begins; then, once it has left again, what it took. */
void measure_return(void);
void measure_returned(const struct guest *g);
/* The fault just handled is through; with `ordinal` in the samples. */
void measure_done(uint64_t ordinal);

void measure_report(void);

/* 0: no PMU; else 1 + events counted besides instructions. */
extern uint64_t measure_counters;

static inline void stamp_events(struct stamp *s)
{
	if (measure_counters > 1)
		s->v[HW_EVENT] = sysreg_read(pmevcntr1_el0);
	if (measure_counters > 2)
		s->v[HW_EVENT + 1] = sysreg_read(pmevcntr2_el0);
	if (measure_counters > 3)
		s->v[HW_EVENT + 2] = sysreg_read(pmevcntr3_el0);
	if (measure_counters > 4)
		s->v[HW_EVENT + 3] = sysreg_read(pmevcntr4_el0);
}

/* Counters as they stand when all that precedes is done. */
static inline void stamp_now(struct stamp *s)
{
	isb();
	if (measure_counters) {
		s->v[HW_INSTRUCTIONS] = sysreg_read(pmevcntr0_el0);
		s->v[HW_CYCLES] = sysreg_read(pmccntr_el0);
		if (measure_counters > 1)
			stamp_events(s);
	}
	s->v[HW_TICKS] = sysreg_read(cntvct_el0);
}

/* The same, for the beginning of what is measured: reading the counters is no part of it. */
static inline void stamp_from_now(struct stamp *s)
{
	isb();
	s->v[HW_TICKS] = sysreg_read(cntvct_el0);
	if (!measure_counters)
		return;
	if (measure_counters > 1)
		stamp_events(s);
	s->v[HW_CYCLES] = sysreg_read(pmccntr_el0);
	s->v[HW_INSTRUCTIONS] = sysreg_read(pmevcntr0_el0);
}

#endif
