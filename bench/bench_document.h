/* SPDX-License-Identifier: GPL-2.0-only */
/* Figures for machines: schema nvsim.bench/1, and raw values as CSV. */
#ifndef NVSIM_BENCH_DOCUMENT_H
#define NVSIM_BENCH_DOCUMENT_H

#include <jansson.h>

#include "result.h"
#include "runner.h"

/* How busy the machine is: the load average of the last minute. */
double document_load(void);

/* What is measured where; rows are added. The only times are "date" and those measured. */
json_t *document_new(const struct bench_env *env, const struct result_build *build,
		     const struct counters *counters);
/* False: no memory. */
bool document_add(json_t *document, const struct bench_row *row, const struct bench_result *result,
		  const struct counters *counters);

/* A line a value: benchmark, place on the axis of its points if it is of one, unit, repetition. */
void document_csv(FILE *out, const json_t *document);

#endif
