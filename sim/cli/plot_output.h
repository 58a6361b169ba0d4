/* SPDX-License-Identifier: GPL-2.0-only */
/* Plots as files. */
#ifndef NVSIM_CLI_PLOT_OUTPUT_H
#define NVSIM_CLI_PLOT_OUTPUT_H

#include "cli.h"
#include "plot.h"

/* By the end of the file's name; false: it tells none. */
bool plot_output_format(const char *path, enum plot_format *format);
/* Draws `docs`, an array, to a file, "-" or NULL for standard output; what fails is printed. */
enum cli_exit plot_output(const struct plot_kind *kind, const json_t *docs, enum plot_format format,
			  const char *path);
/* Whether gnuplot can be run; if not, the line is printed. */
enum cli_exit plot_output_ready(void);

#endif
