/* SPDX-License-Identifier: GPL-2.0-only */
/* The libc of the image at EL2, against that of this machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The functions under test beside those of the same names. */
#define malloc	  el2_malloc
#define calloc	  el2_calloc
#define realloc	  el2_realloc
#define free	  el2_free
#define memcpy	  el2_memcpy
#define memmove	  el2_memmove
#define memset	  el2_memset
#define memcmp	  el2_memcmp
#define memchr	  el2_memchr
#define strlen	  el2_strlen
#define strnlen	  el2_strnlen
#define strcmp	  el2_strcmp
#define strncmp	  el2_strncmp
#define strchr	  el2_strchr
#define strrchr	  el2_strrchr
#define strstr	  el2_strstr
#define strtoul	  el2_strtoul
#define snprintf  el2_snprintf
#define vsnprintf el2_vsnprintf
int vsnprintf(char *to, size_t size, const char *f, va_list args);
__attribute__((format(printf, 3, 4))) int snprintf(char *to, size_t size, const char *format, ...);
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *p, size_t size);
void free(void *p);
void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
void *memchr(const void *in, int byte, size_t size);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t size);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t size);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *s, const char *what);
unsigned long strtoul(const char *s, char **end, int base);
#include "../../hwrun/el2/libc/malloc.c"
#undef WORD
#include "../../hwrun/el2/libc/string.c"
#include "../../hwrun/el2/libc/stdlib.c"
#include "../../hwrun/el2/libc/printf.c"
#undef malloc
#undef calloc
#undef realloc
#undef free
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef memchr
#undef strlen
#undef strnlen
#undef strcmp
#undef strncmp
#undef strchr
#undef strrchr
#undef strstr
#undef strtoul
#undef snprintf
#undef vsnprintf

/* ---- what the libc asks for ---- */

#define HEAP_SIZE (64u << 20)

static uint8_t heap_range[HEAP_SIZE] __attribute__((aligned(4096)));
static size_t heap_used, heap_limit = HEAP_SIZE;
static uint8_t other_range[HEAP_SIZE / 8] __attribute__((aligned(4096)));
static size_t other_used;
static bool elsewhere; /* the heap went there */

void *memory_grow(uint64_t size)
{
	uint8_t *range = elsewhere ? other_range : heap_range;
	size_t *used = elsewhere ? &other_used : &heap_used;
	void *p = range + *used;

	if (size > (elsewhere ? sizeof(other_range) : heap_limit) - *used)
		return NULL;
	*used += size;
	return p;
}

void *memory_grow_elsewhere(uint64_t size)
{
	elsewhere = heap_limit - heap_used < sizeof(other_range) - other_used && heap_used;
	return memory_grow(size);
}

size_t clear_blocks(void *p, size_t size)
{
	size_t whole = size & ~(size_t)63;

	memset(p, 0, whole);
	return whole;
}

static uint64_t random_state = 1;

static uint32_t random32(void)
{
	random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(random_state >> 33);
}

/* ---- memory and strings ---- */

static void memory_is_moved_as_the_host_moves_it(void **state)
{
	enum { SIZE = 700 };
	uint8_t a[SIZE], b[SIZE];
	unsigned int i, n;

	(void)state;
	for (n = 0; n < 200000; n++) {
		size_t size = random32() % 300, from = random32() % 350, to = random32() % 350;

		if (n % 64 == 0)
			for (i = 0; i < SIZE; i++)
				a[i] = b[i] = (uint8_t)random32();
		assert_ptr_equal(el2_memmove(a + to, a + from, size), a + to);
		memmove(b + to, b + from, size);
		assert_memory_equal(a, b, SIZE);
		if (to + size <= from || from + size <= to) {
			el2_memcpy(a + from, a + to, size);
			memcpy(b + from, b + to, size);
		}
		el2_memset(a + to, (int)n, size / 2);
		memset(b + to, (int)n, size / 2);
		assert_memory_equal(a, b, SIZE);
	}
}

static void large_memory_is_cleared_to_its_ends(void **state)
{
	static uint8_t a[20000];
	size_t from, size;

	(void)state;
	for (from = 0; from < 16; from++)
		for (size = 4080; size < 12300; size += 67) {
			memset(a, 0xa5, sizeof(a));
			el2_memset(a + 100 + from, 0, size);
			assert_int_equal(a[99 + from], 0xa5);
			assert_int_equal(a[100 + from + size], 0xa5);
			assert_null(memchr(a + 100 + from, 0xa5, size));
		}
}

static int sign(int value)
{
	return (value > 0) - (value < 0);
}

static void strings_are_as_on_the_host(void **state)
{
	static const char *const texts[] = {"",	    "a",	 "ab",	      "abc", "b",   "ba",
					    "\x80", "blob=0x40", "arm,pl011", "pl",  "011", "aab"};
	const size_t count = sizeof(texts) / sizeof(texts[0]);
	size_t i, j, n;

	(void)state;
	for (i = 0; i < count; i++) {
		const char *a = texts[i];

		assert_int_equal(el2_strlen(a), strlen(a));
		for (n = 0; n < 5; n++)
			assert_int_equal(el2_strnlen(a, n), strnlen(a, n));
		for (n = 0; n < 256; n++) {
			assert_ptr_equal(el2_strchr(a, (int)n), strchr(a, (int)n));
			assert_ptr_equal(el2_strrchr(a, (int)n), strrchr(a, (int)n));
			assert_ptr_equal(el2_memchr(a, (int)n, strlen(a)),
					 memchr(a, (int)n, strlen(a)));
		}
		for (j = 0; j < count; j++) {
			assert_int_equal(sign(el2_strcmp(a, texts[j])), sign(strcmp(a, texts[j])));
			assert_ptr_equal(el2_strstr(a, texts[j]), strstr(a, texts[j]));
			for (n = 0; n < 4; n++)
				assert_int_equal(sign(el2_strncmp(a, texts[j], n)),
						 sign(strncmp(a, texts[j], n)));
		}
	}
}

static void numbers_are_read(void **state)
{
	static const char *const texts[] = {"0",   "42",  " 17x", "0x40200000", "0xg", "0x",
					    "077", "089", "",	  "ffz",	"blob"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		static const int bases[] = {0, 10, 16};
		size_t k;

		for (k = 0; k < 3; k++) {
			char *got, *wanted;

			assert_int_equal(el2_strtoul(texts[i], &got, bases[k]),
					 strtoul(texts[i], &wanted, bases[k]));
			if (wanted != texts[i])
				assert_ptr_equal(got, wanted);
		}
	}
}

/* ---- printf ---- */

#define same(...)                                                                                  \
	do {                                                                                       \
		char got_[64], wanted_[64];                                                        \
		size_t room_;                                                                      \
		for (room_ = 0; room_ <= sizeof(got_); room_ += 9) {                               \
			memset(got_, '#', sizeof(got_));                                           \
			memset(wanted_, '#', sizeof(wanted_));                                     \
			assert_int_equal(el2_snprintf(got_, room_, __VA_ARGS__),                   \
					 snprintf(wanted_, room_, __VA_ARGS__));                   \
			assert_memory_equal(got_, wanted_,                                         \
					    room_ ? strnlen(wanted_, room_) + 1 : 1);              \
		}                                                                                  \
	} while (0)

#pragma GCC diagnostic push
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wformat-truncation"
#endif
static void text_is_formatted_as_on_the_host(void **state)
{
	static const int64_t numbers[] = {0,	1,   -1,	9,	   10,
					  4096, -77, INT32_MAX, INT64_MIN, INT64_MAX};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		int64_t v = numbers[i];

		same("%d|%i|%u|%x", (int)v, (int)v, (unsigned int)v, (unsigned int)v);
		same("%" PRId64 "|%" PRIu64, v, (uint64_t)v);
		same("%#" PRIx64 "|%" PRIX64 "|%#lo", (uint64_t)v, (uint64_t)v, (unsigned long)v);
		same("%08x|%#06x|%-9d|%9d|%09d", (unsigned int)v, (unsigned int)v, (int)v, (int)v,
		     (int)v);
		same("%.3d|%8.3d|%-8.3d|%.0d|%+d|% d", (int)v, (int)v, (int)v, (int)v, (int)v,
		     (int)v);
		same("%*d|%-*d|%.*d", 7, (int)v, 7, (int)v, 4, (int)v);
		same("%*d|%.*d", -7, (int)v, -1, (int)v);
		same("%016llx%zu%jd%td", (unsigned long long)v, (size_t)v, (intmax_t)v,
		     (ptrdiff_t)v);
		same("%hu%hhu|%ld", (unsigned short)v, (unsigned char)v, (long)v);
	}
	same("%s|%10s|%-10s|%.2s|%.*s", "text", "right", "left", "cut", 1, "one");
	same("%c%c%%%5c|%-3c|", 'a', 'b', 'c', 'd');
	same("%p", (void *)(uintptr_t)0x1234);
}
#pragma GCC diagnostic pop

/* ---- the heap ---- */

/* Neighbours agree on their sizes, no two free ones touch, and lists have what is free. */
static void check_heap(void)
{
	struct block *b = (struct block *)(void *)heap_range;
	size_t free_count = 0, listed = 0, below = 0;
	bool was_free = false;
	unsigned int i;

	if (!top)
		return;
	for (; b != top; b = above(b)) {
		bool is_free = !(b->size & USED);

		assert_int_equal(b->below, below);
		assert_false(is_free && was_free);
		assert_true(block_size(b) >= LEAST && block_size(b) % ALIGN == 0);
		assert_true((uint8_t *)above(b) <= heap_range + heap_used);
		below = block_size(b);
		free_count += is_free;
		was_free = is_free;
	}
	for (i = 0; i < BINS; i++) {
		struct block *p;

		assert_int_equal(!!bins[i], bin_map[i / 64] >> i % 64 & 1);
		for (p = bins[i]; p; p = p->next) {
			assert_int_equal(bin_of(p->size), i);
			listed++;
		}
	}
	assert_int_equal(free_count, listed);
}

struct piece {
	uint8_t *p;
	size_t size;
	uint8_t fill;
};

static void fill(struct piece *x)
{
	memset(x->p, x->fill, x->size);
}

static void assert_intact(const struct piece *x)
{
	size_t i;

	for (i = 0; i < x->size; i++)
		if (x->p[i] != x->fill)
			fail_msg("byte %zu of %zu is %#x", i, x->size, x->p[i]);
}

static size_t some_size(void)
{
	return random32() % 50 ? random32() % 600 : random32() % 300000;
}

static void step(struct piece *x)
{
	size_t size = some_size();
	uint8_t *p;

	if (!x->p) {
		x->p = random32() % 2 ? el2_malloc(size) : el2_calloc(size, 1);
	} else if (random32() % 3) {
		assert_intact(x);
		el2_free(x->p);
		x->p = NULL;
		return;
	} else {
		assert_intact(x);
		p = el2_realloc(x->p, size);
		if (!p)
			return;
		x->p = p;
		x->size = size < x->size ? size : x->size;
		assert_intact(x);
	}
	if (!x->p)
		return;
	assert_int_equal((uintptr_t)x->p % 16, 0);
	*x = (struct piece){x->p, size, (uint8_t)random32()};
	fill(x);
}

static void blocks_keep_what_is_in_them(void **state)
{
	static struct piece pieces[700];
	unsigned int i;

	(void)state;
	for (i = 0; i < 60000; i++) {
		step(&pieces[random32() % 700]);
		if (i % 500 == 0)
			check_heap();
	}
	for (i = 0; i < 700; i++) {
		el2_free(pieces[i].p);
		pieces[i].p = NULL;
	}
	check_heap();
	/* All of it is one free block again. */
	assert_int_equal(block_size((struct block *)(void *)heap_range) + HEAD, heap_used);
}

static void memory_that_is_asked_for_as_zeros_is_zeros(void **state)
{
	uint8_t *p = el2_malloc(100000);
	size_t i;

	(void)state;
	memset(p, 0xff, 100000);
	el2_free(p);
	p = el2_calloc(1000, 100);
	for (i = 0; i < 100000; i++)
		assert_int_equal(p[i], 0);
	el2_free(p);
}

static void what_does_not_fit_is_null_and_harms_nothing(void **state)
{
	uint8_t *p = el2_malloc(1000);

	(void)state;
	memset(p, 7, 1000);
	assert_null(el2_malloc(SIZE_MAX));
	assert_null(el2_malloc(SIZE_MAX - 64));
	assert_null(el2_malloc(HEAP_SIZE));
	assert_null(el2_calloc(SIZE_MAX / 2, 3));
	assert_null(el2_calloc(1ull << 33, 1ull << 33));
	assert_null(el2_realloc(p, SIZE_MAX - 8));
	assert_null(el2_realloc(p, HEAP_SIZE));
	assert_int_equal(p[999], 7);
	el2_free(p);
	el2_free(NULL);
	check_heap();
}

static void the_heap_takes_what_little_is_left(void **state)
{
	void *p;

	(void)state;
	/* Less than it grows by as a rule. */
	heap_limit = heap_used + 8192;
	p = el2_malloc(heap_used + 4096);
	assert_non_null(p);
	el2_free(p);
	check_heap();
}

static void the_heap_goes_on_elsewhere(void **state)
{
	static struct piece pieces[300];
	void *filler = el2_malloc(heap_used - 65536);
	unsigned int i;

	(void)state;
	assert_non_null(filler);
	for (i = 0; i < 20000; i++)
		step(&pieces[random32() % 300]);
	assert_true(elsewhere && other_used > GROW_LEAST);
	for (i = 0; i < 300; i++) {
		if (pieces[i].p)
			assert_intact(&pieces[i]);
		el2_free(pieces[i].p);
	}
	el2_free(filler);
	/* Each of the two is one free block again. */
	assert_int_equal(block_size((struct block *)(void *)heap_range) + HEAD, heap_used);
	assert_int_equal(block_size((struct block *)(void *)other_range) + HEAD, other_used);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_moved_as_the_host_moves_it),
		cmocka_unit_test(large_memory_is_cleared_to_its_ends),
		cmocka_unit_test(strings_are_as_on_the_host),
		cmocka_unit_test(numbers_are_read),
		cmocka_unit_test(text_is_formatted_as_on_the_host),
		cmocka_unit_test(blocks_keep_what_is_in_them),
		cmocka_unit_test(memory_that_is_asked_for_as_zeros_is_zeros),
		cmocka_unit_test(what_does_not_fit_is_null_and_harms_nothing),
		cmocka_unit_test(the_heap_takes_what_little_is_left),
		cmocka_unit_test(the_heap_goes_on_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
