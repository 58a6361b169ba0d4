/* SPDX-License-Identifier: GPL-2.0-only */
/* Sparse words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "memory.h"
#include "replay/failing.h"

static void put(struct memory *m, uint64_t addr, uint64_t value)
{
	uint64_t *word = memory_make(m, addr);

	assert_non_null(word);
	*word = value;
}

static uint64_t get(const struct memory *m, uint64_t addr)
{
	const uint64_t *word = memory_find(m, addr);

	assert_non_null(word);
	return *word;
}

static void what_was_never_written_is_not_there(void **state)
{
	struct memory *m = memory_new();

	(void)state;
	assert_null(memory_find(m, 0));
	assert_null(memory_find(m, 0x40000000));
	put(m, 0x40000000, 7);
	assert_null(memory_find(m, 0x40000000 - 8));
	assert_null(memory_find(m, 0x40000000 + MEMORY_CHUNK_SIZE));
	memory_free(m);
}

static void a_new_chunk_is_zero_but_for_what_is_written(void **state)
{
	struct memory *m = memory_new();
	uint64_t addr;

	(void)state;
	put(m, 0x1008, ~0ull);
	for (addr = 0x1000; addr < 0x1000 + MEMORY_CHUNK_SIZE; addr += 8)
		assert_int_equal(get(m, addr), addr == 0x1008 ? ~0ull : 0);
	memory_free(m);
}

static void both_ends_of_the_address_space_are_places(void **state)
{
	struct memory *m = memory_new();

	(void)state;
	put(m, 0, 1);
	put(m, ~7ull, 2);
	assert_int_equal(get(m, 0), 1);
	assert_int_equal(get(m, ~7ull), 2);
	assert_int_equal(get(m, 8), 0);
	assert_int_equal(get(m, ~15ull), 0);
	memory_free(m);
}

/* Far apart, so that the table grows often and lookups compete for the same places. */
static uint64_t scattered(uint64_t i)
{
	return (i * 0x9e3779b97f4a7c15ull) >> 12 & ~7ull;
}

static void many_words_keep_their_values_while_the_table_grows(void **state)
{
	struct memory *m = memory_new();
	uint64_t i, count = 6000;

	(void)state;
	for (i = 0; i < count; i++) {
		put(m, scattered(i), i + 1);
		assert_int_equal(get(m, scattered(i / 2)), i / 2 + 1);
	}
	for (i = 0; i < count; i++)
		assert_int_equal(get(m, scattered(i)), i + 1);
	memory_free(m);
}

/* Chunks at every power of two apart share places of whatever stands before the table. */
static void chunks_that_compete_do_not_mix(void **state)
{
	struct memory *m = memory_new();
	unsigned int shift, round;

	(void)state;
	for (shift = 12; shift < 64; shift++)
		put(m, 1ull << shift, shift);
	for (round = 0; round < 3; round++)
		for (shift = 12; shift < 64; shift++) {
			assert_int_equal(get(m, 1ull << shift), shift);
			assert_null(memory_find(m, (1ull << shift) ^ 0xbull << 12));
		}
	memory_free(m);
}

static void a_miss_is_no_longer_one_after_a_write(void **state)
{
	struct memory *m = memory_new();
	int i;

	(void)state;
	for (i = 0; i < 4; i++)
		assert_null(memory_find(m, 0x5000));
	put(m, 0x5ff8, 3);
	assert_int_equal(get(m, 0x5000), 0);
	assert_int_equal(get(m, 0x5ff8), 3);
	memory_free(m);
}

static void without_memory_nothing_is_made(void **state)
{
	(void)state;
	for (heap_left = 0; heap_left < 2;) {
		uint64_t left = heap_left;

		assert_null(memory_new());
		heap_left = left + 1;
	}
	memory_is_back();
	memory_free(NULL);
}

static void a_write_that_fails_changes_nothing(void **state)
{
	struct memory *m = memory_new();
	uint64_t i, failed = 0;

	(void)state;
	for (i = 0; i < 3000; i++) {
		/* Both what holds the words and what finds them can run out. */
		heap_left = i % 2;
		if (memory_make(m, scattered(i))) {
			memory_is_back();
		} else {
			failed++;
			memory_is_back();
			assert_null(memory_find(m, scattered(i)));
		}
		put(m, scattered(i), i);
	}
	assert_true(failed >= 1500);
	for (i = 0; i < 3000; i++)
		assert_int_equal(get(m, scattered(i)), i);
	memory_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_never_written_is_not_there),
		cmocka_unit_test(a_new_chunk_is_zero_but_for_what_is_written),
		cmocka_unit_test(both_ends_of_the_address_space_are_places),
		cmocka_unit_test(many_words_keep_their_values_while_the_table_grows),
		cmocka_unit_test(chunks_that_compete_do_not_mix),
		cmocka_unit_test(a_miss_is_no_longer_one_after_a_write),
		cmocka_unit_test(without_memory_nothing_is_made),
		cmocka_unit_test(a_write_that_fails_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
