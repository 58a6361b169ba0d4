/* SPDX-License-Identifier: GPL-2.0-only */
/* nvsim gen: a trace of demand, made up. Its options are those of the generator's own table. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "gen/gen.h"

#define GEN_OPTIONS_MAX 48

/*
 * Options of our own, and one number for each row of the generator's table: what
 * the generator can do is written down once, in traces/gen.
 */
struct gen_options {
	struct cli_text output;
	bool quiet;
	struct cli_number v[GEN_OPTIONS_MAX]; /* by place in nvt_gen_option_table */
};

static const struct cli_option own[] = {
	{'o', "output", "FILE", CLI_TEXT, offsetof(struct gen_options, output),
	 .help = "the trace to write; - for standard output", .required = true},
	{'q', "quiet", NULL, CLI_FLAG, offsetof(struct gen_options, quiet),
	 .help = "no summary and no progress"},
};
#define OWN_COUNT (sizeof(own) / sizeof(own[0]))

static struct cli_option options[OWN_COUNT + GEN_OPTIONS_MAX + 1];
static const char *patterns[NVT_GEN_PATTERN_COUNT + 1];

static const struct {
	const char *argument;
	enum cli_type type;
} units[] = {
	[NVT_GEN_COUNT_UNIT] = {"N", CLI_COUNT},    [NVT_GEN_BYTES] = {"BYTES", CLI_SIZE},
	[NVT_GEN_PERCENT] = {"PERCENT", CLI_COUNT}, [NVT_GEN_PERMILLE] = {"PERMILLE", CLI_COUNT},
	[NVT_GEN_BITS] = {"BITS", CLI_COUNT},	    [NVT_GEN_NAME] = {"PATTERN", CLI_CHOICE},
};

/* A row beyond the room here would be left out of help and parsing alike. */
static size_t table_count(void)
{
	return nvt_gen_option_count < GEN_OPTIONS_MAX ? nvt_gen_option_count : GEN_OPTIONS_MAX;
}

/* The rows of both tables as options of the command. Idempotent: help may come first. */
static void prepare(void)
{
	for (unsigned int p = 0; p < NVT_GEN_PATTERN_COUNT; p++)
		patterns[p] = nvt_gen_pattern_name(p);
	memcpy(options, own, sizeof(own));
	for (size_t i = 0; i < table_count(); i++) {
		const struct nvt_gen_option *row = &nvt_gen_option_table[i];

		options[OWN_COUNT + i] = (struct cli_option){
			.name = row->name,
			.argument = units[row->unit].argument,
			.type = units[row->unit].type,
			.offset = offsetof(struct gen_options, v) + i * sizeof(struct cli_number),
			.help = row->help,
			.min = row->min,
			.max = row->max,
			.choices = patterns,
		};
	}
}

static void print_summary(FILE *out, const struct nvt_gen_stats *s)
{
	char a[CLI_NUMBER_SIZE], b[CLI_NUMBER_SIZE], c[CLI_NUMBER_SIZE];

	fprintf(out, "%s accesses, %s of them to pages that L1 had not mapped\n",
		cli_count(a, s->touch_count), cli_count(b, s->injected_count));
	fprintf(out, "%s events, %s invalidations by L1, a footprint of %s pages\n",
		cli_count(a, s->event_count), cli_count(b, s->invalidation_count),
		cli_count(c, s->footprint_pages));
}

static void show_progress(void *arg, uint64_t done, uint64_t total)
{
	cli_progress_update(arg, done, total);
}

/* Options against each other are the generator's to check: its text names the option. */
static enum cli_exit run(const void *values, const struct cli_args *args)
{
	const struct gen_options *o = values;
	struct nvt_gen_options gen;
	struct nvt_gen_stats stats;
	struct cli_progress progress;
	struct nvt_error err = {0};
	enum nvt_status status;

	(void)args;
	nvt_gen_defaults(&gen);
	for (size_t i = 0; i < table_count(); i++)
		if (o->v[i].given)
			*nvt_gen_field(&gen, &nvt_gen_option_table[i]) = o->v[i].value;
	if (nvt_gen_check(&gen, &err))
		return cli_fail(CLI_USAGE, "gen: %s", err.text);
	cli_progress_start(&progress, o->quiet, "accesses");
	status = nvt_generate(&gen, o->output.value, show_progress, &progress, &stats, &err);
	cli_progress_end(&progress);
	if (status)
		return cli_fail_trace(&err);
	if (!o->quiet)
		print_summary(strcmp(o->output.value, "-") ? stdout : stderr, &stats);
	return CLI_OK;
}

const struct cli_command cli_gen = {
	.name = "gen",
	.arguments = "",
	.summary = "makes up a trace of demand: accesses, not faults",
	.about = "Generates accesses of nested guests with everything that a replay must know to "
		 "find out by itself whether each of them faults. Equal options make equal "
		 "traces on every machine.",
	.examples = {{"nvsim gen -o g.zst --faults 1M --seed 7", "a million accesses"},
		     {"nvsim gen -o g.zst --faults 1M --pattern boot", "as of a guest that boots"},
		     {"nvsim gen -q -o - --faults 1K | nvsim replay -",
		      "made and replayed at once"}},
	.options = options,
	.prepare = prepare,
	.options_size = sizeof(struct gen_options),
	.run = run,
};
