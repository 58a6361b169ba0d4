/* SPDX-License-Identifier: GPL-2.0-only */
/* The set of free pages against an array of flags. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gen/freemap.h"
#include "gen/rng.h"

static uint64_t naive_next(const bool *flag, uint64_t size, uint64_t start)
{
	for (uint64_t i = 0; i < size; i++)
		if (flag[(start + i) % size])
			return (start + i) % size;
	return size;
}

static uint64_t naive_count(const bool *flag, uint64_t start, uint64_t end)
{
	uint64_t count = 0;

	while (start < end)
		count += flag[start++];
	return count;
}

static void one_step(struct freemap *m, bool *flag, struct rng *r)
{
	uint64_t a = rng_below(r, m->size), b = a + rng_below(r, m->size - a) + 1;

	if (!m->count || !rng_below(r, 400)) {
		freemap_add_range(m, a, b);
		for (uint64_t i = a; i < b; i++)
			flag[i] = true;
	} else {
		uint64_t n = freemap_next(m, a);

		assert_int_equal(n, naive_next(flag, m->size, a));
		freemap_remove(m, n);
		flag[n] = false;
	}
	assert_int_equal(freemap_count(m, a, b), naive_count(flag, a, b));
}

static void agrees_with_flags(void **state)
{
	static const uint64_t sizes[] = {1, 2, 63, 64, 65, 127, 512, 4095, 4096, 4097, 9000};
	struct rng r;

	(void)state;
	rng_seed(&r, 7);
	for (size_t s = 0; s < sizeof(sizes) / sizeof(*sizes); s++) {
		struct freemap m;
		bool *flag = calloc(sizes[s], sizeof(*flag));

		assert_non_null(flag);
		assert_true(freemap_init(&m, sizes[s]));
		for (unsigned int i = 0; i < 4000; i++)
			one_step(&m, flag, &r);
		assert_int_equal(m.count, naive_count(flag, 0, sizes[s]));
		freemap_free(&m);
		free(flag);
	}
}

static void finds_the_only_member_of_millions(void **state)
{
	struct freemap m;

	(void)state;
	assert_true(freemap_init(&m, 20000000));
	freemap_add_range(&m, 12345678, 12345679);
	assert_int_equal(freemap_next(&m, 0), 12345678);
	assert_int_equal(freemap_next(&m, 12345678), 12345678);
	assert_int_equal(freemap_next(&m, 12345679), 12345678);
	assert_int_equal(freemap_next(&m, 19999999), 12345678);
	freemap_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_flags),
		cmocka_unit_test(finds_the_only_member_of_millions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
