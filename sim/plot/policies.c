/* SPDX-License-Identifier: GPL-2.0-only */
#include "kinds.h"

static bool is_known(const struct plot_rows *rows, const char *path)
{
	bool known = false;

	for (size_t i = 0; i < rows->count; i++)
		known = known || json_at(rows->row[i].entry, path);
	return known;
}

/* What the stream cannot tell all faults of. */
static bool is_bound(const struct plot_row *row)
{
	return !strcmp(json_text(row->entry, "exactness.verdict"), "lower bound");
}

/* Row, label, faults and what is shown of them, block share in percent and that. Gives faults. */
static double put_row(struct plot_data *d, const struct plot_row *row, size_t i, const char *share)
{
	double faults = plot_row_figure(d, row, "counts.delivered.shadow", PLOT_COUNT_MAX);
	double blocks = plot_row_figure(d, row, share, 1);

	fprintf(d->out, "%zu", i);
	plot_put_text(d->out, row->label);
	if (is_bound(row))
		plot_put_bound(d->out, faults);
	else
		plot_put_shown(d->out, faults, 0);
	plot_put_shown(d->out, 100 * blocks, 1);
	fputc('\n', d->out);
	return faults;
}

/* At the end there may be no mapping left: then the share over time has to do, for all of them. */
const char *plot_policies(struct plot_data *d)
{
	static const char at_end[] = "metrics.block_share.end",
			  over_time[] = "metrics.block_share.time_weighted";
	struct plot_rows rows;
	const char *why = plot_rows(&rows, d->docs);
	const char *share = over_time;
	double most = 0;
	bool bound = false;

	if (why)
		return why;
	if (!is_known(&rows, "counts.delivered.shadow"))
		return "it has no faults of a replay";
	if (is_known(&rows, at_end) || !is_known(&rows, over_time))
		share = at_end;
	plot_put_rows(d, &rows);
	plot_put_string(d->out, "when", share == at_end ? "at the end" : "over time");
	plot_put_begin(d->out, "data");
	for (size_t i = 0; i < rows.count; i++) {
		most = fmax(most, put_row(d, &rows.row[i], i, share));
		bound = bound || is_bound(&rows.row[i]);
	}
	plot_put_end(d->out);
	plot_put_variable(d->out, "faults_most", most);
	plot_put_variable(d->out, "bound", bound);
	return NULL;
}
