/* SPDX-License-Identifier: GPL-2.0-only */
/* The metrics as cards, and the faults by whose they are and what became of them. */
#include <string.h>

#include "metrics.h"
#include "names.h"
#include "parts.h"

#define NAME_SIZE 64

/* "walk depth" */
static const char *words_of(char buf[NAME_SIZE], const char *name)
{
	snprintf(buf, NAME_SIZE, "%s", name);
	for (char *at = buf; *at; at++)
		*at = *at == '_' ? ' ' : *at;
	return buf;
}

/* A blank that does not break. */
static void put_line(FILE *out, const char *line, size_t length)
{
	char plain[2048];

	for (size_t i = 0; i < length;) {
		size_t part = strcspn(line + i, "~");

		part = part < length - i ? part : length - i;
		snprintf(plain, sizeof(plain), "%.*s", (int)part, line + i);
		html_text(out, plain);
		i += part;
		if (i < length && line[i] == '~') {
			fputs("&nbsp;", out);
			i++;
		}
	}
}

/* What is told of each kind of something has a figure for each, and none before all others. */
static bool is_by_kind(const json_t *value)
{
	return json_is_object(json_object_iter_value(json_object_iter((json_t *)value)));
}

static void put_lines(FILE *out, const char *line)
{
	for (size_t length; *line; line += length + strspn(line + length, "; ")) {
		length = strcspn(line, ";");
		fputs("<p>", out);
		put_line(out, line, length);
		fputs("</p>\n", out);
	}
}

/* The figure that the line begins with, and the rest of the line. */
static void put_value(FILE *out, const char *line)
{
	size_t figure = strcspn(line, " ~"), rest = figure + strspn(line + figure, " ~");

	fputs("<p class=\"value\">", out);
	put_line(out, line, figure);
	fputs("</p>\n<p>", out);
	put_line(out, line + rest, strlen(line + rest));
	fputs("</p>\n", out);
}

static const char *const better_words[] = {
	[BETTER_LOWER] = "; lower is better",
	[BETTER_HIGHER] = "; higher is better",
	[BETTER_NEITHER] = "",
};

static void put_card(FILE *out, const struct page_report *r, size_t i)
{
	const struct metric *m = &metrics_table[i];
	char path[NAME_SIZE + 16], name[NAME_SIZE];
	const json_t *value;

	snprintf(path, sizeof(path), "metrics.%s", m->name);
	value = json_at(r->result, path);
	fputs("<li", out);
	page_put_data(out, path, value);
	fputs(">\n", out);
	html_element(out, "h3", "%s", words_of(name, m->name));
	if (is_by_kind(value))
		put_lines(out, r->lines[i]);
	else
		put_value(out, r->lines[i]);
	html_element(out, "p class=\"note\"", "%s (%s%s)", m->definition, m->unit,
		     better_words[m->better]);
	fputs("</li>\n", out);
}

static void put_absent(FILE *out, const struct page_report *r)
{
	static const char *const titles[] = {"figure", "why it is absent", "definition"};
	const json_t *absent = json_at(r->result, "metrics.absent");
	char name[NAME_SIZE];

	if (!json_object_size(absent))
		return;
	page_begin_table(out, "Absent figures: what this stream does not support is not guessed",
			 titles, 3, 3);
	for (size_t i = 0; i < metrics_table_count; i++) {
		const json_t *why = json_object_get(absent, metrics_table[i].name);

		if (!why)
			continue;
		fputs("<tr", out);
		snprintf(name, sizeof(name), "metrics.absent.%s", metrics_table[i].name);
		page_put_data(out, name, why);
		fputs(">", out);
		html_element(out, "th scope=\"row\"", "%s", words_of(name, metrics_table[i].name));
		html_element(out, "td", "%s", json_string_value(why));
		html_element(out, "td class=\"note\"", "%s", metrics_table[i].definition);
		fputs("</tr>\n", out);
	}
	page_end_table(out);
}

void page_figures(FILE *out, const struct page_report *r)
{
	fputs("<ul class=\"cards\">\n", out);
	for (size_t i = 0; i < metrics_table_count; i++)
		if (r->lines[i])
			put_card(out, r, i);
	fputs("</ul>\n", out);
	put_absent(out, r);
}

/* ---- faults ---- */

static const char *const scope_titles[SCOPE_COUNT] = {
	[SCOPE_SHADOW] = "L2, under L1's stage 2 (shadow)",
	[SCOPE_CANONICAL] = "L1 itself",
	[SCOPE_S2_OFF] = "L2, with L1's stage 2 off",
};

static void put_counted(FILE *out, const json_t *result, const char *what, const char *scope)
{
	char path[NAME_SIZE], count[SHOW_NUMBER];

	snprintf(path, sizeof(path), "counts.%s.%s", what, scope);
	fputs("<td class=\"n\"", out);
	page_put_data(out, path, json_at(result, path));
	fprintf(out, ">%s</td>\n", show_count(count, page_count(result, path)));
}

static void put_scope(FILE *out, const struct page_report *r, unsigned int scope)
{
	const json_t *outcomes = json_at(r->result, "counts.outcomes");
	uint64_t outcome[S2_OUTCOME_COUNT];

	page_outcomes(json_object_get(outcomes, scope_names[scope]), outcome);
	fputs("<tr>", out);
	html_element(out, "th scope=\"row\"", "%s", scope_titles[scope]);
	put_counted(out, r->result, "delivered", scope_names[scope]);
	for (size_t g = 0; g < OUTCOME_GROUPS; g++)
		page_cell_count(out, outcome_group_count(outcome, g));
	put_counted(out, r->result, "avoided", scope_names[scope]);
	fputs("</tr>\n", out);
}

static void put_replayed(FILE *out, const struct page_report *r)
{
	const char *titles[OUTCOME_GROUPS + 3] = {"whose", "handled"};

	for (size_t g = 0; g < OUTCOME_GROUPS; g++)
		titles[g + 2] = outcome_groups[g].title;
	titles[OUTCOME_GROUPS + 2] = "avoided";
	page_begin_table(out, "Faults by whose they were and what became of them", titles,
			 OUTCOME_GROUPS + 3, 1);
	for (unsigned int s = 0; s < SCOPE_COUNT; s++)
		put_scope(out, r, s);
	page_end_table(out);
	html_element(out, "p class=\"note\"",
		     "Injected: given to L1, whose matter it is. MMIO: given to whoever emulates a "
		     "device. Avoided: a recorded fault, or an access, that met a mapping.");
}

static void put_recorded(FILE *out, const struct page_report *r)
{
	static const char *const titles[] = {"whose", "recorded"};

	page_begin_table(out, "Faults recorded, by whose they were", titles, 2, 1);
	for (unsigned int s = 0; s < SCOPE_COUNT; s++) {
		fputs("<tr>", out);
		html_element(out, "th scope=\"row\"", "%s", scope_titles[s]);
		put_counted(out, r->result, "recorded", scope_names[s]);
		fputs("</tr>\n", out);
	}
	fputs("<tr>", out);
	html_element(out, "th scope=\"row\"", "before it was known who ran");
	put_counted(out, r->result, "recorded", "unknown");
	fputs("</tr>\n", out);
	page_end_table(out);
}

void page_faults(FILE *out, const struct page_report *r)
{
	if (r->class == NVT_PARTIAL)
		put_recorded(out, r);
	else
		put_replayed(out, r);
}
