/* SPDX-License-Identifier: GPL-2.0-only */
/* nvsim bench: measures the program on this machine, against targets and against other tools. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench_report.h"
#include "child.h"
#include "bench_document.h"
#include "run.h"
#include "scratch.h"
#include "signals.h"

#define TIMEOUT 1800 /* many times what the longest takes on a slow machine */

struct bench_options {
	bool list, quick, full, check, quiet;
	struct cli_number repetitions, warmup, timeout;
	struct cli_text json, csv, dat, perf_data, keep;
};

#define AT(member) offsetof(struct bench_options, member)
static const struct cli_option options[] = {
	{0, "list", NULL, CLI_FLAG, AT(list), .help = "list the benchmarks, and measure nothing"},
	{0, "quick", NULL, CLI_FLAG, AT(quick),
	 .help = "small inputs and few repetitions: everything in about a minute"},
	{0, "full", NULL, CLI_FLAG, AT(full),
	 .help = "traces of 100 million faults, too, which take minutes, and 0.8 GB in $TMPDIR"},
	{'r', "repetitions", "N", CLI_COUNT, AT(repetitions),
	 .help = "so many (30; 15 if quick; of whole commands 5, 3 if quick)", .min = 1,
	 .max = 1000},
	{0, "warmup", "N", CLI_COUNT, AT(warmup),
	 .help = "so many before those that count (3; of whole commands 1)", .max = 1000},
	{0, "timeout", "SECONDS", CLI_COUNT, AT(timeout),
	 .help = "end a command that takes longer (1800)", .min = 1, .max = 86400},
	{0, "json", "FILE", CLI_OPTIONAL, AT(json),
	 .help = "everything for machines, raw values too, to FILE, or instead of the report"},
	{0, "csv", "FILE", CLI_OPTIONAL, AT(csv),
	 .help = "raw values, a line each, to FILE, or instead of the report"},
	{0, "dat", "FILE", CLI_TEXT, AT(dat),
	 .help = "import this trace-cmd file (default: $NVSIM_BENCH_DAT, else a bundled one)"},
	{0, "perf-data", "FILE", CLI_TEXT, AT(perf_data),
	 .help = "import this perf.data, against perf script"},
	{0, "check", NULL, CLI_FLAG, AT(check),
	 .help = "exit status 1 where a target is missed, or a figure worse than the one kept"},
	{0, "keep", "FILE", CLI_TEXT, AT(keep),
	 .help = "write the instructions at EL2 to FILE, to be compared with from now on: "
		 "bench/data/el2-instructions.json in the sources"},
	{'q', "quiet", NULL, CLI_FLAG, AT(quiet),
	 .help = "no report and no progress; --json and --csv are written all the same"},
	{0},
};

struct benching {
	const struct bench_options *o;
	const struct cli_args *names;
	struct bench_env env;
	struct counters counters;
	char *self, *data, *folder;
	json_t *document;
	bool reported; /* the report goes to standard output */
	unsigned int failed, missed;
	enum cli_exit failure; /* of the first that failed */
	char first[600];       /* and what became of it */
};

/* ---- which benchmarks ---- */

static bool is_chosen(const void *arg, const struct bench_row *row)
{
	const struct cli_args *names = arg;
	bool chosen = !names->count;

	for (unsigned int i = 0; i < names->count; i++)
		chosen = chosen || bench_chooses(names->v[i], row);
	return chosen;
}

static bool is_known(const char *name)
{
	const struct cli_args one = {&name, 1};
	const struct bench_row *row;

	for (unsigned int i = 0; (row = bench_row(i)) != NULL; i++)
		if (is_chosen(&one, row))
			return true;
	return false;
}

/* Groups are names, too. */
static enum cli_exit unknown(const char *name)
{
	enum { NAMES_MAX = 400, GROUPS_MAX = 100 };
	static char groups[GROUPS_MAX][32];
	const char *names[NAMES_MAX + 1] = {NULL};
	unsigned int count = 0, group_count = 0;
	const struct bench_row *row;

	for (unsigned int i = 0; (row = bench_row(i)) != NULL && count < NAMES_MAX - 1; i++) {
		char *group = groups[group_count];

		snprintf(group, sizeof(groups[0]), "%.*s", (int)strcspn(row->name, "/"), row->name);
		if ((!group_count || strcmp(group, groups[group_count - 1])) &&
		    group_count < GROUPS_MAX - 1) {
			names[count++] = group;
			group_count++;
		}
		names[count++] = row->name;
	}
	return cli_unknown("benchmark", name, names);
}

static unsigned int count_chosen(const struct cli_args *names, const char *group)
{
	const struct bench_row *row;
	unsigned int count = 0;

	for (unsigned int i = 0; (row = bench_row(i)) != NULL; i++)
		count += is_chosen(names, row) && (!group || bench_chooses(group, row));
	return count;
}

/* ---- what is asked for ---- */

static bool to_stdout(const struct cli_text *output)
{
	return run_json_instead(output);
}

static enum cli_exit check_pair(const struct cli_text *a, const struct cli_text *b)
{
	if (!a->given || !b->given)
		return CLI_OK;
	if (to_stdout(a) && to_stdout(b))
		return cli_fail(CLI_USAGE, "bench: one of --json, --csv and --keep can have the "
					   "standard output; name a file for the other");
	if (a->value && b->value && strcmp(a->value, b->value) == 0)
		return cli_fail(CLI_USAGE, "bench: two outputs to %s", a->value);
	return CLI_OK;
}

static enum cli_exit check_outputs(const struct bench_options *o)
{
	enum cli_exit status = check_pair(&o->json, &o->csv);

	if (!status)
		status = check_pair(&o->json, &o->keep);
	return status ? status : check_pair(&o->csv, &o->keep);
}

static enum cli_exit check_usage(const struct bench_options *o, const struct cli_args *names)
{
	for (unsigned int i = 0; i < names->count; i++)
		if (!is_known(names->v[i]))
			return unknown(names->v[i]);
	if (o->quick && o->full)
		return cli_fail(CLI_USAGE, "bench: --quick and --full exclude each other");
	if (o->keep.given && !count_chosen(names, "el2"))
		return cli_fail(CLI_USAGE, "bench: --keep needs benchmarks of the group el2");
	return check_outputs(o);
}

/* A recording that cannot be read would be found out after minutes. */
static enum cli_exit check_input(const char *path)
{
	if (!path || access(path, R_OK) == 0)
		return CLI_OK;
	return cli_fail(CLI_INPUT, "%s: cannot be read: %s", path, strerror(errno));
}

/* And so would an output that cannot be written. */
static enum cli_exit check_output(const struct cli_text *output)
{
	struct cli_output out;
	enum cli_exit status;
	struct stat st;

	if (!output->given || to_stdout(output) ||
	    (stat(output->value, &st) == 0 && !S_ISREG(st.st_mode)))
		return CLI_OK;
	status = cli_output_open(&out, output->value);
	if (!status)
		cli_output_abandon(&out);
	return status;
}

static enum cli_exit check_files(const struct bench_options *o, const struct bench_env *env)
{
	enum cli_exit status = check_input(env->dat);

	if (!status)
		status = check_input(env->perf_data);
	if (!status)
		status = check_output(&o->json);
	if (!status)
		status = check_output(&o->csv);
	return status ? status : check_output(&o->keep);
}

/* ---- the run ---- */

static enum cli_exit begin(struct benching *b)
{
	const struct bench_options *o = b->o;
	const char *dat = getenv("NVSIM_BENCH_DAT");
	struct nvt_error err = {.status = NVT_OK};
	enum cli_exit status;

	b->env = (struct bench_env){
		.quick = o->quick,
		.full = o->full,
		.seed = 1,
		.dat = o->dat.given  ? o->dat.value
		       : dat && *dat ? dat
				     : NULL,
		.perf_data = o->perf_data.value,
		.repetitions = (unsigned int)o->repetitions.value,
		.warmup_given = o->warmup.given,
		.warmup = (unsigned int)o->warmup.value,
		.keep = o->keep.given,
	};
	status = check_files(o, &b->env);
	if (status)
		return status;
	b->self = scratch_self(&err);
	b->folder = b->self ? scratch_make(&err) : NULL;
	if (!b->folder)
		return cli_fail_trace(&err);
	b->data = scratch_data(b->self);
	b->env.nvsim = b->self;
	b->env.folder = b->folder;
	b->env.data = b->data;
	child_limit(o->timeout.given ? (unsigned int)o->timeout.value : TIMEOUT);
	counters_open(&b->counters, counter_events);
	b->document = document_new(&b->env, &cli_build, &b->counters);
	return b->document ? CLI_OK : cli_no_memory();
}

static void end(struct benching *b)
{
	counters_close(&b->counters);
	scratch_remove(b->folder);
	json_decref(b->env.el2);
	json_decref(b->document);
	free(b->self);
	free(b->data);
}

static void count(struct benching *b, const struct bench_row *row,
		  const struct bench_result *result)
{
	b->missed += result->verdict == BENCH_SHORT || result->verdict == BENCH_REGRESSED;
	if (result->verdict != BENCH_FAILED)
		return;
	if (!b->failed++) {
		b->failure = result->failure == NVT_EINPUT ? CLI_INPUT : CLI_ENVIRONMENT;
		snprintf(b->first, sizeof(b->first), "%s: %s", row->name, result->note);
	}
}

/* What is measured now, on a terminal; NULL: nothing any more. */
static void show_progress(const struct benching *b, const char *name, unsigned int at,
			  unsigned int total)
{
	if (b->o->quiet || !isatty(STDERR_FILENO))
		return;
	if (name)
		fprintf(stderr, "[%u/%u] %s", at, total, name);
	else
		fputs("\r\033[K", stderr);
}

static bool measure(struct benching *b, const struct bench_row *row, unsigned int at,
		    unsigned int total)
{
	struct bench_result result;
	bool fine;

	show_progress(b, row->name, at, total);
	fine = bench_measure(&b->env, row, &b->counters, &result);
	show_progress(b, NULL, at, total);
	if (fine) {
		count(b, row, &result);
		if (b->reported)
			bench_report_row(row, &result, &b->counters);
		fine = document_add(b->document, row, &result, &b->counters);
	}
	bench_result_free(&result);
	return fine;
}

static enum cli_exit measure_all(struct benching *b)
{
	unsigned int total = count_chosen(b->names, NULL), at = 0;
	const struct bench_row *row;

	if (b->reported)
		bench_report_begin(b->document);
	for (unsigned int i = 0; (row = bench_row(i)) != NULL; i++) {
		if (!is_chosen(b->names, row))
			continue;
		if (!measure(b, row, ++at, total))
			return cli_signal ? CLI_OK : cli_no_memory();
	}
	if (b->reported)
		bench_report_end(&b->counters);
	return CLI_OK;
}

/* ---- what comes of it ---- */

static enum cli_exit write_csv(const struct benching *b)
{
	struct cli_output out;
	enum cli_exit status = cli_output_open(&out, b->o->csv.value);

	if (status)
		return status;
	document_csv(out.file, b->document);
	return cli_output_close(&out);
}

static enum cli_exit keep(const struct benching *b)
{
	if (!b->env.el2)
		return cli_fail(CLI_ENVIRONMENT,
				"bench: there is nothing to keep: EL2 was not measured");
	return run_write_json(json_incref(b->env.el2), b->o->keep.value);
}

static enum cli_exit write_all(const struct benching *b)
{
	enum cli_exit status = CLI_OK;

	if (b->o->json.given)
		status = run_write_json(json_incref(b->document), b->o->json.value);
	if (!status && b->o->csv.given)
		status = write_csv(b);
	if (!status && b->o->keep.given && !cli_signal)
		status = keep(b);
	return status;
}

static enum cli_exit verdict(const struct benching *b)
{
	if (b->failed > 1)
		return cli_fail(b->failure, "bench: %u benchmarks failed; the first: %s", b->failed,
				b->first);
	if (b->failed)
		return cli_fail(b->failure, "bench: %s", b->first);
	return b->o->check && b->missed ? CLI_FINDINGS : CLI_OK;
}

static enum cli_exit run(const void *values, const struct cli_args *args)
{
	struct benching b = {.o = values, .names = args};
	enum cli_exit status = check_usage(b.o, args);

	if (status)
		return status;
	if (b.o->list) {
		bench_report_list(is_chosen, args);
		return CLI_OK;
	}
	b.reported = !b.o->quiet && !to_stdout(&b.o->json) && !to_stdout(&b.o->csv) &&
		     !to_stdout(&b.o->keep);
	cli_signals_catch(child_stop);
	signal(SIGCHLD, SIG_DFL); /* the end of children is waited for */
	status = begin(&b);
	if (!status)
		status = measure_all(&b);
	if (!status)
		status = write_all(&b);
	if (!status)
		status = verdict(&b);
	end(&b);
	if (cli_signal)
		raise(cli_signal);
	return status;
}

const struct cli_command cli_bench = {
	.name = "bench",
	.arguments = "[NAME...]",
	.summary = "how fast it is on this machine, against targets and other tools",
	.about = "Measures the handler, the replay and whole commands, all benchmarks or those "
		 "named: "
		 "by name, or by group as in el2. Of each: the median with its 95% interval, and "
		 "how "
		 "that compares with the target where there is one. Nothing is dropped: outliers "
		 "are "
		 "counted. What cannot be measured here is skipped, with the reason, and so is a "
		 "counter that the machine does not have.",
	.examples = {{"nvsim bench --quick", "everything, in about a minute"},
		     {"nvsim bench walk unmap/exact", "groups of benchmarks"},
		     {"nvsim bench --full --json=b.json", "all there is, for machines, too"}},
	.options = options,
	.options_size = sizeof(struct bench_options),
	.args_max = CLI_LIST_MAX,
	.run = run,
};
