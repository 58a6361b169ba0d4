/* SPDX-License-Identifier: GPL-2.0-only */
/* gnuplot as a function of a script, and what is made of its SVG. */
#ifndef NVSIM_PLOT_DRAW_H
#define NVSIM_PLOT_DRAW_H

#include "plot.h"

/* A script of scripts/plot; the build makes the table, which ends with a name that is NULL. */
struct plot_script {
	const char *name, *text;
};
extern const struct plot_script plot_scripts[];

/* What gnuplot writes, given the script; to be freed. */
enum nvt_status plot_gnuplot(const char *script, size_t size, char **out, size_t *out_size,
			     struct nvt_error *err);

/* All of it; false: errno says why not. */
bool plot_write(int fd, const char *data, size_t size);

struct plot_svg {
	const char *class; /* besides "plot" */
	const char *id;	   /* that all ids begin with */
	const char *title, *description;
};
/* The SVG of gnuplot as plot_draw tells; false: it is none. */
bool plot_svg_rewrite(FILE *out, const char *svg, const struct plot_svg *as);

#endif
