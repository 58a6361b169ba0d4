/* SPDX-License-Identifier: GPL-2.0-only */
/* nvsim plot: saved results as a picture. */
#include <string.h>

#include "json_file.h"
#include "plot_output.h"
#include "text.h"

struct plot_options {
	struct cli_text output, kind;
	struct cli_number format;
	bool list;
};

static const char *const formats[] = {[PLOT_SVG] = "svg", [PLOT_PNG] = "png", NULL};

#define AT(member) offsetof(struct plot_options, member)
static const struct cli_option options[] = {
	{'o', "output", "FILE", CLI_TEXT, AT(output),
	 .help = "the picture, FILE.svg or FILE.png; without it, an SVG to standard output",
	 .written = true},
	{'k', "kind", "KIND", CLI_TEXT, AT(kind),
	 .help = "what to draw (see --list); without it, the first kind that can show the results"},
	{0, "format", "FORMAT", CLI_CHOICE, AT(format), .choices = formats,
	 .help = "svg or png, where the name of FILE does not tell"},
	{0, "list", NULL, CLI_FLAG, AT(list), .help = "the kinds, and what each shows"},
	{0},
};

#define NAME 12

static void list_kinds(void)
{
	for (size_t i = 0; i < plot_kind_count; i++)
		text_wrap(stdout, plot_kinds[i].summary, NAME + 2,
			  printf("  %-*s", NAME, plot_kinds[i].name));
}

/* ---- reading ---- */

/* All that have something to draw. */
static const char *const schemas[] = {"nvsim.result/1", "nvsim.compare/1", "nvsim.bench/1",
				      "nvsim.sweep/1", NULL};

static bool is_schema(const char *name)
{
	size_t i = 0;

	while (schemas[i] && strcmp(schemas[i], name))
		i++;
	return schemas[i] != NULL;
}

static enum cli_exit damaged(const char *name)
{
	return cli_fail(CLI_INPUT, "%s: is no result of nvsim, or a damaged one", name);
}

/* `file` is told where something is wrong with it. */
static enum cli_exit add(json_t *docs, json_t *doc, const char *name)
{
	const char *schema = json_string_value(json_object_get(doc, "schema"));

	if (!json_is_object(doc) || !json_is_object(json_object_get(doc, "context")) || !schema)
		return damaged(name);
	if (!is_schema(schema))
		return cli_fail(CLI_USAGE, "%s: schema '%s' cannot be drawn", name, schema);
	json_object_set_new(doc, "file", json_string(name));
	json_array_append(docs, doc);
	return CLI_OK;
}

/* A comparison of several traces is an array. */
static enum cli_exit load(const char *path, json_t *docs)
{
	const char *name = json_file_name(path);
	struct nvt_error err = {0};
	json_t *json = json_file_load(path, &err);
	enum cli_exit status = CLI_OK;
	json_t *item;
	size_t i;

	if (!json)
		return cli_fail_trace(&err);
	if (!json_is_array(json))
		status = add(docs, json, name);
	else if (!json_array_size(json))
		status = damaged(name);
	json_array_foreach(json, i, item)
	{
		if (!status)
			status = add(docs, item, name);
	}
	json_decref(json);
	return status;
}

static enum cli_exit load_all(const struct cli_args *args, json_t *docs)
{
	enum cli_exit status = CLI_OK;
	unsigned int standard = 0;

	for (unsigned int i = 0; i < args->count; i++)
		standard += strcmp(args->v[i], "-") == 0;
	if (standard > 1)
		return cli_fail(CLI_USAGE, "plot: only one result can be standard input");
	for (unsigned int i = 0; i < args->count && !status; i++)
		status = load(args->v[i], docs);
	return status;
}

/* ---- what to draw, and where ---- */

static enum cli_exit unknown_kind(const char *name)
{
	const char *names[32] = {NULL};

	for (size_t i = 0; i < plot_kind_count && i < 31; i++)
		names[i] = plot_kinds[i].name;
	return cli_unknown("kind", name, names);
}

static enum cli_exit find_format(const struct plot_options *o, enum plot_format *format)
{
	const char *path = o->output.given ? o->output.value : "-";

	*format = PLOT_SVG;
	if (o->format.given)
		*format = (enum plot_format)o->format.value;
	else if (strcmp(path, "-") && !plot_output_format(path, format))
		return cli_fail(CLI_USAGE, "plot: %s is neither .svg nor .png (see --format)",
				path);
	return CLI_OK;
}

static enum cli_exit find_kind(const json_t *docs, const struct plot_kind **kind)
{
	*kind = plot_kind_for(docs);
	if (*kind)
		return CLI_OK;
	return cli_fail(CLI_USAGE, "plot: no kind of plot can show %s",
			json_array_size(docs) > 1 ? "these together" : "this result");
}

static enum cli_exit draw(const struct plot_options *o, const struct plot_kind *kind,
			  enum plot_format format, const json_t *docs)
{
	enum cli_exit status = kind ? CLI_OK : find_kind(docs, &kind);
	const char *why;

	if (status)
		return status;
	why = plot_unsupported(kind, docs);
	if (why)
		return cli_fail(CLI_USAGE, "plot: '%s' cannot be drawn: %s", kind->name, why);
	return plot_output(kind, docs, format, o->output.value);
}

/* All that can be wrong with the line is looked at before a file is. */
static enum cli_exit run(const void *values, const struct cli_args *args)
{
	const struct plot_options *o = values;
	const struct plot_kind *kind = NULL;
	enum plot_format format;
	enum cli_exit status;
	json_t *docs;

	if (o->list) {
		list_kinds();
		return CLI_OK;
	}
	if (!args->count)
		return cli_fail(CLI_USAGE, "plot: RESULT... is missing (see nvsim plot --help)");
	if (o->kind.given) {
		kind = plot_kind_named(o->kind.value);
		if (!kind)
			return unknown_kind(o->kind.value);
	}
	status = find_format(o, &format);
	if (status)
		return status;
	docs = json_array();
	status = load_all(args, docs);
	if (!status)
		status = draw(o, kind, format, docs);
	json_decref(docs);
	return status;
}

const struct cli_command cli_plot = {
	.name = "plot",
	.arguments = "RESULT...",
	.summary = "saved results as a picture, drawn by gnuplot",
	.about = "Draws results that other commands have saved as JSON (- for standard input): of "
		 "replay, compare, hw, bench and sweep. What an emulator ran, and recordings made "
		 "in "
		 "one, are never drawn on one axis with those of hardware; a plot of them carries "
		 "the word. A policy that is unsound is called so. Equal results give equal "
		 "pictures.",
	.examples = {{"nvsim plot -o c.svg compare.json", "faults and block share by policy"},
		     {"nvsim plot -k timeline -o t.png replay.json",
		      "a replay with --interval, over time"},
		     {"nvsim plot --list", "what else can be drawn"}},
	.options = options,
	.options_size = sizeof(struct plot_options),
	.args_max = 1000,
	.run = run,
};
