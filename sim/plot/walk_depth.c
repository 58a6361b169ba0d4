/* SPDX-License-Identifier: GPL-2.0-only */
#include "kinds.h"

#define DEPTH_MAX 8u /* descriptors; metrics.h has no deeper walks */

struct walks {
	const char *name, *histogram;
};
static const struct walks reached = {"reached", "metrics.walk_depth.histogram"};
static const struct walks failed = {"failed", "metrics.walk_depth.failing.histogram"};

static bool is_known(const struct plot_rows *rows)
{
	bool known = false;

	for (size_t i = 0; i < rows->count; i++)
		known = known || json_at(rows->row[i].entry, reached.histogram) ||
			json_at(rows->row[i].entry, failed.histogram);
	return known;
}

/* Walks by the number of descriptors that they read; gives their sum. */
static double read_row(struct plot_data *d, const struct plot_row *row, const struct walks *w,
		       double walks[DEPTH_MAX])
{
	const json_t *histogram = json_at(row->entry, w->histogram);
	double sum = 0;
	char depth[4];

	d->doc = row->doc;
	for (unsigned int i = 0; i < DEPTH_MAX; i++) {
		snprintf(depth, sizeof(depth), "%u", i);
		walks[i] = plot_figure(d, histogram, depth, PLOT_COUNT_MAX);
		sum += isnan(walks[i]) ? 0 : walks[i];
	}
	return sum;
}

/* Row, depth, share of the row's walks in percent and what is shown of it. */
static void put_row(struct plot_data *d, const struct plot_row *row, size_t i,
		    const struct walks *w, double *deepest)
{
	double walks[DEPTH_MAX], sum = read_row(d, row, w, walks);

	for (unsigned int k = 0; k < DEPTH_MAX; k++) {
		if (!(walks[k] > 0))
			continue;
		*deepest = fmax(*deepest, k);
		fprintf(d->out, "%zu %u", i, k);
		plot_put_shown(d->out, 100 * walks[k] / sum, 1);
		fputc('\n', d->out);
	}
}

static double put_walks(struct plot_data *d, const struct plot_rows *rows, const struct walks *w)
{
	double deepest = 0;

	plot_put_begin(d->out, w->name);
	for (size_t i = 0; i < rows->count; i++)
		put_row(d, &rows->row[i], i, w, &deepest);
	plot_put_end(d->out);
	return deepest;
}

/* Row, label, and how many walks there are of both. */
static void put_labels(struct plot_data *d, const struct plot_rows *rows)
{
	double walks[DEPTH_MAX];

	plot_put_begin(d->out, "labels");
	for (size_t i = 0; i < rows->count; i++) {
		fprintf(d->out, "%zu", i);
		plot_put_text(d->out, rows->row[i].label);
		plot_put_shown(d->out, read_row(d, &rows->row[i], &reached, walks), 0);
		plot_put_shown(d->out, read_row(d, &rows->row[i], &failed, walks), 0);
		fputc('\n', d->out);
	}
	plot_put_end(d->out);
}

const char *plot_walk_depth(struct plot_data *d)
{
	struct plot_rows rows;
	const char *why = plot_rows(&rows, d->docs);
	double deepest;

	if (!why && !is_known(&rows))
		why = "it has no walks of L1's stage 2";
	if (why)
		return why;
	plot_put_rows(d, &rows);
	put_labels(d, &rows);
	deepest = put_walks(d, &rows, &failed);
	deepest = fmax(deepest, put_walks(d, &rows, &reached));
	plot_put_variable(d->out, "deepest", deepest);
	return NULL;
}
