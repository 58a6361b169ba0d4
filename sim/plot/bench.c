/* SPDX-License-Identifier: GPL-2.0-only */
/* Benchmarks of nvsim.bench/1: those of one group by name, and the cost of a fault by trace length.
 */
#include <stdlib.h>

#include "kinds.h"

/* A benchmark that has figures. */
struct median {
	const char *name, *unit;
	double value, low, high; /* its 95% interval */
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
	struct median m = {plot_text(row, "name"), plot_text(row, "unit"), figure(d, row, "median"),
			   NAN, NAN};

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

/* One that was skipped has no figures. */
static const char *add_row(struct plot_data *d, struct medians *all, const json_t *row)
{
	struct median m;

	if (plot_member(row, "skipped"))
		return NULL;
	if (all->count == PLOT_ROWS_MAX)
		return "there are more than 48 benchmarks: measure one group";
	if (!json_is_boolean(plot_member(row, "emulated")))
		plot_damaged(d, "emulated");
	m = read_row(d, row);
	if (all->count && strcmp(m.unit, all->row[0].unit))
		return "its benchmarks have several units: measure one group";
	if (json_is_true(plot_member(row, "emulated")))
		all->emulated = true;
	else
		all->hardware = true;
	all->row[all->count++] = m;
	return NULL;
}

static bool is_of(const json_t *row, const char *group)
{
	return strncmp(plot_text(row, "name"), group, strlen(group)) == 0;
}

/* Rows whose names begin with `group`; emulated ones never stand beside others. */
static const char *read_rows(struct plot_data *d, struct medians *all, const char *group)
{
	const json_t *doc = json_array_get(d->docs, 0), *row;
	const char *why = NULL;
	size_t i;

	if (!plot_is_schema(doc, "nvsim.bench/1"))
		return "it is no result of bench";
	if (json_array_size(d->docs) > 1)
		return "of bench, one result alone can be drawn";
	d->doc = doc;
	json_array_foreach(plot_array(d, doc, "benchmarks"), i, row)
	{
		if (!why && is_of(row, group))
			why = add_row(d, all, row);
	}
	if (!why && all->emulated && all->hardware)
		why = "some of its benchmarks are emulated and some are not";
	if (!why && !all->count)
		why = "it has no such benchmark";
	d->emulated |= all->emulated;
	return why;
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
			plot_text(json_array_get(d->docs, 0), "context.host.cpu"));
	plot_put_variable(d->out, "rows", (double)all->count);
}

const char *plot_bench(struct plot_data *d)
{
	struct medians all = {.count = 0};
	const char *why = read_rows(d, &all, "");
	double lowest = INFINITY, highest = 0;
	size_t width = 0;

	if (why)
		return why;
	put_unit(d, &all);
	plot_put_begin(d->out, "data");
	for (size_t i = 0; i < all.count; i++) {
		const struct median *m = &all.row[i];

		put_row(d, m, i);
		if (m->value > 0)
			lowest = fmin(lowest, m->low > 0 ? m->low : m->value);
		highest = fmax(highest, m->high);
		width = strlen(m->name) > width ? strlen(m->name) : width;
	}
	plot_put_end(d->out);
	plot_put_variable(d->out, "label_width", fmin((double)width, PLOT_LABEL_MAX));
	plot_put_variable(d->out, "lowest", lowest);
	plot_put_variable(d->out, "highest", highest);
	return highest > 0 ? NULL : "all of its figures are 0";
}

/* "length/10M": 10 million faults; NaN: no such name. */
static double length_of(const char *name)
{
	static const char letters[] = "KMG";
	double scale = 1;
	char *end;
	double v = strtod(strchr(name, '/') + 1, &end);

	for (size_t i = 0; letters[i]; i++) {
		scale *= 1000;
		if (*end == letters[i] && !end[1])
			return v * scale;
	}
	return *end ? NAN : v;
}

const char *plot_length(struct plot_data *d)
{
	struct medians all = {.count = 0};
	const char *why = read_rows(d, &all, "length/");
	double most = 0, shortest = INFINITY, longest = 0;

	if (why)
		return why;
	put_unit(d, &all);
	plot_put_begin(d->out, "data");
	for (size_t i = 0; i < all.count; i++) {
		const struct median *m = &all.row[i];
		double length = length_of(m->name);

		if (!(length >= 1 && length <= PLOT_COUNT_MAX))
			plot_damaged(d, "name");
		plot_put_number(d->out, length);
		put_row(d, m, i);
		most = fmax(most, m->high);
		shortest = fmin(shortest, length);
		longest = fmax(longest, length);
	}
	plot_put_end(d->out);
	plot_put_variable(d->out, "most", most);
	plot_put_variable(d->out, "shortest", shortest);
	plot_put_variable(d->out, "longest", longest);
	return NULL;
}
