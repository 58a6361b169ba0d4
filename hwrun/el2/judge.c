/* SPDX-License-Identifier: GPL-2.0-only */
#include "judge.h"

#include "cpu.h"
#include "esr.h"

#define HPFAR_IPA(hpfar) (((hpfar)&0xfffffffffff0ull) << 8)

bool judge_came_to(const struct guest *g, unsigned int imm)
{
	return ESR_EC(g->esr) == EC_BRK && (g->esr & 0xffff) == imm;
}

/* ---- aborts ---- */

/* What is wrong with the abort besides its FSC; NULL: nothing. */
static const char *wrong_abort(const struct plan *p, const struct guest *g)
{
	uint64_t esr = g->esr;
	bool by_far = !p->stage1 && ESR_PERMISSION(esr); /* HPFAR need not be valid */

	if (ESR_EC(esr) != (p->fetch ? EC_IABT : EC_DABT))
		return "it is of the other side, data or instructions";
	if (!!(esr & ESR_S1PTW) != p->stage1)
		return p->stage1 ? "it is not on a stage-1 table" : "it is on a stage-1 table";
	if (!p->fetch && !p->stage1 && !!(esr & ESR_WNR) != (p->store || p->maintenance))
		return "WnR is wrong";
	if (!p->fetch && !p->stage1 && !!(esr & ESR_CM) != p->maintenance)
		return "CM is wrong";
	if (g->far != p->va)
		return "FAR is another address";
	if (!by_far && HPFAR_IPA(g->hpfar) != p->ipa)
		return "HPFAR is another address";
	return NULL;
}

/* Where the CPU does not tell the level of stage 2, the tables do. */
static uint8_t fsc_of(const struct plan *p, const struct plan_cpu *cpu, uint64_t esr)
{
	uint8_t fsc = esr & ESR_FSC;

	return p->stage1 && !cpu->stage1_level && !((fsc ^ p->fsc) & 0x3c) ? p->fsc : fsc;
}

uint8_t judge_abort(const struct plan *p, const struct guest *g, const struct plan_cpu *cpu,
		    bool mapped)
{
	uint8_t fsc = fsc_of(p, cpu, g->esr);
	const char *wrong = wrong_abort(p, g);

	report_counts.aborts++;
	if (wrong)
		SAY(p, FOUND_MMU,
		    "the abort is not what the access asked for: %s; ESR 0x%llx FAR 0x%llx "
		    "HPFAR 0x%llx",
		    wrong, ULL(g->esr), ULL(g->far), ULL(g->hpfar));
	else if (fsc != p->fsc)
		SAY(p, FOUND_MMU, "the MMU says FSC 0x%02x, the tables 0x%02x", fsc, p->fsc);
	else if (mapped && ESR_TRANSLATION(fsc))
		SAY(p, FOUND_REFUSED, "what was just mapped is not mapped: FSC 0x%02x", fsc);
	return fsc;
}

/* ---- accesses that came through ---- */

/* The data that the access met, against what it was to meet. */
static void check_data(const struct plan *p, const struct guest *g)
{
	uint64_t seen, want;

	if (p->maintenance)
		return;
	seen = plan_seen(p, g);
	want = plan_wanted(p);
	if (seen != want)
		SAY(p, FOUND_DATA, "%s 0x%llx at PA 0x%llx, not 0x%llx",
		    p->store ? "a store leaves" : "a load gives", ULL(seen), ULL(p->pa), ULL(want));
}

/* The access came through. */
static void completed(const struct plan *p, const struct guest *g, bool data)
{
	static const char *const why[] = {
		[CHECK_MEETS_REFUSAL] = "L1 maps nothing there, or permits less",
		[CHECK_MEETS_NOTHING] = "there is no memory of L1's, or it is read-only",
	};

	report_counts.completed++;
	report_counts.stale += p->stale;
	report_counts.unknown += p->meets == CHECK_MEETS_UNKNOWN;
	if (p->fsc)
		SAY(p, FOUND_GRANTED, "the access completes, but the tables say FSC 0x%02x",
		    p->fsc);
	else if (!p->somewhere)
		SAY(p, FOUND_GRANTED, "the access completes, but %s", why[p->meets]);
	else if (data)
		check_data(p, g);
}

/* EL1 took an exception: whatever the guest found was not what was planted. */
static void misled(const struct plan *p, const struct guest *g)
{
	uint64_t esr = sysreg_read(esr_el1), far = sysreg_read(far_el1);

	if (p->somewhere && (p->fetch || p->stage1))
		SAY(p, FOUND_DATA,
		    "what was fetched or walked at PA 0x%llx is not what is there: EL1 has "
		    "ESR 0x%llx FAR 0x%llx",
		    ULL(p->pa), ULL(esr), ULL(far));
	else if (p->fetch || p->stage1)
		completed(p, g, false);
	else
		SAY(p, FOUND_MMU, "the access leads to an exception of EL1: ESR 0x%llx FAR 0x%llx",
		    ULL(esr), ULL(far));
	report_counts.astray += p->somewhere || !(p->fetch || p->stage1);
}

void judge_brk(const struct plan *p, const struct guest *g)
{
	unsigned int imm = g->esr & 0xffff;

	if (imm == GUEST_VECTOR) {
		misled(p, g);
		return;
	}
	if (p->fetch && (g->pc != p->va || imm != (p->stage1 ? GUEST_REACHED : p->tag)))
		SAY(p, FOUND_DATA, "a fetch comes to BRK 0x%x at 0x%llx", imm, ULL(g->pc));
	completed(p, g, !p->fetch);
}
