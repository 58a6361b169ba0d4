/* SPDX-License-Identifier: GPL-2.0-only */
/* What other rules make of the same stream, and what keeps mappings small. */
#include <string.h>

#include "names.h"
#include "parts.h"

/* ---- policies ---- */

enum style { COUNT, PERCENT, REAL };
static const struct column {
	const char *title;
	const char *path; /* in an entry of nvsim.compare/1 */
	enum style style;
} columns[] = {
	{"shadow faults", "counts.delivered.shadow", COUNT},
	{"avoided", "counts.avoided.shadow", COUNT},
	{"injected", "metrics.injection_rate.ratio", PERCENT},
	{"blocks over time", "metrics.block_share.time_weighted", PERCENT},
	{"blocks at the end", "metrics.block_share.end", PERCENT},
	{"effectiveness", "metrics.block_effectiveness", PERCENT},
	{"splintering", "metrics.splintering", REAL},
	{"amplification", "metrics.fault_amplification", REAL},
	{"table pages", "metrics.table_pages.peak", COUNT},
	{"unsound pages", "metrics.unsound", COUNT},
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static void put_figure(FILE *out, const json_t *policy, size_t row, const struct column *c)
{
	const json_t *v = json_at(policy, c->path);
	char path[100], buf[SHOW_NUMBER];

	if (!v) {
		html_element(out, "td class=\"n\"", "–");
		return;
	}
	snprintf(path, sizeof(path), "policies.%zu.%s", row, c->path);
	fputs("<td class=\"n\"", out);
	page_put_data(out, path, v);
	if (c->style == COUNT)
		show_count(buf, (uint64_t)json_integer_value(v));
	else if (c->style == PERCENT)
		show_percent(buf, json_number_value(v));
	else
		snprintf(buf, sizeof(buf), "%.2f", json_number_value(v));
	fprintf(out, ">%s</td>\n", buf);
}

static const char *name_of(const json_t *policy)
{
	const char *label = json_text(policy, "label");

	return *label ? label : json_text(policy, "policy");
}

static bool is_chosen(const struct page_report *r, const json_t *policy)
{
	return strcmp(json_text(policy, "policy"), json_text(r->result, "context.policy")) == 0;
}

/* A rule that is none: what the checker found in this stream is in the column of unsound pages. */
static void put_name(FILE *out, const json_t *policy)
{
	fputs("<th scope=\"row\">", out);
	html_text(out, name_of(policy));
	if (json_is_false(json_object_get(policy, "sound")))
		fputs(" <span class=\"badge bad\">unsound</span>", out);
	fputs("</th>\n", out);
}

static void put_policy(FILE *out, const struct page_report *r, size_t row, const json_t *policy)
{
	fputs(is_chosen(r, policy) ? "<tr class=\"chosen\">" : "<tr>", out);
	put_name(out, policy);
	html_element(out, "td", "%s", json_text(policy, "exactness.verdict"));
	for (size_t c = 0; c < COLUMNS; c++)
		put_figure(out, policy, row, &columns[c]);
	fputs("</tr>\n", out);
}

static void put_table(FILE *out, const struct page_report *r)
{
	const char *titles[COLUMNS + 2] = {"policy", "exactness"};
	const json_t *policy;
	size_t i;

	for (size_t c = 0; c < COLUMNS; c++)
		titles[c + 2] = columns[c].title;
	page_begin_table(out, "The same stream under each rule for the size of mappings", titles,
			 COLUMNS + 2, 2);
	json_array_foreach(json_object_get(r->compare, "policies"), i, policy)
		put_policy(out, r, i, policy);
	page_end_table(out);
}

static void put_story(FILE *out, const json_t *policy)
{
	const struct s2_policy *p = policy_named(json_text(policy, "policy"));

	fputs("<dt>", out);
	html_text(out, name_of(policy));
	fputs("</dt>\n", out);
	if (p)
		html_element(out, "dd", "%s (%s)", p->story, p->source);
	html_element(out, "dd class=\"note\"", "%s: %s", json_text(policy, "exactness.verdict"),
		     json_text(policy, "exactness.why"));
}

static void put_stories(FILE *out, const struct page_report *r)
{
	const json_t *policy;
	size_t i;

	fputs("<details><summary>What the rules are, and how far their figures can be "
	      "believed</summary>\n<dl>\n",
	      out);
	json_array_foreach(json_object_get(r->compare, "policies"), i, policy)
		put_story(out, policy);
	fputs("</dl></details>\n", out);
}

void page_policies(FILE *out, const struct page_report *r)
{
	page_verdict(out, "p", r);
	if (r->class == NVT_PARTIAL)
		return;
	page_figure(
		out, &r->policies, "Picture of shadow faults and block share by policy",
		"Fewer faults and more bytes under blocks are better, for a rule that is sound.");
	put_table(out, r);
	html_element(out, "p class=\"note\"",
		     "A lower bound is of the number of faults: a recorded stream holds those that "
		     "the recorded tables took. The row of this report is shaded.");
	put_stories(out, r);
}

/* ---- sizes ---- */

static const char *const clamp_words[S2_CLAMP_COUNT] = {
	[S2_CLAMP_NONE] = "nothing: it is the largest block of the host",
	[S2_CLAMP_LOGGING] = "the host logs writes to the memory, by pages",
	[S2_CLAMP_L1_LEAF] = "L1's own leaf is no larger",
	[S2_CLAMP_ROUNDING] = "L1's leaf lies between two sizes of the host, and is rounded down",
	[S2_CLAMP_BOUNDS] = "a block would reach beyond the memslot",
	[S2_CLAMP_ALIGNMENT] = "guest and host addresses of the memslot are not aligned alike",
	[S2_CLAMP_BACKING] = "the host backs the memory with smaller pages",
	[S2_CLAMP_DEVICE] = "the memory is a device's",
	[S2_CLAMP_POLICY] = "the rule alone",
};

static void put_clamp(FILE *out, unsigned int cause, const json_t *clamp)
{
	char path[64], buf[SHOW_NUMBER];

	snprintf(path, sizeof(path), "metrics.clamped_by.%s", clamp_names[cause]);
	fputs("<tr", out);
	page_put_data(out, path, clamp);
	fputs(">", out);
	html_element(out, "th scope=\"row\"", "%s", clamp_names[cause]);
	html_element(out, "td", "%s", clamp_words[cause]);
	page_cell_count(out, page_count(clamp, "faults"));
	html_element(out, "td class=\"n\"", "%s", show_bytes(buf, page_count(clamp, "bytes")));
	fputs("</tr>\n", out);
}

void page_sizes(FILE *out, const struct page_report *r)
{
	static const char *const titles[] = {"cause", "what kept the mapping from being larger",
					     "faults", "mapped"};
	const json_t *clamps = json_at(r->result, "metrics.clamped_by");

	if (!clamps) {
		html_element(out, "p", "Not told: %s.",
			     json_text(r->result, "metrics.absent.clamped_by"));
		return;
	}
	page_figure(out, &r->clamps, "Picture of what kept mappings small, by policy",
		    "Faults that mapped in a shadow table, by what kept the mapping from being "
		    "larger.");
	page_begin_table(out, "Mappings in shadow tables under the policy of this report", titles,
			 4, 2);
	for (unsigned int c = 0; c < S2_CLAMP_COUNT; c++)
		if (json_object_get(clamps, clamp_names[c]))
			put_clamp(out, c, json_object_get(clamps, clamp_names[c]));
	page_end_table(out);
}
