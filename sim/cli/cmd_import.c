/* SPDX-License-Identifier: GPL-2.0-only */
/* nvsim import: a trace of a recording. */
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "cli.h"
#include "import/import.h"
#include "import/ptdump.h"
#include "names.h"
#include "ptdump_report.h"

struct import_options {
	struct cli_text output, l1, smaps, pagemap, core, core_at;
	struct cli_number vm, level, vttbr, vtcr;
	struct cli_list ptdumps;
	bool emulated, quiet;
};

#define AT(member) offsetof(struct import_options, member)
static const struct cli_option options[] = {
	{'o', "output", "FILE", CLI_TEXT, AT(output),
	 .help = "the trace to write; - for standard output", .written = true},
	{0, "l1", "FILE", CLI_TEXT, AT(l1),
	 .help = "L1's own recording of the same run: what its hypervisor did to the tables that "
		 "the host walks"},
	{0, "core", "FILE", CLI_TEXT, AT(core),
	 .help = "an ELF core of L1's memory (dump-guest-memory; virsh dump --memory-only): L1's "
		 "tables in it make the trace full"},
	{0, "core-at", "TEXT", CLI_TEXT, AT(core_at),
	 .help = "with --core: it was taken at the mark that has TEXT in it; by default at the "
		 "end"},
	{0, "ptdump", "FILE", CLI_LIST, AT(ptdumps),
	 .help = "with --core: a dump of a nested context, whose first line says where L1's tables "
		 "are; may be given again"},
	{0, "vttbr", "VALUE", CLI_SIZE, AT(vttbr),
	 .help = "with --core: the same by L1's registers, with --vtcr; by default, where walks "
		 "went"},
	{0, "vtcr", "VALUE", CLI_SIZE, AT(vtcr), .help = "with --vttbr"},
	{0, "vm", "POINTER", CLI_SIZE, AT(vm),
	 .help = "the VM wanted, by its struct kvm pointer in the recording; the one that runs, "
		 "by default"},
	{0, "smaps", "FILE", CLI_TEXT, AT(smaps),
	 .help = "smaps of the VMM: page sizes of the memory behind the VM"},
	{0, "pagemap", "FILE@ADDRESS", CLI_TEXT, AT(pagemap),
	 .help = "pagemap words of the VMM, from host address ADDRESS on"},
	{0, "emulated", NULL, CLI_FLAG, AT(emulated),
	 .help = "an emulator was the machine that was recorded: its times are no figures of "
		 "hardware"},
	{0, "level", "N", CLI_COUNT, AT(level), .help = "zstd level, 1 to 22", .min = 1, .max = 22},
	{'q', "quiet", NULL, CLI_FLAG, AT(quiet), .help = "no summary and no progress"},
	{0},
};

static void show_progress(void *arg, uint64_t done, uint64_t total)
{
	cli_progress_update(arg, done, total);
}

/* Leaves that contradict the core are the first thing to look at: the core may be the wrong one. */
static void print_core(FILE *out, const struct nvt_import_core *s)
{
	char a[CLI_NUMBER_SIZE], b[CLI_NUMBER_SIZE], c[CLI_NUMBER_SIZE], d[CLI_NUMBER_SIZE];

	if (s->reason[0])
		fprintf(out, "core: the trace is not full: %s\n", s->reason);
	fprintf(out, "core: L1's tables in it: %s, with %s leaves; tables it no longer has: %s\n",
		cli_count(a, s->table_count), cli_count(b, s->leaf_count),
		cli_count(c, s->gone_count));
	fprintf(out,
		"core: of %s leaves that walks found, %s are in it the same, %s were changed in "
		"between, %s contradict it\n",
		cli_count(a, s->seen_count), cli_count(b, s->same_count),
		cli_count(c, s->changed_count), cli_count(d, s->contradicted_count));
	if (!s->reason[0])
		fprintf(out, "core: %s writes of L1 to its tables, %s of them at its moment\n",
			cli_count(a, s->write_count), cli_count(b, s->final_count));
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
	if (s->l1_fault_count)
		fprintf(out, "L1's side: %s of %s faults matched, %s changes of its tables\n",
			cli_count(a, s->l1_matched_count), cli_count(b, s->l1_fault_count),
			cli_count(c, s->l1_change_count));
	if (s->core.file_size)
		print_core(out, &s->core);
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

/* Options that need others, or exclude them. */
static enum cli_exit check_options(const struct import_options *o, const char *input)
{
	if (!o->output.given)
		return cli_fail(CLI_USAGE, "import: --output FILE is missing");
	if (o->vttbr.given != o->vtcr.given)
		return cli_fail(CLI_USAGE, "import: --vttbr and --vtcr go together");
	if (!o->core.given && (o->core_at.given || o->ptdumps.count || o->vttbr.given))
		return cli_fail(CLI_USAGE, "import: %s means nothing without --core",
				o->core_at.given   ? "--core-at"
				: o->ptdumps.count ? "--ptdump"
						   : "--vttbr");
	if (o->core.given && o->l1.given)
		return cli_fail(CLI_USAGE, "import: --core and --l1 exclude each other: either "
					   "tells L1's tables");
	if (o->core.given && !strcmp(input, "-"))
		return cli_fail(CLI_USAGE, "import: with --core INPUT is read twice: name a file");
	return CLI_OK;
}

/* A dump of a table is no recording: what there is to say of it is printed. */
static enum cli_exit show_ptdump(const struct import_options *o, const char *path)
{
	struct nvt_error err = {0};
	struct nvt_ptdump dump;

	if (o->output.given || o->core.given || o->l1.given)
		return cli_fail(CLI_USAGE,
				"import: %s is the dump of a table, of which no trace is made; "
				"--%s does not apply",
				path,
				o->output.given ? "output"
				: o->core.given ? "core"
						: "l1");
	if (nvt_ptdump_read(path, &dump, &err))
		return cli_fail_trace(&err);
	ptdump_report(stdout, path, &dump);
	nvt_ptdump_free(&dump);
	return CLI_OK;
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
		.emulated = o->emulated,
		.l1 = o->l1.value,
		.core = o->core.value,
		.core_at = o->core_at.value,
		.ptdumps = o->ptdumps.v,
		.ptdump_count = o->ptdumps.count,
		.vttbr = o->vttbr.value,
		.vtcr = o->vtcr.value,
		.has_vttbr = o->vttbr.given,
		.smaps = o->smaps.value,
		.vm = o->vm.value,
		.level = (int)o->level.value,
		.progress = show_progress,
		.progress_arg = &progress,
	};
	char *pagemap = NULL;
	enum nvt_status status;
	enum cli_exit usage;

	if (strcmp(args->v[0], "-") != 0 && nvt_ptdump_is(args->v[0]))
		return show_ptdump(o, args->v[0]);
	usage = check_options(o, args->v[0]);
	if (usage)
		return usage;
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
	.summary = "makes a trace of a recording: ftrace text, trace.dat or perf.data",
	.about = "INPUT is the text of tracefs' \"trace\" file, plain or zstd-compressed, a "
		 "trace-cmd file or perf.data; its content tells which. - is standard input: text, "
		 "or what perf record -o - writes. Of KVM's dump of a stage-2 table "
		 "(stage2_page_tables, nested_mmuN) no trace is made: what it maps is printed, and "
		 "--output does not apply.",
	.examples = {{"nvsim import -o t.zst trace.dat", "of a trace-cmd file"},
		     {"nvsim import -o t.zst trace.txt.zst", "of ftrace text"},
		     {"nvsim import -q -o - - < trace.txt", "in a pipe"}},
	.options = options,
	.options_size = sizeof(struct import_options),
	.args_min = 1,
	.args_max = 1,
	.run = run,
};
