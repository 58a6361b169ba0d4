/* SPDX-License-Identifier: GPL-2.0-only */
/* nvsim import: a trace of a recording. */
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "cli.h"
#include "import/import.h"
#include "names.h"

struct import_options {
	struct cli_text output, smaps, pagemap;
	struct cli_number vm, level;
	bool quiet;
};

#define AT(member) offsetof(struct import_options, member)
static const struct cli_option options[] = {
	{'o', "output", "FILE", CLI_TEXT, AT(output),
	 .help = "the trace to write; - for standard output", .required = true},
	{0, "vm", "POINTER", CLI_SIZE, AT(vm),
	 .help = "the VM wanted, by its struct kvm pointer in the recording; the one that runs, "
		 "by default"},
	{0, "smaps", "FILE", CLI_TEXT, AT(smaps),
	 .help = "smaps of the VMM: page sizes of the memory behind the VM"},
	{0, "pagemap", "FILE@ADDRESS", CLI_TEXT, AT(pagemap),
	 .help = "pagemap words of the VMM, from host address ADDRESS on"},
	{0, "level", "N", CLI_COUNT, AT(level), .help = "zstd level, 1 to 22", .min = 1, .max = 22},
	{'q', "quiet", NULL, CLI_FLAG, AT(quiet), .help = "no summary and no progress"},
	{0},
};

static void show_progress(void *arg, uint64_t done, uint64_t total)
{
	cli_progress_update(arg, done, total);
}

/*
 * What was not understood is as important as what was: a trace whose leaves
 * and backings come from the faults themselves proves less (see nvsim verify).
 */
static void print_summary(FILE *out, const struct nvt_import_stats *s)
{
	char a[CLI_NUMBER_SIZE], b[CLI_NUMBER_SIZE], c[CLI_NUMBER_SIZE];

	fprintf(out, "class %s: %s records read, %s of no use to a trace; %s events written\n",
		class_names[s->class], cli_count(a, s->record_count),
		cli_count(b, s->ignored_count), cli_count(c, s->event_count));
	fprintf(out, "%s faults, %s of them in shadow contexts\n",
		cli_count(a, s->kind_count[NVT_FAULT]), cli_count(b, s->shadow_count));
	fprintf(out, "%s leaves of L1 and %s backings known from the faults themselves alone\n",
		cli_count(a, s->own_leaf_count), cli_count(b, s->backing_shadow_count));
	if (s->orphan_count || s->unfinished_count)
		fprintf(out, "parts of faults without a beginning: %s; faults without an end: %s\n",
			cli_count(a, s->orphan_count), cli_count(b, s->unfinished_count));
	if (s->warning_count)
		fprintf(out, "%u warning%s in the trace's meta section (see nvsim info)\n",
			s->warning_count, s->warning_count == 1 ? "" : "s");
}

/* FILE@ADDRESS; the file name may have an @ of its own. False: no address. */
static bool split_pagemap(char *text, struct nvt_import_options *import)
{
	char *at = strrchr(text, '@'), *end;

	if (!at || !at[1])
		return false;
	*at = '\0';
	import->pagemap = text;
	import->pagemap_base = strtoull(at + 1, &end, 0);
	return !*end;
}

/* The library tells what kind of file the input is by its content. */
static enum cli_exit run(const void *values, const struct cli_args *args)
{
	const struct import_options *o = values;
	struct cli_progress progress;
	struct nvt_import_stats stats;
	struct nvt_error err = {0};
	struct nvt_import_options import = {
		.input = args->v[0],
		.output = o->output.value,
		.tool_version = cli_build.version,
		.smaps = o->smaps.value,
		.vm = o->vm.value,
		.level = (int)o->level.value,
		.progress = show_progress,
		.progress_arg = &progress,
	};
	char *pagemap = NULL;
	enum nvt_status status;

	if (o->pagemap.value) {
		pagemap = strdup(o->pagemap.value);
		if (!pagemap)
			return cli_no_memory();
		if (!split_pagemap(pagemap, &import)) {
			free(pagemap);
			return cli_fail(CLI_USAGE, "--pagemap: FILE@ADDRESS is wanted");
		}
	}
	cli_progress_start(&progress, o->quiet, "bytes");
	status = nvt_import(&import, &stats, &err);
	cli_progress_end(&progress);
	free(pagemap);
	if (status)
		return cli_fail_trace(&err);
	if (!o->quiet)
		/* Where the trace itself goes to standard output, people read stderr. */
		print_summary(strcmp(import.output, "-") ? stdout : stderr, &stats);
	return CLI_OK;
}

const struct cli_command cli_import = {
	.name = "import",
	.arguments = "INPUT",
	.summary = "makes a trace of a recording: ftrace text or trace.dat",
	.about = "INPUT is the text of tracefs' \"trace\" file, plain or zstd-compressed, or a "
		 "trace-cmd file; its content tells which. - is standard input (text only).",
	.examples = {{"nvsim import -o t.zst trace.dat", "of a trace-cmd file"},
		     {"nvsim import -o t.zst trace.txt.zst", "of ftrace text"},
		     {"nvsim import -q -o - - < trace.txt", "in a pipe"}},
	.options = options,
	.options_size = sizeof(struct import_options),
	.args_min = 1,
	.args_max = 1,
	.run = run,
};
