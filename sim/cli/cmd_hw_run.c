/* SPDX-License-Identifier: GPL-2.0-only */
/* nvsim hw run: from a trace to the report, on a board that QEMU is; else how to get there. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect.h"
#include "command.h"
#include "folder.h"
#include "hw.h"
#include "hw_job.h"
#include "hw_result.h"
#include "launch.h"
#include "text.h"

#define TIMEOUT_S      30u
#define LIST_TIMEOUT_S 20u

struct run_options {
	struct hw_job_options job;
	struct cli_text output, json, cpu, log;
	struct cli_number smp, memory, timeout;
	bool quiet, icount, list;
};

#define AT(member) offsetof(struct run_options, member)
static const struct cli_option options[] = {
	HW_JOB_ROWS(struct run_options, job),
	{0, "json", "FILE", CLI_OPTIONAL, AT(json),
	 .help = "everything for machines, to FILE, or instead of the report"},
	{'q', "quiet", NULL, CLI_FLAG, AT(quiet),
	 .help = "no report and no progress; --json is written all the same"},
	{0, "cpu", "NAME", CLI_TEXT, AT(cpu), .help = "another CPU than max, as QEMU calls it"},
	{0, "smp", "N", CLI_COUNT, AT(smp), .help = "so many CPUs", .min = 1, .max = 64},
	{0, "memory", "SIZE", CLI_SIZE, AT(memory), .help = "so much memory", .min = 64u << 20,
	 .max = 1ull << 40},
	{0, "icount", NULL, CLI_FLAG, AT(icount),
	 .help = "a clock that counts instructions: they are the same in every run, and ticks "
		 "nearly so"},
	{0, "log", "FILE", CLI_TEXT, AT(log), .help = "write all that the console says to FILE",
	 .written = true},
	{0, "timeout", "SECONDS", CLI_COUNT, AT(timeout),
	 .help = "give up when no frame comes for so long (30)", .min = 1, .max = 86400},
	{'o', "output", "FILE", CLI_TEXT, AT(output),
	 .help = "start nothing: write the image for a real board, and tell how to boot it",
	 .written = true},
	{0, "list", NULL, CLI_FLAG, AT(list), .help = "list the boards"},
	{0},
};

struct hw_running {
	const struct run_options *o;
	const struct hw_board *board;
	struct hw_job job;
	struct hw_folder folder;
	struct hw_collect *collect;
	const char *image;
	char cpus[24], ram[24], load[24];
};

/* ---- boards ---- */

static enum cli_exit list_boards(void)
{
	enum cli_exit status = CLI_OK;
	struct nvt_error err = {0};
	char *folder = hw_job_boards(&status);
	char **names = folder ? hw_board_names(folder, &err) : NULL;

	for (size_t i = 0; names && names[i] && !err.status; i++) {
		struct hw_board *board = hw_board_read(folder, names[i], &err);

		if (board)
			printf("  %-10s %s\n", board->name, board->description);
		hw_board_free(board);
	}
	if (err.status)
		status = cli_fail_trace(&err);
	hw_board_names_free(names);
	free(folder);
	return status;
}

static enum cli_exit no_qemu(int error)
{
	if (error == ENOENT)
		return cli_fail(CLI_ENVIRONMENT,
				HW_QEMU " is not there (package qemu-system-arm has it)");
	return cli_fail(CLI_ENVIRONMENT, HW_QEMU " cannot be started: %s", strerror(error));
}

/* Whether the QEMU at hand has the machine: a line of its list begins with the name. */
static enum cli_exit find_machine(const struct hw_board *board, bool *there)
{
	static char *const argv[] = {HW_QEMU, "-M", "help", NULL};
	size_t length;
	struct hw_launch_end end;
	char text[32768];

	*there = false;
	if (!board->qemu.count || !board->machine)
		return CLI_OK;
	length = strlen(board->machine);
	end = hw_launch_read(argv, LIST_TIMEOUT_S, text, sizeof(text));
	if (end.how == HW_NOT_STARTED)
		return no_qemu(end.error);
	if (end.how == HW_HUNG || !*text)
		return cli_fail(CLI_ENVIRONMENT, HW_QEMU " does not list its machines%s%s",
				*end.said ? ": " : "", end.said);
	for (const char *line = text; line && !*there; line = strchr(line, '\n')) {
		line += *line == '\n';
		*there = strncmp(line, board->machine, length) == 0 && line[length] == ' ';
	}
	return CLI_OK;
}

/* What a board's own QEMU command does not have cannot be chosen. */
static enum cli_exit check_choices(const struct hw_running *r)
{
	const struct run_options *o = r->o;
	const struct {
		bool given;
		const char *option, *name;
	} choices[] = {{o->cpu.given, "cpu", "cpu"},
		       {o->smp.given, "smp", "cpus"},
		       {o->memory.given, "memory", "ram"}};

	for (unsigned int i = 0; i < 3; i++)
		if (choices[i].given && !hw_qemu_takes(r->board, choices[i].name))
			return cli_fail(CLI_USAGE, "hw run: --%s: %s has what it has",
					choices[i].option, r->board->name);
	return CLI_OK;
}

/* ---- a board to be booted by hand ---- */

static void print_lines(const char *title, const struct hw_lines *lines,
			const struct hw_value *values)
{
	if (lines->count)
		printf("\n%s\n", title);
	for (unsigned int i = 0; i < lines->count; i++) {
		char *line = hw_expand(lines->v[i], values);

		printf("  %s\n", line ? line : lines->v[i]);
		free(line);
	}
}

static void print_counters(const struct hw_lines *counters)
{
	if (counters->count)
		printf("\nCounters to expect:");
	for (unsigned int i = 0; i < counters->count; i++)
		printf(" %s", counters->v[i]);
	if (counters->count)
		putchar('\n');
}

static enum cli_exit make_image(struct hw_running *r)
{
	const char *path = r->o->output.given ? r->o->output.value : r->board->file;
	const struct hw_value values[] = {{"image", run_base_name(path)}, {0}};
	enum cli_exit status;

	if (strcmp(path, "-") == 0)
		return cli_fail(CLI_USAGE, "hw run: --output takes a file (see nvsim hw pack)");
	status = hw_job_write(&r->o->job, &r->job, HW_FORMAT_IMAGE, path);
	if (status)
		return status;
	printf("%s: the image for %s: %s\n", path, r->board->name, r->board->description);
	print_lines("To boot it:", &r->board->steps, values);
	print_counters(&r->board->counters);
	print_lines("To know:", &r->board->quirks, values);
	return CLI_OK;
}

/* ---- a board that QEMU is ---- */

/* EFI firmware looks for a name of its own in a folder that QEMU shows it as a disk. */
static enum cli_exit put_image(struct hw_running *r, const struct nvt_buffer *image)
{
	bool efi = r->board->firmware == HW_FIRMWARE_EFI;
	struct nvt_error err = {0};

	if (hw_folder_open(&r->folder, &err) ||
	    (efi && (!hw_folder_add(&r->folder, "EFI", &err) ||
		     !hw_folder_add(&r->folder, "EFI/BOOT", &err))))
		return cli_fail_trace(&err);
	r->image =
		hw_folder_write(&r->folder, efi ? "EFI/BOOT/BOOTAA64.EFI" : "image", image, &err);
	return r->image ? CLI_OK : cli_fail_trace(&err);
}

static enum cli_exit check_firmware(const struct hw_board *board)
{
	if (!board->firmware || access(board->firmware_file, R_OK) == 0)
		return CLI_OK;
	return cli_fail(CLI_ENVIRONMENT, "%s is not there (package %s has it)",
			board->firmware_file, board->package);
}

static enum cli_exit judge(struct hw_running *r, const struct hw_launch_end *end)
{
	const struct hw_run *run = hw_collect_run(r->collect);
	const struct hw_show show = {
		.source = r->board->name,
		.trace = strcmp(r->job.trace, "-") ? r->job.trace : NULL,
		.json = r->o->json,
		.quiet = r->o->quiet,
		.emulated = true,
	};
	char last[256];

	hw_run_last(run, last, sizeof(last));
	switch (end->how) {
	case HW_NOT_STARTED:
		return no_qemu(end->error);
	case HW_HUNG:
		return cli_fail(CLI_ENVIRONMENT,
				"%s: it hangs: no frame for %u s; the last one: %s%s%s",
				r->board->name,
				r->o->timeout.given ? (unsigned int)r->o->timeout.value : TIMEOUT_S,
				*last ? last : "none", *end->said ? "; " : "", end->said);
	case HW_ENDED:
		return cli_fail(CLI_ENVIRONMENT,
				"%s: " HW_QEMU " ended before the run did; the last frame: %s%s%s",
				r->board->name, *last ? last : "none", *end->said ? "; " : "",
				end->said);
	case HW_OVER:
		break;
	}
	return hw_show(run, &show);
}

static void show_progress(void *arg, const struct hw_run *run)
{
	uint64_t done, total;

	if (hw_kept(&run->progress) && hw_kept(&run->trace) &&
	    hw_frame_number(&run->progress.frame, "events", &done) &&
	    hw_frame_number(&run->trace.frame, "events", &total))
		cli_progress_update(arg, done, total);
}

static enum cli_exit launch(struct hw_running *r, char **argv, char **lines)
{
	const struct run_options *o = r->o;
	struct hw_launch how = {
		.argv = argv,
		.timeout_s = o->timeout.given ? (unsigned int)o->timeout.value : TIMEOUT_S,
		.stop = r->board->stop,
		.prompt = r->board->prompt,
		.type = (const char *const *)lines,
		.collect = r->collect,
		.step = show_progress,
	};
	struct cli_progress progress;
	struct cli_output log = {0};
	struct hw_launch_end end;
	enum cli_exit status = CLI_OK;

	if (o->log.given)
		status = cli_output_open(&log, o->log.value);
	if (status)
		return status;
	how.log = log.file;
	how.arg = &progress;
	cli_progress_start(&progress, o->quiet, "events");
	end = hw_launch(&how);
	cli_progress_end(&progress);
	hw_collect_finish(r->collect);
	if (o->log.given)
		status = cli_output_close(&log);
	return status ? status : judge(r, &end);
}

static enum cli_exit start(struct hw_running *r)
{
	const struct hw_value values[] = {
		{"image", r->image},
		{"esp", r->folder.path[0]},
		{"cpu", r->o->cpu.given ? r->o->cpu.value : r->board->cpu},
		{"cpus", r->o->smp.given ? r->cpus : r->board->cpus},
		{"ram", r->o->memory.given ? r->ram : r->board->ram},
		{"firmware", r->board->firmware_file},
		{"load", r->load},
		{0},
	};
	char **argv = hw_qemu_command(r->board, values, r->o->icount);
	char **lines = hw_lines_expand(&r->board->type, values);
	enum cli_exit status;

	r->collect = hw_collect_new();
	if (argv && lines && r->collect)
		status = launch(r, argv, lines);
	else
		status = cli_no_memory();
	hw_collect_free(r->collect);
	hw_words_free(argv);
	hw_words_free(lines);
	return status;
}

static enum cli_exit emulate(struct hw_running *r)
{
	struct nvt_buffer image = {0};
	enum cli_exit status = check_choices(r);

	snprintf(r->cpus, sizeof(r->cpus), "%llu", (unsigned long long)r->o->smp.value);
	snprintf(r->ram, sizeof(r->ram), "%lluK", (unsigned long long)r->o->memory.value >> 10);
	snprintf(r->load, sizeof(r->load), "0x%llx", (unsigned long long)r->board->load);
	if (!status)
		status = check_firmware(r->board);
	if (!status)
		status = hw_job_build(&r->o->job, &r->job, HW_FORMAT_IMAGE, &image);
	if (!status)
		status = put_image(r, &image);
	nvt_buffer_free(&image);
	if (!status)
		status = start(r);
	hw_folder_close(&r->folder);
	return status;
}

static enum cli_exit run_board(struct hw_running *r)
{
	bool there = false;
	enum cli_exit status = CLI_OK;

	if (!r->o->output.given)
		status = find_machine(r->board, &there);
	if (status)
		return status;
	if (!there && !r->o->output.given && r->board->machine)
		printf("The QEMU here has no machine %s.\n", r->board->machine);
	if (!there)
		return make_image(r);
	r->job.flags |= HW_EMULATED | (r->board->semihosting ? HW_SEMIHOSTING : 0);
	return emulate(r);
}

static enum cli_exit run(const void *values, const struct cli_args *args)
{
	struct hw_running r = {.o = values};
	struct hw_board *board;
	enum cli_exit status;

	if (r.o->list || !args->count)
		return list_boards();
	if (args->count < 2)
		return cli_fail(CLI_USAGE, "hw run: TRACE is missing (see nvsim hw run --help)");
	status = hw_job_of(&r.o->job, args->v[1], &r.job);
	board = status ? NULL : hw_job_board(args->v[0], &status);
	r.board = r.job.board = board;
	if (!status)
		status = run_board(&r);
	hw_board_free(board);
	return status;
}

const struct cli_command cli_hw_run = {
	.name = "hw run",
	.arguments = "BOARD TRACE",
	.summary = "runs a trace on a board that QEMU is; of others, tells how",
	.about = "Packs TRACE, starts QEMU as BOARD, and makes a report of what the image sends. "
		 "Of a "
		 "board that QEMU cannot be it writes the image, and prints the steps to boot it. "
		 "Without a board it lists them.",
	.examples = {{"nvsim hw run qemu-virt trace.zst", "the MMU of QEMU against the handler"},
		     {"nvsim hw run u-boot t.zst --mode replay",
		      "started by U-Boot; without the MMU"},
		     {"nvsim hw run raspi5 t.zst", "an image for it, and how to boot it"}},
	.options = options,
	.options_size = sizeof(struct run_options),
	.args_max = 2,
	.run = run,
};
