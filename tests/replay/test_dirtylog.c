/* SPDX-License-Identifier: GPL-2.0-only */
/* The dirty log, in words of 64 pages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dirtylog.h"
#include "replay/failing.h"

static void marked_pages_come_out_once(void **state)
{
	struct dirtylog d;

	(void)state;
	assert_true(dirtylog_init(&d));
	dirtylog_mark(&d, 0);
	dirtylog_mark(&d, 63);
	dirtylog_mark(&d, 63);
	dirtylog_mark(&d, 64);
	assert_int_equal(dirtylog_take(&d, 17), 1ull << 63 | 1);
	assert_int_equal(dirtylog_take(&d, 0), 0);
	assert_int_equal(dirtylog_take(&d, 127), 1);
	dirtylog_destroy(&d);
}

static void a_word_that_was_taken_can_be_dirtied_again(void **state)
{
	struct dirtylog d;

	(void)state;
	assert_true(dirtylog_init(&d));
	dirtylog_mark(&d, 1000);
	dirtylog_take(&d, 1000);
	dirtylog_mark(&d, 1001);
	assert_int_equal(dirtylog_take(&d, 1000), 1ull << 1001 % 64);
	dirtylog_destroy(&d);
}

static void clearing_forgets_everything(void **state)
{
	struct dirtylog d;
	uint64_t page;

	(void)state;
	assert_true(dirtylog_init(&d));
	for (page = 0; page < 64 * 1000; page += 64)
		dirtylog_mark(&d, page);
	dirtylog_clear(&d, 64, 64 * 999);
	assert_int_equal(dirtylog_take(&d, 0), 1);
	for (page = 0; page < 64 * 1000; page += 64)
		assert_int_equal(dirtylog_take(&d, page), 0);
	dirtylog_mark(&d, 64);
	assert_int_equal(dirtylog_take(&d, 64), 1);
	dirtylog_destroy(&d);
}

static void words_far_apart_survive_growth(void **state)
{
	struct dirtylog d;
	uint64_t i;

	(void)state;
	assert_true(dirtylog_init(&d));
	for (i = 0; i < 5000; i++)
		dirtylog_mark(&d, i * 0x9e3779b97ull);
	for (i = 0; i < 5000; i++)
		assert_int_equal(
			dirtylog_take(&d, i * 0x9e3779b97ull) >> i * 0x9e3779b97ull % 64 & 1, 1);
	assert_false(d.full);
	/* The last page that there can be. */
	dirtylog_mark(&d, UINT64_MAX >> 12);
	assert_int_equal(dirtylog_take(&d, UINT64_MAX >> 12), 1ull << 63);
	dirtylog_destroy(&d);
}

static void out_of_memory_is_remembered_and_old_words_stay(void **state)
{
	struct dirtylog d;
	uint64_t page;

	(void)state;
	heap_left = 0;
	assert_false(dirtylog_init(&d));
	memory_is_back();
	assert_true(dirtylog_init(&d));
	heap_left = 0;
	for (page = 0; page < 64 * 1000; page += 64)
		dirtylog_mark(&d, page);
	memory_is_back();
	assert_true(d.full);
	assert_int_equal(dirtylog_take(&d, 0), 1);
	assert_int_equal(dirtylog_take(&d, 64 * 999), 0);
	/* A word that has its place still takes pages. */
	dirtylog_mark(&d, 1);
	assert_int_equal(dirtylog_take(&d, 0), 2);
	dirtylog_destroy(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(marked_pages_come_out_once),
		cmocka_unit_test(a_word_that_was_taken_can_be_dirtied_again),
		cmocka_unit_test(clearing_forgets_everything),
		cmocka_unit_test(words_far_apart_survive_growth),
		cmocka_unit_test(out_of_memory_is_remembered_and_old_words_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
