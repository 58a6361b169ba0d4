/* SPDX-License-Identifier: GPL-2.0-only */
#include "cpu.h"

static uint64_t line_size(unsigned int low)
{
	return 4ull << field(sysreg_read(ctr_el0), low, 4);
}

void dcache_clean(const void *address, uint64_t size)
{
	uint64_t line = line_size(16);
	uint64_t end = (uint64_t)address + size;
	uint64_t at;

	for (at = (uint64_t)address & ~(line - 1); at < end; at += line)
		__asm__ volatile("dc cvac, %0" : : "r"(at) : "memory");
	dsb(sy);
}

#define CTR_PIPT 3u /* CTR_EL0.L1Ip: lines are found by their physical address */

/*
 * The guest fetches the same line by another address: unless that finds the same entry, all of
 * the cache has to go.
 */
static void icache_drop(uint64_t start, uint64_t end)
{
	uint64_t code = line_size(0), at;

	if (field(sysreg_read(ctr_el0), 14, 2) != CTR_PIPT) {
		__asm__ volatile("ic ialluis" : : : "memory");
		return;
	}
	for (at = start & ~(code - 1); at < end; at += code)
		__asm__ volatile("ic ivau, %0" : : "r"(at) : "memory");
}

void icache_sync(const void *address, uint64_t size)
{
	uint64_t data = line_size(16);
	uint64_t start = (uint64_t)address, end = start + size;
	uint64_t at;

	for (at = start & ~(data - 1); at < end; at += data)
		__asm__ volatile("dc cvau, %0" : : "r"(at) : "memory");
	dsb(ish);
	icache_drop(start, end);
	dsb(ish);
	isb();
}
