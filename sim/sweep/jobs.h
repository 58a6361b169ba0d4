/* SPDX-License-Identifier: GPL-2.0-only */
/* The cells of a sweep as jobs: child processes here, a Slurm array, or lines for GNU parallel. */
#ifndef NVSIM_SWEEP_JOBS_H
#define NVSIM_SWEEP_JOBS_H

#include <stddef.h>
#include <stdio.h>

#include "trace.h"

/* Each is a run of the program itself: sweep -o dir --cell N -- spec, in `folder`. */
struct sweep_jobs {
	const char *program, *folder; /* absolute */
	const char *spec, *dir;
	size_t cells;
	const char *memory; /* the option that sets its bound; NULL: as it is by itself */
};

/* Slurm's MaxArraySize, where nobody changed it: indexes are below. */
#define SWEEP_ARRAY_MAX 1001u

/* Texts for a shell. */
void sweep_jobs_slurm(const struct sweep_jobs *j, FILE *out);
void sweep_jobs_parallel(const struct sweep_jobs *j, FILE *out);

/*
 * Runs the cells whose numbers are given, `at_once` of them at a time. Each is told when it has
 * ended, with its exit status, or 128 and the signal. NVT_EENV: some could not be started.
 */
typedef void sweep_ended_fn(void *arg, size_t number, int status);
enum nvt_status sweep_jobs_run(const struct sweep_jobs *j, const size_t *numbers, size_t count,
			       size_t at_once, sweep_ended_fn *ended, void *arg,
			       struct nvt_error *err);

#endif
