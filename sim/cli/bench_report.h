/* SPDX-License-Identifier: GPL-2.0-only */
/* What nvsim bench tells people. */
#ifndef NVSIM_CLI_BENCH_REPORT_H
#define NVSIM_CLI_BENCH_REPORT_H

#include <jansson.h>

#include "runner.h"

/* Where it runs; the heads of the columns. `document` has the context. */
void bench_report_begin(const json_t *document);
/* A benchmark: its figures in a line, and below what is to be said of them. */
void bench_report_row(const struct bench_row *row, const struct bench_result *result,
		      const struct counters *counters);
/* Counters that are absent, with the reasons. */
void bench_report_end(const struct counters *counters);

/* The rows that are there, by group. */
void bench_report_list(bool (*chosen)(const void *arg, const struct bench_row *row),
		       const void *arg);

#endif
