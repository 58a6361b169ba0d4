/* SPDX-License-Identifier: GPL-2.0-only */
/* Histograms of costs against sorted values, and the tables of names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cost.h"

static uint64_t random_state;

static uint64_t random_word(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static void small_values_have_a_bucket_each(void **state)
{
	(void)state;
	for (unsigned int v = 0; v < HW_LINEAR; v++) {
		assert_int_equal(hw_bucket_of(v), v);
		assert_int_equal(hw_bucket_low(v), v);
	}
}

static void buckets_cover_all_values_in_order(void **state)
{
	(void)state;
	for (unsigned int b = 0; b < HW_BUCKET_COUNT; b++) {
		uint64_t low = hw_bucket_low(b);

		assert_int_equal(hw_bucket_of(low), b);
		if (b)
			assert_int_equal(hw_bucket_of(low - 1), b - 1);
	}
	assert_int_equal(hw_bucket_of(UINT64_MAX), HW_BUCKET_COUNT - 1);
}

static void a_bucket_is_no_wider_than_a_64th(void **state)
{
	(void)state;
	for (unsigned int b = HW_LINEAR; b + 1 < HW_BUCKET_COUNT; b++) {
		uint64_t low = hw_bucket_low(b);

		assert_true(hw_bucket_low(b + 1) - low <= low / HW_STEPS);
	}
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Values of all magnitudes; `bits` bounds them. */
static void ranks_against_sorted(size_t count, unsigned int bits)
{
	static const unsigned int permilles[] = {0, 1, 500, 900, 990, 999, 1000};
	struct hw_histogram *h = calloc(1, sizeof(*h));
	uint64_t *values = calloc(count, sizeof(*values)), sum = 0;

	assert_non_null(h);
	assert_non_null(values);
	for (size_t i = 0; i < count; i++) {
		values[i] = random_word() >> (64 - bits) >> random_word() % bits;
		sum += values[i];
		hw_histogram_add(h, values[i]);
	}
	qsort(values, count, sizeof(*values), by_value);
	assert_int_equal(h->n, count);
	assert_int_equal(h->sum, sum);
	assert_int_equal(h->min, values[0]);
	assert_int_equal(h->max, values[count - 1]);
	for (size_t i = 0; i < sizeof(permilles) / sizeof(permilles[0]); i++) {
		size_t rank = (count * permilles[i] + 999) / 1000;
		uint64_t exact = values[rank ? rank - 1 : 0];
		uint64_t low = hw_bucket_low(hw_bucket_of(exact));

		assert_int_equal(hw_histogram_rank(h, permilles[i]), low > h->min ? low : h->min);
	}
	free(values);
	free(h);
}

static void ranks_are_those_of_sorted_values(void **state)
{
	(void)state;
	random_state = 1;
	for (size_t count = 1; count < 200; count++)
		ranks_against_sorted(count, 1 + count % 50);
	ranks_against_sorted(20000, 40);
}

static void a_single_large_value_is_its_own_rank(void **state)
{
	static struct hw_histogram h;

	(void)state;
	hw_histogram_add(&h, 1000003);
	assert_int_equal(hw_histogram_rank(&h, 500), 1000003);
	assert_int_equal(hw_histogram_rank(&h, 990), 1000003);
}

static void nothing_has_no_rank(void **state)
{
	static const struct hw_histogram none;

	(void)state;
	assert_int_equal(hw_histogram_rank(&none, 500), 0);
}

static void names_are_there_and_apart(const struct hw_name *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		assert_non_null(names[i].name);
		assert_non_null(names[i].story);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(names[i].name, names[j].name);
	}
}

static void every_row_of_the_tables_has_a_name(void **state)
{
	(void)state;
	names_are_there_and_apart(hw_classes, HW_CLASS_COUNT);
	names_are_there_and_apart(hw_phases, HW_PHASE_COUNT);
	names_are_there_and_apart(hw_units, HW_UNIT_COUNT);
}

/* Names make no blank or '=', by which a frame is cut, and numbers go upwards, each once. */
static void events_have_names_and_numbers_of_their_own(void **state)
{
	(void)state;
	for (const struct hw_pmu_event *e = hw_pmu_events; e->name; e++) {
		assert_int_equal(strspn(e->name, "abcdefghijklmnopqrstuvwxyz0123456789_"),
				 strlen(e->name));
		for (const struct hw_pmu_event *o = hw_pmu_events; o < e; o++) {
			assert_string_not_equal(e->name, o->name);
			assert_true(o->number < e->number);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_values_have_a_bucket_each),
		cmocka_unit_test(buckets_cover_all_values_in_order),
		cmocka_unit_test(a_bucket_is_no_wider_than_a_64th),
		cmocka_unit_test(ranks_are_those_of_sorted_values),
		cmocka_unit_test(a_single_large_value_is_its_own_rank),
		cmocka_unit_test(nothing_has_no_rank),
		cmocka_unit_test(every_row_of_the_tables_has_a_name),
		cmocka_unit_test(events_have_names_and_numbers_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
