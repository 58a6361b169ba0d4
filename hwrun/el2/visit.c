/* SPDX-License-Identifier: GPL-2.0-only */
#include "visit.h"

#include "cpu.h"
#include "measure.h"
#include "stage1.h"
#include "stage2.h"

#define SPSR_EL0 0x3c0 /* interrupts masked */
#define SPSR_EL1 0x3c5

static uint64_t stage1_va(const struct plan *p)
{
	uint64_t in_block = p->fetch ? STUB_REACHED : stage2_stub_offset(STUB_DATA);

	return (uint64_t)p->row << STAGE1_SHIFT | in_block;
}

static void start_guest(struct guest *g, struct plan *p, uint64_t stub)
{
	uint64_t code = p->stage1 ? STAGE1_CODE_VA : stub;

	if (p->stage1)
		p->va = stage1_va(p);
	g->pc = code + STUB_ACCESSES + 8 * (uint64_t)p->access;
	g->pstate = p->el0 ? SPSR_EL0 : SPSR_EL1;
	g->x[0] = p->va;
	g->x[1] = p->store ? p->tag : 0;
	sysreg_write(vbar_el1, code + STUB_VECTORS);
}

/* The guest's code has moved with an entry of the root: so does where it stopped. */
static void follow_stub(struct guest *g, const struct plan *p, uint64_t stub)
{
	if (!p->stage1 && g->pc != p->va)
		g->pc = stub + STUB_ACCESSES + 8 * (uint64_t)p->access;
	sysreg_write(vbar_el1, (p->stage1 ? STAGE1_CODE_VA : stub) + STUB_VECTORS);
}

static void prepare(struct guest *g, struct plan *p, enum visit how, uint64_t stub)
{
	if (how == VISIT_FIRST || how == VISIT_AGAIN)
		plan_plant(p, stub);
	if (how == VISIT_FIRST)
		start_guest(g, p, stub);
	else if (how != VISIT_L1)
		follow_stub(g, p, stub);
}

/* The part of it that a hypervisor has, too. */
static void set_registers(struct guest *g, enum visit how, uint64_t stub,
			  const struct s2_injection *in)
{
	if (how == VISIT_BEHIND)
		g->pc += 4;
	if (how != VISIT_L1)
		return;
	sysreg_write(esr_el1, in->esr);
	sysreg_write(far_el1, in->far);
	sysreg_write(elr_el1, g->pc);
	sysreg_write(spsr_el1, g->pstate);
	g->pc = stub + STUB_L1;
	g->pstate = SPSR_EL1;
}

bool visit_guest(struct guest *g, struct plan *p, enum visit how, const struct s2_injection *in)
{
	uint64_t stub;

	stage2_load(p->mmu, p->stage1);
	stub = stage2_show(p->mmu, p->avoid);
	if (!stub)
		return false;
	prepare(g, p, how, stub);
	if (p->stage1)
		stage1_on(stub, p->ipa);
	if (how != VISIT_FIRST)
		measure_return();
	set_registers(g, how, stub, in);
	guest_run(g);
	stage2_hide();
	if (p->stage1)
		stage1_off();
	if (how != VISIT_FIRST)
		measure_returned(g);
	return true;
}
