/* SPDX-License-Identifier: GPL-2.0-only */
/* What holds of a stream by itself, and the state that its events make. */
#include "checker.h"

#include <stdarg.h>

static struct vcpu *vcpu_of(struct check *c, const struct nvt_event *ev)
{
	return ev->vcpu < c->vcpu_count ? &c->vcpus[ev->vcpu] : NULL;
}

__attribute__((format(printf, 3, 4))) static void bad(struct check *c, enum check_rule rule,
						      const char *format, ...)
{
	char text[160];
	va_list args;

	if (c->options.large_alone)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	check_found(c, rule, NVT_CANONICAL_CONTEXT, 0, 0, "%s", text);
}

/* ---- time ---- */

/* A year: clocks that were set back, or wrapped, look like that in a file of differences. */
#define JUMP_NS (365ull * 86400 * 1000000000)

static void check_time(struct check *c, const struct nvt_event *ev)
{
	if (ev->time_ns < c->time_ns)
		bad(c, CHECK_TIME, "the event is %llu ns older than the one before it",
		    (unsigned long long)(c->time_ns - ev->time_ns));
	else if (c->ordinal && ev->time_ns - c->time_ns > JUMP_NS)
		bad(c, CHECK_TIME, "the event is %llu ns younger than the one before it",
		    (unsigned long long)(ev->time_ns - c->time_ns));
	c->time_ns = ev->time_ns;
	c->timed = true;
}

/* ---- transitions ---- */

static enum known is(bool b)
{
	return b ? YES : NO;
}

static void on_fault(struct check *c, struct vcpu *v, const struct nvt_event *ev)
{
	const struct nvt_fault_truth *t = ev->fault.truth;

	if (v->loaded == NO)
		bad(c, CHECK_PAIRED, "vCPU %u faults while it is scheduled out", ev->vcpu);
	v->loaded = YES;
	if (ev->fault.flags & NVT_FAULT_UNKNOWN_CONTEXT)
		v->in_l1 = UNKNOWN;
	/* Where the stream does not say what came of it, L1 may have been entered. */
	if (t && (t->has & NVT_TRUTH_INJECT))
		v->in_l1 = YES;
	else if (!t && v->in_l1 == NO)
		v->in_l1 = UNKNOWN;
}

static void on_switch(struct check *c, struct vcpu *v, const struct nvt_event *ev)
{
	const struct nvt_context *n = &ev->context;

	if (v->loaded == NO && (n->reason == NVT_ERET || n->reason == NVT_EXCEPTION))
		bad(c, CHECK_PAIRED, "vCPU %u runs while it is scheduled out", ev->vcpu);
	switch (n->reason) {
	case NVT_ERET:
		if (v->in_l1 == NO)
			bad(c, CHECK_PAIRED, "vCPU %u enters L2, but is there already", ev->vcpu);
		v->loaded = YES;
		break;
	case NVT_EXCEPTION:
		if (v->in_l1 == YES)
			bad(c, CHECK_PAIRED, "vCPU %u leaves L2, but is in L1", ev->vcpu);
		v->loaded = YES;
		break;
	case NVT_LOAD:
		if (v->loaded == YES && v->put_seen)
			bad(c, CHECK_PAIRED, "vCPU %u is scheduled in twice", ev->vcpu);
		v->loaded = YES;
		break;
	default:
		if (v->loaded == NO)
			bad(c, CHECK_PAIRED, "vCPU %u is scheduled out twice", ev->vcpu);
		v->loaded = NO;
		v->put_seen = true;
		break;
	}
	v->in_l1 = is((n->flags & NVT_CONTEXT_HYP) || n->reason == NVT_EXCEPTION);
}

#define VTCR_HA (1ull << 21)

static void note_regs(struct check *c, struct vcpu *v, const struct nvt_context *n)
{
	if (!(n->flags & NVT_CONTEXT_NO_REGS)) {
		v->has_regs = true;
		v->vttbr = n->vttbr;
		v->vtcr = n->vtcr;
		v->hcr = n->hcr;
		v->sctlr = n->sctlr;
		c->l1.ha_seen |= (n->vtcr & VTCR_HA) != 0;
	}
	if (n->reason != NVT_PUT && n->reason != NVT_PUT_WFI)
		v->runs_l1 = is((n->flags & NVT_CONTEXT_HYP) || n->reason == NVT_EXCEPTION);
}

static void on_lost(struct check *c, const struct nvt_lost *l)
{
	uint32_t i;

	if (l->count)
		bad(c, CHECK_COMPLETE, "%llu events were lost", (unsigned long long)l->count);
	else
		bad(c, CHECK_COMPLETE, "events were lost, and how many is not known");
	for (i = 0; i < c->vcpu_count; i++)
		c->vcpus[i].in_l1 = c->vcpus[i].loaded = UNKNOWN;
}

/* ---- L1's tables ---- */

/* The access flag, in either byte order: hardware sets it without a write of L1's. */
#define AF_EITHER (1ull << 10 | 1ull << 50)

static void on_l1_write(struct check *c, const struct nvt_l1_write *w)
{
	uint64_t known, mask = c->l1.ha_seen ? ~AF_EITHER : ~0ull;

	if (l1_word(&c->l1, w->addr, &known) && ((known ^ w->old_value) & mask))
		bad(c, CHECK_WRITES, "the word at 0x%llx was 0x%llx, not 0x%llx",
		    (unsigned long long)w->addr, (unsigned long long)known,
		    (unsigned long long)w->old_value);
	if (!l1_set_word(&c->l1, w->addr, w->new_value))
		check_out_of_memory(c);
}

/* ---- slots ---- */

static const struct slot *overlapped(const struct check *c, const struct nvt_slot *n)
{
	size_t i;

	for (i = 0; i < c->host.slot_count; i++) {
		const struct slot *s = &c->host.slots[i];

		if (s->id != n->id && n->size && s->size && n->base <= last_of(s->base, s->size) &&
		    s->base <= last_of(n->base, n->size))
			return s;
	}
	return NULL;
}

static void check_slot(struct check *c, const struct nvt_slot *n, const struct slot *old)
{
	const struct slot *other = n->change == NVT_SLOT_DELETE ? NULL : overlapped(c, n);

	if (n->change == NVT_SLOT_CREATE && old)
		bad(c, CHECK_SLOTS, "memslot %u is created, but is there", n->id);
	if (n->change != NVT_SLOT_CREATE && !old)
		bad(c, CHECK_SLOTS, "memslot %u is changed or deleted, but is not there", n->id);
	if (other)
		bad(c, CHECK_SLOTS, "memslot %u at 0x%llx overlaps memslot %u at 0x%llx", n->id,
		    (unsigned long long)n->base, other->id, (unsigned long long)other->base);
}

static void forget_dirty(struct check *c, uint64_t base, uint64_t size)
{
	if (size)
		host_forget_dirty(&c->host, base >> c->machine.page_shift,
				  last_of(base, size) >> c->machine.page_shift);
}

static void on_slot(struct check *c, const struct nvt_slot *n)
{
	const struct slot *old = host_slot_by_id(&c->host, n->id);
	struct slot s = {n->base, n->size, n->uaddr, n->flags, n->id};
	bool logged = old && (old->flags & NVT_SLOT_LOG);

	check_slot(c, n, old);
	if (old && (n->change == NVT_SLOT_DELETE || n->change == NVT_SLOT_MOVE))
		duty_add(c, false, old->base, old->size);
	if (n->change == NVT_SLOT_DELETE) {
		host_remove_slot(&c->host, n->id);
		return;
	}
	if (!host_set_slot(&c->host, &s))
		check_out_of_memory(c);
	if ((n->flags & NVT_SLOT_LOG) && !logged) {
		forget_dirty(c, n->base, n->size);
		duty_add(c, true, n->base, n->size);
	}
}

/* ---- all ---- */

void stream_event(struct check *c, const struct nvt_event *ev)
{
	struct vcpu *v = vcpu_of(c, ev);

	check_time(c, ev);
	switch (ev->kind) {
	case NVT_FAULT:
	case NVT_TOUCH:
		if (v)
			on_fault(c, v, ev);
		break;
	case NVT_CONTEXT:
		if (v) {
			on_switch(c, v, ev);
			note_regs(c, v, &ev->context);
		}
		break;
	case NVT_L1_WRITE:
		on_l1_write(c, &ev->l1_write);
		break;
	case NVT_L1_LEAF:
		if (!l1_show(c, &ev->l1_leaf))
			check_out_of_memory(c);
		break;
	case NVT_HOST_UNMAP:
		duty_add(c, false, ev->range.base, ev->range.size);
		break;
	case NVT_WRITE_PROTECT:
		forget_dirty(c, ev->range.base, ev->range.size);
		duty_add(c, true, ev->range.base, ev->range.size);
		break;
	case NVT_SLOT:
		on_slot(c, &ev->slot);
		break;
	case NVT_BACKING:
		if (!host_set_backing(&c->host, &ev->backing))
			check_out_of_memory(c);
		break;
	case NVT_LOST:
		on_lost(c, &ev->lost);
		break;
	default:
		break;
	}
}
