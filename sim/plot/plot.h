/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Plots of result documents (nvsim.result/1, compare/1, sweep/1, bench/1), which may be files from
 * anywhere: a figure that cannot be is refused, and no text of theirs is a command for gnuplot.
 */
#ifndef NVSIM_PLOT_PLOT_H
#define NVSIM_PLOT_PLOT_H

#include <jansson.h>

#include "trace.h"

struct plot_data;

struct plot_kind {
	const char *name;
	const char *summary; /* what it shows, and of what; ends the sentence "draws ..." */
	const char *title;   /* of the plot */
	bool costs;	     /* measured by who ran it, whoever recorded the trace */
	/* Writes variables and data for scripts/plot/NAME.gp; or returns why it cannot. */
	const char *(*data)(struct plot_data *d);
};

/* In the order in which they are tried. */
extern const struct plot_kind plot_kinds[];
extern const size_t plot_kind_count;

/* NULL: there is none of that name. */
const struct plot_kind *plot_kind_named(const char *name);

/*
 * All take an array of documents. One read of a file has that file's name in its member "file",
 * which whoever read it has put there: messages name it so.
 */

/* NULL: they can be drawn so, if they are not damaged; else why not. */
const char *plot_unsupported(const struct plot_kind *kind, const json_t *docs);
/* The first kind that they support; NULL: none. */
const struct plot_kind *plot_kind_for(const json_t *docs);
/* Whether emulated figures would share an axis with others; *err names two of them. */
bool plot_mixed(const struct plot_kind *kind, const json_t *docs, struct nvt_error *err);

enum plot_format { PLOT_SVG, PLOT_PNG };

/*
 * Draws to the file descriptor: equal documents give equal bytes. An SVG can go into an HTML page
 * as it is: it has no prolog, and its ids are its own. Its class is "plot", what is neither data
 * nor grid is black (attributes color and fill), and the rectangle of class "plot-background" is
 * white. NVT_EINPUT: plot_unsupported, plot_mixed, or damage. NVT_EENV: gnuplot failed.
 */
enum nvt_status plot_draw(const struct plot_kind *kind, const json_t *docs, enum plot_format format,
			  int fd, struct nvt_error *err);
/* What is in a file that can be read anew, with a 0 behind it; to be freed. NULL: no memory. */
char *plot_read(int fd, size_t *size);
/* Whether gnuplot can be run. */
enum nvt_status plot_ready(struct nvt_error *err);

#endif
