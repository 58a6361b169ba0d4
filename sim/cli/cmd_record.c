/* SPDX-License-Identifier: GPL-2.0-only */
/* nvsim record: a trace of a VM that runs on this host. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "build.h"
#include "cli.h"
#include "names.h"
#include "parse.h"
#include "record.h"
#include "signals.h"

struct record_cli_options {
	struct cli_text output, duration;
	struct cli_number pid, level;
	bool truth, quiet;
};

#define AT(member) offsetof(struct record_cli_options, member)
static const struct cli_option options[] = {
	{'o', "output", "FILE", CLI_TEXT, AT(output),
	 .help = "the trace to write; - for standard output", .required = true},
	{'p', "pid", "PID", CLI_COUNT, AT(pid), .help = "record the VM of this process", .min = 1,
	 .max = INT32_MAX},
	{0, "truth", NULL, CLI_FLAG, AT(truth),
	 .help = "install probes that tell what KVM did with each fault, for verify; they are "
		 "removed in the end; the kernel has to have BTF"},
	{0, "for", "TIME", CLI_TEXT, AT(duration),
	 .help = "record so long: 30s, 500ms, 10m, 1h; until Ctrl-C, or the end of the command or "
		 "process, by default"},
	{0, "level", "N", CLI_COUNT, AT(level), .help = "zstd level, 1 to 22", .min = 1, .max = 22},
	{'q', "quiet", NULL, CLI_FLAG, AT(quiet), .help = "no summary and no progress"},
	{0},
};

/* ---- time ---- */

static bool parse_duration(const char *text, uint64_t *ns)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {{"ms", 1000000}, {"s", 1000000000}, {"m", 60000000000}, {"h", 3600000000000}};
	char digits[20];
	size_t length = strspn(text, "0123456789");
	uint64_t n;

	snprintf(digits, sizeof(digits), "%.*s", (int)length, text);
	if (!length || length >= sizeof(digits) || !parse_number(digits, 1000, &n) || !n)
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(text + length, units[i].name))
			return !__builtin_mul_overflow(n, units[i].ns, ns);
	return false;
}

/* ---- what people see ---- */

static void draw(void *arg, const struct record_progress *p)
{
	char rate[CLI_NUMBER_SIZE], faults[CLI_NUMBER_SIZE], injected[CLI_NUMBER_SIZE],
		lost[CLI_NUMBER_SIZE];
	double seconds = (double)p->elapsed_ns / 1e9;

	(void)arg;
	fprintf(stderr, "\r%.1f s  %s events/s  %s faults  %s injected  %s lost\033[K", seconds,
		cli_count(rate, seconds > 0 ? (uint64_t)((double)p->event_count / seconds) : 0),
		cli_count(faults, p->fault_count), cli_count(injected, p->injected_count),
		cli_count(lost, p->lost_count));
}

static void print_others(FILE *out, const struct record_result *r)
{
	fprintf(out, "several VMs ran: that of process %d was kept, not that of", (int)r->pid);
	for (uint64_t i = 0; i < r->other_count && i < RECORD_OTHERS; i++)
		fprintf(out, "%s %d", i ? "," : "", (int)r->others[i]);
	fprintf(out, "%s (-p chooses)\n", r->other_count > RECORD_OTHERS ? " and more" : "");
}

/* How the command ended, where it did not just succeed. */
static void print_end(FILE *out, int status)
{
	if (WIFSIGNALED(status))
		fprintf(out, "the command was ended by signal %d (%s)\n", WTERMSIG(status),
			strsignal(WTERMSIG(status)));
	else if (WIFEXITED(status) && WEXITSTATUS(status))
		fprintf(out, "the command ended with status %d\n", WEXITSTATUS(status));
}

static void print_summary(FILE *out, const struct record_result *r, bool truth)
{
	char a[CLI_NUMBER_SIZE], b[CLI_NUMBER_SIZE], c[CLI_NUMBER_SIZE];
	const struct nvt_import_stats *s = &r->stats;
	double seconds = (double)r->total.elapsed_ns / 1e9;

	fprintf(out, "class %s: %s records in %.1f s, %s lost; %s events written\n",
		class_names[s->class], cli_count(a, r->total.event_count), seconds,
		cli_count(b, r->total.lost_count), cli_count(c, s->event_count));
	fprintf(out, "%s faults, %s reflected to L1\n", cli_count(a, s->kind_count[NVT_FAULT]),
		cli_count(b, r->total.injected_count));
	if (truth)
		fprintf(out, "%u probes told what KVM did%s%s\n", r->probe_count,
			*r->absent ? "; the kernel does not take: " : "", r->absent);
	else
		fputs("without --truth: what KVM did, L1's tables and TLBI operands are unknown\n",
		      out);
	if (r->other_count)
		print_others(out, r);
	if (r->command_status != RECORD_RUNS_ON)
		print_end(out, r->command_status);
	if (s->orphan_count || s->unfinished_count)
		fprintf(out, "parts of faults without a beginning: %s; faults without an end: %s\n",
			cli_count(a, s->orphan_count), cli_count(b, s->unfinished_count));
	fprintf(out, "%.2f s of CPU time for the recorder itself\n", (double)r->cpu_ns / 1e9);
	if (s->warning_count)
		fprintf(out, "%u warning%s in the trace's meta section (see nvsim info)\n",
			s->warning_count, s->warning_count == 1 ? "" : "s");
}

static enum cli_exit run(const void *values, const struct cli_args *args)
{
	const struct record_cli_options *o = values;
	bool shown = !o->quiet && isatty(STDERR_FILENO);
	struct record_result result;
	struct nvt_error err = {0};
	struct record_options record = {
		.output = o->output.value,
		.tool_version = cli_build.version,
		.pid = (pid_t)o->pid.value,
		.argv = args->count ? args->v : NULL,
		.truth = o->truth,
		.level = (int)o->level.value,
		.stop = &cli_signal,
		.progress = shown ? draw : NULL,
	};
	enum nvt_status status;

	if (o->pid.given && args->count)
		return cli_fail(CLI_USAGE, "record: -p and a command exclude each other");
	if (o->duration.given && !parse_duration(o->duration.value, &record.duration_ns))
		return cli_fail(CLI_USAGE,
				"record: --for takes a time such as 30s, 500ms, 10m or 1h, "
				"not '%s'",
				o->duration.value);
	cli_signals_catch(NULL);
	/* What the command prints does not belong into the trace. */
	if (!strcmp(record.output, "-"))
		fcntl(STDOUT_FILENO, F_SETFD, FD_CLOEXEC);
	status = record_run(&record, &result, &err);
	if (shown)
		fputs("\r\033[K", stderr);
	if (result.command_status == RECORD_RUNS_ON)
		cli_fail(CLI_OK, "record: SIGTERM has not ended '%s', which runs on", args->v[0]);
	if (status)
		return cli_fail_trace(&err);
	if (!o->quiet)
		/* Where the trace itself goes to standard output, people read stderr. */
		print_summary(strcmp(record.output, "-") ? stdout : stderr, &result, o->truth);
	return CLI_OK;
}

const struct cli_command cli_record = {
	.name = "record",
	.arguments = "[-- COMMAND...]",
	.summary = "makes a trace of a VM that runs on this arm64 host",
	.about =
		"Records KVM's tracepoints by the kernel's ring buffers until Ctrl-C, the end of "
		"COMMAND or of the process, or the time is over; the file is complete in any case. "
		"A COMMAND that has not ended by then gets SIGTERM; processes that it has started "
		"do not. With -o -, the trace is written in the end, $TMPDIR keeps it until then, "
		"and what COMMAND prints goes to standard error. "
		"One VM is kept: that of the process or of what COMMAND starts, else the first one "
		"that runs. Without --truth the trace is of class partial: it has the faults, and "
		"which of them went to L1. It needs root, or CAP_PERFMON and access to tracefs.",
	.examples = {{"nvsim record -o t.zst --for 30s", "the VM that runs"},
		     {"nvsim record -o t.zst --truth -p 4711", "that of a process, to be verified"},
		     {"nvsim record -o t.zst -- qemu-system-aarch64 ...",
		      "from its first fault on"}},
	.options = options,
	.options_size = sizeof(struct record_cli_options),
	.args_max = 4096,
	.run = run,
};
