/* SPDX-License-Identifier: GPL-2.0-only */
/* The functions of the table of kinds, one file each. */
#ifndef NVSIM_PLOT_KINDS_H
#define NVSIM_PLOT_KINDS_H

#include "data.h"

typedef const char *plot_data_fn(struct plot_data *d);

plot_data_fn plot_policies, plot_timeline, plot_walk_depth, plot_clamps, plot_cost, plot_unmap,
	plot_length, plot_bench;

#endif
