/* SPDX-License-Identifier: GPL-2.0-only */
/* Policies of a comparison, results and cells of a sweep are rows, whose labels say what differs.
 */
#include <string.h>

#include "data.h"
#include "names.h"

static const char *const part_names[PLOT_PARTS] = {
	[PLOT_TRACE] = "trace",
	[PLOT_POLICY] = "policy",
	[PLOT_INVALIDATION] = "invalidation",
	[PLOT_GRANULE] = "host_granule",
	[PLOT_LEAVES] = "leaves",
};

/* "4K"; what is no size of a page is shown as it is. */
static void size_text(double bytes, char text[PLOT_PART_SIZE])
{
	snprintf(text, PLOT_PART_SIZE, bytes < 1024 ? "%.0f" : "%.0fK",
		 bytes < 1024 ? bytes : bytes / 1024);
}

static const char *trace_name(const struct plot_row *row)
{
	const char *name = json_text(row->entry, "trace");

	return *name ? name : json_text(row->doc, "trace.name");
}

static void granule(const struct plot_row *row, char text[PLOT_PART_SIZE])
{
	const json_t *size = json_at(row->entry, part_names[PLOT_GRANULE]);

	if (json_is_string(size)) {
		snprintf(text, PLOT_PART_SIZE, "%s", json_string_value(size));
		return;
	}
	if (!size)
		size = json_at(row->doc, "trace.machine.page_size");
	*text = 0;
	if (json_is_integer(size))
		size_text(json_number_value(size), text);
}

/* Few faults are no merit of a wrong mapping. */
static bool is_unsound(const struct plot_row *row, const char *policy)
{
	const struct s2_policy *known = policy_named(policy);

	return json_is_false(json_at(row->entry, "sound")) || (known && !s2_policy_sound(known));
}

void plot_part(const struct plot_row *row, enum plot_part part, char text[PLOT_PART_SIZE])
{
	const char *name = json_text(row->entry, part_names[part]);
	size_t length;

	if (part == PLOT_GRANULE) {
		granule(row, text);
		return;
	}
	if (part == PLOT_TRACE)
		name = trace_name(row);
	else if (!*name)
		name = json_text(json_at(row->doc, "context"), part_names[part]);
	snprintf(text, PLOT_PART_SIZE, "%s%s", name,
		 part == PLOT_POLICY && is_unsound(row, name) ? " (unsound)" : "");
	length = strlen(text);
	if (part == PLOT_TRACE && length > 4 && strcmp(text + length - 4, ".zst") == 0)
		text[length - 4] = 0;
}

/* The entries of a document, which may be one itself. */
static bool entry_of(const json_t *doc, size_t i, struct plot_row *row)
{
	const json_t *entries = json_object_get(doc, "cells");

	*row = (struct plot_row){.doc = doc, .entry = doc};
	if (plot_is_schema(doc, "nvsim.result/1"))
		return i == 0;
	if (plot_is_schema(doc, "nvsim.compare/1"))
		entries = json_object_get(doc, "policies");
	row->entry = json_array_get(entries, i);
	return row->entry != NULL;
}

bool plot_next_row(const json_t *docs, struct plot_cursor *at, struct plot_row *row)
{
	for (; at->doc < json_array_size(docs); at->doc++, at->entry = 0)
		if (entry_of(json_array_get(docs, at->doc), at->entry++, row))
			return true;
	return false;
}

/* ---- labels ---- */

static bool differs(const struct plot_rows *rows, enum plot_part part)
{
	char first[PLOT_PART_SIZE], text[PLOT_PART_SIZE];

	plot_part(&rows->row[0], part, first);
	for (size_t i = 1; i < rows->count; i++) {
		plot_part(&rows->row[i], part, text);
		if (strcmp(first, text))
			return true;
	}
	return false;
}

/* Adds a part behind a separator; what does not fit is cut off. */
static void append(char *to, size_t size, const char *separator, const char *text)
{
	size_t used = strlen(to);

	if (*text)
		snprintf(to + used, size - used, "%s%s", used ? separator : "", text);
}

static void label(struct plot_rows *rows, size_t i, const bool shown[PLOT_PARTS])
{
	char text[PLOT_PARTS * PLOT_PART_SIZE] = "", part[PLOT_PART_SIZE];

	for (unsigned int p = 0; p < PLOT_PARTS; p++) {
		plot_part(&rows->row[i], p, part);
		if (shown[p])
			append(text, sizeof(text), "/", part);
	}
	plot_shorten(rows->row[i].label, text);
}

/* Two that nothing tells apart, say results of two handlers, are numbered: the last one first, for
 * it is compared with those before it. */
static void number(struct plot_rows *rows, size_t i)
{
	char text[PLOT_LABEL_SIZE + 16];
	unsigned int same = 0;

	for (size_t k = 0; k < i; k++)
		same += strcmp(rows->row[k].label, rows->row[i].label) == 0;
	if (!same)
		return;
	snprintf(text, sizeof(text), "%s (%u)", rows->row[i].label, same + 1);
	plot_shorten(rows->row[i].label, text);
}

static void label_all(struct plot_rows *rows)
{
	bool shown[PLOT_PARTS], any = false;
	char part[PLOT_PART_SIZE], text[PLOT_PART_SIZE + 16];

	for (unsigned int p = 0; p < PLOT_PARTS; p++)
		any |= shown[p] = differs(rows, p);
	if (!any)
		shown[PLOT_POLICY] = true;
	for (unsigned int p = 0; p < PLOT_PARTS; p++) {
		plot_part(&rows->row[0], p, part);
		if ((shown[p] && rows->count > 1) || p == PLOT_GRANULE || !*part)
			continue;
		snprintf(text, sizeof(text), "%s%s", p == PLOT_INVALIDATION ? "invalidation " : "",
			 part);
		append(rows->common, sizeof(rows->common), ", ", text);
	}
	for (size_t i = 0; i < rows->count; i++)
		label(rows, i, shown);
	for (size_t i = rows->count; i-- > 0;)
		number(rows, i);
}

const char *plot_no_rows(const json_t *docs)
{
	const json_t *doc;
	size_t i;

	json_array_foreach(docs, i, doc)
	{
		if (!plot_is_schema(doc, "nvsim.result/1") &&
		    !plot_is_schema(doc, "nvsim.compare/1") &&
		    !plot_is_schema(doc, "nvsim.sweep/1"))
			return "it is no result of a replay, or not all are";
	}
	return NULL;
}

const char *plot_rows(struct plot_rows *rows, const json_t *docs)
{
	const char *why = plot_no_rows(docs);
	struct plot_cursor at = {0, 0};
	struct plot_row row;

	memset(rows, 0, sizeof(*rows));
	if (why)
		return why;
	while (plot_next_row(docs, &at, &row)) {
		if (rows->count == PLOT_ROWS_MAX)
			return "there are more than 48 policies or results, which no such plot can "
			       "show";
		rows->row[rows->count++] = row;
	}
	if (!rows->count)
		return "no result of a replay is in it";
	label_all(rows);
	return NULL;
}

double plot_row_figure(struct plot_data *d, const struct plot_row *row, const char *path,
		       double max)
{
	d->doc = row->doc;
	return plot_figure(d, row->entry, path, max);
}

void plot_put_rows(struct plot_data *d, const struct plot_rows *rows)
{
	double width = 0;

	for (size_t i = 0; i < rows->count; i++)
		width = fmax(width, plot_width(rows->row[i].label));
	plot_put_variable(d->out, "rows", (double)rows->count);
	plot_put_variable(d->out, "label_width", width);
	plot_put_string(d->out, "subtitle", rows->common);
}
