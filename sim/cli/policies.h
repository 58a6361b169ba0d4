/* SPDX-License-Identifier: GPL-2.0-only */
/* Parts of nvsim policies. */
#ifndef NVSIM_CLI_POLICIES_H
#define NVSIM_CLI_POLICIES_H

#include <jansson.h>

#include "cli.h"
#include "s2.h"

struct policies_output {
	struct cli_text json, csv;
};

/* The sizes that `only`, or every policy where it is NULL, maps for each backing and leaf. */
enum cli_exit policies_grid(const struct s2_policy *only, const struct policies_output *out);

/*
 * A size rule, or a rule for host unmaps: what it is, what is wrong with it, and
 * the smallest stream that shows it, beside what the default does.
 */
enum cli_exit policies_story(const struct s2_policy *policy, const struct cli_text *json);
enum cli_exit policies_invalidation_story(const struct s2_invalidation *invalidation,
					  const struct cli_text *json);

/* What the tables say. */
json_t *policies_json(const struct s2_policy *policy);
json_t *policies_invalidation_json(const struct s2_invalidation *invalidation);

#endif
