/* SPDX-License-Identifier: GPL-2.0-only */
/* The events to record: their ids in this kernel, and how their records are read. */
#ifndef NVSIM_RECORD_EVENTS_H
#define NVSIM_RECORD_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "import/record.h"
#include "import/tep.h"
#include "probes.h"
#include "trace.h"

#define RECORD_EVENTS_MAX 64

struct record_events {
	struct tep_handle *tep;
	struct imp_tep *formats;
	int ids[RECORD_EVENTS_MAX];
	size_t count;
	int abort_id, kvm_offset; /* where a probe on aborts has the VM's pointer; id 0: none */
};

/* KVM's tracepoints, as far as the kernel has them, and the probes of `set`. */
enum nvt_status record_events_init(struct record_events *e, const char *tracefs,
				   const struct record_probe_set *set, struct nvt_error *err);
void record_events_free(struct record_events *e);

/*
 * Reads a record; time, CPU and thread are left to the caller. False: it says nothing to a trace,
 * and was counted in its plan if it is of the VM's process. *kvm: pointer of the VM that it is
 * about, or 0.
 */
bool record_events_read(struct record_events *e, const void *data, size_t size, bool of_vm,
			struct imp_record *r, uint64_t *kvm);

#endif
