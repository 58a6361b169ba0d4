/* SPDX-License-Identifier: GPL-2.0-only */
/* Traces that whole commands read: generated when they are asked for first. */
#ifndef NVSIM_BENCH_MADE_H
#define NVSIM_BENCH_MADE_H

#include "bench.h"

/* Faults of the trace that a row knows by this name, as long as the run is quick or full. */
uint64_t made_faults(const struct bench_env *env, const char *name);
/* Its path, to be freed. NULL: *err; it may be a skip. */
char *made_trace(const struct bench_env *env, const char *name, struct nvt_error *err);

/* "FOLDER/NAME", to be freed. NULL: *err. */
char *made_path(const char *folder, const char *name, struct nvt_error *err);

#endif
