/* SPDX-License-Identifier: GPL-2.0-only */
/* The style sheet has the colours: pictures are as light or dark as the page. */
#include <string.h>

#include "heat.h"
#include "html.h"
#include "show.h"

#define LEVELS 8u /* classes h1 to h8 of the style sheet */
#define TOTAL  900u
#define LEFT   130u
#define WIDTH  650u
#define RIGHT  (LEFT + WIDTH + 12)
#define ROW    16u
#define GAP    8u  /* between ranges that are not neighbours */
#define BAR    64u /* the highest one */
#define APART  24u /* bars of two scopes */
#define MARKS  30u /* room for their numbers */
#define AXIS   48u

/* ---- what all pictures have: time to the right ---- */

static const struct {
	const char *name;
	double ns;
} units[] = {{"s", 1e9}, {"ms", 1e6}, {"µs", 1e3}, {"ns", 1}};

static size_t unit_of(uint64_t ns)
{
	size_t i = 0;

	while (i < 3 && (double)ns < units[i].ns)
		i++;
	return i;
}

char *heat_time(char *buf, size_t size, uint64_t ns)
{
	size_t unit = unit_of(ns);
	double n = (double)ns / units[unit].ns;

	snprintf(buf, size, n < 999.5 ? "%.3g %s" : "%.0f %s", n, units[unit].name);
	return buf;
}

static uint64_t duration(const struct heat *h)
{
	return h->last_ns > h->first_ns ? h->last_ns - h->first_ns : 1;
}

static double x_of(const struct heat *h, uint64_t ns)
{
	return LEFT + (double)(ns < duration(h) ? ns : duration(h)) * WIDTH / (double)duration(h);
}

static double x_of_slice(const struct heat *h, uint64_t slice)
{
	return x_of(h, slice * h->width_ns);
}

/* The last slice may have the last event alone. */
static double x_from(const struct heat *h, uint64_t slice)
{
	double x = x_of_slice(h, slice), last = LEFT + WIDTH - 2;

	return x < last ? x : last;
}

static void open_svg(FILE *out, unsigned int height, const char *name)
{
	fprintf(out,
		"<svg class=\"heat\" role=\"img\" width=\"%u\" height=\"%u\" viewBox=\"0 0 %u %u\" "
		"aria-label=\"",
		TOTAL, height, TOTAL, height);
	html_text(out, name);
	fputs("\">\n", out);
}

static void put_label(FILE *out, double x, unsigned int y, const char *class, const char *text)
{
	fprintf(out, "<text x=\"%.1f\" y=\"%u\" class=\"%s\">%s</text>\n", x, y, class, text);
}

/* 1, 2 or 5 times a power of ten, so that there are four to nine of them. */
static uint64_t tick_step(uint64_t ns)
{
	static const unsigned int times[] = {1, 2, 5};
	uint64_t step = 1, power = 1;

	for (size_t i = 0; ns / step > 8; i++) {
		power *= i % 3 == 2 ? 10 : 1;
		step = times[(i + 1) % 3] * power;
	}
	return step;
}

static void draw_axis(FILE *out, const struct heat_view *view, unsigned int y)
{
	uint64_t whole = duration(view->heat), step = tick_step(whole);
	size_t unit = unit_of(whole);
	char text[100];

	for (uint64_t at = 0; at <= whole; at += step) {
		double x = x_of(view->heat, at);

		fprintf(out, "<path class=\"tick\" d=\"M%.1f %uv5\"/>", x, y);
		snprintf(text, sizeof(text), "%.15g", (double)at / units[unit].ns);
		put_label(out, x, y + 18, "middle", text);
	}
	snprintf(text, sizeof(text), "%stime since the beginning of the stream (%s)", view->clock,
		 units[unit].name);
	put_label(out, LEFT + WIDTH / 2.0, y + 38, "middle", text);
}

/* Numbers that would overlap are left out; their lines are not. */
static void draw_marks(FILE *out, const struct heat_view *view, unsigned int top,
		       unsigned int bottom)
{
	double free_from = 0;

	if (view->mark_count)
		put_label(out, LEFT - 10, top - 14, "end", "marks");
	for (size_t i = 0; i < view->mark_count; i++) {
		double x = x_of(view->heat, view->marks[i] - view->heat->first_ns);
		char number[24];

		fprintf(out, "<path class=\"mark\" d=\"M%.1f %uV%u\"/>\n", x, top - 10, bottom);
		if (x < free_from)
			continue;
		snprintf(number, sizeof(number), "%zu", i + 1);
		put_label(out, x, top - 14, "middle", number);
		free_from = x + 20;
	}
}

/* ---- faults in slices of time ---- */

static const char *const scope_titles[SCOPE_COUNT] = {
	[SCOPE_SHADOW] = "of L2",
	[SCOPE_CANONICAL] = "of L1 itself",
	[SCOPE_S2_OFF] = "stage 2 off",
};

static uint64_t most_of(const uint64_t slices[HEAT_SLICES])
{
	uint64_t most = 0;

	for (unsigned int i = 0; i < HEAT_SLICES; i++)
		most = slices[i] > most ? slices[i] : most;
	return most;
}

static void draw_bars(FILE *out, const struct heat *h, const uint64_t *slices, unsigned int y)
{
	uint64_t most = most_of(slices);

	fputs("<path class=\"h6\" d=\"", out);
	for (unsigned int i = 0; i < HEAT_SLICES; i++) {
		double high = BAR * (double)slices[i] / (double)most;

		if (slices[i])
			fprintf(out, "M%.1f %uH%.1fv-%.1fH%.1fz", x_from(h, i), y,
				x_of_slice(h, i + 1), high < 1 ? 1 : high, x_from(h, i));
	}
	fputs("\"/>\n", out);
}

static void draw_scope(FILE *out, const struct heat *h, unsigned int scope, unsigned int y)
{
	char text[SHOW_NUMBER + 8], count[SHOW_NUMBER];

	put_label(out, LEFT - 10, y - BAR / 2 + 4, "end", scope_titles[scope]);
	fprintf(out, "<path class=\"tick\" d=\"M%u %uh%um0 -%uh-%u\"/>\n", LEFT, y, WIDTH, BAR,
		WIDTH);
	draw_bars(out, h, h->scope[scope], y);
	put_label(out, RIGHT, y + 4, "start", "0");
	snprintf(text, sizeof(text), "%s", show_count(count, most_of(h->scope[scope])));
	put_label(out, RIGHT, y - BAR + 4, "start", text);
}

void heat_draw_scopes(FILE *out, const struct heat_view *view)
{
	const struct heat *h = view->heat;
	unsigned int rows = 0, y = MARKS;

	for (unsigned int s = 0; s < SCOPE_COUNT; s++)
		rows += most_of(h->scope[s]) > 0;
	open_svg(out, MARKS + rows * (BAR + APART) + AXIS,
		 "Faults in slices of time, by whose they are");
	for (unsigned int s = 0; s < SCOPE_COUNT; s++)
		if (most_of(h->scope[s]))
			draw_scope(out, h, s, y += BAR + APART);
	draw_marks(out, view, MARKS, y);
	draw_axis(out, view, y);
	fputs("</svg>\n", out);
}

/* ---- the heat map ---- */

struct drawing {
	FILE *out;
	const struct heat *heat;
	const struct heat_panel *panel;
	unsigned int step,
		levels; /* a level is so many powers of two: its ends are whole numbers */
	unsigned int top, bottom;
	unsigned int y[HEAT_DRAWN];
};

static unsigned int log2_of(uint64_t v)
{
	return 63u - (unsigned int)__builtin_clzll(v);
}

static void choose_scale(struct drawing *d)
{
	uint64_t most = 1;

	for (uint32_t r = 0; r < d->panel->count; r++)
		for (unsigned int i = 0; i < HEAT_SLICES; i++)
			if (d->panel->rows[r].slice[i] > most)
				most = d->panel->rows[r].slice[i];
	d->step = log2_of(most) / LEVELS + 1;
	d->levels = log2_of(most) / d->step + 1;
}

/* 0: none. The highest level has the strongest colour, however many there are. */
static unsigned int level_of(const struct drawing *d, uint64_t faults)
{
	return faults ? log2_of(faults) / d->step + 1 : 0;
}

static unsigned int colour_of(const struct drawing *d, unsigned int level)
{
	return level * LEVELS / d->levels;
}

static void draw_scale(const struct drawing *d)
{
	unsigned int x = LEFT;

	put_label(d->out, LEFT - 10, 16, "end", "faults, at least");
	for (unsigned int level = 1; level <= d->levels; level++, x += WIDTH / LEVELS) {
		char text[SHOW_NUMBER];

		fprintf(d->out, "<rect x=\"%u\" y=\"5\" width=\"14\" height=\"14\" class=\"h%u\"/>",
			x, colour_of(d, level));
		put_label(d->out, x + 18, 16, "start",
			  show_count(text, 1ull << (level - 1) * d->step));
	}
}

static void place_rows(struct drawing *d)
{
	const struct heat_row *rows = d->panel->rows;

	d->top = d->bottom = 40 + MARKS;
	for (uint32_t r = 0; r < d->panel->count; r++) {
		if (r && rows[r].range != rows[r - 1].range + 1)
			d->bottom += GAP;
		d->y[r] = d->bottom;
		d->bottom += ROW;
	}
}

/* Neighbours of one level are one cell. */
static void draw_cells(const struct drawing *d, const struct heat_row *row, unsigned int y,
		       unsigned int level)
{
	for (unsigned int i = 0, end; i < HEAT_SLICES; i = end) {
		unsigned int here = level_of(d, row->slice[i]);

		for (end = i + 1; end < HEAT_SLICES && level_of(d, row->slice[end]) == here;)
			end++;
		if (here == level)
			fprintf(d->out, "M%.1f %uH%.1fv%uH%.1fz", x_from(d->heat, i), y,
				x_of_slice(d->heat, end), ROW - 1, x_from(d->heat, i));
	}
}

/* One path for all cells of a level: there may be thousands. */
static void draw_level(const struct drawing *d, unsigned int level)
{
	fprintf(d->out, "<path class=\"h%u\" d=\"", level ? colour_of(d, level) : 0);
	for (uint32_t r = 0; r < d->panel->count; r++)
		draw_cells(d, &d->panel->rows[r], d->y[r], level);
	fputs("\"/>\n", d->out);
}

static void draw_labels(const struct drawing *d)
{
	char text[SHOW_NUMBER];

	put_label(d->out, RIGHT, d->top - 14, "start", "faults");
	for (uint32_t r = 0; r < d->panel->count; r++) {
		const struct heat_row *row = &d->panel->rows[r];

		put_label(d->out, RIGHT, d->y[r] + 12, "start", show_count(text, row->faults));
		snprintf(text, sizeof(text), "%#llx",
			 (unsigned long long)row->range << d->panel->shift);
		put_label(d->out, LEFT - 10, d->y[r] + 12, "end", text);
	}
}

void heat_draw_panel(FILE *out, const struct heat_view *view, const struct heat_panel *panel,
		     const char *name)
{
	struct drawing d = {.out = out, .heat = view->heat, .panel = panel};

	choose_scale(&d);
	place_rows(&d);
	open_svg(out, d.bottom + AXIS, name);
	draw_scale(&d);
	for (unsigned int level = 0; level <= d.levels; level++)
		draw_level(&d, level);
	draw_labels(&d);
	draw_marks(out, view, d.top, d.bottom);
	draw_axis(out, view, d.bottom + 2);
	fputs("</svg>\n", out);
}
