/* SPDX-License-Identifier: GPL-2.0-only */
#include "import/l1side.h"

#include <stdlib.h>
#include <string.h>

#include "import/l1table.h"

#define BADDR_MASK (((uint64_t)1 << 48) - 2)
#define VTTBR_CNP  ((uint64_t)1)

enum change { L1_FAULT, L1_MAP, L1_RELAX, L1_UNMAP, L1_PROTECT };

/* What L1 did, in its order. */
struct l1_event {
	uint64_t time_ns; /* of L1's clock */
	uint64_t ipa;
	uint64_t size; /* or end, or FAR of a fault */
	uint64_t pa;
	uint32_t esr; /* of a fault */
	int32_t pid;
	uint32_t prot;
	uint16_t vm;
	uint8_t what; /* enum change */
};

/* A VM of L1. */
struct l1_vm {
	struct imp_l1_table table;
	uint64_t kvm, mmu, root;
	uint64_t created_ns;  /* of L1's clock */
	uint64_t vttbr, vtcr; /* as the host sees them; vtcr 0: not seen */
};

struct imp_l1 {
	struct l1_vm *vms;
	size_t vm_count;
	struct l1_event *events;
	size_t event_count, event_room;
	size_t next;	   /* the event to come */
	uint64_t lost;	   /* records of L1's buffers */
	bool aligned;	   /* a fault of both has been met */
	int64_t offset_ns; /* of the host's clock, before L1's: the largest so far, as L1 is later
			    */
};

struct imp_l1 *imp_l1_new(void)
{
	return calloc(1, sizeof(struct imp_l1));
}

void imp_l1_free(struct imp_l1 *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->vm_count; i++)
		imp_l1_table_free(&l->vms[i].table);
	free(l->vms);
	free(l->events);
	free(l);
}

/* ---- L1's recording ---- */

static enum nvt_status take_vm(struct imp_builder *b, const struct imp_record *r)
{
	struct imp_l1 *l = b->l1;
	struct l1_vm *bigger;

	if (!(r->has >> IMP_PGD & r->has >> IMP_HWVTCR & 1))
		return imp_fail(b, NVT_EINPUT,
				"initmmu of L1 has no pgd or no vtcr: the table that "
				"the host walks cannot be told");
	if (l->vm_count == UINT16_MAX)
		return imp_fail(b, NVT_EINPUT, "L1 has more than %u VMs", UINT16_MAX);
	bigger = realloc(l->vms, (l->vm_count + 1) * sizeof(*bigger));
	if (!bigger)
		return imp_no_memory(b);
	l->vms = bigger;
	bigger += l->vm_count++;
	*bigger = (struct l1_vm){.kvm = r->v[IMP_KVM],
				 .mmu = r->v[IMP_MMU],
				 .root = r->v[IMP_PGD] & BADDR_MASK,
				 .created_ns = r->time_ns};
	if (!imp_l1_table_init(&bigger->table, r->v[IMP_HWVTCR]))
		return imp_fail(b, NVT_EINPUT, "initmmu of L1 has VTCR %#llx, which no table has",
				(unsigned long long)r->v[IMP_HWVTCR]);
	return NVT_OK;
}

/* The last VM of that context, or with that name: pointers are used again. -1: none. */
static int vm_of(const struct imp_l1 *l, const struct imp_record *r)
{
	for (size_t i = l->vm_count; i-- > 0;) {
		const struct l1_vm *vm = &l->vms[i];

		if ((r->has >> IMP_MMU & 1 && vm->mmu == r->v[IMP_MMU]) ||
		    (r->has >> IMP_KVM & 1 && vm->kvm == r->v[IMP_KVM]))
			return (int)i;
	}
	return -1;
}

static unsigned int page_shift(const struct l1_vm *vm)
{
	return vm->table.shape.granule_shift;
}

static struct l1_event *append(struct imp_l1 *l, const struct imp_record *r, enum change what)
{
	size_t room = l->event_room ? 2 * l->event_room : 1024;
	struct l1_event *e;

	if (l->event_count == l->event_room) {
		e = realloc(l->events, room * sizeof(*e));
		if (!e)
			return NULL;
		l->events = e;
		l->event_room = room;
	}
	e = &l->events[l->event_count++];
	*e = (struct l1_event){.time_ns = r->time_ns, .pid = r->pid, .what = (uint8_t)what};
	return e;
}

/* A call of KVM's mapper makes one leaf, or at worst the pages of a few. */
#define MAP_PAGES_MAX 512u

static bool is_mapping(const struct l1_vm *vm, const struct l1_event *e)
{
	uint64_t pages = e->size >> page_shift(vm);

	return pages && (pages <= MAP_PAGES_MAX ||
			 !((e->ipa | e->pa) & (e->size - 1) || e->size & (e->size - 1)));
}

static enum nvt_status take_change(struct imp_builder *b, const struct imp_record *r,
				   enum change what)
{
	int vm = vm_of(b->l1, r);
	struct l1_event *e;

	/* A VM whose creation is not there: its tables are not known. */
	if (vm < 0)
		return NVT_OK;
	e = append(b->l1, r, what);
	if (!e)
		return imp_no_memory(b);
	e->vm = (uint16_t)vm;
	e->ipa = r->v[IMP_ADDR];
	e->size = r->v[IMP_SIZE];
	e->pa = r->v[IMP_PHYS];
	e->prot = (uint32_t)r->v[IMP_PROT];
	if (what == L1_PROTECT)
		e->size = r->v[IMP_END] - e->ipa;
	if (r->event == IMP_EV_MMUN_UNMAP) {
		e->ipa = r->v[IMP_GFN] << page_shift(&b->l1->vms[vm]);
		e->size = (r->v[IMP_END] << page_shift(&b->l1->vms[vm])) - e->ipa;
	}
	if (what == L1_MAP && !is_mapping(&b->l1->vms[vm], e))
		return imp_fail(b, NVT_EINPUT, "no mapper makes %#llx bytes at %#llx at once",
				(unsigned long long)e->size, (unsigned long long)e->ipa);
	return NVT_OK;
}

static enum nvt_status take_fault(struct imp_builder *b, const struct imp_record *r)
{
	struct l1_event *e = append(b->l1, r, L1_FAULT);

	if (!e)
		return imp_no_memory(b);
	e->ipa = r->v[IMP_IPA];
	e->size = r->v[IMP_FAR];
	e->esr = (uint32_t)r->v[IMP_ESR];
	return NVT_OK;
}

enum nvt_status imp_l1_take(struct imp_builder *b, const struct imp_record *r)
{
	switch (r->event) {
	case IMP_EV_INITMMU:
		return take_vm(b, r);
	case IMP_EV_GUEST_FAULT:
		return take_fault(b, r);
	case IMP_EV_MAP:
		return take_change(b, r, L1_MAP);
	case IMP_EV_RELAX:
		return take_change(b, r, L1_RELAX);
	case IMP_EV_UNMAP_RANGE:
	case IMP_EV_MMUN_UNMAP:
		return take_change(b, r, L1_UNMAP);
	case IMP_EV_WP_RANGE:
		return take_change(b, r, L1_PROTECT);
	default:
		return NVT_OK;
	}
}

void imp_l1_lost(struct imp_l1 *l, uint64_t count)
{
	l->lost += count;
}

enum nvt_status imp_l1_ready(struct imp_builder *b)
{
	const struct imp_l1 *l = b->l1;
	size_t faults = 0;

	for (size_t i = 0; i < l->event_count; i++)
		faults += l->events[i].what == L1_FAULT;
	b->stats->l1_fault_count = faults;
	if (!l->vm_count)
		return imp_fail(b, NVT_EINPUT,
				"no VM is created in L1's recording (initmmu): it "
				"has to begin before L2 does");
	if (!faults)
		return imp_fail(b, NVT_EINPUT, "no fault (kvm_guest_fault) is in L1's recording");
	return NVT_OK;
}

/* ---- into the stream ---- */

struct telling {
	struct imp_builder *b;
	const struct l1_vm *vm;
	uint64_t time_ns;
	uint16_t host_vm; /* of the host: whose L1 this is */
	uint16_t vcpu;
};

static bool tell_entry(void *arg, uint64_t ipa, int level, uint64_t desc)
{
	const struct telling *t = arg;
	struct imp_entry *e;

	if (!t->vm->vtcr)
		return true;
	e = imp_append(t->b, t->host_vm, NVT_L1_LEAF, t->time_ns);
	if (!e)
		return false;
	e->event.vcpu = t->vcpu;
	e->event.l1_leaf = (struct nvt_l1_leaf){.ipa = ipa,
						.vttbr = t->vm->vttbr,
						.vtcr = t->vm->vtcr,
						.desc = desc,
						.level = (int8_t)level,
						.origin = NVT_GIVEN};
	return true;
}

static uint16_t number_of(const struct imp_vcpu *v)
{
	return v->index == IMP_NO_INDEX ? 0 : v->index;
}

static bool apply(struct imp_builder *b, const struct l1_event *e, uint64_t time_ns)
{
	struct l1_vm *vm = &b->l1->vms[e->vm];
	struct telling t = {
		.b = b, .vm = vm, .time_ns = time_ns, .host_vm = (uint16_t)b->chosen, .vcpu = 0};

	switch (e->what) {
	case L1_MAP:
		return imp_l1_map(&vm->table, e->ipa, e->size, e->pa, e->prot, tell_entry, &t);
	case L1_RELAX:
		return imp_l1_relax(&vm->table, e->ipa, e->prot, tell_entry, &t);
	case L1_UNMAP:
		return imp_l1_unmap(&vm->table, e->ipa, e->ipa + e->size, tell_entry, &t);
	case L1_PROTECT:
		return imp_l1_protect(&vm->table, e->ipa, e->ipa + e->size, tell_entry, &t);
	default:
		return true;
	}
}

/* Applies what comes next, up to `last`. */
static enum nvt_status apply_through(struct imp_builder *b, size_t last, uint64_t time_ns)
{
	struct imp_l1 *l = b->l1;

	for (; l->next <= last; l->next++) {
		b->stats->l1_change_count += l->events[l->next].what != L1_FAULT;
		if (!apply(b, &l->events[l->next], time_ns))
			return imp_no_memory(b);
	}
	return NVT_OK;
}

/* Tables can change only while L1 runs. */
static bool l1_runs(const struct imp_builder *b)
{
	for (size_t i = 0; i < b->vcpu_count; i++)
		if (b->vcpus[i].vm == b->chosen && b->vcpus[i].hyp != IMP_HYP_NO)
			return true;
	return false;
}

/*
 * How long ago that of L1 was, by the clocks as they were aligned last. L1 takes a fault after the
 * host has reflected it, so that of a fault that is the same this is not positive; but L1's clock
 * may have stood still in a pause.
 */
static int64_t since(const struct imp_l1 *l, uint64_t l1_ns, uint64_t time_ns)
{
	return (int64_t)(time_ns - l1_ns) - l->offset_ns;
}

enum nvt_status imp_l1_advance(struct imp_builder *b, uint64_t time_ns)
{
	struct imp_l1 *l = b->l1;
	enum nvt_status status = NVT_OK;

	while (l && l->aligned && l->next < l->event_count && status == NVT_OK) {
		const struct l1_event *e = &l->events[l->next];

		if (e->what == L1_FAULT || since(l, e->time_ns, time_ns) < 0 || !l1_runs(b))
			return NVT_OK;
		status = apply_through(b, l->next, time_ns);
	}
	return status;
}

static bool is_same(const struct l1_event *e, const struct imp_record *r)
{
	return e->what == L1_FAULT && e->esr == (uint32_t)r->v[IMP_ESR] &&
	       e->size == r->v[IMP_FAR] && e->ipa == (r->v[IMP_HPFAR] & 0xfffffffffff0ull) << 8;
}

/*
 * L1's next fault that this is. Faults of L1 that are older are not in the host's recording; if
 * the next one is yet to come, this one is not in L1's. Not yet aligned, only the first can be.
 */
static bool find_fault(const struct imp_l1 *l, const struct imp_record *r, size_t *found)
{
	for (size_t i = l->next; i < l->event_count; i++) {
		const struct l1_event *e = &l->events[i];

		if (e->what != L1_FAULT)
			continue;
		*found = i;
		if (is_same(e, r))
			return true;
		if (!l->aligned || since(l, e->time_ns, r->time_ns) <= 0)
			return false;
	}
	return false;
}

/* The one map, or relax, with which L1 serves a fault on the thread that took it. */
static size_t last_of_service(const struct imp_l1 *l, size_t fault)
{
	for (size_t i = fault + 1; i < l->event_count && l->events[i].what != L1_FAULT; i++)
		if (l->events[i].pid == l->events[fault].pid &&
		    (l->events[i].what == L1_MAP || l->events[i].what == L1_RELAX))
			return i;
	return fault;
}

enum nvt_status imp_l1_injected(struct imp_builder *b, const struct imp_vcpu *v,
				const struct imp_record *r)
{
	struct imp_l1 *l = b->l1;
	int64_t offset;
	size_t fault;

	if (!l || v->vm != b->chosen)
		return NVT_OK;
	if (!find_fault(l, r, &fault)) {
		b->stats->l1_unmatched_count++;
		return NVT_OK;
	}
	b->stats->l1_matched_count++;
	offset = (int64_t)(r->time_ns - l->events[fault].time_ns);
	if (!l->aligned || offset > l->offset_ns)
		l->offset_ns = offset;
	l->aligned = true;
	return apply_through(b, last_of_service(l, fault), r->time_ns);
}

void imp_l1_end(struct imp_builder *b)
{
	const struct imp_l1 *l = b->l1;

	if (!l)
		return;
	b->stats->l1_offset_ns = l->offset_ns;
	if (l->lost)
		imp_warn(b, "%llu records of L1 were lost: its tables are told without them",
			 (unsigned long long)l->lost);
	if (!b->stats->l1_matched_count)
		imp_warn(b,
			 "L1's recording was not used: its faults are not those that the "
			 "host reflects. It is of another run, or either lacks L2's first fault");
	else if (b->stats->l1_unmatched_count)
		imp_warn(b, "%llu reflected faults are not in L1's recording",
			 (unsigned long long)b->stats->l1_unmatched_count);
}

/* ---- which table is which ---- */

/* The newest VM that has been created by then: memory of a table is used again. */
static struct l1_vm *vm_of_root(struct imp_l1 *l, uint64_t vttbr, uint64_t time_ns)
{
	struct l1_vm *oldest = NULL;

	for (size_t i = l->vm_count; i-- > 0;) {
		struct l1_vm *vm = &l->vms[i];

		if (vm->root != (vttbr & BADDR_MASK))
			continue;
		oldest = vm;
		if (l->aligned && since(l, vm->created_ns, time_ns) >= 0)
			break;
	}
	return oldest;
}

enum nvt_status imp_l1_uses(struct imp_builder *b, const struct imp_vcpu *v, uint64_t vttbr,
			    uint64_t vtcr, uint64_t time_ns)
{
	struct l1_vm *vm = b->l1 && v->vm == b->chosen ? vm_of_root(b->l1, vttbr, time_ns) : NULL;
	struct telling t = {
		.b = b, .vm = vm, .time_ns = time_ns, .host_vm = v->vm, .vcpu = number_of(v)};

	vttbr &= ~VTTBR_CNP;
	if (!vm || (vm->vttbr == vttbr && vm->vtcr == vtcr))
		return NVT_OK;
	vm->vttbr = vttbr;
	vm->vtcr = vtcr;
	if (imp_leaves_complete(&b->leaves, vttbr, vtcr) &&
	    imp_l1_tell_all(&vm->table, tell_entry, &t))
		return NVT_OK;
	return imp_no_memory(b);
}
