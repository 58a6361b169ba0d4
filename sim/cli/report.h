/* SPDX-License-Identifier: GPL-2.0-only */
/* Results for people. */
#ifndef NVSIM_CLI_REPORT_H
#define NVSIM_CLI_REPORT_H

#include "result.h"

/* One screen: at most 80 columns and, but for very varied traces, 24 lines. */
void report_print(FILE *out, const struct result *r);
/* A row for each interval, to go before the report. */
void report_intervals(FILE *out, const struct result *r);

#endif
