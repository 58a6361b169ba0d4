/* SPDX-License-Identifier: GPL-2.0-only */
/* Kind seq: a VM taken through steps. */
#include <stdio.h>
#include <string.h>

#include "vectors_internal.h"

#define HCR_VM	(1ull << 0)
#define HCR_TEA (1ull << 37)

static struct s2_vcpu *vcpu_of(struct vec_run *run, const json_t *step)
{
	return &run->vcpus[vec_int(step, "vcpu", 0)];
}

/* ---- counting leaves ---- */

struct leaf_list {
	const struct vec_run *run;
	struct s2_mmu *mmu;
	uint64_t mask; /* bits that a leaf must have to count */
	int64_t count;
	json_t *list; /* or NULL */
};

static void describe_leaf(const struct leaf_list *l, struct table_ipa start, uint64_t size,
			  uint64_t desc)
{
	struct s2_prot prot = s2_leaf_prot(desc);
	json_t *leaf = json_object();

	vec_put_hex(leaf, "ipa", start.v);
	vec_put_hex(leaf, "size", size);
	vec_put_hex(leaf, "pa", s2_lookup(&l->run->vm, l->mmu, start).pa.v);
	vec_put_bool(leaf, "r", prot.perm.r);
	vec_put_bool(leaf, "w", prot.perm.w);
	vec_put_bool(leaf, "x_el0", prot.perm.x_el0);
	vec_put_bool(leaf, "x_el1", prot.perm.x_el1);
	vec_put_int(leaf, "tag", prot.tag);
	vec_put_bool(leaf, "af", s2_leaf_af(desc));
	json_array_append_new(l->list, leaf);
}

static void visit(void *arg, struct table_ipa start, int level, uint64_t size, uint64_t desc)
{
	struct leaf_list *l = arg;

	(void)level;
	if ((desc & l->mask) != l->mask)
		return;
	l->count++;
	if (l->list)
		describe_leaf(l, start, size, desc);
}

#define LEAF_VALID    1ull
#define LEAF_WRITABLE (LEAF_VALID | 1ull << 7)

static int64_t count_leaves(struct vec_run *run, struct s2_mmu *mmu, uint64_t mask)
{
	struct leaf_list l = {.run = run, .mmu = mmu, .mask = mask};

	s2_for_each_entry(&run->vm, mmu, visit, &l);
	return l.count;
}

static json_t *list_leaves(struct vec_run *run, struct s2_mmu *mmu)
{
	struct leaf_list l = {.run = run, .mmu = mmu, .mask = LEAF_VALID, .list = json_array()};

	s2_for_each_entry(&run->vm, mmu, visit, &l);
	return l.list;
}

/* Leaves of the canonical table and of each context. */
static void put_counts(struct vec_run *run, json_t *got, const char *key, uint64_t mask)
{
	json_t *list = json_array();
	int i;

	json_array_append_new(list, json_integer(count_leaves(run, &run->vm.canonical, mask)));
	for (i = 0; i < run->vm.context_count; i++)
		json_array_append_new(list,
				      json_integer(count_leaves(run, &run->contexts[i], mask)));
	vec_put(got, key, list);
}

/* ---- steps of a vCPU ---- */

static void describe_switch(const struct s2_switch *sw, json_t *got)
{
	vec_put_int(got, "ctx", sw->context);
	vec_put_bool(got, "hit", sw->hit);
	vec_put_bool(got, "emptied", sw->emptied);
}

enum vec_status vec_step_eret(struct vec_run *run, const json_t *step, json_t *got)
{
	struct s2_vcpu *vcpu = vcpu_of(run, step);
	struct s2_switch sw;

	vcpu->regs.vttbr = vec_hex(step, "vttbr", 0);
	vcpu->regs.vtcr = vec_hex(step, "vtcr", 0);
	vcpu->regs.hcr = vec_hex(step, "hcr", HCR_VM);
	sw = s2_enter_l2(vcpu);
	describe_switch(&sw, got);
	return VEC_OK;
}

enum vec_status vec_step_exit(struct vec_run *run, const json_t *step, json_t *got)
{
	(void)got;
	s2_enter_l1(vcpu_of(run, step));
	return VEC_OK;
}

enum vec_status vec_step_fault(struct vec_run *run, const json_t *step, json_t *got)
{
	struct s2_vcpu *vcpu = vcpu_of(run, step);
	struct s2_trap trap = {
		.esr = vec_hex(step, "esr", 0),
		.far = vec_hex(step, "far", 0),
		.hpfar = (vec_hex(step, "ipa", 0) >> 12) << 4 | S2_HPFAR_VALID,
		.pstate = vcpu->hyp			 ? 0x9
			  : vec_bool(step, "priv", true) ? 0x5
							 : 0x0,
		.s1_level = S2_NO_LEVEL,
	};

	vec_fault(run, vcpu, &trap, vec_swap(step), json_object_get(step, "expect"), got);
	return VEC_OK;
}

static enum s2_tlbi_kind tlbi_kind(const json_t *step)
{
	const char *insn = json_string_value(json_object_get(step, "insn"));

	if (!strcmp(insn, "ipas2e1is"))
		return S2_TLBI_IPA;
	if (!strcmp(insn, "ripas2e1is"))
		return S2_TLBI_IPA_RANGE;
	return !strcmp(insn, "alle1is") ? S2_TLBI_ALL : S2_TLBI_VMID;
}

static void describe_extent(const struct s2_mmu *mmu, const struct s2_extent *e, json_t *list)
{
	json_t *unmap = json_object();

	vec_put_int(unmap, "ctx", mmu->index);
	vec_put_hex(unmap, "start", e->start.v);
	vec_put_hex(unmap, "size", e->size);
	json_array_append_new(list, unmap);
}

enum vec_status vec_step_tlbi(struct vec_run *run, const json_t *step, json_t *got)
{
	struct s2_vcpu *vcpu = vcpu_of(run, step);
	enum s2_tlbi_kind kind = tlbi_kind(step);
	uint64_t xt = vec_hex(step, "xt", 0);
	json_t *list = json_array();
	int i;

	vcpu->regs.vttbr = vec_hex(step, "vttbr", vcpu->regs.vttbr);
	for (i = 0; i < run->vm.context_count; i++) {
		struct s2_mmu *mmu = &run->contexts[i];
		struct s2_extent e;

		if (!s2_tlbi_matches(&run->vm, mmu, kind, vcpu->regs.vttbr))
			continue;
		e = s2_tlbi_extent(&run->vm, mmu, kind, xt);
		if (e.size)
			describe_extent(mmu, &e, list);
		s2_tlbi(&run->vm, mmu, kind, xt);
	}
	vec_put(got, "unmap", list);
	put_counts(run, got, "leaves", LEAF_VALID);
	return VEC_OK;
}

enum vec_status vec_step_put(struct vec_run *run, const json_t *step, json_t *got)
{
	(void)got;
	s2_vcpu_put(vcpu_of(run, step), vec_bool(step, "wfi", false));
	return VEC_OK;
}

enum vec_status vec_step_load(struct vec_run *run, const json_t *step, json_t *got)
{
	struct s2_vcpu *vcpu = vcpu_of(run, step);
	struct s2_switch sw = s2_vcpu_load(vcpu);

	if (!vcpu->hyp)
		describe_switch(&sw, got);
	return VEC_OK;
}

/* ---- steps of memory and of the host ---- */

enum vec_status vec_step_write(struct vec_run *run, const json_t *step, json_t *got)
{
	(void)got;
	return machine_write(&run->machine, vec_hex(step, "addr", 0), vec_hex(step, "value", 0))
		       ? VEC_OK
		       : VEC_NO_MEMORY;
}

struct range {
	uint64_t base, size;
};

/* The part of a step's range that a slot covers; size 0: none. */
static struct range in_slot(const json_t *step, const struct s2_slot *slot)
{
	uint64_t base = vec_hex(step, "base", 0), last = base + (vec_hex(step, "size", 0) - 1);
	uint64_t slot_last = slot->base.v + (slot->size - 1);

	if (base > slot_last || last < slot->base.v)
		return (struct range){0};
	if (base < slot->base.v)
		base = slot->base.v;
	return (struct range){base, (last < slot_last ? last : slot_last) - base + 1};
}

enum vec_status vec_step_host_unmap(struct vec_run *run, const json_t *step, json_t *got)
{
	unsigned int i;

	for (i = 0; i < run->slot_count; i++) {
		struct range r = in_slot(step, &run->slots[i].s2);

		if (r.size)
			s2_host_unmap(&run->vm, (struct l1_ipa){r.base}, r.size);
	}
	put_counts(run, got, "leaves", LEAF_VALID);
	return VEC_OK;
}

enum vec_status vec_step_age(struct vec_run *run, const json_t *step, json_t *got)
{
	bool young = false;
	unsigned int i;

	for (i = 0; i < run->slot_count; i++) {
		struct range r = in_slot(step, &run->slots[i].s2);

		if (r.size)
			young |= s2_host_age(&run->vm, (struct l1_ipa){r.base}, r.size);
	}
	vec_put_bool(got, "young", young);
	return VEC_OK;
}

static struct vec_slot *slot_of(struct vec_run *run, const json_t *step)
{
	return &run->slots[vec_int(step, "slot", 0)];
}

enum vec_status vec_step_log(struct vec_run *run, const json_t *step, json_t *got)
{
	struct vec_slot *s = slot_of(run, step);
	bool on = vec_bool(step, "on", false);

	if (on != s->s2.log_dirty) {
		s->s2.log_dirty = on;
		s->log.count = 0;
		if (!vec_update_slot(run, (unsigned int)(s - run->slots)))
			return VEC_NO_MEMORY;
		if (on)
			s2_host_write_protect(&run->vm, s->s2.base, s->s2.size);
	}
	put_counts(run, got, "writable", LEAF_WRITABLE);
	return VEC_OK;
}

/* Protects again what lies between the first and the last dirty page of each 64. */
static void protect_dirty(struct vec_run *run, const struct vec_slot *s)
{
	unsigned int shift = run->cfg.page_shift;
	uint64_t first_gfn = s->s2.base.v >> shift;
	size_t from = 0, to;

	for (; from < s->log.count; from = to) {
		uint64_t group = (s->log.v[from] - first_gfn) / 64;

		for (to = from + 1; to < s->log.count; to++)
			if ((s->log.v[to] - first_gfn) / 64 != group)
				break;
		s2_host_write_protect(&run->vm, (struct l1_ipa){s->log.v[from] << shift},
				      (s->log.v[to - 1] - s->log.v[from] + 1) << shift);
	}
}

enum vec_status vec_step_log_read(struct vec_run *run, const json_t *step, json_t *got)
{
	struct vec_slot *s = slot_of(run, step);

	vec_put(got, "dirty", vec_gfns_json(&s->log));
	protect_dirty(run, s);
	s->log.count = 0;
	put_counts(run, got, "writable", LEAF_WRITABLE);
	return VEC_OK;
}

enum vec_status vec_step_backing(struct vec_run *run, const json_t *step, json_t *got)
{
	(void)got;
	return vec_set_backing(run, (unsigned int)vec_int(step, "slot", 0), step);
}

/* ---- what the tables of keys cannot say of a step ---- */

static const char *check_numbers(const struct vec_run *run, const json_t *step)
{
	uint64_t page = 1ull << run->cfg.page_shift;
	uint64_t base = vec_hex(step, "base", 0), size = vec_hex(step, "size", page);

	if (vec_int(step, "vcpu", 0) >= run->vcpu_count)
		return "no such vCPU";
	if (vec_int(step, "slot", 0) >= (int)run->slot_count)
		return "no such slot";
	if (!size || base + (size - 1) < base || (base | size) & (page - 1))
		return "the range is empty, wraps, or is not aligned to the host page";
	if (vec_hex(step, "addr", 0) % 8)
		return "addr is not a multiple of 8";
	if (vec_hex(step, "hcr", 0) & ~(HCR_VM | HCR_TEA))
		return "hcr has other bits than VM and TEA";
	return NULL;
}

/* A vCPU takes no step between put and load. */
static const char *check_schedule(const json_t *step, bool *out)
{
	const struct vec_op *op = vec_find_op(json_string_value(json_object_get(step, "op")));
	bool *v = &out[vec_int(step, "vcpu", 0)], load = op->run == vec_step_load;

	if (op->place == VEC_NO_VCPU)
		return NULL;
	if (load != *v)
		return load ? "the vCPU is not scheduled out" : "the vCPU is scheduled out";
	if (load || op->run == vec_step_put)
		*v = !load;
	return NULL;
}

static enum vec_status check_steps(struct vec_run *run, const json_t *steps)
{
	bool out[VEC_VCPUS_MAX] = {false};
	char where[32];
	size_t i;

	for (i = 0; i < json_array_size(steps); i++) {
		const json_t *step = json_array_get(steps, i);
		const char *error = check_numbers(run, step);

		if (!error)
			error = check_schedule(step, out);
		if (error) {
			snprintf(where, sizeof(where), "steps[%zu]", i);
			return vec_malformed(run->why, where, error);
		}
	}
	return VEC_OK;
}

/* eret and tlbi are L1's, exit is L2's: the handler's own injections decide who runs. */
static bool right_place(struct vec_run *run, const struct vec_op *op, const json_t *step)
{
	bool hyp = vcpu_of(run, step)->hyp;

	if (op->place != (hyp ? VEC_IN_L2 : VEC_IN_L1))
		return true;
	strcpy(run->diff.key, "op");
	run->diff.got = strdup(hyp ? "the vCPU in L1" : "the vCPU in L2");
	run->diff.expected = strdup(hyp ? "the vCPU in L2" : "the vCPU in L1");
	return false;
}

/* ---- the whole ---- */

static enum vec_status run_step(struct vec_run *run, const json_t *step)
{
	const struct vec_op *op = vec_find_op(json_string_value(json_object_get(step, "op")));
	const json_t *expect = json_object_get(step, "expect");
	enum vec_status status;
	json_t *got;

	if (!right_place(run, op, step)) {
		run->differs = true;
		return VEC_OK;
	}
	got = json_object();
	if (!got)
		return VEC_NO_MEMORY;
	status = op->run(run, step, got);
	if (status == VEC_OK && expect)
		run->differs = !vec_matches(expect, got, op->expect, &run->diff);
	json_decref(got);
	return status;
}

static json_t *describe_context(struct vec_run *run, struct s2_mmu *mmu)
{
	json_t *t = json_object();

	vec_put_int(t, "ctx", mmu->index);
	vec_put_bool(t, "valid", s2_mmu_valid(mmu));
	if (s2_mmu_valid(mmu)) {
		vec_put_hex(t, "vttbr", mmu->vttbr);
		vec_put_hex(t, "vtcr", mmu->vtcr);
		vec_put_bool(t, "s2", mmu->enabled);
	}
	vec_put_int(t, "refs", mmu->refs);
	vec_put(t, "leaves", list_leaves(run, mmu));
	vec_put_int(t, "pages", mmu->table.page_count);
	return t;
}

static void describe_end(struct vec_run *run, json_t *got)
{
	json_t *tables = json_array(), *canonical = json_object();
	int i;

	for (i = 0; i < run->vm.context_count; i++)
		json_array_append_new(tables, describe_context(run, &run->contexts[i]));
	vec_put(got, "tables", tables);
	vec_put(canonical, "leaves", list_leaves(run, &run->vm.canonical));
	vec_put_int(canonical, "pages", run->vm.canonical.table.page_count);
	vec_put(got, "canonical", canonical);
}

enum vec_status vec_run_seq(struct vec_run *run, json_t *got)
{
	const json_t *steps = json_object_get(run->vector, "steps");
	enum vec_status status = check_steps(run, steps);
	size_t i;

	for (i = 0; i < json_array_size(steps) && status == VEC_OK; i++) {
		run->step = (int)i;
		status = run_step(run, json_array_get(steps, i));
		if (run->differs)
			return status;
	}
	run->step = -1;
	if (status == VEC_OK)
		describe_end(run, got);
	return status;
}
