/* SPDX-License-Identifier: GPL-2.0-only */
#include "verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct verify_field_info verify_fields[VERIFY_FIELD_COUNT] = {
	[VERIFY_SYNDROME] = {"syndrome", "fault code of the hardware against the rebuilt tables"},
	[VERIFY_CONTEXT] = {"context", "stage-2 context chosen or found"},
	[VERIFY_WALK] = {"walk", "result of the walk of L1's table"},
	[VERIFY_FORWARD] = {"forward", "permission fault forwarded to L1 or not, with its ESR"},
	[VERIFY_INJECTED_ESR] = {"injected_esr", "ESR, FAR and HPFAR given to virtual EL2"},
	[VERIFY_SIZE] = {"size", "bytes mapped"},
	[VERIFY_ADDRESS] = {"address", "input address of the mapping"},
	[VERIFY_OUTPUT] = {"output", "physical address of the mapping"},
	[VERIFY_PERMISSION] = {"permission", "R, W, X and level tag of the mapping"},
	[VERIFY_RELAX] = {"relax", "permissions raised in place, or mapped"},
	[VERIFY_LOOKUP] = {"lookup", "page asked of the host, for writing or not"},
	[VERIFY_MMIO] = {"mmio", "address, length and direction of an emulated access"},
	[VERIFY_RETURN] = {"return", "value returned by the abort handler"},
	[VERIFY_TLBI_EXTENT] = {"tlbi_extent", "ranges unmapped for L1's invalidations"},
	[VERIFY_HOST_EXTENT] = {"host_extent", "ranges unmapped or protected for the host"},
	[VERIFY_DIRTY] = {"dirty", "first and last dirty page of each word of the log read"},
};

static void on_dirty(void *arg, const struct s2_slot *slot, struct l1_ipa addr)
{
	struct verify *v = arg;

	dirtylog_mark(&v->dirty, addr.v / v->page_size);
	if (v->next_dirty)
		v->next_dirty(v->next_dirty_arg, slot, addr);
}

bool verify_init(struct verify *v, struct engine *e, verify_report_fn *report, void *arg)
{
	*v = (struct verify){
		.report = report,
		.report_arg = arg,
		.page_size = 1ull << e->machine.page_shift,
		.extent_field = VERIFY_HOST_EXTENT,
		.next_dirty = e->machine.on_dirty,
		.next_dirty_arg = e->machine.on_dirty_arg,
	};
	e->machine.on_dirty = on_dirty;
	e->machine.on_dirty_arg = v;
	return dirtylog_init(&v->dirty);
}

void verify_destroy(struct verify *v)
{
	dirtylog_destroy(&v->dirty);
	free(v->extents);
}

void verify_before(struct verify *v, const struct nvt_event *ev)
{
	if (ev->kind == NVT_L1_LEAF && ev->l1_leaf.origin == NVT_OWN_TRUTH)
		v->own_leaf = true;
	if (ev->kind == NVT_BACKING && ev->backing.origin == NVT_OWN_TRUTH)
		v->own_backing = true;
}

/* ---- one field of one event ---- */

struct comparison {
	struct verify *v;
	struct verify_difference d;
	size_t got_length, expected_length;
	bool differs;
	bool any_compared, any_difference; /* over all fields of the event */
};

static void begin(struct comparison *c, enum verify_field field, enum verify_basis basis)
{
	c->d.field = field;
	c->d.basis = basis;
	c->d.got[0] = c->d.expected[0] = '\0';
	c->got_length = c->expected_length = 0;
	c->differs = false;
}

static void append(char *text, size_t size, size_t *length, const char *name, uint64_t value)
{
	int n = snprintf(text + *length, size - *length, "%s%s %#llx", *length ? ", " : "", name,
			 (unsigned long long)value);

	*length += (size_t)n < size - *length ? (size_t)n : size - *length - 1;
}

static void value(struct comparison *c, const char *name, uint64_t got, uint64_t expected)
{
	if (got == expected)
		return;
	c->differs = true;
	append(c->d.got, sizeof(c->d.got), &c->got_length, name, got);
	append(c->d.expected, sizeof(c->d.expected), &c->expected_length, name, expected);
}

static void end(struct comparison *c)
{
	struct verify_count *count = &c->v->field[c->d.field];

	count->compared += c->d.basis == VERIFY_COMPARED;
	count->derived += c->d.basis == VERIFY_DERIVED;
	count->host_input += c->d.basis == VERIFY_HOST_INPUT;
	c->any_compared |= c->d.basis == VERIFY_COMPARED;
	if (!c->differs)
		return;
	count->mismatched++;
	c->any_difference = true;
	if (c->v->report)
		c->v->report(c->v->report_arg, &c->d);
}

static void single(struct comparison *c, enum verify_field field, enum verify_basis basis,
		   const char *name, uint64_t got, uint64_t expected)
{
	begin(c, field, basis);
	value(c, name, got, expected);
	end(c);
}

/* ---- faults ---- */

enum { ROW_WALK_FAULT = 9, ROW_FORWARD = 10 }; /* of the decision tree (spec 3) */

static void note_change(struct verify *v, const struct engine *e, const struct nvt_event *ev)
{
	const struct s2_outcome *out = &e->step.outcome;
	struct verify_change now = {
		.start = out->map.addr.v,
		.size = out->map.size,
		.time_ns = ev->time_ns,
		.vcpu = ev->vcpu,
		.after_host = v->host_ns && ev->time_ns - v->host_ns <= VERIFY_RACE_NS,
	};
	unsigned int i;

	if (!e->step.delivered || (out->kind != S2_MAPPED && out->kind != S2_RELAXED))
		return;
	for (i = 0; i < VERIFY_CHANGES; i++)
		if (v->changes[i].start == now.start)
			v->changes[i].size = 0;
	if (now.after_host || e->vcpu_count > 1)
		v->changes[v->change_next++ % VERIFY_CHANGES] = now;
}

/*
 * The tables may have been otherwise when the hardware looked: the host was at
 * it, or another vCPU changed the leaf while this fault waited to be handled.
 */
static bool may_have_raced(const struct verify *v, const struct nvt_event *ev)
{
	uint64_t ipa = (ev->fault.hpfar & 0xfffffffffff0ull) << 8;
	uint64_t waited = ev->fault.duration_ns;
	unsigned int i;

	if (v->host_ns && ev->time_ns - v->host_ns <= waited + VERIFY_RACE_NS)
		return true;
	for (i = 0; i < VERIFY_CHANGES; i++) {
		const struct verify_change *c = &v->changes[i];

		if (ipa - c->start < c->size &&
		    (c->after_host || (c->vcpu != ev->vcpu && ev->time_ns - c->time_ns <= waited)))
			return true;
	}
	return false;
}

static void compare_syndrome(struct comparison *c, const struct engine *e,
			     const struct nvt_event *ev)
{
	struct s2_syndrome syn = s2_syndrome(&e->vm.cfg, ev->fault.esr);

	if (!(ev->fault.hpfar & S2_HPFAR_VALID) ||
	    (syn.fsc_class != S2_FSC_TRANSLATION && syn.fsc_class != S2_FSC_PERMISSION &&
	     syn.fsc_class != S2_FSC_ACCESS_FLAG))
		return;
	if (e->step.hw_fsc != syn.fsc && may_have_raced(c->v, ev))
		c->v->field[VERIFY_SYNDROME].raced++;
	else
		single(c, VERIFY_SYNDROME, VERIFY_COMPARED, "FSC", e->step.hw_fsc, syn.fsc);
}

static void compare_walk(struct comparison *c, const struct s2_outcome *out,
			 const struct nvt_fault_truth *t, bool own_leaf)
{
	static const int32_t ret_of[] = {[S2_WALK_OK] = 0,
					 [S2_WALK_FAULT] = 1,
					 [S2_WALK_FATAL] = -14,
					 [S2_WALK_RETRY] = -11};
	bool walked = t->has & NVT_TRUTH_WALK;

	if (!walked && !out->shadow)
		return;
	begin(c, VERIFY_WALK, own_leaf ? VERIFY_DERIVED : VERIFY_COMPARED);
	value(c, "walked", out->shadow, walked);
	if (walked && out->shadow) {
		const struct s2_walk *w = &out->walk;

		value(c, "ret", (uint64_t)ret_of[w->status], (uint64_t)t->walk_ret);
		if (t->walk_ret) {
			value(c, "esr", w->esr, t->walk_esr);
		} else {
			value(c, "output", w->output.v, t->walk_out);
			value(c, "size", w->leaf_size, t->walk_size);
			value(c, "level", (uint64_t)w->level, (uint64_t)t->walk_level);
			value(c, "rw", (uint64_t)w->perm.r | (uint64_t)w->perm.w << 1, t->walk_rw);
			value(c, "desc", w->desc, t->walk_desc);
		}
	}
	end(c);
}

static void compare_forward(struct comparison *c, const struct s2_outcome *out,
			    const struct nvt_fault_truth *t)
{
	bool forwarded = out->kind == S2_INJECTED && out->row == ROW_FORWARD;

	if (!(t->has & NVT_TRUTH_PERM))
		return;
	begin(c, VERIFY_FORWARD, VERIFY_COMPARED);
	value(c, "forwarded", forwarded, t->perm_ret != 0);
	if (forwarded && t->perm_ret)
		value(c, "esr", out->inject.esr, t->perm_esr);
	end(c);
}

static void compare_injection(struct comparison *c, const struct s2_outcome *out,
			      const struct nvt_fault_truth *t, bool own_leaf)
{
	bool recorded = t->has & NVT_TRUTH_INJECT, injected = out->kind == S2_INJECTED;

	if (!recorded && !injected)
		return;
	begin(c, VERIFY_INJECTED_ESR,
	      own_leaf && out->row == ROW_WALK_FAULT ? VERIFY_DERIVED : VERIFY_COMPARED);
	value(c, "injected", injected, recorded);
	if (recorded && injected) {
		value(c, "esr", out->inject.esr, t->inject_esr);
		value(c, "far", out->inject.far, t->inject_far);
		value(c, "hpfar", out->inject.hpfar, t->inject_hpfar);
	}
	end(c);
}

static uint64_t recorded_prot(const struct s2_prot *p)
{
	return (uint64_t)p->perm.x_el1 | (uint64_t)p->perm.x_el0 << 1 | (uint64_t)p->perm.w << 2 |
	       (uint64_t)p->perm.r << 3 | (uint64_t)(p->memory == S2_DEVICE) << 4 |
	       (uint64_t)(p->memory == S2_NORMAL_NC) << 5 | (uint64_t)p->tag << 55;
}

#define PROT_PERMS 0xfull

static void compare_lookup(struct comparison *c, const struct engine *e, const struct nvt_fault *f,
			   const struct nvt_fault_truth *t)
{
	const struct s2_outcome *out = &e->step.outcome;
	struct s2_syndrome syn = s2_syndrome(&e->vm.cfg, f->esr);

	if (!(t->has & NVT_TRUTH_FAULTIN))
		return;
	begin(c, VERIFY_LOOKUP, VERIFY_COMPARED);
	value(c, "looked up", out->filled, true);
	if (out->filled) {
		value(c, "gfn", (out->ipa.v & ~(out->size->out.vma - 1)) >> e->machine.page_shift,
		      t->faultin_gfn);
		value(c, "for write", syn.write, t->faultin_write);
	}
	end(c);
}

#define EAGAIN_RECORDED (-11)

/*
 * What was handed to the mapper. It may have refused: another vCPU had just
 * made the same mapping. The host's backing may be known from this very fault
 * alone, or not at all.
 */
static void compare_mapping(struct comparison *c, const struct engine *e,
			    const struct nvt_fault_truth *t, bool own_backing)
{
	const struct s2_outcome *out = &e->step.outcome;
	const struct backing *backing = e->step.backing;
	bool refused = out->kind == S2_RETRY && out->filled && !out->size->out.retry;
	bool mapped = out->kind == S2_MAPPED || refused;
	enum verify_basis basis = own_backing || !backing ? VERIFY_HOST_INPUT : VERIFY_COMPARED;

	begin(c, VERIFY_SIZE, basis);
	value(c, "bytes", mapped ? out->map.size : 0, t->map_size);
	value(c, "refused", refused, t->map_ret == EAGAIN_RECORDED);
	end(c);
	if (!mapped)
		return;
	single(c, VERIFY_ADDRESS, basis, "ipa", out->map.addr.v, t->map_addr);
	if (backing && !backing->no_pa)
		single(c, VERIFY_OUTPUT, basis, "pa", out->map.pa.v, t->map_pa);
	/* That memory is a device's is known from the permissions recorded. */
	single(c, VERIFY_PERMISSION, backing && backing->device ? basis : VERIFY_COMPARED, "prot",
	       recorded_prot(&out->map.prot), t->map_prot);
}

static void compare_relax(struct comparison *c, const struct engine *e, const struct nvt_fault *f,
			  const struct nvt_fault_truth *t)
{
	const struct s2_outcome *out = &e->step.outcome;
	bool relaxed = out->kind == S2_RELAXED, recorded = t->has & NVT_TRUTH_RELAX;

	/* Only permission faults can be either. */
	if (s2_syndrome(&e->vm.cfg, f->esr).fsc_class != S2_FSC_PERMISSION ||
	    !(recorded || relaxed || (t->has & NVT_TRUTH_MAP)))
		return;
	begin(c, VERIFY_RELAX, VERIFY_COMPARED);
	value(c, "relaxed", relaxed, recorded);
	if (relaxed && recorded) {
		value(c, "ipa", out->map.addr.v, t->map_addr);
		value(c, "prot", recorded_prot(&out->map.prot) & PROT_PERMS,
		      t->map_prot & PROT_PERMS);
	}
	end(c);
}

static void compare_mmio(struct comparison *c, const struct s2_outcome *out,
			 const struct nvt_fault_truth *t)
{
	bool recorded = t->has & NVT_TRUTH_MMIO, emulated = out->kind == S2_MMIO;

	if (!recorded && !emulated)
		return;
	begin(c, VERIFY_MMIO, VERIFY_COMPARED);
	value(c, "emulated", emulated, recorded);
	if (recorded && emulated) {
		value(c, "address", out->mmio.addr.v, t->mmio_gpa);
		value(c, "length", out->mmio.len, t->mmio_len);
		value(c, "write", out->mmio.write, t->mmio_type == 2);
	}
	end(c);
}

/* A device in the recorded kernel returns 1, one in its VMM 0: which it was is an input. */
static void compare_return(struct comparison *c, const struct s2_outcome *out,
			   const struct nvt_fault_truth *t)
{
	bool either = out->kind == S2_MMIO && (t->ret == 0 || t->ret == 1);

	if (t->has & NVT_TRUTH_RET)
		single(c, VERIFY_RETURN, either ? VERIFY_HOST_INPUT : VERIFY_COMPARED, "ret",
		       either ? (uint64_t)t->ret : (uint64_t)out->ret, (uint64_t)t->ret);
}

static void compare_fault(struct comparison *c, const struct engine *e, const struct nvt_event *ev)
{
	const struct nvt_fault *f = &ev->fault;
	const struct nvt_fault_truth *t = f->truth;
	const struct s2_outcome *out = &e->step.outcome;
	struct verify *v = c->v;

	if (t->has & NVT_TRUTH_CONTEXT)
		single(c, VERIFY_CONTEXT, VERIFY_COMPARED, "context", e->step.context, t->context);
	compare_syndrome(c, e, ev);
	compare_walk(c, out, t, v->own_leaf);
	compare_forward(c, out, t);
	compare_injection(c, out, t, v->own_leaf);
	compare_lookup(c, e, f, t);
	if (t->has & NVT_TRUTH_MAP)
		compare_mapping(c, e, t, v->own_backing);
	else if (out->kind == S2_MAPPED)
		single(c, VERIFY_SIZE, v->own_backing ? VERIFY_HOST_INPUT : VERIFY_COMPARED,
		       "bytes", out->map.size, 0);
	compare_relax(c, e, f, t);
	compare_mmio(c, out, t);
	compare_return(c, out, t);
}

/* ---- contexts and extents ---- */

static void compare_context(struct comparison *c, const struct engine *e,
			    const struct nvt_event *ev)
{
	const struct nvt_context *n = &ev->context;
	const struct s2_mmu *mmu = e->vcpus[ev->vcpu].mmu;

	if (!(n->flags & NVT_CONTEXT_TRUTH) || !mmu)
		return;
	begin(c, VERIFY_CONTEXT, VERIFY_COMPARED);
	value(c, "context", mmu->nested ? mmu->index : NVT_CANONICAL_CONTEXT, n->context);
	value(c, "stage 2 on", mmu->enabled, !!(n->flags & NVT_CONTEXT_S2_ENABLED));
	end(c);
}

static void miss_extents(struct verify *v, const struct nvt_event *ev)
{
	struct comparison c = {
		.v = v,
		.d = {.ordinal = v->extent_ordinal, .time_ns = ev->time_ns, .vcpu = ev->vcpu}};

	for (; v->extent_next < v->extent_count; v->extent_next++) {
		const struct engine_extent *x = &v->extents[v->extent_next];

		begin(&c, v->extent_field, VERIFY_COMPARED);
		value(&c, "context", x->context, NVT_CANONICAL_CONTEXT);
		value(&c, "start", x->start, 0);
		value(&c, "size", x->size, 0);
		end(&c);
	}
	v->other_mismatched += c.any_difference;
}

static void expect_extents(struct verify *v, const struct engine *e, const struct nvt_event *ev,
			   uint64_t ordinal)
{
	size_t count = e->step.extent_count;

	miss_extents(v, ev);
	if (count > v->extent_room) {
		void *p = realloc(v->extents, count * sizeof(*v->extents));

		if (!p) {
			v->out_of_memory = true;
			count = 0;
		} else {
			v->extents = p;
			v->extent_room = count;
		}
	}
	if (count)
		memcpy(v->extents, e->extents, count * sizeof(*v->extents));
	v->extent_count = count;
	v->extent_next = 0;
	v->extent_ordinal = ordinal;
	v->extent_field = ev->kind == NVT_TLBI ? VERIFY_TLBI_EXTENT : VERIFY_HOST_EXTENT;
}

/* Where none is waited for, an extent that comes belongs to what swept last. */
static void note_cause(struct verify *v, const struct engine *e, const struct nvt_event *ev)
{
	if (v->extent_next < v->extent_count)
		return;
	if (ev->kind == NVT_TLBI && e->step.tlbi >= S2_TLBI_IPA)
		v->extent_field = VERIFY_TLBI_EXTENT;
	else if (ev->kind == NVT_HOST_UNMAP || ev->kind == NVT_WRITE_PROTECT ||
		 ev->kind == NVT_SLOT)
		v->extent_field = VERIFY_HOST_EXTENT;
}

static void compare_extent(struct comparison *c, const struct nvt_extent *x)
{
	struct verify *v = c->v;
	struct engine_extent none = {.context = NVT_CANONICAL_CONTEXT}, *want = &none;

	if (v->extent_next < v->extent_count)
		want = &v->extents[v->extent_next++];
	begin(c, v->extent_field, VERIFY_COMPARED);
	value(c, "context", want->context, x->context);
	value(c, "start", want->start, x->start);
	value(c, "size", want->size, x->size);
	end(c);
}

/*
 * Reading the log protects the pages from the first to the last dirty one of
 * each word of 64, counted from the slot's base.
 */
static void compare_dirty(struct comparison *c, const struct engine *e,
			  const struct nvt_range *range)
{
	const struct s2_slot *slot =
		e->machine.port.slot((void *)&e->machine, (struct l1_ipa){range->base});
	uint64_t page = c->v->page_size, first, pages;

	/* Words of the log and of the slot must coincide. */
	if (!slot || !slot->log_dirty || slot->base.v % (64 * page) || range->size > 64 * page)
		return;
	pages = dirtylog_take(&c->v->dirty, range->base / page);
	first = range->base & ~(64 * page - 1);
	begin(c, VERIFY_DIRTY, VERIFY_COMPARED);
	value(c, "base", pages ? first + page * (uint64_t)__builtin_ctzll(pages) : 0, range->base);
	value(c, "end", pages ? first + page * (64 - (uint64_t)__builtin_clzll(pages)) : 0,
	      range->base + range->size);
	end(c);
}

void verify_after(struct verify *v, const struct engine *e, const struct nvt_event *ev,
		  uint64_t ordinal)
{
	struct comparison c = {.v = v,
			       .d = {.ordinal = ordinal, .time_ns = ev->time_ns, .vcpu = ev->vcpu}};

	if (e->class == NVT_PARTIAL) {
		v->faults += ev->kind == NVT_FAULT;
		return;
	}
	if (ev->kind == NVT_FAULT) {
		v->faults++;
		if (ev->fault.truth && e->step.delivered)
			compare_fault(&c, e, ev);
		note_change(v, e, ev);
		v->own_leaf = v->own_backing = false;
		v->compared += c.any_compared;
		v->mismatched += c.any_difference;
		return;
	}
	if (ev->kind == NVT_CONTEXT)
		compare_context(&c, e, ev);
	else if (ev->kind == NVT_EXTENT)
		compare_extent(&c, &ev->extent);
	else if (ev->kind == NVT_WRITE_PROTECT)
		compare_dirty(&c, e, &ev->range);
	else if (ev->kind == NVT_SLOT)
		dirtylog_clear(&v->dirty, ev->slot.base / v->page_size,
			       ev->slot.size / v->page_size);
	if (ev->kind == NVT_HOST_UNMAP || ev->kind == NVT_WRITE_PROTECT || ev->kind == NVT_SLOT ||
	    (ev->kind == NVT_EXTENT && v->extent_field == VERIFY_HOST_EXTENT))
		v->host_ns = ev->time_ns;
	note_cause(v, e, ev);
	if (e->options.staged && e->step.extent_count)
		expect_extents(v, e, ev, ordinal);
	v->other_mismatched += c.any_difference;
}

void verify_end(struct verify *v)
{
	struct nvt_event last = {0};

	miss_extents(v, &last);
}
