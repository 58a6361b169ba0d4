/* SPDX-License-Identifier: GPL-2.0-only */
/* Parts of nvsim policies. */
#ifndef NVSIM_CLI_POLICIES_H
#define NVSIM_CLI_POLICIES_H

#include "cli.h"
#include "s2.h"

/* Sizes in the field's short form: 4K, 2M, 1G. */
const char *policies_size(char buf[CLI_NUMBER_SIZE], uint64_t size);

/* The sizes that `only`, or every policy where it is NULL, maps for each backing and leaf. */
struct policies_output {
	struct cli_text json, csv;
};
enum cli_exit policies_grid(const struct s2_policy *only, const struct policies_output *out);

#endif
