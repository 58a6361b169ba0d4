/* SPDX-License-Identifier: GPL-2.0-only */
/* Which pages were reported dirty, and which of them are forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "checker.h"

/* Pages from here on lie in three chunks. */
#define FIRST (32768u - 200)
#define COUNT (32768u + 400)

static void forgets(uint64_t first, uint64_t last)
{
	struct host h = {0};
	uint64_t gfn;

	assert_true(host_init(&h));
	for (gfn = FIRST; gfn < FIRST + COUNT; gfn++)
		assert_true(host_mark_dirty(&h, gfn));
	host_forget_dirty(&h, first, last);
	for (gfn = FIRST; gfn < FIRST + COUNT; gfn++)
		if (host_is_dirty(&h, gfn) != (gfn < first || gfn > last))
			fail_msg("[%llu, %llu]: page %llu", (unsigned long long)first,
				 (unsigned long long)last, (unsigned long long)gfn);
	host_free(&h);
}

static void what_is_protected_is_forgotten_to_the_page(void **state)
{
	static const uint64_t edges[] = {0,	32768 - 65, 32768 - 64, 32768 - 63,
					 32767, 32768,	    32769,	32768 + 63,
					 65535, 65536,	    65536 + 64, UINT64_MAX >> 12};
	size_t n = sizeof(edges) / sizeof(edges[0]), i, j;

	(void)state;
	for (i = 0; i < n; i++)
		for (j = i; j < n; j++)
			forgets(edges[i], edges[j]);
}

static void where_nothing_was_reported_nothing_is_made(void **state)
{
	struct host h = {0};

	(void)state;
	assert_true(host_init(&h));
	host_forget_dirty(&h, 5, 70000);
	host_forget_dirty(&h, 0, UINT64_MAX >> 12);
	assert_int_equal(h.dirty->count, 0);
	assert_false(host_is_dirty(&h, 5));
	host_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_protected_is_forgotten_to_the_page),
		cmocka_unit_test(where_nothing_was_reported_nothing_is_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
