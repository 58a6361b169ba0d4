/* SPDX-License-Identifier: GPL-2.0-only */
/* Registers, barriers and caches of the CPU. */
#ifndef NVSIM_EL2_CPU_H
#define NVSIM_EL2_CPU_H

#include <stdint.h>

#define sysreg_read(name)                                                                          \
	({                                                                                         \
		uint64_t value_;                                                                   \
		__asm__ volatile("mrs %0, " #name : "=r"(value_));                                 \
		value_;                                                                            \
	})
#define sysreg_write(name, value)                                                                  \
	__asm__ volatile("msr " #name ", %0" : : "r"((uint64_t)(value)) : "memory")

static inline void isb(void)
{
	__asm__ volatile("isb" : : : "memory");
}

#define dsb(domain) __asm__ volatile("dsb " #domain : : : "memory")

/* Waits until another CPU sends an event, or for less. */
static inline void wait_for_event(void)
{
	__asm__ volatile("wfe" : : : "memory");
}

/* What was written before is seen by those who wake. */
static inline void send_event(void)
{
	dsb(ish);
	__asm__ volatile("sev" : : : "memory");
}

/* Bits [low, low + width) of a register's value. */
static inline unsigned int field(uint64_t value, unsigned int low, unsigned int width)
{
	return (unsigned int)(value >> low & ((1ull << width) - 1));
}

static inline unsigned int current_el(void)
{
	return field(sysreg_read(CurrentEL), 2, 2);
}

#define ISR_SERROR (1ull << 8)

/* EL2 masks SErrors: one that is pending is taken here, and ends the run. */
static inline void take_serror(void)
{
	dsb(sy);
	isb();
	if (!(sysreg_read(isr_el1) & ISR_SERROR))
		return;
	__asm__ volatile("msr daifclr, #4");
	isb();
}

/* To the point of coherency. */
void dcache_clean(const void *address, uint64_t size);
/* After code was written: size bytes from address are what is fetched from now on. */
void icache_sync(const void *address, uint64_t size);

#endif
