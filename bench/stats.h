/* SPDX-License-Identifier: GPL-2.0-only */
/* What is said of repeated measurements of one thing. Equal values give equal figures. */
#ifndef NVSIM_BENCH_STATS_H
#define NVSIM_BENCH_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Resamples that the interval of the median is made of, and what they are drawn by. */
#define STATS_RESAMPLES 1000u
#define STATS_SEED	1u

/*
 * Values beyond Tukey's fences, which are 1.5 (mild) and 3 (severe) times the distance of the
 * quartiles beyond them. They are counted; all figures are of all values.
 */
struct stats_outliers {
	size_t low_severe, low_mild, high_mild, high_severe;
};

struct stats {
	size_t n;
	double min, max, median, p90, p99;
	double low, high; /* bootstrap 95% interval of the median */
	struct stats_outliers outliers;
};

/*
 * Of n values, at least one. The interval is that of percentiles: the medians of STATS_RESAMPLES
 * samples of n values, drawn with replacement by splitmix64 from STATS_SEED, without 2.5% on each
 * side. With few values it is narrower than 95% ask for. False: no memory.
 */
bool stats_of(const double *values, size_t n, struct stats *s);

/*
 * The value below which the share q of n ascending ones lies: linear between the two that are
 * nearest to place q * (n - 1), counted from 0. The median is that of 1/2.
 */
double stats_quantile(const double *ascending, size_t n, double q);

size_t stats_outlier_count(const struct stats_outliers *o);

#endif
