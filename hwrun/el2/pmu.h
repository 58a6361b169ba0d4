/* SPDX-License-Identifier: GPL-2.0-only */
/* The CPU's counters: which there are, and what they count. */
#ifndef NVSIM_EL2_PMU_H
#define NVSIM_EL2_PMU_H

#include <stdbool.h>

#include "blob.h"
#include "cost.h"
#include "guest.h"

/* 0: no PMU; else 1 + events counted besides instructions. Stamps read it: hidden, it takes no
 * load of its address. */
extern uint64_t pmu_counters __attribute__((visibility("hidden")));
/* Units that something counts. */
extern bool pmu_has[HW_UNIT_COUNT];

/* Sets up the first CPU's counters, and sends what there is none of as frames. */
void pmu_start(const struct hw_blob *blob);
/* The counters of the CPU that runs, as those of the first. */
void pmu_start_cpu(void);
/* Puts events, which are in the order of counters, where the blob has them. */
void pmu_name_events(struct stamp *s);

#endif
