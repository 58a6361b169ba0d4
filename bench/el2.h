/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a fault costs at EL2 under QEMU: emulated, in instructions, the same in every run, and so
 * to be compared with figures that are kept. Both are documents: {"compiler", "trace",
 * "instructions": {OUTCOME: {"n", "p50", "mean", "max"}}}.
 */
#ifndef NVSIM_BENCH_EL2_H
#define NVSIM_BENCH_EL2_H

#include <jansson.h>

#include "runner.h"

#define EL2_TOLERANCE 1.02
#define EL2_KEPT      "el2-instructions.json"

/* The document, out of the result of a run; a new reference, or NULL: it has no such figures. */
json_t *el2_costs_of(const json_t *result);

/*
 * Compares the figures of an outcome with those that are kept; `text`: what to say of it. True:
 * they are worse by more than the tolerance, or cannot be compared until new ones are kept.
 */
bool el2_regressed(const json_t *kept, const json_t *costs, const char *outcome, char *text,
		   size_t size);
/* The kept document; NULL: it cannot be read, or is none. */
json_t *el2_read_kept(const char *folder, struct nvt_error *err);

/* Rows: the instructions of outcome `arg`; seconds for a million live faults. */
enum nvt_status el2_measure(struct bench_env *env, const struct bench_row *row,
			    struct bench_result *result, struct nvt_error *err);
enum nvt_status el2_measure_live(struct bench_env *env, const struct bench_row *row,
				 struct bench_result *result, struct nvt_error *err);

#endif
