/* SPDX-License-Identifier: GPL-2.0-only */
/* Any text on a page stays text, and any SVG that gnuplot might give gets ids of its own. */
#include "html.h"

#include "../../sim/plot/draw.h"
#include "markup.h"

static void try_text(const char *text)
{
	char *got = NULL;
	size_t size;
	FILE *out = open_memstream(&got, &size);

	if (!out)
		abort();
	html_text(out, text);
	fclose(out);
	fuzz_require_text(got, size);
	FUZZ_REQUIRE(!*text == !size && !strchr(got, '\n'));
	free(got);
	out = open_memstream(&got, &size);
	if (!out)
		abort();
	html_element(out, "td class=\"n\"", "%s", text);
	fclose(out);
	FUZZ_REQUIRE(fuzz_require_page(got) == 2);
	free(got);
}

/* Within tags: a text may look like anything. */
static void require_ids(const char *svg, const char *id)
{
	bool in_tag = false;

	for (; *svg; svg++) {
		in_tag = *svg == '<' || (in_tag && *svg != '>');
		if (in_tag && (!strncmp(svg, " id=\"", 5) || !strncmp(svg, " id='", 5)))
			FUZZ_REQUIRE(strncmp(svg + 5, id, strlen(id)) == 0);
		if (in_tag && !strncmp(svg, "url(#", 5))
			FUZZ_REQUIRE(strncmp(svg + 5, id, strlen(id)) == 0);
	}
}

static void try_svg(const char *svg)
{
	static const struct plot_svg as = {"cost", "cost-0123", "A < B & C", "of \"d\" <e>"};
	static const char begin[] = "<svg class=\"plot plot-cost\" role=\"img\"";
	char *got = NULL;
	size_t size;
	FILE *out = open_memstream(&got, &size);
	bool is_svg;

	if (!out)
		abort();
	is_svg = plot_svg_rewrite(out, svg, &as);
	fclose(out);
	FUZZ_REQUIRE(is_svg == (strstr(svg, "<svg") != NULL) && is_svg == (size != 0));
	if (is_svg) {
		FUZZ_REQUIRE(strncmp(got, begin, strlen(begin)) == 0);
		require_ids(got, as.id);
	}
	free(got);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);

	try_text(text);
	try_svg(text);
	free(text);
	return 0;
}
