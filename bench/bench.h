/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NVSIM_BENCH_BENCH_H
#define NVSIM_BENCH_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "trace.h"

/* What a benchmark may ask for. */
struct bench_env {
	bool quick;	       /* small inputs: the whole table within a minute */
	const char *nvsim;     /* path of the program itself, for whole commands */
	const char *folder;    /* temporary folder, removed at the end */
	const char *dat;       /* a recording as a trace-cmd file; NULL: the bundled one */
	const char *perf_data; /* a recording as perf.data; NULL: none */
};

struct bench_row {
	const char *name;  /* "walk/4k/3", "unmap/exact/4k/64M": group/...; --help lists groups */
	const char *what;  /* one line for people */
	const char *op;	   /* what one operation is: "walk", "fault", "TLBI", "event" */
	uint64_t param[3]; /* the function's own */
	void *(*prepare)(const struct bench_env *env, const struct bench_row *row,
			 struct nvt_error *err);
	void (*reset)(void *state);
	uint64_t (*run)(void *state);
	void (*finish)(void *state);
};

extern const struct bench_row bench_handler[];
extern const struct bench_row bench_stream[];

#endif
