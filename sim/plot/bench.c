/* SPDX-License-Identifier: GPL-2.0-only */
/* Benchmarks of nvsim.bench/1: those of one group by name, and the cost of a fault by trace length.
 */
#include <stdlib.h>
#include <string.h>

#include "kinds.h"

/* A benchmark that has figures. */
struct median {
	char name[PLOT_LABEL_SIZE];
	const char *unit;
	double value, low, high; /* its 95% interval */
	double x;		 /* of a point; NaN: it is none */
};
struct medians {
	size_t count;
	struct median row[PLOT_ROWS_MAX];
	bool emulated, hardware;
};

static double figure(struct plot_data *d, const json_t *row, const char *path)
{
	return plot_figure(d, row, path, PLOT_COUNT_MAX);
}

/* An interval that is not there is the median itself. */
static struct median read_row(struct plot_data *d, const json_t *row)
{
	const json_t *interval = plot_array(d, row, "interval");
	struct median m = {
		.unit = json_text(row, "unit"), .value = figure(d, row, "median"), .x = NAN};

	plot_shorten(m.name, json_text(row, "name"));
	if (isnan(m.value))
		plot_damaged(d, "median");
	m.low = m.high = m.value;
	if (json_array_size(interval) == 2) {
		m.low = json_number_value(json_array_get(interval, 0));
		m.high = json_number_value(json_array_get(interval, 1));
	}
	if (!(m.low >= 0 && m.low <= m.value && m.high >= m.value && m.high <= PLOT_COUNT_MAX))
		plot_damaged(d, "interval");
	return m;
}

/* What was skipped or failed has no figures, nor has an outcome that there was none of. */
static bool has_figures(const json_t *row)
{
	if (json_at(row, "skipped") || json_at(row, "failed"))
		return false;
	return json_at(row, "median") || strcmp(json_text(row, "verdict"), "regressed");
}

/* One without figures is left out. `benchmark`: what it is one of, or is. */
static const char *add_row(struct plot_data *d, struct medians *all, const json_t *row,
			   const json_t *benchmark)
{
	struct median m;

	if (!has_figures(row))
		return NULL;
	if (all->count == PLOT_ROWS_MAX)
		return "there are more than 48 benchmarks: measure one group";
	if (!json_is_boolean(json_at(benchmark, "emulated")))
		plot_damaged(d, "emulated");
	m = read_row(d, row);
	if (row != benchmark)
		m.x = figure(d, row, "x");
	if (all->count && strcmp(m.unit, all->row[0].unit))
		return "its benchmarks have several units: measure one group";
	if (json_is_true(json_at(benchmark, "emulated")))
		all->emulated = true;
	else
		all->hardware = true;
	all->row[all->count++] = m;
	return NULL;
}

/* Emulated ones never stand beside others. `of`: the benchmark that all are of; NULL: each is one.
 */
static const char *add_rows(struct plot_data *d, struct medians *all, const json_t *rows,
			    const json_t *of)
{
	const char *why = NULL;
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		if (!why)
			why = add_row(d, all, row, of ? of : row);
	}
	if (!why && all->emulated && all->hardware)
		why = "some of its benchmarks are emulated and some are not";
	if (!why && !all->count)
		why = "it has no such benchmark";
	d->emulated |= all->emulated;
	return why;
}

static const char *read_benchmarks(struct plot_data *d, const json_t **rows)
{
	const json_t *doc = json_array_get(d->docs, 0);

	if (!plot_is_schema(doc, "nvsim.bench/1"))
		return "it is no result of bench";
	if (json_array_size(d->docs) > 1)
		return "of bench, one result alone can be drawn";
	d->doc = doc;
	*rows = plot_array(d, doc, "benchmarks");
	return NULL;
}

/* Row, label, median and what is shown of it, both ends of the interval. */
static void put_row(struct plot_data *d, const struct median *m, size_t i)
{
	fprintf(d->out, " %zu", i);
	plot_put_text(d->out, m->name);
	plot_put_shown(d->out, m->value, m->value < 1000 ? 2 : 0);
	plot_put_number(d->out, m->low);
	plot_put_number(d->out, m->high);
	fputc('\n', d->out);
}

static void put_unit(struct plot_data *d, const struct medians *all)
{
	plot_put_string(d->out, "unit_name", all->row[0].unit);
	plot_put_string(d->out, "subtitle",
			json_text(json_array_get(d->docs, 0), "context.host.cpu"));
	plot_put_variable(d->out, "rows", (double)all->count);
}

/* The least of its figures that a logarithmic axis has; infinity: there is none. */
static double least(const struct median *m)
{
	const double figures[] = {m->low, m->value, m->high};

	for (size_t i = 0; i < 3; i++)
		if (figures[i] > 0)
			return figures[i];
	return INFINITY;
}

const char *plot_bench(struct plot_data *d)
{
	struct medians all = {.count = 0};
	const json_t *rows = NULL;
	const char *why = read_benchmarks(d, &rows);
	double lowest = INFINITY, highest = 0, width = 0;

	if (!why)
		why = add_rows(d, &all, rows, NULL);
	if (why)
		return why;
	put_unit(d, &all);
	plot_put_begin(d->out, "data");
	for (size_t i = 0; i < all.count; i++) {
		const struct median *m = &all.row[i];

		put_row(d, m, i);
		lowest = fmin(lowest, least(m));
		highest = fmax(highest, m->high);
		width = fmax(width, plot_width(m->name));
	}
	plot_put_end(d->out);
	plot_put_variable(d->out, "label_width", width);
	plot_put_variable(d->out, "lowest", lowest);
	plot_put_variable(d->out, "highest", highest);
	return highest > 0 ? NULL : "all of its figures are 0";
}

/* The first that was measured at several places; NULL: there is none. */
static const json_t *with_points(const json_t *rows)
{
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		if (json_at(row, "points"))
			return row;
	}
	return NULL;
}

const char *plot_length(struct plot_data *d)
{
	struct medians all = {.count = 0};
	const json_t *rows = NULL, *benchmark;
	const char *why = read_benchmarks(d, &rows);
	double most = 0, shortest = INFINITY, longest = 0;

	benchmark = with_points(rows);
	if (!why)
		why = add_rows(d, &all, plot_array(d, benchmark, "points"), benchmark);
	if (why)
		return why;
	put_unit(d, &all);
	plot_put_begin(d->out, "data");
	for (size_t i = 0; i < all.count; i++) {
		const struct median *m = &all.row[i];

		if (!(m->x >= 1))
			plot_damaged(d, "x");
		plot_put_number(d->out, m->x);
		put_row(d, m, i);
		most = fmax(most, m->high);
		shortest = fmin(shortest, m->x);
		longest = fmax(longest, m->x);
	}
	plot_put_end(d->out);
	plot_put_variable(d->out, "most", most);
	plot_put_variable(d->out, "shortest", shortest);
	plot_put_variable(d->out, "longest", longest);
	return NULL;
}
