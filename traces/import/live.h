/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A trace written while the host is being recorded: records come from its ring buffers instead of
 * from a file, go through the same builder, and the trace grows as they come. Nothing of the
 * builder shows here.
 */
#ifndef NVSIM_TRACES_IMPORT_LIVE_H
#define NVSIM_TRACES_IMPORT_LIVE_H

#include <stddef.h>
#include <stdint.h>

#include "import/import.h"
#include "import/record.h"
#include "trace.h"

struct imp_live;

struct imp_live_options {
	const char *output;	  /* "-": standard output */
	const char *tool_version; /* for the meta section; NULL: left out */
	int level;		  /* zstd level; 0: the default */
	uint8_t page_shift;	  /* of the host; 0: VTCR is to tell */
};

/* What meta says of the recording; each may be NULL or 0. */
struct imp_live_source {
	const char *kernel, *machine, *clock, *when, *command, *probes;
	unsigned int cpus;
	uint64_t lost_count, late_count;
	uint64_t other_vm_count; /* VMs that ran and were left out */
};

/* Creates the trace; `stats` is filled as it grows. NULL: *err says why. */
struct imp_live *imp_live_open(const struct imp_live_options *o, struct nvt_import_stats *stats,
			       struct nvt_error *err);

/* As imp_record and its kin of build.h; a time before that of the record before it becomes that. */
enum nvt_status imp_live_record(struct imp_live *l, struct imp_record *r);
enum nvt_status imp_live_lost(struct imp_live *l, uint64_t time_ns, uint16_t cpu, uint64_t count);
enum nvt_status imp_live_ignored(struct imp_live *l, const char *name, uint64_t count);
/* What a call that failed found wrong. */
const struct nvt_error *imp_live_error(const struct imp_live *l);
/* A line for meta's list of warnings. */
void imp_live_warn(struct imp_live *l, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Whether a vCPU was seen to run: without that there is nothing to finish. */
bool imp_live_runs(const struct imp_live *l);
/* Completes the trace, or leaves nothing behind; frees `l` in any case. */
enum nvt_status imp_live_finish(struct imp_live *l, const struct imp_live_source *source,
				struct nvt_error *err);
void imp_live_abandon(struct imp_live *l);

#endif
