/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A run that tries what boot promises to the run proper: memory, the heap, other CPUs; and that
 * ends by a stack without an end, which the report of unexpected exceptions must survive.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu.h"
#include "platform.h"

#define MIB (1ull << 20)

static bool heap_works(void)
{
	static void *pieces[64];
	uint64_t large = platform_free() / 4;
	unsigned char *p = calloc(1, large);
	unsigned int i;
	bool fine = p && !p[0] && !p[large - 1];

	for (i = 0; i < 64; i++) {
		pieces[i] = malloc(i * 1000);
		fine = fine && pieces[i];
		memset(pieces[i], (int)i, i * 1000);
	}
	for (i = 1; i < 64; i++)
		fine = fine && *(unsigned char *)pieces[i] == i;
	for (i = 0; i < 64; i++)
		free(pieces[i]);
	free(p);
	return fine && !malloc(1ull << 62) && !malloc(1ull << 47);
}

static bool taking_works(void)
{
	uint64_t size = 64 * MIB;
	unsigned char *p;

	while (size > platform_free() / 4)
		size /= 2;
	p = platform_take(size, size);
	if (!p || (uint64_t)p % size || p[0] || p[size - 1])
		return false;
	memset(p, 0x5a, size);
	dcache_clean(p, size);
	return p[size - 1] == 0x5a && !platform_take(1ull << 47, 1);
}

struct other {
	uint32_t done;
	uint64_t mpidr, el, sctlr;
};

static void on_other(void *arg)
{
	struct other *o = arg;

	o->mpidr = sysreg_read(mpidr_el1);
	o->el = current_el();
	o->sctlr = sysreg_read(sctlr_el2);
	__atomic_store_n(&o->done, 1, __ATOMIC_RELEASE);
	__asm__ volatile("sev");
}

static unsigned int start_others(void)
{
	static struct other others[PLATFORM_CPUS_MAX];
	unsigned int i, count = 0;

	for (i = 1; i < platform.cpu_count; i++) {
		struct other *o = &others[i];
		uint64_t start = sysreg_read(cntvct_el0);

		if (!platform_cpu_on(i, on_other, o))
			continue;
		while (!__atomic_load_n(&o->done, __ATOMIC_ACQUIRE) &&
		       sysreg_read(cntvct_el0) - start < 2 * sysreg_read(cntfrq_el0))
			continue;
		count += o->done && (o->mpidr & 0xff00ffffff) == platform.cpu_mpidr[i] &&
			 o->el == 2 && (o->sctlr & 5) == 5;
	}
	return count;
}

static unsigned int without_end(volatile unsigned int depth)
{
	volatile char room[256];

	room[depth % 256] = 1;
	if (depth == UINT32_MAX)
		return 0;
	return without_end(depth + 1) + (unsigned int)room[0];
}

unsigned int run(void)
{
	struct hw_line *l;
	char text[32];
	bool heap = heap_works(), taking = taking_works();
	unsigned int others = start_others();

	snprintf(text, sizeof(text), "%5.3d|%#lx|%s", -7, 0x1234ul, "end");
	l = frame_begin("probe");
	hw_line_number(l, "heap", heap);
	hw_line_number(l, "taking", taking);
	hw_line_number(l, "others", others);
	hw_line_text(l, "text", text);
	frame_send(l);
	return without_end(0);
}
