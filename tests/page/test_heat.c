/* SPDX-License-Identifier: GPL-2.0-only */
/* No fault gets lost while slices and ranges grow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "heat.h"

#define MB2 (2ull << 20)

struct scene {
	struct heat heat;
	struct metrics metrics;
	uint64_t faults;
};

static void begin(struct scene *s, enum nvt_class class, uint64_t first_ns)
{
	*s = (struct scene){.metrics = {.class = class}};
	assert_true(heat_init(&s->heat));
	s->heat.first_ns = first_ns;
}

/* One shadow fault that was injected. */
static void fault(struct scene *s, uint64_t ns, uint16_t context, uint64_t ipa)
{
	struct nvt_event ev = {.time_ns = ns,
			       .kind = NVT_FAULT,
			       .fault = {.hpfar = S2_HPFAR_VALID | ipa >> 12 << 4}};

	s->metrics.delivered[SCOPE_SHADOW]++;
	s->metrics.outcome[SCOPE_SHADOW][S2_INJECTED]++;
	s->faults++;
	heat_fault(&s->heat, &s->metrics, context, &ev);
}

static uint64_t sum_of(const struct heat_row *rows, uint32_t count)
{
	uint64_t faults = 0;

	for (uint32_t r = 0; r < count; r++) {
		uint64_t of_row = 0;

		for (unsigned int i = 0; i < HEAT_SLICES; i++)
			of_row += rows[r].slice[i];
		assert_int_equal(of_row, rows[r].faults);
		faults += of_row;
	}
	return faults;
}

static void check_all(const struct scene *s)
{
	uint64_t scopes = 0;

	for (unsigned int i = 0; i < HEAT_SLICES; i++)
		scopes += s->heat.scope[SCOPE_SHADOW][i];
	assert_int_equal(scopes, s->faults);
	assert_int_equal(sum_of(s->heat.rows, s->heat.count) + s->heat.unplaced, s->faults);
}

static void test_slices_grow_with_time(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, NVT_FULL, 1000);
	fault(&s, 1000, 0, 0);
	assert_int_equal(s.heat.width_ns, 1);
	fault(&s, 1000 + HEAT_SLICES - 1, 0, 0);
	assert_int_equal(s.heat.width_ns, 1);
	fault(&s, 1000 + HEAT_SLICES, 0, 0);
	assert_int_equal(s.heat.width_ns, 2);
	assert_int_equal(s.heat.rows[0].slice[0], 1);
	assert_int_equal(s.heat.rows[0].slice[HEAT_SLICES / 2 - 1], 1);
	assert_int_equal(s.heat.rows[0].slice[HEAT_SLICES / 2], 1);
	fault(&s, UINT64_MAX / 2, 0, 0);
	assert_int_equal(s.heat.rows[0].slice[0], 3);
	check_all(&s);
	heat_destroy(&s.heat);
}

static void test_rows_are_of_a_context_and_in_order(void **state)
{
	struct scene s;
	uint32_t next;
	struct heat_panel p;

	(void)state;
	begin(&s, NVT_FULL, 0);
	fault(&s, 1, 7, 5 * MB2);
	fault(&s, 2, 3, 9 * MB2);
	fault(&s, 3, 3, 5 * MB2 + 4096);
	fault(&s, 4, 3, 5 * MB2);
	heat_sort(&s.heat);
	assert_int_equal(s.heat.count, 3);
	p = heat_panel(&s.heat, 0, &next);
	assert_int_equal(p.context, 3);
	assert_int_equal(p.count, 2);
	assert_int_equal(next, 2);
	assert_int_equal(p.rows[0].range, 5);
	assert_int_equal(p.rows[0].faults, 2);
	assert_int_equal(p.rows[0].outcome[2], 2);
	p = heat_panel(&s.heat, next, &next);
	assert_int_equal(p.context, 7);
	assert_int_equal(next, 3);
	check_all(&s);
	heat_destroy(&s.heat);
}

/* More ranges than there are rows; a panel has few, of the same faults. */
static void test_ranges_grow_when_there_are_many(void **state)
{
	struct scene s;
	struct heat_panel p;
	uint32_t next;

	(void)state;
	begin(&s, NVT_FULL, 0);
	for (uint64_t i = 0; i < 20000; i++)
		fault(&s, i, 1, (i * 7919 % 20000) * MB2);
	check_all(&s);
	assert_true(s.heat.shift > 21);
	heat_sort(&s.heat);
	p = heat_panel(&s.heat, 0, &next);
	assert_in_range(p.count, HEAT_DRAWN / 2, HEAT_DRAWN);
	assert_int_equal(sum_of(p.rows, p.count), s.faults);
	check_all(&s);
	heat_destroy(&s.heat);
}

static void test_contexts_beyond_all_rows_are_counted_as_not_placed(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, NVT_FULL, 0);
	for (unsigned int i = 0; i < 10000; i++)
		fault(&s, i, (uint16_t)i, 0x40000000);
	assert_true(s.heat.unplaced > 0);
	check_all(&s);
	heat_destroy(&s.heat);
}

static void test_an_address_that_is_not_recorded_is_not_guessed(void **state)
{
	struct scene s;
	struct nvt_event ev = {.time_ns = 5, .kind = NVT_FAULT, .fault = {.hpfar = 0x40000 << 4}};

	(void)state;
	begin(&s, NVT_PARTIAL, 0);
	s.metrics.recorded[SCOPE_SHADOW] = 1;
	s.faults = 1;
	heat_fault(&s.heat, &s.metrics, 0xffff, &ev);
	assert_int_equal(s.heat.unplaced, 1);
	assert_int_equal(s.heat.count, 0);
	check_all(&s);
	/* A fault of L1 itself is none of L2's. */
	s.metrics.recorded[SCOPE_CANONICAL] = 1;
	heat_fault(&s.heat, &s.metrics, 0xffff, &ev);
	assert_int_equal(s.heat.unplaced, 1);
	check_all(&s);
	heat_destroy(&s.heat);
}

static void test_times_are_told_with_a_unit(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} cases[] = {{0, "0 ns"},	  {999, "999 ns"},	  {1500, "1.5 µs"},
		     {20000000, "20 ms"}, {1073741824, "1.07 s"}, {68300000000, "68.3 s"}};
	char buf[32];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(heat_time(buf, sizeof(buf), cases[i].ns), cases[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slices_grow_with_time),
		cmocka_unit_test(test_rows_are_of_a_context_and_in_order),
		cmocka_unit_test(test_ranges_grow_when_there_are_many),
		cmocka_unit_test(test_contexts_beyond_all_rows_are_counted_as_not_placed),
		cmocka_unit_test(test_an_address_that_is_not_recorded_is_not_guessed),
		cmocka_unit_test(test_times_are_told_with_a_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
