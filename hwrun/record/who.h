/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose records are kept: those of one VM's process, and what other threads of the host, which
 * reclaim or migrate memory, do to that VM.
 */
#ifndef NVSIM_RECORD_WHO_H
#define NVSIM_RECORD_WHO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "import/record.h"

/* Of all processes the first whose VM runs, of a command's, or that one. */
enum record_whom { RECORD_ANY, RECORD_COMMAND, RECORD_PROCESS };

/* A process that has a VM. */
struct record_owner {
	int32_t pid;
	uint64_t fault_count;
};
struct record_vm {
	uint64_t kvm; /* the pointer */
	int32_t pid;
	bool ran;
};

struct record_who {
	enum record_whom whom;
	int32_t chosen;	 /* 0: none runs yet */
	int32_t *family; /* the process, or the command's, ascending */
	size_t family_count;
	struct record_owner *others; /* processes whose VM runs and is not kept */
	size_t other_count;
	struct record_vm *vms;
	size_t vm_count;
	bool out_of_memory;
};

/* `pid` is of the command or process. */
void record_who_init(struct record_who *w, enum record_whom whom, int32_t pid);
void record_who_free(struct record_who *w);

/* A process has made another one; the pid of one that has ended may come again. */
void record_who_forked(struct record_who *w, int32_t parent, int32_t child);
/*
 * Whether to keep a record of the process `pid`. `kvm` is the VM's pointer, 0 where the event
 * tells none. The first fault or change of context that may be kept chooses the process; as long
 * as that may be any, only those that have made a VM meanwhile are kept.
 */
bool record_who_keeps(struct record_who *w, uint8_t event, int32_t pid, uint64_t kvm);
/* Whether `pid` is the process that is kept, or may be it. */
bool record_who_is_ours(const struct record_who *w, int32_t pid);
/* VMs of the process that is kept that have run, as far as aborts name them. */
size_t record_who_ran(const struct record_who *w);

#endif
