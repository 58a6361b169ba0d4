/* SPDX-License-Identifier: GPL-2.0-only */
/* Room for table pages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "arena.h"
#include "replay/failing.h"

#define MIB (1ull << 20)

/* What getrlimit tells of the address space; RLIM_INFINITY: no limit. */
static rlim_t address_space = RLIM_INFINITY;

int getrlimit(__rlimit_resource_t resource, struct rlimit *limit)
{
	if (resource != RLIMIT_AS)
		return (int)syscall(SYS_prlimit64, 0, resource, NULL, limit);
	*limit = (struct rlimit){address_space, address_space};
	return 0;
}

static struct arena small_arena(unsigned int page_shift)
{
	struct arena a;

	address_space = 64 * MIB;
	assert_true(arena_init(&a, page_shift));
	address_space = RLIM_INFINITY;
	return a;
}

static bool is_zero(const unsigned char *p, size_t size)
{
	size_t i;

	for (i = 0; i < size && !p[i]; i++)
		;
	return i == size;
}

static void pages_are_zero_when_new_and_when_used_again(void **state)
{
	static const unsigned int shifts[] = {12, 14, 16};
	unsigned int s;

	(void)state;
	for (s = 0; s < 3; s++) {
		struct arena a = small_arena(shifts[s]);
		size_t size = 1ul << shifts[s];
		unsigned char *p = arena_alloc(&a, size), *q;

		assert_true(is_zero(p, size));
		memset(p, 0xdb, size);
		arena_free(&a, p, size);
		q = arena_alloc(&a, size);
		assert_ptr_equal(p, q);
		assert_true(is_zero(q, size));
		arena_destroy(&a);
	}
}

static void freed_pages_come_back_last_first(void **state)
{
	struct arena a = small_arena(12);
	void *p[3];
	int i;

	(void)state;
	for (i = 0; i < 3; i++)
		p[i] = arena_alloc(&a, 4096);
	for (i = 0; i < 3; i++)
		arena_free(&a, p[i], 4096);
	for (i = 2; i >= 0; i--)
		assert_ptr_equal(arena_alloc(&a, 4096), p[i]);
	assert_ptr_not_equal(arena_alloc(&a, 4096), p[0]);
	arena_destroy(&a);
}

static void pieces_are_aligned_to_their_size_in_the_range(void **state)
{
	struct arena a = small_arena(12);
	size_t size;

	(void)state;
	for (size = 4096; size <= 16 * 65536; size *= 2) {
		unsigned char *p;

		assert_non_null(arena_alloc(&a, 4096)); /* so that the next place is odd */
		p = arena_alloc(&a, size);
		assert_non_null(p);
		assert_int_equal((size_t)(p - a.base) % size, 0);
		assert_true(is_zero(p, size));
	}
	arena_destroy(&a);
}

static void a_freed_page_is_not_part_of_a_larger_piece(void **state)
{
	struct arena a = small_arena(12);
	unsigned char *page = arena_alloc(&a, 4096), *root;

	(void)state;
	arena_free(&a, page, 4096);
	root = arena_alloc(&a, 16384);
	assert_true(page + 4096 <= root || root + 16384 <= page);
	assert_ptr_equal(arena_alloc(&a, 4096), page);
	arena_destroy(&a);
}

static void a_larger_piece_is_not_given_out_again(void **state)
{
	struct arena a = small_arena(12);
	unsigned char *root = arena_alloc(&a, 16384), *p;

	(void)state;
	arena_free(&a, root, 16384);
	p = arena_alloc(&a, 4096);
	assert_true(p + 4096 <= root || root + 16384 <= p);
	arena_destroy(&a);
}

static void pages_are_counted_now_and_at_most(void **state)
{
	struct arena a = small_arena(12);
	void *root = arena_alloc(&a, 16384), *page = arena_alloc(&a, 4096);

	(void)state;
	assert_int_equal(a.pages_now, 5);
	arena_free(&a, page, 4096);
	arena_free(&a, root, 16384);
	assert_int_equal(a.pages_now, 0);
	assert_int_equal(a.pages_peak, 5);
	assert_non_null(arena_alloc(&a, 4096));
	assert_int_equal(a.pages_peak, 5);
	arena_destroy(&a);
}

static void a_full_range_gives_null_until_a_page_is_freed(void **state)
{
	struct arena a = small_arena(16);
	size_t count = a.size >> 16, i;
	void *last = NULL;

	(void)state;
	for (i = 0; i < count; i++) {
		void *p = arena_alloc(&a, 65536);

		assert_non_null(p);
		last = p;
	}
	assert_null(arena_alloc(&a, 65536));
	assert_null(arena_alloc(&a, 2 * 65536));
	assert_int_equal(a.pages_now, count);
	arena_free(&a, last, 65536);
	assert_null(arena_alloc(&a, 2 * 65536));
	assert_ptr_equal(arena_alloc(&a, 65536), last);
	arena_destroy(&a);
}

static void under_a_limit_a_quarter_of_it_is_reserved(void **state)
{
	struct arena a;

	(void)state;
	address_space = 1024 * MIB;
	assert_true(arena_init(&a, 12));
	assert_int_equal(a.size, 256 * MIB);
	arena_destroy(&a);

	/* However little there is, 16 MiB are tried. */
	address_space = 3 * MIB;
	assert_true(arena_init(&a, 12));
	assert_int_equal(a.size, 16 * MIB);
	arena_destroy(&a);
	address_space = RLIM_INFINITY;
}

static void what_cannot_be_reserved_is_halved(void **state)
{
	struct arena a;

	(void)state;
	map_size_max = 100 * MIB;
	assert_true(arena_init(&a, 12));
	assert_int_equal(a.size, 64 * MIB);
	memory_is_back();
	arena_destroy(&a);
}

static void without_address_space_there_is_no_arena(void **state)
{
	struct arena a;

	(void)state;
	map_size_max = 8 * MIB;
	assert_false(arena_init(&a, 12));
	assert_null(a.base);
	memory_is_back();
	arena_destroy(&a);
}

static void without_room_for_its_numbers_there_is_no_arena(void **state)
{
	struct arena a;

	(void)state;
	maps_left = 1;
	assert_false(arena_init(&a, 12));
	/* Nothing is kept that a later destroy would release a second time. */
	assert_null(a.base);
	memory_is_back();
	arena_destroy(&a);
}

static void destroying_twice_is_harmless(void **state)
{
	struct arena a = small_arena(12);

	(void)state;
	arena_destroy(&a);
	arena_destroy(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_are_zero_when_new_and_when_used_again),
		cmocka_unit_test(freed_pages_come_back_last_first),
		cmocka_unit_test(pieces_are_aligned_to_their_size_in_the_range),
		cmocka_unit_test(a_freed_page_is_not_part_of_a_larger_piece),
		cmocka_unit_test(a_larger_piece_is_not_given_out_again),
		cmocka_unit_test(pages_are_counted_now_and_at_most),
		cmocka_unit_test(a_full_range_gives_null_until_a_page_is_freed),
		cmocka_unit_test(under_a_limit_a_quarter_of_it_is_reserved),
		cmocka_unit_test(what_cannot_be_reserved_is_halved),
		cmocka_unit_test(without_address_space_there_is_no_arena),
		cmocka_unit_test(without_room_for_its_numbers_there_is_no_arena),
		cmocka_unit_test(destroying_twice_is_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
