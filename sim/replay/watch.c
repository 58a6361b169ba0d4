/* SPDX-License-Identifier: GPL-2.0-only */
#include "watch.h"

#include "arena.h"

/* ---- what the checker asks ---- */

static struct check_context context_now(void *arg, uint16_t i)
{
	const struct engine *e = arg;
	const struct s2_mmu *mmu =
		i == NVT_CANONICAL_CONTEXT ? &e->vm.canonical : &e->vm.contexts[i];

	return (struct check_context){
		.root = mmu->table.root.v,
		.start_level = mmu->table.start_level,
		.input_bits = mmu->table.input_bits,
		.valid = !mmu->nested || s2_mmu_valid(mmu),
		.enabled = mmu->enabled,
		.vttbr = mmu->vttbr,
		.vtcr = mmu->vtcr,
	};
}

static struct check_view view_of(struct engine *e)
{
	return (struct check_view){
		.tables = e->machine.port.tables,
		.tables_pa = e->machine.port.tables_pa.v,
		.tables_size = e->machine.arena->size,
		.context_count = e->vm.context_count,
		.fold = e->machine.fold,
		.context = context_now,
		.arg = e,
	};
}

/* ---- what the handler does to the machine ---- */

static void on_tlb(void *arg, const struct s2_mmu *mmu, enum s2_tlb_op op, struct table_ipa ipa,
		   uint64_t size)
{
	static const enum check_tlb op_of[] = {
		[S2_TLB_IPA] = CHECK_TLB_BREAK,
		[S2_TLB_PERMS] = CHECK_TLB_RAISE,
		[S2_TLB_RANGE] = CHECK_TLB_REMOVE,
		[S2_TLB_S1] = CHECK_TLB_STAGE1,
	};

	check_tlb(arg, mmu->nested ? mmu->index : NVT_CANONICAL_CONTEXT, op_of[op], ipa.v, size);
}

static void on_table(void *arg, bool taken, struct host_pa pa, uint64_t size)
{
	if (taken)
		check_table_taken(arg, pa.v, size);
	else
		check_table_freed(arg, pa.v, size);
}

static void on_dirty(void *arg, const struct s2_slot *slot, struct l1_ipa addr)
{
	(void)slot;
	check_dirty(arg, addr.v);
}

/* All that the handler writes in L1's memory is access flags. */
static void on_swap(void *arg, struct l1_ipa addr, uint64_t word)
{
	check_access_flag(arg, addr.v, word);
}

static void listen(struct engine *e)
{
	struct machine *m = &e->machine;

	m->on_tlb = on_tlb;
	m->on_table = on_table;
	m->on_dirty = on_dirty;
	m->on_swap = on_swap;
	m->on_tlb_arg = m->on_table_arg = m->on_dirty_arg = m->on_swap_arg = e->check;
}

/* Root tables are older than the checker. */
static void tell_root(struct engine *e, const struct s2_table *t)
{
	check_table_taken(e->check, t->root.v, (uint64_t)t->page_count << e->machine.page_shift);
}

bool watch_start(struct engine *e, const struct nvt_machine *machine)
{
	struct check_view view = view_of(e);
	uint16_t i;

	e->check = check_new(machine, e->class, e->options.check, &view);
	if (!e->check)
		return false;
	tell_root(e, &e->vm.canonical.table);
	for (i = 0; i < e->vm.context_count; i++)
		tell_root(e, &e->vm.contexts[i].table);
	listen(e);
	return true;
}

bool watch_clone(struct engine *e, const struct engine *from)
{
	struct check_view view = view_of(e);

	e->check = check_clone(from->check, &view);
	if (!e->check)
		return false;
	e->ordinal = from->ordinal;
	listen(e);
	return true;
}

void watch_stop(struct engine *e)
{
	check_free(e->check);
	e->check = NULL;
}

/* ---- faults ---- */

/* Other exceptions than stage-2 faults may be L1's to take, too. */
static bool left_l2(const struct engine *e, const struct check_fault *f)
{
	return f->context != NVT_CANONICAL_CONTEXT && f->did != CHECK_DID_INJECT &&
	       e->vcpus[f->vcpu].hyp;
}

/* A mapping of many pages that ends early leaves those that it has written. */
static bool began_to_map(const struct s2_outcome *out)
{
	return out->filled && !out->size->out.retry;
}

void watch_fault(struct engine *e, struct check_fault f, const struct s2_outcome *out)
{
	switch (out->kind) {
	case S2_MAPPED:
	case S2_RELAXED:
		f.did = out->kind == S2_MAPPED ? CHECK_DID_MAP : CHECK_DID_RELAX;
		f.addr = out->map.addr.v;
		f.size = out->map.size;
		break;
	case S2_RETRY:
	case S2_ERROR:
		f.did = CHECK_DID_OTHER;
		if (!began_to_map(out))
			break;
		f.did = CHECK_DID_TRY;
		f.addr = out->map.addr.v;
		f.size = out->map.size;
		break;
	case S2_INJECTED:
		f.did = CHECK_DID_INJECT;
		f.inject_esr = (uint32_t)out->inject.esr;
		break;
	default:
		f.did = CHECK_DID_OTHER;
		break;
	}
	check_fault(e->check, &f);
	if (left_l2(e, &f))
		check_vcpu_runs(e->check, f.vcpu, true);
}
