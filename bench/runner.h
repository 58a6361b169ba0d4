/* SPDX-License-Identifier: GPL-2.0-only */
/* Measures rows: warm-up, repetitions, and what becomes of the figures. */
#ifndef NVSIM_BENCH_RUNNER_H
#define NVSIM_BENCH_RUNNER_H

#include "bench.h"
#include "counters.h"
#include "stats.h"

enum bench_verdict {
	BENCH_NO_TARGET,
	BENCH_PASS,
	BENCH_SHORT,
	BENCH_REGRESSED, /* worse than the figures that are kept */
	BENCH_SKIPPED,	 /* cannot be measured here; `note` says why */
	BENCH_FAILED,	 /* should have worked; `note` says what happened */
};
/* NULL: BENCH_NO_TARGET, and BENCH_FAILED, which is no verdict. */
extern const char *const bench_verdict_names[];

/* Repeated measurements of one thing. */
struct bench_figures {
	double *values; /* of the repetitions, in their order */
	size_t count;
	struct stats stats;
};

/* A figure at a place of an axis, as ns a fault at a length of the trace. */
struct bench_point {
	double x;
	struct bench_figures figures;
};
#define BENCH_POINTS 3u

struct bench_result {
	enum bench_verdict verdict;
	enum nvt_status failure; /* with BENCH_FAILED */
	bool emulated;
	char note[512];
	struct bench_figures figures; /* count 0: none */
	struct bench_point points[BENCH_POINTS];
	unsigned int point_count;
	const char *x, *point_unit; /* what the axis is of, and the figures */
	/* Counted in all repetitions, by operation; valid where has_counters. */
	bool has_counters;
	struct {
		double per_op;
		bool there, scaled;
	} counter[COUNTERS_MAX];
};

/* Measures one row. False: the run was stopped by a signal. To be freed in any case. */
bool bench_measure(struct bench_env *env, const struct bench_row *row, struct counters *counters,
		   struct bench_result *result);
void bench_result_free(struct bench_result *result);

/* "ns/walk", or the row's own. */
const char *bench_unit(const struct bench_row *row, char *buf, size_t size);

/* Repetitions and warm-ups of a row in this process, or of one that runs commands. */
unsigned int bench_repetitions(const struct bench_env *env, bool commands);
unsigned int bench_warmups(const struct bench_env *env, bool commands);

/* Appends a value; false: no memory. */
bool bench_add(struct bench_figures *f, double value);

/*
 * All rows of all tables, one after the other: NULL ends them. A name chooses the row that has
 * it, or all below it: "el2" has "el2/inject".
 */
const struct bench_row *bench_row(unsigned int n);
bool bench_chooses(const char *name, const struct bench_row *row);

#endif
