/* SPDX-License-Identifier: GPL-2.0-only */
/* A fault that the handler answered. */
#include "checker.h"

/* ---- the context ---- */

#define HCR_VM	  1ull
#define SCTLR_EE  (1ull << 25)
#define VTTBR_CNP 1ull
/* What of VTCR_EL2 the walk depends on: T0SZ, SL0, TG0, PS, HA. */
#define VTCR_USED (0x3full | 3ull << 6 | 3ull << 14 | 7ull << 16 | 1ull << 21)

static const char *key_problem(const struct check *c, const struct vcpu *v, const struct context *x)
{
	uint64_t vtcr = quirk(c, Q_VTCR_KEY) ? ~0ull : VTCR_USED;
	bool on = v->hcr & HCR_VM;

	if (x->now.enabled != on)
		return on ? "L1's stage 2 is on, but not walked"
			  : "L1's stage 2 is off, but walked";
	if (!on)
		return same_vmid(x->now.vttbr, v->vttbr) ? NULL : "it is another VMID's";
	if (x->now.vttbr != (v->vttbr & ~VTTBR_CNP))
		return "it is another VTTBR's";
	if ((x->now.vtcr ^ v->vtcr) & vtcr)
		return "it is another VTCR's";
	return NULL;
}

static const char *context_problem(const struct check *c, const struct vcpu *v,
				   const struct context *x)
{
	bool canonical = x->index == NVT_CANONICAL_CONTEXT;

	if (v->runs_l1 == YES && !canonical)
		return "L1 runs, but not on its own table";
	if (v->runs_l1 == NO && canonical)
		return "L2 runs, but on L1's table";
	return canonical || !v->has_regs ? NULL : key_problem(c, v, x);
}

/* A context that stands for another key than before must have lost all it had. */
static void check_recycled(struct check *c, struct context *x)
{
	bool changed = x->seen && (x->vttbr != x->now.vttbr || x->vtcr != x->now.vtcr ||
				   x->enabled != x->now.enabled);

	if (changed && x->leaves)
		check_found(c, CHECK_RECYCLED, x->index, 0, 0,
			    "%llu leaves are left of the key that the context stood for before",
			    (unsigned long long)x->leaves);
	x->seen = true;
	x->vttbr = x->now.vttbr;
	x->vtcr = x->now.vtcr;
	x->enabled = x->now.enabled;
}

/* ---- what L1 is told ---- */

#define ESR_EC		   (0x3full << 26)
#define ESR_EC_IABT	   (0x20ull << 26)
#define ESR_CM		   (1ull << 8)
#define ESR_S1PTW	   (1ull << 7)
#define ESR_WNR		   (1ull << 6)
#define ESR_FSC		   0x3full
#define ESR_FSC_CLASS	   0x3cull
#define ESR_FSC_PERMISSION 0x0cull

/* What the hardware asks of a leaf (Arm ARM D8.4), whatever hypervisors make of it. */
static bool refuses(const struct check_fault *f, const struct perm *p)
{
	if (f->esr & ESR_S1PTW)
		return (f->esr & ESR_FSC_CLASS) == ESR_FSC_PERMISSION ? !p->w : !p->r;
	if ((f->esr & ESR_EC) == ESR_EC_IABT)
		return f->el0 ? !p->x_el0 : !p->x_el1;
	return (f->esr & ESR_WNR) && !(f->esr & ESR_CM) ? !p->w : !p->r;
}

/* Whether L1's leaf denies the access (spec 2.2). */
static bool denied(const struct check *c, const struct check_fault *f, const struct perm *p)
{
	bool permission = (f->esr & ESR_FSC_CLASS) == ESR_FSC_PERMISSION;
	bool s1ptw = f->esr & ESR_S1PTW, fetch = (f->esr & ESR_EC) == ESR_EC_IABT, write;

	if (!permission && quirk(c, Q_LATE_FORWARD))
		return false;
	if (fetch && (!s1ptw || quirk(c, Q_S1PTW_XN)))
		return f->el0 ? !p->x_el0 : !p->x_el1;
	write = !fetch && (f->esr & ESR_WNR) && (quirk(c, Q_CMO_WRITES) || !(f->esr & ESR_CM));
	/* A walk reads, and an update of what it read writes; which it was is for WnR to tell. */
	if (s1ptw && !quirk(c, Q_S1PTW_WRITE))
		return !p->r || (write && !p->w);
	if (s1ptw)
		write = permission;
	return write ? !p->w : !p->r;
}

/* Of the leaf that the walk found, from ipa on. */
static uint64_t leaf_room(const struct l1_walk *w, uint64_t ipa)
{
	uint64_t size = 1ull << w->shift;

	return size - (ipa & (size - 1));
}

/* A stage-1 walk writes where it updates a descriptor, and that alone fails by permission. */
static bool writes(const struct check_fault *f)
{
	if (f->esr & ESR_S1PTW)
		return (f->esr & ESR_FSC_CLASS) == ESR_FSC_PERMISSION;
	return (f->esr & ESR_WNR) && !(f->esr & ESR_CM) && (f->esr & ESR_EC) != ESR_EC_IABT;
}

/* What backs L1's memory at l1, and `room` bytes on at most. */
static struct check_meeting meet_memory(struct check *c, const struct check_fault *f, uint64_t l1,
					uint64_t room)
{
	struct check_meeting m = {.meets = CHECK_MEETS_NOTHING};
	struct behind b = host_behind(&c->host, l1);

	if (!b.slot || (writes(f) && (b.slot->flags & NVT_SLOT_READONLY)))
		return m;
	m.meets = CHECK_MEETS_UNKNOWN;
	if (!b.backing || !b.pa_known)
		return m;
	m.meets = CHECK_MEETS_NOTHING;
	if (writes(f) && !b.backing->writable)
		return m;
	return (struct check_meeting){
		.meets = CHECK_MEETS_MEMORY,
		.device = b.backing->device,
		.pa = b.pa,
		.room = min64(room, b.room),
	};
}

struct check_meeting check_meeting(struct check *c, const struct check_fault *f)
{
	const struct context *x = context_of(c, f->context);
	struct check_context now = c->view.context(c->view.arg, x->index);
	const struct vcpu *v = f->vcpu < c->vcpu_count ? &c->vcpus[f->vcpu] : NULL;
	struct l1_regs regs = {now.vttbr, now.vtcr, v ? v->sctlr & SCTLR_EE : x->big_endian};
	struct l1_walk w;

	if (x->index == NVT_CANONICAL_CONTEXT || !now.enabled)
		return meet_memory(c, f, f->ipa, ~0ull);
	w = l1_walk(c, &regs, f->ipa);
	if (!w.ok || refuses(f, &w.perm))
		return (struct check_meeting){.meets = CHECK_MEETS_REFUSAL};
	return meet_memory(c, f, w.output, leaf_room(&w, f->ipa));
}

/* What the walk ends with for this access: a flag that cannot be set matters to one that may be. */
static bool admits(const struct check *c, const struct check_fault *f, struct l1_walk *w)
{
	bool late = w->flag_refused && !quirk(c, Q_AF_FIRST);

	if ((w->ok || late) && denied(c, f, &w->perm)) {
		w->fsc = (uint8_t)(ESR_FSC_PERMISSION | (unsigned int)w->level);
		return false;
	}
	return w->ok;
}

static void check_injected(struct check *c, struct context *x, const struct check_fault *f)
{
	unsigned int fsc = f->inject_esr & ESR_FSC;
	struct l1_regs regs = {x->now.vttbr, x->now.vtcr, x->big_endian};
	struct l1_walk w;

	if (x->index == NVT_CANONICAL_CONTEXT || !x->now.enabled) {
		check_found(c, CHECK_INJECTED, x->index, f->ipa, 0,
			    "L1 gets a stage-2 fault although no stage 2 of its own translates");
		return;
	}
	w = l1_walk(c, &regs, f->ipa);
	if (admits(c, f, &w)) {
		check_found(c, CHECK_INJECTED, x->index, f->ipa, 0,
			    "L1 gets a fault with FSC 0x%02x, but its table admits the access",
			    fsc);
		return;
	}
	if (fsc != w.fsc)
		check_found(c, CHECK_INJECTED, x->index, f->ipa, 0,
			    "L1 gets a fault with FSC 0x%02x, but its table makes 0x%02x", fsc,
			    w.fsc);
}

/* ---- what was mapped ---- */

static void check_backing_known(struct check *c, struct context *x, uint64_t ipa,
				uint64_t unknown_before)
{
	if (c->class != NVT_PARTIAL && c->result.unknown_backing != unknown_before)
		check_found(c, CHECK_BACKING, x->index, ipa, 0,
			    "nothing tells how the host backs what was mapped");
}

static void check_mapped(struct check *c, struct context *x, const struct check_fault *f)
{
	uint64_t page = f->ipa & ~((1ull << c->machine.page_shift) - 1);
	uint64_t last = last_of(f->addr, f->size ? f->size : 1);
	uint64_t unknown = c->result.unknown_backing;
	struct leaf leaf;
	bool there;

	tables_look(c, x, page, page);
	there = tables_leaf(c, x, page, &leaf);
	if (!there || f->addr < leaf.start || last > leaf.start + (leaf.size - 1))
		tables_look(c, x, f->addr, last);
	if (!there && f->did == CHECK_DID_MAP)
		check_found(c, CHECK_PROGRESS, x->index, page, 0,
			    "0x%llx bytes at 0x%llx are said to be mapped, but the page that "
			    "faulted is "
			    "not",
			    (unsigned long long)f->size, (unsigned long long)f->addr);
	groups_check(c);
	check_backing_known(c, x, page, unknown);
}

void fault_set_flag(struct check *c, const struct check_fault *f)
{
	struct context *x = context_of(c, f->context);

	x->now = c->view.context(c->view.arg, x->index);
	l1_show_accessed(c, &(struct l1_regs){x->now.vttbr, x->now.vtcr, x->big_endian}, f->ipa);
	c->flag_set = false;
}

void fault_check(struct check *c, const struct check_fault *f)
{
	struct context *x = context_of(c, f->context);
	struct vcpu *v = f->vcpu < c->vcpu_count ? &c->vcpus[f->vcpu] : NULL;
	const char *problem;

	x->now = c->view.context(c->view.arg, x->index);
	if (v) {
		problem = context_problem(c, v, x);
		if (problem)
			check_found(c, CHECK_CONTEXT, x->index, f->ipa, 0, "vCPU %u: %s", f->vcpu,
				    problem);
		x->big_endian = v->sctlr & SCTLR_EE;
	}
	if (x->index != NVT_CANONICAL_CONTEXT)
		check_recycled(c, x);
	switch (f->did) {
	case CHECK_DID_MAP:
	case CHECK_DID_RELAX:
	case CHECK_DID_TRY:
		check_mapped(c, x, f);
		return;
	case CHECK_DID_INJECT:
		check_injected(c, x, f);
		return;
	case CHECK_DID_OTHER:
		return;
	}
}
