/* SPDX-License-Identifier: GPL-2.0-only */
#include "kinds.h"
#include "names.h"

static const char clamped_by[] = "metrics.clamped_by";

static const char *const measures[] = {"faults", "bytes"};
#define MEASURES (sizeof(measures) / sizeof(measures[0]))

static const json_t *cause_of(const struct plot_row *row, unsigned int cause)
{
	return json_at(json_at(row->entry, clamped_by), clamp_names[cause]);
}

static bool is_known(const struct plot_rows *rows, unsigned int cause)
{
	bool known = false;

	for (size_t i = 0; i < rows->count; i++)
		known = known || cause_of(&rows->row[i], cause);
	return known;
}

/* Those that occur, for the legend: number, name. */
static size_t put_causes(struct plot_data *d, const struct plot_rows *rows)
{
	size_t count = 0;

	plot_put_begin(d->out, "causes");
	for (unsigned int c = 0; c < S2_CLAMP_COUNT; c++) {
		if (!is_known(rows, c))
			continue;
		fprintf(d->out, "%u", c);
		plot_put_text(d->out, clamp_names[c]);
		fputc('\n', d->out);
		count++;
	}
	plot_put_end(d->out);
	plot_put_variable(d->out, "cause_count", (double)count);
	return count;
}

/* Row, label. */
static void put_labels(struct plot_data *d, const struct plot_rows *rows)
{
	plot_put_begin(d->out, "labels");
	for (size_t i = 0; i < rows->count; i++) {
		fprintf(d->out, "%zu", i);
		plot_put_text(d->out, rows->row[i].label);
		fputc('\n', d->out);
	}
	plot_put_end(d->out);
}

/* The parts of a bar, each from where the last one ends: row, begin, end, number of the cause. */
static double put_bar(struct plot_data *d, const struct plot_row *row, size_t i,
		      const char *measure)
{
	double end = 0;

	d->doc = row->doc;
	for (unsigned int c = 0; c < S2_CLAMP_COUNT; c++) {
		double v = plot_figure(d, cause_of(row, c), measure, PLOT_COUNT_MAX);

		if (!(v > 0))
			continue;
		fprintf(d->out, "%zu", i);
		plot_put_number(d->out, end);
		plot_put_number(d->out, end += v);
		fprintf(d->out, " %u\n", c);
	}
	return end;
}

static void put_bars(struct plot_data *d, const struct plot_rows *rows, const char *measure)
{
	double most = 0;
	char name[32];

	plot_put_begin(d->out, measure);
	for (size_t i = 0; i < rows->count; i++)
		most = fmax(most, put_bar(d, &rows->row[i], i, measure));
	plot_put_end(d->out);
	snprintf(name, sizeof(name), "%s_most", measure);
	plot_put_variable(d->out, name, most);
}

const char *plot_clamps(struct plot_data *d)
{
	struct plot_rows rows;
	const char *why = plot_rows(&rows, d->docs);

	if (why)
		return why;
	if (!put_causes(d, &rows))
		return "it has no mapping that a cause kept small";
	plot_put_rows(d, &rows);
	put_labels(d, &rows);
	for (size_t m = 0; m < MEASURES; m++)
		put_bars(d, &rows, measures[m]);
	return NULL;
}
