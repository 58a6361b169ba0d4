/* SPDX-License-Identifier: GPL-2.0-only */
/* A temporary folder for whatever the benchmarks write, and where what they read lies. */
#ifndef NVSIM_BENCH_SCRATCH_H
#define NVSIM_BENCH_SCRATCH_H

#include "trace.h"

/* Made below $TMPDIR or /tmp; to be removed. NULL: *err. */
char *scratch_make(struct nvt_error *err);
/* With all that is in it. */
void scratch_remove(char *folder);

/* The path of the running program, to be freed. NULL: *err. */
char *scratch_self(struct nvt_error *err);
/* The folder of bundled data beside it, or where make install puts it; NULL: there is none. */
char *scratch_data(const char *self);

#endif
