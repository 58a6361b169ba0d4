/* SPDX-License-Identifier: GPL-2.0-only */
/* What handling a fault costs: classes of faults, phases, units, and a histogram of each. */
#ifndef NVSIM_HWRUN_COST_H
#define NVSIM_HWRUN_COST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Classes of faults by what came of them. */
enum hw_class {
	HW_MAP_PAGE,	   /* a page, into a table that was there */
	HW_MAP_PAGE_TABLE, /* a page, and tables on the way to it */
	HW_MAP_GROUP,	   /* a contiguous group of pages */
	HW_MAP_BLOCK,
	HW_RELAX,
	HW_INJECT_TRANSLATION,
	HW_INJECT_PERMISSION,
	HW_INJECT_OTHER, /* access flag, address size, external aborts */
	HW_MMIO,
	HW_ACCESS_FLAG,
	HW_RETRY,
	HW_OTHER,
	HW_CLASS_COUNT
};

/* Phases of a fault; replay mode has no exception, and so neither the first nor the last. */
enum hw_phase {
	HW_ENTRY,	/* from the vector to the handler's first instruction */
	HW_WALK,	/* L1's tables: until the memslot is looked up, or to the end */
	HW_DECIDE,	/* memslot, backing: until the backing is known */
	HW_MAP,		/* size, attributes, tables, without what maintenance takes */
	HW_MAINTENANCE, /* TLB invalidations and barriers asked for */
	HW_RETURN,	/* from the handler's end to the exception return */
	HW_TOTAL,
	HW_PHASE_COUNT
};

/* Units; HW_EVENT + i is the i-th PMU event chosen. */
enum hw_unit { HW_CYCLES, HW_INSTRUCTIONS, HW_TICKS, HW_EVENT, HW_UNIT_COUNT = HW_EVENT + 4 };

struct hw_name {
	const char *name;
	const char *story; /* one line for people */
};
extern const struct hw_name hw_classes[HW_CLASS_COUNT];
extern const struct hw_name hw_phases[HW_PHASE_COUNT];
extern const struct hw_name hw_units[HW_UNIT_COUNT];

/* PMU events that can be asked for by name (Arm ARM D13.11). */
struct hw_pmu_event {
	const char *name;
	uint16_t number;
	const char *story;
};
extern const struct hw_pmu_event hw_pmu_events[]; /* the one without a name ends them */

/*
 * Counts of values: each of its own below HW_LINEAR, above in steps of 1/64 of the power of
 * two below. Exact for what is small, to 1.6% for the rest.
 */
#define HW_LINEAR	2048u
#define HW_STEPS	64u
#define HW_BUCKET_COUNT (HW_LINEAR + (64u - 11u) * HW_STEPS)

struct hw_histogram {
	uint64_t n, min, max, sum;
	uint32_t bucket[HW_BUCKET_COUNT];
};

void hw_histogram_add(struct hw_histogram *h, uint64_t value);
unsigned int hw_bucket_of(uint64_t value);
/* The lowest value of a bucket. */
uint64_t hw_bucket_low(unsigned int bucket);
/* The value that `permille` of all are no greater than, by nearest rank: the lowest of its
 * bucket, and never less than min. 0 without values. */
uint64_t hw_histogram_rank(const struct hw_histogram *h, unsigned int permille);

#endif
