/* SPDX-License-Identifier: GPL-2.0-only */
/* nvsim hw pack: a trace made into an image that boots. */
#include "hw.h"
#include "hw_job.h"

struct pack_options {
	struct hw_job_options job;
	struct cli_text board, output;
	struct cli_number format;
	bool emulated;
};

static const char *const formats[] = {
	[HW_FORMAT_IMAGE] = "image", [HW_FORMAT_ELF] = "elf", [HW_FORMAT_BLOB] = "blob", NULL};

#define AT(member) offsetof(struct pack_options, member)
static const struct cli_option options[] = {
	{'o', "output", "FILE", CLI_TEXT, AT(output),
	 .help = "what to write; - for standard output", .required = true, .written = true},
	HW_JOB_ROWS(struct pack_options, job),
	{0, "board", "NAME", CLI_TEXT, AT(board),
	 .help = "the board it is for, which tells of console and memory where firmware does not "
		 "(see nvsim hw run --list)"},
	{0, "emulated", NULL, CLI_FLAG, AT(emulated),
	 .help = "an emulator will run it: results say so, whatever the image sees"},
	{0, "format", "FORMAT", CLI_CHOICE, AT(format), .choices = formats,
	 .help = "image (the default): an arm64 Image that is an EFI application, too; elf; or "
		 "blob: the trace alone, for an image that is told its address"},
	{0},
};

static enum cli_exit run(const void *values, const struct cli_args *args)
{
	const struct pack_options *o = values;
	struct hw_job job = {.flags = o->emulated ? HW_EMULATED : 0};
	struct hw_board *board = NULL;
	enum cli_exit status = hw_job_of(&o->job, args->v[0], &job);

	if (!status && o->board.given)
		board = hw_job_board(o->board.value, &status);
	job.board = board;
	if (!status)
		status = hw_job_write(&o->job, &job, (enum hw_format)o->format.value,
				      o->output.value);
	hw_board_free(board);
	return status;
}

const struct cli_command cli_hw_pack = {
	.name = "hw pack",
	.arguments = "TRACE",
	.summary = "makes an image of a trace, for a board to boot",
	.about =
		"Puts TRACE (- for standard input), without its compression, and what is to be "
		"done "
		"with it into the image that runs the handler at EL2. The image must be built from "
		"the same handler as this command.",
	.examples = {{"nvsim hw pack t.zst -o hw.img", "for a board to boot"},
		     {"nvsim hw pack t.zst -p page -o hw.img", "as if no block were ever mapped"},
		     {"nvsim hw pack t.zst --event l1d_refill -o hw.img",
		      "cache refills counted, too"}},
	.options = options,
	.options_size = sizeof(struct pack_options),
	.args_min = 1,
	.args_max = 1,
	.run = run,
};
