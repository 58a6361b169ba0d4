/* SPDX-License-Identifier: GPL-2.0-only */
/* Results for people. */
#ifndef NVSIM_CLI_REPORT_H
#define NVSIM_CLI_REPORT_H

#include "result.h"
#include "text.h"

#define REPORT_LABEL 15 /* columns of a line's label */

/* One screen: at most 80 columns and, but for very varied traces, 24 lines. */
void report_print(FILE *out, const struct result *r);
/* Label on the left, figures in a column of their own, continuation lines below them. */
void report_line(FILE *out, const char *label, const struct text *t);
/* The line of one metric, of its value in a result. */
void report_metric(struct text *t, const char *metric, json_t *value);
/* Its head: what the trace is, and what it was replayed with. */
void report_trace(FILE *out, const struct result_trace *trace);
void report_policy(FILE *out, const struct result_context *context);
/* Counts by outcome in columns, which all tables of a report share: their titles, and a row. */
void report_outcome_titles(FILE *out);
void report_outcome_counts(FILE *out, const uint64_t outcome[S2_OUTCOME_COUNT]);
/* The functions that fault most, where there are symbols; long names go beyond column 80. */
void report_functions(FILE *out, const struct functions *f);
/* One finding of the checker; lines after the first begin at column `indent`. */
void report_finding(FILE *out, const struct check_finding *f, int indent);
/* A row for each interval, to go before the report. */
void report_intervals(FILE *out, const struct result *r);

#endif
