/* SPDX-License-Identifier: GPL-2.0-only */
/* Counters: what is there on every machine, and what is said of those that are not. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "counters.h"

#define NO_TYPE 0xffffffu

static const struct counter *find(const struct counters *c, const char *name)
{
	for (unsigned int i = 0; i < c->count; i++)
		if (strcmp(c->counter[i].event->name, name) == 0)
			return &c->counter[i];
	fail();
	return NULL;
}

static volatile char *touched;

/* Pages that were never there, and a while of the CPU. */
static void work(void)
{
	enum { PAGES = 64, PAGE = 65536 };
	char *room = malloc(PAGES * PAGE);

	assert_non_null(room);
	touched = room;
	for (int i = 0; i < PAGES; i++)
		touched[i * PAGE] = 1;
	for (volatile int i = 0; i < 2000000; i++)
		;
	free(room);
}

static void check_counted(struct counters *c)
{
	counters_clear(c);
	counters_start(c);
	work();
	counters_stop(c);
	assert_true(find(c, "task-clock")->sum > 100000);
	assert_true(find(c, "page-faults")->sum >= 32);
}

static void every_counter_is_there_or_has_a_reason(void **state)
{
	struct counters c;

	(void)state;
	counters_open(&c, counter_events);
	assert_true(c.count >= 9);
	for (unsigned int i = 0; i < c.count; i++)
		assert_true((counter_source(&c.counter[i]) != NULL) == !*c.counter[i].absent);
	assert_non_null(counter_source(find(&c, "task-clock")));
	assert_non_null(counter_source(find(&c, "page-faults")));
	check_counted(&c);
	counters_close(&c);
}

static double by_hand_value;
static double by_hand(void)
{
	return by_hand_value += 5;
}

/* As on a machine, or for a user, that has no perf events at all. */
static void what_does_not_open_falls_back_or_is_absent(void **state)
{
	static const struct counter_event events[] = {
		{"task-clock", NO_TYPE, 0, by_hand, "hand"},
		{"cycles", NO_TYPE, 0, NULL, NULL},
		{.name = NULL},
	};
	struct counters c;

	(void)state;
	counters_open(&c, events);
	assert_int_equal(c.count, 2);
	assert_string_equal(counter_source(find(&c, "task-clock")), "hand");
	assert_null(counter_source(find(&c, "cycles")));
	assert_true(strlen(find(&c, "cycles")->absent) > 8);
	counters_clear(&c);
	for (int i = 0; i < 2; i++) {
		counters_start(&c);
		counters_stop(&c);
	}
	assert_true(find(&c, "task-clock")->sum == 10);
	assert_true(find(&c, "cycles")->sum == 0);
	counters_close(&c);
}

static void the_fallbacks_count_as_perf_does(void **state)
{
	struct counter_event events[3] = {{.name = NULL}};
	struct counters c;

	(void)state;
	for (int i = 0; i < 2; i++) {
		events[i] = counter_events[i];
		events[i].type = NO_TYPE;
	}
	counters_open(&c, events);
	assert_string_equal(counter_source(find(&c, "task-clock")), "clock_gettime");
	assert_string_equal(counter_source(find(&c, "page-faults")), "getrusage");
	check_counted(&c);
	counters_close(&c);
}

static void a_counter_that_shared_the_pmu_is_extrapolated(void **state)
{
	(void)state;
	assert_true(counter_scale(1000, 500, 500) == 1000);
	assert_true(counter_scale(1000, 500, 250) == 2000);
	assert_true(counter_scale(0, 500, 0) == 0);
	assert_true(counter_scale(0, 0, 0) == 0);
}

static void each_reason_begins_with_its_errno(void **state)
{
	static const struct {
		int error;
		const char *begin;
	} reasons[] = {{ENOENT, "ENOENT: "}, {EOPNOTSUPP, "EOPNOTSUPP: "}, {ENODEV, "ENODEV: "},
		       {EINVAL, "EINVAL: "}, {ENOSYS, "ENOSYS: "},	   {EACCES, "EACCES: "},
		       {EPERM, "EPERM: "},   {EBUSY, "EBUSY: "},	   {EIO, "error 5: "}};
	char text[160];

	(void)state;
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		counter_reason(reasons[i].error, text, sizeof(text));
		assert_memory_equal(text, reasons[i].begin, strlen(reasons[i].begin));
		assert_true(strlen(text) > strlen(reasons[i].begin));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_counter_is_there_or_has_a_reason),
		cmocka_unit_test(what_does_not_open_falls_back_or_is_absent),
		cmocka_unit_test(the_fallbacks_count_as_perf_does),
		cmocka_unit_test(a_counter_that_shared_the_pmu_is_extrapolated),
		cmocka_unit_test(each_reason_begins_with_its_errno),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
