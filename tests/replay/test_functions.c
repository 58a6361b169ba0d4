/* SPDX-License-Identifier: GPL-2.0-only */
/* Shadow faults by function of L2: whose they are, how many rows there can be, their order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>

#include "functions.h"
#include "../traces/files.h"

#define KERNEL	  0xffff800080000000u
#define EL0	  0x0u
#define EL0_32BIT 0x10u
#define EL1	  0x5u

/* Functions of 16 bytes each, from KERNEL on: f0, f1, ... */
static struct symbols *make_symbols(unsigned int count)
{
	char *text = malloc((count + 1) * 32ul);
	struct memory_file file;
	struct symbols *s;
	size_t used = 0;

	assert_non_null(text);
	for (unsigned int i = 0; i <= count; i++)
		used += (size_t)sprintf(text + used, "%llx %c f%u\n",
					(unsigned long long)(KERNEL + 16ul * i),
					i < count ? 't' : 'd', i);
	memory_file_open(&file);
	memory_file_set(&file, text, used);
	s = symbols_read(file.path, NULL);
	close(file.fd);
	free(text);
	assert_non_null(s);
	assert_int_equal(s->count, count);
	return s;
}

struct bench {
	struct symbols *symbols;
	struct functions f;
	struct metrics m;
};

static void set_up(struct bench *b, unsigned int functions, uint64_t slide)
{
	*b = (struct bench){.symbols = make_symbols(functions), .m.class = NVT_FULL};
	assert_true(functions_init(&b->f, b->symbols, slide));
}

static void tear_down(struct bench *b)
{
	functions_destroy(&b->f);
	symbols_free(b->symbols);
}

/* A fault of L2 at this PC that was handled, as the metrics have it. */
static void handled(struct bench *b, uint64_t pc, uint64_t pstate, enum s2_outcome_kind kind)
{
	struct nvt_fault fault = {.pc = pc, .pstate = pstate};

	b->m.delivered[SCOPE_SHADOW]++;
	b->m.outcome[SCOPE_SHADOW][kind]++;
	functions_fault(&b->f, &b->m, &fault);
}

static uint64_t sum(const struct functions *f)
{
	uint64_t n = functions_kernel_faults(f);

	return n + f->rest[FUNCTIONS_USER].faults + f->rest[FUNCTIONS_LOW].faults;
}

static void a_fault_is_of_the_function_that_has_its_pc(void **state)
{
	struct bench b;

	(void)state;
	set_up(&b, 4, 0);
	handled(&b, KERNEL + 0x1c, EL1, S2_MAPPED);
	handled(&b, KERNEL + 0x10, EL1, S2_INJECTED);
	handled(&b, KERNEL + 0x40, EL1, S2_MAPPED);
	functions_sort(&b.f);
	assert_int_equal(b.f.count, 1);
	assert_string_equal(symbols_name(b.symbols, b.f.rows[0].symbol), "f1");
	assert_int_equal(b.f.rows[0].faults, 2);
	assert_int_equal(b.f.rows[0].outcome[S2_MAPPED], 1);
	assert_int_equal(b.f.rows[0].outcome[S2_INJECTED], 1);
	assert_int_equal(b.f.rest[FUNCTIONS_UNKNOWN].faults, 1);
	assert_int_equal(sum(&b.f), 3);
	tear_down(&b);
}

/* Faults of L1, and what was not measured, leave the counts of shadow faults as they were. */
static void what_is_no_shadow_fault_is_not_counted(void **state)
{
	struct nvt_fault fault = {.pc = KERNEL, .pstate = EL1};
	struct bench b;

	(void)state;
	set_up(&b, 1, 0);
	b.m.delivered[SCOPE_CANONICAL] = 5;
	b.m.outcome[SCOPE_CANONICAL][S2_MAPPED] = 5;
	functions_fault(&b.f, &b.m, &fault);
	assert_int_equal(sum(&b.f), 0);
	tear_down(&b);
}

/* One access may be handled twice: mapped without, then with the permission that it needs. */
static void an_access_that_faults_twice_counts_twice(void **state)
{
	struct nvt_fault fault = {.pc = KERNEL, .pstate = EL1};
	struct bench b;

	(void)state;
	set_up(&b, 1, 0);
	b.m.delivered[SCOPE_SHADOW] = 2;
	b.m.outcome[SCOPE_SHADOW][S2_MAPPED] = 1;
	b.m.outcome[SCOPE_SHADOW][S2_RELAXED] = 1;
	functions_fault(&b.f, &b.m, &fault);
	assert_int_equal(b.f.rows[0].faults, 2);
	assert_int_equal(b.f.rows[0].outcome[S2_RELAXED], 1);
	tear_down(&b);
}

static void el0_and_the_lower_half_are_rows_of_their_own(void **state)
{
	struct nvt_fault unknown = {.pc = 0xaaaa0000, .flags = NVT_FAULT_NO_PSTATE};
	struct bench b;

	(void)state;
	set_up(&b, 1, 0);
	handled(&b, 0xaaaa0000, EL0, S2_MAPPED);
	handled(&b, 0x8000, EL0_32BIT, S2_MAPPED);
	handled(&b, KERNEL, EL0, S2_MAPPED); /* the branch that user space took there */
	handled(&b, 0x80000000, EL1, S2_MAPPED);
	assert_int_equal(b.f.rest[FUNCTIONS_USER].faults, 3);
	assert_int_equal(b.f.rest[FUNCTIONS_LOW].faults, 1);
	b.m.delivered[SCOPE_SHADOW]++;
	functions_fault(&b.f, &b.m, &unknown);
	assert_int_equal(b.f.rest[FUNCTIONS_USER].faults, 4);
	b.m.delivered[SCOPE_SHADOW]++;
	unknown.pc = KERNEL;
	functions_fault(&b.f, &b.m, &unknown);
	assert_int_equal(b.f.rows[0].faults, 1);
	assert_int_equal(functions_kernel_faults(&b.f), 1);
	assert_int_equal(sum(&b.f), 6);
	tear_down(&b);
}

static void a_slide_moves_all_functions(void **state)
{
	struct bench b;

	(void)state;
	set_up(&b, 1, 0x200000);
	handled(&b, KERNEL, EL1, S2_MAPPED);
	assert_int_equal(functions_found_faults(&b.f), 0);
	handled(&b, KERNEL + 0x200000, EL1, S2_MAPPED);
	assert_int_equal(functions_found_faults(&b.f), 1);
	tear_down(&b);
	set_up(&b, 1, 0ul - 0x200000);
	handled(&b, KERNEL - 0x200000, EL1, S2_MAPPED);
	assert_int_equal(functions_found_faults(&b.f), 1);
	assert_int_equal(b.f.lowest_pc, KERNEL - 0x200000);
	assert_int_equal(b.f.highest_pc, KERNEL - 0x200000);
	tear_down(&b);
}

static void most_faults_come_first_then_the_lower_address(void **state)
{
	static const unsigned int order[] = {3, 1, 2, 3, 0, 3};
	static const unsigned int wanted[] = {3, 0, 1, 2};
	struct bench b;

	(void)state;
	set_up(&b, 4, 0);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		handled(&b, KERNEL + 16ul * order[i], EL1, S2_MAPPED);
	functions_sort(&b.f);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(b.f.rows[i].symbol, wanted[i]);
	tear_down(&b);
}

static void functions_beyond_the_limit_are_counted_together(void **state)
{
	struct bench b;

	(void)state;
	set_up(&b, FUNCTIONS_MAX + 2, 0);
	for (unsigned int round = 0; round < 2; round++)
		for (unsigned int i = 0; i < FUNCTIONS_MAX + 2; i++)
			handled(&b, KERNEL + 16ul * i, EL1, S2_INJECTED);
	functions_sort(&b.f);
	assert_int_equal(b.f.count, FUNCTIONS_MAX);
	assert_int_equal(b.f.rows[FUNCTIONS_MAX - 1].faults, 2);
	assert_int_equal(b.f.rest[FUNCTIONS_OTHERS].faults, 4);
	assert_int_equal(b.f.rest[FUNCTIONS_OTHERS].outcome[S2_INJECTED], 4);
	assert_int_equal(sum(&b.f), 2 * (FUNCTIONS_MAX + 2));
	tear_down(&b);
}

static void of_a_partial_trace_recorded_faults_count(void **state)
{
	struct nvt_fault fault = {.pc = KERNEL, .flags = NVT_FAULT_NO_PSTATE};
	struct bench b;

	(void)state;
	set_up(&b, 1, 0);
	functions_of_class(&b.f, NVT_PARTIAL);
	b.m.class = NVT_PARTIAL;
	b.m.recorded[SCOPE_CANONICAL]++;
	functions_fault(&b.f, &b.m, &fault);
	b.m.recorded[SCOPE_SHADOW]++;
	functions_fault(&b.f, &b.m, &fault);
	b.m.recorded[SCOPE_SHADOW]++;
	b.m.recorded_injected++;
	functions_fault(&b.f, &b.m, &fault);
	assert_int_equal(b.f.rows[0].faults, 2);
	assert_int_equal(b.f.rows[0].outcome[S2_INJECTED], 1);
	assert_int_equal(b.f.rows[0].outcome[S2_MAPPED], 0);
	tear_down(&b);
}

static void machines_get_every_row(void **state)
{
	struct bench b;
	json_t *all, *row;

	(void)state;
	set_up(&b, 20, 0ul - 0x10000);
	b.f.file = "System.map";
	all = functions_json(&b.f);
	assert_true(json_is_null(json_object_get(all, "fits")));
	json_decref(all);
	for (unsigned int i = 0; i < 20; i++)
		handled(&b, KERNEL - 0x10000 + 16ul * i, EL1, S2_MAPPED);
	functions_sort(&b.f);
	all = functions_json(&b.f);
	assert_true(json_is_true(json_object_get(all, "fits")));
	assert_true(json_is_null(json_object_get(all, "sha256")));
	assert_int_equal(json_integer_value(json_object_get(all, "slide")), -0x10000);
	assert_int_equal(json_array_size(json_object_get(all, "rows")), 20);
	row = json_array_get(json_object_get(all, "rows"), 1);
	assert_string_equal(json_string_value(json_object_get(row, "function")), "f1");
	assert_string_equal(json_string_value(json_object_get(row, "address")),
			    "0xffff800080000010");
	row = json_object_get(json_object_get(all, "unknown"), "faults");
	assert_int_equal(json_integer_value(row), 0);
	json_decref(all);
	tear_down(&b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fault_is_of_the_function_that_has_its_pc),
		cmocka_unit_test(what_is_no_shadow_fault_is_not_counted),
		cmocka_unit_test(an_access_that_faults_twice_counts_twice),
		cmocka_unit_test(el0_and_the_lower_half_are_rows_of_their_own),
		cmocka_unit_test(a_slide_moves_all_functions),
		cmocka_unit_test(most_faults_come_first_then_the_lower_address),
		cmocka_unit_test(functions_beyond_the_limit_are_counted_together),
		cmocka_unit_test(of_a_partial_trace_recorded_faults_count),
		cmocka_unit_test(machines_get_every_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
