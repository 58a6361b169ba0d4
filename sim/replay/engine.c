/* SPDX-License-Identifier: GPL-2.0-only */
#include "engine.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "tally.h"
#include "watch.h"

/* ---- setup ---- */

static struct s2_config config_of(const struct nvt_machine *machine,
				  const struct engine_options *options)
{
	return (struct s2_config){
		.page_shift = machine->page_shift,
		.ipa_limit = machine->ipa_limit,
		.canonical_bits = machine->canonical_bits,
		.granules = machine->s2_granules,
		.lpa2 = machine->lpa2,
		.fwb = machine->fwb,
		.dic = machine->dic,
		.xnx = machine->xnx,
		.ttl = machine->ttl,
		.tlbirange = true,
		.tlbios = true,
		.xs = true,
		.ras = true,
		.vmid16 = true,
		.nisv_exits = machine->nisv_exits,
		.quirks = options->quirks,
		.policy = options->policy,
		.invalidation = options->invalidation,
	};
}

/* A slot that moves and begins to log at once unmaps and protects each context. */
#define EXTENTS_PER_CONTEXT 2

static bool init_machine(struct engine *e, unsigned int page_shift)
{
	if (!machine_init(&e->machine, page_shift))
		return false;
	e->machine.fold = e->options.fold;
	return true;
}

static bool allocate(struct engine *e, const struct nvt_machine *machine)
{
	/* 0 is "not known": then there is one. */
	uint16_t vcpus = machine->vcpu_count ? machine->vcpu_count : 1;
	uint16_t contexts = machine->context_count;
	uint32_t least = S2_CONTEXTS_PER_VCPU * (uint32_t)vcpus;
	struct s2_config cfg = config_of(machine, &e->options);

	if (contexts < least)
		contexts = (uint16_t)(least < NVT_CANONICAL_CONTEXT ? least
								    : NVT_CANONICAL_CONTEXT - 1);
	e->vcpu_count = vcpus;
	e->hw_af = machine->hw_af;
	e->vcpus = calloc(e->vcpu_count, sizeof(*e->vcpus));
	e->contexts = calloc(contexts, sizeof(*e->contexts));
	e->staged = calloc(contexts, sizeof(*e->staged));
	e->extents = calloc(contexts, EXTENTS_PER_CONTEXT * sizeof(*e->extents));
	return e->vcpus && e->contexts && e->staged && e->extents &&
	       metrics_init(&e->metrics, machine->page_shift, e->class) &&
	       init_machine(e, machine->page_shift) &&
	       s2_vm_init(&e->vm, &cfg, &e->machine.port, &e->machine, e->contexts, contexts);
}

/* Marked although not measured: what is measured later may be a consequence. */
static void on_dropped(void *arg, const struct s2_mmu *mmu, struct table_ipa start, uint64_t size)
{
	struct engine *e = arg;

	metrics_dropped(&e->metrics, mmu, start.v, size);
}

static void listen_to_drops(struct engine *e)
{
	e->machine.on_dropped = on_dropped;
	e->machine.on_dropped_arg = e;
}

static bool has_rmaps(const struct engine *e)
{
	return e->vm.cfg.invalidation->kind != S2_INVALIDATE_WHOLE;
}

struct engine *engine_new(const struct nvt_machine *machine, enum nvt_class class,
			  const struct engine_options *options)
{
	struct engine *e = calloc(1, sizeof(*e));
	uint16_t i;

	if (!e)
		return NULL;
	e->options = *options;
	e->class = class;
	e->measuring = !options->unmeasured;
	s2_digest_init(&e->digest);
	if (!allocate(e, machine)) {
		engine_free(e);
		return NULL;
	}
	for (i = 0; i < e->vcpu_count; i++)
		s2_vcpu_init(&e->vcpus[i], &e->vm);
	l1tables_init(&e->l1tables, &e->machine, &e->vm.cfg);
	e->metrics.shadow_start_level = e->contexts[0].table.start_level;
	if (has_rmaps(e))
		e->metrics.rmap_vm = &e->vm;
	listen_to_drops(e);
	if (options->check && !watch_start(e, machine)) {
		engine_free(e);
		return NULL;
	}
	return e;
}

void engine_free(struct engine *e)
{
	if (!e)
		return;
	if (e->check)
		watch_stop(e);
	l1tables_destroy(&e->l1tables);
	machine_destroy(&e->machine);
	metrics_destroy(&e->metrics);
	free(e->extents);
	free(e->staged);
	free(e->contexts);
	free(e->vcpus);
	free(e);
}

static bool clone_vm(struct engine *to, const struct engine *from)
{
	uint16_t contexts = from->vm.context_count, i;

	to->vcpus = calloc(from->vcpu_count, sizeof(*to->vcpus));
	to->contexts = calloc(contexts, sizeof(*to->contexts));
	to->staged = calloc(contexts, sizeof(*to->staged));
	to->extents = calloc(contexts, EXTENTS_PER_CONTEXT * sizeof(*to->extents));
	if (!to->vcpus || !to->contexts || !to->staged || !to->extents)
		return false;
	memcpy(to->staged, from->staged, contexts * sizeof(*to->staged));
	s2_vm_clone(&to->vm, &from->vm, &to->machine.port, &to->machine, to->contexts);
	for (i = 0; i < from->vcpu_count; i++)
		s2_vcpu_clone(&to->vcpus[i], &from->vcpus[i], &to->vm);
	return true;
}

/* Parts that own memory are cleared first: what fails half-way is freed as it is. */
struct engine *engine_clone(const struct engine *e)
{
	struct engine *to = has_rmaps(e) ? NULL : calloc(1, sizeof(*to));

	if (!to)
		return NULL;
	*to = *e;
	to->machine = (struct machine){0};
	to->metrics = (struct metrics){0};
	to->l1tables = (struct l1tables){0};
	to->vcpus = NULL;
	to->contexts = NULL;
	to->staged = NULL;
	to->extents = NULL;
	to->step.backing = NULL;
	to->step.outcome.filled = false;
	to->step.outcome.size = NULL;
	to->check = NULL;
	if (machine_clone(&to->machine, &e->machine) && metrics_clone(&to->metrics, &e->metrics) &&
	    clone_vm(to, e) &&
	    l1tables_clone(&to->l1tables, &e->l1tables, &to->machine, &to->vm.cfg) &&
	    (!e->check || watch_clone(to, e))) {
		listen_to_drops(to);
		return to;
	}
	engine_free(to);
	return NULL;
}

void engine_use(struct engine *e, const struct s2_policy *policy, const bool *undecided)
{
	e->options.policy = policy;
	e->options.undecided = undecided;
	e->vm.cfg.policy = policy;
}

enum engine_status engine_l1mem(struct engine *e, const struct nvt_word *words, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!machine_write(&e->machine, words[i].addr, words[i].value))
			return ENGINE_NOMEM;
	if (e->check)
		check_l1mem(e->check, words, count);
	return ENGINE_OK;
}

static enum engine_status bad_event(struct engine *e, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(e->problem, sizeof(e->problem), format, args);
	va_end(args);
	return ENGINE_BAD_EVENT;
}

/* ---- faults and touches ---- */

/* Faults are begun and, by engine_resume, gone on with: the former is hot, the latter rare. */
#define HOT_INLINE inline __attribute__((always_inline))

/* ESR_ELx (Arm ARM D24.2.40) */
#define ESR_EC		   (0x3full << 26)
#define ESR_EC_IABT	   (0x20ull << 26)
#define ESR_CM		   (1ull << 8)
#define ESR_S1PTW	   (1ull << 7)
#define ESR_WNR		   (1ull << 6)
#define ESR_FSC		   0x3full
#define ESR_FSC_CLASS	   0x3cull
#define ESR_FSC_PERMISSION 0x0cull

static bool mode_el0(uint64_t pstate)
{
	return (pstate & 0x1f) == 0 || (pstate & 0x1f) == 0x10;
}

static struct engine_access access_of(struct s2_vcpu *vcpu, const struct nvt_fault *f)
{
	return (struct engine_access){
		.vcpu = vcpu,
		.mmu = vcpu->mmu,
		.trap = {.esr = f->esr,
			 .far = f->far,
			 .hpfar = f->hpfar,
			 .pstate = f->pstate,
			 .s1_level = S2_NO_LEVEL},
		.ipa = {(f->hpfar & 0xfffffffffff0ull) << 8},
		.el0 = mode_el0(f->pstate),
	};
}

/* Whether a stage-2 leaf refuses the access, as the hardware sees it (Arm ARM D8.4). */
static bool leaf_refuses(const struct engine_access *a, uint64_t desc)
{
	struct s2_perm perm = s2_leaf_perm(desc);
	uint64_t esr = a->trap.esr;

	if (esr & ESR_S1PTW) /* a walk reads; its permission fault is an update that failed */
		return (esr & ESR_FSC_CLASS) == ESR_FSC_PERMISSION ? !perm.w : !perm.r;
	if ((esr & ESR_EC) == ESR_EC_IABT)
		return a->el0 ? !perm.x_el0 : !perm.x_el1;
	return (esr & ESR_WNR) && !(esr & ESR_CM) ? !perm.w : !perm.r;
}

/* FSC that hardware reports for the access with the tables as they are; 0: no fault. */
static uint8_t table_fsc(struct engine *e, const struct engine_access *a)
{
	uint64_t desc;
	int level;

	if (a->ipa.v >> a->mmu->table.input_bits)
		return 0x04;
	desc = s2_descriptor(&e->vm, a->mmu, a->ipa, &level);
	if (!s2_leaf_valid(desc))
		return (uint8_t)(0x04 | level);
	if (!s2_leaf_af(desc) && !e->hw_af)
		return (uint8_t)(0x08 | level);
	if (leaf_refuses(a, desc))
		return (uint8_t)(0x0c | level);
	if (!s2_leaf_af(desc))
		s2_make_young(&e->vm, a->mmu, a->ipa);
	return 0;
}

static bool has_mmu(const struct engine *e)
{
	return e->options.hw && e->options.hw->access;
}

/* The same, by hardware that is there. */
static inline uint8_t access_fsc(struct engine *e, const struct engine_access *a)
{
	uint8_t fsc = table_fsc(e, a);

	return has_mmu(e) ? e->options.hw->access(e->options.hw->arg, a, fsc) : fsc;
}

static enum metrics_scope scope_of(const struct s2_mmu *mmu)
{
	if (!mmu->nested)
		return SCOPE_CANONICAL;
	return mmu->enabled ? SCOPE_SHADOW : SCOPE_S2_OFF;
}

static void tell_fault(struct engine *e, const struct engine_access *a)
{
	struct check_fault f = {
		.vcpu = (uint16_t)(a->vcpu - e->vcpus),
		.context = e->step.context,
		.esr = a->trap.esr,
		.ipa = a->ipa.v,
		.el0 = a->el0,
	};

	watch_fault(e, f, &e->step.outcome);
}

/* An undecided fault is asked for again: the handler has done nothing but resume the guest. */
static bool is_undecided(const struct engine *e)
{
	return e->step.outcome.kind == S2_RETRY && e->options.undecided && *e->options.undecided;
}

static void handle(struct engine *e, const struct engine_access *a)
{
	const struct engine_hw *hw = e->options.hw;

	if (hw && hw->handle)
		hw->handle(hw->arg, a, &e->step.outcome);
	else
		s2_handle_abort_into(a->vcpu, &a->trap, &e->step.outcome);
}

/* Digests are of PAs as they were recorded. */
static void add_to_digest(struct engine *e)
{
	if (e->machine.fold.size && e->step.outcome.kind == S2_MAPPED)
		e->step.outcome.map.pa.v += e->machine.last_slide;
	s2_digest_outcome(&e->digest, &e->step.outcome);
}

/* False: the size rule did not decide, nothing has happened. */
static bool deliver(struct engine *e, const struct engine_access *a, const struct nvt_event *ev)
{
	struct engine_step *s = &e->step;
	enum metrics_scope scope = scope_of(a->mmu);
	struct metrics_leaves before = metrics_leaves(&a->mmu->table);

	e->machine.last_backing = NULL;
	handle(e, a);
	if (is_undecided(e))
		return false;
	s->delivered = true;
	if (e->check)
		tell_fault(e, a);
	s->backing = e->machine.last_backing;
	if (e->options.digest)
		add_to_digest(e);
	if (!e->measuring)
		return true;
	metrics_fault(&e->metrics, scope, a->mmu, a->ipa.v, &s->outcome);
	if (scope == SCOPE_CANONICAL || s->outcome.kind != S2_MAPPED)
		return true;
	if (e->tables_current)
		metrics_table_changed(&e->metrics, &before, &a->mmu->table, ev->time_ns);
	else
		metrics_tables(&e->metrics, &e->vm, ev->time_ns);
	e->tables_current = true;
	return true;
}

static void avoid(struct engine *e, const struct engine_access *a)
{
	e->step.avoided = true;
	if (e->measuring)
		e->metrics.avoided[scope_of(a->mmu)]++;
}

static void with_fsc(struct engine_access *a, uint8_t fsc)
{
	a->trap.esr = (a->trap.esr & ~ESR_FSC) | fsc;
}

/*
 * The stream goes on as it was recorded, whatever this policy did: where the
 * recorded hypervisor entered L1, the events that follow are L1's.
 */
static void follow_recording(struct engine *e, struct s2_vcpu *vcpu, bool was_hyp,
			     const struct nvt_fault_truth *t)
{
	bool recorded_hyp;

	if (!t)
		return;
	recorded_hyp = was_hyp || (t->has & NVT_TRUTH_INJECT);
	if (vcpu->hyp == recorded_hyp)
		return;
	if (recorded_hyp)
		s2_enter_l1(vcpu);
	else
		s2_enter_l2(vcpu);
	if (e->check)
		check_vcpu_runs(e->check, (uint16_t)(vcpu - e->vcpus), recorded_hyp);
}

/* Classes of fault that depend on the tables; the others come whatever is mapped. */
static bool depends_on_tables(const struct s2_syndrome *syn)
{
	return syn->fsc_class == S2_FSC_TRANSLATION || syn->fsc_class == S2_FSC_PERMISSION ||
	       syn->fsc_class == S2_FSC_ACCESS_FLAG;
}

static bool guest_resumes(const struct s2_outcome *out)
{
	return out->kind == S2_MAPPED || out->kind == S2_RELAXED || out->kind == S2_AF_SET ||
	       out->kind == S2_RETRY;
}

static enum engine_status recorded_fault(struct engine *e, struct engine_access *a,
					 const struct nvt_event *ev)
{
	struct s2_syndrome syn = s2_syndrome(&e->vm.cfg, a->trap.esr);
	bool was_hyp = a->vcpu->hyp, rewritten = false;

	if (depends_on_tables(&syn) && (a->trap.hpfar & S2_HPFAR_VALID)) {
		e->step.hw_fsc = access_fsc(e, a);
		if (!e->options.as_recorded && !e->step.hw_fsc) {
			avoid(e, a);
			follow_recording(e, a->vcpu, was_hyp, ev->fault.truth);
			return ENGINE_OK;
		}
		if (!e->options.as_recorded && e->step.hw_fsc != syn.fsc) {
			rewritten = true;
			with_fsc(a, e->step.hw_fsc);
		}
	}
	if (!deliver(e, a, ev))
		return ENGINE_UNDECIDED;
	/* What the access meets now, the stream tells in a fault of its own. */
	if (guest_resumes(&e->step.outcome) && e->step.hw_fsc && has_mmu(e))
		access_fsc(e, a);
	e->metrics.fsc_rewritten += rewritten && e->measuring;
	follow_recording(e, a->vcpu, was_hyp, ev->fault.truth);
	return ENGINE_OK;
}

/* A mapping may first come without the permission that the access needs (Q24). */
#define TOUCH_TRIES 4

/* The mapping just made admits the access: there is no need to look again. */
static bool serves(const struct engine *e, const struct engine_access *a,
		   const struct s2_outcome *out)
{
	return out->kind == S2_MAPPED && !leaf_refuses(a, out->map.pte) && !has_mmu(e);
}

static HOT_INLINE enum engine_status touch(struct engine *e, struct engine_access *a,
					   const struct nvt_event *ev)
{
	for (; e->tries < TOUCH_TRIES; e->tries++) {
		uint8_t fsc = access_fsc(e, a);

		if (!fsc)
			break;
		e->step.hw_fsc = fsc;
		with_fsc(a, fsc);
		if (!deliver(e, a, ev))
			return ENGINE_UNDECIDED;
		if (!guest_resumes(&e->step.outcome) || serves(e, a, &e->step.outcome))
			break;
	}
	if (!e->step.delivered)
		avoid(e, a);
	return ENGINE_OK;
}

static inline __attribute__((always_inline)) enum engine_status
take_fault(struct engine *e, struct s2_vcpu *vcpu, const struct nvt_event *ev)
{
	struct engine_access a = access_of(vcpu, &ev->fault);

	return ev->kind == NVT_TOUCH ? touch(e, &a, ev) : recorded_fault(e, &a, ev);
}

#define HCR_VM (1ull << 0)

/*
 * Without L1's tables and registers there is nothing to decide with: a partial trace tells who ran
 * (spec 8.2), and what was reflected, which is L2's in any case.
 */
static void count_recorded(struct engine *e, struct s2_vcpu *vcpu, const struct nvt_fault *f)
{
	bool injected = f->truth && (f->truth->has & NVT_TRUTH_INJECT);
	enum metrics_scope scope = vcpu->hyp		     ? SCOPE_CANONICAL
				   : vcpu->regs.hcr & HCR_VM ? SCOPE_SHADOW
							     : SCOPE_S2_OFF;

	if (injected)
		vcpu->hyp = true;
	if (!e->measuring)
		return;
	e->metrics.recorded_injected += injected;
	if (injected)
		e->metrics.recorded[SCOPE_SHADOW]++;
	else if (f->flags & NVT_FAULT_UNKNOWN_CONTEXT)
		e->metrics.recorded_unknown++;
	else
		e->metrics.recorded[scope]++;
}

static enum engine_status on_fault(struct engine *e, struct s2_vcpu *vcpu,
				   const struct nvt_event *ev)
{
	if (!vcpu->mmu) {
		e->tables_current = false;
		s2_vcpu_load(vcpu);
	}
	e->step.context = vcpu->mmu->nested ? vcpu->mmu->index : NVT_CANONICAL_CONTEXT;
	e->step.shadow = vcpu->mmu->enabled;
	if (ev->kind == NVT_TOUCH) {
		e->metrics.touches += e->measuring;
		e->tries = 0;
		return take_fault(e, vcpu, ev);
	}
	e->metrics.faults_recorded += e->measuring;
	if (e->class == NVT_PARTIAL)
		count_recorded(e, vcpu, &ev->fault);
	else
		return take_fault(e, vcpu, ev);
	return ENGINE_OK;
}

/* Which vCPU faults, and in which context, stands in the step already. */
enum engine_status engine_resume(struct engine *e, const struct nvt_event *ev)
{
	enum engine_status status = take_fault(e, &e->vcpus[ev->vcpu], ev);

	if (e->check && status == ENGINE_OK)
		check_after(e->check, ev);
	return status;
}

/* ---- contexts ---- */

static void note_extent(struct engine *e, uint16_t context, uint64_t start, uint64_t size)
{
	e->extents[e->step.extent_count++] = (struct engine_extent){context, start, size};
}

static enum engine_status on_context(struct engine *e, struct s2_vcpu *vcpu,
				     const struct nvt_event *ev)
{
	const struct nvt_context *c = &ev->context;
	bool hyp = c->flags & NVT_CONTEXT_HYP;
	struct engine_step *s = &e->step;

	if (e->class == NVT_PARTIAL) {
		vcpu->hyp = hyp;
		vcpu->regs.hcr = c->hcr;
		return ENGINE_OK;
	}
	if (!(c->flags & NVT_CONTEXT_NO_REGS))
		vcpu->regs = (struct s2_l1_regs){
			.vtcr = c->vtcr, .vttbr = c->vttbr, .hcr = c->hcr, .sctlr = c->sctlr};
	if (c->reason == NVT_PUT || c->reason == NVT_PUT_WFI) {
		s2_vcpu_put(vcpu, c->reason == NVT_PUT_WFI);
		return ENGINE_OK;
	}
	if (hyp || c->reason == NVT_EXCEPTION) {
		s2_enter_l1(vcpu);
		return ENGINE_OK;
	}
	/* A load keeps the context or finds it again: both are a lookup with these registers. */
	s->switched = true;
	s->sw = s2_enter_l2(vcpu);
	if (s->sw.emptied) {
		note_extent(e, s->sw.context, 0, 1ull << vcpu->mmu->table.input_bits);
		if (e->measuring)
			metrics_tables(&e->metrics, &e->vm, ev->time_ns);
	}
	return ENGINE_OK;
}

/* ---- L1's tables and invalidations ---- */

static enum engine_status on_l1_write(struct engine *e, const struct nvt_event *ev)
{
	return machine_write(&e->machine, ev->l1_write.addr, ev->l1_write.new_value) ? ENGINE_OK
										     : ENGINE_NOMEM;
}

#define SCTLR_EE (1ull << 25)

static enum engine_status on_l1_leaf(struct engine *e, const struct s2_vcpu *vcpu,
				     const struct nvt_event *ev)
{
	if (l1tables_set(&e->l1tables, &ev->l1_leaf, vcpu->regs.sctlr & SCTLR_EE))
		return ENGINE_OK;
	return bad_event(e, "L1's stage 2 (VTCR 0x%llx) has no entry at level %d",
			 (unsigned long long)ev->l1_leaf.vtcr, ev->l1_leaf.level);
}

/* Bytes that L1 asked to invalidate: the operand's size, or a page where it states none. */
static uint64_t bytes_asked(const struct engine *e, const struct s2_mmu *mmu,
			    enum s2_tlbi_kind kind, uint64_t xt, const struct s2_extent *extent)
{
	int level;
	uint64_t all = 0;

	switch (kind) {
	case S2_TLBI_IPA:
		if (e->vm.cfg.ttl && (xt >> 44 & 0xf))
			return extent->size;
		return 1ull << s2_l1_granule_shift(&e->vm.cfg, mmu->vtcr);
	case S2_TLBI_IPA_RANGE:
		return extent->size;
	default:
		for (level = 1; level < 4; level++)
			all += mmu->table.leaf_count[level]
			       << s2_level_shift(e->machine.page_shift, level);
		return all;
	}
}

static enum engine_status on_tlbi(struct engine *e, const struct nvt_event *ev)
{
	uint16_t op = ev->tlbi.op, i;
	enum s2_tlbi_kind kind =
		s2_tlbi_decode(&e->vm.cfg, op >> 11 & 7, op >> 7 & 15, op >> 3 & 15, op & 7);

	e->step.tlbi = kind;
	if (kind < S2_TLBI_IPA || e->class == NVT_PARTIAL)
		return ENGINE_OK;
	e->metrics.tlbi.count += e->measuring;
	for (i = 0; i < e->vm.context_count; i++) {
		struct s2_mmu *mmu = &e->contexts[i];
		struct s2_extent extent;
		struct s2_swept done;
		uint64_t asked;

		if (!s2_tlbi_matches(&e->vm, mmu, kind, ev->tlbi.vttbr))
			continue;
		extent = s2_tlbi_extent(&e->vm, mmu, kind, ev->tlbi.xt);
		if (extent.size)
			note_extent(e, i, extent.start.v, extent.size);
		asked = bytes_asked(e, mmu, kind, ev->tlbi.xt, &extent);
		done = s2_tlbi(&e->vm, mmu, kind, ev->tlbi.xt);
		if (e->measuring)
			metrics_sweep(&e->metrics.tlbi, asked, &done);
	}
	if (e->measuring)
		metrics_tables(&e->metrics, &e->vm, ev->time_ns);
	return ENGINE_OK;
}

/* ---- the host ---- */

static void sweep_context(struct engine *e, uint16_t i, enum engine_stage stage)
{
	struct s2_swept done;

	e->staged[i] = STAGE_NONE;
	if (stage == STAGE_PROTECT) {
		s2_context_protect(&e->vm, &e->contexts[i]);
	} else {
		done = s2_context_unmap(&e->vm, &e->contexts[i], (struct l1_ipa){e->staged_base},
					e->staged_size);
		if (e->measuring)
			metrics_sweep(&e->metrics.host_unmap, 0, &done);
	}
	if (e->check)
		check_host_done(e->check, i);
}

static void finish_stages(struct engine *e)
{
	uint16_t i;

	for (i = 0; i < e->vm.context_count; i++)
		if (e->staged[i] != STAGE_NONE)
			sweep_context(e, i, e->staged[i]);
}

/*
 * Every valid context is dealt with, one after the other. vCPUs run between
 * them, so where the recording tells when each one's turn came, wait for that.
 */
static void stage_contexts(struct engine *e, enum engine_stage stage, uint64_t base, uint64_t size)
{
	uint16_t i;

	finish_stages(e);
	e->staged_base = base;
	e->staged_size = size;
	for (i = 0; i < e->vm.context_count; i++) {
		if (!s2_mmu_valid(&e->contexts[i]))
			continue;
		note_extent(e, i, 0, 1ull << e->contexts[i].table.input_bits);
		e->staged[i] = stage;
	}
	if (!e->options.staged)
		finish_stages(e);
}

static enum engine_status on_extent(struct engine *e, const struct nvt_event *ev)
{
	uint16_t i = ev->extent.context;

	if (i >= e->vm.context_count || e->staged[i] == STAGE_NONE)
		return ENGINE_OK;
	if ((ev->extent.what == NVT_UNMAPPED) == (e->staged[i] == STAGE_UNMAP)) {
		sweep_context(e, i, e->staged[i]);
		if (e->measuring)
			metrics_tables(&e->metrics, &e->vm, ev->time_ns);
	}
	return ENGINE_OK;
}

static void tables_changed(struct engine *e, const struct nvt_event *ev)
{
	if (e->measuring)
		metrics_tables(&e->metrics, &e->vm, ev->time_ns);
}

static void host_unmap(struct engine *e, uint64_t base, uint64_t size)
{
	s2_canonical_unmap(&e->vm, (struct l1_ipa){base}, size);
	if (e->measuring) {
		e->metrics.host_unmap.count++;
		e->metrics.host_unmap.asked += size;
	}
	stage_contexts(e, STAGE_UNMAP, base, size);
}

static void write_protect(struct engine *e, uint64_t base, uint64_t size)
{
	s2_canonical_protect(&e->vm, (struct l1_ipa){base}, size);
	stage_contexts(e, STAGE_PROTECT, base, size);
}

static enum engine_status on_slot(struct engine *e, const struct nvt_event *ev)
{
	const struct nvt_slot *n = &ev->slot;
	struct machine_slot *old = machine_find_slot(&e->machine, n->id);
	bool logged = old && old->s2.log_dirty;
	struct s2_slot slot = {
		.base = {n->base},
		.size = n->size,
		.uaddr = {n->uaddr},
		.readonly = n->flags & NVT_SLOT_READONLY,
		.log_dirty = n->flags & NVT_SLOT_LOG,
		.guest_memfd = n->flags & NVT_SLOT_GUEST_MEMFD,
	};

	if (old && (n->change == NVT_SLOT_DELETE || n->change == NVT_SLOT_MOVE))
		host_unmap(e, old->s2.base.v, old->s2.size);
	tables_changed(e, ev);
	if (n->change == NVT_SLOT_DELETE) {
		machine_remove_slot(&e->machine, n->id);
		return ENGINE_OK;
	}
	if (!machine_set_slot(&e->machine, n->id, &slot))
		return bad_event(e, "more than %d memslots", MACHINE_SLOTS_MAX);
	if (slot.log_dirty && !logged)
		write_protect(e, n->base, n->size);
	return ENGINE_OK;
}

static enum engine_status on_backing(struct engine *e, const struct nvt_event *ev)
{
	const struct nvt_backing *n = &ev->backing;
	struct backing b = {
		.hva = n->hva,
		.size = n->size,
		.pa = n->pa,
		.user_leaf = n->leaf_shift ? 1ull << n->leaf_shift : 0,
		.vma_shift = n->vma_shift,
		.writable = n->flags & NVT_BACKING_WRITABLE,
		.device = n->flags & NVT_BACKING_DEVICE,
		.any_uncached = n->flags & NVT_BACKING_UNCACHED,
		.no_pa = n->flags & NVT_BACKING_NO_PA,
		.origin = n->origin,
	};

	if (!b.size || b.size - 1 > UINT64_MAX - b.hva)
		return bad_event(e, "a backing of 0 bytes, or beyond the last address");
	return backings_set(&e->machine.backings, &b) ? ENGINE_OK : ENGINE_NOMEM;
}

static enum engine_status on_lost(struct engine *e, const struct nvt_event *ev)
{
	if (ev->lost.count)
		e->metrics.lost += ev->lost.count;
	else
		e->metrics.lost_unknown++;
	return ENGINE_OK;
}

static enum engine_status process(struct engine *e, struct s2_vcpu *vcpu,
				  const struct nvt_event *ev)
{
	switch (ev->kind) {
	case NVT_FAULT:
	case NVT_TOUCH:
		return on_fault(e, vcpu, ev);
	case NVT_CONTEXT:
		return on_context(e, vcpu, ev);
	case NVT_L1_WRITE:
		return on_l1_write(e, ev);
	case NVT_L1_LEAF:
		return on_l1_leaf(e, vcpu, ev);
	case NVT_TLBI:
		return on_tlbi(e, ev);
	case NVT_HOST_UNMAP:
		host_unmap(e, ev->range.base, ev->range.size);
		tables_changed(e, ev);
		return ENGINE_OK;
	case NVT_HOST_AGE:
		s2_host_age(&e->vm, (struct l1_ipa){ev->range.base}, ev->range.size);
		return ENGINE_OK;
	case NVT_WRITE_PROTECT:
		write_protect(e, ev->range.base, ev->range.size);
		return ENGINE_OK;
	case NVT_SLOT:
		return on_slot(e, ev);
	case NVT_BACKING:
		return on_backing(e, ev);
	case NVT_LOST:
		return on_lost(e, ev);
	case NVT_EXTENT:
		return on_extent(e, ev);
	default:
		return ENGINE_OK;
	}
}

#define PREFETCH_AHEAD 16

enum engine_status engine_event(struct engine *e, const struct nvt_event *ev)
{
	enum engine_status status;

	if (ev->vcpu >= e->vcpu_count)
		return bad_event(e, "vCPU %u of %u", ev->vcpu, e->vcpu_count);
	/* Events were written by another thread, often on another CPU, whose cache has them. */
	__builtin_prefetch(ev + PREFETCH_AHEAD);
	memset(&e->step, 0, offsetof(struct engine_step, outcome));
	e->metrics.events += e->measuring;
	/* Touches alone change no table but that of their context. */
	if (!e->measuring || ev->kind != NVT_TOUCH)
		e->tables_current = false;
	if (e->check)
		check_before(e->check, ev, e->ordinal++);
	status = process(e, &e->vcpus[ev->vcpu], ev);
	if (e->check && status == ENGINE_OK)
		check_after(e->check, ev);
	/* To the handler it is an answer like any other; to a replay it is the end. */
	return e->machine.arena->refused ? ENGINE_NOMEM : status;
}

void engine_end(struct engine *e)
{
	const struct check_result *found;

	if (!e->check)
		return;
	check_end(e->check);
	found = check_result(e->check);
	e->metrics.unsound_pages = found->unsound_pages;
	e->metrics.checked = found->out_of_memory ? METRICS_CHECK_FAILED : METRICS_CHECKED;
}
