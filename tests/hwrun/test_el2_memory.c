/* SPDX-License-Identifier: GPL-2.0-only */
/* Free RAM as boot keeps it: what is told of it, and what is given of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "../../hwrun/el2/memory.c"

#define MIB (1ull << 20)

static uint64_t mappable_end;
static unsigned int map_calls;

bool mmu_map(uint64_t pa, uint64_t size, enum mmu_kind kind)
{
	assert_int_equal(kind, MMU_DATA);
	map_calls++;
	return pa + size <= mappable_end;
}

static uint8_t *ram; /* 64 MiB of real memory at a multiple of that */

static int reset(void **state)
{
	(void)state;
	memset(ranges, 0, sizeof(ranges));
	range_count = 0;
	heap = NULL;
	map_calls = 0;
	mappable_end = ~0ull;
	return 0;
}

static void assert_free(uint64_t start, uint64_t end)
{
	assert_int_equal(memory_room(start), end - start);
	assert_int_equal(memory_room(start - 1), 0);
	assert_int_equal(memory_room(end), 0);
}

static void ranges_that_touch_become_one(void **state)
{
	(void)state;
	memory_add(0x40000000, MIB);
	memory_add(0x40200000, MIB);
	memory_add(0x40100000, MIB);
	assert_int_equal(range_count, 1);
	assert_free(0x40000000, 0x40300000);
	/* Told twice, or in part: it stays one. */
	memory_add(0x40080000, 4 * MIB);
	assert_int_equal(range_count, 1);
	assert_free(0x40000000, 0x40480000);
}

static void only_whole_pages_are_free(void **state)
{
	(void)state;
	memory_add(0x40000800, 0x3000);
	assert_free(0x40001000, 0x40003000);
	memory_add(0x50000800, 0x1000);
	assert_int_equal(range_count, 1);
	memory_remove(0x40001fff, 1);
	assert_free(0x40002000, 0x40003000);
}

static void what_is_in_use_splits_a_range(void **state)
{
	(void)state;
	memory_add(0x40000000, 16 * MIB);
	memory_remove(0x40400000, 0x10);
	assert_free(0x40000000, 0x40400000);
	assert_free(0x40401000, 0x41000000);
	memory_remove(0x40000000, MIB);
	assert_free(0x40100000, 0x40400000);
	memory_remove(0x40fff000, 16 * MIB);
	assert_free(0x40401000, 0x40fff000);
	memory_remove(0x3ff00000, 64 * MIB);
	assert_int_equal(memory_total(), 0);
	memory_remove(0x40000000, 0);
}

static void the_ends_of_the_address_space_are_survived(void **state)
{
	(void)state;
	memory_add(0, MIB);
	assert_int_equal(memory_room(0), 0); /* where NULL points */
	assert_int_equal(memory_room(0x1000), MIB - 0x1000);
	memory_add(~0ull - 2 * MIB, 4 * MIB);
	assert_int_equal(memory_room(~0ull - MIB), MIB - 0xfff);
	memory_remove(~0ull - MIB, ~0ull);
	assert_int_equal(memory_room(~0ull - MIB), 0);
	memory_add(5, 0);
	memory_remove(0, ~0ull);
	assert_int_equal(memory_total(), 0);
}

static void the_smallest_give_way_where_there_are_too_many(void **state)
{
	uint64_t i;

	(void)state;
	for (i = 1; i <= 2 * RANGES; i++)
		memory_add(i << 30, i * 4096);
	assert_int_equal(range_count, RANGES);
	assert_int_equal(memory_room(2ull * RANGES << 30), 2 * RANGES * 4096);
	assert_int_equal(memory_room(1ull << 30), 0);
}

static void start_keeps_the_largest_that_can_be_mapped(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 1; i <= 12; i++)
		memory_add((uint64_t)i << 32, i * MIB);
	memory_add(1ull << 47, 4096 * MIB);
	mappable_end = 1ull << 40;
	memory_start();
	assert_int_equal(range_count, KEPT - 1);
	assert_int_equal(memory_room(1ull << 47), 0);
	assert_int_equal(memory_room(12ull << 32), 12 * MIB);
	assert_int_equal(memory_room(5ull << 32), 0);
	assert_int_equal(platform_free(), 12 * MIB);
}

static void begin(void)
{
	memset(ram, 0xff, 64 * MIB);
	memory_add((uint64_t)ram, 64 * MIB);
	memory_start();
}

static void what_is_taken_is_aligned_zeroed_and_apart(void **state)
{
	uint8_t *taken[40];
	unsigned int i, j;
	size_t k;

	(void)state;
	begin();
	for (i = 0; i < 40; i++) {
		size_t size = 1000u * (i + 1), align = 16u << i % 12;

		taken[i] = platform_take(size, align);
		assert_non_null(taken[i]);
		assert_int_equal((uintptr_t)taken[i] % align, 0);
		for (k = 0; k < size; k++)
			assert_int_equal(taken[i][k], 0);
		memset(taken[i], (int)i, size);
	}
	for (i = 0; i < 40; i++)
		for (k = 0; k < 1000u * (i + 1); k++)
			assert_int_equal(taken[i][k], i);
	for (i = 0; i < 40; i++)
		for (j = 0; j < range_count; j++)
			assert_false((uint64_t)taken[i] >= ranges[j].start &&
				     (uint64_t)taken[i] < ranges[j].end);
}

static void a_large_window_leaves_what_is_above_it(void **state)
{
	(void)state;
	begin();
	memory_remove((uint64_t)ram, 4096);
	assert_non_null(platform_take(4096, 4096));
	/* The upper half is no longer whole, the lower never was; a quarter is. */
	assert_null(platform_take(32 * MIB, 32 * MIB));
	assert_ptr_equal(platform_take(16 * MIB, 16 * MIB), ram + 32 * MIB);
	assert_int_equal(memory_room((uint64_t)ram + 48 * MIB), 16 * MIB - 4096);
	/* The hole is used before the large range is. */
	assert_true((uint8_t *)platform_take(MIB, MIB) > ram + 48 * MIB);
}

static void the_heap_grows_until_it_meets_what_is_taken(void **state)
{
	uint8_t *first, *next, *taken;

	(void)state;
	begin();
	assert_null(memory_grow(1)); /* it has no place yet */
	first = memory_grow_elsewhere(MIB);
	next = memory_grow(MIB);
	assert_ptr_equal(first, ram);
	assert_ptr_equal(next, first + MIB);
	taken = platform_take(60 * MIB, 4096);
	assert_ptr_equal(taken, ram + 4 * MIB);
	assert_null(memory_grow(3 * MIB));
	assert_ptr_equal(memory_grow(2 * MIB), next + MIB);
	assert_null(memory_grow(1));
	assert_null(platform_take(1, 1));
	assert_int_equal(platform_free(), 0);
}

static void the_heap_moves_where_most_is_left(void **state)
{
	(void)state;
	begin();
	assert_ptr_equal(memory_grow_elsewhere(MIB), ram);
	/* A window right behind it. */
	memory_remove((uint64_t)ram + 48 * MIB, 16 * MIB);
	assert_ptr_equal(platform_take(32 * MIB, 16 * MIB), ram + 16 * MIB);
	assert_null(memory_grow(16 * MIB));
	assert_ptr_equal(memory_grow(MIB), ram + MIB);
	memory_add((uint64_t)ram + 48 * MIB, 16 * MIB);
	assert_ptr_equal(memory_grow_elsewhere(16 * MIB), ram + 48 * MIB);
	assert_null(memory_grow(1));
	assert_ptr_equal(memory_grow_elsewhere(MIB), ram + 2 * MIB);
}

static void without_memory_nothing_is_given(void **state)
{
	(void)state;
	memory_start();
	assert_int_equal(map_calls, 0);
	assert_null(memory_grow(16));
	assert_null(memory_grow_elsewhere(16));
	assert_null(platform_take(16, 16));
	assert_null(platform_take(0, 16));
	assert_int_equal(platform_free(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(ranges_that_touch_become_one, reset),
		cmocka_unit_test_setup(only_whole_pages_are_free, reset),
		cmocka_unit_test_setup(what_is_in_use_splits_a_range, reset),
		cmocka_unit_test_setup(the_ends_of_the_address_space_are_survived, reset),
		cmocka_unit_test_setup(the_smallest_give_way_where_there_are_too_many, reset),
		cmocka_unit_test_setup(start_keeps_the_largest_that_can_be_mapped, reset),
		cmocka_unit_test_setup(what_is_taken_is_aligned_zeroed_and_apart, reset),
		cmocka_unit_test_setup(a_large_window_leaves_what_is_above_it, reset),
		cmocka_unit_test_setup(the_heap_grows_until_it_meets_what_is_taken, reset),
		cmocka_unit_test_setup(the_heap_moves_where_most_is_left, reset),
		cmocka_unit_test_setup(without_memory_nothing_is_given, reset),
	};
	int failed;

	ram = aligned_alloc(64 * MIB, 64 * MIB);
	if (!ram)
		return 77;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(ram);
	return failed;
}
