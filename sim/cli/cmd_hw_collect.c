/* SPDX-License-Identifier: GPL-2.0-only */
/* nvsim hw collect: what a board has sent, as a report or as JSON. */
#include <errno.h>
#include <string.h>

#include "console.h"
#include "hw.h"
#include "hw_result.h"

#define SILENCE_SECONDS 30u

struct collect_options {
	struct cli_text json, trace;
	struct cli_number baud, timeout;
	bool emulated, quiet;
};

static const struct cli_option options[] = {
	{0, "json", "FILE", CLI_OPTIONAL, offsetof(struct collect_options, json),
	 .help = "the result for machines, to FILE, or instead of the report"},
	{0, "trace", "FILE", CLI_TEXT, offsetof(struct collect_options, trace),
	 .help = "the trace that ran: it is replayed here, and has to give the same digest"},
	{0, "emulated", NULL, CLI_FLAG, offsetof(struct collect_options, emulated),
	 .help = "an emulator ran it, even if it does not say so itself"},
	{0, "baud", "RATE", CLI_CHOICE, offsetof(struct collect_options, baud),
	 .help = "of a serial device (default: 115200)", .choices = hw_baud_rates},
	{0, "timeout", "SECONDS", CLI_COUNT, offsetof(struct collect_options, timeout),
	 .help = "gives up on a device that sends no frame for so long (default: 30)", .min = 1,
	 .max = 86400},
	{'q', "quiet", NULL, CLI_FLAG, offsetof(struct collect_options, quiet),
	 .help = "no report and no progress"},
	{0},
};

/* Events that the image says it has seen. */
static void tell(void *arg, const struct hw_run *run)
{
	uint64_t done = 0, total = 0;

	if (hw_kept(&run->progress))
		hw_frame_number(&run->progress.frame, "events", &done);
	if (hw_kept(&run->trace))
		hw_frame_number(&run->trace.frame, "events", &total);
	cli_progress_update(arg, done, total);
}

static enum cli_exit silent(const struct hw_run *run, const char *source, unsigned int seconds)
{
	char last[200];

	hw_run_last(run, last, sizeof(last));
	if (*last)
		return cli_fail(CLI_ENVIRONMENT, "%s: no frame for %u s; the last one is %s",
				source, seconds, last);
	return cli_fail(CLI_ENVIRONMENT,
			"%s: no frame for %u s, nor any before (%llu bytes of other output; is the "
			"rate right?)",
			source, seconds, (unsigned long long)run->bytes);
}

static enum cli_exit collect(const char *path, const char *source, const struct collect_options *o,
			     struct hw_collect *c)
{
	unsigned int seconds = o->timeout.given ? (unsigned int)o->timeout.value : SILENCE_SECONDS;
	unsigned int baud = o->baud.given ? (unsigned int)o->baud.value : HW_BAUD_DEFAULT;
	enum cli_exit status = CLI_OK;
	enum hw_console_state state;
	struct cli_progress progress;
	struct hw_console console;

	if (!hw_console_open(&console, path, baud))
		return cli_fail(CLI_INPUT, "%s: cannot be opened: %s", source, strerror(errno));
	cli_progress_start(&progress, o->quiet, "events");
	state = hw_console_read(&console, c, seconds, tell, &progress);
	cli_progress_end(&progress);
	if (state == HW_CONSOLE_FAILED)
		status = cli_fail(CLI_INPUT, "%s: cannot be read: %s", source, strerror(errno));
	if (state == HW_CONSOLE_SILENT)
		status = silent(hw_collect_run(c), source, seconds);
	hw_console_close(&console);
	return status;
}

static enum cli_exit run(const void *values, const struct cli_args *args)
{
	const struct collect_options *o = values;
	const char *path = args->v[0];
	const struct hw_show how = {.source = strcmp(path, "-") ? path : "standard input",
				    .trace = o->trace.value,
				    .json = o->json,
				    .quiet = o->quiet,
				    .emulated = o->emulated};
	struct hw_collect *c = hw_collect_new();
	enum cli_exit status;

	if (!c)
		return cli_no_memory();
	status = collect(path, how.source, o, c);
	if (!status)
		status = hw_show(hw_collect_run(c), &how);
	hw_collect_free(c);
	return status;
}

const struct cli_command cli_hw_collect = {
	.name = "hw collect",
	.arguments = "FILE",
	.summary = "the report of what a board has sent",
	.about = "Finds the frames of a run at EL2 in FILE, which is a log of a console, - for "
		 "standard input, or a serial device. A device is read until the run is over, a "
		 "file to its end; the last run in it counts. What other programs wrote to the "
		 "console is passed over, and what was lost is counted.",
	.examples = {{"nvsim hw collect /dev/ttyUSB0", "from the serial line"},
		     {"nvsim hw collect --trace t.zst log", "and the decisions are compared"},
		     {"nvsim hw collect --json=r.json log", "for machines as well"}},
	.options = options,
	.options_size = sizeof(struct collect_options),
	.args_min = 1,
	.args_max = 1,
	.run = run,
};
