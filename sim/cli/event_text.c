/* SPDX-License-Identifier: GPL-2.0-only */
/* Events as text. */
#include "event_text.h"

#include "cli.h"
#include "names.h"

typedef unsigned long long ull;

static const char *const reason_names[] = {
	[NVT_ERET] = "eret", [NVT_EXCEPTION] = "exception", [NVT_LOAD] = "load",
	[NVT_PUT] = "put",   [NVT_PUT_WFI] = "put_wfi",
};
static const char *const change_names[] = {
	[NVT_SLOT_CREATE] = "create",
	[NVT_SLOT_DELETE] = "delete",
	[NVT_SLOT_MOVE] = "move",
	[NVT_SLOT_FLAGS] = "flags",
};
static const char *const origin_names[] = {
	[NVT_GIVEN] = "given",	       [NVT_CANONICAL] = "canonical", [NVT_EARLIER] = "earlier",
	[NVT_OWN_TRUTH] = "own truth", [NVT_ASSUMED] = "assumed",
};

/* Enumerations come from a file; the reader bounds them, but a name must not depend on that. */
static const char *name_in(const char *const *names, size_t count, unsigned int i)
{
	return i < count ? names[i] : "?";
}
#define NAME_IN(names, i) name_in(names, sizeof(names) / sizeof((names)[0]), i)

static void print_context(FILE *out, unsigned int context)
{
	if (context == NVT_CANONICAL_CONTEXT)
		fputs(" context=canonical", out);
	else
		fprintf(out, " context=%u", context);
}

/* ---- truth ---- */

/* What the recorded hypervisor found, up to its decision. */
static void truth_decision(FILE *out, const struct nvt_fault_truth *t)
{
	if (t->has & NVT_TRUTH_WALK)
		fprintf(out,
			"\n    walk ret=%d level=%d out=%#llx size=%#llx rw=%u esr=%#x desc=%#llx",
			t->walk_ret, t->walk_level, (ull)t->walk_out, (ull)t->walk_size, t->walk_rw,
			t->walk_esr, (ull)t->walk_desc);
	if (t->has & NVT_TRUTH_PERM)
		fprintf(out, "\n    permission ret=%d esr=%#x", t->perm_ret, t->perm_esr);
	if (t->has & NVT_TRUTH_INJECT) {
		fprintf(out, "\n    inject esr=%#llx far=%#llx hpfar=%#llx", (ull)t->inject_esr,
			(ull)t->inject_far, (ull)t->inject_hpfar);
		print_context(out, t->inject_context);
	}
}

/* What it did then. */
static void truth_effect(FILE *out, const struct nvt_fault_truth *t)
{
	if (t->has & NVT_TRUTH_FAULTIN)
		fprintf(out, "\n    lookup gfn=%#llx pfn=%#llx write=%u writable=%u",
			(ull)t->faultin_gfn, (ull)t->faultin_pfn, t->faultin_write,
			t->faultin_writable);
	if (t->has & NVT_TRUTH_MAP)
		fprintf(out, "\n    map ret=%d addr=%#llx size=%#llx pa=%#llx prot=%#llx",
			t->map_ret, (ull)t->map_addr, (ull)t->map_size, (ull)t->map_pa,
			(ull)t->map_prot);
	if (t->has & NVT_TRUTH_RELAX)
		fprintf(out, "\n    relax ret=%d addr=%#llx prot=%#llx", t->map_ret,
			(ull)t->map_addr, (ull)t->map_prot);
	if (t->has & NVT_TRUTH_MMIO)
		fprintf(out, "\n    mmio type=%u len=%u gpa=%#llx val=%#llx", t->mmio_type,
			t->mmio_len, (ull)t->mmio_gpa, (ull)t->mmio_val);
	if (t->has & NVT_TRUTH_ACCESS)
		fputs("\n    access flag set", out);
}

/* ---- kinds ---- */

/* Faults and touches: one line, and a line for each part of the truth that is there. */
static void text_fault(FILE *out, const struct nvt_event *ev)
{
	const struct nvt_fault *f = &ev->fault;

	fprintf(out, "esr=%#llx far=%#llx hpfar=%#llx pc=%#llx", (ull)f->esr, (ull)f->far,
		(ull)f->hpfar, (ull)f->pc);
	if (!(f->flags & NVT_FAULT_NO_PSTATE))
		fprintf(out, " pstate=%#llx", (ull)f->pstate);
	if (f->duration_ns)
		fprintf(out, " duration=%uns", f->duration_ns);
	if (!f->truth)
		return;
	if (f->truth->has & NVT_TRUTH_CONTEXT)
		print_context(out, f->truth->context);
	if (f->truth->has & NVT_TRUTH_RET)
		fprintf(out, " ret=%d", f->truth->ret);
	truth_decision(out, f->truth);
	truth_effect(out, f->truth);
}

static void text_context(FILE *out, const struct nvt_event *ev)
{
	const struct nvt_context *c = &ev->context;

	fputs(NAME_IN(reason_names, c->reason), out);
	if (!(c->flags & NVT_CONTEXT_NO_REGS))
		fprintf(out, " vttbr=%#llx vtcr=%#llx hcr=%#llx sctlr=%#llx", (ull)c->vttbr,
			(ull)c->vtcr, (ull)c->hcr, (ull)c->sctlr);
	if (c->flags & NVT_CONTEXT_TRUTH) {
		print_context(out, c->context);
		fprintf(out, " s2=%u", !!(c->flags & NVT_CONTEXT_S2_ENABLED));
	}
	if (c->flags & NVT_CONTEXT_HYP)
		fputs(" hyp", out);
}

static void text_l1_write(FILE *out, const struct nvt_event *ev)
{
	fprintf(out, "addr=%#llx old=%#llx new=%#llx", (ull)ev->l1_write.addr,
		(ull)ev->l1_write.old_value, (ull)ev->l1_write.new_value);
}

static void text_l1_leaf(FILE *out, const struct nvt_event *ev)
{
	const struct nvt_l1_leaf *l = &ev->l1_leaf;

	fprintf(out, "ipa=%#llx level=%d desc=%#llx vttbr=%#llx vtcr=%#llx origin=%s", (ull)l->ipa,
		l->level, (ull)l->desc, (ull)l->vttbr, (ull)l->vtcr,
		NAME_IN(origin_names, l->origin));
	if (l->flags & NVT_LEAF_UNREADABLE)
		fputs(" unreadable", out);
}

/* The operation in the fields of the SYS instruction, as the Arm ARM lists them. */
static void text_tlbi(FILE *out, const struct nvt_event *ev)
{
	unsigned int op = ev->tlbi.op;

	fprintf(out, "op1=%u crn=%u crm=%u op2=%u xt=%#llx vttbr=%#llx", op >> 11 & 7, op >> 7 & 15,
		op >> 3 & 15, op & 7, (ull)ev->tlbi.xt, (ull)ev->tlbi.vttbr);
}

static void text_range(FILE *out, const struct nvt_event *ev)
{
	fprintf(out, "base=%#llx size=%#llx", (ull)ev->range.base, (ull)ev->range.size);
}

static void text_slot(FILE *out, const struct nvt_event *ev)
{
	const struct nvt_slot *s = &ev->slot;

	fprintf(out, "%s id=%u base=%#llx size=%#llx uaddr=%#llx flags=%#x",
		NAME_IN(change_names, s->change), s->id, (ull)s->base, (ull)s->size, (ull)s->uaddr,
		s->flags);
}

static void text_backing(FILE *out, const struct nvt_event *ev)
{
	const struct nvt_backing *b = &ev->backing;

	fprintf(out, "hva=%#llx size=%#llx pa=%#llx vma_shift=%u leaf_shift=%u flags=%#x origin=%s",
		(ull)b->hva, (ull)b->size, (ull)b->pa, b->vma_shift, b->leaf_shift, b->flags,
		NAME_IN(origin_names, b->origin));
}

static void text_mark(FILE *out, const struct nvt_event *ev)
{
	cli_print_text(out, ev->mark.text);
}

static void text_lost(FILE *out, const struct nvt_event *ev)
{
	fprintf(out, "count=%llu cpu=%u", (ull)ev->lost.count, ev->lost.cpu);
}

static void text_extent(FILE *out, const struct nvt_event *ev)
{
	fprintf(out, "%s start=%#llx size=%#llx",
		ev->extent.what == NVT_UNMAPPED ? "unmapped" : "write-protected",
		(ull)ev->extent.start, (ull)ev->extent.size);
	print_context(out, ev->extent.context);
}

/* A function for each kind; the table is complete, which the reader relies on. */
static void (*const texts[NVT_KIND_COUNT])(FILE *out, const struct nvt_event *ev) = {
	[NVT_FAULT] = text_fault,	  [NVT_TOUCH] = text_fault,
	[NVT_CONTEXT] = text_context,	  [NVT_L1_WRITE] = text_l1_write,
	[NVT_L1_LEAF] = text_l1_leaf,	  [NVT_TLBI] = text_tlbi,
	[NVT_HOST_UNMAP] = text_range,	  [NVT_HOST_AGE] = text_range,
	[NVT_WRITE_PROTECT] = text_range, [NVT_SLOT] = text_slot,
	[NVT_BACKING] = text_backing,	  [NVT_MARK] = text_mark,
	[NVT_LOST] = text_lost,		  [NVT_EXTENT] = text_extent,
};

void event_text(FILE *out, const struct nvt_event *ev, uint64_t ordinal)
{
	fprintf(out, "%llu %llu.%09llu vcpu%u %s ", (ull)ordinal, (ull)(ev->time_ns / 1000000000),
		(ull)(ev->time_ns % 1000000000), ev->vcpu, kind_names[ev->kind]);
	texts[ev->kind](out, ev);
	fputc('\n', out);
}
