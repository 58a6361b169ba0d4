/* SPDX-License-Identifier: GPL-2.0-only */
#include "kinds.h"

#define SERIES_MAX    8u
#define INTERVALS_MAX 20000u
#define MARKS_MAX     12u
#define SECOND	      1e9

struct timeline {
	struct plot_data *d;
	struct plot_rows rows;
	double first_ns; /* of the series at hand */
	double last_ns;
	double blocks;	 /* share at the end of its last interval */
	double longest;	 /* seconds */
	double injected; /* of all series, in %: the most in an interval */
	bool lone;	 /* the series at hand has one interval, and no line leads to its end */
};

static double percent(double part, double whole)
{
	return whole > 0 ? 100 * part / whole : NAN;
}

/* Bytes of blocks cannot be more than all bytes, nor faults injected than delivered. */
static double share(struct timeline *t, const json_t *interval, const char *part, const char *whole)
{
	double all = plot_figure(t->d, interval, whole, PLOT_COUNT_MAX);

	return percent(plot_figure(t->d, interval, part, all), all);
}

/* Seconds from the beginning of the stream; time does not go back. */
static double time_of(struct timeline *t, const json_t *event, const char *member)
{
	double ns = plot_figure(t->d, event, member, PLOT_COUNT_MAX);

	if (!(ns >= t->last_ns))
		plot_damaged(t->d, member);
	t->last_ns = ns;
	return (ns - t->first_ns) / SECOND;
}

static void put_point(struct timeline *t, double seconds, double blocks, double injected)
{
	plot_put_number(t->d->out, seconds);
	plot_put_number(t->d->out, blocks);
	plot_put_number(t->d->out, injected);
	fprintf(t->d->out, " %d\n", t->lone);
}

/* A share of bytes is of the interval's end; the injection rate is of all of it, which began with
 * the end of the last one: a replay that skips faults does not tell when the first began. */
static void put_interval(struct timeline *t, const json_t *interval, bool begun)
{
	double began = (t->last_ns - t->first_ns) / SECOND,
	       seconds = time_of(t, interval, "end_ns");
	double blocks = share(t, interval, "block_bytes", "total_bytes");
	double injected = share(t, interval, "injected", "delivered");

	if (begun)
		put_point(t, began, t->blocks, injected);
	put_point(t, seconds, blocks, injected);
	t->blocks = blocks;
	t->longest = fmax(t->longest, seconds);
	t->injected = fmax(t->injected, injected);
}

/* Where nothing tells when the stream began, it did with the end of the first interval. */
static void begin(struct timeline *t, const json_t *doc)
{
	const json_t *first = json_array_get(json_object_get(doc, "intervals"), 0);
	double ns = plot_figure(t->d, doc, "trace.first_ns", PLOT_COUNT_MAX);

	if (isnan(ns))
		ns = plot_figure(t->d, first, "end_ns", PLOT_COUNT_MAX);
	t->first_ns = t->last_ns = ns;
}

static void put_series(struct timeline *t, size_t i, const json_t *intervals)
{
	const json_t *doc = t->rows.row[i].doc, *interval;
	bool whole = plot_figure(t->d, doc, "measured.skip", PLOT_COUNT_MAX) == 0;
	size_t k;

	begin(t, doc);
	t->blocks = NAN;
	t->lone = json_array_size(intervals) == 1;
	plot_put_series(t->d->out, i + 1);
	json_array_foreach(intervals, k, interval)
	{
		put_interval(t, interval, whole || k);
	}
	plot_put_end(t->d->out);
}

static const char *put_all_series(struct timeline *t)
{
	struct plot_data *d = t->d;

	for (size_t i = 0; i < t->rows.count; i++) {
		const json_t *intervals;

		d->doc = t->rows.row[i].doc;
		intervals = plot_array(d, d->doc, "intervals");
		if (json_array_size(intervals) > INTERVALS_MAX)
			return "it has more than 20,000 intervals: replay with a larger --interval";
		if (!json_array_size(intervals))
			return "it has no intervals: replay with --interval";
		put_series(t, i, intervals);
	}
	return NULL;
}

static void put_legend(struct timeline *t)
{
	plot_put_begin(t->d->out, "legend");
	for (size_t i = 0; i < t->rows.count; i++) {
		plot_put_text(t->d->out, t->rows.row[i].label);
		fputc('\n', t->d->out);
	}
	plot_put_end(t->d->out);
}

/* gnuplot takes no exponent where it makes a number of a word. */
static void put_seconds(FILE *out, double seconds)
{
	fprintf(out, seconds > 0 && seconds < 1e-3 ? " %.9f" : " %.10g", seconds);
}

/* Those of the one trace that all are of; what more there are is told. */
static void put_marks(struct timeline *t)
{
	char text[PLOT_LABEL_SIZE];
	const json_t *doc = t->rows.row[0].doc, *marks, *mark;
	bool one_trace = true;
	size_t i;

	for (i = 1; i < t->rows.count; i++)
		one_trace &= strcmp(json_text(doc, "context.trace_digest"),
				    json_text(t->rows.row[i].doc, "context.trace_digest")) == 0;
	t->d->doc = doc;
	marks = one_trace ? plot_array(t->d, doc, "marks") : NULL;
	begin(t, doc);
	plot_put_begin(t->d->out, "marks");
	json_array_foreach(marks, i, mark)
	{
		if (i == MARKS_MAX)
			break;
		fprintf(t->d->out, "%zu", i + 1);
		put_seconds(t->d->out, time_of(t, mark, "time_ns"));
		plot_shorten(text, json_text(mark, "text"));
		plot_put_text(t->d->out, text);
		fputc('\n', t->d->out);
	}
	plot_put_end(t->d->out);
	plot_put_variable(t->d->out, "mark_count", (double)json_array_size(marks));
}

const char *plot_timeline(struct plot_data *d)
{
	struct timeline t = {.d = d};
	const char *why = plot_rows(&t.rows, d->docs);

	if (!why && t.rows.count > SERIES_MAX)
		why = "there are more than 8 results, which no timeline can show";
	if (!why)
		why = put_all_series(&t);
	if (why)
		return why;
	plot_put_rows(d, &t.rows);
	plot_put_variable(d->out, "seconds", t.longest);
	plot_put_variable(d->out, "injected_most", t.injected);
	put_legend(&t);
	put_marks(&t);
	return NULL;
}
