/* SPDX-License-Identifier: GPL-2.0-only */
#include "stats.h"

#include <stdlib.h>
#include <string.h>

static int ascending_order(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void sort(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), ascending_order);
}

double stats_quantile(const double *ascending, size_t n, double q)
{
	double place = q * (double)(n - 1);
	size_t below = (size_t)place;

	if (below + 1 >= n)
		return ascending[n - 1];
	return ascending[below] +
	       (place - (double)below) * (ascending[below + 1] - ascending[below]);
}

static uint64_t splitmix64(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* room: for n values and the medians. */
static void bootstrap(struct stats *s, const double *ascending, double *room)
{
	double *sample = room, *medians = room + s->n;
	uint64_t state = STATS_SEED;

	for (size_t r = 0; r < STATS_RESAMPLES; r++) {
		for (size_t i = 0; i < s->n; i++)
			sample[i] = ascending[(splitmix64(&state) >> 32) * s->n >> 32];
		sort(sample, s->n);
		medians[r] = stats_quantile(sample, s->n, 0.5);
	}
	sort(medians, STATS_RESAMPLES);
	s->low = stats_quantile(medians, STATS_RESAMPLES, 0.025);
	s->high = stats_quantile(medians, STATS_RESAMPLES, 0.975);
}

static void count_outliers(struct stats *s, const double *ascending)
{
	double q1 = stats_quantile(ascending, s->n, 0.25);
	double q3 = stats_quantile(ascending, s->n, 0.75);
	double mild = 1.5 * (q3 - q1), severe = 3 * (q3 - q1);

	for (size_t i = 0; i < s->n; i++) {
		double v = ascending[i];

		s->outliers.low_severe += v < q1 - severe;
		s->outliers.low_mild += v < q1 - mild && v >= q1 - severe;
		s->outliers.high_mild += v > q3 + mild && v <= q3 + severe;
		s->outliers.high_severe += v > q3 + severe;
	}
}

bool stats_of(const double *values, size_t n, struct stats *s)
{
	double *ascending = malloc((2 * n + STATS_RESAMPLES) * sizeof(*ascending));

	*s = (struct stats){.n = n};
	if (!ascending)
		return false;
	memcpy(ascending, values, n * sizeof(*values));
	sort(ascending, n);
	s->min = ascending[0];
	s->max = ascending[n - 1];
	s->median = stats_quantile(ascending, n, 0.5);
	s->p90 = stats_quantile(ascending, n, 0.9);
	s->p99 = stats_quantile(ascending, n, 0.99);
	bootstrap(s, ascending, ascending + n);
	count_outliers(s, ascending);
	free(ascending);
	return true;
}

size_t stats_outlier_count(const struct stats_outliers *o)
{
	return o->low_severe + o->low_mild + o->high_mild + o->high_severe;
}
