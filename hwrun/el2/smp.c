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
	bool arrived[PLATFORM_CPUS_MAX];
	unsigned int turn; /* whose */
	bool over;
	void (*start)(void);
	unsigned int (*work)(void);
} smp;

static void pass_to(unsigned int cpu)
{
	__atomic_store_n(&smp.turn, cpu, __ATOMIC_RELEASE);
	send_event();
}

static void wait_for_turn(unsigned int cpu)
{
	while (__atomic_load_n(&smp.turn, __ATOMIC_ACQUIRE) != cpu)
		wait_for_event();
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

/* Until it has its turn it touches nothing: it may have come when nobody waits any more. */
static void other_cpu(void *arg)
{
	unsigned int cpu = (unsigned int)(uintptr_t)arg;

	__atomic_store_n(&smp.arrived[cpu], true, __ATOMIC_RELEASE);
	wait_for_turn(cpu);
	smp.start();
	pass_to(0);
	take_turns(cpu);
}

/* Within a second. */
static bool arrives(unsigned int cpu)
{
	uint64_t since = sysreg_read(cntvct_el0), second = sysreg_read(cntfrq_el0);

	while (!__atomic_load_n(&smp.arrived[cpu], __ATOMIC_ACQUIRE))
		if (sysreg_read(cntvct_el0) - since > second)
			return false;
	return true;
}

/* NULL: it has started, and waits for its turn. */
static const char *start_cpu(unsigned int cpu)
{
	if (!platform_cpu_on(cpu, other_cpu, (void *)(uintptr_t)cpu))
		return platform.psci == PSCI_NONE ? "there is no PSCI to start others with"
						  : "PSCI CPU_ON does not start another one";
	if (!arrives(cpu))
		return "PSCI CPU_ON accepts another one, which does not arrive";
	pass_to(cpu);
	wait_for_turn(0);
	return NULL;
}

void smp_start(unsigned int count, void (*start)(void))
{
	unsigned int i;

	smp.start = start;
	start();
	for (i = 1; i < count && i < platform.cpu_count; i++) {
		const char *problem = start_cpu(i);

		if (problem) {
			report_absent("cpus", problem);
			break;
		}
	}
	smp_running = i;
}

void smp_run(unsigned int (*work)(void))
{
	smp.work = work;
	take_turns(0);
}
