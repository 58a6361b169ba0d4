/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Benchmarks: rows of tables, and what measures them. A row is measured in this process, by
 * functions of its own that the runner calls and times, or by a function that runs commands.
 * Adding one is a row and a function. The library prints nothing.
 */
#ifndef NVSIM_BENCH_BENCH_H
#define NVSIM_BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace.h"

/* What a benchmark may ask for. */
struct bench_env {
	bool quick;		  /* small inputs: the whole table within a minute */
	bool full;		  /* those with 100 million faults, too */
	uint64_t seed;		  /* of whatever is made up */
	const char *nvsim;	  /* path of the program itself, for whole commands */
	const char *data;	  /* folder of bundled recordings and kept figures; NULL: none */
	const char *folder;	  /* temporary folder, removed at the end */
	const char *dat;	  /* a recording as a trace-cmd file; NULL: the bundled one */
	const char *perf_data;	  /* a recording as perf.data; NULL: none */
	unsigned int repetitions; /* 0: as many as a row of its kind has */
	bool warmup_given;	  /* else as many as a row of its kind has */
	unsigned int warmup;
	bool keep;	    /* figures at EL2 are not compared with those that are kept */
	struct json_t *el2; /* they, once they are measured; see el2.h */
};

struct bench_result;

/* A row of a table. */
struct bench_row {
	const char *name;  /* "walk/4k/3", "unmap/exact/4k/64M": group/…; --list shows them */
	const char *what;  /* one line for people */
	const char *op;	   /* what one operation is: "walk", "fault", "TLBI", "leaf", "event" */
	uint64_t param[3]; /* the function's own */

	/* ---- measured in this process; the figure is ns an operation ---- */

	/* Untimed. NULL: *err says why; bench_skip makes that a skip. */
	void *(*prepare)(const struct bench_env *env, const struct bench_row *row,
			 struct nvt_error *err);
	void (*reset)(void *state); /* untimed, before each repetition; NULL: nothing to do */
	/*
	 * Timed; the operations done, the same number in every repetition. A batch of them: at
	 * least 1 ms with `quick`, 5 ms without, or the clock is part of the figure. 0: it failed.
	 */
	uint64_t (*run)(void *state);
	void (*finish)(void *state);

	/* ---- or measured by commands; NULL for the above ---- */

	/* As in prepare, NVT_OK with bench_skip is a skip. */
	enum nvt_status (*measure)(struct bench_env *env, const struct bench_row *row,
				   struct bench_result *result, struct nvt_error *err);
	const char *unit;
	const char *const *first, *const *second; /* words of two commands; measure's own */
	const char *arg;			  /* the function's own */

	double target; /* the figure is to be this at most; 0: there is none */
};

/* The tables end with a row without a name: the handler, streams, and whole commands. */
extern const struct bench_row bench_handler[], bench_stream[], bench_commands[];

/* Says that a row cannot be measured here, and why: *err has NVT_OK. Returns NULL. */
void *bench_skip(struct nvt_error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Says that it failed: no memory, input that cannot be read. Returns NULL. */
void *bench_fail(struct nvt_error *err, enum nvt_status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
