/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The live recorder: KVM's tracepoints, and probes where the truth is wanted, from the kernel's
 * ring buffers into a trace. It records one VM of an arm64 host.
 */
#ifndef NVSIM_RECORD_RECORD_H
#define NVSIM_RECORD_RECORD_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "import/import.h"
#include "trace.h"
#include "workload.h"

/* How it goes, for people. */
struct record_progress {
	uint64_t elapsed_ns;
	uint64_t event_count; /* that came out of the rings */
	uint64_t fault_count, injected_count, lost_count;
};

struct record_options {
	const char *output;
	const char *tool_version;
	pid_t pid;		 /* record this process; 0: not given */
	const char *const *argv; /* record this command; NULL: not given */
	bool truth;
	uint64_t duration_ns; /* 0: until it is stopped, or the command or process ends */
	int level;
	const volatile sig_atomic_t *stop;
	void (*progress)(void *arg, const struct record_progress *p); /* ten times a second */
	void *arg;
};

#define RECORD_OTHERS 4
#define RECORD_NAMES  256

struct record_result {
	struct nvt_import_stats stats;
	struct record_progress total;
	pid_t pid;		     /* of the process that was kept */
	pid_t others[RECORD_OTHERS]; /* some of those whose VMs ran and were not */
	uint64_t other_count;
	uint64_t late_count;	   /* records that came out of the order of time */
	uint64_t cpu_ns;	   /* that the recorder itself took */
	unsigned int probe_count;  /* installed */
	char absent[RECORD_NAMES]; /* probes that the kernel does not take, by name */
	int command_status;	   /* as waitpid has it, or RECORD_RUNS_ON */
};

/*
 * Records until a reason to end comes up. NVT_EENV: *err has one line, with what to do; no file is
 * left. Nothing of it stays in the kernel either.
 */
enum nvt_status record_run(const struct record_options *o, struct record_result *result,
			   struct nvt_error *err);

#endif
