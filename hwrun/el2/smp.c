/* SPDX-License-Identifier: GPL-2.0-only */
#include "smp.h"

#include <stddef.h>
#include <stdint.h>

#include "cpu.h"
#include "platform.h"
#include "report.h"

unsigned int smp_cpu;
unsigned int smp_running = 1;

static struct {
	unsigned int turn; /* whose */
	bool over;
	void (*start)(void);
	unsigned int (*work)(void);
} smp;

static void pass_to(unsigned int cpu)
{
	__atomic_store_n(&smp.turn, cpu, __ATOMIC_RELEASE);
	dsb(ish);
	__asm__ volatile("sev");
}

static void wait_for_turn(unsigned int cpu)
{
	while (__atomic_load_n(&smp.turn, __ATOMIC_ACQUIRE) != cpu)
		__asm__ volatile("wfe" : : : "memory");
	smp_cpu = cpu;
}

/* Works while it is this CPU's turn, and passes it on. */
static void take_turns(unsigned int cpu)
{
	for (;;) {
		unsigned int next;

		wait_for_turn(cpu);
		if (smp.over)
			return;
		next = smp.work();
		if (next == SMP_DONE) {
			smp.over = true;
			next = 0;
		}
		pass_to(next);
	}
}

static void other_cpu(void *arg)
{
	unsigned int cpu = (unsigned int)(uintptr_t)arg;

	wait_for_turn(cpu);
	smp.start();
	pass_to(0);
	take_turns(cpu);
}

void smp_start(unsigned int count, void (*start)(void))
{
	unsigned int i;

	smp.start = start;
	start();
	for (i = 1; i < count && i < platform.cpu_count; i++) {
		if (!platform_cpu_on(i, other_cpu, (void *)(uintptr_t)i)) {
			report_absent("cpus", platform.psci == PSCI_NONE
						      ? "there is no PSCI to start others with"
						      : "PSCI CPU_ON does not start another one");
			break;
		}
		pass_to(i);
		wait_for_turn(0);
	}
	smp_running = i;
}

void smp_run(unsigned int (*work)(void))
{
	smp.work = work;
	take_turns(0);
}
