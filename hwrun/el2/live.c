/* SPDX-License-Identifier: GPL-2.0-only */
#include "live.h"

#include <stddef.h>

#include "cpu.h"
#include "esr.h"
#include "given.h"
#include "judge.h"
#include "measure.h"
#include "plan.h"
#include "platform.h"
#include "pmu.h"
#include "report.h"
#include "smp.h"
#include "stage1.h"
#include "stage2.h"
#include "visit.h"

#define NO_MEMORY "the board has not enough memory for this trace"

#define WINDOW_MAX (1ull << 30)
#define WINDOW_MIN (1ull << 26)

static struct {
	struct engine *engine;
	struct pa_fold fold;
	struct plan_cpu cpu;
	struct guest guest;
	struct plan plan;
	bool stopped;		     /* the guest has not come to the end of its access */
	enum s2_outcome_kind served; /* stopped: how its last abort was handled */
	bool skipped;		     /* the access at hand is not performed */
	void (*tlb)(void *ctx, const struct s2_mmu *mmu, enum s2_tlb_op op, struct table_ipa ipa,
		    uint64_t size);
} l;

/* ---- out of the guest ---- */

static uint8_t aborted(const struct plan *p, bool mapped)
{
	uint8_t fsc = judge_abort(p, &l.guest, &l.cpu, mapped);

	l.stopped = true;
	measure_arrived(&l.guest);
	return fsc;
}

static uint8_t left_guest(const struct plan *p, bool again)
{
	unsigned int ec = ESR_EC(l.guest.esr);

	l.stopped = false;
	if (ec == EC_IABT || ec == EC_DABT)
		return aborted(p, again && l.served == S2_MAPPED);
	if (ec == EC_BRK) {
		judge_brk(p, &l.guest);
		plan_clean_up(p);
		return 0;
	}
	SAY(p, FOUND_MMU, "an exception that nobody asked for: ESR 0x%llx PC 0x%llx",
	    ULL(l.guest.esr), ULL(l.guest.pc));
	report_counts.astray++;
	return 0;
}

/* ---- what the engine asks for ---- */

static uint8_t skip(enum report_skip why, uint8_t fsc)
{
	/* Tries of one access count as one; what was made once counts as made. */
	if (l.stopped)
		report_counts.open++;
	else if (!l.skipped)
		report_counts.skipped[why]++;
	l.skipped = true;
	l.stopped = false;
	return fsc;
}

/* The tables lead out of the memory that the guest may touch: it is not let there. */
static bool leads_away(const struct plan *p, const struct s2_leaf *leaf)
{
	uint64_t there = leaf->pa.v + (p->ipa - leaf->start.v);

	if (p->fsc || !leaf->valid || there - l.fold.base < l.fold.size)
		return false;
	SAY(p, FOUND_DATA, "the table leads to PA 0x%llx, which is no memory of L1's", ULL(there));
	return true;
}

uint8_t live_access(void *arg, const struct engine_access *a, uint8_t fsc)
{
	struct s2_leaf leaf = s2_lookup(&l.engine->vm, a->mmu, a->ipa);
	struct plan *p = &l.plan;
	bool resume = l.stopped;
	enum report_skip why;

	(void)arg;
	if (l.skipped)
		return fsc;
	if (!resume)
		*p = plan_of(a);
	p->fsc = fsc;
	why = plan_obstacle(p, a, &leaf, &l.cpu);
	if (why != SKIP_COUNT)
		return skip(why, fsc);
	plan_find_memory(p, l.engine, a, &leaf);
	if (leads_away(p, &leaf))
		return skip(SKIP_AWAY, fsc);
	if (!visit_guest(&l.guest, p, resume ? VISIT_AGAIN : VISIT_FIRST, NULL))
		return skip(SKIP_NO_PLACE, fsc);
	if (resume)
		measure_done(report_ordinal);
	report_counts.performed += !resume;
	return left_guest(p, resume);
}

void live_begin(const struct engine_access *a)
{
	if (l.stopped || l.skipped)
		return;
	report_counts.skipped[a->trap.hpfar & S2_HPFAR_VALID ? SKIP_EXTERNAL : SKIP_NO_ADDRESS]++;
}

/* ---- after the handler: what the engine does not ask for ---- */

/* The guest takes the exception. */
static void deliver(const struct engine_access *a, const struct s2_injection *in)
{
	struct plan *p = &l.plan;

	plan_clean_up(p);
	p->mmu = a->vcpu->mmu;
	p->stage1 = false;
	p->avoid = ~0ull;
	if (!visit_guest(&l.guest, p, VISIT_L1, in)) {
		report_counts.open++;
		return;
	}
	if (!judge_came_to(&l.guest, GUEST_L1) || l.guest.x[0] != in->esr)
		SAY(p, FOUND_MMU, "the injected exception does not arrive: ESR 0x%llx at EL2",
		    ULL(l.guest.esr));
	report_counts.injections++;
}

/* The access is emulated: the guest goes on behind it. */
static void step_over(void)
{
	struct plan *p = &l.plan;

	if (!visit_guest(&l.guest, p, VISIT_BEHIND, NULL)) {
		report_counts.open++;
		return;
	}
	if (!judge_came_to(&l.guest, GUEST_DONE))
		SAY(p, FOUND_MMU, "the guest does not go on behind the access: ESR 0x%llx",
		    ULL(l.guest.esr));
	report_counts.mmio++;
}

static void after(const struct engine_access *a, const struct s2_outcome *out)
{
	switch (out->kind) {
	case S2_INJECTED:
	case S2_INJECTED_SEA:
	case S2_INJECTED_SIZE:
	case S2_INJECTED_EXCL:
		deliver(a, &out->inject);
		break;
	case S2_MMIO:
	case S2_SKIPPED:
		step_over();
		break;
	default:
		report_counts.exits++;
		break;
	}
}

static bool resumes(const struct s2_outcome *out)
{
	return out->kind == S2_MAPPED || out->kind == S2_RELAXED || out->kind == S2_AF_SET ||
	       out->kind == S2_RETRY;
}

static void check_size(const struct s2_outcome *out)
{
	if (out->map.size > l.fold.size)
		refuse(HW_CANNOT_RUN,
		       "live mode: a mapping of %llu MiB does not fit into the %llu MiB of "
		       "memory that the board has for the guest",
		       ULL(out->map.size >> 20), ULL(l.fold.size >> 20));
}

void live_end(const struct engine_access *a, const struct s2_outcome *out)
{
	if (out->kind == S2_MAPPED || out->kind == S2_RELAXED) {
		check_size(out);
		if (!given_note(a, out->map.addr.v, out->map.size))
			refuse(HW_CANNOT_RUN, NO_MEMORY);
	}
	l.served = out->kind;
	if (resumes(out) && l.stopped)
		return; /* the engine asks for the access once more */
	if (l.stopped)
		after(a, out);
	l.stopped = false;
	measure_done(report_ordinal);
}

/* ---- events ---- */

void live_event(void)
{
	l.stopped = l.skipped = false;
	measure_event();
}

/* What write protection and ageing leave in TLBs, hosts leave there too (Q17, Q18), but
 * the stream tells what it met when that was gone. */
static bool leaves_entries(const struct nvt_event *ev)
{
	return ev->kind == NVT_WRITE_PROTECT || ev->kind == NVT_SLOT || ev->kind == NVT_HOST_AGE ||
	       ev->kind == NVT_EXTENT;
}

/*
 * The guest has aborted again, and its access is left there. For a recorded fault the stream
 * tells what follows; of a touch there is nothing more.
 */
static void leave_open(const struct nvt_event *ev)
{
	const struct plan *p = &l.plan;

	report_counts.open++;
	if (ev->kind == NVT_TOUCH && (l.served == S2_MAPPED || l.served == S2_RELAXED))
		SAY(p, FOUND_REFUSED, "the access never completes, however often it is served");
	l.stopped = false;
}

void live_event_done(const struct nvt_event *ev)
{
	struct engine *e = l.engine;
	size_t i;

	if (l.stopped)
		leave_open(ev);
	for (i = 0; i < e->step.extent_count; i++) {
		const struct engine_extent *x = &e->extents[i];

		given_forget(&e->contexts[x->context], x->start, x->size);
	}
	if (ev->kind == NVT_HOST_UNMAP || ev->kind == NVT_BACKING || leaves_entries(ev))
		given_forget(&e->vm.canonical, 0, 1ull << e->vm.canonical.table.input_bits);
	if (leaves_entries(ev))
		stage2_flush_all();
}

/* ---- start ---- */

static void real_tlb(void *ctx, const struct s2_mmu *mmu, enum s2_tlb_op op, struct table_ipa ipa,
		     uint64_t size)
{
	stage2_tlb(mmu, op, ipa, size);
	l.tlb(ctx, mmu, op, ipa, size);
}

static void take_window(void)
{
	uint64_t size = WINDOW_MAX;
	void *window = NULL;

	for (; size >= WINDOW_MIN && !window; size /= 2)
		window = platform_take(size, size);
	if (!window)
		refuse(HW_CANNOT_RUN,
		       "live mode: the board has not enough memory: the guest's takes %llu MiB",
		       ULL(WINDOW_MIN >> 20));
	l.fold = (struct pa_fold){(uint64_t)window, size * 2};
}

void live_prepare(const struct nvt_machine *machine, struct pa_fold *fold)
{
	const char *problem = stage2_problem(machine);

	if (problem)
		refuse(HW_CANNOT_RUN, "live mode: %s", problem);
	if (machine->fwb && !stage2_has_fwb())
		report_absent("fwb",
			      "the CPU has no FEAT_S2FWB: what the tables have as write-back "
			      "memory is cached only in part");
	take_window();
	*fold = l.fold;
}

/* Whether cache maintenance of an address that is not mapped comes to EL2 (all tables are empty).
 */
static void try_maintenance(void)
{
	struct plan p = {.mmu = &l.engine->vm.canonical,
			 .context = NVT_CANONICAL_CONTEXT,
			 .access = GUEST_CLEAN,
			 .maintenance = true,
			 .fsc = 4};

	l.cpu.maintains =
		visit_guest(&l.guest, &p, VISIT_FIRST, NULL) && ESR_EC(l.guest.esr) == EC_DABT;
	if (!l.cpu.maintains)
		report_absent("maintenance",
			      "the CPU's cache maintenance does not look at stage 2");
}

/*
 * Whether an abort on a stage-1 table tells the level of stage 2. The page behind the guest's own
 * is not mapped at level 3; a CPU that says 2 means stage 1.
 */
static void try_stage1(void)
{
	struct plan p = {.mmu = &l.engine->vm.canonical,
			 .context = NVT_CANONICAL_CONTEXT,
			 .access = GUEST_LOAD,
			 .stage1 = true,
			 .avoid = ~0ull,
			 .fsc = 7};

	stage2_load(p.mmu, true);
	p.ipa = stage2_show(p.mmu, p.avoid) +
		((uint64_t)STUB_PAGE_COUNT << l.engine->machine.page_shift);
	stage2_hide();
	l.cpu.stage1_level =
		visit_guest(&l.guest, &p, VISIT_FIRST, NULL) && (l.guest.esr & ESR_FSC) == p.fsc;
	if (!l.cpu.stage1_level)
		report_absent("s1ptw_level", "aborts on stage-1 tables tell the level of stage 1: "
					     "their class alone is compared");
}

void live_start(struct engine *e)
{
	l.engine = e;
	l.cpu.xnx = stage2_has_xnx();
	l.cpu.pa_limit = 1ull << stage2_pa_bits();
	if (!stage2_start(e) || !given_start(e))
		refuse(HW_CANNOT_RUN, NO_MEMORY);
	l.tlb = e->machine.port.tlb;
	e->machine.port.tlb = real_tlb;
}

void live_start_cpu(void)
{
	l.guest.counters = pmu_counters;
	stage2_start_cpu();
	stage1_off();
	if (!smp_cpu) {
		try_maintenance();
		try_stage1();
	}
}
