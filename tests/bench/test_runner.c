/* SPDX-License-Identifier: GPL-2.0-only */
/* What the runner makes of rows, and of commands. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "child.h"
#include "runner.h"

/* ---- rows ---- */

static struct fake {
	unsigned int prepared, resets, runs, finished;
} fake;

static void *prepare(const struct bench_env *env, const struct bench_row *row,
		     struct nvt_error *err)
{
	(void)env;
	fake.prepared++;
	if (row->param[0] == 1)
		return bench_skip(err, "no %s here", "subject");
	if (row->param[0] == 2)
		return bench_fail(err, NVT_EINPUT, "it is damaged");
	return &fake;
}

static void reset(void *state)
{
	struct fake *f = state;

	/* Each run is between a reset and the next. */
	assert_int_equal(f->resets, f->runs);
	f->resets++;
}

static uint64_t run(void *state)
{
	struct fake *f = state;
	struct timespec moment = {.tv_nsec = 1000000};

	f->runs++;
	nanosleep(&moment, NULL);
	return 10;
}

static uint64_t fall_over(void *state)
{
	struct fake *f = state;

	return f->runs++ < 4 ? 1 : 0;
}

static void finish(void *state)
{
	struct fake *f = state;

	f->finished++;
}

static enum nvt_status measure(struct bench_env *env, const struct bench_row *row,
			       struct bench_result *result, struct nvt_error *err)
{
	(void)env;
	(void)err;
	result->emulated = true;
	for (uint64_t i = 1; i <= row->param[0]; i++)
		bench_add(&result->figures, (double)i);
	snprintf(result->note, sizeof(result->note), "counted");
	return NVT_OK;
}

#define ROW                                                                                        \
	.name = "group/row", .op = "step", .prepare = prepare, .reset = reset, .run = run,         \
	.finish = finish

static struct bench_result result;

static void measured(const struct bench_row *row, struct bench_env env)
{
	struct counters counters;

	bench_result_free(&result);
	fake = (struct fake){0};
	counters_open(&counters, counter_events);
	assert_true(bench_measure(&env, row, &counters, &result));
	counters_close(&counters);
}

static void warm_up_is_not_measured(void **state)
{
	static const struct bench_row row = {ROW};

	(void)state;
	measured(&row, (struct bench_env){.repetitions = 4, .warmup_given = true, .warmup = 2});
	assert_int_equal(fake.prepared, 1);
	assert_int_equal(fake.runs, 6);
	assert_int_equal(fake.finished, 1);
	assert_int_equal(result.figures.count, 4);
	assert_int_equal(result.verdict, BENCH_NO_TARGET);
	assert_true(result.figures.stats.min >= 100000); /* a millisecond for 10 operations */
	assert_true(result.has_counters);
	measured(&row, (struct bench_env){.quick = true});
	assert_int_equal(result.figures.count,
			 bench_repetitions(&(struct bench_env){.quick = true}, false));
	measured(&row, (struct bench_env){.repetitions = 1, .warmup_given = true});
	assert_int_equal(fake.runs, 1);
}

static uint64_t run_and_wait(void *state)
{
	double until = counters_cpu_ns() + 5e6;
	struct timespec moment = {.tv_nsec = 20000000};

	(void)state;
	while (counters_cpu_ns() < until)
		;
	nanosleep(&moment, NULL);
	return 1;
}

static void what_waits_for_a_cpu_is_told_from_what_has_one(void **state)
{
	static const struct bench_row row = {.name = "x/y",
					     .op = "step",
					     .prepare = prepare,
					     .run = run_and_wait,
					     .finish = finish};
	const struct bench_part *cpu;

	(void)state;
	measured(&row, (struct bench_env){.repetitions = 3});
	cpu = bench_part(&result, BENCH_CPU);
	assert_non_null(cpu);
	assert_null(bench_part(&result, "no such"));
	assert_int_equal(cpu->figures.stats.n, 3);
	assert_true(cpu->figures.stats.min >= 5e6);
	assert_true(cpu->figures.stats.median <= result.figures.stats.median - 15e6);
}

static void a_row_that_cannot_be_measured_says_why(void **state)
{
	static const struct bench_row skipped = {ROW, .param = {1}, .target = 1};
	static const struct bench_row failed = {ROW, .param = {2}, .target = 1};

	(void)state;
	measured(&skipped, (struct bench_env){.repetitions = 1});
	assert_int_equal(result.verdict, BENCH_SKIPPED);
	assert_string_equal(result.note, "no subject here");
	assert_int_equal(result.figures.count, 0);
	measured(&failed, (struct bench_env){.repetitions = 1});
	assert_int_equal(result.verdict, BENCH_FAILED);
	assert_int_equal(result.failure, NVT_EINPUT);
	assert_string_equal(result.note, "it is damaged");
	assert_int_equal(fake.runs + fake.finished, 0);
}

static void a_run_that_falls_over_leaves_no_figures(void **state)
{
	static const struct bench_row row = {
		.name = "x", .op = "step", .prepare = prepare, .run = fall_over, .finish = finish};

	(void)state;
	measured(&row, (struct bench_env){.repetitions = 9});
	assert_int_equal(result.verdict, BENCH_FAILED);
	assert_int_equal(result.failure, NVT_EENV);
	assert_int_equal(result.figures.count, 0);
	assert_int_equal(fake.finished, 1);
}

static void the_median_is_held_against_the_target(void **state)
{
	static const struct bench_row met = {.measure = measure, .param = {5}, .target = 3};
	static const struct bench_row missed = {.measure = measure, .param = {5}, .target = 2.9};
	static const struct bench_row none = {.measure = measure, .param = {5}};

	(void)state;
	measured(&met, (struct bench_env){.quick = true});
	assert_int_equal(result.verdict, BENCH_PASS);
	assert_true(result.emulated);
	assert_true(result.figures.stats.median == 3);
	measured(&missed, (struct bench_env){.quick = true});
	assert_int_equal(result.verdict, BENCH_SHORT);
	measured(&none, (struct bench_env){.quick = true});
	assert_int_equal(result.verdict, BENCH_NO_TARGET);
	bench_result_free(&result);
}

static void a_name_is_of_a_row_or_of_all_below_it(void **state)
{
	static const struct bench_row row = {.name = "walk/4k/3"};

	(void)state;
	assert_true(bench_chooses("walk", &row));
	assert_true(bench_chooses("walk/4k", &row));
	assert_true(bench_chooses("walk/4k/3", &row));
	assert_false(bench_chooses("wal", &row));
	assert_false(bench_chooses("walk/4", &row));
	assert_false(bench_chooses("walk/4k/30", &row));
	assert_false(bench_chooses("walk/4k/", &row));
}

static void check_row(const struct bench_row *row)
{
	assert_true(row->what && *row->what && strchr(row->name, '/'));
	assert_true(strlen(row->name) <= 25);
	if (row->measure)
		assert_non_null(row->unit);
	else
		assert_true(row->op && row->prepare && row->run && row->finish);
}

static void rows_are_complete_and_their_names_unique(void **state)
{
	const struct bench_row *row, *other;
	unsigned int n = 0;

	(void)state;
	for (; (row = bench_row(n)) != NULL; n++) {
		check_row(row);
		for (unsigned int i = 0; i < n; i++) {
			other = bench_row(i);
			assert_string_not_equal(row->name, other->name);
			assert_false(bench_chooses(row->name, other));
		}
	}
	assert_true(n > 40);
}

/* ---- commands ---- */

#define SH(script) ((const char *const[]){"sh", "-c", script, NULL})

static struct nvt_error err;
static struct child_cost cost;

static enum nvt_status command(const char *const *argv, struct child_options o)
{
	err = (struct nvt_error){.status = NVT_OK};
	return child_run(argv, &o, &cost, &err);
}

static void a_command_is_timed(void **state)
{
	(void)state;
	assert_int_equal(command(SH("sleep 0.1"), (struct child_options){0}), NVT_OK);
	assert_true(cost.wall >= 0.1 && cost.cpu < cost.wall);
	assert_int_equal(cost.peak_kib, 0);
	assert_int_equal(command(SH("sleep 0.1"), (struct child_options){.peak = true}), NVT_OK);
	assert_true(cost.peak_kib > 100);
}

static void a_peak_at_the_very_end_is_seen(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) {
		assert_int_equal(command(SH("a=$(head -c 9000000 /dev/zero | tr '\\0' x)"),
					 (struct child_options){.peak = true}),
				 NVT_OK);
		assert_true(cost.peak_kib > 9000000 / 1024);
	}
}

static void signals_reach_one_whose_memory_is_watched(void **state)
{
	(void)state;
	assert_int_equal(command(SH("trap 'exit 0' USR1; kill -USR1 $$; exit 1"),
				 (struct child_options){.peak = true}),
			 NVT_OK);
	assert_int_equal(command(SH("kill -TERM $$"), (struct child_options){.peak = true}),
			 NVT_EENV);
	assert_non_null(strstr(err.text, "ended by signal 15"));
	child_limit(1);
	assert_int_equal(
		command(SH("kill -STOP $$; sleep 20"), (struct child_options){.peak = true}),
		NVT_EENV);
	child_limit(0);
	assert_non_null(strstr(err.text, "takes longer"));
}

#define OWN_KIB (64u << 10)

static void the_peak_of_a_command_is_its_own(void **state)
{
	char *own = malloc(OWN_KIB * 1024);

	(void)state;
	assert_non_null(own);
	memset(own, 1, OWN_KIB * 1024);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(command(SH("sleep 0.02"), (struct child_options){.peak = true}),
				 NVT_OK);
		assert_true(cost.peak_kib < OWN_KIB);
	}
	free(own);
}

static void one_that_does_not_end_is_ended(void **state)
{
	(void)state;
	child_limit(1);
	assert_int_equal(command(SH("exec sleep 60"), (struct child_options){0}), NVT_EENV);
	assert_non_null(strstr(err.text, "longer than 1 s"));
	assert_true(cost.wall >= 0.9 && cost.wall < 30);
	child_limit(0);
	assert_int_equal(command(SH("sleep 0.1"), (struct child_options){0}), NVT_OK);
}

static void it_stays_on_so_many_cpus(void **state)
{
	char said[32];
	struct child_options o = {.cpus = 1, .said = said, .room = sizeof(said)};

	(void)state;
	assert_int_equal(command(SH("nproc >&2"), o), NVT_OK);
	assert_string_equal(said, "1");
	assert_true(cost.page_faults > 10);
	o.cpus = child_cpus();
	assert_int_equal(command(SH("nproc >&2"), o), NVT_OK);
	assert_int_equal(atoi(said), child_cpus());
}

static void one_that_fails_is_told_with_its_last_words(void **state)
{
	(void)state;
	assert_int_equal(command(SH("echo first >&2; echo last words >&2; exit 7"),
				 (struct child_options){0}),
			 NVT_EENV);
	assert_non_null(strstr(err.text, "exit status 7: last words"));
	assert_int_equal(command(SH("exit 7"), (struct child_options){.unreadable = 7}),
			 NVT_EINPUT);
	assert_int_equal(command(SH("exit 7"), (struct child_options){.also = 7}), NVT_OK);
	assert_int_equal(command(SH("kill -9 $$"), (struct child_options){0}), NVT_EENV);
	assert_non_null(strstr(err.text, "ended by signal 9"));
}

static void one_that_is_not_there_cannot_be_started(void **state)
{
	static const char *const argv[] = {"/no/such/program", NULL};

	(void)state;
	assert_int_equal(command(argv, (struct child_options){0}), NVT_EENV);
	assert_non_null(strstr(err.text, "No such file"));
	assert_false(child_exists(argv[0]));
	assert_false(child_exists("no-such-program-at-all"));
	assert_true(child_exists("sh"));
}

static void what_it_says_is_kept_to_its_end(void **state)
{
	char said[8];

	(void)state;
	assert_int_equal(command(SH("echo 123456789 >&2"),
				 (struct child_options){.said = said, .room = sizeof(said)}),
			 NVT_OK);
	assert_string_equal(said, "456789");
	assert_int_equal(
		command(SH("true"), (struct child_options){.said = said, .room = sizeof(said)}),
		NVT_OK);
	assert_string_equal(said, "");
}

static void stop(int number)
{
	(void)number;
	child_stop();
}

/* The last of them: nothing begins any more. */
static void a_signal_ends_the_child_and_what_would_follow(void **state)
{
	const struct itimerval soon = {.it_value = {.tv_usec = 50000}};
	struct sigaction action = {.sa_handler = stop};
	static const struct bench_row row = {ROW};
	struct counters counters = {.count = 0};
	struct bench_env env = {.repetitions = 5};

	(void)state;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	assert_int_equal(command(SH("exec sleep 60"), (struct child_options){0}), NVT_EENV);
	assert_true(cost.wall < 30);
	assert_true(wait(NULL) < 0);
	assert_int_equal(command(SH("exec sleep 60"), (struct child_options){0}), NVT_EENV);
	assert_true(cost.wall < 30);
	assert_false(bench_measure(&env, &row, &counters, &result));
	bench_result_free(&result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(warm_up_is_not_measured),
		cmocka_unit_test(what_waits_for_a_cpu_is_told_from_what_has_one),
		cmocka_unit_test(a_row_that_cannot_be_measured_says_why),
		cmocka_unit_test(a_run_that_falls_over_leaves_no_figures),
		cmocka_unit_test(the_median_is_held_against_the_target),
		cmocka_unit_test(a_name_is_of_a_row_or_of_all_below_it),
		cmocka_unit_test(rows_are_complete_and_their_names_unique),
		cmocka_unit_test(a_command_is_timed),
		cmocka_unit_test(a_peak_at_the_very_end_is_seen),
		cmocka_unit_test(signals_reach_one_whose_memory_is_watched),
		cmocka_unit_test(the_peak_of_a_command_is_its_own),
		cmocka_unit_test(one_that_does_not_end_is_ended),
		cmocka_unit_test(it_stays_on_so_many_cpus),
		cmocka_unit_test(one_that_fails_is_told_with_its_last_words),
		cmocka_unit_test(one_that_is_not_there_cannot_be_started),
		cmocka_unit_test(what_it_says_is_kept_to_its_end),
		cmocka_unit_test(a_signal_ends_the_child_and_what_would_follow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
