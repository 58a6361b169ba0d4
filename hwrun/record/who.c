/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdlib.h>
#include <string.h>

#include "who.h"

/* Of those beyond nothing more is said. */
#define OTHERS_MAX 64u
#define VMS_MAX	   1024u

/* Where `pid` stands in the family, or belongs. */
static size_t place_of(const struct record_who *w, int32_t pid)
{
	size_t low = 0, high = w->family_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (w->family[middle] < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool in_family(const struct record_who *w, int32_t pid)
{
	size_t at = place_of(w, pid);

	return at < w->family_count && w->family[at] == pid;
}

static void join_family(struct record_who *w, int32_t pid)
{
	size_t at = place_of(w, pid);
	int32_t *bigger;

	if (at < w->family_count && w->family[at] == pid)
		return;
	bigger = realloc(w->family, (w->family_count + 1) * sizeof(*bigger));
	if (!bigger) {
		w->out_of_memory = true;
		return;
	}
	memmove(bigger + at + 1, bigger + at, (w->family_count - at) * sizeof(*bigger));
	bigger[at] = pid;
	w->family = bigger;
	w->family_count++;
}

/* Its number has been given to another process. */
static void leave_family(struct record_who *w, int32_t pid)
{
	size_t at = place_of(w, pid);

	if (!in_family(w, pid))
		return;
	memmove(w->family + at, w->family + at + 1,
		(w->family_count - at - 1) * sizeof(*w->family));
	w->family_count--;
}

void record_who_init(struct record_who *w, enum record_whom whom, int32_t pid)
{
	*w = (struct record_who){.whom = whom};
	if (whom != RECORD_ANY)
		join_family(w, pid);
}

void record_who_free(struct record_who *w)
{
	free(w->family);
	free(w->others);
	free(w->vms);
}

void record_who_forked(struct record_who *w, int32_t parent, int32_t child)
{
	if (w->whom != RECORD_COMMAND || parent == child)
		return;
	if (in_family(w, parent))
		join_family(w, child);
	else
		leave_family(w, child);
}

static const struct record_vm *find_vm(const struct record_who *w, uint64_t kvm)
{
	for (size_t i = 0; i < w->vm_count; i++)
		if (w->vms[i].kvm == kvm)
			return &w->vms[i];
	return NULL;
}

/* A thread of the VM's own process names it; an address that is used again has a new owner. */
static void learn_vm(struct record_who *w, uint64_t kvm, int32_t pid, bool ran)
{
	struct record_vm *known = (struct record_vm *)find_vm(w, kvm), *bigger;

	if (known) {
		known->ran = ran || (known->ran && known->pid == pid);
		known->pid = pid;
		return;
	}
	if (w->vm_count == VMS_MAX)
		return;
	bigger = realloc(w->vms, (w->vm_count + 1) * sizeof(*bigger));
	if (!bigger) {
		w->out_of_memory = true;
		return;
	}
	w->vms = bigger;
	w->vms[w->vm_count++] = (struct record_vm){kvm, pid, ran};
}

static void count_other(struct record_who *w, int32_t pid)
{
	struct record_owner *bigger;

	for (size_t i = 0; i < w->other_count; i++) {
		if (w->others[i].pid == pid) {
			w->others[i].fault_count++;
			return;
		}
	}
	if (w->other_count == OTHERS_MAX)
		return;
	bigger = realloc(w->others, (w->other_count + 1) * sizeof(*bigger));
	if (!bigger) {
		w->out_of_memory = true;
		return;
	}
	w->others = bigger;
	w->others[w->other_count++] = (struct record_owner){pid, 1};
}

/* Only a vCPU's thread does this. */
static bool runs(uint8_t event)
{
	return event == IMP_EV_GUEST_FAULT || event == IMP_EV_ABORT || event == IMP_EV_ERET ||
	       event == IMP_EV_EXCEPTION;
}

/* Only threads of a VM's process do this, and they name the VM. */
static bool names_own(uint8_t event)
{
	return event == IMP_EV_ABORT || event == IMP_EV_INITMMU;
}

/*
 * Whether a process has a VM whose making was seen. What is done to an older one could be taken for
 * a deed to the one that runs first, which another process may have.
 */
static bool has_made_one(const struct record_who *w, int32_t pid)
{
	for (size_t i = 0; i < w->vm_count; i++)
		if (w->vms[i].pid == pid)
			return true;
	return false;
}

static bool is_other(const struct record_who *w, int32_t pid)
{
	for (size_t i = 0; i < w->other_count; i++)
		if (w->others[i].pid == pid)
			return true;
	return false;
}

/* What a thread of another process did to the VM that is kept. */
static bool concerns_chosen(const struct record_who *w, uint8_t event, int32_t pid, uint64_t kvm)
{
	const struct record_vm *vm = kvm ? find_vm(w, kvm) : NULL;

	if (kvm)
		return vm && vm->pid == w->chosen;
	/* Named by a context alone: the builder knows the VM's. */
	return (event == IMP_EV_UNMAP_RANGE || event == IMP_EV_WP_RANGE) && !is_other(w, pid);
}

bool record_who_is_ours(const struct record_who *w, int32_t pid)
{
	if (w->chosen)
		return pid == w->chosen;
	return w->whom == RECORD_ANY || in_family(w, pid);
}

bool record_who_keeps(struct record_who *w, uint8_t event, int32_t pid, uint64_t kvm)
{
	bool ours = record_who_is_ours(w, pid);

	if (kvm && names_own(event))
		learn_vm(w, kvm, pid, runs(event));
	if (ours && !w->chosen && runs(event))
		w->chosen = pid;
	if (ours)
		return w->chosen || w->whom != RECORD_ANY || has_made_one(w, pid);
	if (event == IMP_EV_GUEST_FAULT)
		count_other(w, pid);
	return w->chosen && concerns_chosen(w, event, pid, kvm);
}

size_t record_who_ran(const struct record_who *w)
{
	size_t count = 0;

	for (size_t i = 0; i < w->vm_count; i++)
		count += w->vms[i].ran && w->vms[i].pid == w->chosen;
	return count;
}
