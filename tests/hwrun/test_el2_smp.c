/* SPDX-License-Identifier: GPL-2.0-only */
/* CPUs take turns; one that does not come, or too late, is done without. Threads are the CPUs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>

/* In the place of cpu.h. */
#define NVSIM_EL2_CPU_H
#define SECOND 62500000ull

static uint64_t ticks;
static bool coming; /* time stands until who comes is there, however busy this host is */

static uint64_t read_cntfrq_el0(void)
{
	return SECOND;
}

static uint64_t read_cntvct_el0(void)
{
	if (coming)
		sched_yield();
	else
		ticks += SECOND / 1000;
	return ticks;
}

#define sysreg_read(name) read_##name()

static bool over; /* who still waits for a turn ends */

static void wait_for_event(void)
{
	if (__atomic_load_n(&over, __ATOMIC_ACQUIRE))
		pthread_exit(NULL);
	sched_yield();
}

static void send_event(void)
{
}

#include "../../hwrun/el2/smp.c"

enum how { COMES, NEVER_COMES, COMES_LATE, IS_REFUSED };

struct platform platform;

static struct cpu {
	enum how how;
	void (*fn)(void *arg);
	void *arg;
	pthread_t thread;
	bool asked, runs;
} cpus[PLATFORM_CPUS_MAX];

static const char *told;
static unsigned int tellings, started, worked;
static unsigned int turns[16];

void report_absent(const char *what, const char *why)
{
	assert_string_equal(what, "cpus");
	told = why;
	tellings++;
}

static void *cpu_main(void *arg)
{
	struct cpu *cpu = arg;

	cpu->fn(cpu->arg);
	return NULL;
}

static void let_come(struct cpu *cpu)
{
	assert_int_equal(pthread_create(&cpu->thread, NULL, cpu_main, cpu), 0);
	cpu->runs = true;
}

bool platform_cpu_on(unsigned int i, void (*fn)(void *arg), void *arg)
{
	cpus[i].fn = fn;
	cpus[i].arg = arg;
	cpus[i].asked = true;
	coming = cpus[i].how == COMES;
	if (coming)
		let_come(&cpus[i]);
	return cpus[i].how != IS_REFUSED;
}

static void start(void)
{
	started++;
}

/* Each CPU that there is twice. */
static unsigned int work(void)
{
	turns[worked++] = smp_cpu;
	return worked < 2 * smp_running ? worked % smp_running : SMP_DONE;
}

static int reset(void **state)
{
	(void)state;
	memset(&smp, 0, sizeof(smp));
	memset(cpus, 0, sizeof(cpus));
	smp_cpu = 0;
	smp_running = 1;
	platform = (struct platform){.cpu_count = 4, .psci = PSCI_SMC};
	told = NULL;
	tellings = started = worked = 0;
	over = coming = false;
	return 0;
}

static int end(void **state)
{
	(void)state;
	__atomic_store_n(&over, true, __ATOMIC_RELEASE);
	for (unsigned int i = 0; i < PLATFORM_CPUS_MAX; i++)
		if (cpus[i].runs)
			pthread_join(cpus[i].thread, NULL);
	return 0;
}

static void assert_turns(unsigned int count)
{
	assert_int_equal(smp_running, count);
	assert_int_equal(started, count);
	assert_int_equal(worked, 2 * count);
	for (unsigned int i = 0; i < worked; i++)
		assert_int_equal(turns[i], i % count);
}

static void cpus_that_come_take_turns(void **state)
{
	(void)state;
	smp_start(3, start);
	smp_run(work);
	assert_turns(3);
	assert_null(told);
	assert_false(cpus[3].asked);
}

static void one_that_is_refused_is_done_without(void **state)
{
	(void)state;
	cpus[1].how = IS_REFUSED;
	smp_start(4, start);
	smp_run(work);
	assert_turns(1);
	assert_string_equal(told, "PSCI CPU_ON does not start another one");
}

static void one_that_never_comes_is_done_without(void **state)
{
	uint64_t since = ticks;

	(void)state;
	cpus[2].how = NEVER_COMES;
	smp_start(4, start);
	assert_in_range(ticks - since, SECOND, 2 * SECOND);
	smp_run(work);
	assert_turns(2);
	assert_int_equal(tellings, 1);
	assert_string_equal(told, "PSCI CPU_ON accepts another one, which does not arrive");
	assert_false(cpus[3].asked);
}

static void one_that_comes_late_gets_no_turn(void **state)
{
	(void)state;
	cpus[2].how = COMES_LATE;
	smp_start(4, start);
	let_come(&cpus[2]);
	while (!__atomic_load_n(&smp.arrived[2], __ATOMIC_ACQUIRE))
		sched_yield();
	smp_run(work);
	assert_turns(2);
	assert_int_equal(tellings, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(cpus_that_come_take_turns, reset, end),
		cmocka_unit_test_setup_teardown(one_that_is_refused_is_done_without, reset, end),
		cmocka_unit_test_setup_teardown(one_that_never_comes_is_done_without, reset, end),
		cmocka_unit_test_setup_teardown(one_that_comes_late_gets_no_turn, reset, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
