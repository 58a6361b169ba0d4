/* SPDX-License-Identifier: GPL-2.0-only */
/* nvsim metrics: the table of figures and their definitions. */
#include <string.h>

#include "cli.h"
#include "metrics.h"
#include "run.h"
#include "text.h"

struct metrics_options {
	struct cli_text json;
};

static const struct cli_option options[] = {
	{0, "json", "FILE", CLI_OPTIONAL, offsetof(struct metrics_options, json),
	 .help = "for machines, to FILE, or instead of the text"},
	{0},
};

static const char *const better_names[] = {
	[BETTER_LOWER] = "lower",
	[BETTER_HIGHER] = "higher",
	[BETTER_NEITHER] = "neither",
};

/* A name is looked up in the table, and a typo in the same table. */
static enum cli_exit find(const char *name, const struct metric **found)
{
	const char *names[64] = {NULL};

	for (size_t i = 0; i < metrics_table_count && i < 63; i++) {
		names[i] = metrics_table[i].name;
		if (strcmp(names[i], name) == 0) {
			*found = &metrics_table[i];
			return CLI_OK;
		}
	}
	return cli_unknown("metric", name, names);
}

/* A list even for one metric, so that a reader need not tell two shapes apart. */
static json_t *table_json(const struct metric *only)
{
	json_t *list = json_array();

	for (size_t i = 0; i < metrics_table_count; i++) {
		const struct metric *m = &metrics_table[i];

		if (!only || only == m)
			json_array_append_new(
				list, json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", m->name,
						"unit", m->unit, "better", better_names[m->better],
						"shape", m->shape, "definition", m->definition));
	}
	return list;
}

/* "better" tells a reader of two results which way is good. */
static void print_metric(const struct metric *m)
{
	printf("%s (%s; better: %s)\n", m->name, m->unit, better_names[m->better]);
	text_wrap(stdout, m->definition, 4, 0);
	printf("    result: %s\n", m->shape);
}

static enum cli_exit run(const void *values, const struct cli_args *args)
{
	const struct metrics_options *o = values;
	const struct metric *only = NULL;
	enum cli_exit status = CLI_OK;

	if (args->count)
		status = find(args->v[0], &only);
	if (status)
		return status;
	if (o->json.given)
		return run_write_json(table_json(only), o->json.value);
	for (size_t i = 0; i < metrics_table_count; i++)
		if (!only || only == &metrics_table[i])
			print_metric(&metrics_table[i]);
	return CLI_OK;
}

const struct cli_command cli_metrics = {
	.name = "metrics",
	.arguments = "[NAME]",
	.summary = "the figures of a replay and what they mean",
	.about = "Lists the metrics with unit and definition, or one of them. A figure that a "
		 "trace does not support is absent from its result, with the reason.",
	.examples = {{"nvsim metrics", "all of them"},
		     {"nvsim metrics splintering", "one"},
		     {"nvsim metrics --json", "for machines"}},
	.options = options,
	.options_size = sizeof(struct metrics_options),
	.args_max = 1,
	.run = run,
};
