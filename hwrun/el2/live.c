/* SPDX-License-Identifier: GPL-2.0-only */
#include "live.h"

#include <stddef.h>
#include <string.h>

#include "cpu.h"
#include "given.h"
#include "guest.h"
#include "measure.h"
#include "platform.h"
#include "report.h"
#include "smp.h"
#include "stage1.h"
#include "stage2.h"

/* ESR_ELx (Arm ARM D24.2.40) */
#define ESR_EC(esr)	     ((unsigned int)((esr) >> 26 & 0x3f))
#define EC_IABT		     0x20u
#define EC_DABT		     0x24u
#define EC_BRK		     0x3cu
#define ESR_ISV		     (1ull << 24)
#define ESR_SAS(esr)	     ((unsigned int)((esr) >> 22 & 3))
#define ESR_CM		     (1ull << 8)
#define ESR_S1PTW	     (1ull << 7)
#define ESR_WNR		     (1ull << 6)
#define ESR_FSC		     0x3full
#define ESR_TRANSLATION(fsc) (((fsc)&0x3c) == 0x04)
#define ESR_PERMISSION(fsc)  (((fsc)&0x3c) == 0x0c)
#define HPFAR_IPA(hpfar)     (((hpfar)&0xfffffffffff0ull) << 8)

#define SPSR_EL0 0x3c0 /* interrupts masked */
#define SPSR_EL1 0x3c5

#define BRK_WORD(imm) (0xd4200000u | (uint32_t)(imm) << 5)
#define FETCHED	      0x8000u /* and a number: the immediate of a BRK that was planted */

#define NO_MEMORY "the board has not enough memory for this trace"

#define WINDOW_MAX (1ull << 30)
#define WINDOW_MIN (1ull << 26)

/* One access, from its first try until it is through. */
struct plan {
	struct s2_mmu *mmu;
	uint16_t context;
	enum guest_access access;
	bool fetch, store, maintenance, stage1, el0;
	unsigned int size; /* bytes */
	uint64_t ipa, offset;
	uint64_t avoid;	  /* address that the guest's own code must be far from */
	uint64_t va;	  /* that the guest uses */
	uint64_t tag;	  /* to be read, stored or fetched */
	unsigned int row; /* stage1: of the table */
	/* Where the data, code or descriptor is to be found; known only where memory is met. */
	bool somewhere, stale;
	uint64_t pa;
	enum check_meets meets;
	uint8_t fsc; /* that the tables say */
};

static struct {
	struct engine *engine;
	struct pa_fold fold;
	bool xnx, maintains, stage1_level; /* what this CPU does */
	uint64_t pa_limit;
	struct guest guest;
	struct plan plan;
	bool stopped;		     /* the guest has not come to the end of its access */
	enum s2_outcome_kind served; /* stopped: how its last abort was handled */
	bool skipped;		     /* the access at hand is not performed */
	void (*tlb)(void *ctx, const struct s2_mmu *mmu, enum s2_tlb_op op, struct table_ipa ipa,
		    uint64_t size);
} l;

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

static bool in_window(uint64_t pa)
{
	return pa - l.fold.base < l.fold.size;
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

static struct plan plan_of(const struct engine_access *a)
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

/* Why the access cannot be performed here, or SKIP_COUNT. */
static enum report_skip obstacle(const struct plan *p, const struct engine_access *a,
				 const struct s2_leaf *leaf)
{
	unsigned int xn = (unsigned int)(leaf->desc >> 53 & 3);

	if (p->ipa >= l.pa_limit)
		return SKIP_BEYOND_PA;
	if (p->maintenance && !p->stage1 && !l.maintains)
		return SKIP_MAINTENANCE;
	if (p->stage1 && ESR_PERMISSION(a->trap.esr))
		return SKIP_UPDATE;
	if (p->stage1 && (p->ipa >> STAGE1_BASE_MAX || p->maintenance))
		return SKIP_STAGE1_TABLE;
	if (p->fetch && leaf->valid && (xn & 1) && !l.xnx)
		return SKIP_XNX;
	return SKIP_COUNT;
}

/* By L1's tables and the host's backing as the checker knows them. */
static void find_memory(struct plan *p, const struct engine_access *a, const struct s2_leaf *leaf)
{
	struct check_fault f = {
		.vcpu = (uint16_t)(a->vcpu - l.engine->vcpus),
		.context = p->context,
		.esr = a->trap.esr,
		.ipa = p->ipa,
		.el0 = p->el0,
	};
	struct check_meeting m = check_meeting(l.engine->check, &f);
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

/* ---- into the guest ---- */

static uint64_t stage1_va(const struct plan *p)
{
	uint64_t in_block =
		p->fetch ? STUB_REACHED : (uint64_t)STUB_DATA << l.engine->machine.page_shift;

	return (uint64_t)p->row << STAGE1_SHIFT | in_block;
}

/* Puts what the access is to find where it is to find it. */
static void plant(const struct plan *p, uint64_t stub)
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

/* Instructions, descriptors and parts of words are not left behind: see tag_of(). */
static void clean_up(const struct plan *p)
{
	if (p->somewhere && (p->stage1 || p->fetch || p->size < 4))
		put(p->pa, 0, p->size);
}

static void start_guest(struct plan *p, uint64_t stub)
{
	struct guest *g = &l.guest;
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
static void follow_stub(const struct plan *p, uint64_t stub)
{
	if (!p->stage1 && l.guest.pc != p->va)
		l.guest.pc = stub + STUB_ACCESSES + 8 * (uint64_t)p->access;
	sysreg_write(vbar_el1, (p->stage1 ? STAGE1_CODE_VA : stub) + STUB_VECTORS);
}

enum entry {
	ENTER_FIRST,  /* at the access */
	ENTER_AGAIN,  /* the same, after a fault that was handled */
	ENTER_BEHIND, /* at what follows the access, which is emulated */
	ENTER_L1,     /* with an exception, at virtual EL2 or at the guest's own EL1 */
};

static void prepare(struct plan *p, enum entry how, uint64_t stub)
{
	if (how == ENTER_FIRST || how == ENTER_AGAIN)
		plant(p, stub);
	if (how == ENTER_FIRST)
		start_guest(p, stub);
	else if (how != ENTER_L1)
		follow_stub(p, stub);
}

/* The part of it that a hypervisor has, too. */
static void set_registers(enum entry how, uint64_t stub, const struct s2_injection *in)
{
	struct guest *g = &l.guest;

	if (how == ENTER_BEHIND)
		g->pc += 4;
	if (how != ENTER_L1)
		return;
	sysreg_write(esr_el1, in->esr);
	sysreg_write(far_el1, in->far);
	sysreg_write(elr_el1, g->pc);
	sysreg_write(spsr_el1, g->pstate);
	g->pc = stub + STUB_L1;
	g->pstate = SPSR_EL1;
}

/* Runs the guest until it leaves. in: of ENTER_L1. False: there is no place for its code. */
static bool run_guest(struct plan *p, enum entry how, const struct s2_injection *in)
{
	uint64_t stub;

	stage2_load(p->mmu, p->stage1);
	stub = stage2_show(p->mmu, p->avoid);
	if (!stub)
		return false;
	prepare(p, how, stub);
	if (p->stage1)
		stage1_on(stub, p->ipa);
	if (how != ENTER_FIRST)
		measure_return();
	set_registers(how, stub, in);
	guest_run(&l.guest);
	stage2_hide();
	if (p->stage1)
		stage1_off();
	if (how != ENTER_FIRST)
		measure_returned(&l.guest);
	return true;
}

/* It left by the BRK that was to come. */
static bool came_to(unsigned int imm)
{
	return ESR_EC(l.guest.esr) == EC_BRK && (l.guest.esr & 0xffff) == imm;
}

/* ---- out of the guest ---- */

#define SAY(kind, ...) report_finding(kind, p->context, p->ipa, __VA_ARGS__)
#define ULL(v)	       ((unsigned long long)(v))

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
static uint8_t fsc_of(const struct plan *p, uint64_t esr)
{
	uint8_t fsc = esr & ESR_FSC;

	return p->stage1 && !l.stage1_level && !((fsc ^ p->fsc) & 0x3c) ? p->fsc : fsc;
}

static uint8_t aborted(struct plan *p, bool again)
{
	const struct guest *g = &l.guest;
	uint8_t fsc = fsc_of(p, g->esr);
	const char *wrong = wrong_abort(p, g);

	report_counts.aborts++;
	if (wrong)
		SAY(FOUND_MMU,
		    "the abort is not what the access asked for: %s; ESR 0x%llx FAR 0x%llx "
		    "HPFAR 0x%llx",
		    wrong, ULL(g->esr), ULL(g->far), ULL(g->hpfar));
	else if (fsc != p->fsc)
		SAY(FOUND_MMU, "the MMU says FSC 0x%02x, the tables 0x%02x", fsc, p->fsc);
	else if (again && l.served == S2_MAPPED && ESR_TRANSLATION(fsc))
		SAY(FOUND_REFUSED, "what was just mapped is not mapped: FSC 0x%02x", fsc);
	l.stopped = true;
	measure_arrived(g);
	return fsc;
}

/* The data that the access met, against what it was to meet. */
static void check_data(const struct plan *p)
{
	uint64_t seen, want = p->tag;

	if (p->maintenance)
		return;
	if (p->stage1)
		seen = p->store ? get((uint64_t)stage2_page(STUB_DATA), 8) : l.guest.x[1];
	else
		seen = p->store ? get(p->pa, p->size) : l.guest.x[1];
	if (p->stage1)
		want = low_bytes(want, p->access >= GUEST_CLEAN ? 8 : 1u << (p->access & 3));
	if (p->stage1 && p->store)
		seen = low_bytes(seen, 1u << (p->access & 3));
	if (seen != want)
		SAY(FOUND_DATA, "%s 0x%llx at PA 0x%llx, not 0x%llx",
		    p->store ? "a store leaves" : "a load gives", ULL(seen), ULL(p->pa), ULL(want));
}

/* The access came through. */
static void completed(const struct plan *p, bool data)
{
	static const char *const why[] = {
		[CHECK_MEETS_REFUSAL] = "L1 maps nothing there, or permits less",
		[CHECK_MEETS_NOTHING] = "there is no memory of L1's, or it is read-only",
	};

	report_counts.completed++;
	report_counts.stale += p->stale;
	report_counts.unknown += p->meets == CHECK_MEETS_UNKNOWN;
	if (p->fsc)
		SAY(FOUND_GRANTED, "the access completes, but the tables say FSC 0x%02x", p->fsc);
	else if (!p->somewhere)
		SAY(FOUND_GRANTED, "the access completes, but %s", why[p->meets]);
	else if (data)
		check_data(p);
}

/* EL1 took an exception: whatever the guest found was not what was planted. */
static void misled(const struct plan *p)
{
	uint64_t esr = sysreg_read(esr_el1), far = sysreg_read(far_el1);

	if (p->somewhere && (p->fetch || p->stage1))
		SAY(FOUND_DATA,
		    "what was fetched or walked at PA 0x%llx is not what is there: EL1 has "
		    "ESR 0x%llx FAR 0x%llx",
		    ULL(p->pa), ULL(esr), ULL(far));
	else if (p->fetch || p->stage1)
		completed(p, false);
	else
		SAY(FOUND_MMU, "the access leads to an exception of EL1: ESR 0x%llx FAR 0x%llx",
		    ULL(esr), ULL(far));
	report_counts.astray += p->somewhere || !(p->fetch || p->stage1);
}

static void stopped_by_brk(const struct plan *p)
{
	const struct guest *g = &l.guest;
	unsigned int imm = g->esr & 0xffff;

	if (imm == GUEST_VECTOR) {
		misled(p);
		return;
	}
	if (p->fetch && (g->pc != p->va || imm != (p->stage1 ? GUEST_REACHED : p->tag)))
		SAY(FOUND_DATA, "a fetch comes to BRK 0x%x at 0x%llx", imm, ULL(g->pc));
	completed(p, !p->fetch);
}

static uint8_t left_guest(struct plan *p, bool again)
{
	unsigned int ec = ESR_EC(l.guest.esr);

	l.stopped = false;
	if (ec == EC_IABT || ec == EC_DABT)
		return aborted(p, again);
	if (ec == EC_BRK) {
		stopped_by_brk(p);
		clean_up(p);
		return 0;
	}
	SAY(FOUND_MMU, "an exception that nobody asked for: ESR 0x%llx PC 0x%llx", ULL(l.guest.esr),
	    ULL(l.guest.pc));
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

	if (p->fsc || !leaf->valid || in_window(there))
		return false;
	SAY(FOUND_DATA, "the table leads to PA 0x%llx, which is no memory of L1's", ULL(there));
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
	why = obstacle(p, a, &leaf);
	if (why != SKIP_COUNT)
		return skip(why, fsc);
	find_memory(p, a, &leaf);
	if (leads_away(p, &leaf))
		return skip(SKIP_AWAY, fsc);
	if (!run_guest(p, resume ? ENTER_AGAIN : ENTER_FIRST, NULL))
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

	clean_up(p);
	p->mmu = a->vcpu->mmu;
	p->stage1 = false;
	p->avoid = ~0ull;
	if (!run_guest(p, ENTER_L1, in)) {
		report_counts.open++;
		return;
	}
	if (!came_to(GUEST_L1) || l.guest.x[0] != in->esr)
		SAY(FOUND_MMU, "the injected exception does not arrive: ESR 0x%llx at EL2",
		    ULL(l.guest.esr));
	report_counts.injections++;
}

/* The access is emulated: the guest goes on behind it. */
static void step_over(void)
{
	struct plan *p = &l.plan;

	if (!run_guest(p, ENTER_BEHIND, NULL)) {
		report_counts.open++;
		return;
	}
	if (!came_to(GUEST_DONE))
		SAY(FOUND_MMU, "the guest does not go on behind the access: ESR 0x%llx",
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
		SAY(FOUND_REFUSED, "the access never completes, however often it is served");
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

	l.maintains = run_guest(&p, ENTER_FIRST, NULL) && ESR_EC(l.guest.esr) == EC_DABT;
	if (!l.maintains)
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
	l.stage1_level = run_guest(&p, ENTER_FIRST, NULL) && (l.guest.esr & ESR_FSC) == p.fsc;
	if (!l.stage1_level)
		report_absent("s1ptw_level", "aborts on stage-1 tables tell the level of stage 1: "
					     "their class alone is compared");
}

void live_start(struct engine *e)
{
	l.engine = e;
	l.xnx = stage2_has_xnx();
	l.pa_limit = 1ull << stage2_pa_bits();
	if (!stage2_start(e) || !given_start(e))
		refuse(HW_CANNOT_RUN, NO_MEMORY);
	l.tlb = e->machine.port.tlb;
	e->machine.port.tlb = real_tlb;
}

void live_start_cpu(void)
{
	l.guest.counters = measure_counters;
	stage2_start_cpu();
	stage1_off();
	if (!smp_cpu) {
		try_maintenance();
		try_stage1();
	}
}
