/* SPDX-License-Identifier: GPL-2.0-only */
/* Who is who: VMs by struct kvm, contexts by their pointers, vCPUs by pointer and thread. */
#include <stdlib.h>
#include <string.h>

#include "import/build.h"

/* Key spaces of vcpu_of */
enum { BY_POINTER, BY_THREAD };

#define TG0(vtcr) ((vtcr) >> 14 & 3)

uint8_t imp_page_shift(const struct imp_vm *vm)
{
	static const uint8_t shift[4] = {12, 16, 14, 16};
	uint64_t vtcr = vm->canonical_vtcr ? vm->canonical_vtcr : vm->nested_vtcr;

	return vtcr || !vm->page_shift ? shift[TG0(vtcr)] : vm->page_shift;
}

bool imp_page_known(const struct imp_vm *vm)
{
	return vm->canonical_vtcr || vm->nested_vtcr || vm->page_shift;
}

void imp_note_vtcr(struct imp_vm *vm, bool canonical, uint64_t vtcr)
{
	if (canonical)
		vm->canonical_vtcr = vtcr;
	else
		vm->nested_vtcr = vtcr;
}

static struct imp_vm *new_vm(struct imp_builder *b, uint64_t kvm)
{
	struct imp_vm *bigger = realloc(b->vms, (b->vm_count + 1) * sizeof(*bigger));
	uint64_t *index;

	if (!bigger)
		return NULL;
	b->vms = bigger;
	index = imp_map_put(&b->vm_of, kvm, 0);
	if (!index)
		return NULL;
	b->vms[b->vm_count] = (struct imp_vm){.kvm = kvm, .page_shift = b->page_shift};
	if (kvm && kvm == b->options->vm)
		b->chosen = (uint32_t)b->vm_count;
	*index = ++b->vm_count;
	return &b->vms[b->vm_count - 1];
}

static enum nvt_status find_vm(struct imp_builder *b, uint64_t kvm, uint16_t *vm)
{
	const uint64_t *index = imp_map_get(&b->vm_of, kvm, 0);

	if (b->vm_count >= IMP_ANY_VM)
		return imp_fail(b, NVT_EINPUT, "more than %u VMs", IMP_ANY_VM);
	if (!index && !new_vm(b, kvm))
		return imp_no_memory(b);
	index = imp_map_get(&b->vm_of, kvm, 0);
	*vm = (uint16_t)(*index - 1);
	return NVT_OK;
}

/* A VM that the host's events have named, and of which nothing else is known. */
static bool is_bare_name(const struct imp_builder *b, const struct imp_vm *v)
{
	return v->kvm && !v->canonical && !v->late && (!b->options->vm || v->kvm == b->options->vm);
}

static enum nvt_status tie(struct imp_builder *b, uint64_t kvm, size_t vm)
{
	uint64_t *index = imp_map_put(&b->vm_of, kvm, 0);

	if (!index)
		return imp_no_memory(b);
	*index = vm + 1;
	b->vms[vm].late = true;
	return NVT_OK;
}

#define UNTIED "the host's events name several VMs, and none says which of them runs"

/*
 * A recording that began late shows contexts by pointers that nothing ties to
 * a struct kvm, while the host's events name that alone. One of each: they
 * are the same VM. This is for a context that comes after the names.
 */
static enum nvt_status tie_to_name(struct imp_builder *b)
{
	size_t names = 0;
	size_t vm = 0;

	for (size_t i = 0; i < b->vm_count; i++) {
		if (!is_bare_name(b, &b->vms[i]))
			continue;
		vm = i;
		names++;
	}
	if (names == 1)
		return tie(b, 0, vm);
	if (names)
		imp_warn(b, UNTIED);
	return NVT_OK;
}

/* The same for a name that comes after the contexts. What a second one brings is left out. */
static enum nvt_status tie_name(struct imp_builder *b, uint64_t kvm, size_t nameless)
{
	bool taken = b->vms[nameless].kvm;

	if (b->options->vm && b->options->vm != kvm)
		return NVT_OK;
	for (size_t i = 0; i < b->vm_count; i++)
		taken |= is_bare_name(b, &b->vms[i]);
	if (taken) {
		imp_warn(b, UNTIED);
		return NVT_OK;
	}
	b->vms[nameless].kvm = kvm;
	if (b->options->vm)
		b->chosen = (uint32_t)nameless;
	return tie(b, kvm, nameless);
}

enum nvt_status imp_vm_of_kvm(struct imp_builder *b, uint64_t kvm, uint16_t *vm)
{
	const uint64_t *nameless = imp_map_get(&b->vm_of, 0, 0);
	enum nvt_status status = NVT_OK;

	if (!imp_map_get(&b->vm_of, kvm, 0)) {
		if (!kvm)
			status = tie_to_name(b);
		else if (nameless)
			status = tie_name(b, kvm, (size_t)*nameless - 1);
	}
	return status == NVT_OK ? find_vm(b, kvm, vm) : status;
}

const struct imp_mmu *imp_mmu_find(const struct imp_builder *b, uint64_t mmu)
{
	return imp_map_get(&b->mmu_of, mmu, 0);
}

static enum nvt_status set_mmu(struct imp_builder *b, uint64_t mmu, uint16_t vm, uint16_t context)
{
	struct imp_mmu *m = imp_map_put(&b->mmu_of, mmu, 0);

	if (!m)
		return imp_no_memory(b);
	*m = (struct imp_mmu){.vm = vm, .context = context};
	return NVT_OK;
}

/*
 * KVM makes nested contexts two at a time, in one array that it may move when
 * it grows (spec 7.1). The older ones moved with it, and no event says so.
 */
static enum nvt_status move_contexts(struct imp_builder *b, uint16_t vm, uint64_t mmu)
{
	const struct imp_vm *v = &b->vms[vm];
	enum nvt_status status = NVT_OK;

	for (uint16_t i = 0; i < v->context_count && status == NVT_OK; i++)
		status = set_mmu(b, mmu - (uint64_t)(v->context_count - i) * v->mmu_stride, vm, i);
	return status;
}

#define MMU_STRIDE_MAX 65536u

static enum nvt_status nested_created(struct imp_builder *b, uint16_t vm, uint64_t mmu)
{
	struct imp_vm *v = &b->vms[vm];
	bool new_pair = v->context_count && v->context_count % 2 == 0;
	enum nvt_status status;

	if (v->context_count >= IMP_CONTEXT_UNKNOWN)
		return imp_fail(b, NVT_EINPUT, "more than %u contexts", IMP_CONTEXT_UNKNOWN);
	if (v->context_count == 1 && mmu - v->last_mmu < MMU_STRIDE_MAX)
		v->mmu_stride = mmu - v->last_mmu;
	if (new_pair && v->mmu_stride && mmu != v->last_mmu + v->mmu_stride) {
		status = move_contexts(b, vm, mmu);
		if (status != NVT_OK)
			return status;
	}
	v->last_mmu = mmu;
	return set_mmu(b, mmu, vm, v->context_count++);
}

enum nvt_status imp_mmu_created(struct imp_builder *b, uint64_t kvm, uint64_t mmu, uint64_t vtcr)
{
	enum nvt_status status;
	bool canonical;
	uint16_t vm = 0;

	status = find_vm(b, kvm, &vm);
	if (status != NVT_OK)
		return status;
	/* The same VM is made again: an address was used twice. */
	if (b->vms[vm].canonical == mmu) {
		if (!new_vm(b, kvm))
			return imp_no_memory(b);
		vm = (uint16_t)(b->vm_count - 1);
	}
	/* The first context of a VM is its own (doc/probes.md). */
	canonical = !b->vms[vm].canonical && !b->vms[vm].late;
	imp_note_vtcr(&b->vms[vm], canonical, vtcr);
	if (!canonical)
		return nested_created(b, vm, mmu);
	b->vms[vm].canonical = mmu;
	return set_mmu(b, mmu, vm, NVT_CANONICAL_CONTEXT);
}

enum nvt_status imp_mmu_used(struct imp_builder *b, uint64_t mmu, bool canonical,
			     struct imp_mmu *found)
{
	const struct imp_mmu *m = imp_mmu_find(b, mmu);
	enum nvt_status status;
	uint16_t vm = 0;

	if (!m) {
		status = imp_vm_of_kvm(b, 0, &vm);
		if (status != NVT_OK)
			return status;
		if (b->vms[vm].context_count >= IMP_CONTEXT_UNKNOWN)
			return imp_fail(b, NVT_EINPUT, "more than %u contexts",
					IMP_CONTEXT_UNKNOWN);
		status = set_mmu(b, mmu, vm,
				 canonical ? NVT_CANONICAL_CONTEXT : b->vms[vm].context_count++);
		if (status != NVT_OK)
			return status;
		m = imp_mmu_find(b, mmu);
	}
	*found = *m;
	return NVT_OK;
}

static struct imp_vcpu *new_vcpu(struct imp_builder *b, uint64_t *index)
{
	struct imp_vcpu *bigger = realloc(b->vcpus, (b->vcpu_count + 1) * sizeof(*bigger));

	if (!bigger)
		return NULL;
	b->vcpus = bigger;
	b->vcpus[b->vcpu_count] =
		(struct imp_vcpu){.pid = -1, .vm = IMP_ANY_VM, .index = IMP_NO_INDEX};
	*index = ++b->vcpu_count;
	return &b->vcpus[b->vcpu_count - 1];
}

struct imp_vcpu *imp_known_thread(struct imp_builder *b, const struct imp_record *r)
{
	const uint64_t *index = imp_map_get(&b->vcpu_of, (uint32_t)r->pid, BY_THREAD);
	struct imp_vcpu *v = index && *index ? &b->vcpus[*index - 1] : NULL;

	if (v)
		v->cpu = r->cpu;
	return v;
}

struct imp_vcpu *imp_vcpu_of_thread(struct imp_builder *b, const struct imp_record *r)
{
	struct imp_vcpu *v = imp_known_thread(b, r);
	uint64_t *index;

	if (v)
		return v;
	index = imp_map_put(&b->vcpu_of, (uint32_t)r->pid, BY_THREAD);
	v = index ? new_vcpu(b, index) : NULL;
	if (v) {
		v->pid = r->pid;
		v->cpu = r->cpu;
	}
	return v;
}

/* The vCPU that a pointer means. One that was known by its thread alone now has a pointer too. */
static struct imp_vcpu *bind_pointer(struct imp_builder *b, const struct imp_record *r)
{
	uint64_t pointer = r->v[IMP_VCPU];
	struct imp_vcpu *v = imp_known_thread(b, r);
	uint64_t *index = imp_map_put(&b->vcpu_of, pointer, BY_POINTER);

	if (!index)
		return NULL;
	if (v && !v->pointer)
		*index = (uint64_t)(v - b->vcpus) + 1;
	else if (!*index)
		v = new_vcpu(b, index);
	if (v)
		v->pointer = pointer;
	return v;
}

struct imp_vcpu *imp_vcpu_of_pointer(struct imp_builder *b, const struct imp_record *r)
{
	const uint64_t *index = imp_map_get(&b->vcpu_of, r->v[IMP_VCPU], BY_POINTER);
	struct imp_vcpu *v = index && *index ? &b->vcpus[*index - 1] : bind_pointer(b, r);
	uint64_t *thread;

	if (!v)
		return NULL;
	v->cpu = r->cpu;
	if (v->pid == r->pid)
		return v;
	thread = imp_map_put(&b->vcpu_of, (uint32_t)r->pid, BY_THREAD);
	if (!thread)
		return NULL;
	*thread = (uint64_t)(v - b->vcpus) + 1;
	v->pid = r->pid;
	return v;
}

void imp_vcpu_joins(struct imp_builder *b, struct imp_vcpu *v, uint16_t vm)
{
	if (v->vm == vm)
		return;
	v->vm = vm;
	v->index = b->vms[vm].vcpu_count++;
}

void imp_vm_runs(struct imp_builder *b, uint16_t vm)
{
	b->vms[vm].fault_count++;
	if (b->options->vm)
		return;
	if (b->chosen == IMP_NO_VM)
		b->chosen = vm;
	else if (b->chosen != vm && !b->keep_first)
		b->several = true;
}

enum nvt_status imp_several_vms(struct imp_builder *b)
{
	char list[256] = "";
	size_t used = 0;

	for (size_t i = 0; i < b->vm_count && used < sizeof(list); i++) {
		if (!b->vms[i].fault_count)
			continue;
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%#llx (%llu faults)",
					 used ? ", " : "", (unsigned long long)b->vms[i].kvm,
					 (unsigned long long)b->vms[i].fault_count);
	}
	if (b->options->vm)
		return imp_fail(b, NVT_EINPUT, "no VM %#llx has faults; VMs that run: %s",
				(unsigned long long)b->options->vm, used ? list : "none");
	return imp_fail(b, NVT_EINPUT, "several VMs run, choose one: %s", list);
}

void imp_world_free(struct imp_builder *b)
{
	for (size_t i = 0; i < b->vm_count; i++)
		free(b->vms[i].slots);
	free(b->vms);
	free(b->vcpus);
	imp_map_free(&b->vm_of);
	imp_map_free(&b->mmu_of);
	imp_map_free(&b->vcpu_of);
}
