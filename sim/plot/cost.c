/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdlib.h>

#include "kinds.h"
#include "memory_stream.h"

#define SERIES_MAX  16u
#define BUCKETS_MAX 10000u

/* What is drawn, the best first. An emulator counts instructions as a machine would, and its cycles
   are made of something else. Ticks have a length. */
static const char *const units[2][3] = {
	{"cycles", "ticks", "instructions"},
	{"instructions", "cycles", "ticks"},
};

struct cost {
	struct plot_data *d;
	struct plot_rows rows;
	const char *unit;
	double lowest, highest;
	size_t count; /* series */
	FILE *legend;
	double legend_width;
};

static bool is_of(const json_t *histogram, const char *unit)
{
	return strcmp(json_text(histogram, "phase"), "total") == 0 &&
	       strcmp(json_text(histogram, "unit"), unit) == 0;
}

static bool has_unit(struct plot_data *d, const json_t *doc, const char *unit)
{
	const json_t *histogram;
	bool found = false;
	size_t i;

	d->doc = doc;
	json_array_foreach(plot_array(d, doc, "hw.histograms"), i, histogram) found =
		found || is_of(histogram, unit);
	return found;
}

/* The first that all results have; NULL: none. */
static const char *unit_of(struct cost *c)
{
	bool emulated = json_is_true(json_at(c->rows.row[0].doc, "context.emulated"));

	for (size_t u = 0; u < 3; u++) {
		bool all = true;

		for (size_t i = 0; i < c->rows.count; i++)
			all = all && has_unit(c->d, c->rows.row[i].doc, units[emulated][u]);
		if (all)
			return units[emulated][u];
	}
	return NULL;
}

/* What a count of the unit is worth: itself, or nanoseconds. */
static double worth(struct cost *c, const json_t *doc)
{
	double hz;

	if (strcmp(c->unit, "ticks"))
		return 1;
	hz = plot_figure(c->d, doc, "metrics.handler_cost.clock.hz", PLOT_COUNT_MAX);
	if (!(hz > 0))
		plot_damaged(c->d, "metrics.handler_cost.clock.hz");
	return 1e9 / hz;
}

/* [value, faults]; false: damaged. */
static bool read_bucket(struct cost *c, const json_t *bucket, double *value, double *faults)
{
	*value = json_number_value(json_array_get(bucket, 0));
	*faults = json_number_value(json_array_get(bucket, 1));
	if (*value >= 0 && *value <= PLOT_COUNT_MAX && *faults > 0 && *faults <= PLOT_COUNT_MAX)
		return true;
	plot_damaged(c->d, "hw.histograms.buckets");
	return false;
}

static double sum_of(struct cost *c, const json_t *buckets)
{
	double value, faults, last = -1, sum = 0;
	const json_t *bucket;
	size_t i;

	json_array_foreach(buckets, i, bucket)
	{
		if (!read_bucket(c, bucket, &value, &faults))
			return 0;
		if (value <= last)
			plot_damaged(c->d, "hw.histograms.buckets");
		last = value;
		sum += faults;
	}
	return sum;
}

static void put_point(struct cost *c, double cost, double share)
{
	c->lowest = fmin(c->lowest, cost);
	c->highest = fmax(c->highest, cost);
	plot_put_number(c->d->out, cost);
	plot_put_number(c->d->out, share);
	fputc('\n', c->d->out);
}

/* Cost, and the share of faults that cost no more. The axis is logarithmic, and has no 0. */
static void put_buckets(struct cost *c, const json_t *buckets, double sum, double unit)
{
	double value, faults, seen = 0;
	const json_t *bucket;
	size_t i;

	json_array_foreach(buckets, i, bucket)
	{
		read_bucket(c, bucket, &value, &faults);
		value = fmax(value, 0.5) * unit;
		if (!i)
			put_point(c, value, 0);
		put_point(c, value, 100 * (seen += faults) / sum);
	}
}

static void put_legend(struct cost *c, const struct plot_row *row, const char *class)
{
	char text[PLOT_LABEL_SIZE + 48];

	snprintf(text, sizeof(text), c->rows.count > 1 ? "%s, %s" : "%s", class, row->label);
	c->legend_width = fmax(c->legend_width, plot_width(text));
	plot_put_text(c->legend, text);
	fputc('\n', c->legend);
}

static const char *put_series(struct cost *c, const struct plot_row *row, const json_t *histogram)
{
	const json_t *buckets = plot_array(c->d, histogram, "buckets");
	double sum = sum_of(c, buckets), unit = worth(c, row->doc);

	if (json_array_size(buckets) > BUCKETS_MAX || !(sum > 0)) {
		plot_damaged(c->d, "hw.histograms.buckets");
		return NULL;
	}
	if (c->count == SERIES_MAX)
		return "there are more than 16 outcomes, which no plot can show";
	plot_put_series(c->d->out, ++c->count);
	put_buckets(c, buckets, sum, unit);
	plot_put_end(c->d->out);
	put_legend(c, row, json_text(histogram, "class"));
	return NULL;
}

static const char *put_result(struct cost *c, const struct plot_row *row)
{
	const char *why = NULL;
	const json_t *histogram;
	size_t i;

	c->d->doc = row->doc;
	if (!json_is_boolean(json_at(row->doc, "context.emulated")))
		plot_damaged(c->d, "context.emulated");
	json_array_foreach(plot_array(c->d, row->doc, "hw.histograms"), i, histogram)
	{
		if (!why && is_of(histogram, c->unit))
			why = put_series(c, row, histogram);
	}
	return why;
}

static const char *put_results(struct cost *c)
{
	const char *why = NULL;
	struct memory_stream out;
	char *legend;

	if (!memory_stream_open(&out))
		return "out of memory";
	c->legend = out.file;
	for (size_t i = 0; !why && i < c->rows.count; i++)
		why = put_result(c, &c->rows.row[i]);
	legend = memory_stream_close(&out);
	if (!legend)
		return "out of memory";
	plot_put_begin(c->d->out, "legend");
	fputs(legend, c->d->out);
	plot_put_end(c->d->out);
	free(legend);
	return why;
}

const char *plot_cost(struct plot_data *d)
{
	struct cost c = {.d = d, .lowest = INFINITY};
	const char *why = plot_rows(&c.rows, d->docs);

	if (why)
		return why;
	c.unit = unit_of(&c);
	if (!c.unit)
		return "it has no histogram of what the handler costs at EL2";
	why = put_results(&c);
	plot_put_rows(d, &c.rows);
	plot_put_string(d->out, "unit_name", strcmp(c.unit, "ticks") ? c.unit : "nanoseconds");
	plot_put_variable(d->out, "series", (double)c.count);
	plot_put_variable(d->out, "legend_width", c.legend_width);
	plot_put_variable(d->out, "lowest", c.lowest);
	plot_put_variable(d->out, "highest", c.highest);
	return why;
}
