/* SPDX-License-Identifier: GPL-2.0-only */
#include "parts.h"

#include <stdlib.h>
#include <string.h>

uint64_t page_count(const json_t *json, const char *path)
{
	return (uint64_t)json_integer_value(json_at(json, path));
}

void page_begin_scroll(FILE *out, const char *label)
{
	fputs("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"", out);
	html_text(out, label);
	fputs("\">\n", out);
}

void page_end_scroll(FILE *out)
{
	fputs("</div>\n", out);
}

void page_begin_table(FILE *out, const char *caption, const char *const *titles, size_t count,
		      size_t figures)
{
	page_begin_scroll(out, caption);
	fputs("<table>\n", out);
	html_element(out, "caption", "%s", caption);
	fputs("<thead><tr>\n", out);
	for (size_t i = 0; i < count; i++)
		html_element(out, i < figures ? "th scope=\"col\"" : "th scope=\"col\" class=\"n\"",
			     "%s", titles[i]);
	fputs("</tr></thead>\n<tbody>\n", out);
}

void page_end_table(FILE *out)
{
	fputs("</tbody></table>\n", out);
	page_end_scroll(out);
}

void page_cell_count(FILE *out, uint64_t n)
{
	char buf[SHOW_NUMBER];

	html_element(out, "td class=\"n\"", "%s", show_count(buf, n));
}

/* Six digits, as results are written. */
void page_put_data(FILE *out, const char *path, const json_t *value)
{
	char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(6));

	if (!text)
		html_failed(out);
	fputs(" data-path=\"", out);
	html_text(out, path);
	fputs("\" data-value=\"", out);
	html_text(out, text ? text : "");
	fputc('"', out);
	free(text);
}

void page_figure(FILE *out, const struct page_plot *plot, const char *label, const char *caption)
{
	if (!plot->svg) {
		html_element(out, "p class=\"note\"", "No picture: %s.", plot->why);
		return;
	}
	fputs("<figure class=\"plot\">\n", out);
	page_begin_scroll(out, label);
	fputs(plot->svg, out);
	page_end_scroll(out);
	html_element(out, "figcaption", "%s", caption);
	fputs("</figure>\n", out);
}

void page_outcomes(const json_t *counts, uint64_t outcome[S2_OUTCOME_COUNT])
{
	for (unsigned int k = 0; k < S2_OUTCOME_COUNT; k++)
		outcome[k] = page_count(counts, outcome_names[k]);
}

void page_verdict(FILE *out, const char *tag, const struct page_report *r)
{
	const char *text = json_text(r->compare, "verdict.text");

	if (*text)
		html_element(out, tag, "Verdict: %s.", text);
}

const char *page_times(const struct page_report *r)
{
	const json_t *emulated = json_at(r->result, "context.trace_emulated");

	if (json_is_true(emulated))
		return "of an emulator: they tell the order of things, and no cost";
	if (json_is_false(emulated))
		return "of hardware";
	if (strcmp(json_text(r->result, "trace.meta.origin"), "generated") == 0)
		return "made up, as the stream is";
	return "of hardware or an emulator: the trace does not tell";
}

const char *page_clock(const struct page_report *r)
{
	return json_is_true(json_at(r->result, "context.trace_emulated")) ? "emulated " : "";
}
