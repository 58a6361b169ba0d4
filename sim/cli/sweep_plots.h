/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NVSIM_CLI_SWEEP_PLOTS_H
#define NVSIM_CLI_SWEEP_PLOTS_H

#include "cli.h"
#include "store.h"

/* Plots of a sweep, beside its sweep.json. What this machine or these figures do not allow is left
 * out, with a line on stderr; not CLI_OK: one could not be written. */
enum cli_exit sweep_plots(const json_t *doc, const struct sweep_store *store);

#endif
