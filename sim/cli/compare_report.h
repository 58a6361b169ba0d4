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

/* The figures of a policy that are compared, in the order of the table. */
enum compare_column {
	COMPARE_FAULTS,
	COMPARE_AVOIDED,
	COMPARE_INJECTED,
	COMPARE_BLOCKS,
	COMPARE_EFFECTIVENESS,
	COMPARE_SPLINTERING,
	COMPARE_AMPLIFICATION,
	COMPARE_TABLE_PAGES,
	COMPARE_UNSOUND,
	COMPARE_COLUMNS
};
/* NULL: the data does not support it. */
const json_t *compare_figure(const json_t *policy, enum compare_column column);
/* Whether all figures of an entry that was read of a file are such as can be. */
bool compare_has_figures(const json_t *policy);
/* The name of a policy as shown; its member "policy" is the rule's alone. */
const char *compare_name(const json_t *policy);

/* Who needs fewest faults: a new reference to the member "verdict". */
json_t *compare_verdict(const json_t *policies);
/* Whether the checker found a policy of it unsound. */
bool compare_has_findings(const json_t *doc);

void compare_print(FILE *out, const json_t *doc);
/* A row a policy; the line of names where `head`. */
void compare_csv(FILE *out, const json_t *doc, bool head);
void compare_markdown(FILE *out, const json_t *doc);

#endif
