/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events counted while a benchmark runs: those of this process and of threads that it starts
 * meanwhile. Counters of the PMU count user code alone. One that the machine does not support is
 * absent, with the reason; task-clock and page-faults are always there.
 */
#ifndef NVSIM_BENCH_COUNTERS_H
#define NVSIM_BENCH_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

#define COUNTERS_MAX 16u

/* A row of the table; the one without a name ends it. */
struct counter_event {
	const char *name;
	uint32_t type; /* as perf_event_open takes them */
	uint64_t config;
	double (*fallback)(void); /* where the kernel does not open it; NULL: then it is absent */
	const char *fallback_name;
};
extern const struct counter_event counter_events[];

struct counter {
	const struct counter_event *event;
	struct perf_evsel *evsel; /* NULL: by the fallback, or absent */
	char absent[160];	  /* why; "": it is there */
	uint64_t before[3];	  /* value, time enabled, time running */
	double fallback_before;
	/* Since counters_clear. */
	double sum;
	bool scaled;  /* it shared the PMU: extrapolated from the time that it ran */
	bool starved; /* it got none of it: no figure */
};

struct counters {
	struct perf_thread_map *self;
	struct counter counter[COUNTERS_MAX];
	unsigned int count;
};

/* Never fails: what does not open is absent. To be closed. */
void counters_open(struct counters *c, const struct counter_event *events);
void counters_close(struct counters *c);

/* Forgets what was counted. */
void counters_clear(struct counters *c);
/* Counts what happens between, and adds it up. */
void counters_start(struct counters *c);
void counters_stop(struct counters *c);

/* "perf", or by what the counter is measured instead; NULL: it is absent. */
const char *counter_source(const struct counter *c);

/* What became of `value` that ran for a part of the time: extrapolated to all of it. */
double counter_scale(uint64_t value, uint64_t enabled, uint64_t running);
/* Why an event with this errno is absent, for people. */
void counter_reason(int error, char *text, unsigned int size);

#endif
