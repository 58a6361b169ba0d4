/* SPDX-License-Identifier: GPL-2.0-only */
/* The page around its parts: what the stream is, and the list of contents. */
#include "page.h"

#include <string.h>

#include "parts.h"
#include "result.h"

static bool has_functions(const struct page_report *r)
{
	return json_object_get(r->result, "symbols");
}

/* In the order of the page. */
static const struct part {
	const char *id, *title;
	page_part_fn *write;
	bool (*has)(const struct page_report *r); /* NULL: every report */
} parts[] = {
	{"short", "In short", page_summary, NULL},
	{"figures", "Figures", page_figures, NULL},
	{"faults", "What became of the faults", page_faults, NULL},
	{"time", "Over time", page_time, NULL},
	{"ranges", "Hot ranges", page_ranges, NULL},
	{"policies", "Policies compared", page_policies, NULL},
	{"sizes", "What kept mappings small", page_sizes, NULL},
	{"findings", "Findings of the checker", page_findings, NULL},
	{"functions", "Hot functions of L2", page_functions, has_functions},
	{"about", "About this page", page_about, NULL},
};
#define PARTS (sizeof(parts) / sizeof(parts[0]))

/* ---- the stream ---- */

static const char *const class_sentences[] = {
	[NVT_PARTIAL] = "faults alone were recorded; nothing can be replayed",
	[NVT_OBSERVED] = "L1's leaves are known where a recorded walk went",
	[NVT_FULL] = "L1's tables are known throughout",
};

static void put_badges(FILE *out, const struct page_report *r)
{
	char count[SHOW_NUMBER];
	const json_t *emulated = json_at(r->result, "context.trace_emulated");

	html_element(out, "span class=\"badge\"", "class %s", class_names[r->class]);
	if (json_is_true(emulated))
		html_element(out, "span class=\"badge emulated\"", "emulated");
	if (strcmp(json_text(r->result, "trace.meta.origin"), "generated") == 0)
		html_element(out, "span class=\"badge\"", "generated");
	if (r->check->findings)
		html_element(out, "span class=\"badge bad\"", "%s finding%s of the checker",
			     show_count(count, r->check->findings),
			     r->check->findings == 1 ? "" : "s");
}

static void put_lead(FILE *out, const struct page_report *r)
{
	const json_t *trace = json_object_get(r->result, "trace");
	uint64_t ns = page_count(trace, "last_ns") - page_count(trace, "first_ns");
	uint64_t vcpus = page_count(trace, "machine.vcpus");
	uint64_t contexts = page_count(trace, "machine.contexts");
	char events[SHOW_NUMBER], time[SHOW_NUMBER];

	html_element(
		out, "p class=\"lead\"",
		"%s events in %s, of a host with %lluK pages, %llu vCPU%s and %llu context%s; %s.",
		show_count(events, page_count(trace, "events")), heat_time(time, sizeof(time), ns),
		(unsigned long long)page_count(trace, "machine.page_size") / 1024,
		(unsigned long long)vcpus, vcpus == 1 ? "" : "s", (unsigned long long)contexts,
		contexts == 1 ? "" : "s", class_sentences[r->class]);
}

static void put_fact(FILE *out, const char *name, const char *tag, const char *text)
{
	if (!*text)
		return;
	fputs("<div>", out);
	html_element(out, "dt", "%s", name);
	html_element(out, tag, "%s", text);
	fputs("</div>\n", out);
}

static void put_two(FILE *out, const char *name, const char *format, const char *a, const char *b)
{
	char text[512];

	snprintf(text, sizeof(text), format, a, b);
	put_fact(out, name, "dd", *a ? text : "");
}

/* What the meta section says; all of it is as whoever made the trace wrote it. */
static void put_origin(FILE *out, const json_t *meta)
{
	put_fact(out, "Recorded on", "dd", json_text(meta, "source.kernel"));
	put_two(out, "Recorded as", "%s, %s", json_text(meta, "source.format"),
		json_text(meta, "source.name"));
	put_fact(out, "Clock", "dd", json_text(meta, "source.clock"));
	put_fact(out, "Origin", "dd", json_text(meta, "origin"));
	put_fact(out, "Story", "dd", json_text(meta, "story"));
	put_two(out, "Made by", "%s %s", json_text(meta, "tool.name"),
		json_text(meta, "tool.version"));
}

static void put_version(FILE *out, const json_t *context)
{
	char text[256];

	snprintf(text, sizeof(text), "nvsim %s, revision %.12s%s", json_text(context, "version"),
		 json_text(context, "revision"),
		 json_is_true(json_object_get(context, "dirty")) ? " with changes" : "");
	put_fact(out, "Replayed by", "dd", text);
}

static void put_facts(FILE *out, const struct page_report *r)
{
	const json_t *context = json_object_get(r->result, "context");
	char text[512];

	fputs("<dl class=\"facts\">\n", out);
	put_origin(out, json_at(r->result, "trace.meta"));
	put_fact(out, "Times", "dd", page_times(r));
	snprintf(text, sizeof(text), "%s, quirks %s, invalidation %s", json_text(context, "policy"),
		 json_text(context, "quirks"), json_text(context, "invalidation"));
	put_fact(out, "Policy", "dd", text);
	put_version(out, context);
	put_two(out, "Exactness", "%s: %s", json_text(r->result, "exactness.verdict"),
		json_text(r->result, "exactness.why"));
	put_fact(out, "SHA-256", "dd class=\"hash\"", json_text(context, "trace_sha256"));
	put_fact(out, "Content", "dd class=\"hash\"", json_text(context, "trace_digest"));
	fputs("</dl>\n", out);
}

/* ---- the page ---- */

static bool is_there(const struct part *part, const struct page_report *r)
{
	return !part->has || part->has(r);
}

static void put_head(FILE *out, const struct page_report *r)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
	      out);
	html_element(out, "title", "%s: report of nvsim", r->name);
	/* An empty icon keeps a browser from asking for one. */
	fprintf(out, "<link rel=\"icon\" href=\"data:,\">\n<style>\n%s</style>\n</head>\n",
		page_css);
}

static void put_contents(FILE *out, const struct page_report *r)
{
	fputs("<nav aria-label=\"Contents\"><ul>\n", out);
	for (size_t i = 0; i < PARTS; i++)
		if (is_there(&parts[i], r))
			fprintf(out, "<li><a href=\"#%s\">%s</a></li>\n", parts[i].id,
				parts[i].title);
	fputs("</ul></nav>\n", out);
}

static void put_part(FILE *out, const struct part *part, const struct page_report *r)
{
	fprintf(out,
		"<section id=\"%s\" aria-labelledby=\"%s-title\">\n<h2 id=\"%s-title\">%s</h2>\n",
		part->id, part->id, part->id, part->title);
	part->write(out, r);
	fputs("</section>\n", out);
}

void page_report_write(FILE *out, const struct page_report *r)
{
	put_head(out, r);
	fputs("<body>\n<a class=\"skip\" href=\"#main\">Skip to the report</a>\n<header>\n", out);
	html_element(out, "h1", "%s", r->name);
	fputs("<p>", out);
	put_badges(out, r);
	fputs("</p>\n", out);
	put_lead(out, r);
	put_facts(out, r);
	fputs("<p class=\"note\">What the words mean: see <a href=\"#about\">About this "
	      "page</a>.</p>\n"
	      "</header>\n",
	      out);
	put_contents(out, r);
	fputs("<main id=\"main\" tabindex=\"-1\">\n", out);
	for (size_t i = 0; i < PARTS; i++)
		if (is_there(&parts[i], r))
			put_part(out, &parts[i], r);
	fputs("</main>\n<footer>\n", out);
	html_element(out, "p",
		     "Made by nvsim %s report. All figures are counts of a replay, the same "
		     "in every run.",
		     json_text(r->result, "context.version"));
	fputs("</footer>\n</body>\n</html>\n", out);
}
