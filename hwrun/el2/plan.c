/* SPDX-License-Identifier: GPL-2.0-only */
#include "plan.h"

#include <string.h>

#include "cpu.h"
#include "esr.h"
#include "given.h"
#include "stage1.h"
#include "stage2.h"

#define BRK_WORD(imm) (0xd4200000u | (uint32_t)(imm) << 5)
#define FETCHED	      0x8000u /* and a number: the immediate of a BRK that was planted */

/* ---- memory of the guest ---- */

static void put(uint64_t pa, uint64_t value, unsigned int size)
{
	memcpy((void *)pa, &value, size);
	line_out(pa);
}

static uint64_t get(uint64_t pa, unsigned int size)
{
	uint64_t value = 0;

	line_out(pa);
	memcpy(&value, (const void *)pa, size);
	return value;
}

static uint64_t low_bytes(uint64_t value, unsigned int size)
{
	return size == 8 ? value : value & ((1ull << 8 * size) - 1);
}

/* ---- what to do ---- */

static uint64_t mixed(uint64_t v)
{
	v ^= v >> 31;
	v *= 0x9e3779b97f4a7c15ull;
	v ^= v >> 29;
	v *= 0xbf58476d1ce4e5b9ull;
	return v ^ v >> 32;
}

/*
 * Data that names access and page. Words of it are no instruction but UDF, and no valid
 * descriptor: who comes to the wrong place must not go on from there.
 */
static uint64_t tag_of(const struct plan *p)
{
	uint64_t h = mixed(mixed(report_ordinal + 1) ^ p->ipa ^ (uint64_t)p->context << 52);

	if (p->fetch)
		return FETCHED | (h & 0x7fff);
	if (p->size < 4)
		return low_bytes(h | 1, p->size);
	return low_bytes((h & 0xfff8) | 4 | (h >> 16 & 0xfffc) << 32, p->size);
}

static void plan_data(struct plan *p, uint64_t esr)
{
	unsigned int sas = esr & ESR_ISV ? ESR_SAS(esr) : 3;

	p->maintenance = esr & ESR_CM;
	p->store = (esr & ESR_WNR) && !p->maintenance;
	p->access = p->maintenance ? GUEST_CLEAN : (p->store ? GUEST_STORE : GUEST_LOAD) + sas;
	p->size = 1u << sas;
}

struct plan plan_of(const struct engine_access *a)
{
	struct plan p = {
		.mmu = a->mmu,
		.context = a->mmu->nested ? a->mmu->index : NVT_CANONICAL_CONTEXT,
		.el0 = a->el0,
		.ipa = a->ipa.v,
		.avoid = a->ipa.v,
		.fetch = ESR_EC(a->trap.esr) == EC_IABT,
		.stage1 = a->trap.esr & ESR_S1PTW,
	};

	if (p.fetch) {
		p.access = GUEST_FETCH;
		p.size = 4;
	} else {
		plan_data(&p, a->trap.esr);
	}
	p.tag = tag_of(&p);
	p.offset = a->trap.far & 0xfff & ~(uint64_t)(p.size - 1);
	p.va = p.ipa | p.offset;
	if (p.stage1) {
		p.row = (unsigned int)(mixed(p.tag) % STAGE1_ENTRIES);
		p.offset = 8 * p.row;
		p.size = 8;
	}
	return p;
}

enum report_skip plan_obstacle(const struct plan *p, const struct engine_access *a,
			       const struct s2_leaf *leaf, const struct plan_cpu *cpu)
{
	unsigned int xn = (unsigned int)(leaf->desc >> 53 & 3);

	if (p->ipa >= cpu->pa_limit)
		return SKIP_BEYOND_PA;
	if (p->maintenance && !p->stage1 && !cpu->maintains)
		return SKIP_MAINTENANCE;
	if (p->stage1 && ESR_PERMISSION(a->trap.esr))
		return SKIP_UPDATE;
	if (p->stage1 && (p->ipa >> STAGE1_BASE_MAX || p->maintenance))
		return SKIP_STAGE1_TABLE;
	if (p->fetch && leaf->valid && (xn & 1) && !cpu->xnx)
		return SKIP_XNX;
	return SKIP_COUNT;
}

void plan_find_memory(struct plan *p, const struct engine *e, const struct engine_access *a,
		      const struct s2_leaf *leaf)
{
	struct check_fault f = {
		.vcpu = (uint16_t)(a->vcpu - e->vcpus),
		.context = p->context,
		.esr = a->trap.esr,
		.ipa = p->ipa,
		.el0 = p->el0,
	};
	struct check_meeting m = check_meeting(e->check, &f);
	uint64_t there = leaf->pa.v + (p->ipa - leaf->start.v) + p->offset;

	p->meets = m.meets;
	p->somewhere = m.meets == CHECK_MEETS_MEMORY;
	p->stale = false;
	p->pa = m.pa + p->offset;
	if (p->fsc || !leaf->valid || (p->somewhere && p->pa == there))
		return;
	if (m.meets == CHECK_MEETS_UNKNOWN || given_before(p->mmu, leaf)) {
		p->stale = m.meets != CHECK_MEETS_UNKNOWN;
		p->somewhere = true;
		p->pa = there;
	}
}

/* ---- what it is to find ---- */

void plan_plant(const struct plan *p, uint64_t stub)
{
	uint64_t *data = stage2_page(STUB_DATA);

	if (p->stage1 && !p->fetch)
		put((uint64_t)data, p->store ? ~p->tag : p->tag, 8);
	if (!p->somewhere)
		return;
	if (p->stage1) {
		put(p->pa, p->fetch ? stage1_code(stub) : stage1_data(stub), 8);
	} else if (p->fetch) {
		put(p->pa, BRK_WORD(p->tag), 4);
		icache_sync((const void *)p->pa, 4);
	} else if (!p->maintenance) {
		put(p->pa, p->store ? 0 : p->tag, p->size);
	}
}

void plan_clean_up(const struct plan *p)
{
	if (p->somewhere && (p->stage1 || p->fetch || p->size < 4))
		put(p->pa, 0, p->size);
}

/* What is loaded or stored; p->size may be that of a stage-1 descriptor. */
static unsigned int data_size(const struct plan *p)
{
	return 1u << (p->access & 3);
}

uint64_t plan_wanted(const struct plan *p)
{
	return low_bytes(p->tag, data_size(p));
}

uint64_t plan_seen(const struct plan *p, const struct guest *g)
{
	if (!p->store)
		return g->x[1];
	return get(p->stage1 ? (uint64_t)stage2_page(STUB_DATA) : p->pa, data_size(p));
}
