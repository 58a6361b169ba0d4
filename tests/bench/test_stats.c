/* SPDX-License-Identifier: GPL-2.0-only */
/* Figures of repeated measurements, against ones worked out by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "stats.h"

#define assert_near(a, b) assert_true(fabs((a) - (b)) < 1e-9)

static struct stats stats(const double *values, size_t n)
{
	struct stats s;

	assert_true(stats_of(values, n, &s));
	return s;
}

static void quantiles_lie_between_the_nearest_ranks(void **state)
{
	static const double v[] = {10, 20, 30, 40, 50};

	(void)state;
	assert_near(stats_quantile(v, 5, 0), 10);
	assert_near(stats_quantile(v, 5, 0.5), 30);
	assert_near(stats_quantile(v, 5, 0.25), 20);
	assert_near(stats_quantile(v, 5, 0.9), 46);
	assert_near(stats_quantile(v, 5, 0.99), 49.6);
	assert_near(stats_quantile(v, 5, 1), 50);
	assert_near(stats_quantile(v, 4, 0.5), 25);
}

static void figures_of_a_known_sample(void **state)
{
	static const double v[] = {7, 1, 5, 3, 9, 2, 8, 4, 6, 10};
	struct stats s = stats(v, 10);

	(void)state;
	assert_int_equal(s.n, 10);
	assert_near(s.min, 1);
	assert_near(s.max, 10);
	assert_near(s.median, 5.5);
	assert_near(s.p90, 9.1);
	assert_near(s.p99, 9.91);
	assert_true(s.low >= 1 && s.low < s.median && s.median < s.high && s.high <= 10);
	assert_int_equal(stats_outlier_count(&s.outliers), 0);
}

static void one_value_is_all_there_is(void **state)
{
	static const double v[] = {42};
	struct stats s = stats(v, 1);

	(void)state;
	assert_near(s.median, 42);
	assert_near(s.p90, 42);
	assert_near(s.p99, 42);
	assert_near(s.low, 42);
	assert_near(s.high, 42);
	assert_int_equal(stats_outlier_count(&s.outliers), 0);
}

static void equal_values_leave_no_doubt(void **state)
{
	static const double v[] = {3, 3, 3, 3, 3, 3, 3};
	struct stats s = stats(v, 7);

	(void)state;
	assert_near(s.low, 3);
	assert_near(s.high, 3);
	assert_near(s.p99, 3);
	assert_int_equal(stats_outlier_count(&s.outliers), 0);
}

/* Quartiles 3.25 and 7.75: fences at -3.5 and 14.5, far ones at -10.25 and 21.25. */
static void outliers_are_counted_by_fence_and_stay(void **state)
{
	static const double calm[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
	static const double high[] = {1, 2, 3, 4, 5, 6, 7, 8, 15, 22};
	static const double low[] = {-20, -4, 3, 4, 5, 6, 7, 8, 9, 10};
	struct stats s = stats(calm, 10);

	(void)state;
	assert_int_equal(stats_outlier_count(&s.outliers), 0);
	s = stats(high, 10);
	assert_int_equal(s.outliers.high_mild, 1);
	assert_int_equal(s.outliers.high_severe, 1);
	assert_int_equal(stats_outlier_count(&s.outliers), 2);
	assert_near(s.max, 22);
	assert_int_equal(s.n, 10);
	s = stats(low, 10);
	assert_int_equal(s.outliers.low_severe, 1);
	assert_int_equal(s.outliers.low_mild + s.outliers.high_mild + s.outliers.high_severe, 1);
}

static void the_order_of_values_changes_nothing(void **state)
{
	static const double up[] = {1, 2, 4, 8, 16, 32, 64};
	static const double mixed[] = {16, 2, 64, 1, 32, 4, 8};
	struct stats a = stats(up, 7), b = stats(mixed, 7), again = stats(up, 7);

	(void)state;
	assert_memory_equal(&a, &b, sizeof(a));
	assert_memory_equal(&a, &again, sizeof(a));
}

/* Another generator than that of the bootstrap: of the lower bits nothing is used. */
static double uniform(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return ((double)(*state >> 33) + 0.5) / 2147483648.0;
}

/* How often the interval has the true median in it, of 1000 samples of a skewed distribution. */
static unsigned int covered(size_t n)
{
	uint64_t state = 12345;
	unsigned int hits = 0;
	double v[50];

	for (unsigned int i = 0; i < 1000; i++) {
		struct stats s;

		for (size_t k = 0; k < n; k++)
			v[k] = -log(uniform(&state));
		s = stats(v, n);
		hits += s.low <= log(2) && log(2) <= s.high;
	}
	return hits;
}

static void the_interval_has_the_median_as_often_as_it_says(void **state)
{
	unsigned int hits = covered(30);

	(void)state;
	assert_in_range(hits, 920, 980);
	assert_in_range(covered(5), 850, 960);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quantiles_lie_between_the_nearest_ranks),
		cmocka_unit_test(figures_of_a_known_sample),
		cmocka_unit_test(one_value_is_all_there_is),
		cmocka_unit_test(equal_values_leave_no_doubt),
		cmocka_unit_test(outliers_are_counted_by_fence_and_stay),
		cmocka_unit_test(the_order_of_values_changes_nothing),
		cmocka_unit_test(the_interval_has_the_median_as_often_as_it_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
