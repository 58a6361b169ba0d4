/* SPDX-License-Identifier: GPL-2.0-only */
/* CPUs besides the one that booted. */
#include "boot.h"
#include "cpu.h"

#define PSCI_CPU_ON  0xc4000003ull
#define PSCI_CPU_OFF 0x84000002ull
#define STACK_SIZE   65536u

extern char cpu_start[];
/* From head.S. */
__attribute__((noreturn)) void cpu_finished(void);

/* What cpu_start in head.S reads with the MMU off. */
struct cpu_start {
	void *stack;
	const struct mmu_registers *mmu;
	void (*fn)(void *arg);
	void *arg;
};

void cpu_add(uint64_t mpidr)
{
	unsigned int i;

	mpidr &= AFFINITY;
	for (i = 0; i < platform.cpu_count; i++)
		if (platform.cpu_mpidr[i] == mpidr)
			return;
	if (platform.cpu_count < PLATFORM_CPUS_MAX)
		platform.cpu_mpidr[platform.cpu_count++] = mpidr;
}

bool platform_cpu_on(unsigned int i, void (*fn)(void *arg), void *arg)
{
	static struct cpu_start starts[PLATFORM_CPUS_MAX];
	char *stack;

	if (!i || i >= platform.cpu_count || platform.psci == PSCI_NONE)
		return false;
	stack = platform_take(STACK_SIZE, 4096);
	if (!stack)
		return false;
	starts[i] = (struct cpu_start){stack + STACK_SIZE, &mmu_registers, fn, arg};
	dcache_clean(&starts[i], sizeof(starts[i]));
	dcache_clean(&mmu_registers, sizeof(mmu_registers));
	return !psci_call(PSCI_CPU_ON, platform.cpu_mpidr[i], (uint64_t)cpu_start,
			  (uint64_t)&starts[i]);
}

void cpu_finished(void)
{
	psci_call(PSCI_CPU_OFF, 0, 0, 0);
	halt();
}
