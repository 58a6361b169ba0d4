/* SPDX-License-Identifier: GPL-2.0-only */
/* The kinds that look at one stage of the path: walk, perm, size and the TLBI decoders. */
#include "names.h"
#include "vectors_internal.h"

static const json_t *expected(const struct vec_run *run)
{
	return json_object_get(run->vector, "expect");
}

static struct s2_syndrome trap_syndrome(const struct vec_run *run)
{
	return s2_syndrome(&run->cfg, vec_hex(json_object_get(run->vector, "trap"), "esr", 0));
}

static bool trap_el0(const struct vec_run *run)
{
	return !vec_bool(json_object_get(run->vector, "trap"), "priv", true);
}

/* Keys that mean nothing where `ruler` has the value it has; it must itself be compared. */
static void skip(const struct vec_run *run, json_t *got, const char *ruler, const char *const *keys)
{
	if (!json_object_get(expected(run), ruler))
		return;
	for (; *keys; keys++)
		vec_put_any(got, *keys);
}

/* ---- walk ---- */

static void describe_leaf(const struct s2_walk *w, json_t *got)
{
	vec_put_hex(got, "output", w->output.v);
	vec_put_hex(got, "size", w->leaf_size);
	vec_put_int(got, "level", w->level);
	vec_put_bool(got, "r", w->perm.r);
	vec_put_bool(got, "w", w->perm.w);
	vec_put_bool(got, "x_el0", w->perm.x_el0);
	vec_put_bool(got, "x_el1", w->perm.x_el1);
	vec_put_hex(got, "desc", w->desc);
}

enum vec_status vec_run_walk(struct vec_run *run, json_t *got)
{
	static const int ret_of[] = {[S2_WALK_OK] = 0,
				     [S2_WALK_FAULT] = 1,
				     [S2_WALK_FATAL] = -S2_EFAULT,
				     [S2_WALK_RETRY] = -11};
	static const char *const leaf_keys[] = {"output", "size",  "level", "r", "w",
						"x_el0",  "x_el1", "desc",  NULL};
	static const char *const esr_key[] = {"esr", NULL};
	struct s2_syndrome syn = trap_syndrome(run);
	struct s2_l1_regs regs = vec_regs(run->vector);
	struct l2_ipa ipa = {vec_hex(run->vector, "ipa", 0)};
	struct s2_walk w;

	run->machine.swap = vec_swap(run->vector);
	w = s2_walk(&run->vm, &regs, &syn, trap_el0(run), ipa);
	vec_put_int(got, "ret", ret_of[w.status]);
	if (w.status == S2_WALK_OK)
		describe_leaf(&w, got);
	else
		skip(run, got, "ret", leaf_keys);
	if (w.status == S2_WALK_FAULT || w.status == S2_WALK_FATAL)
		vec_put_hex(got, "esr", w.esr);
	else
		skip(run, got, "ret", esr_key);
	vec_put_int(got, "reads", w.reads);
	vec_put(got, "mem", vec_memory_json(run, json_object_get(expected(run), "mem")));
	return VEC_OK;
}

/* ---- perm ---- */

enum vec_status vec_run_perm(struct vec_run *run, json_t *got)
{
	static const char *const esr_key[] = {"esr", NULL};
	const json_t *leaf = json_object_get(run->vector, "leaf");
	struct s2_syndrome syn = trap_syndrome(run);
	uint64_t desc = vec_hex(leaf, "desc", 0);
	struct s2_walk walk = {
		.status = S2_WALK_OK,
		.level = (int8_t)vec_int(leaf, "level", 3),
		.desc = desc,
		.perm = s2_desc_perm(&run->cfg, desc),
	};
	struct s2_forward f = s2_permission_forward(&run->cfg, &syn, trap_el0(run), &walk);

	vec_put_bool(got, "forward", f.forward);
	if (f.forward)
		vec_put_hex(got, "esr", f.esr);
	else
		skip(run, got, "forward", esr_key);
	return VEC_OK;
}

/* ---- size ---- */

static bool is_power_of_two(uint64_t v)
{
	return v && !(v & (v - 1));
}

/* The member "nested": L1's leaf, or NULL for a fault of L1 itself. */
static enum vec_status read_nested(struct vec_run *run, struct s2_walk *walk, bool *shadow)
{
	const json_t *nested = json_object_get(run->vector, "nested");
	uint64_t size = vec_hex(nested, "size", 0), output = vec_hex(nested, "output", 0);

	*shadow = json_is_object(nested);
	if (!*shadow)
		return VEC_OK;
	if (!is_power_of_two(size) || size >> 48 || size < 1ull << run->cfg.page_shift)
		return vec_malformed(run->why, "nested.size", "not a size of a leaf");
	if ((output ^ vec_hex(run->vector, "ipa", 0)) & (size - 1))
		return vec_malformed(run->why, "nested.output", "not congruent with ipa");
	*walk = (struct s2_walk){.leaf_size = size, .output = {output}};
	return VEC_OK;
}

static enum vec_status read_policy(struct vec_run *run)
{
	const char *name = json_string_value(json_object_get(run->vector, "policy"));

	if (!name)
		return VEC_OK;
	run->vm.cfg.policy = policy_named(name);
	return run->vm.cfg.policy ? VEC_OK : vec_malformed(run->why, "policy", "no such policy");
}

/* The slot of the canonical IPA, the address in it, and what backs that. */
static enum vec_status read_place(struct vec_run *run, struct s2_fill *fill)
{
	const json_t *vma = json_object_get(run->vector, "vma");
	uint64_t page = 1ull << run->cfg.page_shift;
	const struct s2_slot *slot = &run->slots[0].s2;

	if (run->slot_count != 1)
		return vec_malformed(run->why, "slots", "not one");
	if (fill->ipa.v - slot->base.v >= slot->size)
		return vec_malformed(run->why, "ipa", "the canonical IPA is outside the slot");
	fill->slot = slot;
	fill->hva.v = vec_hex(run->vector, "hva",
			      slot->uaddr.v + ((fill->ipa.v & ~(page - 1)) - slot->base.v));
	if (fill->hva.v - slot->uaddr.v >= slot->size)
		return vec_malformed(run->why, "hva", "outside the slot");
	fill->backing = (struct s2_backing){
		.user_leaf = vec_hex(run->vector, "user_leaf", page),
		.vma_shift = (uint8_t)vec_int(vma, "shift", run->cfg.page_shift),
		.writable = true,
		.device = vec_bool(vma, "pfnmap", false),
		.mte_allowed = true,
	};
	if (fill->backing.vma_shift < run->cfg.page_shift)
		return vec_malformed(run->why, "vma.shift", "smaller than the host's page");
	if (fill->backing.user_leaf && !is_power_of_two(fill->backing.user_leaf))
		return vec_malformed(run->why, "user_leaf", "not the size of a host level");
	return VEC_OK;
}

static void describe_size(const struct vec_run *run, const struct s2_fill *fill,
			  const struct s2_size *s, json_t *got)
{
	static const char *const retry_keys[] = {"size", "addr", "pa_offset", NULL};
	static const char *const offset_key[] = {"pa_offset", NULL};

	vec_put(got, "action", json_string(s->out.retry ? "retry" : s->relax ? "relax" : "map"));
	if (s->out.retry) {
		skip(run, got, "action", retry_keys);
		return;
	}
	vec_put_hex(got, "size", s->out.size);
	vec_put_hex(got, "addr", s2_size_addr(s, fill->fault_ipa).v);
	if (s->relax)
		skip(run, got, "action", offset_key);
	else
		vec_put_hex(got, "pa_offset",
			    s2_size_canonical(s, fill->ipa).v - run->slots[0].s2.base.v);
}

enum vec_status vec_run_size(struct vec_run *run, json_t *got)
{
	struct s2_syndrome syn = trap_syndrome(run);
	uint64_t ipa = vec_hex(run->vector, "ipa", 0);
	struct s2_walk walk = {.status = S2_WALK_OK};
	bool shadow;
	struct s2_fill fill = {.syn = &syn, .fault_ipa = {ipa}, .ipa = {ipa}};
	enum vec_status status = read_nested(run, &walk, &shadow);
	struct s2_size size;

	if (status == VEC_OK && shadow) {
		fill.walk = &walk;
		fill.ipa = walk.output;
	}
	if (status == VEC_OK)
		status = read_policy(run);
	if (status == VEC_OK)
		status = read_place(run, &fill);
	if (status != VEC_OK)
		return status;
	size = s2_fault_size(&run->vm, &fill);
	describe_size(run, &fill, &size, got);
	return VEC_OK;
}

/* ---- TLBI ---- */

static struct s2_extent extent(struct vec_run *run, enum s2_tlbi_kind kind)
{
	return s2_tlbi_extent(&run->vm, run->vcpus[0].mmu, kind, vec_hex(run->vector, "xt", 0));
}

static void enter(struct vec_run *run)
{
	run->vcpus[0].regs = vec_regs(run->vector);
	s2_enter_l2(&run->vcpus[0]);
}

enum vec_status vec_run_tlbi_size(struct vec_run *run, json_t *got)
{
	enum vec_status status;
	struct s2_extent e;

	enter(run);
	status = vec_put_leaves(run, run->vcpus[0].mmu);
	if (status != VEC_OK)
		return status;
	e = extent(run, S2_TLBI_IPA);
	vec_put_hex(got, "start", e.start.v);
	vec_put_hex(got, "size", e.size);
	return VEC_OK;
}

enum vec_status vec_run_tlbi_range(struct vec_run *run, json_t *got)
{
	static const char *const start_key[] = {"start", NULL};
	struct s2_extent e;

	enter(run);
	e = extent(run, S2_TLBI_IPA_RANGE);
	vec_put_hex(got, "size", e.size);
	if (e.size)
		vec_put_hex(got, "start", e.start.v);
	else
		skip(run, got, "size", start_key);
	return VEC_OK;
}
