/* SPDX-License-Identifier: GPL-2.0-only */
/* Kind abort: one fault of L2 through the whole handler. */
#include "vectors_internal.h"

static const char *const outcome_name[S2_OUTCOME_COUNT] = {
	[S2_MAPPED] = "mapped",
	[S2_RELAXED] = "relaxed",
	[S2_INJECTED] = "injected",
	[S2_INJECTED_SEA] = "injected_sea",
	[S2_INJECTED_SIZE] = "injected_size",
	[S2_INJECTED_EXCL] = "injected_excl",
	[S2_INJECTED_SERROR] = "injected_serror",
	[S2_MMIO] = "mmio",
	[S2_EXIT_NISV] = "nisv",
	[S2_EXIT_LDST64B] = "ldst64b",
	[S2_EXIT_SEA] = "sea",
	[S2_EXIT_MEMORY_FAULT] = "memory_fault",
	[S2_SKIPPED] = "skipped",
	[S2_AF_SET] = "af_set",
	[S2_RETRY] = "retry",
	[S2_ERROR] = "error",
};

static void describe_injection(const struct s2_outcome *out, json_t *got)
{
	const struct s2_injection *i = &out->inject;

	vec_put_int(got, "el", i->el);
	vec_put_hex(got, "esr", i->esr);
	if (out->kind != S2_INJECTED_SERROR)
		vec_put_hex(got, "far", i->far);
	if (i->has_hpfar)
		vec_put_hex(got, "hpfar", i->hpfar);
}

/* The leaf is read back from the table: what the outcome says of it is not trusted. */
static void describe_map(struct vec_run *run, struct s2_mmu *mmu, const struct s2_outcome *out,
			 json_t *got)
{
	struct s2_leaf leaf = s2_lookup(&run->vm, mmu, out->map.addr);
	struct s2_prot prot = s2_leaf_prot(leaf.desc);
	json_t *map = json_object();

	vec_put_hex(map, "addr", out->map.addr.v);
	vec_put_hex(map, "size", out->map.size);
	if (out->kind == S2_MAPPED)
		vec_put_hex(map, "pa", leaf.pa.v);
	else
		vec_put_any(map, "pa");
	vec_put_bool(map, "r", prot.perm.r);
	vec_put_bool(map, "w", prot.perm.w);
	vec_put_bool(map, "x_el0", prot.perm.x_el0);
	vec_put_bool(map, "x_el1", prot.perm.x_el1);
	vec_put_int(map, "tag", prot.tag);
	vec_put_hex(map, "pte", leaf.desc);
	vec_put(got, "map", map);
}

static void describe_mmio(const struct s2_outcome *out, json_t *got)
{
	json_t *mmio = json_object();

	vec_put_hex(mmio, "addr", out->mmio.addr.v);
	vec_put_int(mmio, "len", out->mmio.len);
	vec_put_bool(mmio, "write", out->mmio.write);
	vec_put(got, "mmio", mmio);
}

static void describe_exit(const struct s2_outcome *out, json_t *got)
{
	json_t *exit = json_object();

	vec_put_hex(exit, "esr_iss", out->mmio.esr_iss);
	vec_put_hex(exit, "ipa", out->mmio.addr.v);
	vec_put(got, "exit", exit);
}

static void describe(struct vec_run *run, struct s2_mmu *mmu, const struct s2_outcome *out,
		     json_t *got)
{
	switch (out->kind) {
	case S2_MAPPED:
	case S2_RELAXED:
		describe_map(run, mmu, out, got);
		break;
	case S2_INJECTED:
	case S2_INJECTED_SEA:
	case S2_INJECTED_SIZE:
	case S2_INJECTED_EXCL:
	case S2_INJECTED_SERROR:
		describe_injection(out, got);
		break;
	case S2_MMIO:
		describe_mmio(out, got);
		break;
	case S2_EXIT_NISV:
	case S2_EXIT_LDST64B:
		describe_exit(out, got);
		break;
	default:
		break;
	}
}

void vec_fault(struct vec_run *run, struct s2_vcpu *vcpu, const struct s2_trap *trap,
	       enum machine_swap swap, const json_t *expect, json_t *got)
{
	struct s2_mmu *mmu = vcpu->mmu; /* an injection changes the vCPU's */
	struct s2_outcome out;

	run->machine.swap = swap;
	run->marked.count = 0;
	out = s2_handle_abort(vcpu, trap);
	vec_put(got, "outcome", json_string(outcome_name[out.kind]));
	vec_put_int(got, "ret", out.ret);
	describe(run, mmu, &out, got);
	vec_put(got, "dirty", vec_gfns_json(&run->marked));
	vec_put(got, "mem", vec_memory_json(run, json_object_get(expect, "mem")));
}

#define HCR_TGE (1ull << 27) /* fixed to 0 by the format */

enum vec_status vec_run_abort(struct vec_run *run, json_t *got)
{
	const json_t *t = json_object_get(run->vector, "trap");
	uint64_t ipa = vec_hex(run->vector, "ipa", 0);
	struct s2_vcpu *vcpu = &run->vcpus[0];
	struct s2_trap trap = {
		.esr = vec_hex(t, "esr", 0),
		.far = vec_hex(t, "far", 0),
		.hpfar = vec_hex(t, "hpfar", (ipa >> 12) << 4),
		.pstate = vec_bool(t, "priv", true) ? 0x5 : 0x0, /* EL1h, EL0t */
		.s1_level = S2_NO_LEVEL,
	};
	enum vec_status status;

	if (trap.hpfar & S2_HPFAR_VALID)
		return vec_malformed(run->why, t ? "trap.hpfar" : "ipa", "bit 63 is set");
	trap.hpfar |= S2_HPFAR_VALID;
	vcpu->regs = vec_regs(run->vector);
	if (vcpu->regs.hcr & HCR_TGE)
		return vec_malformed(run->why, "regs.hcr", "TGE is set");
	s2_enter_l2(vcpu);
	status = vec_put_leaves(run, vcpu->mmu);
	if (status != VEC_OK)
		return status;
	vec_fault(run, vcpu, &trap, vec_swap(run->vector), json_object_get(run->vector, "expect"),
		  got);
	return VEC_OK;
}
