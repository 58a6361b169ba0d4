/* SPDX-License-Identifier: GPL-2.0-only */
/* Records of several CPUs in the order of time, each with its data. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "merge.h"

static void add(struct record_merge *m, uint32_t lane, uint64_t time_ns, const char *text)
{
	const struct record_item item = {.time_ns = time_ns,
					 .cpu = (uint16_t)lane,
					 .size = text ? (uint32_t)strlen(text) + 1 : 0};

	assert_true(record_merge_add(m, lane, &item, text));
}

static void expect(struct record_merge *m, uint64_t until, uint64_t time_ns, const char *text)
{
	const void *data;
	const struct record_item *item = record_merge_take(m, until, &data);

	assert_non_null(item);
	assert_int_equal(item->time_ns, time_ns);
	if (text)
		assert_string_equal(data, text);
	else
		assert_int_equal(item->size, 0);
}

static void expect_none(struct record_merge *m, uint64_t until)
{
	const void *data;

	assert_null(record_merge_take(m, until, &data));
}

static void items_come_by_time(void **state)
{
	struct record_merge m;

	(void)state;
	assert_true(record_merge_init(&m, 3));
	expect_none(&m, UINT64_MAX);
	add(&m, 0, 10, "a");
	add(&m, 0, 40, "d, which is longer");
	add(&m, 2, 20, "b");
	add(&m, 1, 30, NULL);
	expect(&m, UINT64_MAX, 10, "a");
	expect(&m, UINT64_MAX, 20, "b");
	add(&m, 2, 35, "c");
	expect(&m, UINT64_MAX, 30, NULL);
	expect(&m, UINT64_MAX, 35, "c");
	expect(&m, UINT64_MAX, 40, "d, which is longer");
	expect_none(&m, UINT64_MAX);
	assert_int_equal(m.held_size, 0);
	record_merge_free(&m);
}

static void what_may_still_be_preceded_waits(void **state)
{
	struct record_merge m;

	(void)state;
	assert_true(record_merge_init(&m, 2));
	add(&m, 0, 10, NULL);
	add(&m, 0, 20, NULL);
	expect(&m, 15, 10, NULL);
	expect_none(&m, 15);
	/* The other CPU's is read a round later. */
	add(&m, 1, 12, NULL);
	expect(&m, 25, 12, NULL);
	expect(&m, 25, 20, NULL);
	record_merge_free(&m);
}

static void the_same_time_goes_by_cpu(void **state)
{
	struct record_merge m;

	(void)state;
	assert_true(record_merge_init(&m, 2));
	add(&m, 1, 7, "second");
	add(&m, 0, 7, "first");
	expect(&m, 7, 7, "first");
	expect(&m, 7, 7, "second");
	record_merge_free(&m);
}

static uint64_t random_state = 88172645463325252u;

static uint64_t random_word(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* Many lanes and rounds: order, contents and what is held all agree. */
static void order_holds_for_many(void **state)
{
	enum { LANES = 37, ITEMS = 20000 };
	uint64_t now[LANES] = {0}, last = 0;
	const struct record_item *item;
	struct record_merge m;
	const void *data;
	size_t taken = 0;

	(void)state;
	assert_true(record_merge_init(&m, LANES));
	for (unsigned int i = 0; i < ITEMS; i++) {
		uint32_t lane = (uint32_t)(random_word() % LANES);
		uint64_t words[4];
		struct record_item new = {.cpu = (uint16_t)lane,
					  .size = (uint32_t)(random_word() % sizeof(words))};

		now[lane] += random_word() % 100;
		new.time_ns = (now[lane] > last ? now[lane] : last);
		now[lane] = new.time_ns;
		memset(words, (int)lane, sizeof(words));
		assert_true(record_merge_add(&m, lane, &new, words));
		while (i % 3 == 0 && (item = record_merge_take(&m, last + 50, &data))) {
			assert_true(item->time_ns >= last);
			last = item->time_ns;
			for (uint32_t b = 0; b < item->size; b++)
				assert_int_equal(((const unsigned char *)data)[b], item->cpu);
			taken++;
		}
	}
	while ((item = record_merge_take(&m, UINT64_MAX, &data))) {
		assert_true(item->time_ns >= last);
		last = item->time_ns;
		taken++;
	}
	assert_int_equal(taken, ITEMS);
	assert_int_equal(m.held_size, 0);
	record_merge_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_come_by_time),
		cmocka_unit_test(what_may_still_be_preceded_waits),
		cmocka_unit_test(the_same_time_goes_by_cpu),
		cmocka_unit_test(order_holds_for_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
