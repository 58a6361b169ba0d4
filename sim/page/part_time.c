/* SPDX-License-Identifier: GPL-2.0-only */
/* What happened when, and where: the pictures over time, with the tables of the same. */
#include <string.h>

#include "names.h"
#include "parts.h"

#define PANELS 4u  /* contexts that are drawn: those with most faults */
#define SHOWN  12u /* ranges in the table */
#define MARKS  12u /* more of them are folded away */

static struct heat_view view_of(const struct page_report *r)
{
	return (struct heat_view){r->heat, r->marks, r->mark_count, page_clock(r)};
}

/* ---- over time ---- */

/* Slices without a fault are left out. */
static void put_slices(FILE *out, const struct page_report *r)
{
	static const char *const titles[] = {"from (s)", "of L2", "of L1 itself", "stage 2 off"};
	const struct heat *h = r->heat;

	fputs("<details><summary>The same as a table</summary>\n", out);
	page_begin_table(out, "Faults in slices of time", titles, 1 + SCOPE_COUNT, 0);
	for (unsigned int i = 0; i < HEAT_SLICES; i++) {
		uint64_t faults = 0;

		for (unsigned int s = 0; s < SCOPE_COUNT; s++)
			faults += h->scope[s][i];
		if (!faults)
			continue;
		fputs("<tr>", out);
		html_element(out, "td class=\"n\"", "%.9g", (double)(i * h->width_ns) / 1e9);
		for (unsigned int s = 0; s < SCOPE_COUNT; s++)
			page_cell_count(out, h->scope[s][i]);
		fputs("</tr>\n", out);
	}
	page_end_table(out);
	fputs("</details>\n", out);
}

static void put_scopes(FILE *out, const struct page_report *r)
{
	char width[SHOW_NUMBER];
	struct heat_view view = view_of(r);

	html_element(out, "h3", "Faults in slices of time");
	fputs("<figure class=\"plot\">\n", out);
	page_begin_scroll(out, "Picture of faults in slices of time");
	heat_draw_scopes(out, &view);
	page_end_scroll(out);
	html_element(out, "figcaption",
		     "Faults in each slice of %s: %s. On the right the most in a slice.",
		     heat_time(width, sizeof(width), r->heat->width_ns),
		     r->class == NVT_PARTIAL ? "as recorded" : "those that the handler got");
	fputs("</figure>\n", out);
	put_slices(out, r);
}

static void put_marks(FILE *out, const struct page_report *r)
{
	static const char *const titles[] = {"mark", "text", "time (s)", "faults before it"};
	const json_t *marks = json_object_get(r->result, "marks"), *mark;
	uint64_t first_ns = r->heat->first_ns;
	size_t i;

	if (!json_array_size(marks))
		return;
	if (json_array_size(marks) > MARKS)
		fputs("<details><summary>Marks of the stream</summary>\n", out);
	page_begin_table(out, "Marks: what a person or a tool wrote into the recording", titles, 4,
			 2);
	json_array_foreach(marks, i, mark)
	{
		fputs("<tr>", out);
		html_element(out, "th scope=\"row\"", "%zu", i + 1);
		html_element(out, "td", "%s", json_text(mark, "text"));
		html_element(out, "td class=\"n\"", "%.6f",
			     (double)(page_count(mark, "time_ns") - first_ns) / 1e9);
		page_cell_count(out, page_count(mark, "fault"));
		fputs("</tr>\n", out);
	}
	page_end_table(out);
	if (json_array_size(marks) > MARKS)
		fputs("</details>\n", out);
}

static void put_ratio(FILE *out, uint64_t part, uint64_t whole, bool percent)
{
	char buf[SHOW_NUMBER];
	double ratio = whole ? (double)part / (double)whole : 0;

	snprintf(buf, sizeof(buf), "%.2f", ratio);
	html_element(out, "td class=\"n\"", "%s",
		     !whole    ? "–"
		     : percent ? show_percent(buf, ratio)
			       : buf);
}

static void put_interval(FILE *out, const struct page_report *r, const json_t *i)
{
	fputs("<tr>", out);
	page_cell_count(out, page_count(i, "first_fault"));
	html_element(out, "td class=\"n\"", "%.6f",
		     (double)(page_count(i, "end_ns") - r->heat->first_ns) / 1e9);
	page_cell_count(out, page_count(i, "delivered"));
	page_cell_count(out, page_count(i, "mapped"));
	page_cell_count(out, page_count(i, "injected"));
	put_ratio(out, page_count(i, "walk_reads"), page_count(i, "walks"), false);
	put_ratio(out, page_count(i, "block_bytes"), page_count(i, "total_bytes"), true);
	fputs("</tr>\n", out);
}

static void put_intervals(FILE *out, const struct page_report *r)
{
	static const char *const titles[] = {"from fault", "ends at (s)", "shadow faults", "mapped",
					     "injected",   "walk depth",  "block share"};
	const json_t *interval;
	size_t i;

	fputs("<details><summary>The same as a table, and what was mapped</summary>\n", out);
	page_begin_table(out, "Intervals of equally many faults and accesses, whosever they are",
			 titles, 7, 0);
	json_array_foreach(json_object_get(r->result, "intervals"), i, interval)
		put_interval(out, r, interval);
	page_end_table(out);
	fputs("</details>\n", out);
}

void page_time(FILE *out, const struct page_report *r)
{
	html_element(out, "p", "Times are %s.", page_times(r));
	put_scopes(out, r);
	html_element(out, "h3", "Block share and injection rate");
	page_figure(out, &r->timeline, "Picture of block share and injection rate over time",
		    "Block share is of the bytes mapped at that time; the injection rate is of an "
		    "interval of equally many faults.");
	if (r->class != NVT_PARTIAL)
		put_intervals(out, r);
	put_marks(out, r);
}

/* ---- hot ranges ---- */

static void put_panel(FILE *out, const struct page_report *r, const struct heat_panel *p)
{
	char name[120], size[SHOW_NUMBER], width[SHOW_NUMBER];
	struct heat_view view = view_of(r);

	if (r->class == NVT_PARTIAL)
		snprintf(name, sizeof(name), "Recorded faults of L2 by IPA, over time");
	else
		snprintf(name, sizeof(name), "Shadow faults of context %u by IPA, over time",
			 p->context);
	html_element(out, "h3", "%s", name);
	fputs("<figure class=\"plot\">\n", out);
	page_begin_scroll(out, name);
	heat_draw_panel(out, &view, p, name);
	page_end_scroll(out);
	html_element(out, "figcaption", "Rows of %s, cells of %s.",
		     show_bytes(size, 1ull << p->shift),
		     heat_time(width, sizeof(width), r->heat->width_ns));
	fputs("</figure>\n", out);
}

static uint64_t faults_of(const struct heat *h, uint32_t first)
{
	uint64_t faults = 0;

	for (uint32_t i = first; i < h->count && h->rows[i].context == h->rows[first].context; i++)
		faults += h->rows[i].faults;
	return faults;
}

/* Whether its context is among the PANELS with most faults; of equal ones the first. */
static bool is_drawn(const struct heat *h, uint32_t first)
{
	unsigned int before = 0;

	for (uint32_t i = 0; i < h->count; i++) {
		bool begins = !i || h->rows[i].context != h->rows[i - 1].context;

		before += begins && (faults_of(h, i) > faults_of(h, first) ||
				     (faults_of(h, i) == faults_of(h, first) && i < first));
	}
	return before < PANELS;
}

static void put_panels(FILE *out, const struct page_report *r)
{
	unsigned int left_out = 0;

	for (uint32_t first = 0, next; first < r->heat->count; first = next) {
		struct heat_panel p = heat_panel(r->heat, first, &next);

		if (!is_drawn(r->heat, first))
			left_out++;
		else
			put_panel(out, r, &p);
	}
	if (left_out)
		html_element(out, "p class=\"note\"",
			     "%u more context%s with fewer shadow faults are not drawn.", left_out,
			     left_out == 1 ? "" : "s");
}

/* ---- the hottest, as a table ---- */

/* Most faults first; of equal ones in the order of addresses. */
static size_t hottest(const struct heat *h, const struct heat_row *rows[SHOWN])
{
	size_t count = 0;

	for (uint32_t i = 0; i < h->count; i++) {
		const struct heat_row *row = &h->rows[i];
		size_t at = count;

		while (at && rows[at - 1]->faults < row->faults)
			at--;
		if (at == SHOWN)
			continue;
		count += count < SHOWN;
		memmove(rows + at + 1, rows + at, (count - at - 1) * sizeof(*rows));
		rows[at] = row;
	}
	return count;
}

static bool is_shown(const struct page_report *r, size_t group)
{
	return r->class != NVT_PARTIAL || outcome_groups[group].kinds >> S2_INJECTED & 1;
}

static void put_range(FILE *out, const struct page_report *r, const struct heat_row *row)
{
	unsigned long long from = row->range << r->heat->shift;

	fputs("<tr>", out);
	html_element(out, "th scope=\"row\" class=\"hash\"", "%#llx – %#llx", from,
		     from + (1ull << r->heat->shift) - 1);
	if (r->class == NVT_PARTIAL)
		html_element(out, "td class=\"n\"", "not told");
	else
		html_element(out, "td class=\"n\"", "%u", row->context);
	page_cell_count(out, row->faults);
	put_ratio(out, row->faults, r->heat->seen.faults, true);
	for (size_t g = 0; g < OUTCOME_GROUPS; g++)
		if (is_shown(r, g))
			page_cell_count(out, row->outcome[g]);
	fputs("</tr>\n", out);
}

static void put_hottest(FILE *out, const struct page_report *r)
{
	const char *titles[OUTCOME_GROUPS + 4] = {"IPA of L2", "context", "faults", "of all"};
	const struct heat_row *rows[SHOWN];
	char caption[100], size[SHOW_NUMBER];
	size_t columns = 4, count = hottest(r->heat, rows);

	for (size_t g = 0; g < OUTCOME_GROUPS; g++)
		if (is_shown(r, g))
			titles[columns++] = outcome_groups[g].title;
	snprintf(caption, sizeof(caption), "The hottest of %u ranges of %s in which L2 faulted",
		 r->heat->count, show_bytes(size, 1ull << r->heat->shift));
	page_begin_table(out, caption, titles, columns, 1);
	for (size_t i = 0; i < count; i++)
		put_range(out, r, rows[i]);
	page_end_table(out);
}

void page_ranges(FILE *out, const struct page_report *r)
{
	char buf[SHOW_NUMBER];

	if (!r->heat->count) {
		html_element(out, "p", "No shadow fault of L2 with an address is in this stream.");
	} else {
		html_element(
			out, "p",
			"A row is a range of IPA in which L2 faulted, from the address on its "
			"left; ranges between the rows had no fault. Each colour stands for at "
			"least twice as many faults as the one before.");
		put_panels(out, r);
		put_hottest(out, r);
	}
	if (r->heat->unplaced)
		html_element(out, "p class=\"note\"",
			     "%s shadow faults are not placed: their address is not recorded, or "
			     "there are too many contexts.",
			     show_count(buf, r->heat->unplaced));
}
