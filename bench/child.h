/* SPDX-License-Identifier: GPL-2.0-only */
/* Commands that are measured, and the signal that ends a run. */
#ifndef NVSIM_BENCH_CHILD_H
#define NVSIM_BENCH_CHILD_H

#include <stdbool.h>
#include <stdint.h>

#include "trace.h"

struct child_options {
	int also;	/* an exit status that is fine besides 0 */
	int unreadable; /* one that blames the input; 0: none */
	bool peak;	/* watch its memory; no matter for a program that it starts */
	int cpus;	/* it may run on so many at most; 0: on all */
	char *said;	/* room for the end of its standard error; NULL: none */
	unsigned int room;
};

struct child_cost {
	double wall, cpu;  /* seconds; cpu: of all its threads */
	uint64_t peak_kib; /* 0: this machine does not let it be known */
	uint64_t page_faults;
};

/*
 * Runs it to its end, with nothing to read and its output thrown away. One that fails, or cannot
 * be started, is told in *err with its words and the last line that it wrote to standard error.
 */
enum nvt_status child_run(const char *const *argv, const struct child_options *o,
			  struct child_cost *cost, struct nvt_error *err);

/* Commands that have not ended after so many seconds are ended; 0: none is. */
void child_limit(unsigned int seconds);

/* The CPUs that this program, and so a command, may run on. */
int child_cpus(void);

/* Whether it is a path, or in $PATH, and may be run. */
bool child_exists(const char *name);

/* Ends the child, and lets no further one begin. For a handler of signals. */
void child_stop(void);
bool child_stopped(void);

#endif
