/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A comparison of policies as people and programs read it. All of it is made
 * of one JSON document, schema nvsim.compare/1, so that a comparison of saved
 * results reads as one of a trace.
 */
#ifndef NVSIM_CLI_COMPARE_REPORT_H
#define NVSIM_CLI_COMPARE_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "cli.h"

/* Who needs fewest faults: a new reference to the member "verdict". */
json_t *compare_verdict(const json_t *policies);
/* Whether the checker found a policy of it unsound. */
bool compare_has_findings(const json_t *doc);

void compare_print(FILE *out, const json_t *doc);
/* A row a policy; the line of names where `head`. */
void compare_csv(FILE *out, const json_t *doc, bool head);
void compare_markdown(FILE *out, const json_t *doc);
/* An SVG of faults and block share, drawn by gnuplot. */
enum cli_exit compare_plot(const json_t *doc, const char *path);

#endif
