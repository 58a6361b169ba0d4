/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The SVG that gnuplot writes, made fit to stand in a page beside others: ids of its own, a name
 * for those who do not see it, and no prolog. Its texts cannot look like what is replaced here:
 * plot_put_text leaves no quote, # or < in them that gnuplot would not escape.
 */
#include <string.h>

#include "draw.h"

struct rewrite {
	FILE *out;
	const struct plot_svg *as;
	const char *at;
	bool titled, has_background;
	bool in_tag; /* no text of the plot, which may look like anything */
};

/* Texts of the table of kinds: they need no more. */
static void put_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '<' || *text == '&')
			fputs(*text == '<' ? "&lt;" : "&amp;", out);
		else
			fputc(*text, out);
	}
}

static void put_root(struct rewrite *r)
{
	fprintf(r->out,
		"<svg class=\"plot plot-%s\" role=\"img\" aria-labelledby=\"%s-title\" "
		"aria-describedby=\"%s-description\"",
		r->as->class, r->as->id, r->as->id);
}

static void skip_behind(struct rewrite *r, const char *end)
{
	const char *found = strstr(r->at, end);

	r->at = found ? found + strlen(end) : r->at + strlen(r->at);
}

/* Those of the curves would pop up over them, and say nothing that the legend does not. */
static void put_title(struct rewrite *r)
{
	skip_behind(r, "</title>");
	if (r->titled)
		return;
	r->titled = true;
	fprintf(r->out, "<title id=\"%s-title\">", r->as->id);
	put_escaped(r->out, r->as->title);
	fputs("</title>", r->out);
}

/* Instead of the version of gnuplot, which may change without the plot. */
static void put_description(struct rewrite *r)
{
	skip_behind(r, "</desc>");
	fprintf(r->out, "<desc id=\"%s-description\">", r->as->id);
	put_escaped(r->out, r->as->description);
	fputs("</desc>", r->out);
}

/* The first rectangle. */
static void put_rect(struct rewrite *r)
{
	fputs(r->has_background ? "<rect " : "<rect class=\"plot-background\" ", r->out);
	r->has_background = true;
}

static void put_id(struct rewrite *r)
{
	fprintf(r->out, "id=%c%s-", r->at[-1], r->as->id);
}

static void put_url(struct rewrite *r)
{
	fprintf(r->out, "url(#%s-", r->as->id);
}

static void put_href(struct rewrite *r)
{
	fprintf(r->out, "href='#%s-", r->as->id);
}

static const struct {
	const char *text;
	void (*put)(struct rewrite *r);
} replaced[] = {
	{"<title>", put_title}, {"<desc>", put_description},
	{"<rect ", put_rect},	{"id=\"", put_id},
	{"id='", put_id},	{"url(#", put_url},
	{"href='#", put_href},
};

static bool replace(struct rewrite *r)
{
	for (size_t i = 0; i < sizeof(replaced) / sizeof(replaced[0]); i++) {
		size_t length = strlen(replaced[i].text);

		if (strncmp(r->at, replaced[i].text, length))
			continue;
		r->at += length;
		replaced[i].put(r);
		return true;
	}
	return false;
}

bool plot_svg_rewrite(FILE *out, const char *svg, const struct plot_svg *as)
{
	const char *root = strstr(svg, "<svg");
	struct rewrite r = {.out = out, .as = as, .in_tag = true};

	if (!root)
		return false;
	put_root(&r);
	r.at = root + strlen("<svg");
	while (*r.at) {
		r.in_tag = *r.at == '<' || (r.in_tag && *r.at != '>');
		if (!r.in_tag || !replace(&r))
			fputc(*r.at++, out);
	}
	return true;
}
