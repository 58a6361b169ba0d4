/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdlib.h>

#include "kinds.h"
#include "names.h"

#define GROUPS_MAX 32u

/* All replays of a size of host pages and an invalidation policy. */
struct group {
	char granule[PLOT_PART_SIZE], invalidation[PLOT_PART_SIZE];
	unsigned int place; /* of the invalidation policy in the handler's table */
	double operations, visited, unmapped;
};

struct unmap {
	struct plot_data *d;
	size_t count, replays;
	struct group group[GROUPS_MAX];
};

static unsigned int place_of(const char *name)
{
	const struct s2_invalidation *invalidation = invalidation_named(name);

	return invalidation ? (unsigned int)(invalidation - s2_invalidations)
			    : s2_invalidation_count;
}

static struct group *find(struct unmap *u, const struct plot_row *row)
{
	struct group g = {.operations = 0};

	plot_part(row, PLOT_GRANULE, g.granule);
	plot_part(row, PLOT_INVALIDATION, g.invalidation);
	g.place = place_of(g.invalidation);
	for (size_t i = 0; i < u->count; i++)
		if (!strcmp(u->group[i].granule, g.granule) &&
		    !strcmp(u->group[i].invalidation, g.invalidation))
			return &u->group[i];
	if (u->count == GROUPS_MAX)
		return NULL;
	u->group[u->count] = g;
	return &u->group[u->count++];
}

static const char *add(struct unmap *u, const struct plot_row *row)
{
	static const char member[] = "metrics.over_invalidation.host_unmap";
	const json_t *work = json_at(row->entry, member);
	double operations, visited, unmapped;
	struct group *g;

	u->d->doc = row->doc;
	operations = plot_figure(u->d, work, "operations", PLOT_COUNT_MAX);
	visited = plot_figure(u->d, work, "entries_visited", PLOT_COUNT_MAX);
	unmapped = plot_figure(u->d, work, "bytes_unmapped", PLOT_COUNT_MAX);
	if (!(operations > 0) || isnan(visited) || isnan(unmapped))
		return NULL;
	g = find(u, row);
	if (!g)
		return "there are more than 32 pairs of host granule and invalidation policy";
	g->operations += operations;
	g->visited += visited;
	g->unmapped += unmapped;
	u->replays++;
	return NULL;
}

/* By granule, the smallest first; then as the handler lists its policies. */
static int order(const void *a, const void *b)
{
	const struct group *p = a, *q = b;
	long sizes = atol(p->granule) - atol(q->granule);

	if (sizes)
		return sizes < 0 ? -1 : 1;
	return p->place != q->place ? (p->place < q->place ? -1 : 1)
				    : strcmp(p->invalidation, q->invalidation);
}

/* Place on the axis, which has a gap between granules, label, colour, entries visited by an unmap
   of the host and what is shown of them, bytes unmapped by it. */
static void put_groups(struct unmap *u)
{
	double place = 0, visited = 0, unmapped = 0, width = 0;

	plot_put_begin(u->d->out, "data");
	for (size_t i = 0; i < u->count; i++) {
		const struct group *g = &u->group[i];
		char text[2 * PLOT_PART_SIZE], label[PLOT_LABEL_SIZE];
		double bytes = g->unmapped / g->operations, entries = g->visited / g->operations;

		if (i && strcmp(g->granule, g[-1].granule))
			place += 0.6;
		snprintf(text, sizeof(text), "%s %s", g->granule, g->invalidation);
		plot_shorten(label, text);
		width = fmax(width, plot_width(label));
		plot_put_number(u->d->out, place++);
		plot_put_text(u->d->out, label);
		fprintf(u->d->out, " %u", g->place);
		plot_put_shown(u->d->out, entries, 1);
		plot_put_number(u->d->out, bytes);
		fputc('\n', u->d->out);
		visited = fmax(visited, entries);
		unmapped = fmax(unmapped, bytes);
	}
	plot_put_end(u->d->out);
	plot_put_variable(u->d->out, "rows", place);
	plot_put_variable(u->d->out, "label_width", width);
	plot_put_variable(u->d->out, "visited_most", visited);
	plot_put_variable(u->d->out, "unmapped_most", unmapped);
}

const char *plot_unmap(struct plot_data *d)
{
	struct unmap u = {.d = d};
	struct plot_cursor at = {0, 0};
	struct plot_row row;
	const char *why = plot_no_rows(d->docs);
	char text[64];

	while (!why && plot_next_row(d->docs, &at, &row))
		why = add(&u, &row);
	if (!why && !u.count)
		why = "it has no unmap of the host";
	if (why)
		return why;
	qsort(u.group, u.count, sizeof(u.group[0]), order);
	snprintf(text, sizeof(text), "mean of all host unmaps in %zu replay%s", u.replays,
		 u.replays == 1 ? "" : "s");
	plot_put_string(d->out, "subtitle", text);
	put_groups(&u);
	return NULL;
}
